"""RGPE: its losses and weights counted by hand, sources that help, and sources that mislead."""

import json
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, WhiteKernel

import nasbook
from nasbook.hpo.parts.gp import GP
from nasbook.nas.parts.sources import as_sources, best_of, normal_scores
from nasbook.nas.rgpe import RGPE, leave_one_out, ranking_loss, ranking_weights
from nasbook.nas.spaces.nb201.cell import cell_space
from nasbook.search import search, steps

SPACE = nasbook.Space(**{f"x{i}": nasbook.Choice([0, 1, 2]) for i in range(5)})
slope = lambda c: sum((i + 1) * c[f"x{i}"] ** 1.5 for i in range(5))  # noqa: E731  all different


def trial_list(value, n=60, seed=9):
    rng = np.random.default_rng(seed)
    configs = list({SPACE.key(c): c for c in (SPACE.sample(rng) for _ in range(n))}.values())
    return {"task": "other", "trials": [[c, value(c)] for c in configs]}


def test_the_ranking_loss_is_the_count_over_all_pairs():
    rng = np.random.default_rng(0)
    f, y, b = rng.normal(size=7), np.round(rng.normal(size=7), 1), rng.integers(7, size=(20, 7))
    y[3] = y[4]  # a tie
    by_hand = [sum((f[j] < f[k]) != (y[j] < y[k]) for j, k in product(sample, sample)) for sample in b]
    assert ranking_loss(f, y, b).tolist() == by_hand
    once = np.arange(7)[None]
    assert ranking_loss(np.exp(y), y, once)[0] == 0, "only the order counts"
    z = rng.permutation(7).astype(float)
    assert ranking_loss(-z, z, once)[0] == 7 * 6, "upside down, every ordered pair is wrong"


def test_the_weights_are_the_shares_of_samples_won():
    loss = np.array([[1, 5, 2, 2], [1, 6, 3, 9], [3, 5, 4, 1]])  # two sources and the target, four samples
    # sample 0: both sources, half each; 1: source 0 and the target are equal, so the target; 2: source 0; 3: the target
    assert ranking_weights(loss).tolist() == [0.375, 0.125, 0.5]
    poor = np.array([[9, 9, 0, 9], [3, 5, 4, 1]])  # wins one sample; its median 9 is above the target's 95 % quantile
    assert ranking_weights(poor).tolist() == [0, 1]
    level = np.array([[3, 4, 4], [4, 4, 4]])  # its median 4 is the target's quantile, not above it
    assert ranking_weights(level).tolist() == pytest.approx([1 / 3, 2 / 3])


def test_leave_one_out_is_a_gp_without_that_value():
    rng = np.random.default_rng(1)
    X, y = rng.random((12, 2)), rng.normal(size=12)
    gp = GP("rbf", lengthscale=0.4, noise=0.05, standardise=False).fit(X, y)
    for i in range(12):
        rest = np.arange(12) != i
        other = GaussianProcessRegressor(RBF(0.4) + WhiteKernel(0.05), optimizer=None).fit(X[rest], y[rest])
        assert leave_one_out(gp)[i] == pytest.approx(other.predict(X[i : i + 1])[0], abs=1e-6)


def last_view(sources, n=20, seed=0, value=slope, **settings):
    return list(steps("rgpe", value, space=SPACE, trials=n, seed=seed, sources=sources, **settings))[-1].view


def test_the_same_task_gets_all_the_weight_and_its_reverse_none():
    cells = list(SPACE.grid())
    same = {"task": "same", "trials": [[c, 3 + 2 * slope(c)] for c in cells]}  # the scale does not matter
    reverse = {"task": "reverse", "trials": [[c, -slope(c)] for c in cells]}
    view = last_view([reverse, same], n=18)
    assert view.names == ("reverse", "same", "target")
    assert view.weights[0] == 0 and view.weights[1] > 0.95 and view.loss[0] > 0.95 and view.loss[1] < 0.01
    assert last_view([reverse], n=14).weights == (0, 1)
    assert last_view([reverse, same], n=12, weighting="equal").weights == (1 / 3, 1 / 3, 1 / 3)


def test_the_best_of_the_sources_come_first_then_random_ones():
    a, b = trial_list(slope), trial_list(lambda c: -slope(c))
    order = [sorted(s["trials"], key=lambda row: row[1]) for s in (a, b)]
    trace = search("rgpe", slope, space=SPACE, trials=9, sources=[a, b], top=4, startup=8)
    assert [t.config for t in trace.trials[:3]] == [order[0][0][0], order[1][0][0], order[0][1][0]]
    keys = [SPACE.key(t.config) for t in trace.trials]
    assert len(set(keys)) == 9
    assert search("rgpe", slope, space=SPACE, trials=4).trials[0].config != trace.trials[0].config


