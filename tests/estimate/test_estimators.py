"""Estimators against planted curves, other trainers, exact enumeration, and the bill of the trace."""

from itertools import product

import numpy as np
import pytest

import nasbook
from nasbook import Float, Space, registry
from nasbook.estimate import compare, estimator
from nasbook.estimate.dropout import DropoutNet
from nasbook.estimate.predictor import MODELS
from nasbook.estimate.proxy import STEPS
from nasbook.estimate.weight_sharing import JUDGE
from nasbook.estimate.zero_cost import PROXIES
from nasbook.scale.study import load_study
from nasbook.task import Evaluation, Fidelity, Task, trial_seed

TABLE = nasbook.task("digits201-digits")
NAMES = [e.name for e in registry.ESTIMATORS]
CHEAP = {
    "low-fidelity": {"epochs": 2},
    "weight-sharing": {"epochs": 1, "channels": 2, "looks": 1},
    **{name: {"train": 8} for name in NAMES if name.endswith("predictor")},
}


def sample(n, seed=0):
    rng = np.random.default_rng(seed)
    return [TABLE.space.sample(rng) for _ in range(n)]


# ---- every estimator -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_strategy_given_an_estimator_pays_what_the_estimator_costs(name):
    made = estimator(name, "digits201-digits", **CHEAP.get(name, {}))
    trace = nasbook.search("regularized-evolution", made, trials=20, seed=3, population=5, sample=2)
    done = [t for t in trace.trials if t.status == "done"]
    rows = [TABLE.row(t.config) for t in done]
    if name in STEPS:
        bill = STEPS[name] * TABLE.columns["step"][rows]
    elif name == "low-fidelity":
        bill = 2 * TABLE.epoch_seconds[rows]
    elif name in ("learning-curve", "pfn-curve"):
        bill = 6 * TABLE.epoch_seconds[rows]
    elif name == "weight-sharing":  # six steps of training, then a judgement each
        assert made.spent == pytest.approx(6 * TABLE.columns["step"].mean())
        bill = JUDGE * TABLE.columns["step"][rows] + np.r_[made.spent, np.zeros(19)]
    else:  # eight whole trainings, then nothing
        trained = [TABLE.cost(c)["epoch_seconds"] for c in made.configs]
        assert len(trained) == 8 and done[0].cost == pytest.approx(12 * sum(trained))
        bill = np.r_[done[0].cost, np.zeros(19)]
    assert [t.cost for t in done] == pytest.approx(bill.tolist())
    assert trace.times[-1] == pytest.approx(bill.sum())  # the simulated clock ran for it
    assert all(t.metrics["estimator"] == name for t in done)
    assert all(t.status == "done" or "cannot be ranked" in t.reason for t in trace.trials)


@pytest.mark.parametrize("name", NAMES)
def test_a_trace_and_a_study_make_the_estimator_again(name, tmp_path):
    made = estimator(name, nasbook.task("digits201-messy", run=1), **CHEAP.get(name, {}))
    trace = nasbook.search("random", made, trials=3, seed=1, out=tmp_path / "t.jsonl")
    arguments = dict(trace.header.arguments)
    again = estimator(arguments.pop("kind"), arguments.pop("task"), **arguments)
    assert again.task.run == 1
    goes_on = nasbook.search("random", again, trials=5, seed=1, out=tmp_path / "t.jsonl", resume=True)
    assert goes_on.digest == nasbook.search("random", made, trials=5, seed=1).digest
    study = load_study(trace.export(tmp_path / "s.yaml", trials=4))
    assert nasbook.search("random", study.make_task(), trials=3, seed=1).digest == trace.digest


