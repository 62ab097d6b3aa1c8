"""A random forest that knows how sure it is.

    B trees, each fitted to n points drawn with replacement;  μ_b(x), σ_b²(x): mean and variance of the leaf of x

    μ(x) = 1/B Σ_b μ_b(x)
    σ²(x) = 1/B Σ_b σ_b²(x) + 1/B Σ_b (μ_b(x) - μ(x))²          law of total variance

Where trees disagree the forest is unsure. The trees are scikit-learn's. Papers: Breiman, Random Forests, 2001; Hutter,
Xu, Hoos & Leyton-Brown, Algorithm Runtime Prediction, 2014 (the variance). Left out: split points drawn at random.
"""

from __future__ import annotations

import numpy as np


class Forest:
    """Trees on points X (n, D) and values y (n,); `predict(X)` gives mean (m,) and standard deviation (m,).

    features: share of the columns that a split may choose from; leaf: points that a leaf holds at least."""

    def __init__(
        self,
        X: np.ndarray,
        y: np.ndarray,
        rng: np.random.Generator,
        trees: int = 10,
        features: float = 1.0,
        leaf: int = 1,
    ) -> None:
        from sklearn.tree import DecisionTreeRegressor  # dear, and only a fit needs it

        self.trees, self.drawn = [], rng.integers(len(y), size=(trees, len(y)))  # with replacement
        for b, seed in zip(self.drawn, rng.integers(2**31, size=trees), strict=True):
            tree = DecisionTreeRegressor(max_features=features, min_samples_leaf=leaf, random_state=int(seed))
            self.trees.append(tree.fit(X[b], y[b]).tree_)
        self.homes = [tree.apply(np.asarray(X[b], np.float32)) for tree, b in zip(self.trees, self.drawn, strict=True)]
        self._of_y = self._leaves(y)

    def _leaves(self, values: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        """For each tree, the mean and the variance of the values in each leaf."""
        tables = []
        for b, home in zip(self.drawn, self.homes, strict=True):
            n = np.maximum(np.bincount(home), 1)
            mean = np.bincount(home, values[b]) / n
            tables.append((mean, np.bincount(home, (values[b] - mean[home]) ** 2) / n))
        return tables

    def predict(self, X: np.ndarray, values: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Mean (m,) and standard deviation (m,) at X (m, D): of y, or of other values (n,) of the same n points."""
        tables = self._of_y if values is None else self._leaves(values)
        leaves = self._homes(X)
        mean, variance = (
            np.array([table[part][leaf] for table, leaf in zip(tables, leaves, strict=True)]) for part in (0, 1)
        )  # (B, m)
        return mean.mean(0), np.sqrt(variance.mean(0) + mean.var(0))

    def each(self, X: np.ndarray) -> np.ndarray:
        """(B, m) the mean of y that every single tree predicts at X (m, D)."""
        return np.array([mean[home] for (mean, _), home in zip(self._of_y, self._homes(X), strict=True)])

    def unseen(self) -> np.ndarray:
        """(B, n) which trees were grown without which points: these may judge them."""
        n = self.drawn.shape[1]
        return np.array([np.bincount(drawn, minlength=n) == 0 for drawn in self.drawn])

    def _homes(self, X: np.ndarray) -> list[np.ndarray]:
        """For each tree the leaf (m,) of every point."""
        return [tree.apply(np.asarray(X, np.float32)) for tree in self.trees]
