"""Two methods on the same seeds: Wilcoxon's signed-rank test, and Holm's correction where several pairs are tested.

    d_i = a_i - b_i, those that are 0 left out;   r_i = rank of |d_i|, equal ones share the mean of their ranks
    W⁺  = Σ_{d_i > 0} r_i                          if neither is better, each sign is a fair coin

    Holm: p_(1) ≤ … ≤ p_(m);   p̃_(i) = max_{j ≤ i} min(1, (m - j + 1) p_(j))

The distribution of W⁺ over all 2ⁿ signs is counted exactly, ties included, up to 200 pairs, and is normal beyond.
Papers: Wilcoxon 1945; Holm, A Simple Sequentially Rejective Multiple Test Procedure, 1979. With n pairs no p-value is
below 2/2ⁿ: five seeds cannot reach 0.05, whatever the methods do.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from nasbook.statistics.ranks import rank

EXACT = 200  # pairs


def wilcoxon(a: ArrayLike, b: ArrayLike, alternative: str = "two-sided") -> float:
    """The p-value of values a, b (n,) that share seeds. alternative: "two-sided", or "less": is a lower?

    1 where all are equal. An infinite value is a run without a success, and is worse than any other."""
    if alternative not in ("two-sided", "less"):
        raise ValueError(f"wilcoxon: alternative is 'two-sided' or 'less', not {alternative!r}")
    d = differences(a, b)
    if not len(d):
        return 1.0
    ranks = rank(np.abs(d))
    plus = float(ranks[d > 0].sum())
    below = _below(ranks, plus)  # P(W⁺ ≤ plus)
    if alternative == "less":
        return below
    return min(1.0, 2 * min(below, _below(ranks, float(ranks.sum()) - plus)))  # W⁺ is symmetric


def favours(a: ArrayLike, b: ArrayLike) -> int:
    """Whom the test favours: -1 where a is lower, 1 where b is, 0 where neither; sizes count, not only how often."""
    d = differences(a, b)
    ranks = rank(np.abs(d))
    return int(np.sign(ranks[d > 0].sum() - ranks[d < 0].sum()))


def differences(a: ArrayLike, b: ArrayLike) -> np.ndarray:
    """a - b without the zeros; two runs without a success are equal. ValueError unless they are equally many."""
    a, b = np.asarray(a, float), np.asarray(b, float)
    if a.shape != b.shape or a.ndim != 1:
        raise ValueError(f"wilcoxon: a and b are equally many numbers, not {a.shape} and {b.shape}")
    if np.isnan(a).any() or np.isnan(b).any():
        raise ValueError("wilcoxon: NaN is no value; leave the pair out, or give inf for a run without a success")
    different = a != b
    return a[different] - b[different]


def _below(ranks: np.ndarray, w: float) -> float:
    """P(W⁺ ≤ w) when each rank counts or not by a fair coin."""
    if len(ranks) > EXACT:
        deviation = math.sqrt(float((ranks**2).sum()) / 4)
        return 0.5 * math.erfc(-(w - ranks.sum() / 2) / deviation / math.sqrt(2))
    return float(chances(ranks)[: round(2 * w) + 1].sum())


def chances(ranks: np.ndarray) -> np.ndarray:
    """P(2 W⁺ = 0, 1, 2, …): mean ranks are halves, so that twice their sum is whole."""
    twice = np.rint(2 * ranks).astype(int)
    share = np.zeros(twice.sum() + 1)
    share[0] = 1.0
    for r in twice:
        share[r:] = share[r:] + share[:-r]
        share /= 2
    return share


def holm(p: ArrayLike) -> np.ndarray:
    """(m,) p-values of m tests, corrected: the chance to call any of them a difference that is none stays below α."""
    p = np.asarray(p, float)
    m, order = len(p), np.argsort(p, kind="stable")
    steps = np.maximum.accumulate((m - np.arange(m)) * p[order])
    corrected = np.empty(m)
    corrected[order] = np.minimum(1.0, steps)
    return corrected
