"""TPE and its Parzen estimator: against Optuna's own estimator and split, and against published numbers."""

import math
from dataclasses import replace
from functools import partial

import numpy as np
import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers._tpe.parzen_estimator import _ParzenEstimator, _ParzenEstimatorParameters
from optuna.samplers._tpe.sampler import _split_trials, default_gamma, default_weights
from scipy import stats

import nasbook
from nasbook import Choice, Constant, Float, Int, Space, Trial
from nasbook.hpo.parts.parzen import Parzen, bandwidths
from nasbook.hpo.tpe import TPE, gamma, split, weights

LINE = [Float(0, 1)]
MIXED = Space(
    x=Float(-5, 10),
    lr=Float(1e-5, 1e-1, log=True),
    n=Int(-3, 4000),
    units=Int(1, 512, log=True),
    kind=Choice(["a", "b", "c"]),
)
THEIRS = {
    "x": FloatDistribution(-5, 10),
    "lr": FloatDistribution(1e-5, 1e-1, log=True),
    "n": IntDistribution(-3, 4000),
    "units": IntDistribution(1, 512, log=True),
    "kind": CategoricalDistribution(["a", "b", "c"]),
}
RANGES = math.log(15) + math.log(math.log(1e4))  # of the two Floats, on the scale on which Optuna's density is


def optunas(configs, prior=1.0):
    """Optuna's own estimator on the same configurations."""
    observed = {k: np.array([THEIRS[k].to_internal_repr(c[k]) for c in configs]) for k in THEIRS}
    parameters = _ParzenEstimatorParameters(prior, True, False, default_weights, True)
    return _ParzenEstimator(observed, THEIRS, parameters)


def ours(configs, prior=1.0):
    U = MIXED.encode_all(configs)
    return Parzen(list(MIXED.parameters.values()), U, weights(len(U)), prior)


# ---- the estimator ---------------------------------------------------------------------------------------


def test_published_numbers():
    assert [gamma(n) for n in (10, 11, 25, 100, 1000)] == [1, 2, 3, 10, 25]
    p = Parzen(LINE, np.array([[0.1], [0.2], [0.7]]))
    assert np.allclose([*bandwidths(np.array([0.1, 0.2, 0.7])), p.kernels[0].sigma[-1]], [0.2, 0.5, 0.5, 1])
    assert np.allclose(p.weights, 1 / 4)
    assert np.allclose(p.log_pdf(np.array([[0.15], [0.5]])), [0.36694724, -0.08235494], atol=1e-8)
    three = Choice(["a", "b", "c"])
    p = Parzen([three], np.array([[three.encode(o)] for o in "aac"]))
    pdf = np.exp(p.log_pdf(np.array([[three.encode(o)] for o in "abc"])))
    assert np.allclose(pdf, [0.476190, 0.190476, 0.333333], atol=1e-6)


@pytest.mark.parametrize("n", [0, 1, 2, 3, 9, 24, 25, 40, 150])
@pytest.mark.parametrize("prior", [1.0, 0.3])
def test_the_density_is_optunas(n, prior, monkeypatch):
    # Which of two equal values gets which bandwidth: Optuna leaves it to NumPy's fastest sort, which is not stable.
    monkeypatch.setattr(np, "argsort", partial(np.argsort, kind="stable"))
    rng = np.random.default_rng(n)
    observed, asked = ([MIXED.sample(rng) for _ in range(m)] for m in (n, 200))
    internal = {k: np.array([THEIRS[k].to_internal_repr(c[k]) for c in asked]) for k in THEIRS}
    expected = optunas(observed, prior).log_pdf(internal) + RANGES
    assert np.allclose(ours(observed, prior).log_pdf(MIXED.encode_all(asked)), expected, rtol=0, atol=1e-6)


def test_the_draws_are_distributed_as_optunas():
    rng = np.random.default_rng(0)
    observed = [MIXED.sample(rng) for _ in range(8)]
    mine = [MIXED.decode(u) for u in ours(observed).sample(4000, rng)]
    theirs = optunas(observed).sample(np.random.RandomState(1), 4000)
    for name, distribution in THEIRS.items():
        a = np.array([distribution.to_internal_repr(c[name]) for c in mine])
        assert stats.ks_2samp(a, theirs[name]).pvalue > 1e-3, name
    # Not only each axis: a kernel is drawn for all coordinates together.
    a = np.array([[c["x"], math.log(c["lr"])] for c in mine])
    b = np.array([theirs["x"], np.log(theirs["lr"])]).T
    assert np.allclose(np.corrcoef(a.T), np.corrcoef(b.T), atol=0.06)


