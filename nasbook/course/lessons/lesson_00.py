"""Lesson 00, start here: run a search, find its best trial."""

from __future__ import annotations

import random

from nasbook.course.exercises import Exercise
from nasbook.course.predictions import Question, level
from nasbook.space import Float, Space
from nasbook.trace import Header, Trace, Trial


def check_run(trace: object) -> str | None:
    if not isinstance(trace, Trace):
        return f"trace must be what nasbook.search(...) returns, not a {type(trace).__name__}"
    h = trace.header
    if h.task != "branin":
        return f"this trace searched {h.task!r}; the exercise asks for 'branin'"
    if h.method != "random":
        return f"this trace was made by {h.method!r}; the exercise asks for 'random'"
    if len(trace) != 30:
        return f"this trace has {len(trace)} trials; the exercise asks for 30"
    if h.seed != 7:
        return f"this trace has seed {h.seed}; the exercise asks for seed 7, so that all of us get the same search"
    return None


def made_trace(values: list[float | None]) -> Trace:
    """A trace with these values; None is a failed trial."""
    trace = Trace(Header("random", "made up", Space(x=Float(0, 1))))
    for i, value in enumerate(values):
        config = {"x": round(i / 10, 3)}
        trace.started(Trial(i, config))
        failed = value is None
        trace.ended(
            Trial(i, config, status="failed" if failed else "done", value=value, reason="made up" if failed else None)
        )
    return trace


def check_best(best_of: object) -> str | None:
    if not callable(best_of):
        return f"best_of must be a function of a trace, not a {type(best_of).__name__}"
    cases: dict[str, tuple[list[float | None], int]] = {
        "the lowest value in the middle": ([0.7, 0.2, 0.9], 1),
        "the lowest value last": ([0.7, 0.4, 0.1], 2),
        "negative values": ([0.0, -3.0, 2.0, -1.0], 1),
        "a failed trial, whose value is None": ([0.5, None, 0.3], 2),
        "a failed trial first": ([None, 4.0, 2.0, 8.0], 2),
    }
    drawn = [round(random.uniform(-9, 9), 3) for _ in range(7)]
    cases["values drawn at random"] = ([*drawn, None], drawn.index(min(drawn)))
    for what, (values, index) in cases.items():
        trial = best_of(made_trace(values))
        if not isinstance(trial, Trial):
            return f"best_of must return a trial (one of trace.trials), not {trial!r:.60}"
        if trial.id != index:
            return f"with {what}, values {values}, the best is trial {index}, but best_of gave trial {trial.id}"
    return None


def judge_blind(trace: Trace) -> tuple[int, str]:
    right = [1 - t.value for t in trace.trials if t.value is not None]
    why = f"The best of {len(trace)} blind draws gets {max(right):.1%} right; the worst {min(right):.1%}."
    return level(max(right), 0.5, 0.9), why


QUESTIONS = [
    Question(
        "00.q1",
        "We train 12 networks with configurations drawn blindly at random. How good is the best of them on digits it has "
        "not trained on?",
        ("it gets less than half of them right", "it gets 50 to 90 % right", "it gets more than 90 % right"),
        judge_blind,
    ),
]

EXERCISES = [
    Exercise(
        name="00.run",
        prompt="Run a <b>random</b> search of <b>30</b> trials on the task <b>branin</b> with <b>seed 7</b>, and keep what it "
        "returns as <code>trace</code>.",
        answer="trace",
        test=check_run,
        hints=(
            "Everything is one call: <code>nasbook.search(method, task, trials=…, seed=…)</code>.",
            "Method and task are names in quotes: <code>nasbook.search('random', 'branin', trials=…, seed=…)</code>.",
        ),
        stub="trace = ...",
        solution='trace = nasbook.search("random", "branin", trials=30, seed=7)',
        why="One call, one trace. The same seed gives the same 30 configurations on any machine.",
    ),
    Exercise(
        name="00.best",
        prompt="Write <code>best_of(trace)</code>: the trial with the lowest value among <code>trace.trials</code>. A failed trial "
        "has <code>value = None</code> and cannot win.",
        answer="best_of",
        test=check_best,
        hints=(
            "<code>trial.status</code> is 'done' for a trial that has a value.",
            "<code>min(list, key=…)</code> finds the smallest by a key; give it only the done trials.",
        ),
        stub="def best_of(trace):\n    return ...",
        solution='def best_of(trace):\n    done = [t for t in trace.trials if t.status == "done"]\n'
        "    return min(done, key=lambda t: t.value)",
        why="Values are minimised everywhere in nasbook, and a failed trial is kept but never wins. trace.best does the same.",
    ),
]
