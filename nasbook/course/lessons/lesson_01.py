"""Lesson 01, grid and random search: distinct values per axis, and how many random trials are enough."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nasbook.course.exercises import Exercise
from nasbook.course.predictions import Question


def designs() -> dict[str, tuple[np.ndarray, list[int]]]:
    """Name -> points (n, d) and how many different values each column has, known by how they were made."""
    rng = np.random.default_rng(0)
    fives = np.stack(np.meshgrid(np.linspace(0, 1, 5), np.linspace(0, 1, 5)), -1).reshape(-1, 2)
    return {
        "a grid of 5 × 5 points": (rng.permutation(fives), [5, 5]),
        "25 random points": (rng.random((25, 2)), [25, 25]),
        "7 points of which one coordinate never changes": (
            np.c_[rng.random(7), np.full(7, 0.5), rng.random(7)],
            [7, 1, 7],
        ),
        "points drawn at random": drawn_points(),
    }


def drawn_points() -> tuple[np.ndarray, list[int]]:
    """Some values for each of four axes, every one of them used at least once."""
    rng = np.random.default_rng()
    counts = rng.integers(1, 9, 4)
    columns = [rng.permutation(np.r_[np.arange(k), rng.integers(k, size=12 - k)]) * rng.uniform(0.1, 1) for k in counts]
    return np.stack(columns, 1), counts.tolist()


def check_distinct(distinct: object) -> str | None:
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


def check_enough(trials_needed: object) -> str | None:
    if not callable(trials_needed):
        return f"trials_needed must be a function, not a {type(trials_needed).__name__}"
    drawn = tuple(np.random.default_rng().uniform((0.02, 0.3), (0.4, 0.98)).round(3).tolist())
    for share, confidence in ((0.05, 0.95), (0.01, 0.95), (0.05, 0.5), (0.5, 0.75), (0.1, 0.99), drawn):
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
            linear = (
                " Shares do not add up: two trials may lie in the same good part."
                if abs(n * share - confidence) < share
                else ""
            )
            return f"{at} {n} trials are too few: at least one of them is that good with probability {hit:.4f}.{linear}"
        if before >= confidence - 1e-12:
            return f"{at} {n} trials are enough, but not the smallest number: {n - 1} reach {before:.4f} already"
    return None


def judge_grid(grid: np.ndarray, chance: np.ndarray) -> tuple[int, str]:
    """(surfaces,) regrets of both on the same surfaces."""
    gap = grid - chance
    error = gap.std(ddof=1) / len(gap) ** 0.5
    which = 2 if abs(gap.mean()) < 2 * error else 1 if gap.mean() > 0 else 0
    return which, (
        f"The grid's best lies {gap.mean():+.2f} ± {error:.2f} above random search's. The grid tried only 5 values of the "
        "axis that matters, each of them five times; random search tried 25."
    )


def judge_enough(chances: dict[int, Sequence[float]]) -> tuple[int, str]:
    """Number of trials -> how often one of them is in the best 5 %, in two dimensions and in six."""
    enough = [min((n for n, c in chances.items() if c[k] > 0.945), default=10**9) for k in (0, 1)]
    which = 0 if max(enough) <= 20 else 1 if max(enough) <= 60 else 2
    return which, "All n trials miss with probability 0.95ⁿ; the number of dimensions is not in that formula."


QUESTIONS = [
    Question(
        "01.q1",
        "Twenty such surfaces, 25 trials each, importance 0.05. Whose best value is closer to the lowest on average?",
        ("the grid's", "random search's", "about the same: closer than twice the standard error"),
        judge_grid,
    ),
    Question(
        "01.q2",
        "How many random trials make it 95 % likely that at least one is in the best 5 % of the space?",
        (
            "20, in any number of dimensions",
            "about 60, in any number of dimensions",
            "about 60 with two hyperparameters, far more with six",
        ),
        judge_enough,
    ),
]

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
]
