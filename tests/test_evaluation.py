"""One trial: what an objective may do, and what becomes of it. And: what is recorded cannot be changed from outside."""

import itertools
import math
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
from waiting import PATIENCE

import nasbook
from nasbook.hpo.random import RandomSearch
from nasbook.method import Method, Proposal
from nasbook.plots.viewed import method_after
from nasbook.search import search, steps
from nasbook.space import Choice, Float, Int, Space
from nasbook.task import Evaluation, StopTrial
from nasbook.trace import Trace
from nasbook.trial import described

SPACE = Space(x=Float(0, 1), n=Int(1, 8), kind=Choice(["a", "b"]))


def objective(config):
    return (config["x"] - 0.3) ** 2 + 0.1 * config["n"] + (config["kind"] == "b")


def one(function, **k):
    return search("random", function, space=SPACE, trials=1, **k).trials[0]


# ---- copies in, copies out -------------------------------------------------------------------------------


def spoil(config):
    value = objective(config)
    config["n"] = 2 ** config["n"]
    config.pop("x")
    config["new"] = [1]
    return value


METHODS = ["random", "bayesian", "tpe", "forest", "genetic", "regularized-evolution", "differential-evolution",
           "local-search", "grid"]  # fmt: skip


@pytest.mark.parametrize("method", METHODS)
def test_an_objective_that_edits_its_configuration_changes_nothing(method, tmp_path):
    space = Space(x=Float(0.1, 1), n=Int(1, 8), kind=Choice(["a", "b"]))
    a = search(method, objective, space=space, trials=12, out=tmp_path / "a.jsonl")
    b = search(method, spoil, space=space, trials=12, out=tmp_path / "b.jsonl")
    assert a.digest == b.digest == Trace.load(tmp_path / "b.jsonl").digest


@pytest.mark.parametrize("first", [[], [{"x": 0.5, "n": 3, "kind": "a"}]])
@pytest.mark.parametrize("method", METHODS)
def test_editing_what_a_search_hands_out_changes_neither_the_search_nor_the_trace(method, first):
    expected = search(method, objective, space=SPACE, trials=12, first=first)
    mine = [dict(config) for config in first]
    running = steps(method, objective, space=SPACE, trials=12, first=mine, views=True)
    for config in mine:
        config.update(x=0.9, n=8)
    while True:
        try:
            step = next(running)
        except StopIteration as end:
            trace = end.value
            break
        step.trial.config.clear()
        step.trial.info["parent"] = 10**6
        step.trial.metrics["m"] = 1
        step.incumbent.config["x"] = 99.0
        wreck(step.view)
    assert trace.digest == expected.digest and [t.to_dict()["config"] for t in trace.trials] == [
        t.to_dict()["config"] for t in expected.trials
    ]


def wreck(view):
    """Overwrite every array, list and dict of a view."""
    for value in vars(view).values() if hasattr(view, "__dict__") else ():
        if isinstance(value, np.ndarray) and value.flags.writeable and value.dtype.kind in "fi":
            value[...] = 7
        elif isinstance(value, list | dict):
            value.clear()


def test_a_trace_is_a_record():
    trace = search("random", lambda c: Evaluation(objective(c), metrics={"deep": {"a": [1, 2]}}), space=SPACE, trials=4)
    digest, best, rows = trace.digest, trace.best.value, [t.to_dict() for t in trace.trials]
    trace.best.config["x"] = 5.0
    trace.top(2)[0]["x"] = 5.0
    trace.trials[0].metrics["deep"]["a"].append(3)
    trace.trials.clear()
    trace.steps.clear()
    trace.events.clear()
    trace.running[99] = trace.best
    trace.pending.append(trace.best)
    trace[0].trial.info["x"] = 1
    trace.header.settings["acquisition"] = trace.header.arguments["shift"] = 1
    trace.header.provenance.clear()
    assert (trace.digest, trace.best.value) == (digest, best) and [t.to_dict() for t in trace.trials] == rows
    assert trace.header.settings == {} == trace.header.arguments and trace.header.provenance and not trace.pending
    assert len(trace) == 4