FEW = {"few": Int(0, 3), "levels": Int(1, 4, log=True), "ordered": Choice([8, 16, 32, 64], ordered=True)}


@pytest.mark.parametrize("name", ["x", "n", "units", "kind", *FEW])
def test_a_density_sums_to_one_and_the_draws_follow_it(name):
    rng = np.random.default_rng(3)
    p = {**MIXED.parameters, **FEW}[name]
    space = Space({name: p})
    U = space.encode_all([space.sample(rng) for _ in range(5)])
    density = Parzen([p], U)
    if name == "x":
        grid = (np.arange(20000) + 0.5) / 20000
        mass = density.marginal(0, grid) / 20000
    else:
        grid = np.array([p.encode(v) for v in p.levels(p.size)])
        mass = density.marginal(0, grid)
    assert math.isclose(mass.sum(), 1, abs_tol=1e-6)
    drawn = density.sample(20000, rng)[:, 0]
    assert np.all((drawn >= 0) & (drawn <= 1))
    if len(grid) <= 4:
        counts = [np.isclose(drawn, u).sum() for u in grid]
        assert stats.chisquare(counts, 20000 * mass / mass.sum()).pvalue > 1e-4
    mean, second = mass @ grid, mass @ grid**2
    assert abs(drawn.mean() - mean) < 5 * math.sqrt((second - mean**2) / 20000)


def test_weights_are_optunas():
    for n in (0, 1, 24, 25, 26, 60):
        assert np.array_equal(weights(n), default_weights(n))
    for n in range(1, 400):
        assert gamma(n) == default_gamma(n)


# ---- the split -------------------------------------------------------------------------------------------


def test_the_split_is_optunas_with_pruned_and_running_trials():
    rng = np.random.default_rng(5)
    study = optuna.create_study()
    trials = []
    for i in range(40):
        status = str(rng.choice(["done", "pruned", "running"], p=[0.3, 0.5, 0.2]))
        x, value = float(rng.random()), float(rng.integers(6))  # with ties
        curve = tuple((k, float(rng.integers(4))) for k in range(1, int(rng.integers(4)))) if status == "pruned" else ()
        state = {"done": "COMPLETE", "pruned": "PRUNED", "running": "RUNNING"}[status]
        study.add_trial(
            optuna.trial.create_trial(
                state=optuna.trial.TrialState[state],
                value=value if status == "done" else None,
                params={"x": x},
                distributions={"x": FloatDistribution(0, 1)},
                intermediate_values=dict(curve),
            )
        )
        trials.append(Trial(i, {"x": x}, status=status, value=value if status == "done" else None, curve=curve))
    ended = [t for t in trials if t.status != "running"]
    for n_below in range(41):
        below, above = _split_trials(study, study.trials, n_below)
        mine = split(rng.permutation(np.array(ended, object)).tolist(), n_below)  # told in any order
        assert [t.id for t in mine[0]] == [t.number for t in below]
        assert [t.id for t in mine[1]] == [t.number for t in above if t.state.name != "RUNNING"]


# ---- the method ------------------------------------------------------------------------------------------

SVM = Space(
    kernel=Choice(["linear", "rbf", "poly"]),
    C=Float(1e-3, 1e3, log=True),
    gamma=Float(1e-4, 1e1, log=True, when={"kernel": ["rbf", "poly"]}),
    degree=Int(2, 5, when={"kernel": "poly"}),
    coef=Float(0, 1, when={"kernel": "poly"}),
    cache=Constant(200),
)


def svm_error(config):
    error = {"linear": 1.0, "rbf": 0.6, "poly": 0.0}[config["kernel"]] + (math.log10(config["C"]) - 1) ** 2 / 10
    return error + 0.2 * abs(config.get("degree", 3) - 3)


def tell(method, trial, value):
    method.tell(replace(trial, status="failed" if value is None else "done", value=value))


def run(space, function, n, **settings):
    method = TPE(space, **settings)
    for _ in range(n):
        trial = method.ask()
        tell(method, trial, function(trial.config))
    return method