def test_bad_input_is_one_sentence():
    for kwargs, says in [
        ({"kind": "low-fidelty", "task": TABLE}, "did you mean 'low-fidelity'"),
        ({"kind": "low-fidelity", "task": TABLE}, "say what is made smaller"),
        ({"kind": "low-fidelity", "task": TABLE, "epochs": 13}, "whole number in 1 … 12, not 13"),
        ({"kind": "low-fidelity", "task": TABLE, "data": 0.5}, "only has fewer epochs"),
        ({"kind": "low-fidelity", "task": "branin", "epochs": 1}, "branin has no epochs"),
        ({"kind": "low-fidelity", "task": "digits-cells", "data": 1.5}, "above 0 and at most 1"),
        ({"kind": "low-fidelity", "task": "digits-cells", "data": 0.1}, "less than one batch"),
        ({"kind": "low-fidelity", "task": "digits-cells", "resolution": 3}, "must divide the 8 pixels"),
        ({"kind": "low-fidelity", "task": "digits-conv-chain", "width": 0.5}, "no common width"),
        ({"kind": "learning-curve", "task": TABLE, "epochs": 4}, "whole number in 5 … 12"),
        ({"kind": "pfn-curve", "task": TABLE, "epochs": 0}, "whole number in 1 … 12"),
        ({"kind": "pfn-curve", "task": "branin"}, "branin has no epochs"),
        ({"kind": "snip", "task": "branin"}, "branin has neither networks nor scores"),
        ({"kind": "mlp-predictor", "task": TABLE, "train": 1}, "at least 2"),
        ({"kind": "snip", "task": "nb201-cifar10-latency"}, "has 2 objectives"),
        ({"kind": "snip", "task": TABLE, "arguments": {"run": 1}}, "made already"),
    ]:
        with pytest.raises(ValueError, match=says):
            estimator(**kwargs)
    with pytest.raises(ValueError, match="no fidelity to choose"):
        estimator("snip", TABLE).evaluate(sample(1)[0], fidelity=3)


# ---- low fidelity ----------------------------------------------------------------------------------------


def test_fewer_epochs_are_the_beginning_of_the_curve():
    for seed, config in enumerate(sample(5)):
        found = estimator("low-fidelity", TABLE, epochs=4).evaluate(config, seed=seed)
        whole = TABLE.evaluate(config, seed=seed)
        assert found.value == whole.curve[3][1] and found.cost == pytest.approx(whole.cost / 3)


def test_less_data_smaller_images_and_narrower_nets_really_are():
    task = nasbook.task("digits-cells", device="cpu", epochs=2)
    config = {name: "conv3x3" for name in task.space.parameters}
    seen = []  # (images, pixels of a side, weights) of every training step

    def watch(made):
        network = made.cheap.network

        def watched(config, seed):
            net = network(config, seed)
            net.register_forward_hook(
                lambda m, x, out: (
                    seen.append((len(x[0]), x[0].shape[-1], sum(p.numel() for p in m.parameters())))
                    if m.training
                    else None
                )
            )
            return net

        made.cheap.network = watched
        answer = made.evaluate(config, seed=0)
        del made.cheap.network
        steps, seen[:] = list(seen), []
        return answer, steps

    whole, steps = watch(estimator("low-fidelity", task, epochs=2))
    assert whole.value == task.evaluate(config, seed=0).value and len(steps) == 2 * 6
    _, steps = watch(estimator("low-fidelity", task, data=0.5))
    assert len(steps) == 2 * 3 and {s[0] for s in steps} == {50}
    smaller, steps = watch(estimator("low-fidelity", task, resolution=4))
    assert {s[1] for s in steps} == {4} and len(steps) == 12
    assert smaller.metrics["flops"] < 0.3 * whole.metrics["flops"]
    _, steps = watch(estimator("low-fidelity", task, width=0.5))
    alone = nasbook.task("digits-cells", device="cpu", epochs=2, channels=4)
    assert {s[2] for s in steps} == {sum(p.numel() for p in alone.network(config, 0).parameters())}
    narrow = estimator("low-fidelity", task, width=0.5).evaluate(config, seed=0).value
    assert narrow == alone.evaluate(config, seed=0).value  # another way to the same network
    assert task.train == 300 and task.channels == 8 and task.splits["train"][0].shape == (300, 8, 8)  # untouched


def test_averaged_images_are_means_of_their_squares():
    from nasbook.estimate.low_fidelity import averaged

    x = np.arange(16.0).reshape(1, 4, 4)
    assert averaged(x, 2)[0].tolist() == [[2.5, 4.5], [10.5, 12.5]]
    assert averaged(x, 4)[0].tolist() == [[7.5]]


# ---- learning curves -------------------------------------------------------------------------------------