def test_what_an_objective_keeps_and_edits_later_changes_nothing():
    metrics, curve, values = {"a": [1]}, [[1, 0.5]], [1.0, 2.0]

    def answers(config):
        return Evaluation(values=values, metrics=metrics, curve=curve)

    trace = search("random", answers, space=SPACE, trials=2)
    metrics["a"].append(2), curve[0].append(3), values.append(3)
    for trial in trace.trials:
        assert (trial.metrics, trial.curve, trial.values) == ({"a": [1]}, ((1.0, 0.5),), (1.0, 2.0))


def test_a_method_that_keeps_and_edits_its_own_dictionaries_changes_no_record():
    class Careless(Method):
        name = "careless"

        def __init__(self, *args, **settings):
            super().__init__(*args, **settings)
            self.here, self.info = {"x": 0.0, "n": 1, "kind": "a"}, {"why": ["start"]}

        def propose(self):
            self.here["n"] = self.here["n"] % 8 + 1
            self.info["why"].append(self.here["n"])
            return Proposal(self.here, info=self.info)

        def observe(self, trial):
            trial.config["n"] = 100

    trace = search(Careless, objective, space=SPACE, trials=4)
    assert [t.config["n"] for t in trace.trials] == [2, 3, 4, 5]
    assert [len(t.info["why"]) for t in trace.trials] == [2, 3, 4, 5]


def test_settings_are_the_methods_own():
    from nasbook.hpo.grid import GridSearch

    given = {"deep": {"a": 1}}
    method = RandomSearch(SPACE)
    method.enqueue({"x": 0.5, "n": 3, "kind": "a"}, note=given)
    given["deep"]["a"] = 2
    assert method.ask().info["note"] == {"deep": {"a": 1}}
    assert GridSearch(SPACE).settings is not None


# ---- what goes wrong -------------------------------------------------------------------------------------


class Silent(Exception):
    def __str__(self):
        raise RuntimeError("no text")


class Wild(BaseException):
    pass


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ValueError("\ud800 is alone"), "ValueError: \\ud800 is alone"),
        (Silent(), "Silent: (its text cannot be made: RuntimeError)"),
        (KeyError(), "KeyError"),
        (SystemExit(2), "SystemExit: 2"),
        (SystemExit(), "SystemExit"),
        (Wild("out"), "Wild: out"),
        (GeneratorExit("g"), "GeneratorExit: g"),
        (OSError(2, "\udcff"), "FileNotFoundError: [Errno 2] \\udcff"),
    ],
)
def test_any_exception_is_a_failed_trial_that_can_be_written(error, reason, tmp_path):
    def objective(config):
        raise error

    trace = search("random", objective, space=SPACE, trials=1, out=tmp_path / "t.jsonl")
    for trial in (trace.trials[0], Trace.load(tmp_path / "t.jsonl").trials[0]):
        assert (trial.status, trial.reason) == ("failed", reason)
        assert trial.place.endswith("in objective") and "raise error" in trial.traceback


def test_a_huge_text_is_cut():
    assert len(described(ValueError("x" * 10**7))) < 1100


def test_ways_to_leave_the_program_end_the_trial_only():
    for leave in (sys.exit, os._exit):

        def objective(config, leave=leave):
            leave(3)

        trial = one(objective)
        assert trial.status == "failed" and "3" in trial.reason and trial.place.endswith("in objective")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_of_an_objective_leaves_as_always():
    def objective(config):
        child = os.fork()
        if child == 0:
            os._exit(7)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        assert one(objective).value == 7


