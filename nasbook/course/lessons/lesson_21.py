"""Lesson 21, scale up: what a full-scale run costs, a round trip that reproduces a trial, and what a small search says."""

from __future__ import annotations

from typing import Any

import numpy as np

from nasbook.course.exercises import Exercise
from nasbook.course.predictions import Question, level


def check_cost(gpu_hours: object) -> str | None:
    if not callable(gpu_hours):
        return f"gpu_hours must be a function, not a {type(gpu_hours).__name__}"
    cases = [
        # trials, seconds a trial here, epochs here, epochs there, speed-up
        ((100, 36.0, 10, 10, 1.0), 1.0, "same epochs, same speed: 100 × 36 s are 1 h"),
        ((100, 36.0, 10, 20, 1.0), 2.0, "twice the epochs take twice the time"),
        ((100, 36.0, 10, 10, 4.0), 0.25, "a device that is 4 times as fast needs a quarter"),
        ((50, 7.2, 5, 200, 10.0), 0.4, "50 × 7.2 s × 40 / 10 are 1,440 s"),
    ]
    n, s, a, b, x = np.random.default_rng().integers(2, 90, 5).tolist()
    cases.append(((n, float(s), a, b, float(x)), n * s * b / (a * x * 3600), "numbers drawn at random"))
    for arguments, right, why in cases:
        got = float(gpu_hours(*arguments))
        if not np.isclose(got, right):
            unit = " That is the number of seconds." if np.isclose(got, right * 3600) else ""
            return f"gpu_hours{arguments} should be {right:g} ({why}), yours is {got:g}.{unit}"
    return None


def check_rank(agree: object) -> str | None:
    if not callable(agree):
        return f"agreement must be a function, not a {type(agree).__name__}"
    cases = [
        (([0.1, 0.2, 0.3], [0.5, 0.6, 0.9]), 1.0, "the same order everywhere"),
        (([0.1, 0.2, 0.3], [0.9, 0.6, 0.5]), 0.0, "the opposite order"),
        (([0.1, 0.2, 0.3], [0.5, 0.9, 0.6]), 2 / 3, "one of three pairs is turned round"),
        (([3, 1, 4, 2], [30, 20, 40, 10]), 5 / 6, "one of six pairs is turned round"),
    ]
    drawn, other = np.random.default_rng().permuted(np.arange(9.0) * np.ones((2, 1)), axis=1).tolist()
    same = np.mean([(drawn[i] < drawn[j]) == (other[i] < other[j]) for i in range(9) for j in range(i)])
    cases.append(((drawn, other), float(same), "nine numbers drawn at random"))
    for (small, large), right, why in cases:
        got = float(agree(small, large))
        if not np.isclose(got, right):
            return f"for {small} and {large} the share is {right:.3g} ({why}), yours is {got:.3g}"
    return None


def judge_price(cost: Any) -> tuple[int, str]:
    return level(cost.hours, 0.4, 24), (
        f"{cost.hours:.1f} hours. Trials and epochs multiply. This is arithmetic, and yet it is the step most often skipped."
    )


def judge_early(shares: dict[int, float]) -> tuple[int, str]:
    """Epochs -> share of pairs in the right order."""
    return level(shares[2], 0.6, 0.8), (
        f"In {shares[2]:.0%}. And after all 12 epochs it is still not 100 % ({shares[12]:.0%}): one seed on 300 validation "
        "images is noisy."
    )


def judge_first_five(places: object) -> tuple[int, str]:
    """(seeds, draws) places of the best cell in the small ranking, from 0."""
    first, five = (float(np.mean(np.asarray(places) < n)) for n in (1, 5))
    return level(five, 0.5, 0.9), (
        f"In {five:.0%}, but it stands first in only {first:.0%}. Five candidates that are trained to the end cost little and "
        "catch most of what one would miss. On textures the same small search catches fewer than half: whether a ranking "
        "transfers must be measured for your own data."
    )


QUESTIONS = [
    Question(
        "21.q1",
        "This search took a few seconds for 8 trials of 10 epochs. What would 500 trials of 50 epochs take, one after the "
        "other, on this machine?",
        ("less than 25 minutes", "25 minutes to a day", "more than a day"),
        judge_price,
    ),
    Question(
        "21.q2",
        "Two random cells, compared after 2 of 12 epochs on validation images. How often is the leader also better at the "
        "end, on test images?",
        ("in fewer than 60 % of the pairs", "in 60 to 80 % of the pairs", "in more than 80 % of the pairs"),
        judge_early,
    ),
    Question(
        "21.q3",
        "Twenty random cells are ranked after 2 of 12 epochs, on digits. How often is the cell that is best at the end among the "
        "first five of this ranking?",
        (
            "in fewer than half of the draws",
            "in half to nine tenths of the draws",
            "in more than nine tenths of the draws",
        ),
        judge_first_five,
    ),
]

EXERCISES = [
    Exercise(
        name="21.cost",
        prompt="Write <code>gpu_hours(trials, seconds, epochs_here, epochs_there, speedup)</code>: the hours that the full-scale study "
        "needs, when one trial takes <code>seconds</code> here with <code>epochs_here</code> epochs, and the device there is "
        "<code>speedup</code> times as fast.",
        answer="gpu_hours",
        test=check_cost,
        hints=(
            "One trial there: seconds × epochs_there / epochs_here / speedup.",
            "Times the number of trials, and 3,600 seconds are an hour.",
        ),
        stub="def gpu_hours(trials, seconds, epochs_here, epochs_there, speedup):\n    return ...",
        solution="def gpu_hours(trials, seconds, epochs_here, epochs_there, speedup):\n"
        "    return trials * seconds * epochs_there / epochs_here / speedup / 3600",
        why="This is what the export panel computes before it writes a study. The speed-up is the assumption to distrust: measure it.",
    ),
    Exercise(
        name="21.agreement",
        prompt="A tiny search is worth something only if it ranks configurations as the large one does. Write "
        "<code>agreement(small, large)</code>: the share of all pairs (i, j) that both lists put in the same order. No ties occur.",
        answer="agreement",
        test=check_rank,
        hints=(
            "Go over all pairs i < j; itertools.combinations(range(n), 2) lists them.",
            "A pair agrees if small[i] < small[j] and large[i] < large[j] are both true or both false.",
        ),
        stub="def agreement(small, large):\n    return ...",
        solution="from itertools import combinations\n\ndef agreement(small, large):\n"
        "    pairs = list(combinations(range(len(small)), 2))\n"
        "    return sum((small[i] < small[j]) == (large[i] < large[j]) for i, j in pairs) / len(pairs)",
        why="One half is chance. Kendall's τ is 2 · agreement − 1, so chance is τ = 0.",
    ),
]
