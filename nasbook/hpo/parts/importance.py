"""Which parameters matter: shares of the variance (fANOVA) and what is lost when one is shuffled (permutation).

Both ask a random forest that was fitted to the trials, on the unit cube. In a tree every leaf is a box, so averages
over the whole space are exact sums over leaves:

    f̄   = Σ_leaf vol(leaf) c_leaf                                     mean over the space
    V    = Σ_leaf vol(leaf) (c_leaf - f̄)²                             total variance
    a(u) = Σ_{leaf ∋ u on axis j} c_leaf · vol(leaf) / width_j(leaf)  marginal: the mean over all other parameters
    V_j  = ∫₀¹ (a(u) - f̄)² du                                         piecewise constant, so a finite sum

The importance of j is V_j / V, averaged over trees. Shares add up to at most 1; what is missing is interaction.
Permutation: the rise of the forest's squared error, relative to Var(y), when column j of the trials is shuffled.

Papers: Hutter, Hoos & Leyton-Brown, An Efficient Approach for Assessing Hyperparameter Importance, 2014 (fANOVA);
Breiman, Random Forests, 2001 (permutation). Read first: `boxes`, then `shares`. An option is a slot of its
axis. Left out: pairs of parameters, cutting off bad values before the fit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from nasbook.space import Space
from nasbook.trace import Trace
from nasbook.trial import Trial

LEAST = 4  # done trials; fewer say nothing


def boxes(tree: Any, d: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(low (L, d), high (L, d), value (L,)) of the leaves of a scikit-learn tree over the unit cube."""
    leaves = []
    stack = [(0, np.zeros(d), np.ones(d))]
    while stack:
        node, low, high = stack.pop()
        if tree.children_left[node] < 0:
            leaves.append((low, high, tree.value[node].ravel()[0]))
            continue
        j, cut = tree.feature[node], np.clip(tree.threshold[node], 0, 1)
        below, above = high.copy(), low.copy()
        below[j], above[j] = min(high[j], cut), max(low[j], cut)
        stack += [(tree.children_left[node], low, below), (tree.children_right[node], above, high)]
    lows, highs, values = zip(*leaves, strict=True)
    return np.array(lows), np.array(highs), np.array(values)


def shares(tree: Any, d: int) -> np.ndarray:
    """(d,) share of a tree's variance over the unit cube that each single parameter explains; zeros for a constant."""
    low, high, c = boxes(tree, d)
    volume = np.prod(high - low, axis=1)
    mean = volume @ c
    total = volume @ (c - mean) ** 2
    out = np.zeros(d)
    for j in range(d if total > 1e-12 * max(1.0, mean**2) else 0):
        edges = np.unique(np.r_[low[:, j], high[:, j]])
        middle, width = (edges[1:] + edges[:-1]) / 2, np.diff(edges)
        inside = (low[:, j] <= middle[:, None]) & (middle[:, None] < high[:, j])  # (intervals, L)
        others = np.prod(np.delete(high - low, j, axis=1), axis=1)  # vol / width_j
        out[j] = width @ (inside @ (c * others) - mean) ** 2 / total
    return out


def fanova(X: np.ndarray, y: np.ndarray, trees: int = 32, seed: int = 0) -> np.ndarray:
    """(trees, d) shares of each tree of a forest on points X (n, d) of the unit cube and values y (n,)."""
    X, y = _checked(X, y)
    rng = np.random.default_rng(seed)
    return np.array([shares(_tree(X, y, rng).tree_, X.shape[1]) for _ in range(trees)])


def permutation(X: np.ndarray, y: np.ndarray, trees: int = 32, repeats: int = 5, seed: int = 0) -> np.ndarray:
    """(trees, d) rise of each tree's squared error on the trials it has not seen, over Var(y), when a column of theirs
    is shuffled; mean of `repeats` shuffles. Around 0 for a parameter that does not matter."""
    X, y = _checked(X, y)
    rng = np.random.default_rng(seed)
    (n, d), out = X.shape, []
    for _ in range(trees):
        drawn = np.asarray(rng.integers(n, size=n))
        unseen = np.setdiff1d(np.arange(n), drawn)
        if len(unseen) < 2:
            continue
        tree = _tree(X, y, rng, drawn)
        U, v = X[unseen], y[unseen]
        error = np.mean((tree.predict(U) - v) ** 2)
        rise = np.zeros(d)
        for j in range(d):
            for _ in range(repeats):
                shuffled = U.copy()
                shuffled[:, j] = rng.permutation(U[:, j])
                rise[j] += np.mean((tree.predict(shuffled) - v) ** 2) - error
        out.append(rise / repeats / max(y.var(), 1e-300))
    return np.array(out).reshape(-1, d)


def alike(trials: Iterable[Trial]) -> list[Trial]:
    """The trials that succeeded at the highest fidelity that LEAST of them share, since values of different fidelities
    do not compare; fewer than LEAST, those of the commonest one, where none is shared by so many."""
    groups: dict[float, list[Trial]] = {}
    for t in trials:
        if t.status == "done" and t.value is not None and math.isfinite(t.value):
            groups.setdefault(t.effort, []).append(t)
    enough = [effort for effort, group in groups.items() if len(group) >= LEAST]
    return groups[max(enough)] if enough else max(groups.values(), key=len, default=[])


METHODS: dict[str, Callable[..., np.ndarray]] = {"fanova": fanova, "permutation": permutation}


def importances(
    trace: Trace, method: str = "fanova", *, space: Space | None = None, trees: int = 32, seed: int = 0
) -> dict[str, tuple[float, float]]:
    """{parameter: (importance, standard deviation over the trees)} of a trace's done trials, largest first.

    Only `alike` trials count. Where a parameter was not used it counts as the middle of its range. ValueError for fewer
    than four such trials."""
    if method not in METHODS:
        raise ValueError(f"importances: the method is one of {', '.join(METHODS)}, not {method!r}")
    space = space or trace.space
    done = alike(trace.trials)
    if not space.free:
        raise ValueError("importances: this space has constants only, so no parameter can matter")
    X = np.nan_to_num(space.encode_all([t.config for t in done]), nan=0.5)
    y = np.array([t.value for t in done], float)
    largest = float(np.abs(y).max(initial=0.0))
    if largest and not 1e-100 < largest < 1e100:  # shares have no unit, and the square of 1e300 is not a number
        y /= largest
    each = METHODS[method](X, y, trees=trees, seed=seed)
    mean, std = each.mean(0), each.std(0)
    return {space.free[j]: (float(mean[j]), float(std[j])) for j in np.argsort(-mean, kind="stable")}


def _tree(X: np.ndarray, y: np.ndarray, rng: np.random.Generator, drawn: np.ndarray | None = None) -> Any:
    """A tree on trials drawn with replacement; each split looks at all columns."""
    drawn = rng.integers(len(y), size=len(y)) if drawn is None else drawn
    from sklearn.tree import DecisionTreeRegressor  # dear, and most who import this module draw no importance

    return DecisionTreeRegressor(random_state=int(rng.integers(2**31))).fit(X[drawn], y[drawn])


def _checked(X: ArrayLike, y: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    X, y = np.asarray(X, float), np.asarray(y, float)
    if len(y) < LEAST or X.ndim != 2 or len(X) != len(y):
        raise ValueError(f"importances need at least {LEAST} trials that succeeded, not {len(y)}")
    return X, y