def test_a_trial_that_ends_does_not_give_os_exit_back_to_another_thread_s_objective():
    first, second, seen = threading.Event(), threading.Event(), {}

    def early(config):
        second.wait(PATIENCE)

    def late(config):
        second.set()
        first.wait(PATIENCE)
        os._exit(3)

    def evaluated(name, objective):
        seen[name] = one(objective)
        if name == "early":
            first.set()

    threads = [threading.Thread(target=evaluated, args=pair) for pair in (("early", early), ("late", late))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert seen["late"].status == "failed" and "os._exit(3)" in seen["late"].reason


LEAVES = """
import os, sys, threading
import nasbook
from nasbook import Float, Space

def search(objective):
    return nasbook.search("random", objective, space=Space(x=Float(0, 1)), trials=1).trials[0]

def forks(config):  # while another thread searches, too; the child searches, and leaves
    child = os.fork()
    if not child:
        inner = search(lambda c: os._exit(5))
        os._exit(40 if inner.status == "failed" else 41)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

def others(config):
    while not stop.is_set():
        search(lambda c: c["x"])
    return 0

stop = threading.Event()
busy = threading.Thread(target=others, args=({},))
busy.start()
values = [search(forks).value for _ in range(20)]
stop.set()
busy.join()
print(set(values), flush=True)

search(lambda c: c["x"])
child = os.fork()
if not child:
    os._exit(6)  # after the last trial it leaves, also here
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)

def leaves_in_a_thread(config):  # it is no objective's own thread: it leaves as always
    thread = threading.Thread(target=os._exit, args=(9,))
    thread.start()
    thread.join()

search(leaves_in_a_thread)
print("still here")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_forks_and_threads_leave_as_always_while_others_search():
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", LEAVES], capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stdout) == (9, "{40.0}\n6\n"), done.stderr


def test_a_keyboard_interrupt_is_no_failure():
    def objective(config):
        raise KeyboardInterrupt

    with pytest.warns(UserWarning, match="interrupted after 0 trials"):
        trace = search("random", objective, space=SPACE, trials=3)
    assert trace.interrupted and len(trace) == 0


def test_a_deep_traceback_is_short():
    def deep(n):
        return deep(n + 1)

    trial = one(lambda c: deep(0))
    assert trial.reason.startswith("RecursionError") and len(trial.traceback.splitlines()) <= 4


def test_failures_that_are_all_alike_are_said_after_the_first_five():
    def objective(config):
        return 1 / 0 if config else config["x"] / 1

    with pytest.warns(UserWarning) as caught:
        search("random", objective, space=SPACE, trials=9)
    (said,) = [str(w.message) for w in caught]
    assert said.startswith("all of the first 5 trials have failed alike: ZeroDivisionError: division by zero (")
    line = objective.__code__.co_firstlineno + 1
    assert said.endswith(f"test_evaluation.py, line {line}, in objective)")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        search("random", objective, space=SPACE, trials=4)
        calls = itertools.count()
        search("random", lambda c: next(calls) or 1 / 0, space=SPACE, trials=1)
        kinds = itertools.cycle([ZeroDivisionError, KeyError])
        search("random", lambda c: (_ for _ in ()).throw(next(kinds)()), space=SPACE, trials=9)


def test_failures_are_said_in_one_line_when_they_happen_and_not_when_they_are_looked_at_again():
    def objective(config):
        raise RuntimeError("no\nmemory\n")

    with pytest.warns(UserWarning) as caught:
        trace = search("random", objective, space=SPACE, trials=9)
    (said,) = [str(w.message) for w in caught]
    assert said.startswith("all of the first 5 trials have failed alike: RuntimeError: no memory (")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(list(nasbook.replay(trace))) == 9
        assert method_after(trace).ask() is not None


# ---- reports ---------------------------------------------------------------------------------------------


class Impatient(RandomSearch):
    def should_stop(self, trial, curve):
        return "enough" if len(curve) == 3 else None


@pytest.mark.parametrize("caught", [Exception, BaseException])
@pytest.mark.parametrize("after", ["returns", "raises", "reports on"])
def test_a_pruned_trial_stays_pruned_whatever_the_objective_catches(caught, after):
    seen = []

    def objective(config, report):
        for epoch in range(1, 9):
            try:
                report(epoch, 1 / epoch)
            except caught as error:
                seen.append(error)
                if after == "returns":
                    return 0.0
                if after == "raises":
                    raise RuntimeError("confused") from error
        return 0.0

    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        trial = search(Impatient, objective, space=SPACE, trials=1).trials[0]
    assert (trial.status, trial.reason, trial.value) == ("pruned", "enough", 1 / 3)
    assert [f for f, _ in trial.curve] == [1, 2, 3]
    if caught is Exception:
        assert not seen and not said
    elif after != "raises":
        assert "has caught the StopTrial by which report() ends a trial" in str(said[0].message)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((math.nan, 1.0), "the objective's report's fidelity must be a finite number"),
        (("one", 1.0), "report's fidelity must be a number, not 'one'"),
        ((1, "low"), "report's value must be a number, not 'low'"),
        ((1, None), "report's value must be a number, not None"),
        ((1, [1.0, 2.0]), "report's value must be a number, not [1.0, 2.0]"),
        ((1, 1.0, -3), "report's cost must be a finite number of seconds of at least 0"),
    ],
)
def test_a_wrong_report_fails_its_trial_only(arguments, sentence, tmp_path):
    calls = itertools.count()

    def objective(config, report):
        report(*(arguments if next(calls) == 1 else (1, 0.5)))
        return 1.0

    trace = search(Impatient, objective, space=SPACE, trials=3, out=tmp_path / "t.jsonl")
    assert [t.status for t in Trace.load(tmp_path / "t.jsonl").trials] == ["done", "failed", "done"]
    assert sentence in trace.trials[1].reason


def test_a_report_of_nan_is_a_point_of_the_curve(tmp_path):
    def objective(config, report):
        report(1, math.nan)
        report(2, np.float32(0.5))
        return 0.5

    trial = search("median-stopping", objective, space=SPACE, trials=2, out=tmp_path / "t.jsonl").trials[0]
    assert trial.status == "done" and len(trial.curve) == 2
    assert Trace.load(tmp_path / "t.jsonl").trials[0].curve == ((1.0, None), (2.0, 0.5))


def test_a_method_cannot_change_the_curve_it_is_shown():
    class Careless(RandomSearch):
        def should_stop(self, trial, curve):
            trial.config.clear()
            list(curve).clear()
            return None if isinstance(curve, tuple) else "it could be changed"

    def objective(config, report):
        report(1, 1.0)
        return 1.0

    assert search(Careless, objective, space=SPACE, trials=1).trials[0].status == "done"


def test_a_stopped_trial_is_pruned_or_failed():
    with pytest.raises(ValueError, match="'pruned' or 'failed', not 'done'"):
        StopTrial("x", "done")


def test_a_search_by_hand_with_ask_should_stop_and_tell():
    method = nasbook.method("median-stopping", SPACE, seed=1)
    for n in range(20):
        trial, curve, why = method.ask(), [], None
        for epoch in range(1, 10):
            curve.append((epoch, objective(trial.config) + 1 / epoch))
            if why := method.should_stop(trial, curve):
                break
        if n == 0:
            with pytest.raises(ValueError, match="trial 0 is still running: tell what became of it"):
                method.tell(trial)
            for value in (None, math.nan, "0.3"):
                with pytest.raises((ValueError, TypeError), match="value must be a"):
                    method.tell(replace(trial, status="done", value=value))
        value = np.array([curve[-1][1]])
        status = "pruned" if why else "done"
        method.tell(replace(trial, status=status, value=float(value[0]) if why else value, reason=why, curve=curve))
    assert {t.status for t in method.trials} == {"done", "pruned"}
    assert all(type(t.value) is float for t in method.trials)


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="no masks of signals here")
def test_a_timeout_that_came_too_late_is_said():
    def objective(config):
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])  # deaf, as a fit in C is
        try:
            time.sleep(1.2)
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGALRM])
        return 1.0

    with pytest.warns(UserWarning, match=r"trial 0 ran for .* s though its timeout is 0.1 s: one long call of C code"):
        trial = one(objective, timeout=0.1)
    assert (trial.status, trial.reason) == ("failed", "timed out after 0.1 s")


def test_a_timeout_that_an_objective_catches_ends_it_all_the_same():
    def objective(config):
        for _ in range(3):
            with suppress(BaseException):
                time.sleep(60)
        return 1.0

    assert one(objective, timeout=0.05).reason == "timed out after 0.05 s"