def test_it_tries_the_candidate_with_the_largest_ratio():
    method = run(Space(x=Float(0, 1), y=Float(0, 1)), lambda c: (c["x"] - 0.3) ** 2 + c["y"], 30)
    trial, view = method.ask(), method.view()
    (draw,) = view.draws
    assert draw.names == ("x", "y") and draw.U.shape == (24, 2)
    l = Parzen(LINE * 2, method.space.encode_all([t.config for t in view.below]))
    g = Parzen(LINE * 2, method.space.encode_all([t.config for t in view.above]), weights(27))
    ratio = np.exp(l.log_pdf(draw.U) - g.log_pdf(draw.U))
    assert np.allclose(np.exp(draw.score), ratio)
    assert np.allclose(view.next, draw.U[ratio.argmax()], atol=1e-9)
    assert trial.config == method.space.decode(draw.U[ratio.argmax()])
    assert len(view.below) == 3 and view.threshold == sorted(t.value for t in method.trials)[2]


def test_conditional_parameters_are_modelled_where_they_exist():
    method = run(SVM, svm_error, 60, seed=1)
    seen = set()
    for _ in range(25):
        trial, view = method.ask(), method.view()
        assert SVM.validate(trial.config) == trial.config
        assert [d.names for d in view.draws] == [("kernel", "C"), *[(n,) for n in trial.config if n in SVM.free[2:]]]
        for draw in view.draws[1:]:
            name = draw.names[0]
            assert len(draw.l.weights) == 1 + sum(name in t.config for t in view.below)
            assert len(draw.g.weights) == 1 + sum(name in t.config for t in view.above)
        seen |= {d.names for d in view.draws}
        tell(method, trial, svm_error(trial.config))
    assert ("degree",) in seen
    assert np.mean([t.config["kernel"] == "poly" for t in method.trials[-25:]]) > 0.6  # it has learnt which is best


def test_groups():
    together = TPE(SVM, group=True)
    assert together.groups == [("kernel", "C"), ("gamma",), ("degree", "coef")]
    assert TPE(SVM, multivariate=False).groups == [("kernel",), ("C",), ("gamma",), ("degree",), ("coef",)]
    with pytest.raises(ValueError, match="needs multivariate=True"):
        TPE(SVM, group=True, multivariate=False)


def test_trials_in_flight_and_failures_are_above():
    space = Space(x=Float(0, 1))
    method = run(space, lambda c: None if c["x"] > 0.5 else (c["x"] - 0.4) ** 2, 60, seed=3)
    late = [t for t in method.trials[40:]]
    assert sum(t.status == "failed" for t in late) < 0.25 * len(late)
    flying = [method.ask() for _ in range(5)]
    above = {t.id for t in method.view().above}
    assert {t.id for t in flying[:4]} <= above
    assert {t.id for t in method.trials if t.status == "failed"} <= above
    assert len({t.config["x"] for t in flying}) == 5


def test_the_first_trials_are_random_and_the_start_counts_successes():
    space = Space(x=Float(0, 1))
    method = TPE(space, seed=4)
    rng = np.random.default_rng(4)
    for i in range(15):  # every second one fails
        trial = method.ask()
        assert trial.config == space.sample(rng) and method.view().draws == ()
        tell(method, trial, None if i % 2 else float(i))
    for _ in range(4):
        tell(method, method.ask(), 1.0)
    method.ask()
    assert method.view().draws


def test_it_is_as_good_as_optuna():
    """The same rules should give about the same results: means over 12 runs within four standard errors."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    mine, theirs = [], []
    for seed in range(12):
        task = nasbook.task("branin", shift=seed)
        box = task.box
        mine.append(nasbook.search("tpe", task, trials=50, seed=seed).best.value - task.optimum)
        study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed, multivariate=True))

        def objective(trial, task=task, box=box):
            return float(task(np.array([[trial.suggest_float(f"x{j}", *box[j]) for j in range(2)]]))[0])

        study.optimize(objective, n_trials=50)
        theirs.append(study.best_value - task.optimum)
    difference = np.log(mine) - np.log(theirs)
    assert abs(difference.mean()) < 4 * difference.std(ddof=1) / math.sqrt(12)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"startup": 0}, "startup must be a whole number of at least 1, not 0"),
        ({"candidates": 2.5}, "candidates must be a whole number of at least 1, not 2.5"),
        ({"gamma": 0}, r"gamma must lie in \(0, 1\], not 0"),
        ({"prior_weight": -1}, "prior_weight must be above 0, not -1"),
    ],
)
def test_settings_are_checked(wrong, sentence):
    with pytest.raises(ValueError, match=f"tpe: {sentence}"):
        TPE(SVM, **wrong)
