"""Lesson 01, grid and random search: distinct values per axis, and how many random trials are enough."""

from __future__ import annotations

from typing import Any

import numpy as np

from nasbook.course.exercises import Exercise


def designs() -> dict[str, tuple[np.ndarray, list[int]]]:
    """Name -> points (n, d) and how many different values each column has, known by how they were made."""
    rng = np.random.default_rng(0)
    fives = np.stack(np.meshgrid(np.linspace(0, 1, 5), np.linspace(0, 1, 5)), -1).reshape(-1, 2)
    return {
        "a grid of 5 × 5 points": (rng.permutation(fives), [5, 5]),
        "25 random points": (rng.random((25, 2)), [25, 25]),
        "7 points of which one coordinate never changes": (np.c_[rng.random(7), np.full(7, 0.5), rng.random(7)], [7, 1, 7]),
    }  # fmt: skip


def check_distinct(distinct: Any) -> str | None:
    if not callable(distinct):
        return f"distinct must be a function, not a {type(distinct).__name__}"
    for name, (points, right) in designs().items():
        d = points.shape[1]
        given = points.copy()
        got = np.asarray(distinct(given))
        if not np.array_equal(given, points):
            return "the array of points has been changed: work on a copy"
        if got.shape != (d,):
            if got.ndim == 0:
                return f"for {name} the result must be {d} counts, one a column, not the single number {got}"
            return f"for {name} the result must be {d} counts, one a column, not {len(got)}"
        if got.tolist() != right:
            rows = " That counts the points: two of them may share a coordinate." if (got == len(points)).all() else ""
            where = " That counts along the rows: an axis is a column." if got.tolist() == right[::-1] else ""
            return f"{name}: the columns have {right} different values, yours are {got.tolist()}.{rows or where}"
    return None


def check_enough(trials_needed: Any) -> str | None:
    if not callable(trials_needed):
        return f"trials_needed must be a function, not a {type(trials_needed).__name__}"
    for share, confidence in ((0.05, 0.95), (0.01, 0.95), (0.05, 0.5), (0.5, 0.75), (0.1, 0.99)):
        n = trials_needed(share, confidence)
        at = f"for the best {share:.0%} and a probability of {confidence:.0%}"
        if isinstance(n, bool) or not isinstance(n, int | float | np.integer | np.floating):
            return f"{at} the result must be a number of trials, not {n!r}"
        if n != int(n):
            return f"{at} the result must be a whole number of trials, not {n:.4g}"
        n = int(n)
        if n < 1:
            return f"{at} at least one trial is needed, not {n}"
        hit, before = (1 - (1 - share) ** k for k in (n, n - 1))
        if hit < confidence - 1e-12:
            linear = " Shares do not add up: two trials may lie in the same good part." if abs(n * share - confidence) < share else ""  # fmt: skip
            return f"{at} {n} trials are too few: at least one of them is that good with probability {hit:.4f}.{linear}"
        if before >= confidence - 1e-12:
            return f"{at} {n} trials are enough, but not the smallest number: {n - 1} reach {before:.4f} already"
    return None


EXERCISES = [
    Exercise(
        name="01.distinct",
        prompt="Write <code>distinct(points)</code>: for an array of n points with d coordinates, shape (n, d), the number of "
        "<i>different</i> values in each column, as d numbers.",
        answer="distinct",
        test=check_distinct,
        hints=(
            "<code>np.unique(a)</code> returns the different values of a one-dimensional array.",
            "<code>points.T</code> can be iterated: it yields one column after the other.",
        ),
        stub="def distinct(points):\n    return ...",
        solution="import numpy as np\n\ndef distinct(points):\n    return [len(np.unique(column)) for column in points.T]",
        why="A grid of 25 points has 5 different values of each axis; 25 random points have 25. What the grid spends on the "
        "axis that does not matter is lost.",
    ),
    Exercise(
        name="01.enough",
        prompt="A random trial lies in the best <code>share</code> of the space with probability <code>share</code>. Write "
        "<code>trials_needed(share, confidence)</code>: the smallest whole number of independent random trials of which at "
        "least one lies there with probability <code>confidence</code> or more.",
        answer="trials_needed",
        test=check_enough,
        hints=(
            "All n trials miss with probability (1 − share)ⁿ, so at least one hits with 1 − (1 − share)ⁿ.",
            "Solve 1 − (1 − share)ⁿ = confidence for n with logarithms, and round up with <code>math.ceil</code>.",
        ),
        stub="def trials_needed(share, confidence):\n    return ...",
        solution="import math\n\ndef trials_needed(share, confidence):\n"
        "    return math.ceil(math.log(1 - confidence) / math.log(1 - share) - 1e-9)",
        why="For the best 5 % with 95 % it is 59, in two dimensions as in two hundred. But the best 5 % of a large space may be "
        "far from the best point.",
    ),
]  # fmt: skip
