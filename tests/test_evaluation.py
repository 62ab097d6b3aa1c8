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
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

import nasbook
from nasbook.evaluation import described, number
from nasbook.hpo.random import RandomSearch
from nasbook.method import Method, Proposal
from nasbook.plots.viewed import method_after
from nasbook.search import search, steps
from nasbook.space import Choice, Float, Int, Space
from nasbook.task import Evaluation, FunctionTask, StopTrial, Task
from nasbook.trace import Trace

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


# ---- what an objective answers ---------------------------------------------------------------------------


def torch_scalars():
    torch = pytest.importorskip("torch")
    x = torch.tensor(2.0, requires_grad=True)
    return [x, x * 1, torch.tensor([2.0]), torch.tensor([[2]], dtype=torch.int8), torch.tensor(2.0).double()]


NUMBERS = [2, 2.0, np.float64(2), np.float32(2), np.int8(2), np.array(2.0), np.array([2]), np.array([[2.0]]),
           Decimal(2), Fraction(4, 2), np.longdouble(2)]  # fmt: skip


def test_whatever_is_one_number_is_a_number_in_every_field():
    for x in [*NUMBERS, *torch_scalars()]:
        trial = one(lambda c, x=x: x)
        assert (trial.status, trial.value, type(trial.value)) == ("done", 2.0, float), x
        answer = Evaluation(x, values=(x, x), metrics={"m": x, "deep": {"l": [x, (x,)]}}, cost=x, curve=[(x, x)])
        trial = one(lambda c, answer=answer: answer)
        assert (trial.status, trial.value, trial.values, trial.cost) == ("done", 2.0, (2.0, 2.0), 2.0), x
        assert trial.curve == ((2.0, 2.0),) and {type(v) for v in trial.curve[0]} == {float}
        assert np.ravel(trial.metrics["m"]) == [2] and np.ravel(trial.metrics["deep"]["l"][0]) == [2]
        assert one(lambda c, x=x: (x, [x][0])).values == (2.0, 2.0)

        def reports(config, report, x=x):
            report(x, x, x)
            return 1.0

        assert one(reports).curve == ((2.0, 2.0),)
    assert one(lambda c: True).value == 1.0 and one(lambda c: np.bool_(True)).value == 1.0


@pytest.mark.parametrize("values", [np.array([1.5, 2.5]), [np.float64(1.5), np.array([2.5])], (1.5, Decimal("2.5"))])
def test_several_values_in_any_clothes(values, tmp_path):
    trace = search("random", lambda c: Evaluation(values=values), space=SPACE, trials=2, out=tmp_path / "t.jsonl")
    assert trace.trials[0].values == (1.5, 2.5) == Trace.load(tmp_path / "t.jsonl").trials[1].values


WRONG = [
    (lambda: "0.5", "the objective must return a number to minimise (or an Evaluation), not '0.5'"),
    (lambda: {"loss": 1.0}, "the objective must return a number to minimise (or an Evaluation), not {'loss': 1.0}"),
    (lambda: 1j, "the objective must return a number"),
    (lambda: b"1", "the objective must return a number"),
    (lambda: np.array([1.0, 2.0]), "the objective must return a number"),
    (lambda: (1.0, None), "the objective's values[1] must be a number, not None"),
    (lambda: (0.5, {"accuracy": 1}), "the objective's values[1] must be a number, not {'accuracy': 1}"),
    (lambda: Evaluation(), "the objective's value must be a number, not None"),
    (lambda: Evaluation("1"), "the objective's value must be a number, not '1'"),
    (lambda: Evaluation(10**400), "the objective's value is too large"),
    (lambda: Evaluation(values=3.0), "the objective's values must be a list of numbers, not 3.0"),
    (lambda: Evaluation(values={"a": 1.0}), "the objective's values must be a list of numbers, not {'a': 1.0}"),
    (lambda: Evaluation(values="12"), "the objective's values must be a list of numbers, not '12'"),
    (lambda: Evaluation(1.0, cost="2 s"), "the objective's cost must be a number, not '2 s'"),
    (lambda: Evaluation(1.0, cost=[2.0, 3.0]), "the objective's cost must be a number, not [2.0, 3.0]"),
    (lambda: Evaluation(1.0, cost=-1), "the objective's cost must be a finite number of seconds of at least 0, not -1"),
    (lambda: Evaluation(1.0, cost=math.nan), "the objective's cost must be a finite number of seconds"),
    (lambda: Evaluation(1.0, curve=[0.5, 0.4]), "the objective's curve[0] must be a pair (fidelity, value), not 0.5"),
    (lambda: Evaluation(1.0, curve=0.5), "the objective's curve must be a list of pairs (fidelity, value), not 0.5"),
    (lambda: Evaluation(1.0, curve={1: 0.5}), "the objective's curve must be a list of pairs"),
    (lambda: Evaluation(1.0, curve=[(1, 2, 3)]), "the objective's curve[0] must be a pair"),
    (lambda: Evaluation(1.0, curve=[(1, 1), ("two", 1)]), "the objective's curve[1][0] must be a number, not 'two'"),
    (lambda: Evaluation(1.0, curve=[(1, "x")]), "the objective's curve[0][1] must be a number, not 'x'"),
    (lambda: Evaluation(1.0, curve=[(math.inf, 1)]), "the objective's curve[0][0] must be a finite number"),
]


@pytest.mark.parametrize(("answer", "sentence"), WRONG)
@pytest.mark.parametrize("method", ["random", "bayesian"])
def test_any_other_answer_is_a_failed_trial_that_names_the_field(answer, sentence, method, tmp_path):
    path = tmp_path / "t.jsonl"
    trace = search(method, lambda c: answer(), space=SPACE, trials=2, out=path)
    for trial in (*trace.trials, *Trace.load(path).trials):
        assert trial.status == "failed" and trial.value is None
        assert trial.reason.partition(": ")[2].startswith(sentence), trial.reason


