"""Every picture that Optuna's users expect, from every sort of trace: drawn, described and legible, or refused."""

import warnings

import pytest
from plots.legible import assert_legible

import nasbook
from nasbook import Choice, Float, Space, Trace
from nasbook.plots import plot

KINDS = ["history", "edf", "slice", "contour", "parallel", "rank", "learning-curves", "timeline", "cost", "importance",
         "attribution", "dependence"]  # fmt: skip
SEVERAL = ["pareto", "hypervolume"]
MIXED = Space(x=Float(0, 1), y=Float(1e-3, 1, log=True), k=Choice(["p", "q"]))


def one(tmp_path=None):
    return nasbook.search("tpe", "branin", trials=20)


def two(tmp_path=None):
    return nasbook.search("nsga2", "nb201-cifar10-latency", trials=40, population=12)


def four(tmp_path=None):
    return nasbook.search("nsga2", "nb201-cifar10-costs", trials=40, population=12)


def fidelities(tmp_path=None):
    return nasbook.search("hyperband", "digits-hpo-messy", trials=40, workers=3)


def two_with_curves(tmp_path=None):
    return nasbook.search("nsga2", "digits-hpo-messy-seconds", trials=40, population=12, workers=3)


def failures(tmp_path=None):
    def objective(config):
        if config["x"] > 0.7:
            raise RuntimeError("no memory")
        return config["x"] + config["y"]

    return nasbook.search("random", objective, space=MIXED, trials=30)


def from_file(tmp_path):
    return Trace.load(two().save(tmp_path / "t.jsonl"))


def from_optuna(tmp_path, directions=("minimize",)):
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(directions=list(directions), sampler=optuna.samplers.RandomSampler(seed=0))

    def objective(t):
        x, k = t.suggest_float("x", 1e-3, 1, log=True), t.suggest_categorical("k", ["a", "b", "c"])
        n = t.suggest_int("n", 1, 5)
        if len(directions) > 1:
            return x + n, x * n
        for epoch in range(5):
            t.report(x / (epoch + 1), epoch)
            if x > 0.5 and epoch == 2:
                raise optuna.TrialPruned()
        return x / 5 + n + (k == "a")

    study.optimize(objective, n_trials=25)
    return nasbook.scale.from_optuna(study)


def from_optuna_two(tmp_path):
    return from_optuna(tmp_path, ("minimize", "maximize"))


ONE = [one, fidelities, failures, from_optuna]
MANY = [two, four, two_with_curves, from_file, from_optuna_two]


_made: dict = {}


@pytest.fixture
def trace(request, tmp_path):
    make = request.param
    if make not in _made:
        _made[make] = make(tmp_path=tmp_path)
    return _made[make]


def legible(trace, kind, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fig = plot(trace, kind, **options)
    assert fig.alt and fig.sentence
    assert_legible(fig)
    return fig


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("trace", ONE + MANY, indirect=True, ids=lambda f: f.__name__)
def test_it_is_drawn_described_and_legible(trace, kind):
    legible(trace, kind)
    if kind == "importance":
        legible(trace, kind, method="permutation")


@pytest.mark.parametrize("kind", SEVERAL)
@pytest.mark.parametrize("trace", MANY, indirect=True, ids=lambda f: f.__name__)
def test_fronts_of_several_objectives(trace, kind):
    legible(trace, kind)


@pytest.mark.parametrize("kind", SEVERAL)
@pytest.mark.parametrize("trace", ONE, indirect=True, ids=lambda f: f.__name__)
def test_one_objective_is_told_what_is_missing(trace, kind):
    with pytest.raises(ValueError, match=f"plot {kind}: these trials have one value; a front needs two objectives"):
        plot(trace, kind)


def test_without_a_success_it_says_so():
    failed = nasbook.search("random", lambda c: 1 / 0, space=MIXED, trials=3)
    for kind in SEVERAL:
        with pytest.raises(ValueError, match="no trial has succeeded yet; a front needs"):
            plot(failed, kind)
    for kind in KINDS[: KINDS.index("importance")]:
        legible(failed, kind)


@pytest.mark.parametrize("trace", [two], indirect=True, ids=lambda f: f.__name__)
def test_the_axes_name_the_objectives(trace):
    ax = plot(trace, "pareto").axes[0]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("validation error (%)", "latency (ms)")
    flops = nasbook.search("nsga2", nasbook.task("nb201-cifar10", objectives=("error", "flops")), trials=9)
    assert plot(flops, "pareto", objectives=(1, 0)).axes[0].get_xlabel() == "FLOPs (millions)"


@pytest.mark.parametrize("trace", [two], indirect=True, ids=lambda f: f.__name__)
@pytest.mark.parametrize("kind", KINDS)
def test_any_objective_can_be_drawn(trace, kind):
    fig = legible(trace, kind, objective=1)
    best = min(t.values[1] for t in trace.trials)
    if kind == "history":
        assert fig.axes[0].get_ylabel() == "latency (ms)" and f"{best:.3g}" in fig.sentence
    assert trace.trials[0].value == trace.trials[0].values[0], "the trace itself is as it was"
    if kind in ("importance", "attribution"):
        assert fig.alt != plot(trace, kind).alt


@pytest.mark.parametrize("trace", [two, one], indirect=True, ids=lambda f: f.__name__)
def test_an_objective_that_is_not_there_gets_a_sentence(trace):
    m = len(trace.trials[0].values or (0,))
    told = "from 0 to 1" if m == 2 else "these trials have one value"
    with pytest.raises(ValueError, match=told):
        plot(trace, "history", objective=2)
