"""Lesson 05, evolution: the trial vector of differential evolution, and the mean that CMA-ES moves to."""

from __future__ import annotations

import numpy as np

from nasbook.course.exercises import Exercise
from nasbook.course.predictions import Question


def check_trial_vector(make: object) -> str | None:
    if not callable(make):
        return f"trial_vector must be a function, not a {type(make).__name__}"
    base, plus, minus = np.array([1.0, 2.0, 3.0]), np.array([0.5, -1.0, 4.0]), np.array([-0.5, 1.0, 2.0])
    target, mask, F = np.array([10.0, 20.0, 30.0]), np.array([True, False, True]), 0.5
    given = [base, plus, minus, target]
    before = [x.copy() for x in given]
    got = np.asarray(make(target, base, plus, minus, F, mask), dtype=float)
    if any(not np.array_equal(a, b) for a, b in zip(given, before, strict=True)):
        return "a vector that was given has been changed; build a new array"
    if got.shape != target.shape:
        return f"the result must have shape {target.shape}, not {got.shape}"
    donor = np.array([1.5, 1.0, 4.0])  # base + 0.5 * (1, -2, 2), worked out by hand
    right = np.array([1.5, 20.0, 4.0])
    if np.allclose(got, right):
        swapped = make(target, base, minus, plus, 1.0, np.array([True, True, True]))
        wanted = [0.0, 4.0, 1.0]
        if not np.allclose(swapped, wanted):
            return f"with the two members swapped, F = 1 and every coordinate taken, {wanted} is right, not {swapped}"
        rng = np.random.default_rng()
        t, b, p, m = rng.normal(size=(4, 6))
        F, mask = float(rng.uniform(0.2, 0.9)), rng.permutation([True, True, True, False, False, False])
        drawn, wanted = make(t.copy(), b.copy(), p.copy(), m.copy(), F, mask.copy()), np.where(mask, b + F * (p - m), t)
        if np.shape(drawn) != wanted.shape or not np.allclose(drawn, wanted):
            return (
                f"for vectors of six coordinates drawn at random {wanted.round(3)} is right, not {np.round(drawn, 3)}"
            )
        return None
    if np.allclose(got, donor):
        return "that is the donor; where the mask is False the trial vector keeps the target's coordinate"
    if np.allclose(got, np.where(mask, target, donor)):
        return "the mask is the wrong way round: True takes the donor's coordinate"
    if np.allclose(got, np.where(mask, base - F * (plus - minus), target)):
        return "the difference points the wrong way: it is plus − minus"
    if np.allclose(got, np.where(mask, base + plus - minus, target)):
        return "the difference is not scaled: multiply it by F"
    return f"for the vectors of the prompt with F = 0.5 and mask [True, False, True], {right} is right, not {got}"