class Planted(Task):
    """y = c + a x^(-α): c is what is searched."""

    name, space, knows_cost = "planted", Space(c=Float(0.05, 0.5)), True
    fidelity = Fidelity("epoch", 1, 100)

    def evaluate(self, config, *, fidelity=None, seed=0, report=None, **_):
        epochs = round(fidelity or 100)
        for e in range(1, epochs + 1):
            value = config["c"] + 0.4 * e**-0.7
            if report:
                report(e, value, 2.0 * e)
        return Evaluation(value, cost=2.0 * epochs)


def test_a_planted_curve_is_recovered():
    task = Planted()
    for c in (0.05, 0.2, 0.4):
        found = estimator("learning-curve", task, epochs=12).evaluate({"c": c})
        assert found.value == pytest.approx(task.evaluate({"c": c}).value, abs=0.003)
        assert found.metrics["last"] - found.value > 0.05  # it went beyond what it saw
        assert found.cost == 24.0


def test_a_prediction_lies_between_zero_and_the_last_value():
    made = estimator("learning-curve", TABLE, epochs=5)
    for seed, config in enumerate(sample(15, seed=4)):
        found = made.evaluate(config, seed=seed)
        assert 0 <= found.value <= found.metrics["last"] == TABLE.evaluate(config, seed=seed, fidelity=5).value


def test_the_network_goes_beyond_what_it_saw_with_a_spread_that_shrinks():
    task = Planted()
    for c in (0.05, 0.2, 0.4):
        whole = task.evaluate({"c": c}).value
        found = [estimator("pfn-curve", task, epochs=n).evaluate({"c": c}) for n in (1, 5, 30)]
        assert [f.cost for f in found] == [2.0, 10.0, 60.0]
        assert found[1].value < found[1].metrics["last"] and abs(found[1].value - whole) < 2 * found[1].metrics["std"]
        assert abs(found[2].value - whole) < 0.04
        assert found[0].metrics["std"] > 1.5 * found[2].metrics["std"] > 0


# ---- proxies ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["parameters", "snip", "synflow", "naswot"])
def test_a_score_computed_is_the_score_in_the_table(name):
    real = estimator(name, nasbook.task("digits-cells", device="cpu"))
    table = estimator(name, TABLE)
    configs = [
        dict(zip(TABLE.space.parameters, ops, strict=True))
        for ops in (
            ("conv3x3",) * 6,
            ("conv3x3", "none", "conv3x3", "none", "avgpool", "avgpool"),
            ("conv1x1", "conv3x3", "none", "skip", "conv1x1", "conv3x3"),
        )
    ]
    same = 0
    for config in configs:
        a, b = real.evaluate(config, seed=0), table.evaluate(config)
        assert a.value == -a.metrics["score"] and a.cost is None and b.cost > 0
        same += a.value == pytest.approx(b.value, rel=2e-3)
    assert same >= (3 if name == "parameters" else 1)  # others of the table's classes start from another cell's weights


def test_every_proxy_has_its_price_and_its_name():
    assert list(STEPS) == list(PROXIES) == [e.name for e in registry.ESTIMATORS if e.module.endswith("proxy")]


# ---- predictors ------------------------------------------------------------------------------------------


