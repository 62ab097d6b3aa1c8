"""Studies of the real Optuna as traces, and back: nothing that both have a place for is changed on the way."""

import sys

import numpy as np
import optuna
import pytest

import nasbook
from nasbook import Choice, Constant, Float, Int, Space
from nasbook.scale.optuna import from_optuna, to_optuna
from nasbook.trace import Header, Trace, Trial

optuna.logging.set_verbosity(optuna.logging.WARNING)

SPACE = Space(
    kernel=Choice(["rbf", "poly", None]),
    C=Float(1e-3, 1e3, log=True),
    degree=Int(2, 5, when={"kernel": "poly"}),
    units=Int(8, 512, log=True),
    batch=Choice([16, 32, 64], ordered=True),
    seed=Constant(7),
)


def study_of(objective, trials=25, **options):
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0), **options)
    study.optimize(objective, n_trials=trials, catch=(RuntimeError,))
    return study


def conditional(trial):
    kernel = trial.suggest_categorical("kernel", ["rbf", "poly"])
    C = trial.suggest_float("C", 1e-3, 1e3, log=True)
    degree = trial.suggest_int("degree", 2, 5) if kernel == "poly" else 0
    if C > 200:
        raise RuntimeError("no convergence")
    trial.set_user_attr("size", degree * 10)
    for epoch in range(1, 4):
        trial.report(abs(np.log10(C)) + 3 / epoch, epoch)
        if C < 0.01:
            raise optuna.TrialPruned()
    return abs(np.log10(C)) + degree


def test_a_study_becomes_a_trace_with_the_same_numbers(tmp_path):
    study = study_of(conditional)
    trace = from_optuna(study)
    assert trace.space == Space(
        kernel=Choice(["rbf", "poly"]), C=Float(1e-3, 1e3, log=True), degree=Int(2, 5, when={"kernel": ["poly"]})
    )
    theirs = {"COMPLETE": "done", "PRUNED": "pruned", "FAIL": "failed"}
    assert [t.status for t in trace.trials] == [theirs[t.state.name] for t in study.trials]
    assert {"done", "pruned", "failed"} == {t.status for t in trace.trials}
    assert [t.config for t in trace.trials] == [t.params for t in study.trials]
    assert [t.value for t in trace.trials] == [t.value for t in study.trials]
    assert [dict(t.curve) for t in trace.trials] == [t.intermediate_values for t in study.trials]
    assert trace.best.value == study.best_value and trace.best.config == study.best_params
    assert trace.best.metrics == {"size": study.best_trial.user_attrs["size"]}
    seconds = [(t.datetime_complete - study.trials[0].datetime_start).total_seconds() for t in study.trials]
    np.testing.assert_allclose(trace.times, seconds)
    assert Trace.load(trace.save(tmp_path / "trace.jsonl")).digest == trace.digest


def test_what_is_maximised_is_negated_and_says_so_and_goes_back():
    def objective(trial):
        x = trial.suggest_float("x", 0, 1)
        trial.report(x / 2, 1)
        return x

    study = study_of(objective, 5, direction="maximize")
    trace = from_optuna(study)
    assert trace.best.value == -study.best_value
    assert trace.best.curve == ((1.0, -study.best_value / 2),)
    assert "Optuna maximised objective 1" in trace.header.provenance["note"]
    again = to_optuna(trace)
    assert again.best_value == study.best_value and again.direction == study.direction
    assert [t.intermediate_values for t in again.trials] == [t.intermediate_values for t in study.trials]


def test_several_objectives_each_keep_their_direction():
    def objective(trial):
        x = trial.suggest_float("x", 0, 1)
        return x, 1 - x**2, 3.0

    study = study_of(objective, 6, directions=["minimize", "maximize", "minimize"])
    trace = from_optuna(study)
    assert [t.values for t in trace.trials] == [(a, -b, c) for a, b, c in (t.values for t in study.trials)]
    assert trace.header.provenance["maximised"] == [1]
    again = to_optuna(trace)
    assert again.directions == study.directions
    assert [t.values for t in again.trials] == [t.values for t in study.trials]


@pytest.fixture
def trace():
    def f(config, report):
        if config["C"] > 300:
            raise RuntimeError("no convergence")
        for epoch in (1, 2):
            report(epoch, abs(np.log10(config["C"])) + 1 / epoch)
        return abs(np.log10(config["C"]))

    return nasbook.search("random", f, space=SPACE, trials=30, seed=1)


