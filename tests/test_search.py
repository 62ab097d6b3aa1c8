"""The search loop: what becomes of trials, budgets, the simulated clock, and the wording of errors."""

import math
import os
import signal
import threading
import time
import warnings
from dataclasses import dataclass, replace

import numpy as np
import pytest
from searched import SPACE, Costly, Descent, square, steadily

import nasbook
from nasbook import registry
from nasbook.evaluation import evaluate
from nasbook.hpo.grid import GridSearch
from nasbook.hpo.random import RandomSearch
from nasbook.method import Method, Proposal
from nasbook.search import replay, search, steps
from nasbook.space import Choice, Float, Int, Space
from nasbook.task import Evaluation, FunctionTask, StopTrial, trial_seed
from nasbook.trace import Header, Trace, Trial


def one(function, **k):
    return search("random", function, space=SPACE, trials=1, **k).trials[0]


# ---- what a user writes ----------------------------------------------------------------------------------


def test_an_own_objective_in_three_lines():
    space = nasbook.Space(x=nasbook.Float(-1, 1), n=nasbook.Int(1, 3))
    trace = nasbook.search("random", lambda config: config["x"] ** 2 + config["n"], space=space, trials=200)
    assert trace.best.value == pytest.approx(trace.best.config["x"] ** 2 + 1) and trace.best.config["n"] == 1
    assert trace.best.value < 1.01 and len(trace) == 200


def test_functions_are_named_by_where_they_stand():
    assert FunctionTask(one, SPACE).name == f"{__name__}:one"
    assert FunctionTask(square, SPACE).name == "searched:square"
    assert FunctionTask(lambda c: 0, SPACE).name == "<lambda>"
    assert FunctionTask(lambda c: 0, SPACE, name="mine").name == "mine"


def test_a_function_gets_what_it_asks_for():
    seen = []

    def objective(config, seed, report, fidelity):
        seen.append((seed, fidelity))
        report(1, 5.0)
        return config["x"]

    trial = one(objective, seed=3)
    assert seen == [(trial_seed(3, 0), None)] and trial.curve == ((1.0, 5.0),)


def test_seeds():
    a, b, c = (search("random", square, space=SPACE, trials=10, seed=s) for s in (1, 1, 2))
    assert a.digest == b.digest and [t.config for t in a.trials] != [t.config for t in c.trials]
    assert len({trial_seed(s, i) for s in range(50) for i in range(50)}) == 2500
    drawn = []
    search("random", lambda config, seed: drawn.append(seed) or 0.0, space=SPACE, trials=4, seed=9)
    assert drawn == [trial_seed(9, i) for i in range(4)]


# ---- what becomes of a trial -----------------------------------------------------------------------------


def test_a_done_trial():
    trial = one(lambda c: Evaluation(2.0, metrics={"k": np.float32(1)}, curve=[(1, 3.0), (2, 2.0)]))
    assert (trial.status, trial.value, trial.metrics, trial.reason) == ("done", 2.0, {"k": 1.0}, None)
    assert trial.curve == ((1, 3.0), (2, 2.0))
    slow = one(lambda c: time.sleep(0.03) or 1.0)
    assert 0.03 <= slow.cost <= slow.end and slow.end - slow.start >= 0.03
    assert one(lambda c: np.array([0.5])[0]).value == 0.5 and one(lambda c: np.array(0.25)).value == 0.25
    assert one(lambda c: 3).value == 3.0 and one(lambda c: True).value == 1.0


def test_several_objectives():
    trial = one(lambda c: (1.5, 2.5))
    assert trial.values == (1.5, 2.5) and trial.value == 1.5
    assert one(lambda c: Evaluation(values=(4.0, 1.0))).value == 4.0
    bad = one(lambda c: (1.0, math.nan))
    assert bad.status == "failed" and bad.reason == "diverged: the value is nan"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, np.float64("nan")])
