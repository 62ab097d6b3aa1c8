"""Lesson 14, several objectives: who is on the front, how crowded it stands there, and what it covers."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nasbook.course.exercises import Exercise
from nasbook.course.predictions import Question, level
from nasbook.hpo.parts.pareto import crowding as crowding_of
from nasbook.hpo.parts.pareto import front as front_of
from nasbook.hpo.parts.pareto import hypervolume as hypervolume_of

Points = list[tuple[float, ...]]


def _listed(Y: Any) -> str:
    return ", ".join("(" + ", ".join(f"{v:g}" for v in y) + ")" for y in Y)


def _cloud(n: int, m: int = 2) -> Points:
    """Points with equal ones and equal coordinates among them."""
    drawn = [tuple(random.randint(1, 9) for _ in range(m)) for _ in range(n)]
    return [tuple(map(float, y)) for y in [*drawn, drawn[0]]]


def _staircase(n: int) -> Points:
    """n points of which none dominates another, in any order."""
    x, y = (random.sample(range(1, 40), n) for _ in range(2))
    points: Points = [(float(a), float(b)) for a, b in zip(sorted(x), sorted(y, reverse=True), strict=True)]
    random.shuffle(points)
    return points


def check_front(nondominated: Any) -> str | None:
    if not callable(nondominated):
        return f"nondominated must be a function, not a {type(nondominated).__name__}"
    cases: list[Points] = [
        [(1.0, 5.0), (2.0, 3.0), (3.0, 4.0), (4.0, 1.0)],
        [(1.0, 2.0), (1.0, 3.0), (2.0, 1.0), (2.0, 1.0)],
        [(2.0, 2.0), (2.0, 2.0)],
        [(1.0, 9.0, 5.0), (2.0, 8.0, 5.0), (2.0, 9.0, 6.0), (9.0, 1.0, 1.0)],
        _cloud(random.randint(6, 12)),
        _cloud(random.randint(6, 12), 3),
    ]
    for Y in cases:
        right = np.flatnonzero(front_of(np.array(Y))).tolist()
        answer = nondominated(list(Y))
        if isinstance(answer, np.ndarray):
            answer = answer.tolist()
        if not isinstance(answer, list | tuple):
            return f"nondominated must return a list of positions, not {answer!r:.60}"
        got = [int(k) if isinstance(k, np.integer) else k for k in answer]
        if got == right and not any(isinstance(k, bool) for k in got):
            continue
        told = f"of {_listed(Y)} "
        if any(isinstance(k, bool) or not isinstance(k, int) or not 0 <= k < len(Y) for k in got):
            return f"{told}it must be the positions {right}, counted from 0, not {got!r:.80}"
        if set(got) == set(right):
            return f"{told}you have the right ones; each position once, rising: {right}"
        if extra := sorted(set(got) - set(right)):
            by = next(a for a in Y if all(x <= y for x, y in zip(a, Y[extra[0]], strict=True)) and a != Y[extra[0]])
            return f"{told}point {extra[0]} is not on the front: {_listed([by])} is nowhere worse and somewhere better"
        lost = min(set(right) - set(got))
        twin = " Equal points do not dominate each other." if Y.count(Y[lost]) > 1 else ""
        return f"{told}point {lost} is on the front, too: no other is as good everywhere and better somewhere.{twin}"
    return None


def check_hypervolume(hypervolume: Any) -> str | None:
    if not callable(hypervolume):
        return f"hypervolume must be a function, not a {type(hypervolume).__name__}"
    cases: list[tuple[Points, tuple[float, float]]] = [
        ([(1.0, 3.0)], (4.0, 5.0)),
        ([(1.0, 3.0), (2.0, 1.0)], (4.0, 5.0)),
        ([(2.0, 1.0), (1.0, 3.0)], (4.0, 5.0)),
        ([(1.0, 3.0), (2.0, 1.0), (3.0, 2.0)], (4.0, 5.0)),
        ([(1.0, 3.0), (2.0, 1.0), (6.0, 0.0)], (4.0, 5.0)),
        ([(5.0, 1.0), (6.0, 9.0)], (4.0, 5.0)),
        (_staircase(random.randint(4, 7)), (41.0, 41.0)),
        (_cloud(random.randint(5, 9)), (7.0, 8.0)),
    ]
    for points, ref in cases:
        right, got = float(hypervolume_of(np.array(points), np.array(ref))), hypervolume(list(points), ref)
        if isinstance(got, bool) or not isinstance(got, int | float | np.number):
            return f"hypervolume must return a number, not {got!r:.60}"
        if abs(float(got) - right) <= 1e-9 * max(1.0, right):
            continue
        told = f"{_listed(points)} cover an area of {right:g} up to {_listed([ref])}, yours is {float(got):g}."
        boxes = [(ref[0] - x, ref[1] - y) for x, y in points]
        if abs(float(got) - sum(max(0.0, w) * max(0.0, h) for w, h in boxes)) < 1e-9 and len(points) > 1:
            return f"{told} What two points cover both counts once: add strips, not whole rectangles."
        if any(w < 0 or h < 0 for w, h in boxes):
            return f"{told} A point that is not below the reference point in both covers nothing."
        return f"{told} Go through the points from left to right; each adds a strip below the lowest so far."
    return None


def check_crowding(crowding: Any) -> str | None:
    if not callable(crowding):
        return f"crowding must be a function, not a {type(crowding).__name__}"
    cases: list[Points] = [
        [(0.0, 10.0), (1.0, 4.0), (2.0, 3.0), (10.0, 0.0)],
        [(2.0, 3.0), (10.0, 0.0), (0.0, 10.0), (1.0, 4.0)],
        [(1.0, 200.0), (2.0, 150.0), (3.0, 100.0)],
        *(_staircase(random.randint(4, 8)) for _ in range(3)),
    ]
    for points in cases:
        right = crowding_of(np.array(points)).tolist()
        answer = crowding(list(points))
        if isinstance(answer, np.ndarray):
            answer = answer.tolist()
        if not isinstance(answer, list | tuple) or len(answer) != len(points):
            return f"crowding must return one number for each of the {len(points)} points, not {answer!r:.80}"
        if not all(isinstance(v, int | float | np.number) and not isinstance(v, bool) for v in answer):
            return f"crowding must return numbers, not {answer!r:.80}"
        got = [float(v) for v in answer]
        if all(a == b or abs(a - b) <= 1e-9 for a, b in zip(got, right, strict=True)):
            continue
        told = f"on the front {_listed(points)} "
        ends = [k for k, v in enumerate(right) if math.isinf(v)]
        if any(got[k] != math.inf for k in ends):
            return f"{told}points {ends} are the ends, and their distance is infinite, so that they always live on"
        k = next(k for k in range(len(points)) if got[k] != right[k] and not abs(got[k] - right[k]) <= 1e-9)
        hint = ""
        if sorted(v for v in got if v == v) == sorted(right):
            hint = ": the right distances, but in another order than the points"
        elif abs(got[k] - _unscaled(points, k)) < 1e-9:
            hint = ": divide each gap by the range of its objective, or the one with large numbers decides alone"
        return f"{told}point {k} has the distance {right[k]:.4g}, not {got[k]:.4g}{hint}"
    return None


def _unscaled(points: Points, k: int) -> float:
    """The gaps between the neighbours of a point, not divided by the ranges."""
    total = 0.0
    for column in zip(*points, strict=True):
        below = max((v for v in column if v < column[k]), default=column[k])
        above = min((v for v in column if v > column[k]), default=column[k])
        total += above - below
    return total


def judge_front(n: int, of: int) -> tuple[int, str]:
    """Points of the true front; cells in the table."""
    return level(n, 60, 600), (
        f"{n} of {of:,}. Two objectives leave little room: a cell must be the best of all that are as fast. A further "
        "objective can hardly take a point away, and mostly adds some."
    )


def judge_reached(reached: int, n: int) -> tuple[int, str]:
    """How many of the n points of the true front some weighted sum chooses."""
    return 2 - level(reached / n, 1 / 3, 2 / 3), (
        f"{reached} of {n}. A sum is lowest where a straight line touches the front from below; a point in a hollow is "
        "touched by none, whatever the weights. Nobody has asked whether you would have liked it."
    )


def judge_share(share: Mapping[str, Sequence[float]]) -> tuple[int, str]:
    """Method -> share of the true front's hypervolume, one number a seed, the seeds being the same."""
    names = ("random", "nsga2", "parego")
    order = sorted(names, key=lambda name: -float(np.mean(share[name])))
    gap = np.subtract(share[order[0]], share[order[1]])
    error = float(gap.std(ddof=1)) / len(gap) ** 0.5
    which = names.index(order[0]) if gap.mean() > 2 * error else 3
    return which, (
        f"{order[0]} leads {order[1]} by {100 * gap.mean():.1f} ± {100 * error:.1f} points of the hypervolume. With 60 "
        "trials NSGA-II has hardly bred two generations after its random start; a model learns from every single trial, "
        "and asks for much more computing between two of them."
    )


