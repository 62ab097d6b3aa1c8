"""How many seeds a claim needs, by simulation: draw n pairs from those at hand, test them, and count.

    power(n) = share of R samples, n differences each drawn with replacement, in which Wilcoxon's p < α

What is drawn is the difference that was seen; if the true one is smaller, more seeds are needed, and a difference that
was found because it looked large is likely to be smaller. So the number is a floor, not a promise.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from nasbook.statistics.paired import chances, differences

SEEDS = (6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 70, 100, 150, 200)


def power(difference: ArrayLike, n: int, alpha: float = 0.05, draws: int = 500, seed: int = 0) -> float:
    """The chance that n seeds give p < alpha (two-sided), if differences come from those given (m,), a - b."""
    d = np.asarray(difference, float)
    if n < 1 or not (d != 0).any():
        return 0.0
    d = d[np.argsort(np.abs(d), kind="stable")]
    begins = np.flatnonzero(np.r_[True, np.abs(d[1:]) != np.abs(d[:-1])])  # of those that are equally large
    times = np.random.default_rng(seed).multinomial(n, np.full(len(d), 1 / len(d)), size=draws)  # each is drawn
    if d[0] == 0:  # zeros get no rank
        d, begins, times = d[begins[1] :], begins[1:] - begins[1], times[:, begins[1] :]
    many, plus = (np.add.reduceat(t, begins, axis=1) for t in (times, times * (d > 0)))  # (draws, sizes)
    ranks = np.cumsum(many, axis=1) - (many - 1) / 2
    W = (plus * ranks).sum(1)
    total = (many * ranks).sum(1)
    critical = np.array([_critical(int(m), alpha) for m in many.sum(1)])
    return float((np.minimum(W, total - W) <= critical).mean())


def seeds_needed(
    a: ArrayLike, b: ArrayLike, alpha: float = 0.05, wanted: float = 0.8, seeds: Sequence[int] = SEEDS
) -> int | None:
    """The smallest of `seeds` at which a difference like that of a and b (n,), paired, is found with the chance
    `wanted`; None where all of them are too few."""
    a, b = np.asarray(a, float), np.asarray(b, float)
    differences(a, b)  # says what is wrong with them
    with np.errstate(invalid="ignore"):
        known = np.where(a == b, 0.0, a - b)  # two runs without a success are equal
    return next((n for n in seeds if power(known, n, alpha) >= wanted), None)


@lru_cache(maxsize=512)
def _critical(n: int, alpha: float) -> float:
    """The largest W with 2 P(W⁺ ≤ W) < α for n untied differences; -1 where n is too small for any."""
    below = np.cumsum(chances(np.arange(1.0, n + 1)))[::2]  # P(W⁺ ≤ 0, 1, …)
    return float(np.searchsorted(2 * below, alpha, side="left")) - 1