def test_divergence_is_a_failure(value):
    trial = one(lambda c: value)
    assert trial.status == "failed" and trial.value is None
    assert trial.reason.startswith("diverged: the value is ")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ValueError("bad shape"), "ValueError: bad shape"),
        (MemoryError("8 GB"), "MemoryError: 8 GB"),
        (ZeroDivisionError("x"), "ZeroDivisionError: x"),
        (RecursionError("deep"), "RecursionError: deep"),
    ],
)
def test_an_exception_is_a_failure_with_its_reason(error, reason):
    def objective(config):
        raise error

    trial = one(objective)
    assert (trial.status, trial.value, trial.reason) == ("failed", None, reason) and trial.cost >= 0


@pytest.mark.parametrize("answer", [None, "0.5x", [], {}, np.zeros(2)])
def test_a_wrong_answer_is_a_failure_that_says_what_is_wanted(answer):
    trial = one(lambda c: answer)
    assert trial.status == "failed"
    assert trial.reason.startswith("TypeError: the objective must return a number to minimise (or an Evaluation), not ")


def test_failures_are_told_and_the_search_goes_on():
    told = []

    class Watching(RandomSearch):
        def observe(self, trial):
            told.append((trial.status, trial.value))

    calls = iter(range(100))

    def objective(config):
        k = next(calls)
        if k == 1:
            raise RuntimeError("no")
        return math.nan if k == 2 else float(k)

    trace = search(Watching, objective, space=SPACE, trials=5)
    assert told == [("done", 0.0), ("failed", None), ("failed", None), ("done", 3.0), ("done", 4.0)]
    assert [s.incumbent.id for s in trace] == [0] * 5 and trace.best.id == 0
    assert np.array_equal(trace.values, [0, math.nan, math.nan, 3, 4], equal_nan=True)


def test_a_timeout_interrupts_plain_python():
    def objective(config):
        while True:
            pass

    trial = one(objective, timeout=0.1)  # without an interrupt it would never end
    assert (trial.status, trial.value, trial.reason) == ("failed", None, "timed out after 0.1 s")
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)  # the alarm is put away
    assert one(square, timeout=100).status == "done"


def test_a_timeout_without_signals_is_noticed_at_the_next_report():
    """In a thread (a widget's search) no alarm can ring."""
    out = []

    def objective(config, report):
        for epoch in range(1000):
            time.sleep(0.02)
            report(epoch, 1.0)
        return 1.0

    thread = threading.Thread(target=lambda: out.append(one(objective, timeout=0.1)))
    thread.start()
    thread.join()
    assert out[0].status == "failed" and out[0].reason == "timed out after 0.1 s"
    assert 1 <= len(out[0].curve) < 50
    thread = threading.Thread(target=lambda: out.append(one(lambda c: time.sleep(0.05) or 1.0, timeout=0.01)))
    thread.start()
    thread.join()
    assert out[1].status == "failed" and out[1].value is None


def test_a_veto_prunes():
    class Impatient(RandomSearch):
        def should_stop(self, trial, curve):
            return f"no gain after {curve[-1][0]:g}" if len(curve) == 3 else None

    def objective(config, report):
        for epoch in range(1, 10):
            report(epoch, 1 / epoch)
        return 0.0

    trial = search(Impatient, objective, space=SPACE, trials=1).trials[0]
    assert (trial.status, trial.value, trial.reason) == ("pruned", 1 / 3, "no gain after 3")
    trace = search(Impatient, objective, space=SPACE, trials=3)
    assert trace.incumbent is None and np.isnan(trace.values).all()  # a pruned value is no result


def test_a_task_may_stop_itself():
    def objective(config):
        raise StopTrial("too large for this machine", "failed")

    assert one(objective).reason == "too large for this machine" and one(objective).status == "failed"