def judge_flops(kept: int, n: int) -> tuple[int, str]:
    """Of the n cells on the front of error and FLOPs, how many are on that of error and latency."""
    return 2 - level(kept / n, 1 / 3, 2 / 3), (
        f"{kept} of {n}. Counting operations is not waiting for them: cells with the very same count differ in their "
        "latency by almost a third. Measure what you want to be low."
    )


QUESTIONS = [
    Question(
        "14.q1",
        "The table has 15,625 cells. How many are on the front of error and latency, so that no other cell is both as fast "
        "and as good, and in one of the two better?",
        ("fewer than 60", "60 to 600", "more than 600"),
        judge_front,
    ),
    Question(
        "14.q2",
        "You know the whole table, and for every weight w from 0 to 1 you take the cell with the lowest w · latency + (1 − w) "
        "· error, both scaled to [0, 1]. How many of the front's points do you get?",
        ("more than two thirds", "a third to two thirds", "fewer than a third"),
        judge_reached,
    ),
    Question(
        "14.q3",
        "60 trials each, ten seeds. Who covers most of what the true front covers, by more than two standard errors?",
        ("random search", "NSGA-II", "ParEGO", "the first two cannot be told apart"),
        judge_share,
    ),
    Question(
        "14.q4",
        "Latency is tedious to measure, so you count FLOPs instead. Of the cells on the front of error and FLOPs, how many are "
        "on the front of error and latency?",
        ("more than two thirds", "a third to two thirds", "fewer than a third"),
        judge_flops,
    ),
]

