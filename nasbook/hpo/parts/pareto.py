"""What several objectives need: which trials dominate which, how crowded they stand, how much they cover.

    a dominates b       a_j ≤ b_j for every j, and a_j < b_j for some j          (everything is minimised)
    first front         the points that no point dominates; take them away, and the next front appears
    crowding of a point Σ_j (gap between its two neighbours along objective j) / (range of j);  ∞ at the ends
    hypervolume         the volume of { z : some point ≤ z ≤ ref }, what the points cover up to a reference point

Equal points do not dominate each other and share a front. The hypervolume is exact: in two dimensions a staircase is
summed up; with more objectives the last one is cut into slabs, and in each the volume of one dimension less is taken
(Zitzler's slicing). That costs about O(n^(m-1)) for n points and m objectives: good up to four.

Papers: Deb, Pratap, Agarwal & Meyarivan, A Fast and Elitist Multiobjective Genetic Algorithm: NSGA-II, 2002 (fronts,
crowding); Zitzler & Thiele, Multiobjective Evolutionary Algorithms, 1999 (hypervolume). Read first: `dominance`.
Left out: the bookkeeping by which Deb's sorting saves comparisons, faster hypervolumes (WFG), contributions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from nasbook.kit.values import tame
from nasbook.trace import Trial


def dominance(Y: ArrayLike) -> np.ndarray:
    """D (n, n) of points Y (n, m): D[a, b] is True where a dominates b."""
    Y = _points(Y)
    no_worse = np.all(Y[:, None] <= Y[None], axis=-1)
    return no_worse & ~no_worse.T  # a ≤ b everywhere, and not b ≤ a everywhere


def front(Y: ArrayLike) -> np.ndarray:
    """(n,) True for the points that no point dominates; also for a whole table, as nothing of size n² is made."""
    Y = _points(Y)
    first, left = np.zeros(len(Y), bool), np.lexsort(Y.T[::-1])  # in this order nobody is dominated by a later one
    while len(left):
        p, left = left[0], left[1:]
        first[p] = True
        left = left[(Y[left] < Y[p]).any(1) | (Y[left] == Y[p]).all(1)]  # p does not dominate them
    return first


def ranks(Y: ArrayLike) -> np.ndarray:
    """(n,) number of the front on which each point lies: 0 is the first."""
    D = dominance(Y)
    rank, left, r = np.zeros(len(D), int), np.ones(len(D), bool), 0
    while left.any():
        now = left & ~D[left].any(0)  # dominated by nobody who is left
        rank[now] = r
        left &= ~now
        r += 1
    return rank


def crowding(Y: ArrayLike) -> np.ndarray:
    """(n,) crowding distance of the points of one front: larger is lonelier, ∞ for the ends of each objective."""
    Y = _points(Y)
    distance = np.zeros(len(Y))
    for y in Y.T:
        order = np.argsort(y, kind="stable")
        y = tame(y[order])
        distance[order[[0, -1]]] = np.inf
        if y[-1] > y[0]:
            distance[order[1:-1]] += (y[2:] - y[:-2]) / (y[-1] - y[0])
    return distance


def crowding_by_front(Y: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """(ranks (n,), crowding (n,) of each point within its own front)."""
    Y = _points(Y)
    rank, distance = ranks(Y), np.zeros(len(Y))
    for r in set(rank.tolist()):
        distance[rank == r] = crowding(Y[rank == r])
    return rank, distance


def hypervolume(Y: ArrayLike, ref: Sequence[float] | np.ndarray) -> float:
    """Volume covered by the points Y (n, m) up to the reference point ref (m,), which bounds it from above.

    A point that is not below ref in every objective covers nothing. ValueError for shapes that do not fit."""
    Y, r = _points(Y), np.asarray(ref, float)
    if r.shape != Y.shape[1:] or not np.isfinite(r).all():
        raise ValueError(f"a reference point needs one finite number for each of {Y.shape[1]} objectives, not {ref!r}")
    Y = Y[(r > Y).all(1)]
    return _volume(_first(Y), r)


def _volume(Y: np.ndarray, ref: np.ndarray) -> float:
    if not len(Y):
        return 0.0
    if Y.shape[1] == 1:
        return float(ref[0] - Y.min())
    if Y.shape[1] == 2:  # a staircase: from left to right, each lower point adds a strip down to its height
        volume, height = 0.0, ref[1]
        for y1, y2 in Y[np.argsort(Y[:, 0], kind="stable")]:
            volume += (ref[0] - y1) * max(0.0, height - y2)
            height = min(height, y2)
        return float(volume)
    Y = Y[np.argsort(Y[:, -1], kind="stable")]
    thickness = np.diff(np.r_[Y[:, -1], ref[-1]])  # from each point to the next along the last objective
    slabs = [(k, h) for k, h in enumerate(thickness, 1) if h > 0]
    return sum(h * _volume(_first(Y[:k, :-1]), ref[:-1]) for k, h in slabs)


def best_trials(trials: Iterable[Trial]) -> list[Trial]:
    """The done trials of several values that no other dominates, the loneliest first: any first few are spread out.
    Values of different fidelities do not compare, so the highest alone counts."""
    done = [t for t in trials if t.status == "done" and len(t.values or ()) > 1]
    if not done:
        return []
    highest = max(t.effort for t in done)
    done = [t for t in done if t.effort == highest]
    Y = np.array([t.values for t in done], float)
    on = np.flatnonzero(front(Y))
    return [done[on[k]] for k in np.argsort(-crowding(Y[on]), kind="stable")]


def _first(Y: np.ndarray) -> np.ndarray:
    return Y[front(Y)]


def _points(Y: ArrayLike) -> np.ndarray:
    Y = np.asarray(Y, float)
    if Y.ndim != 2 or Y.shape[1] < 1 or np.isnan(Y).any():
        raise ValueError(f"points are numbers of shape (n, objectives), not {Y.shape}{' with NaN' * bool(Y.size)}")
    return Y
