"""Lesson 06, halving: the rungs in whole numbers, and who is promoted."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Any

from nasbook.course.exercises import Exercise
from nasbook.course.predictions import Question, level
from nasbook.kit.levels import rung_levels


def check_rungs(rungs: Any) -> str | None:
    if not callable(rungs):
        return f"rungs must be a function, not a {type(rungs).__name__}"
    for R, eta in (
        (27, 3),
        (16, 2),
        (100, 3),
        (243, 3),
        (1000, 10),
        (5, 7),
        (random.randint(20, 900), random.randint(2, 5)),
    ):
        answer = rungs(R, eta)
        if not isinstance(answer, list | tuple):
            return f"rungs({R}, {eta}) must return a list of whole numbers, not {answer!r}"
        got, right = list(answer), list(rung_levels(1, R, eta))
        if got == right:
            continue
        if any(isinstance(r, bool) or not isinstance(r, int) for r in got):
            return f"rungs({R}, {eta}) gives {got}; epochs are whole numbers, so divide with //"
        if got == right[::-1]:
            return f"rungs({R}, {eta}) gives {got}: begin with the lowest rung"
        if len(got) == len(right) - 1:
            float_s = math.floor(math.log(R) / math.log(eta))
            trap = f" In floating point log({R})/log({eta}) is {math.log(R) / math.log(eta)!r}."
            return (
                f"rungs({R}, {eta}) has {len(right)} rungs, {right}, but yours has {len(got)}: {got}."
                f"{trap if float_s < len(right) - 1 else ''}"
            )
        return f"rungs({R}, {eta}) must be {right}, not {got}"
    return None


def _drawn(eta: int) -> tuple[list[float], int, list[int]]:
    """Errors of a full rung drawn at random, two of them nan; η; who goes on."""
    values = [round(random.random(), 3) for _ in range(random.randint(9, 15))]
    for k in random.sample(range(len(values)), 2):
        values[k] = math.nan
    order = sorted((k for k, v in enumerate(values) if not math.isnan(v)), key=lambda k: values[k])
    return values, eta, order[: max(1, len(values) // eta)]


def check_promote(promoted: Any) -> str | None:
    if not callable(promoted):
        return f"promoted must be a function, not a {type(promoted).__name__}"
    nan = math.nan
    cases = (
        ([0.5, 0.2, 0.9, 0.4, 0.3, 0.8, 0.7, 0.6, 0.1], 3, [8, 1, 4]),
        ([0.5, 0.2, 0.9, 0.4, 0.3], 2, [1, 4]),
        ([0.4, 0.3], 3, [1]),
        ([0.2, 0.1, 0.2, 0.3, 0.9, 0.8], 3, [1, 0]),
        ([nan, 0.4, nan, 0.2, 0.9, 0.7], 3, [3, 1]),
        ([nan, nan, nan, 0.2, nan, nan], 3, [3]),
        _drawn(random.randint(2, 4)),
    )
    for values, eta, right in cases:
        given = list(values)
        answer = promoted(given, eta)
        if len(given) != len(values) or any(a is not b for a, b in zip(given, values, strict=True)):
            return "the list of values has been changed; work on a copy"
        if not isinstance(answer, list | tuple):
            return f"promoted({values}, {eta}) must return a list of positions, not {answer!r}"
        got = list(answer)
        if got == right:
            continue
        call = f"promoted({values}, {eta})"
        if any(not isinstance(k, int) or not 0 <= k < len(values) for k in got):
            return f"{call} gives {got}; these must be positions in the list, 0 to {len(values) - 1}"
        if any(math.isnan(values[k]) for k in got):
            return f"{call} gives {got}, but at nan a training has failed, and a failure is never promoted"
        if len(got) != len(right):
            return f"{call} promotes {len(got)}, but of {len(values)} with η = {eta} it must be {len(right)}"
        if sorted(got) == sorted(right):
            return f"{call} gives {got}: the same positions, but the best must come first: {right}"
        return f"{call} must be {right}, not {got}: the lowest errors go on, and of equals the earlier"
    return None


def judge_wrong(wrong: Sequence[int]) -> tuple[int, str]:
    """(50,) how many of the stopped networks would have ended better than the winner."""
    some = sum(w > 0 for w in wrong)
    return level(some, 10, 41), (
        f"In {some} of {len(wrong)} brackets, and then {sum(wrong) / max(1, some):.1f} of the 26 on average. Their curves "
        "cross the winner's later. A rung compares where networks are, not where they are going."
    )


def judge_leader(kept: dict[int, int]) -> tuple[int, str]:
    """Epoch -> in how many of 100 draws its leader also leads at the end."""
    return level(kept[1], 26, 71), (
        f"In {kept[1]}. Successive halving needs less than that: the winner must only be among the best third at every "
        "rung, not the first."
    )


QUESTIONS = [
    Question(
        "06.q1",
        "A bracket stops 26 of 27 networks. In how many of 50 brackets would at least one of the 26 have ended better than "
        "the one that was trained to the end?",
        ("in fewer than 10", "in 10 to 40", "in more than 40"),
        judge_wrong,
    ),
    Question(
        "06.q2",
        "In how many of 100 draws does the leader after epoch 1 also lead after epoch 27?",
        ("at most 25", "26 to 70", "more than 70"),
        judge_leader,
    ),
]

EXERCISES = [
    Exercise(
        name="06.rungs",
        prompt="Write <code>rungs(R, eta)</code>: the epochs of all rungs, lowest first, as a list of whole numbers. "
        "s is the largest number with η^s ≤ R, and r_i = ⌊R / η^(s−i)⌋ for i = 0 … s.",
        answer="rungs",
        test=check_rungs,
        hints=(
            "Find s with a loop in whole numbers: while <code>eta ** (s + 1) &lt;= R</code>, count up.",
            "Then <code>[R // eta ** (s - i) for i in range(s + 1)]</code>.",
        ),
        stub="def rungs(R, eta):\n    return ...",
        solution="def rungs(R, eta):\n    s = 0\n    while eta ** (s + 1) <= R:\n        s += 1\n"
        "    return [R // eta ** (s - i) for i in range(s + 1)]",
        why="R = 243 with η = 3 has 6 rungs. The logarithm in floating point is just below 5, and its floor loses one.",
    ),
    Exercise(
        name="06.promote",
        prompt="Write <code>promoted(values, eta)</code> for the errors of a full rung: the positions of the ⌊n/η⌋ lowest "
        "(at least one), the best first. Of equals the earlier goes on. nan stands for a failed training, which is never "
        "promoted; where too few have succeeded, fewer go on.",
        answer="promoted",
        test=check_promote,
        hints=(
            "Every comparison with nan is False, so sorting gets lost: leave the nan out first (<code>math.isnan</code>).",
            "Python's <code>sorted</code> keeps the order of equals: sort positions with <code>key=lambda k: values[k]</code>.",
        ),
        stub="def promoted(values, eta):\n    return ...",
        solution="import math\n\ndef promoted(values, eta):\n"
        "    ended = [k for k, value in enumerate(values) if not math.isnan(value)]\n"
        "    return sorted(ended, key=lambda k: values[k])[: max(1, len(values) // eta)]",
        why="Only the rank on this rung decides. Nothing in it asks how steep a curve still is.",
    ),
]