@pytest.mark.parametrize("at", [0, 3])
@pytest.mark.parametrize("how", ["raise", "signal"])
def test_an_interrupt_leaves_a_valid_trace(tmp_path, at, how):
    calls = iter(range(100))

    def objective(config):
        if next(calls) == at:
            if how == "raise":
                raise KeyboardInterrupt
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(5)
        return config["x"]

    path = tmp_path / "t.jsonl"
    with pytest.warns(UserWarning, match=f"interrupted after {at} trials; the trace up to here is valid"):
        trace = search("random", objective, space=SPACE, trials=10, out=path)
    assert trace.interrupted and len(trace) == at and [t.id for t in trace.pending] == [at]
    assert Trace.load(path).events == trace.events
    resumed = search("random", objective, space=SPACE, trials=10, out=path, resume=True)
    whole = search("random", lambda c: c["x"], space=SPACE, trials=10)
    assert [(t.id, t.config, t.value) for t in resumed.trials] == [(t.id, t.config, t.value) for t in whole.trials]


# ---- budgets ---------------------------------------------------------------------------------------------


def test_trials_are_counted_and_a_finished_method_ends_the_search():
    assert len(search("random", square, space=SPACE, trials=7)) == 7
    grid = search("grid", square, space=SPACE, trials=100, resolution=4)
    assert len(grid) == 4 and not grid.pending
    assert {t.config["x"] for t in grid.trials} == {0, 0.3333333333, 0.6666666667, 1}


def test_time_ends_a_search():
    trace = search("random", lambda c: time.sleep(0.02) or 0.0, space=SPACE, time=0.2)
    assert 1 <= len(trace) <= 10
    assert trace.trials[-1].start < 0.2  # no trial starts after the end
    assert list(trace.times) == sorted(trace.times)


def test_time_goes_on_where_it_stopped(tmp_path):
    slow = lambda c: time.sleep(0.02) or 0.0  # noqa: E731
    search("random", slow, space=SPACE, trials=4, out=tmp_path / "t.jsonl")
    trace = search("random", slow, space=SPACE, time=0.14, out=tmp_path / "t.jsonl", resume=True)
    assert len(trace) <= 7  # 0.08 of the 0.14 seconds had been used
    assert list(trace.times) == sorted(trace.times)


def test_steps_are_a_generator_whose_value_is_the_trace():
    running = steps("random", square, space=SPACE, trials=3)
    seen = [next(running), next(running), next(running)]
    with pytest.raises(StopIteration) as end:
        next(running)
    assert end.value.value.steps == seen and [s.index for s in seen] == [0, 1, 2]
    running = steps("random", square, space=SPACE, trials=3)
    next(running)
    running.close()  # leaving early is no error


# ---- the learner's own choice ----------------------------------------------------------------------------


def test_first_trials_come_first_and_are_marked():
    trace = search("random", square, space=SPACE, trials=4, first=[{"x": 0.3}, {"x": 0.7}])
    assert [t.config for t in trace.trials[:2]] == [{"x": 0.3}, {"x": 0.7}] and trace.best.value == 0
    assert [t.info.get("by") for t in trace.trials] == ["user", "user", None, None]
    free = search("random", square, space=SPACE, trials=2)
    assert [t.config for t in trace.trials[2:]] == [t.config for t in free.trials]  # its own draws are untouched


def test_enqueue_between_steps():
    method = RandomSearch(SPACE, seed=0)
    running = steps(method, square, space=SPACE, trials=3)
    next(running)
    method.enqueue({"x": 0.5}, note="mine")
    assert next(running).trial.config == {"x": 0.5}
    trial = next(running).trial
    assert trial.config == search("random", square, space=SPACE, trials=2).trials[1].config
    assert method.trials[1].info == {"by": "user", "note": "mine"}
    with pytest.raises(ValueError, match=r"x must lie in \[0, 1\], not 2"):
        method.enqueue({"x": 2})


@pytest.mark.parametrize("first", [[{"x": 0.5}], [{"x": 0.5}, {"x": 0.5}, {"x": 0.1}]])
def test_first_trials_survive_a_kill_at_any_event(tmp_path, first):
    path = tmp_path / "t.jsonl"
    run = lambda resume: search(  # noqa: E731
        "random", square, space=SPACE, trials=5, first=first, out=path, resume=resume
    )
    whole = run(False)
    lines = path.read_bytes().splitlines(keepends=True)
    for kept in range(1, len(lines) + 1):
        path.write_bytes(b"".join(lines[:kept]))
        assert run(True).digest == whole.digest, kept