def test_the_next_trial_has_the_highest_expected_improvement_of_the_mixture():
    """The mixture from its parts, by scipy."""
    from scipy.stats import norm

    source = trial_list(lambda c: slope(c) + 5 * (c["x0"] == 1), 40)
    run = list(steps("rgpe", slope, space=SPACE, trials=15, sources=[source]))
    view, told = run[-1].view, [s.trial for s in run[:-1]]
    method = RGPE(SPACE, sources=[source])
    y = normal_scores([t.value for t in told])
    models = [
        method._fit([c for c, _ in source["trials"]], [v for _, v in source["trials"]]),
        method._fit([t.config for t in told], [t.value for t in told]),
    ]
    parts = [m.predict(method._columns(view.candidates)) for m in models]
    mean = sum(w * m for w, (m, _) in zip(view.weights, parts, strict=True))
    std = sum(w**2 * s**2 for w, (_, s) in zip(view.weights, parts, strict=True)) ** 0.5
    assert np.allclose(view.mean, mean, atol=1e-6) and np.allclose(view.std, std, atol=1e-6)
    u = (y.min() - mean) / std
    ei = std * (u * norm.cdf(u) + norm.pdf(u))
    assert ei[0] == pytest.approx(ei.max(), rel=1e-6) and view.candidates[0] == run[-1].trial.config


@pytest.fixture(scope="module")
def regret():
    """{source: (6 seeds, 30 queries)} points below the best of CIFAR-10; "down" has CIFAR-100's errors negated."""
    task = nasbook.task("nb201-cifar10")
    related = search("random", "nb201-cifar100", trials=100, seed=50)
    down = {"task": "down", "trials": [[t.config, -t.value] for t in related.trials]}
    found = {}
    for label, sources in (("cold", []), ("related", [related]), ("down", [down])):
        runs = [search("rgpe", task, trials=30, seed=k, sources=sources) for k in range(6)]
        found[label] = np.array([[100 * task.regret(s.incumbent.config) for s in run] for run in runs])
    return found


def test_a_related_task_is_a_head_start(regret):
    """tests/benchmarks/transfer.py does it with 20 seeds and prints the queries that it takes."""
    assert regret["related"][:, 4].mean() < 0.6 * regret["cold"][:, 4].mean()
    assert regret["related"][:, 19].mean() < 0.5 * regret["cold"][:, 19].mean()


def test_a_misleading_task_costs_its_first_tries_and_not_the_search(regret):
    assert regret["down"][:, 4].mean() > 2 * regret["cold"][:, 4].mean(), "negative transfer"
    assert regret["down"][:, 29].mean() < regret["cold"][:, 24].mean() + 0.3, "five queries, not the search"


def test_a_header_holds_the_sources_so_that_a_file_may_go(tmp_path):
    source = search("random", "nb201-cifar100", trials=12, out=tmp_path / "source.jsonl")
    run = search("rgpe", "nb201-cifar10", trials=13, sources=[str(tmp_path / "source.jsonl")], out=tmp_path / "t.jsonl")
    assert run.digest == search("rgpe", "nb201-cifar10", trials=13, sources=[source]).digest
    (tmp_path / "source.jsonl").unlink()
    again = nasbook.Trace.load(tmp_path / "t.jsonl")
    assert again.header.settings["sources"][0]["task"] == "nb201-cifar100"
    assert json.loads(json.dumps(again.header.settings)) == again.header.settings
    views = [s.view for s in nasbook.replay(again)]
    assert views[-1].names == ("nb201-cifar100", "target") and sum(views[-1].weights) == pytest.approx(1)
    more = search("rgpe", "nb201-cifar10", trials=15, sources=[source], out=tmp_path / "t.jsonl", resume=True)
    assert len(more) == 15


def test_sources_are_the_done_trials_of_the_highest_fidelity():
    trace = search("successive-halving", "digits201-digits", trials=80)
    most = max(t.fidelity for t in trace.trials)
    (plain,) = as_sources([trace])
    assert [c for c, _ in plain["trials"]] == [t.config for t in trace.trials if t.fidelity == most]
    assert best_of([], 5, SPACE) == []


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"sources": "t.jsonl"}, "must be a list"),
        ({"sources": [3]}, "a source is a trace"),
        ({"sources": [{"task": "a", "trials": []}]}, "two are the least"),
        ({"top": -1}, "top must be"),
        ({"sources": [trial_list(slope)]}, "the source 'other' is not of this space"),
        ({"weighting": "fair"}, "weighting must be one of"),
    ],
)
def test_bad_settings(settings, says):
    with pytest.raises(ValueError, match=f"rgpe: .*{says}" if "not of this" not in says else says):
        RGPE(cell_space(), **settings)


def test_the_ensemble_chooses_after_the_start_and_not_before():
    run = list(steps("rgpe", slope, space=SPACE, trials=8, startup=5))
    assert [bool(s.view.weights) for s in run] == [False] * 5 + [True] * 3

    method = RGPE(SPACE, startup=1)
    for _ in range(3):
        method.tell(replace(method.ask(), status="failed"))
        assert not method.view().weights, "nothing is known yet"


def test_half_of_the_candidates_are_mutations_of_the_ten_best():
    space = nasbook.Space({f"x{i}": nasbook.Float(0, 1) for i in range(6)})
    method = RGPE(space, candidates=400, startup=20)
    for i in range(11):
        method.tell(replace(method.ask(), status="done", value=float(i)))
    points = [np.array(list(t.config.values())) for t in method.trials]
    candidates = np.array([list(c.values()) for c in method._candidates(method.tried)])
    shared = np.array([(candidates == p).sum(1) for p in points])  # (11, 400) coordinates that are those of a trial
    assert len(candidates) == 400 and (shared == 5).sum() == 200
    assert (shared[:10] == 5).any(1).all() and not shared[10].any(), "the eleventh has no children"
