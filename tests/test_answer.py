"""What an objective may answer: anything that is a number, and what becomes of the rest."""

import itertools
import math
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

import nasbook
from nasbook.answer import number, value_of
from nasbook.search import search
from nasbook.space import Choice, Float, Int, Space
from nasbook.task import Evaluation, FunctionTask, Task
from nasbook.trace import Trace

SPACE = Space(x=Float(0, 1), n=Int(1, 8), kind=Choice(["a", "b"]))


def objective(config):
    return (config["x"] - 0.3) ** 2 + 0.1 * config["n"] + (config["kind"] == "b")


def one(function, **k):
    return search("random", function, space=SPACE, trials=1, **k).trials[0]


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
        assert trial.status == "failed" and trial.value is None and trial.traceback is None  # no line of theirs
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


def test_one_objective_of_an_answer_is_read_like_the_whole():
    for answer in (2, np.float32(2), (2, 3), [2.0, 3.0], Evaluation(2), Evaluation(values=(2.0, 3.0))):
        assert value_of(answer) == 2.0 and type(value_of(answer)) is float
    assert value_of((2, 3), 1) == value_of(Evaluation(values=(2.0, 3.0)), 1) == 3.0
    with pytest.raises(IndexError):
        value_of(2, 1)
    with pytest.raises(TypeError, match="must return a number"):
        value_of("2")