# ---- ask and tell ----------------------------------------------------------------------------------------


def test_ask_before_tell_and_tell_only_what_was_asked():
    method = RandomSearch(SPACE)
    a, b = method.ask(), method.ask()
    assert (a.id, b.id) == (0, 1) and list(method.pending) == [0, 1]
    method.tell(replace(b, status="done", value=1.0))
    assert [t.id for t in method.trials] == [1] and list(method.pending) == [0] and method.done == method.trials
    method.tell(replace(a, status="failed"))
    assert [t.id for t in method.done] == [1]
    with pytest.raises(ValueError, match="trial 0 is told, but random had not asked for it, or was told before"):
        method.tell(replace(a, status="done", value=1.0))


def test_a_proposal_carries_fidelity_and_info():
    class Low(Method):
        name = "low"

        def propose(self):
            return Proposal({"x": 0.5}, fidelity=3.0, info={"rung": 1})

    trial = search(Low, lambda c, fidelity: fidelity, space=SPACE, trials=1).trials[0]
    assert (trial.fidelity, trial.info, trial.value) == (3.0, {"rung": 1}, 3.0)


# ---- views and replay ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Belief:
    told: int
    pending: int


class Believer(RandomSearch):
    def view(self):
        return Belief(len(self.trials), len(self.pending))


def test_a_view_is_of_the_moment_of_choice():
    seen = [s.view for s in steps(Believer, square, space=SPACE, trials=3)]
    assert seen == [Belief(0, 1), Belief(1, 1), Belief(2, 1)]
    assert all(s.view is None for s in search(Believer, square, space=SPACE, trials=2))


def test_replay_gives_the_views_again(monkeypatch):
    monkeypatch.setattr("nasbook.registry.Entry.load", lambda entry: Believer)
    task = Costly([3, 5, 1, 4, 2])
    live = list(steps(Believer, task, trials=5, workers=2))
    trace = search(Believer, task, trials=5, workers=2)
    assert list(replay(trace)) == live and all(s.view is not None for s in live)


def test_one_shot_methods_are_iterated_like_others(tmp_path):
    task = FunctionTask(square, SPACE)
    trace = search(Descent, task, out=tmp_path / "t.jsonl")
    assert len(trace) == 6 and trace.best.id == 5 and [s.view.epoch for s in trace] == [1, 2, 3, 4, 5, 6]
    loaded = Trace.load(tmp_path / "t.jsonl")
    assert [s.view for s in loaded] == [{"epoch": e} for e in range(1, 7)] and loaded.digest == trace.digest
    assert len(search(Descent, task, trials=2)) == 2


def test_one_shot_resume_after_a_cut_at_any_event(tmp_path):
    task, path = FunctionTask(square, SPACE), tmp_path / "t.jsonl"
    states = []

    class Recording(Descent):
        def save(self, path):
            super().save(path)
            states.append(path.read_bytes())

    whole = search(Recording, task, out=path, seed=1)
    lines = path.read_bytes().splitlines(keepends=True)
    for kept in range(1, len(lines) + 1):
        done = (kept - 1) // 2
        for saved in {max(0, done - 1), done}:  # the kill came before or after the state of the last epoch was kept
            path.write_bytes(b"".join(lines[:kept]))
            state = tmp_path / "t.jsonl.state"
            state.unlink(missing_ok=True)
            if saved:
                state.write_bytes(states[saved - 1])
            resumed = search(Descent, task, out=path, seed=1, resume=True)
            assert resumed.digest == whole.digest and Trace.load(path).digest == whole.digest, (kept, saved)


# ---- random and grid -------------------------------------------------------------------------------------


def test_random_search_finds_the_best_fraction_as_often_as_it_should():
    """59 draws see the best 5 % with probability 1 − 0.95⁵⁹ = 0.9515; over 2,000 runs: 0.9515 ± 0.015 (3 s.e.)."""
    hits = []
    for seed in range(2000):
        method = RandomSearch(SPACE, seed=seed)
        hits.append(any(method.propose()["x"] < 0.05 for _ in range(59)))
    assert np.mean(hits) == pytest.approx(1 - 0.95**59, abs=0.015)


