"""Lesson 25, priors that generate problems: the loss of a belief in bars, and a prior of learning curves."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from nasbook.course.exercises import Exercise
from nasbook.course.predictions import Question, level


def check_nll(nll: object) -> str | None:
    if not callable(nll):
        return f"nll must be a function, not a {type(nll).__name__}"
    rng = np.random.default_rng()
    for bars, n in ((4, 5), (7, 1), (int(rng.integers(5, 12)), int(rng.integers(3, 9)))):
        edges = np.cumsum(rng.uniform(0.1, 1.5, bars + 1)) - 2
        p = rng.dirichlet(np.ones(bars), n)
        b = rng.integers(0, bars, n)
        y = edges[b] + rng.uniform(0.05, 0.95, n) * np.diff(edges)[b]
        given = [a.copy() for a in (p, edges, y)]
        if (made := nll(*given)) is None:
            return "nll returned nothing: is there a return?"
        got = np.asarray(made, float)
        if any((a != c).any() for a, c in zip(given, (p, edges, y), strict=True)):
            return "an array that was given to your function has been changed; work on new ones"
        if got.shape != (n,):
            hint = " (that is one number; each value has its own)" if got.shape == () else ""
            return f"for {n} values nll must return shape ({n},), not {got.shape}{hint}"
        width, mass = np.diff(edges)[b], p[np.arange(n), b]
        right = -np.log(mass / width)
        if np.allclose(got, right, atol=1e-6):
            continue
        slips = [
            (-np.log(mass), "That is −log of the probability of the bar. A density is probability per width: divide."),
            (-right, "The sign is wrong: a likely value has a small −log q."),
            (mass / width, "That is the density; take −log of it."),
            (
                -np.log(mass * width),
                "The width must divide: the same probability in a narrower bar is a higher density.",
            ),
            (-np.log2(mass / width), "That is in bits; take the natural logarithm."),
        ]
        hint = next((f" {words}" for wrong, words in slips if np.allclose(got, wrong, atol=1e-6)), "")
        i = int(np.argmax(~np.isclose(got, right, atol=1e-6)))
        return (
            f"y = {y[i]:.3f} lies in a bar of width {width[i]:.3f} with probability {mass[i]:.3f}, so −log q is {right[i]:.4f}, "
            f"yours is {got[i]:.4f}.{hint}"
        )
    return None


DRAWS = 400  # so many curves tell whether a number is uniform


def check_draw(draw: object) -> str | None:
    if not callable(draw):
        return f"draw must be a function, not a {type(draw).__name__}"
    x = np.linspace(0, 1, 41)
    curves = []
    for seed in range(DRAWS):
        at = x.copy()
        if (made := draw(np.random.default_rng(seed), at)) is None:
            return "draw returned nothing: is there a return?"
        y = np.asarray(made, float)
        if y.shape != x.shape:
            return f"for x of shape {x.shape} draw must return shape {x.shape}, not {y.shape}"
        if not np.isfinite(y).all():
            return "draw must return finite numbers"
        curves.append(y)
    Y = np.array(curves)
    if (at != x).any():
        return "x has been changed; work on a new array"
    return _repeats(draw, x, Y) or _of_x(draw, x, Y) or _as_asked(x, Y)


def _repeats(draw: Callable[..., ArrayLike], x: np.ndarray, Y: np.ndarray) -> str | None:
    if np.ptp(Y, axis=0).max() < 1e-9:
        return "every call draws the same curve; draw its numbers with rng"
    if (np.asarray(draw(np.random.default_rng(3), x.copy()), float) != Y[3]).any():
        return "the same seed must draw the same curve: take all random numbers from rng, none from np.random itself"
    return None


def _of_x(draw: Callable[..., ArrayLike], x: np.ndarray, Y: np.ndarray) -> str | None:
    """A curve is a function: its value at a place does not depend on which other places are asked about."""
    order = np.random.default_rng().permutation(len(x))
    mixed = np.asarray(draw(np.random.default_rng(3), x[order]), float)
    few = np.asarray(draw(np.random.default_rng(3), x[::4].copy()), float)
    if few.shape != x[::4].shape:
        return f"for {len(x[::4])} values of x draw must return {len(x[::4])}, not {few.shape}"
    if not (np.allclose(mixed, Y[3][order], atol=1e-8) and np.allclose(few, Y[3][::4], atol=1e-8)):
        return (
            "the value at an x must be the same whichever other x are asked about, in whatever order: first draw the numbers "
            "of the curve, then compute it from x (no noise, and not from the position in the array)"
        )
    return None


def _as_asked(x: np.ndarray, Y: np.ndarray) -> str | None:
    start, half, end = Y[:, 0], Y[:, 20], Y[:, -1]
    if (np.diff(Y, axis=1) > 1e-9).any():
        return "a curve rises somewhere; from its start a, each must fall towards its end c"
    if not (start.min() >= 0.5 and start.max() <= 1):
        return f"at x = 0 a curve is at its start a, between 0.5 and 1; yours are between {start.min():.3g} and {start.max():.3g}"
    # y = c + (a - c) exp(-x / τ): three places tell e = exp(-0.5 / τ), and then c, of a curve that is not nearly flat
    falls = start - end > 0.1
    if falls.mean() < 0.2:
        return "most curves are flat; from its start a, each must fall towards its end c"
    Y, start, half, end = (part[falls] for part in (Y, start, half, end))
    e = (half - end) / np.maximum(start - half, 1e-12)
    c = (half - e * start) / np.maximum(1 - e, 1e-12)
    fits = c[:, None] + (start - c)[:, None] * np.maximum(e, 1e-12)[:, None] ** (x / 0.5)
    if np.abs(fits - Y).max() > 1e-3:
        return "a curve is not of the form c + (a − c) exp(−x / τ)"
    tau = -0.5 / np.log(np.clip(e, 1e-12, 1 - 1e-9))
    if c.min() < -1e-3 or c.max() > 0.5 + 1e-3:
        return f"c must be between 0 and 0.5; yours are between {c.min():.3g} and {c.max():.3g}"
    for name, found, low, high in (("τ", tau, 0.05, 0.5), ("c", c, 0.0, 0.5), ("a", start, 0.5, 1.0)):
        if found.min() < low - 5e-3 or found.max() > high + 5e-3 or _unlike_uniform(found, low, high):
            said = f"from {found.min():.3g} to {found.max():.3g}, half of them below {np.median(found):.3g}"
            return f"{name} must be uniform on [{low:g}, {high:g}]; over {DRAWS} curves yours are {said}"
    for one, other, names in ((start, c, "a and c"), (start, tau, "a and τ"), (c, tau, "c and τ")):
        if abs(np.corrcoef(one, other)[0, 1]) > 0.3:
            return f"{names} must be drawn independently of each other"
    return None


def _unlike_uniform(found: np.ndarray, low: float, high: float) -> bool:
    """Kolmogorov and Smirnov: is the share below some value another one than that of its length? Chance alone says so
    once in a million, and leaves 0.03 for the flat curves that are not looked at."""
    share = (np.sort(found) - low) / (high - low)
    there = np.arange(len(found) + 1) / len(found)
    apart = max((there[1:] - share).max(), (share - there[:-1]).max())
    return bool(apart > 2.7 / len(found) ** 0.5 + 0.03)


def judge_distance(distance: float) -> tuple[int, str]:
    """How far the means are apart, in standard deviations of the prior, on average."""
    return 2 - level(distance, 0.05, 0.3), (
        f"{distance:.2f} standard deviations. Nobody told it a kernel or Bayes' rule. The posterior predictive is what makes the "
        "mean of −log q least, so whatever lowers that number leads there."
    )


def judge_inside(shares: np.ndarray) -> tuple[int, str]:
    """Share of truths in the 95 % interval, one a set of problems from the prior itself."""
    return level(shares.mean(), 0.9, 0.985), (
        f"{shares.mean():.1%}. An interval that is too narrow costs −log q at the values outside, one that is too wide costs at "
        "all others. It knows what it does not know, about problems like those it was trained on."
    )


def judge_outside(network: np.ndarray, exact: np.ndarray) -> tuple[int, str]:
    """Share of steps in the intervals of the network and of the exact posterior of the wrong prior."""
    return (1 if abs(network.mean() - exact.mean()) < 0.1 else 0 if network.mean() < exact.mean() else 2), (
        f"Network {network.mean():.0%}, formula {exact.mean():.0%}, where both promise 95 %. Both believe that jumps do not exist, "
        "because the prior says so. The fault is the prior's, and no exactness mends it."
    )


QUESTIONS = [
    Question(
        "25.q1",
        "A network sees 12,800 drawn problems, about ten seconds of training, and is never told a kernel or Bayes' rule. How "
        "far will its mean be from that of the exact posterior, in standard deviations of the prior?",
        ("more than 0.3: that is far too little", "0.05 to 0.3", "less than 0.05"),
        judge_distance,
    ),
    Question(
        "25.q2",
        "Functions from the prior that it was trained on, twelve points of each. In what share of the places does the network's "
        "95 % interval hold the truth?",
        ("in less than 90 %: networks are too sure", "in 90 to 98.5 %", "in more: it plays safe"),
        judge_inside,
    ),
    Question(
        "25.q3",
        "Now step functions, to a network that was trained on smooth curves. The exact posterior of the smooth prior is asked "
        "beside it. Whose 95 % intervals hold the truth more often?",
        (
            "the formula's, by 10 points or more",
            "they differ by less than 10 points",
            "the network's, by 10 points or more",
        ),
        judge_outside,
    ),
]

EXERCISES = [
    Exercise(
        name="25.nll",
        prompt="Write <code>nll(p, edges, y)</code>: p (n, B) are the probabilities of B bars for each of n values, edges (B + 1,) "
        "the ends of the bars, rising, y (n,) the values, each inside of a bar. Return −log of the density at each value, shape "
        "(n,). Inside a bar the density is the same everywhere.",
        answer="nll",
        test=check_nll,
        hints=(
            "<code>np.searchsorted(edges, y) - 1</code> is the number of the bar in which each value lies.",
            "Density is probability divided by width: <code>p[np.arange(len(y)), b] / np.diff(edges)[b]</code>.",
        ),
        stub="import numpy as np\n\ndef nll(p, edges, y):\n    return ...",
        solution="import numpy as np\n\ndef nll(p, edges, y):\n    b = np.searchsorted(edges, y) - 1\n"
        "    return -np.log(p[np.arange(len(y)), b] / np.diff(edges)[b])",
        why="This is the loss of the whole training, but for the two outermost bars, which have tails. On average it is least where "
        "p is the truth: that is all the Bayes there is in it.",
    ),
    Exercise(
        name="25.draw",
        prompt="Write a prior of learning curves: <code>draw(rng, x)</code> draws one curve, y = c + (a − c) exp(−x / τ), with a "
        "uniform on [0.5, 1], c uniform on [0, 0.5] and τ uniform on [0.05, 0.5], all from <code>rng</code> "
        "(<code>rng.uniform(low, high)</code>), and returns its values at x, an array of any length in any order. No noise.",
        answer="draw",
        test=check_draw,
        hints=(
            "Draw the three numbers of the curve first: <code>a = rng.uniform(0.5, 1)</code>.",
            "Then the curve is one line of NumPy on the whole array: <code>c + (a - c) * np.exp(-x / tau)</code>.",
        ),
        stub="import numpy as np\n\ndef draw(rng, x):\n    return ...",
        solution="import numpy as np\n\ndef draw(rng, x):\n    a, c, tau = rng.uniform(0.5, 1), rng.uniform(0, 0.5), rng.uniform(0.05, 0.5)\n"
        "    return c + (a - c) * np.exp(-x / tau)",
        why="Four lines of sampling code are a prior for which nobody has a formula of the posterior. A network can learn it; "
        "the next cell does.",
    ),
]
