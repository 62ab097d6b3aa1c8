"""Freeze-thaw: what goes on, by numbers worked out here; failures, workers, kills, and what it finds."""

import math
from dataclasses import replace

import numpy as np
import pytest

import nasbook
from nasbook import Choice, Float, Space
from nasbook.hpo.freeze_thaw import FreezeThaw, FreezeThawView, Training
from nasbook.hpo.parts.curve_belief import bars, expected
from nasbook.method import Proposal
from nasbook.task import Evaluation, Fidelity, Task

TABLE = nasbook.task("digits-hpo-messy")
SPACE = Space(c=Float(0.05, 0.6))


def curve(c, n):
    return tuple((float(t), c + 0.5 * t**-0.7) for t in range(1, n + 1))


def view(*known):
    """known: (asymptote, level) of frozen trainings on the levels 1, 3, 9, 27."""
    levels = (1, 3, 9, 27)
    trainings = tuple(Training(i, {"c": c}, k, curve(c, levels[k]), "frozen") for i, (c, k) in enumerate(known))
    best = min(y for t in trainings for _, y in t.curve)
    return FreezeThawView(levels, trainings, best)


class Falling(Task):
    name, space, knows_cost, value_label = "falling", SPACE, True, "error"
    fidelity = Fidelity("epoch", 1, 27)

    def evaluate(self, config, *, fidelity=None, seed=0, report=None, checkpoint=None):
        known = curve(config["c"], round(fidelity or 27))
        if config["c"] > 0.5:
            return Evaluation(math.nan, cost=1.0)
        for t, y in known:
            report(t, y, t)
        return Evaluation(known[-1][1], cost=float(len(known)), curve=known)


def test_a_gain_is_improvement_over_the_epochs_that_it_costs():
    v = view((0.1, 1), (0.3, 0), (0.02, 2))
    gains, new = v.gains
    B, f = bars(), float(v.measure.error(v.best))
    ei, pi = [], []
    for t in v.trainings:
        p = expected([t.curve], [27], 27, v.measure)[0]
        draws = np.array([B.quantile(p, q)[0] for q in (np.arange(600) + 0.5) / 600])
        ei.append(np.maximum(f - draws, 0).mean())
        pi.append((draws < f).mean())
    for gain, e, c, (step, rest) in zip(gains, ei, pi, ((6, 18), (2, 24), (18, 0)), strict=True):
        assert gain == pytest.approx(e / (step + c * rest), rel=0.04, abs=1e-4)
    p = expected([()], [27], 27, v.measure)[0]
    ei, pi = np.mean([*ei, B.shortfall(p, f)[0]]), np.mean([*pi, B.cdf(p, f)[0]])
    assert new == pytest.approx(ei / (1 + pi * 26), rel=0.02)


def test_what_falls_deeper_promises_more_and_what_is_whole_or_failed_or_runs_nothing():
    gains, new = view((0.05, 1), (0.4, 1), (0.1, 3)).gains
    assert gains[0] > gains[1] >= 0 and math.isnan(gains[2]) and new > 0
    v = view((0.05, 1), (0.1, 1))
    for status in ("running", "failed"):
        gains, other = replace(v, trainings=(replace(v.trainings[0], status=status), v.trainings[1])).gains
        assert math.isnan(gains[0]) and gains[1] > 0 and (other < v.gains[1]) == (status == "failed")


def test_the_largest_gain_goes_on_or_a_new_training_begins():
    seen = set()
    for step in nasbook.steps("freeze-thaw", TABLE, trials=26, seed=1):
        t, (gains, new) = step.trial, step.view.gains
        assert t.fidelity in (1, 3, 9, 27)
        if step.view.next is None:
            assert "continues" not in t.info and t.fidelity == 1
            assert len(step.view.trainings) < 8 or not np.nanmax(gains, initial=-1) > new
        else:
            assert t.info["continues"] == step.view.next == step.view.trainings[int(np.nanargmax(gains))].id
        seen.add(step.view.next is None)
    assert seen == {True, False}


def test_failed_trainings_never_go_on_and_whole_ones_end():
    trace = nasbook.search("freeze-thaw", Falling(), trials=40, seed=0, workers=3)
    failed = {t.id for t in trace.trials if t.status == "failed"}
    went_on = [t.info["continues"] for t in trace.trials if "continues" in t.info]
    assert failed and went_on and not failed & set(went_on)
    levels = {}
    for t in trace.trials:
        levels.setdefault(t.info.get("continues", t.id), []).append(t.fidelity)
    assert all(fidelities == [1, 3, 9, 27][: len(fidelities)] for fidelities in levels.values())
    assert trace.best.fidelity == 27 and trace.best.config["c"] < 0.2


@pytest.mark.parametrize("workers", [1, 3])
def test_a_search_that_was_cut_off_goes_on_as_if_it_had_not_been(workers, tmp_path):
    whole = nasbook.search("freeze-thaw", TABLE, trials=18, seed=3, workers=workers)
    running = nasbook.steps("freeze-thaw", TABLE, trials=18, seed=3, workers=workers, out=tmp_path / "t.jsonl")
    for _ in range(13):
        next(running)
    running.close()
    again = nasbook.search(
        "freeze-thaw", TABLE, trials=18, seed=3, workers=workers, out=tmp_path / "t.jsonl", resume=True
    )
    assert again.digest == whole.digest
    later = nasbook.search("freeze-thaw", TABLE, trials=12, seed=4, warm_start=whole)
    assert len(later) == 30 and any(t.info.get("continues", 99) < 18 for t in later.trials[18:])