@pytest.mark.parametrize("shuffle", [True, False])
def test_grid_sees_every_point_once(shuffle):
    space = Space(x=Float(0, 1), c=Choice(["a", "b"]), n=Int(1, 3, when={"c": "b"}))
    trace = search("grid", lambda c: c["x"], space=space, trials=1000, resolution=4, shuffle=shuffle, seed=3)
    configs = [t.config for t in trace.trials]
    expected = list(space.grid(4))
    assert len(configs) == len(expected) == 4 * (1 + 3)
    assert sorted(map(space.key, configs)) == sorted(map(space.key, expected))
    assert (configs == expected) is not shuffle


def test_a_grid_that_is_too_large_to_shuffle_names_the_way_out():
    space = Space(**{f"x{i}": Float(0, 1) for i in range(10)})
    with pytest.raises(
        ValueError, match=r"5 × 5 × .* points are more than 1,000,000; lower the resolution \(5\), or use 'r"
    ):
        GridSearch(space)


def test_no_warnings_in_a_plain_search():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        search("random", square, space=SPACE, trials=3)
    trial = evaluate(FunctionTask(square, SPACE), Trial(0, {"x": 0.3}), seed=0)
    assert trial.status == "done" and trial.value == 0


# ---- warm start, and several objectives ----------------------------------------------------------------------


def test_a_warm_start_tells_the_earlier_trials_before_the_method_chooses():
    earlier = search("random", "branin", trials=12, seed=3)
    warm = search("tpe", "branin", trials=2, seed=0, warm_start=earlier)
    assert len(warm) == 14, "the earlier trials stand first and do not count in the budget"
    assert [t.value for t in warm.trials[:12]] == [t.value for t in earlier.trials]
    told = registry.make("method", "tpe", earlier.space, seed=0)
    for trial in earlier.trials:
        told.enqueue(trial.config)
        told.tell(replace(trial, id=told.ask().id))
    assert warm.trials[12].config == told.ask().config
    assert warm.trials[12].config != search("tpe", "branin", trials=1, seed=0).trials[0].config


