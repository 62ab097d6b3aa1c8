"""Intervals by the bootstrap: of a mean, of curves, and of the probability that one method beats another.

    mean*_b = mean of n seeds drawn with replacement from the n that there are,  b = 1 … B
    interval = the 2.5 % and the 97.5 % quantile of the B means                     (percentile bootstrap)

    P(A beats B) = P(a < b) + ½ P(a = b)

over the pairs of runs that share a seed, or over all pairs where no seed is shared (then it is the U of Mann and
Whitney, divided by the number of pairs). ½ says: no difference. Paper: Efron & Tibshirani, An Introduction to the
Bootstrap, 1993. The interval is a little too narrow for few seeds: with five it holds the mean in about 85 % of cases.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np


def bootstrap(curves: np.ndarray, resamples: int = 1000, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Interval of the mean of curves (n, T) over their n seeds: percentile bootstrap, (T,) twice.

    The seeds are drawn with replacement, whole curves at a time. Deterministic. One curve has no interval (NaN)."""
    n, T = curves.shape
    if n < 2:
        return np.full(T, np.nan), np.full(T, np.nan)
    means = curves.T @ _weights(n, resamples).T
    means.sort(axis=1)  # along memory: much faster than np.quantile across it
    at = (1 - level) / 2 * (resamples - 1)
    i, part = int(at), at - int(at)
    low, high = (means[:, a] + part * (means[:, b] - means[:, a]) for a, b in ((i, i + 1), (-1 - i, -2 - i)))
    return low, high


def bootstrap_mean(values: Any, level: float = 0.95, resamples: int = 2000) -> tuple[float, float, float]:
    """(mean, low, high) of values (n,); low and high are NaN for a single one, all three for none."""
    x = np.asarray(values, float)
    if not len(x):
        return np.nan, np.nan, np.nan
    low, high = bootstrap(x[:, None], resamples, level)
    return float(x.mean()), float(low[0]), float(high[0])


def beats(a: Any, b: Any, paired: bool = True, level: float = 0.95) -> tuple[float, float, float]:
    """(P, low, high): the probability that a run of A ends lower than one of B, ties counted half, and its bootstrap
    interval. paired: a[i] and b[i] (n,) share a seed; else all pairs count, and both samples are drawn anew."""
    a, b = np.asarray(a, float), np.asarray(b, float)
    if paired and len(a) != len(b):
        raise ValueError(f"beats: paired values are equally many, not {len(a)} and {len(b)}")
    if not len(a) or not len(b):
        return np.nan, np.nan, np.nan
    if paired:
        return bootstrap_mean(wins(a, b), level)
    table = wins(a[:, None], b[None, :])  # (n, m)
    if min(table.shape) < 2:
        return float(table.mean()), np.nan, np.nan
    drawn = np.einsum("rn,nm,rm->r", _weights(len(a), 2000), table, _weights(len(b), 2000, 1))
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return float(table.mean()), float(low), float(high)


def wins(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """1 where a is lower, ½ where they are equal, 0 where b is."""
    return (a < b) + 0.5 * (a == b)


@lru_cache(maxsize=64)
def _weights(n: int, resamples: int, seed: int = 0) -> np.ndarray:
    """(resamples, n) how often each of n is drawn, divided by n."""
    draws = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=resamples)
    return draws / n
