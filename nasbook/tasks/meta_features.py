"""What a data set is like, in fourteen numbers, and which of several it is nearest to.

    size        ln of the number of images or rows, of columns, of classes; the classes' entropy as a share of ln k
    columns     mean and spread of their skewness and of their kurtosis; mean correlation of two of them
    variance    share of the principal components that hold 95 % of it; share that the first one holds
    landmarks   error in five folds of 1-nearest-neighbour, of a linear discriminant, of a tree with one split

    d(a, b) = mean over the numbers of |a - b| / (largest - smallest among all tasks at hand)

The nearest task's best configurations are tried first on a new one: `nasbook.search(…, first=trace.top(5))`.

Papers: Feurer, Springenberg & Hutter, Initializing Bayesian Hyperparameter Optimization via Meta-Learning, 2015, whose
meta-features these are a part of; Pfahringer, Bensusan & Giraud-Carrier, Meta-Learning by Landmarking Various Learning
Algorithms, 2000. Left out: what only tables with categories and missing values have, and learning the distance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

NAMES = (
    "instances", "columns", "classes", "entropy", "skewness", "skewness spread", "kurtosis", "kurtosis spread",
    "correlation", "components", "first component", "1-nn error", "linear error", "stump error",
)  # fmt: skip
MOST, FOLDS = 1000, 5  # rows that the landmarks see


def meta_features(x: np.ndarray, y: np.ndarray, seed: int = 0) -> dict[str, float]:
    """The numbers of a data set: x (n, …) images or rows, y (n,) labels; of its training split, as a search sees it.

    ValueError unless there are at least two classes of five rows, and finite numbers."""
    X, y = np.asarray(x, float).reshape(len(x), -1), np.unique(y, return_inverse=True)[1]
    counts = np.bincount(y)
    if len(X) != len(y) or len(counts) < 2 or counts.min() < FOLDS or not np.isfinite(X).all():
        raise ValueError(f"meta-features need finite numbers, and at least two classes of {FOLDS} rows or more each")
    share = counts / len(y)
    std = X.std(0)
    Z = (X - X.mean(0))[:, std > 1e-12 * np.abs(X).max()] / std[std > 1e-12 * np.abs(X).max()]
    skewness, kurtosis = (Z**3).mean(0), (Z**4).mean(0) - 3
    C = Z.T @ Z / len(Z)
    variance = np.linalg.eigvalsh(C)[::-1].clip(0) / len(C)
    pairs = np.abs(C[np.triu_indices(len(C), 1)])
    return dict(zip(NAMES, [
        np.log(len(X)), np.log(X.shape[1]), np.log(len(counts)), -(share @ np.log(share)) / np.log(len(counts)),
        skewness.mean(), skewness.std(), kurtosis.mean(), kurtosis.std(), pairs.mean() if len(pairs) else 0.0,
        (1 + np.searchsorted(np.cumsum(variance), 0.95 - 1e-9)) / X.shape[1], variance[0], *_landmarks(Z, y, seed),
    ], strict=True))  # fmt: skip


def _landmarks(Z: np.ndarray, y: np.ndarray, seed: int) -> list[float]:
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.model_selection import StratifiedKFold, cross_val_score
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.tree import DecisionTreeClassifier

    if len(Z) > MOST:
        some = np.random.default_rng(seed).permutation(len(Z))[:MOST]
        some = np.unique(np.r_[some, *(np.flatnonzero(y == k)[:FOLDS] for k in range(y.max() + 1))])
        Z, y = Z[some], y[some]
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    models = (
        KNeighborsClassifier(1),
        LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.1),
        DecisionTreeClassifier(max_depth=1, random_state=seed),
    )
    return [1 - float(cross_val_score(model, Z, y, cv=folds).mean()) for model in models]


def nearest(target: Mapping[str, float], others: Mapping[str, Mapping[str, float]]) -> list[tuple[str, float]]:
    """The others by name with their distance to the target, the nearest first. ValueError if there are none."""
    if not others:
        raise ValueError("there is no other task to be near to: give the meta-features of at least one")
    names: Sequence[str] = list(target)
    rows = np.array([[task[name] for name in names] for task in (target, *others.values())])
    width = np.ptp(rows, axis=0)
    gaps = np.abs(rows[1:] - rows[0]) / np.where(width > 0, width, 1)
    return sorted(zip(others, gaps.mean(1).tolist(), strict=True), key=lambda row: row[1])