def test_a_trace_comes_back_the_same_from_optuna(trace):
    study = to_optuna(trace)
    assert [t.params for t in study.trials] == [t.config for t in trace.trials]
    assert study.best_value == trace.best.value
    d = study.trials[0].distributions
    assert d["C"] == optuna.distributions.FloatDistribution(1e-3, 1e3, log=True)
    assert d["units"] == optuna.distributions.IntDistribution(8, 512, log=True)
    assert d["kernel"] == optuna.distributions.CategoricalDistribution(["rbf", "poly", None])
    back = from_optuna(study)
    assert back.digest == trace.digest
    assert [s for s in back.header.differences(trace.header)] == []
    for a, b in zip(back.trials, trace.trials, strict=True):
        assert (a.curve, a.status, a.reason, a.worker, a.info, a.cost) == (
            b.curve,
            b.status,
            b.reason,
            b.worker,
            b.info,
            b.cost,
        )
    np.testing.assert_array_equal(back.times, trace.times)
    assert "failed" in {t.status for t in trace.trials}


def test_optuna_goes_on_from_a_trace(trace):
    """Its sampler accepts the trials as its own, and the longer study can be read again."""
    study = to_optuna(trace)
    study.sampler = optuna.samplers.TPESampler(seed=0, n_startup_trials=5)

    def objective(trial):
        kernel = trial.suggest_categorical("kernel", ["rbf", "poly", None])
        C = trial.suggest_float("C", 1e-3, 1e3, log=True)
        if kernel == "poly":
            trial.suggest_int("degree", 2, 5)
        trial.suggest_int("units", 8, 512, log=True)
        trial.suggest_categorical("batch", [16, 32, 64])
        trial.suggest_categorical("seed", [7])
        return abs(np.log10(C))

    study.optimize(objective, n_trials=5)
    assert len(from_optuna(study)) == 35
    assert from_optuna(study).space == SPACE


def test_trials_in_flight_stay_in_flight_and_parallel_ones_get_workers():
    trace = Trace(Header("random", "by-hand", Space(x=Float(0, 1)), workers=2))
    for i, worker in ((0, 0), (1, 1)):
        trace.started(Trial(i, {"x": 0.5}, worker=worker))
    trace.ended(Trial(1, {"x": 0.5}, status="done", value=1.0, worker=1, end=2.0))
    trace.started(Trial(2, {"x": 0.25}, worker=1, start=2.0))
    trace.ended(Trial(0, {"x": 0.5}, status="done", value=3.0, worker=0, end=5.0))
    study = to_optuna(trace)
    assert [t.state.name for t in study.trials] == ["COMPLETE", "COMPLETE", "RUNNING"]
    back = from_optuna(study)
    assert [(kind, t.id) for kind, t in back.events] == [(kind, t.id) for kind, t in trace.events]
    assert [t.id for t in back.pending] == [2]
    for t in study.trials:  # as if Optuna alone had made it
        t.user_attrs.pop("nasbook")
    stranger = optuna.create_study()
    stranger.add_trials(study.trials)
    assert [t.worker for t in sorted(from_optuna(stranger).trials, key=lambda t: t.id)] == [0, 1]


def test_steps_stay_steps_and_ranges_that_move_the_widest():
    def objective(trial):
        a = trial.suggest_float("a", 0.0, 1.0, step=0.1)
        b = trial.suggest_int("b", 10, 50, step=20)
        trial.suggest_float("fixed", 2.0, 2.0)
        return a + b + trial.suggest_float("c", 0, 1 + trial.number)

    study = study_of(objective, 8)
    space = from_optuna(study).space
    assert space.parameters["a"] == Float(0, 1, step=0.1)
    assert space.parameters["b"] == Int(10, 50, step=20)
    assert space.parameters["c"] == Float(0, 8)
    assert space.parameters["fixed"] == Constant(2.0)
    trace = from_optuna(study)
    assert len(trace) == 8 and len({t.config["a"] for t in trace.trials} - {k / 10 for k in range(11)}) == 0
    back = to_optuna(trace)
    assert back.trials[0].distributions["a"] == study.trials[0].distributions["a"]
    assert back.trials[0].distributions["b"] == study.trials[0].distributions["b"]
    assert from_optuna(back).space == space


def test_what_cannot_be_taken_over_names_the_parameter():
    def objective(distribution):
        return lambda trial: float(trial._suggest("x", distribution(trial.number)) != 0)

    distributions = optuna.distributions
    for make, sentence in [
        (lambda k: distributions.FloatDistribution(0, 2, step=0.5 + 0.5 * (k % 2)), "its step changes from trial"),
        (lambda k: distributions.FloatDistribution(k / 4, 2 + k / 4, step=0.5), "steps of 0.5 from 0 do not end"),
        (lambda k: distributions.IntDistribution(0, 2**41), "a range of 2\\^40 or more is not served"),
        (lambda k: distributions.CategoricalDistribution([1, True]), "the options must differ"),
        (lambda k: distributions.CategoricalDistribution([1.0, float("inf")]), "must be finite"),
    ]:
        with pytest.raises(ValueError, match=f"from_optuna: 'x' cannot be taken over: .*{sentence}.*give space=Space"):
            from_optuna(study_of(objective(make), 8))


