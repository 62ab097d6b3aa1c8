"""Lesson 14, several objectives and hardware: who is on the front, what it covers, and what latency costs a search.

File larger by decision: a lesson's checks, answers and words stand in one file, as its sheet and its translation read it.
"""

from __future__ import annotations

import csv
import math
import random
from collections.abc import Mapping, Sequence
from importlib.resources import files

import numpy as np

from nasbook.course.exercises import Exercise
from nasbook.course.predictions import Question, level
from nasbook.hpo.parts.pareto import crowding as crowding_of
from nasbook.hpo.parts.pareto import front as front_of
from nasbook.hpo.parts.pareto import hypervolume as hypervolume_of

Points = list[tuple[float, ...]]


def _listed(Y: Sequence[Sequence[float]]) -> str:
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


def check_front(nondominated: object) -> str | None:
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


def check_hypervolume(hypervolume: object) -> str | None:
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


def check_crowding(crowding: object) -> str | None:
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


def _numbers(answer: object, n: int) -> list[float] | None:
    """n numbers of a list, a tuple or an array; None for anything else."""
    answer = answer.tolist() if isinstance(answer, np.ndarray) else answer
    if not isinstance(answer, list | tuple) or len(answer) != n:
        return None
    if not all(isinstance(v, int | float | np.number) and not isinstance(v, bool) for v in answer):
        return None
    return [float(v) for v in answer]


def _close(a: Sequence[float], b: Sequence[float]) -> bool:
    return all(abs(x - y) <= 1e-9 * max(1.0, abs(y)) for x, y in zip(a, b, strict=True))


def check_slope(slope: object) -> str | None:
    if not callable(slope):
        return f"slope must be a function, not a {type(slope).__name__}"
    for n in (2, 3, 5, 5):
        w = [random.uniform(0.1, 1) for _ in range(n)]
        p = [v / sum(w) for v in w]
        t = [float(random.randint(0, 1200)) for _ in range(n - 1)] + [1300.0]
        mean = sum(a * b for a, b in zip(p, t, strict=True))
        right = [a * (b - mean) for a, b in zip(p, t, strict=True)]
        answer = slope(list(p), list(t))
        got = _numbers(answer, n)
        if got is None:
            return f"slope must return one number for each of the {n} operations, not {answer!r:.80}"
        if _close(got, right):
            continue
        told = f"with p = ({', '.join(f'{v:.2f}' for v in p)}) and t = ({', '.join(f'{v:g}' for v in t)}) "
        told += f"the first is {right[0]:.4g}, not {got[0]:.4g}"
        if _close(got, [a * b for a, b in zip(p, t, strict=True)]):
            return f"{told}: raising one α lowers the other probabilities, too; subtract E inside the bracket"
        if _close(got, [b - mean for b in t]):
            return f"{told}: an operation that is hardly ever drawn hardly changes E; multiply by p_i"
        if _close(got, [-v for v in right]):
            return f"{told}: the sign is turned round; a slow operation raises E"
        if _close(got, t):
            return f"{told}: t_i is how E changes with p_i alone, and p is the softmax of α"
        return f"{told}; and they must add up to 0, yours to {sum(got):.4g}"
    return None


def check_growth(growth: object) -> str | None:
    if not callable(growth):
        return f"growth must be a function, not a {type(growth).__name__}"
    cases: list[tuple[float, float, float, int]] = [
        (1.2, 1.1, 1.15, 1),
        (2.0, 1.0, 1.0, 1),
        (1.0, 1.4, 1.0, 2),
        (1.0, 1.0, 1.3, 3),
        (1.2, 1.1, 1.2, 0),
    ]
    for _ in range(3):
        a, b, c = (random.uniform(1, 1.5) for _ in range(3))
        cases.append((a, b, c, random.randint(1, 4)))
    for a, b, c, phi in cases:
        right, got = (a * b**2 * c**2) ** phi, growth(a, b, c, phi)
        if isinstance(got, bool) or not isinstance(got, int | float | np.number):
            return f"growth must return a number, not {got!r:.60}"
        got = float(got)
        if _close([got], [right]):
            continue
        told = f"growth({a:.4g}, {b:.4g}, {c:.4g}, {phi}) is {right:.6g}, not {got:.6g}"
        if _close([got], [(a * b * c) ** phi]):
            return f"{told}: a convolution reads w channels and writes w, and an image has r rows and r columns"
        if _close([got], [a * b**2 * c**2]):
            return f"{told}: that is a single step of φ"
        if _close([got], [a * b**2 * c**2 * phi]):
            return f"{told}: steps multiply, they do not add"
        if _close([got], [(a**2 * b**2 * c**2) ** phi]):
            return f"{told}: twice as many blocks cost twice as much, not four times"
        return f"{told}; d blocks of w channels on r × r pixels cost 9 d w² r²"
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