def test_monte_carlo_dropout_has_the_moments_of_all_its_masks():
    """Two hidden layers of three units: 64 masks, each with its probability."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(12, 4)), rng.normal(size=12)
    p = 0.3
    net = DropoutNet(p=p, depth=2, width=3, epochs=40).fit(X, y, seed=1)
    W, b = ([t.detach().double().numpy() for t in part] for part in (net.W, net.b))
    values, chances = [], []
    for z in product((0.0, 1.0), repeat=6):
        h = np.maximum(X @ W[0] + b[0], 0) * z[:3] / (1 - p)
        h = np.maximum(h @ W[1] + b[1], 0) * z[3:] / (1 - p)
        values.append(net.mean + net.scale * (h @ W[2] + b[2])[:, 0])
        chances.append(np.prod([1 - p if kept else p for kept in z]))
    values, chances = np.array(values), np.array(chances)
    mean = chances @ values
    std = np.sqrt(chances @ (values - mean) ** 2)
    n = 40_000
    got_mean, got_std = net.predict(X, samples=n)
    assert chances.sum() == pytest.approx(1) and std.max() > 0.1
    assert np.abs(got_mean - mean).max() < 5 * std.max() / np.sqrt(n) + 1e-6
    assert got_std == pytest.approx(std, rel=0.03, abs=1e-6)


def test_the_uncertainty_vanishes_with_p_and_grows_away_from_the_data():
    x = np.linspace(-1, 1, 40)[:, None]
    y = np.sin(3 * x[:, 0])
    near, far = np.linspace(-1, 1, 21)[:, None], np.array([[-4.0], [4.0]])
    spread = {}
    for p in (0.0, 0.001, 0.1):
        net = DropoutNet(p=p).fit(x, y)
        spread[p] = net.predict(near)[1].mean()
        if p == 0.1:
            assert net.predict(far)[1].min() > 2 * net.predict(near)[1].max()
    assert spread[0.0] < 1e-6 and spread[0.001] < 0.3 * spread[0.1]
    with pytest.raises(ValueError, match=r"must lie in \[0, 1\), not 1"):
        DropoutNet(p=1)


@pytest.mark.parametrize("model", MODELS)
def test_a_predictor_learns_a_planted_function_of_the_paths(model):
    """The value counts 3×3 convolutions; a predictor that only knows 60 cells must order 100 others."""
    task = nasbook.FunctionTask(lambda config: -float(sum(op == "conv3x3" for op in config.values())), TABLE.space, "c")
    made = estimator(f"{model}-predictor", task, train=60)
    configs = sample(100, seed=9)
    mean, std = made.predict(configs)
    truth = np.array([-task.evaluate(c) for c in configs])
    assert compare.correlation(mean, truth) > (0.6 if model == "knn" else 0.8)
    assert (std >= 0).all() and std.max() > 0
    shuffled = np.random.default_rng(0).permutation(truth)
    assert abs(compare.correlation(mean, shuffled)) < 0.35  # the bar above is not cleared by chance


def test_a_predictor_trains_other_cells_than_a_search_with_its_seed_and_the_same_ones_again():
    first, again = (estimator("knn-predictor", TABLE, train=20, seed=0) for _ in range(2))
    first.fit()
    again.fit()
    assert first.configs == again.configs and (first.y == again.y).all()
    searched = {TABLE.space.key(c) for c in sample(20, seed=0)}
    assert len(searched & {TABLE.space.key(c) for c in first.configs}) <= 1
    values = [TABLE.evaluate(c, seed=trial_seed(0, i)).value for i, c in enumerate(first.configs)]
    assert first.y.tolist() == values


# ---- comparing them --------------------------------------------------------------------------------------


def test_what_is_found_within_a_budget_by_hand():
    j = compare.Judgement("x", np.array([3.0, 1.0, 2.0, np.inf]), np.full(4, 2.0), 5.0, np.array([0.1, 0.4, 0.9, 0.2]))
    chosen, judged = j.choose(10.9, seeds=50)
    assert set(judged) == {2}  # 5 + 2 + 2
    for seed in range(50):
        seen = np.random.default_rng(seed).integers(0, 4, 4)[:2]
        assert chosen[seed] == max((-j.estimates[i], j.truth[i]) for i in seen)[1]
    assert set(j.choose(5.5)[1]) == {0} and set(j.choose(1e9)[1]) == {4}
    assert j.cost == (5 + 8) / 4
    assert j.correlation() == pytest.approx(0.6)  # ranks 2 4 3 1 against 1 3 4 2: ρ = 1 − 6 · 4 / (4 · 15)
    assert j.correlation("kendall") == pytest.approx(2 / 6)  # 4 of 6 pairs in order, 2 not


def test_all_estimators_see_the_same_architectures():
    seen = []
    for name in ("parameters", "snip", "mlp-predictor"):
        j = compare.judge(estimator(name, TABLE, **CHEAP.get(name, {})), TABLE.test_accuracy, trials=30, seed=2)
        seen.append([t.config for t in j.trace.trials])
        assert j.truth.tolist() == [TABLE.test_accuracy(c) for c in seen[-1]]
        assert j.once + j.costs.sum() == pytest.approx(sum(t.cost for t in j.trace.trials))
    assert seen[0] == seen[1] == seen[2]
    whole = compare.judge(TABLE, TABLE.test_accuracy, trials=30, seed=2)
    low, high = whole.interval(draws=100)
    assert -1 <= low < whole.correlation() < high <= 1
    with pytest.raises(ValueError, match="'spearman' or 'kendall'"):
        whole.correlation("pearson")
