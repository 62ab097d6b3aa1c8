"""Every check of every lesson refuses a dozen kinds of wrong answer, and asks about several inputs, some of them random.

The slips that are typical of one exercise, and what is said of each, stand in the tests of its lesson.
"""

import numpy as np
import pytest

import nasbook
from nasbook.course.exercises import NOT_GIVEN, run_cell
from nasbook.course.lessons import all_exercises

EXERCISES = {e.name: e for e in all_exercises()}
FUNCTIONS = [name for name, e in EXERCISES.items() if callable(run_cell(e.stub)[e.answer])]


@pytest.fixture(autouse=True)
def own_record(tmp_path, monkeypatch):
    monkeypatch.setenv("NASBOOK_PROGRESS", str(tmp_path / "progress.json"))


def solution(name):
    return run_cell(EXERCISES[name].solution)[EXERCISES[name].answer]


def changed(change):
    """A wrong answer made from the right one: what it returns is changed, number by number."""

    def of(answer):
        return _map(change, answer)

    return lambda right: lambda *args: of(right(*args))


def _map(change, x):
    if isinstance(x, tuple | list):
        return type(x)(_map(change, y) for y in x)
    if isinstance(x, int | float | np.number | np.ndarray) and not isinstance(x, bool):
        return change(x)
    return None if x is not None else 7  # neither a trial nor a name can be scaled


def raises(*args):
    raise KeyError("no such thing")


WRONG = {
    "0": lambda right: lambda *args: 0,
    "1": lambda right: lambda *args: 1,
    "one half": lambda right: lambda *args: 0.5,
    "nan": lambda right: lambda *args: float("nan"),
    "an empty list": lambda right: lambda *args: [],
    "zeros": lambda right: lambda *args: np.zeros(np.shape(right(*args)) if np.size(right(*args)) else 1),
    "its first argument": lambda right: lambda *args: args[0],
    "a word": lambda right: lambda *args: "right",
    "an object": lambda right: lambda *args: object(),
    "nothing": lambda right: lambda *args: None,
    "an error": lambda right: raises,
    "twice as much": changed(lambda x: 2 * x),
    "the other sign": changed(lambda x: -x),
    "a little more": changed(lambda x: x + 1),
    "nan of its shape": changed(lambda x: x * float("nan")),
    "another shape": changed(lambda x: np.stack([np.asarray(x)] * 2)),
    "the same for ever": lambda right: _frozen(right),
}


def _frozen(right):
    """What the right answer says of the first input, for every input."""
    kept = []

    def answer(*args):
        if not kept:
            kept.append(right(*args))
        return kept[0]

    return answer


@pytest.mark.parametrize("kind", WRONG)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_wrong_answer_does_not_pass(name, kind):
    exercise, wrong = EXERCISES[name], WRONG[kind](solution(name))
    told = exercise.check(wrong)
    assert not told.passed, f"{name} passes {kind}"
    assert 20 < len(told.message) < 900 and "\n" not in told.message.strip(), told.message


@pytest.mark.parametrize("name", EXERCISES)
def test_nothing_passes_by_itself(name):
    """The stub, nothing, ..., and things of another kind."""
    exercise = EXERCISES[name]
    for answer in (run_cell(exercise.stub)[exercise.answer], None, ..., NOT_GIVEN, 7, "x", [], np.zeros(3), object()):
        assert not exercise.check(answer).passed, answer


def asked(name):
    """The arguments of every call that a check makes, as text."""
    calls, right = [], solution(name)

    def answer(*args):
        calls.append(repr([a.tolist() if isinstance(a, np.ndarray) else a for a in args if not callable(a)]))
        return right(*args)

    assert EXERCISES[name].check(answer).passed
    return calls


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_check_asks_about_several_inputs_of_which_some_are_random(name):
    one, two = asked(name), asked(name)
    assert len(set(one)) >= 3
    if name in ("09.names", "00.best", "13.gumbel", "20.shapley"):
        return  # all 125 cells; traces, generators and games, whose texts do not tell what is in them (see below)
    assert set(one) - set(two), f"{name} asks the same every time"


def test_the_traces_of_00_best_are_random_too():
    seen = []
    right = solution("00.best")
    for _ in range(2):
        values = []
        EXERCISES["00.best"].check(
            lambda trace, values=values: (values.append([t.value for t in trace.trials]), right(trace))[1]
        )
        seen.append(values)
    assert seen[0] != seen[1] and len(seen[0]) >= 5


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_right_answer_passes_every_time(name):
    """Random inputs must not fail a right answer by chance."""
    for _ in range(3 if name == "17.warm" else 12):
        told = EXERCISES[name].check(solution(name))
        assert told.passed, told.message


def test_the_search_of_00_run_must_be_the_one_that_was_asked_for():
    exercise = EXERCISES["00.run"]
    right = nasbook.search("random", "branin", trials=30, seed=7)
    wrong = [
        nasbook.search("sobol", "branin", trials=30, seed=7),
        nasbook.search("random", "branin", trials=29, seed=7),
        nasbook.search("random", "branin", trials=30, seed=8),
        nasbook.search("random", "forrester", trials=30, seed=7),
        right.best,
        right.trials,
        list(right),
        nasbook.search,
    ]
    assert exercise.check(right).passed and not any(exercise.check(w).passed for w in wrong)
