"""Lesson NN, TITLE: its questions and exercises. A template: keep the form, exchange the content.

A question's outcome is reckoned from what the notebook has measured, so that no page gives it away. An exercise's check
returns None for a right answer, else one sentence that says what is wrong with it.
"""

from __future__ import annotations

import numpy as np

from nasbook.course.exercises import Exercise
from nasbook.course.predictions import Question, level


def judge_more(wins: np.ndarray) -> tuple[int, str]:
    """(pairs,) 1 where the search with twice the trials ended lower, 0.5 for a tie, else 0."""
    share = float(np.mean(wins))
    return level(share, 0.6, 0.9), f"In {share:.0%} of {len(wins)} pairs: the other search had its luck, too."


def check_running(running: object) -> str | None:
    if not callable(running):
        return f"running must be a function, not a {type(running).__name__}"
    for values in ([3.0, 1.0, 2.0], [5.0], np.random.default_rng().normal(size=9).tolist()):
        got, right = np.asarray(running(list(values))), np.minimum.accumulate(values)
        if got.shape != right.shape:
            return f"for {len(values)} values the result must be {len(values)} numbers, not shape {got.shape}"
        if not np.allclose(np.asarray(got, float), right):
            return (
                f"for {np.round(values, 2).tolist()} the lowest so far is {right.round(2).tolist()}, not {got.tolist()}"
            )
    return None


def check_wins(wins: object) -> str | None:
    if not callable(wins):
        return f"wins must be a function, not a {type(wins).__name__}"
    a, b = np.random.default_rng().integers(0, 4, (2, 15)).astype(float).tolist()
    for x, y in (([1.0, 2.0, 5.0, 2.0], [2.0, 2.0, 6.0, 1.0]), ([3.0], [3.0]), (a, b)):
        right = float(np.mean([1.0 if p < q else 0.5 if p == q else 0.0 for p, q in zip(x, y, strict=True)]))
        got = wins(list(x), list(y))
        if isinstance(got, bool) or not isinstance(got, int | float | np.number):
            return f"the result must be one number, not {type(got).__name__}"
        if not np.isclose(float(got), right):
            ties = " A tie counts one half." if any(p == q for p, q in zip(x, y, strict=True)) else ""
            return f"for {x} against {y} the share is {right:.4g}, not {float(got):.4g}.{ties}"
    return None


QUESTIONS = [
    Question(
        "NN.q1",
        "Forty random searches of 10 trials, each beside one of 20. How often does the longer one end lower?",
        ("in fewer than 60 % of the pairs", "in 60 to 90 %", "in 90 % or more"),
        judge_more,
    ),
]

EXERCISES = [
    Exercise(
        name="NN.running",
        prompt="Write <code>running(values)</code>: for each of the values in turn, the lowest one so far.",
        answer="running",
        test=check_running,
        hints=(
            "Go through the values one by one, and keep the lowest that you have seen.",
            "<code>np.minimum.accumulate</code> does it in one call.",
        ),
        stub="def running(values):\n    return ...",
        solution="import numpy as np\n\ndef running(values):\n    return np.minimum.accumulate(values)",
        why="Such a curve never rises: that is why every search looks as if it learned.",
    ),
    Exercise(
        name="NN.wins",
        prompt="Write <code>wins(a, b)</code>: the share of pairs in which a is lower than b; a tie counts one half.",
        answer="wins",
        test=check_wins,
        hints=(
            "<code>zip(a, b)</code> gives the pairs, one after the other.",
            "Add 1 for lower, 0.5 for equal, and divide by the number of pairs.",
        ),
        stub="def wins(a, b):\n    return ...",
        solution="def wins(a, b):\n    return sum((x < y) + 0.5 * (x == y) for x, y in zip(a, b)) / len(a)",
        why="A share of pairs says how often, and not by how much.",
    ),
]