EXERCISES = [
    Exercise(
        name="14.front",
        prompt="Write <code>nondominated(Y)</code> for a list of points, tuples of two or more objectives that are all to be "
        "low: the positions of the points that no other dominates, as a rising list. a dominates b if it is nowhere worse "
        "and somewhere better.",
        answer="nondominated",
        test=check_front,
        hints=(
            "Nowhere worse: <code>all(x &lt;= y for x, y in zip(a, b))</code>. Somewhere better: the same with "
            "<code>any</code> and <code>&lt;</code>.",
            "Keep position i if <code>not any(dominates(a, Y[i]) for a in Y)</code>: no point dominates itself.",
        ),
        stub="def nondominated(Y):\n    return ...",
        solution="def nondominated(Y):\n    def dominates(a, b):\n"
        "        return all(x <= y for x, y in zip(a, b)) and any(x < y for x, y in zip(a, b))\n\n"
        "    return [i for i, b in enumerate(Y) if not any(dominates(a, b) for a in Y)]",
        why="Equal points stay side by side, and a point that is only as good in one and worse in the other goes.",
    ),
    Exercise(
        name="14.hypervolume",
        prompt="Write <code>hypervolume(points, ref)</code> for two objectives that are to be low: the area of all places that "
        "some point is at least as low as in both, up to the reference point <code>ref</code>. Points that are not below "
        "<code>ref</code> in both cover nothing; points may be dominated, and come in any order.",
        answer="hypervolume",
        test=check_hypervolume,
        hints=(
            "Go through the points from left to right (<code>sorted</code>), and remember the lowest second value so far; it "
            "begins as <code>ref[1]</code>.",
            "A point (x, y) with x &lt; ref[0] and y &lt; lowest adds the strip (ref[0] − x) · (lowest − y); then it is the "
            "lowest.",
        ),
        stub="def hypervolume(points, ref):\n    return ...",
        solution="def hypervolume(points, ref):\n    area, lowest = 0.0, ref[1]\n    for x, y in sorted(points):\n"
        "        if x < ref[0] and y < lowest:\n            area += (ref[0] - x) * (lowest - y)\n            lowest = y\n"
        "    return area",
        why="One number for a whole front. It depends on the reference point: choose it before you compare, and tell it.",
    ),
    Exercise(
        name="14.crowding",
        prompt="Write <code>crowding(points)</code> for the points of one front, tuples of two objectives: for each point the "
        "sum over the objectives of (gap between its two neighbours along this objective) / (range of the objective over the "
        "front). The two ends of each objective get infinity. One number for each point, in the order of the points.",
        answer="crowding",
        test=check_crowding,
        hints=(
            "For each objective sort the positions: <code>order = sorted(range(len(points)), key=lambda i: "
            "points[i][j])</code>.",
            "In that order the neighbours of <code>order[k]</code> are <code>order[k - 1]</code> and <code>order[k + "
            "1]</code>; the first and the last get <code>math.inf</code>.",
        ),
        stub="def crowding(points):\n    return ...",
        solution="import math\n\ndef crowding(points):\n    distance = [0.0] * len(points)\n    for j in range(2):\n"
        "        order = sorted(range(len(points)), key=lambda i: points[i][j])\n"
        "        span = points[order[-1]][j] - points[order[0]][j]\n"
        "        for before, i, after in zip(order, order[1:], order[2:]):\n"
        "            distance[i] += (points[after][j] - points[before][j]) / span\n"
        "        distance[order[0]] = distance[order[-1]] = math.inf\n    return distance",
        why="The lonely live on, so that the population spreads along the front and does not crowd at one place.",
    ),
]