def prices_over_seeds() -> dict[float, tuple[np.ndarray, list[tuple[str, ...]]]]:
    """Price -> expected latency (10 seeds, 24 epochs) in µs, and the chain that each search gave, its four blocks; from
    nasbook/data/hardware_prices.csv."""
    text = (files("nasbook") / "data" / "hardware_prices.csv").read_text(encoding="utf-8")
    runs: dict[float, dict[int, list[dict[str, str]]]] = {}
    for row in csv.DictReader(text.splitlines()):
        runs.setdefault(float(row["price"]), {}).setdefault(int(row["seed"]), []).append(row)
    return {
        price: (
            np.array([[float(row["expected"]) for row in run] for run in by_seed.values()]),
            [tuple(run[-1]["network"].split()) for run in by_seed.values()],
        )
        for price, by_seed in sorted(runs.items())
    }


def judge_block(ratio: float) -> tuple[int, str]:
    """How many times as long as conv3x3 the bottleneck mb3e2 takes, on this machine."""
    return level(ratio, 0.95, 1.5), (
        f"{ratio:.1f} times as long, with fewer FLOPs. A bottleneck is three convolutions with three batch norms: each is "
        "called, reads its input from memory and writes it back, and the counter of multiplications sees none of that. On "
        "another processor the ratio is another."
    )


def judge_price(falls: Sequence[float]) -> tuple[int, str]:
    """Of each seed, by what part the expected latency has fallen at the end."""
    fall = float(np.mean(falls))
    error = float(np.std(falls, ddof=1)) / len(falls) ** 0.5
    return level(fall, 0.1, 0.3), (
        f"By {100 * fall:.0f} ± {100 * error:.0f} % over {len(falls)} seeds. The slope of the expected latency is known "
        "exactly at every step; which operation is more accurate, a few noisy batches have to tell. So the "
        "price speaks first."
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
    Question(
        "14.q5",
        "On 8 channels of 8×8 pixels the bottleneck mb3e2 (1×1 to 16 channels, 3×3 in each by itself, 1×1 back) has a quarter "
        "fewer FLOPs than a plain 3×3 convolution. How long does it take on this machine, for 50 images?",
        ("less than the convolution", "about as long, up to 1.5 times", "more than 1.5 times as long"),
        judge_block,
    ),
    Question(
        "14.q6",
        "ProxylessNAS learns the weights alone for 8 epochs, then the probabilities as well for 16, with the price λ = 3. By how "
        "much has the latency that it expects fallen at the end, in the mean of ten seeds?",
        ("by less than 10 %", "by 10 to 30 %", "by more than 30 %"),
        judge_price,
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
    Exercise(
        name="14.slope",
        prompt="Write <code>slope(p, t)</code> for one place with the probabilities <code>p</code> = softmax(α) and the times "
        "<code>t</code> of its operations: the list of ∂E/∂α_i, where E = Σ p_j t_j is the "
        "expected time. This is what the price of latency adds to the gradient of α.",
        answer="slope",
        test=check_slope,
        hints=(
            "∂p_j/∂α_i = p_j (δ_ij − p_i): p_i rises, and all others fall.",
            "Put it into Σ t_j ∂p_j/∂α_i; it becomes p_i (t_i − E).",
        ),
        stub="def slope(p, t):\n    return ...",
        solution="def slope(p, t):\n    E = sum(a * b for a, b in zip(p, t))\n    return [a * (b - E) for a, b in zip(p, t)]",
        why="Operations slower than the average lose, faster ones gain, and what is never drawn is left alone. The sum is 0.",
    ),
    Exercise(
        name="14.growth",
        prompt="Write <code>growth(alpha, beta, gamma, phi)</code>: how many times the FLOPs of the base network, d blocks of "
        "3×3 convolutions from w to w channels on r × r pixels, compound scaling needs at φ, when d grows with "
        "α^φ, w with β^φ and r with γ^φ and nothing is rounded.",
        answer="growth",
        test=check_growth,
        hints=(
            "The blocks cost 9 · d · w · w · r · r.",
            "Put in α^φ d, β^φ w and γ^φ r, and divide by what it was.",
        ),
        stub="def growth(alpha, beta, gamma, phi):\n    return ...",
        solution="def growth(alpha, beta, gamma, phi):\n    return (alpha * beta**2 * gamma**2) ** phi",
        why="With α·β²·γ² = 2 each step of φ doubles the FLOPs, and the budget alone says which φ to take.",
    ),
]
