"""Lesson 06, halving: the rungs in whole numbers, who is promoted, and whom the median stops."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Mapping, Sequence

from nasbook.course.exercises import Exercise
from nasbook.course.predictions import Question, level
from nasbook.kit.levels import rung_levels


def check_rungs(rungs: object) -> str | None:
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


def check_promote(promoted: object) -> str | None:
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


def _too_bad(curves: Sequence[Sequence[float]], curve: Sequence[float]) -> bool:
    x = len(curve)
    return min(curve) > statistics.median(sum(c[:x]) / x for c in curves)


def _slips(curves: Sequence[Sequence[float]], curve: Sequence[float]) -> dict[str, bool]:
    """What the usual slips would say of a running network."""
    x, best = len(curve), min(curve)
    means = [sum(c[:x]) / x for c in curves]
    return {
        "the newest error of the running network was compared, not its best so far": curve[-1]
        > statistics.median(means),
        "the mean of the running means was taken, not their median": best > sum(means) / len(means),
        "the others' errors at this epoch were taken, not their means up to it": best
        > statistics.median(c[x - 1] for c in curves),
        "the others' means over their whole curves were taken, not over as many epochs as the running network has": best
        > statistics.median(sum(c) / len(c) for c in curves),
        "the sign is turned: errors are to be low, so the bad ones lie above the median": best
        < statistics.median(means),
    }


def _running() -> tuple[list[list[float]], list[float]]:
    """Falling curves of an odd number of networks, and the beginning of one more, near their median."""

    def falling(n: int) -> list[float]:
        start, end = random.uniform(0.5, 0.95), random.uniform(0.1, 0.5)
        return [round(end + (start - end) * 0.7**e + random.uniform(-0.08, 0.08), 3) for e in range(n)]

    n = random.randint(6, 12)
    return [falling(n) for _ in range(random.choice((3, 5, 7)))], falling(random.randint(2, n - 1))


def check_median(too_bad: object) -> str | None:
    if not callable(too_bad):
        return f"too_bad must be a function, not a {type(too_bad).__name__}"
    flat = [[0.5] * 4, [0.4] * 4, [0.3] * 4]
    cases: list[tuple[list[list[float]], list[float]]] = [
        (flat, [0.6, 0.45]),
        (flat, [0.6, 0.35]),
        (flat, [0.4, 0.4]),
        (flat, [0.3, 0.9]),
        ([[0.9] * 4, [0.4] * 4, [0.3] * 4], [0.5, 0.45]),
        ([[0.9, 0.3, 0.2, 0.1]] * 3, [0.8, 0.35]),
        ([[0.4, 0.2, 0.3, 0.9]] * 3, [0.5, 0.4]),
    ]
    for k in range(60):
        curves, curve = _running()
        if len(set(_slips(curves, curve).values())) > 1 or k > 45:
            cases.append((curves, curve))
    answers = []
    for curves, curve in cases:
        given = [list(c) for c in curves], list(curve)
        answers.append(too_bad(*given))
        if given != (curves, curve):
            return "the lists that were given have been changed; work on copies"
        if type(answers[-1]).__name__ not in ("bool", "bool_"):
            return f"too_bad must return True or False, not {answers[-1]!r:.60}"
    wrong = [case for case, got in zip(cases, answers, strict=True) if bool(got) != _too_bad(*case)]
    if not wrong:
        return None
    slips = [_slips(*case) for case in cases]
    why = [w for w in slips[0] if [said[w] for said in slips] == list(map(bool, answers))]
    curves, curve = wrong[0]
    median = statistics.median(sum(c[: len(curve)]) / len(curve) for c in curves)
    return (
        f"with {', '.join(f'{v:.3g}' for v in curve)} so far it must be {_too_bad(curves, curve)}: the best is "
        f"{min(curve):.3g}, and the median of the running means of the {len(curves)} others up to epoch {len(curve)} is "
        f"{median:.3g}." + (f" It looks as if {why[0]}." if why else "")
    )


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


def judge_spent(spent: Sequence[float], wrong: Sequence[int]) -> tuple[int, str]:
    """(20,) epochs that median stopping spends on 27 networks; in each search, how many it stops that were better."""
    mean, lost = sum(spent) / len(spent), sum(w > 0 for w in wrong)
    return level(mean, 150, 300), (
        f"{mean:.0f} epochs. The median judges with the mean of all epochs so far, bad first ones included, so that only "
        f"the clearly bad are stopped. In return a network that would have beaten the winner was stopped in {lost} of "
        f"{len(wrong)} searches."
    )


def judge_same(ends: Mapping[str, Sequence[float]]) -> tuple[int, str]:
    """Who -> (20,) error of the best full training, with the same epochs for both."""
    gap = [m - b for m, b in zip(ends["median"], ends["brackets"], strict=True)]
    mean, error = statistics.mean(gap), statistics.stdev(gap) / len(gap) ** 0.5
    which = 2 if abs(mean) <= 2 * error else 1 if mean > 0 else 0
    return which, (
        f"Error of the 27 with median stopping minus that of the five brackets: {100 * mean:+.1f} ± {100 * error:.1f} "
        "points. A wrong decision costs one good network; the epochs saved try a hundred others. What counts is the "
        "best that is found, not how many verdicts are right."
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
    Question(
        "06.q3",
        "27 random networks would take 729 epochs in full; a bracket of successive halving spends 81 on as many. How many "
        "does median stopping spend with a grace period of 2, on average over 20 seeds?",
        ("fewer than 150", "150 to 300", "more than 300"),
        judge_spent,
    ),
    Question(
        "06.q4",
        "For about the same epochs you get 27 networks with median stopping, or five brackets of successive halving. Whose "
        "best network is better, by more than two standard errors over 20 seeds?",
        ("that of median stopping", "that of the five brackets", "they cannot be told apart"),
        judge_same,
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
    Exercise(
        name="06.median",
        prompt="Write <code>too_bad(curves, curve)</code>. <code>curve</code> holds the errors of a running network after "
        "epochs 1 … x; <code>curves</code> those of the others, which ran to their end. True if the lowest error in "
        "<code>curve</code> is above the <b>median</b> of the others' means over their first x epochs, else False.",
        answer="too_bad",
        test=check_median,
        hints=(
            "With <code>x = len(curve)</code>, the running mean of one of the others is <code>sum(c[:x]) / x</code>.",
            "<code>statistics.median</code> takes the middle one; compare it with <code>min(curve)</code>.",
        ),
        stub="def too_bad(curves, curve):\n    return ...",
        solution="import statistics\n\ndef too_bad(curves, curve):\n    x = len(curve)\n"
        "    return min(curve) > statistics.median(sum(c[:x]) / x for c in curves)",
        why="The best so far against means that still hold the bad first epochs: the rule gives the benefit of the doubt.",
    ),
]