def test_the_configurations_come_from_the_method_that_is_set():
    for new in ("random", "tpe"):
        trace = nasbook.search("freeze-thaw", TABLE, trials=20, seed=2, new=new)
        assert len({str(t.config) for t in trace.trials if "continues" not in t.info}) > 8
    wide = Space({f"x{i}": Float(0, 1) for i in range(9)})  # the network of pfn takes eight parameters
    method = FreezeThaw(wide, seed=0, startup=1)
    for _ in range(4):
        trial = method.ask()
        method.tell(replace(trial, status="done", value=0.5, curve=((trial.fidelity, 0.5),)))
    with pytest.raises(ValueError, match="freeze-thaw: new must be one of pfn, random, .*, not 'best'"):
        FreezeThaw(SPACE, new="best")
    assert len(nasbook.search("freeze-thaw", "digits201-digits", trials=12, seed=0)) == 12


def test_values_of_any_size_and_small_spaces_are_searched():
    class Losses(Falling):
        space = Space(c=Choice([0.1, 0.2, 0.3]))
        scale = 1.0

        def evaluate(self, config, **context):
            told = super().evaluate(config, **{**context, "report": lambda *_: None})
            return replace(told, value=self.scale * (told.value - 0.5), curve=())

    for scale in (1.0, 1e6, -1e300, 1e-200):
        task = Losses()
        task.scale = scale
        trace = nasbook.search("freeze-thaw", task, trials=12, seed=0, startup=3)
        assert len(trace) == 12 and {t.status for t in trace.trials} == {"done"}


def test_a_failed_training_promises_nothing_to_new_ones_either():
    v = view((0.05, 1), (0.1, 1))
    v = replace(v, trainings=(replace(v.trainings[0], status="failed"), v.trainings[1]))
    B, f = bars(), float(v.measure.error(v.best))
    p = expected([v.trainings[1].curve, ()], [27], 27, v.measure)[:, 0]
    ei, pi = (np.array([0, *of(p, f)]) for of in (B.shortfall, B.cdf))
    assert v.gains[1] == pytest.approx(ei.mean() / (1 + pi.mean() * 26))


def test_quantiles_at_the_last_epoch_are_those_of_the_end():
    v = view((0.1, 1), (0.3, 2))
    for k, training in enumerate(v.trainings):
        low, high = v.quantiles(training, [27], 0.1, 0.9)
        ends = (v.measure.value(bars().quantile(v.ends[k : k + 1], q)) for q in (0.1, 0.9))
        assert [low[0], high[0]] == pytest.approx([end[0] for end in ends]) and low[0] < high[0]


def test_a_known_trial_takes_the_level_of_its_epochs_or_goes_on_with_its_configuration():
    method = FreezeThaw(SPACE, seed=0)
    known = method.place(Proposal({"c": 0.3}, 3))
    assert known.fidelity == 3 and method.trainings == {0: Training(0, {"c": 0.3}, 1)}
    method.trainings[0] = replace(method.trainings[0], status="frozen")
    assert method.place(Proposal({"c": 0.3}, 9)).info == {"continues": 0}
    assert (method.trainings[0].level, method.trainings[0].status) == (2, "running")
    method.trainings[0] = replace(method.trainings[0], status="frozen")
    assert method.place(Proposal({"c": 0.3}, 9)).info == {}, "it was trained so far already"
    method = FreezeThaw(SPACE, seed=0, min_fidelity=3)
    assert method.place(Proposal({"c": 0.3}, 1)).fidelity == 1 and method.trainings[0].level == 0


def test_only_finite_values_are_kept_of_a_curve_and_the_value_told_is_its_last():
    method = FreezeThaw(SPACE, seed=0)
    told = {"status": "done", "value": 0.4, "curve": ((1, None), (2, math.nan), (3, 0.9))}
    trial = method.ask()
    method.tell(replace(trial, fidelity=3, **told))
    assert method.trainings[0].curve == ((3, 0.4),) and method.trainings[0].status == "frozen"


def test_the_method_for_new_ones_is_told_the_ends_that_are_expected(monkeypatch):
    seen = []

    class Inner:
        def __init__(self, space, seed):
            pass

        refusal = classmethod(lambda cls, space: None)
        remember = lambda self, trials: seen.append(trials)  # noqa: E731
        ask = lambda self: nasbook.Trial(0, {"c": 0.123})  # noqa: E731
        load = classmethod(lambda cls: cls)

    monkeypatch.setattr("nasbook.hpo.freeze_thaw.registry.find", lambda kind, name: Inner)
    method = FreezeThaw(SPACE, seed=0, startup=3)
    known = view((0.2, 1), (0.3, 0))
    assert method.choose_new(known) != {"c": 0.123} and not seen, "two are fewer than three"
    failed = replace(known.trainings[0], id=2, status="failed")
    known = replace(known, trainings=(*known.trainings, failed))
    assert method.choose_new(known) == {"c": 0.123}
    ends = known.measure.value(bars().mean(known.ends))
    assert [(t.id, t.status, t.value) for t in seen[0]] == [
        (0, "done", pytest.approx(ends[0])),
        (1, "done", pytest.approx(ends[1])),
        (2, "failed", None),
    ]
    assert method.choose_new(replace(known, best=None)) != {"c": 0.123} and len(seen) == 1, "nothing was told yet"
    Inner.ask = lambda self: None
    assert SPACE.validate(method.choose_new(known)) and len(seen) == 2


def test_what_is_asked_for_begins_in_its_order():
    method = FreezeThaw(SPACE, seed=0)
    for c in (0.2, 0.3):
        method.enqueue({"c": c})
    assert [method.ask().config["c"] for _ in range(2)] == [0.2, 0.3]