class Tabled(Task):
    """A task on the simulated clock that answers what it is told to."""

    name, space, knows_cost = "tabled", SPACE, True

    def __init__(self, answer):
        self.answer = answer

    def evaluate(self, config, **_):
        return self.answer()


@pytest.mark.parametrize(("answer", "sentence"), WRONG)
def test_the_same_on_a_simulated_clock(answer, sentence):
    trace = search("random", Tabled(answer), trials=3, workers=2)
    assert [t.status for t in trace.trials] == ["failed"] * 3
    assert sentence in trace.trials[0].reason
    assert search("random", Tabled(lambda: Evaluation(1.0, cost=np.float32(2))), trials=1).trials[0].end == 2.0


class Opaque:
    pass


class Rude:
    def __repr__(self):
        raise RuntimeError("no")

    def __float__(self):
        raise RuntimeError("no")


def loop():
    a = []
    a.append(a)
    return a


@pytest.mark.parametrize(
    "bad", [Opaque(), Rude(), lambda: 1, 1j, b"x", loop(), itertools.count(), 10**5000], ids=range(8)
)
def test_a_metric_that_cannot_be_kept_is_dropped_with_a_warning(bad, tmp_path):
    answer = Evaluation(1.0, metrics={"good": 1, "bad": bad, "deep": {"a": [bad]}})
    with pytest.warns(UserWarning, match=r"trial 0: the metric '(bad|deep)' is dropped: "):
        trace = search("random", lambda c: answer, space=SPACE, trials=1, out=tmp_path / "t.jsonl")
    for trial in (trace.trials[0], Trace.load(tmp_path / "t.jsonl").trials[0]):
        assert (trial.status, trial.value, trial.metrics) == ("done", 1.0, {"good": 1})


def test_metrics_that_are_no_dict_are_dropped_and_the_trial_keeps_its_value():
    with pytest.warns(UserWarning, match=r"the metric 'metrics' is dropped: a dict was expected, not \[1, 2\]"):
        trial = one(lambda c: Evaluation(1.0, metrics=[1, 2]))
    assert (trial.status, trial.value, trial.metrics) == ("done", 1.0, {})
    trial = one(lambda c: Evaluation(1.0, metrics={1: {2, 1}, "d": Decimal("0.5"), "nan": math.nan, "u": "\ud800"}))
    assert trial.metrics == {"1": [1, 2], "d": 0.5, "nan": None, "u": "\ud800"}


def test_a_wrong_object_may_be_rude():
    trial = one(lambda c: Rude())
    assert trial.status == "failed" and trial.reason.startswith("TypeError: the objective must return a number")
    assert "Rude" in trial.reason
    assert number(np.ma.masked, "value") != number(np.ma.masked, "value")  # NaN: it is missing


@pytest.mark.parametrize("method", ["random", "nsga2", "parego"])
@pytest.mark.parametrize("second", [(1.0, 2.0, 3.0), 4.0])
def test_a_result_with_another_number_of_objectives_fails_before_it_is_written(method, second, tmp_path):
    answers = iter([(1.0, 2.0), second, (2.0, 1.0), (1.5, 1.5), (0.5, 3.0)])
    path = tmp_path / "t.jsonl"
    trace = search(method, lambda c: next(answers), space=SPACE, trials=3, out=path)
    assert [t.status for t in trace.trials] == ["done", "failed", "done"]
    assert trace.trials[1].reason.endswith("where this search has 2 objectives")
    more = search(method, lambda c: next(answers), space=SPACE, trials=5, out=path, resume=True)
    assert [t.status for t in more.trials] == ["done", "failed", "done", "done", "done"]


@pytest.mark.parametrize("method", ["nsga2", "parego"])
def test_a_single_value_fails_where_several_are_weighed_before_it_is_written(method, tmp_path):
    answers, path = iter([4.0, (1.0, 2.0), (2.0, 1.0), (1.5, 1.5)]), tmp_path / "t.jsonl"
    trace = search(method, lambda c: next(answers), space=SPACE, trials=2, out=path)
    assert [t.status for t in trace.trials] == ["failed", "done"]
    assert trace.trials[0].reason.startswith(f"{method} weighs several objectives, and the result has only one value")
    more = search(method, lambda c: next(answers), space=SPACE, trials=4, out=path, resume=True)
    assert [t.status for t in more.trials] == ["failed", "done", "done", "done"]

    by_hand = nasbook.registry.make("method", method, SPACE)
    one, two = by_hand.ask(), by_hand.ask()
    with pytest.raises(ValueError, match="trial 0 cannot be told: .* only one value"):
        by_hand.tell(replace(one, status="done", value=4.0))
    by_hand.tell(replace(one, status="done", value=1.0, values=(1.0, 2.0)))  # a refused trial can be told right
    with pytest.raises(ValueError, match="the result has 3 objectives, and those before it have 2"):
        by_hand.tell(replace(two, status="done", value=1.0, values=(1.0, 2.0, 3.0)))


def test_a_task_says_how_many_objectives_it_has():
    task = FunctionTask(lambda c: (1.0, 2.0, 3.0), SPACE, "pair")
    task.objectives = ("error", "seconds")
    trial = search("nsga2", task, trials=1).trials[0]
    assert trial.reason == "its result has 3 values where this search has 2 objectives"


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
        second.wait(60)

    def late(config):
        second.set()
        first.wait(60)
        os._exit(3)

    def evaluated(name, objective):
        seen[name] = one(objective)
        if name == "early":
            first.set()

    threads = [threading.Thread(target=evaluated, args=pair) for pair in (("early", early), ("late", late))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
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
