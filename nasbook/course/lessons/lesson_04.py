"""Lesson 04, TPE: the density of a Parzen estimator, and one decision made with two of them."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm, truncnorm

from nasbook.course.exercises import Exercise
from nasbook.course.predictions import Question, level


def truncated(x: np.ndarray, points: np.ndarray, widths: np.ndarray) -> np.ndarray:
    """The Parzen density by SciPy: (m,)."""
    bumps = [truncnorm.pdf(x, -m / s, (1 - m) / s, m, s) for m, s in zip(points, widths, strict=True)]
    return np.mean([*bumps, np.ones_like(x)], axis=0)


def check_density(density: object) -> str | None:
    if not callable(density):
        return f"density must be a function, not a {type(density).__name__}"
    rng = np.random.default_rng()
    cases = [
        ("one point in the middle", np.array([0.5]), np.array([0.1])),
        ("one point at the edge", np.array([0.02]), np.array([0.2])),
        ("three points", np.array([0.2, 0.3, 0.9]), np.array([0.1, 0.3, 0.2])),
        ("no point at all", np.empty(0), np.empty(0)),
        ("points drawn at random", rng.random(8), rng.uniform(0.03, 0.5, 8)),
    ]
    x = np.r_[np.linspace(0, 1, 11), np.sort(rng.random(4))]
    for what, points, widths in cases:
        given = [a.copy() for a in (x, points, widths)]
        got = np.asarray(density(*given), float)
        if any(not np.array_equal(a, b) for a, b in zip(given, (x, points, widths), strict=True)):
            return "an argument has been changed; make a new array instead"
        if got.shape != x.shape:
            return f"for {len(x)} places the density must have shape {x.shape}, not {got.shape}"
        right, n = truncated(x, points, widths), len(points)
        off = ~np.isclose(got, right, rtol=1e-6)
        if off.any():
            i = int(np.argmax(np.abs(got - right)))
            whole = np.sum([norm.pdf(x, m, s) for m, s in zip(points, widths, strict=True)], axis=0) + 0 * x
            hint = ""
            if np.allclose(got, right * (n + 1)):
                hint = " The bumps and the flat one must be averaged, so that the whole is 1."
            elif np.allclose(got, (whole + 1) / (n + 1)):
                hint = " Your bumps lose what lies outside of 0 to 1: divide each by its mass inside."
            elif n and np.allclose(got, (right * (n + 1) - 1) / n):
                hint = " The flat bump is missing; it counts like one more point."
            return f"with {what}, at x = {x[i]:.2f} the density is {right[i]:.4f}, yours is {got[i]:.4f}.{hint}"
    return None


def check_choice(next_point: object) -> str | None:
    if not callable(next_point):
        return f"next_point must be a function, not a {type(next_point).__name__}"
    rng = np.random.default_rng()

    def smooth(points: np.ndarray, at: np.ndarray) -> np.ndarray:
        return np.mean([np.ones_like(at), *(np.exp(-((at - p) ** 2) / 0.02) for p in points)], axis=0)

    for gamma, outlier in ((0.1, False), (0.5, False), (0.1, True), (0.03, False)):  # other numbers every time
        x, told, at = rng.random(40), rng.normal(size=40), rng.random(24)
        if outlier:
            told[7] = told.max() + 50
        k = min(math.ceil(gamma * len(x)), 25)
        order = np.argsort(told)
        good, bad = x[order[:k]], x[order[k:]]
        ratio = smooth(good, at) / smooth(bad, at)
        seen: list[tuple[np.ndarray, np.ndarray]] = []

        def density(points: ArrayLike, where: ArrayLike, seen: list = seen) -> np.ndarray:
            seen.append((np.sort(np.asarray(points, float).ravel()), np.asarray(where, float)))
            return smooth(np.asarray(points, float).ravel(), np.asarray(where, float))

        given = [x.copy(), told.copy(), at.copy()]
        got = next_point(*given, gamma, density)
        if any(not np.array_equal(a, b) for a, b in zip(given, (x, told, at), strict=True)):
            return "an argument has been changed (sorted in place?); sort an index instead"
        if np.ndim(got) or isinstance(got, str | bool) or not np.isreal(got):
            return f"next_point must return one candidate, a number, not {got!r:.60}"
        right, call = float(at[np.argmax(ratio)]), f"with γ = {gamma} and {len(x)} trials"
        if not np.isclose(at, float(got)).any():
            return f"{call} yours is {float(got):.4f}, which is none of the candidates"
        sizes = {len(points) for points, _ in seen}
        if seen and k not in sizes:
            return f"{call} {k} are good and {len(x) - k} are not; yours made densities of {sorted(sizes)} points"
        if seen and not any(np.array_equal(points, np.sort(good)) for points, _ in seen):
            return f"{call} the good ones are the {k} with the lowest values; yours are others"
        if np.isclose(float(got), right, rtol=1e-9):
            continue
        why = ""
        if np.isclose(float(got), at[np.argmin(ratio)]):
            why = ": that is where g / l is largest"
        elif np.isclose(float(got), at[np.argmax(smooth(good, at))]):
            why = ": there l alone is largest"
        return f"{call} l/g is largest at the candidate {right:.4f}, not at {float(got):.4f}{why}"
    return None


def judge_gamma(peaks: dict[float, float]) -> tuple[int, str]:
    """γ -> the highest value of l."""
    ratio = peaks[0.5] / peaks[0.1]
    return (1 if ratio > 1.2 else 0 if ratio < 1 / 1.2 else 2), (
        "The good trials are three or fifteen. Three are few against the flat bump, and no bump may be narrower than "
        "1 / (n + 2): a fifth of the axis with three, a seventeenth with fifteen. More points say more about one place."
    )


def judge_used(used: dict[str, int]) -> tuple[int, str]:
    """Parameter -> the number of trials that its densities are made of."""
    return 2 - level(used["degree"], 15, 30), (
        f"{used['degree']}: only trials with the polynomial kernel have a degree. The others say nothing about it, and TPE "
        "asks them nothing."
    )


QUESTIONS = [
    Question(
        "04.q1",
        "We now call 50 % of the same 30 trials good instead of 10 %. What happens to l?",
        ("it gets wider: worse trials are in it", "it gets narrower and higher", "nothing: the trials are the same"),
        judge_gamma,
    ),
    Question(
        "04.q2",
        "40 trials are known. From how many of them does TPE make the densities of degree?",
        ("from 30 or more", "from 15 to 29", "from fewer than 15"),
        judge_used,
    ),
]

EXERCISES = [
    Exercise(
        name="04.density",
        prompt="Write <code>density(x, points, widths)</code>, a Parzen estimator on [0, 1]: at the places x (m,), the "
        "<b>mean</b> of n + 1 densities. The n bumps are normal densities with these centres and standard deviations, "
        "<code>points</code> and <code>widths</code> (n,), cut off at 0 and 1 and divided by the mass that is left; the last "
        "one, the prior, is 1 everywhere. The result has shape (m,). The check integrates nothing: it takes SciPy's truncated "
        "normal.",
        answer="density",
        test=check_density,
        hints=(
            "A bump at m of width s: <code>norm.pdf(x, m, s) / (norm.cdf(1, m, s) - norm.cdf(0, m, s))</code>, from "
            "scipy.stats.",
            "Begin with <code>total = np.ones_like(x)</code>, the prior; add the bumps in a loop; divide by n + 1.",
        ),
        stub="import numpy as np\n\ndef density(x, points, widths):\n    return ...",
        solution="import numpy as np\nfrom scipy.stats import norm\n\ndef density(x, points, widths):\n"
        "    total = np.ones_like(x)\n    for m, s in zip(points, widths):\n"
        "        total = total + norm.pdf(x, m, s) / (norm.cdf(1, m, s) - norm.cdf(0, m, s))\n"
        "    return total / (len(points) + 1)",
        why="This is parzen.py without choices (its flat bump is one as wide as the axis, nearly flat). It keeps l above 0 everywhere, so no place is given up for good; and "
        "with few points it is a large part of the whole.",
    ),
    Exercise(
        name="04.choice",
        prompt="One decision of TPE. Trials at <code>x</code> (n,) have the values <code>values</code> (n,), low is good. The "
        "min(⌈γn⌉, 25) best are good; l is the density of their x, g that of all others. Write <code>next_point(x, values, "
        "candidates, gamma, density)</code>: the candidate with the largest l/g. <code>density(points, at)</code> is given: it "
        "returns the density of <code>points</code> at the places <code>at</code>.",
        answer="next_point",
        test=check_choice,
        hints=(
            "<code>order = np.argsort(values)</code> lists the trials from the best to the worst; ⌈·⌉ is "
            "<code>math.ceil</code>.",
            "<code>l = density(x[order[:k]], candidates)</code>, g likewise with <code>order[k:]</code>; "
            "<code>np.argmax(l / g)</code> is a place in candidates.",
        ),
        stub="import numpy as np\n\ndef next_point(x, values, candidates, gamma, density):\n    return ...",
        solution="import math\nimport numpy as np\n\ndef next_point(x, values, candidates, gamma, density):\n"
        "    order = np.argsort(values)\n    k = min(math.ceil(gamma * len(x)), 25)\n"
        "    l, g = density(x[order[:k]], candidates), density(x[order[k:]], candidates)\n"
        "    return candidates[np.argmax(l / g)]",
        why="Not where good trials are most frequent, but where they are frequent compared with the others. Only the order of the "
        "values counts: one that is fifty times as bad as the worst changes nothing.",
    ),
]