def check_recombine(make: object) -> str | None:
    if not callable(make):
        return f"recombine must be a function, not a {type(make).__name__}"
    points = np.array([[4.0, 0.0], [0.0, 0.0], [9.0, 9.0], [0.0, 4.0]])
    values = np.array([2.0, 1.0, 50.0, 3.0])
    before = points.copy(), values.copy()
    got = np.asarray(make(points, values), dtype=float)
    if not np.array_equal(points, before[0]) or not np.array_equal(values, before[1]):
        return "an array that was given has been changed (sorted in place?); sort an index instead"
    if got.shape != (2,):
        return f"for points of shape (4, 2) the mean must have shape (2,), not {got.shape}"
    first, second = np.log(2.5), np.log(2.5 / 2)  # λ = 4: ln 2.5 − ln 1, ln 2.5 − ln 2
    right = np.array([4.0 * second / (first + second), 0.0])
    if not np.allclose(got, right):
        if np.allclose(got, points.mean(0)):
            return "that is the mean of all points; only the better half counts, the best one most"
        if np.allclose(got, [2.0, 0.0]):
            return "that is the plain mean of the better half; the best point must weigh more than the second"
        if np.allclose(got, right * (first + second)):
            return "the weights must add up to 1: divide them by their sum"
        return f"for points {points.tolist()} with values {values.tolist()} the mean is {right.round(4)}, not {got.round(4)}"
    squeezed = np.asarray(make(points, np.exp(values / 10)), dtype=float)
    if not np.allclose(squeezed, right):
        return "the values were squeezed and kept their order, and the mean changed: only ranks may count"
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    if not np.allclose(make(points @ turn.T, values), turn @ right):
        return "all points were turned, but the mean did not turn with them"
    rng = np.random.default_rng()
    n = int(rng.integers(5, 12))
    points, values = rng.normal(size=(n, 3)), rng.normal(size=n)
    weights = np.log((n + 1) / 2) - np.log(np.arange(1, n // 2 + 1))
    right = weights @ points[np.argsort(values)[: n // 2]] / weights.sum()
    drawn = np.asarray(make(points.copy(), values.copy()), float)
    if drawn.shape != right.shape or not np.allclose(drawn, right):
        return f"for {n} points of three coordinates drawn at random the mean is {right.round(4)}, not {drawn.round(4)}"
    return None


def judge_turned(ends: dict[int, tuple[float, float]]) -> tuple[int, str]:
    """Angle -> the distances that are left: axis by axis, CMA-ES."""
    grown = [ends[30][k] > 1000 * ends[0][k] for k in (0, 1)]
    why = (
        "In a turned valley every step along an axis climbs a wall, so only tiny steps are left. CMA-ES turns with it."
    )
    return (2 if all(grown) else 0 if grown[0] else 1 if grown[1] else 3), why


def judge_chance(medians: dict[str, float]) -> tuple[int, str]:
    """Method -> median distance, in the order of the options."""
    order = sorted(medians, key=medians.__getitem__)
    worse = (
        ""
        if medians["GA"] < medians["random steps"]
        else (
            " The GA did worse than random steps: its crossover reaches only the corners of the rectangle between two "
            "parents, its mutation moves one variable or two by a step of fixed size, and in a narrow turned valley both "
            "mostly land on the walls."
        )
    )
    return list(medians).index(order[0]), (
        "Chance proposes, but a population can decide from where and how far, if its differences (DE) or m, σ and C "
        "(CMA-ES) carry the shape of the valley." + worse
    )


QUESTIONS = [
    Question(
        "05.q1",
        "Both have 200 trials. The valley is turned from 0° to 30°. For which search does the remaining distance to the "
        "lowest value grow more than a thousandfold?",
        ("for the search axis by axis", "for CMA-ES", "for both", "for neither"),
        judge_turned,
    ),
    Question(
        "05.q2",
        "At 30°, 200 trials: which median comes closest to the lowest value?",
        ("random steps from the best point so far", "GA", "DE", "CMA-ES"),
        judge_chance,
    ),
]

EXERCISES = [
    Exercise(
        name="05.trial",
        prompt="Write <code>trial_vector(target, base, plus, minus, F, mask)</code> of differential evolution (rand/1/bin): the donor "
        "is base + F·(plus − minus); the trial vector has the donor's coordinate where <code>mask</code> is True, and the target's "
        "elsewhere. All are arrays of shape (d,), and none of them may be changed.",
        answer="trial_vector",
        test=check_trial_vector,
        hints=(
            "First the donor, as one line of NumPy: <code>base + F * (plus - minus)</code>.",
            "<code>np.where(mask, a, b)</code> takes from a where the mask is True, and from b elsewhere.",
        ),
        stub="def trial_vector(target, base, plus, minus, F, mask):\n    return ...",
        solution="import numpy as np\n\ndef trial_vector(target, base, plus, minus, F, mask):\n"
        "    donor = base + F * (plus - minus)\n    return np.where(mask, donor, target)",
        why="No step size is chosen anywhere: the population is its own ruler, and when it shrinks the steps shrink with it.",
    ),
    Exercise(
        name="05.mean",
        prompt="Write <code>recombine(points, values)</code>: the mean that CMA-ES moves to. Of λ points (λ, d) take the μ = λ // 2 with "
        "the lowest values; the i-th best (i = 1 … μ) weighs ln((λ + 1) / 2) − ln i, and the weights are divided by their sum. "
        "The result has shape (d,).",
        answer="recombine",
        test=check_recombine,
        hints=(
            "<code>order = np.argsort(values)[: len(points) // 2]</code> are the better half, best first.",
            "Weights: <code>w = np.log((lam + 1) / 2) - np.log(np.arange(1, mu + 1))</code>, then <code>w / w.sum() @ points[order]</code>.",
        ),
        stub="def recombine(points, values):\n    return ...",
        solution="import numpy as np\n\ndef recombine(points, values):\n    lam, mu = len(points), len(points) // 2\n"
        "    order = np.argsort(values)[:mu]\n    w = np.log((lam + 1) / 2) - np.log(np.arange(1, mu + 1))\n"
        "    return w / w.sum() @ points[order]",
        why="Only the order of the values was used, so squeezing them changes nothing; and turning all points turns the mean.",
    ),
]
