"""A predictor: train some architectures in full, learn from them, and answer for all others without any training.

    D = {(x(a_i), y_i)},  i = 1 … n       random architectures, trained in full
    ŷ(a), σ(a) = model fitted to D        x(a): its paths (White et al.'s encoding) and its single decisions, as 0 and 1

    mlp      a network with Monte-Carlo dropout (dropout.py); σ: spread over masks
    gp       a Gaussian process with one length scale, r² = the share of these that differ, an RBF kernel; σ: of f
    forest   200 regression trees, each split from a third of the columns; σ: of their mixture (hpo/parts/trees.py)
    knn      the 5 nearest by how many of these differ, weighted by distance; σ: spread among them

The price stands at the beginning: the first answer costs n trainings, every later one nothing on a table (and where
time is measured, the moment that it takes). With fewer than a few dozen trainings it knows little.

Papers: White, Zela, Ru, Liu & Hutter, How Powerful are Performance Predictors in Neural Architecture Search?, NeurIPS
2021; for the paths White, Neiswanger & Savani, BANANAS, AAAI 2021.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from nasbook.estimate.dropout import DropoutNet
from nasbook.estimate.estimator import Estimator, full
from nasbook.hpo.parts.gp import GP
from nasbook.hpo.parts.trees import Forest
from nasbook.kit.blas import one_thread
from nasbook.nas.parts.ensemble import path_matrix
from nasbook.nas.parts.paths import paths
from nasbook.space import Config
from nasbook.task import Evaluation, Report, Task, trial_seed

Predict = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]  # X (n, m) -> mean (n,), std (n,)
UNLABELLED = 100  # further architectures whose paths get a column, so that something unseen looks unseen


def mlp(X: np.ndarray, y: np.ndarray, seed: int) -> Predict:
    return DropoutNet(p=0.2).fit(X, y, seed).predict


def gp(X: np.ndarray, y: np.ndarray, seed: int) -> Predict:
    m = X.shape[1]
    model = GP("rbf", signal=None, groups=np.zeros(m, int)).fit(X / m**0.5, y)  # no two architectures further than 1
    return lambda at: model.predict(at / m**0.5)


def forest(X: np.ndarray, y: np.ndarray, seed: int) -> Predict:
    return Forest(X, y, np.random.default_rng(seed), trees=200, features=1 / 3).predict


def knn(X: np.ndarray, y: np.ndarray, seed: int, k: int = 5) -> Predict:
    from sklearn.neighbors import NearestNeighbors

    near = NearestNeighbors(n_neighbors=min(k, len(X)), metric="manhattan").fit(X)

    def predict(at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        distance, i = near.kneighbors(at)
        w = 1 / (1 + distance)
        w /= w.sum(1, keepdims=True)
        mean = (w * y[i]).sum(1)
        return mean, np.sqrt((w * (y[i] - mean[:, None]) ** 2).sum(1))

    return predict


MODELS = {"mlp": mlp, "gp": gp, "forest": forest, "knn": knn}


class Predictor(Estimator):
    """The value that a model predicts. train: how many architectures are trained first; seed: which ones.

    metrics: std, what the model does not know. ValueError for a model that does not exist or for train below 2."""

    def __init__(self, task: Task | str, model: str = "mlp", train: int = 50, seed: int = 0) -> None:
        if model not in MODELS:
            raise ValueError(f"there is no predictor {model!r}; it can be {', '.join(MODELS)}")
        self.model = model
        super().__init__(task, train=train, seed=seed)
        if isinstance(train, bool) or not isinstance(train, int | np.integer) or train < 2:
            raise ValueError(f"{self.kind}: train must be a whole number of at least 2, not {train!r}")
        self.train, self.seed = int(train), seed
        self.paths = paths(self.space)
        self._seen: dict[tuple, frozenset] = {}
        self.predicts: Predict | None = None
        self.spent = 0.0  # on the trainings

    @property
    def kind(self) -> str:
        return f"{self.model}-predictor"

    @one_thread
    def fit(self) -> None:
        """Train the architectures and learn from them; a training without a value counts as the worst."""
        rng = np.random.default_rng([self.seed, 2021])  # not the architectures of a random search with this seed
        drawn = {self.space.key(c): c for c in (self.space.sample(rng) for _ in range(4 * self.train))}
        configs = list(drawn.values())[: self.train]
        answers = [full(self.task, c, trial_seed(self.seed, i)) for i, c in enumerate(configs)]
        y = np.array([np.nan if a.value is None else a.value for a in answers], float)
        y[~np.isfinite(y)] = np.nan
        if np.isnan(y).all():
            raise RuntimeError(f"{self.kind}: none of {len(y)} trainings of {self.task.name} gave a value")
        y[np.isnan(y)] = np.nanmax(y)
        self.spent = sum(a.cost or 0.0 for a in answers)
        others = [self.space.sample(rng) for _ in range(UNLABELLED)]
        self.columns = sorted(set().union(*(self._terms(c) for c in (*configs, *others))), key=repr)
        self.configs, self.y = configs, y
        self.predicts = MODELS[self.model](self._encode(configs), y, self.seed)

    @one_thread
    def predict(self, configs: Sequence[Config]) -> tuple[np.ndarray, np.ndarray]:
        """Predicted values and their standard deviations, both (n,); fits first where that has not been done."""
        if self.predicts is None:
            self.fit()
        assert self.predicts is not None
        return self.predicts(self._encode(configs))

    def estimate(self, config: Config, seed: int, report: Report | None) -> Evaluation:
        new = self.predicts is None
        mean, std = self.predict([config])
        found = {"estimator": self.kind, "std": float(std[0]), "trained": len(self.y)}
        cost = (self.spent if new else 0.0) if self.knows_cost else None
        return Evaluation(float(mean[0]), metrics=found, cost=cost)

    def _encode(self, configs: Sequence[Config]) -> np.ndarray:
        return path_matrix([self._terms(c) for c in configs], self.columns)

    def _terms(self, config: Config) -> frozenset:
        """The paths, and the decisions as ("decision", name, value)."""
        key = self.space.key(config)
        if key not in self._seen:
            decisions = {("decision", name, str(value)) for name, value in config.items()}
            self._seen[key] = frozenset({("path", *path) for path in self.paths(config)} | decisions)
        return self._seen[key]
