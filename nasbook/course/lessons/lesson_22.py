"""Lesson 22, after the search: what the winner is worth once it is trained anew, and which of its weights to ship."""

from __future__ import annotations

import math

import numpy as np

from nasbook.course.exercises import Exercise
from nasbook.course.predictions import Question, level


def check_report(report: object) -> str | None:
    if not callable(report):
        return f"report must be a function, not a {type(report).__name__}"
    drawn = np.random.default_rng().uniform(0.8, 0.95, 7).round(4).tolist()
    for accuracies in ([0.9, 0.92, 0.97], [0.9, 0.9, 0.9], [0.7, 0.9, 0.91, 0.93], drawn):
        got = report(list(accuracies))
        if not isinstance(got, tuple) or len(got) != 2:
            return f"two numbers are needed, (mean, standard error), not {' '.join(repr(got).split()):.60}"
        n, mean, std = len(accuracies), np.mean(accuracies), np.std(accuracies, ddof=1)
        if not np.isclose(got[0], mean):
            other = " That is the median." if np.isclose(got[0], np.median(accuracies)) else ""
            other = " That is the best one." if np.isclose(got[0], max(accuracies)) and not other else other
            return f"the mean of {accuracies} is {mean:.4f}, yours is {got[0]:.4f}.{other}"
        if not np.isclose(got[1], std / math.sqrt(n)):
            known = {
                std: "That is the standard deviation: how far one training lies from another.",
                np.std(accuracies): "That is a standard deviation, and divided by n instead of n − 1.",
                np.std(accuracies) / math.sqrt(n): "The variance was divided by n instead of n − 1.",
                std / n: "It is divided by n instead of its root.",
                std**2 / n: "That is a variance: its root is missing.",
            }
            why = next((words for value, words in known.items() if np.isclose(got[1], value)), "")
            return (
                f"the standard error for {accuracies} is {std / math.sqrt(n):.4f}, yours is {got[1]:.4f}. {why}".strip()
            )
    return None


def check_ship(ship: object) -> str | None:
    if not callable(ship):
        return f"ship must be a function, not a {type(ship).__name__}"
    rng = np.random.default_rng()
    n = int(rng.integers(4, 9))
    drawn = rng.permutation(n) / 20 + 0.5
    cases = [
        ([0.90, 0.93, 0.91], [0.92, 0.89, 0.95], 1, "training 1 is best on the validation part"),
        ([0.95, 0.93, 0.91], [0.90, 0.94, 0.96], 0, "training 0 is best on the validation part"),
        ([math.nan, 0.80, 0.85], [0.99, 0.80, 0.82], 2, "training 0 fell apart: its validation accuracy is NaN"),
        ([0.80, 0.85, math.nan], [0.81, 0.84, 0.10], 1, "training 2 fell apart: its validation accuracy is NaN"),
        (drawn.tolist(), (1 - drawn).tolist(), int(drawn.argmax()), "numbers drawn at random"),
    ]
    for validation, test, right, why in cases:
        got = ship(list(validation), list(test))
        if isinstance(got, bool) or not isinstance(got, int | np.integer):
            return f"the number of a training is needed, 0 for the first, not {' '.join(repr(got).split()):.60}"
        if got != right:
            peeked = got == int(np.nanargmax(test))
            hint = " Yours is the best on the test part, which then measures nothing any more." if peeked else ""
            return f"for validation {validation} and test {test} it is {right} ({why}), yours is {got}.{hint}"
    return None


def judge_promise(found: dict[str, np.ndarray]) -> tuple[int, str]:
    """Errors of the winners: "promised" by the search, and "again", the same validation images, other seeds."""
    worse = 100 * (found["again"] - found["promised"])
    error = 100 * (found["again"] - found["promised"]).std(ddof=1) / len(worse) ** 0.5
    return level(worse.mean(), 0.5, 1.5), (
        f"By {worse.mean():.1f} ± {error:.1f} points. The lowest of a hundred noisy numbers is low because its cell is "
        "good and because its seed was lucky. The luck stays behind."
    )


def judge_batch(seconds: dict[int, float]) -> tuple[int, str]:
    """Images in a batch -> seconds."""
    ratio = seconds[64] / seconds[1]
    return level(ratio, 2, 20), (
        f"{ratio:.1f} times. Much of the time of a single image is spent in calling one layer after the other, and a "
        "batch pays that once. So latency and throughput are two numbers, and a card says which of them it means."
    )


QUESTIONS = [
    Question(
        "22.q1",
        "A random search looks at 100 cells, each trained once, and returns the one with the lowest validation error. Its "
        "cell is trained again with other seeds and judged on the same validation images. By how much is it worse than "
        "the search has promised, on average over 500 searches?",
        ("by less than 0.5 points", "by 0.5 to 1.5 points", "by more than 1.5 points"),
        judge_promise,
    ),
    Question(
        "22.q2",
        "The network answers one image in some hundred microseconds on one core. How long does it take for 64 images in one "
        "batch?",
        ("less than twice as long", "2 to 20 times as long", "more than 20 times as long"),
        judge_batch,
    ),
]

EXERCISES = [
    Exercise(
        name="22.report",
        prompt="Write <code>report(accuracies)</code>: the mean of the test accuracies of n trainings, and the standard error of "
        "that mean, as a tuple. The standard error is the standard deviation (with n − 1) divided by √n.",
        answer="report",
        test=check_report,
        hints=(
            "<code>statistics.stdev</code> divides by n − 1; so does <code>np.std(…, ddof=1)</code>. <code>np.std</code> alone "
            "does not.",
            "The mean is better known than one training: divide by <code>len(accuracies) ** 0.5</code>.",
        ),
        stub="def report(accuracies):\n    return ...",
        solution="import statistics\n\ndef report(accuracies):\n    n = len(accuracies)\n"
        "    return statistics.mean(accuracies), statistics.stdev(accuracies) / n ** 0.5",
        why="The deviation says what one training may turn out to be; the standard error says how well the mean is known. Name the one that you print.",
    ),
    Exercise(
        name="22.ship",
        prompt="You trained n times and can ship the weights of one training. Write <code>ship(validation, test)</code>: the number "
        "of that training, 0 for the first, given the accuracies of all on both parts, so that the test accuracy still "
        "measures what you ship. A training that fell apart has the validation accuracy NaN and must never be chosen.",
        answer="ship",
        test=check_ship,
        hints=(
            "Who chooses by the test part has used it up: the highest of n test accuracies is too good, as the search's value was.",
            "<code>np.nanargmax</code> passes over NaN, and <code>np.argmax</code> does not.",
        ),
        stub="def ship(validation, test):\n    return ...",
        solution="import numpy as np\n\ndef ship(validation, test):\n    return int(np.nanargmax(validation))",
        why="The argument `test` is there to be left alone.",
    ),
]
