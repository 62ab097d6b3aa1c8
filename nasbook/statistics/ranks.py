"""Several methods at once: average ranks over blocks, Friedman's test, and Nemenyi's critical difference.

A block is what all methods were run on: a data set, or a seed of one task. In each block the k methods get the ranks
1 (best) … k, and equal ones share the mean of theirs. R_j is the mean rank of method j over N blocks.

    χ²_F = 12 N / (k (k + 1)) · [Σ_j R_j² - k (k + 1)² / 4]          Friedman; over 1 - Σ (t³ - t) / (N k (k² - 1))
                                                                     where t methods share a rank
    F_F  = (N - 1) χ²_F / (N (k - 1) - χ²_F)                         Iman & Davenport; F with k - 1, (k - 1)(N - 1);
                                                                     ∞ where all blocks agree: p = (orders)^-(N - 1)
    CD   = q_α √(k (k + 1) / (6 N))                                  Nemenyi: mean ranks closer than this may be luck

q_α is the studentised range for k groups and ∞ degrees of freedom, divided by √2. Paper: Demšar, Statistical
Comparisons of Classifiers over Multiple Data Sets, JMLR 2006 (its Table 6 is a test of this file).
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike


class Friedman(NamedTuple):
    chi2: float
    F: float
    p: float  # of F; exact where all blocks have one order


def rank(values: ArrayLike) -> np.ndarray:
    """(n,) ranks 1 … n of values, the lowest is 1; equal ones share the mean of their ranks."""
    _, place, counts = np.unique(np.asarray(values, float), return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[place.ravel()]


def spearman(a: np.ndarray, b: np.ndarray) -> float:
    """Correlation of the ranks of a and b (n,); NaN where one of both does not vary."""
    a, b = rank(a), rank(b)
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return np.nan
    return float(np.corrcoef(a, b)[0, 1])


def kendall(a: ArrayLike, b: ArrayLike) -> float:
    """Kendall's τ_b of a and b (n,): concordant less discordant pairs over √(pairs that differ in a · in b); NaN where
    one of both does not vary or has a NaN. Paper: Kendall, The Treatment of Ties in Ranking Problems, 1945."""
    both, sums = np.array([a, b], float), np.zeros(3)
    for k in range(1, both.shape[1]):  # the pairs that stand k apart
        s, t = (both[:, k:] > both[:, :-k]) * 1 - (both[:, k:] < both[:, :-k])  # 1, −1, or 0 for a tie
        sums += s @ t, s @ s, t @ t
    agree, differ_a, differ_b = sums
    known = differ_a and differ_b and not np.isnan(both).any()
    return float(agree / math.sqrt(differ_a * differ_b)) if known else math.nan


def average_ranks(values: ArrayLike) -> np.ndarray:
    """(k,) mean rank of each method over values (N, k), lower is better."""
    return np.array([rank(row) for row in _checked(values)]).mean(0)


def friedman(values: ArrayLike, ties: bool = True) -> Friedman:
    """χ²_F, F_F and the p-value of F_F: are all k methods alike? values (N, k). ties: with the correction for them."""
    values = _checked(values)
    N, k = values.shape
    ranks = np.array([rank(row) for row in values])
    chi2 = 12 * N / (k * (k + 1)) * (float((ranks.mean(0) ** 2).sum()) - k * (k + 1) ** 2 / 4)
    if ties:
        shared = sum(float((t**3 - t).sum()) for row in values for t in [np.unique(row, return_counts=True)[1]])
        room = 1 - shared / (N * k * (k * k - 1))
        chi2 = chi2 / room if room > 1e-12 else 0.0
    rest = N * (k - 1) - chi2
    F = (N - 1) * chi2 / rest if rest > 1e-9 else np.inf  # every block has the same order
    if N < 2:
        return Friedman(chi2, np.nan, 1.0)
    from scipy.special import fdtrc  # dear

    p = float(fdtrc(k - 1, (k - 1) * (N - 1), F)) if np.isfinite(F) else _orders(values[0]) ** (1 - N)
    return Friedman(chi2, float(F), p)


def _orders(row: np.ndarray) -> float:
    """k! / Π t!: in how many orders a block can be, those that share a rank exchanged for each other."""
    shared = np.unique(row, return_counts=True)[1]
    return math.exp(min(700.0, math.lgamma(len(row) + 1) - sum(math.lgamma(t + 1) for t in shared)))


def critical_difference(k: int, N: int, alpha: float = 0.05) -> float:
    """Nemenyi's critical difference of mean ranks of k methods over N blocks."""
    return _studentised(k, alpha) * float(np.sqrt(k * (k + 1) / (6 * N)))


@lru_cache(maxsize=64)
def _studentised(k: int, alpha: float) -> float:
    from scipy.stats import studentized_range  # dear

    return float(studentized_range.ppf(1 - alpha, k, np.inf)) / 2**0.5


def groups(ranks: ArrayLike, cd: float) -> list[tuple[int, int]]:
    """The bars of the diagram: (first, last) places, in the order of the ranks, of methods that lie within cd. Only the
    longest bars, and none of a single method."""
    r = np.sort(np.asarray(ranks, float))
    bars: list[tuple[int, int]] = []
    for i in range(len(r)):
        j = int(np.searchsorted(r, r[i] + cd, side="right")) - 1
        if j > i and (not bars or j > bars[-1][1]):
            bars.append((i, j))
    return bars


def _checked(values: ArrayLike) -> np.ndarray:
    values = np.asarray(values, float)
    if values.ndim != 2 or values.shape[1] < 2 or not len(values):
        raise ValueError(f"ranks need values (N blocks, at least 2 methods), not {values.shape}")
    if np.isnan(values).any():
        raise ValueError("ranks: NaN is no value; give inf for a run without a success")
    return values