def test_options_that_are_no_scalars_go_by_their_text_and_parts_of_an_epoch_survive(trace):
    def objective(trial):
        layers = trial.suggest_categorical("layers", [(8,), (8, 8)])
        return sum(layers) + (trial.suggest_int("second", 1, 3) if len(layers) > 1 else 0)

    with pytest.warns(UserWarning, match="Choices for a categorical"):
        found = from_optuna(study_of(objective, 12))
    assert found.space == Space(layers=Choice(["(8,)", "(8, 8)"]), second=Int(1, 3, when={"layers": ["(8, 8)"]}))
    assert {t.config["layers"] for t in found.trials} == {"(8,)", "(8, 8)"}
    halves = Trace(Header("random", "by-hand", Space(x=Float(0, 1))))
    halves.started(Trial(0, {"x": 0.5}))
    halves.ended(Trial(0, {"x": 0.5}, status="done", value=1.0, curve=((0.5, 2.0), (1.5, 1.0)), end=1.0))
    assert from_optuna(to_optuna(halves)).best.curve == ((0.5, 2.0), (1.5, 1.0))


def test_what_has_no_counterpart_gets_a_sentence():
    with pytest.raises(ValueError, match="needs an optuna.Study"):
        from_optuna("sqlite:///study.db")
    with pytest.raises(ValueError, match="no trial of this study has parameters"):
        from_optuna(optuna.create_study())

    def whimsical(trial):
        x = trial.suggest_float("x", 0, 1)
        return x + (trial.suggest_float("y", 0, 1) if x > 0.5 else 0)

    with pytest.raises(ValueError, match="only some trials have 'y'.*give space="):
        from_optuna(study_of(whimsical, 12))


def test_without_optuna_there_is_one_clear_sentence(monkeypatch, trace):
    monkeypatch.setitem(sys.modules, "optuna", None)
    for call in (lambda: from_optuna(None), lambda: to_optuna(trace)):
        with pytest.raises(ImportError, match="Optuna is not installed here; install it with"):
            call()


@pytest.mark.parametrize(
    ("attribute", "says"),
    [
        ("x", "it must be a dict, not 'x'"),
        ([1], "it must be a dict"),
        ({"worker": "w"}, "worker must be a whole number, not 'w'"),
        ({"worker": -1}, "worker must be a number from 0"),
        ({"start": "early"}, "start must be a number, not 'early'"),
        ({"start": 1e300}, "start is 1e[+]300"),
        ({"end": [1]}, "end must be a number or null"),
        ({"status": "fine"}, "status must be one of"),
        ({"status": {}}, "status must be one of"),
        ({"curve": 3}, "curve must be a list"),
        ({"curve": [[1, 2, 3]]}, "curve must hold pairs"),
        ({"curve": [["a", 1]]}, "curve must hold numbers"),
        ({"info": "i"}, "info must be a dict"),
        ({"info": {"continues": "0"}}, "info.continues must be a whole number"),
        ({"cost": "dear"}, "cost must be a number or null"),
        ({"fidelity": {}}, "fidelity must be a number or null"),
        ({"reason": 3}, "reason must be text or null"),
        ({"value": "low"}, "value must be a number or null, not 'low'"),
    ],
    ids=str,
)
def test_a_damaged_attribute_of_a_trial_is_named_with_its_number(attribute, says):
    study = study_of(lambda trial: trial.suggest_float("x", 0, 1), trials=3)
    frozen = study.trials[1]
    frozen.user_attrs["nasbook"] = attribute
    damaged = optuna.create_study()
    for trial in (study.trials[0], frozen, study.trials[2]):
        damaged.add_trial(trial)
    with pytest.raises(ValueError, match=rf"^from_optuna: the user attribute 'nasbook' of Optuna's trial 1 .*{says}"):
        from_optuna(damaged)


@pytest.mark.parametrize("attribute", ["x", [1], 3, {"schema": "other"}, {"schema": "nasbook/trace@1"}], ids=str)
def test_a_damaged_attribute_of_the_study_is_one_sentence(attribute):
    study = study_of(lambda trial: trial.suggest_float("x", 0, 1), trials=1)
    study.set_user_attr("nasbook", attribute)
    with pytest.raises(ValueError, match=r"^from_optuna: the user attribute 'nasbook' of the study is damaged: "):
        from_optuna(study)