def test_a_warm_started_search_resumes_and_replays(tmp_path):
    earlier = search("random", "branin", trials=5, seed=3).save(tmp_path / "earlier.jsonl")
    whole = search("bayesian", "branin", trials=6, seed=1, warm_start=earlier)
    options = {"seed": 1, "warm_start": earlier, "out": tmp_path / "warm.jsonl", "resume": True}
    for trials in (2, 4, 6):
        resumed = search("bayesian", "branin", trials=trials, **options)
        assert len(resumed) == 5 + trials
    assert resumed.digest == whole.digest == Trace.load(tmp_path / "warm.jsonl").digest
    assert [s.trial for s in replay(resumed)] == resumed.trials
    lines = (tmp_path / "warm.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "warm.jsonl").write_text("".join(lines[:6]))  # killed while it was told the third earlier trial
    assert search("bayesian", "branin", trials=6, **options).digest == whole.digest


def test_top_prefers_the_most_thorough_evaluation():
    trace = Trace(Header("random", "t", Space(x=Float(0, 1))))
    for i, (x, fidelity, value) in enumerate(
        [(0.1, 9, 0.2), (0.2, 27, 0.3), (0.3, 27, 0.25), (0.1, 27, 0.4), (0.9, 3, 0)]
    ):
        trial = Trial(i, {"x": x}, fidelity)
        trace.started(trial)
        trace.ended(replace(trial, status="done", value=value))
    assert trace.top(10) == [{"x": 0.3}, {"x": 0.2}, {"x": 0.1}, {"x": 0.9}]
    assert trace.top(1) == [{"x": 0.3}]


@pytest.mark.parametrize("method", ["successive-halving", "hyperband", "asha", "bohb", "dehb"])
def test_a_function_with_a_fidelity_is_searched_at_several(method):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        trace = search(method, steadily, space=SPACE, trials=60, fidelity=nasbook.Fidelity("epoch", 1, 27))
    assert all(t.status == "done" for t in trace.trials)
    assert {t.fidelity for t in trace.trials} >= {3, 27} and max(t.fidelity for t in trace.trials) == 27
    assert trace.best.fidelity == 27


def test_a_function_is_told_its_whole_fidelity_where_the_method_asks_for_none():
    seen = []
    search(
        "random",
        lambda config, fidelity: seen.append(fidelity) or 1.0,
        space=SPACE,
        trials=2,
        fidelity=nasbook.Fidelity("epoch", 1, 9.0),
    )
    assert seen == [9, 9] and {type(n) for n in seen} == {int}


def test_a_hook_is_called_with_each_step():
    seen = []
    trace = search("random", square, space=SPACE, trials=5, on_step=seen.append)
    assert [s.index for s in seen] == list(range(5)) and seen[-1].trial is trace.trials[-1]
    search("darts", "digits-cells", trials=1, on_step=seen.append)
    assert len(seen) == 6

    def broken(step):
        seen.append(step)
        raise KeyError("x")

    with pytest.warns(UserWarning, match="on_step has raised KeyError: 'x'; the search goes on without it"):
        assert len(search("random", square, space=SPACE, trials=5, on_step=broken)) == 5
    assert len(seen) == 7
    with pytest.raises(ValueError, match="on_step is a function"):
        steps("random", square, space=SPACE, trials=5, on_step=3)


def test_the_highest_fidelity_decides_what_is_best():
    rng = np.random.default_rng(0)
    for _ in range(50):
        trace = Trace(Header("random", "t", SPACE))
        for i in range(12):
            trial = Trial(i, {"x": float(rng.random())}, [1, 3, 9, None][rng.integers(4)])
            trace.started(trial)
            value = float(rng.integers(4))
            status = ["done", "failed", "pruned"][rng.choice(3, p=[0.7, 0.15, 0.15])]
            trace.ended(replace(trial, status=status, value=None if status == "failed" else value))
            done = [t for t in trace.trials if t.status == "done"]
            if done:
                top = max(t.effort for t in done)
                assert trace.best.effort == top
                assert trace.best.value == min(t.value for t in done if t.effort == top) == trace.incumbent_values[-1]
                assert trace.top(1) == [trace.best.config]


def test_pictures_fronts_and_optuna_agree_on_the_best():
    from nasbook.hpo.parts.pareto import best_trials
    from nasbook.trace import best_of

    trace = Trace(Header("random", "t", SPACE))
    for i, (fidelity, values) in enumerate([(1, (0.0, 0.0)), (9, (0.5, 0.4)), (9, (0.4, 0.5)), (9, (0.6, 0.6))]):
        trial = Trial(i, {"x": 0.1 * i}, fidelity)
        trace.started(trial)
        trace.ended(replace(trial, status="done", value=values[0], values=values, end=1.0 + i))
    assert trace.best.id == best_of(trace.trials).id == 2 and {t.id for t in best_trials(trace.trials)} == {1, 2}


def test_optuna_takes_the_best_of_the_highest_fidelity():
    pytest.importorskip("optuna")
    from nasbook.scale.optuna import from_optuna, to_optuna

    trace = search("successive-halving", "digits-hpo-messy", trials=30)
    study = to_optuna(trace)
    assert study.best_value == trace.best.value
    back = from_optuna(study)
    assert [(t.id, t.status, t.value, t.fidelity) for t in back.trials] == [
        (t.id, t.status, t.value, t.fidelity) for t in trace.trials
    ]


def test_a_trace_is_shown_in_few_digits():
    trace = search("random", "branin", trials=3)
    assert all(len(word.strip(",>").lstrip("-").replace(".", "")) <= 6 for word in repr(trace).split() if "." in word)
    assert "best " in repr(trace) and " at x1 = " in repr(trace)
