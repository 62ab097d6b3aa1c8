"""Bayesian optimisation with a random forest: a belief that is at home in mixed and conditional spaces.

    1. a few random trials
    2. belief:  a forest of trees with mean and variance             (trees.py)
    3. next:    x = argmax EI(x);  now and then a random x;  go to 2

EI is searched among quasi-random points, and from the best of these and the best trials in small steps of one parameter
each. Some trials stay random, so that a wrong belief cannot last. The trees learn t = ln(y - y_0), which opens up the
differences between good trials, and EI is that of y: y_0 lies below the best value by the distance from there to the
5 % quantile. Failed trials and those in flight count as the worst value seen. No configuration is proposed twice,
unless a finite space is exhausted.

Paper: Hutter, Hoos & Leyton-Brown, Sequential Model-Based Optimization for General Algorithm Configuration, 2011
(SMAC). Defaults and y_0 are those of SMAC3, which has twice as many random trials. Read first: the paper's section 4,
then `ForestView.suggest`. Left out: instances and racing ("intensify"). A tree is flat beyond the outermost trials: on
a smooth function of a few numbers a Gaussian process knows more.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from nasbook.hpo.parts.acquisition import ei, log_normal_ei
from nasbook.hpo.parts.features import Features
from nasbook.hpo.parts.trees import Forest
from nasbook.kit.believing import Believing
from nasbook.kit.checks import flag, setting, whole, within
from nasbook.kit.sobol import quasi_random
from nasbook.kit.untried import fresh, untried
from nasbook.kit.values import Reach, exponent, tame, untame
from nasbook.space import Config, Space

RANDOM, STARTS, NEIGHBOURS, ROUNDS, STEP = 1024, 10, 8, 10, 0.2  # of the search for the largest EI


@dataclass(frozen=True)
class ForestSettings:
    startup: int = setting(10, "Random trials before the first forest.")
    trees: int = setting(10, "Number of trees (B).")
    features: float = setting(1.0, "Share of the parameters that a split may choose from.")
    leaf: int = setting(1, "Trials that a leaf must hold at least.")
    random: float = setting(0.1, "Share of later trials that are random.")
    log: bool = setting(True, "Learn the logarithm of the distance to a value just below the best, or the value.")

    def __post_init__(self) -> None:
        whole("startup", self.startup, 1)
        whole("trees", self.trees, 2)
        whole("leaf", self.leaf, 1)
        flag("log", self.log)
        within("features", self.features, 0, 1, above=True)
        within("random", self.random, 0, 1)


@dataclass(frozen=True, eq=False)
class ForestView:
    """What the method believed when it chose. Points lie in the unit cube; NaN where a parameter is inactive."""

    space: Space
    settings: ForestSettings
    U: np.ndarray  # (n, d) trials that have a value
    y: np.ndarray  # (n,)
    failed: np.ndarray  # (m, d)
    pending: np.ndarray  # (k, d)
    forest: Forest | None = None  # None during the first trials, and for a random one
    next: np.ndarray | None = None  # (d,)

    @property
    def best(self) -> float | None:
        """f*: the lowest value told."""
        return float(self.y.min()) if len(self.y) else None

    @property
    def y_0(self) -> float:
        """What is subtracted before the logarithm, in the units of `values`."""
        return float(self.values.min()) - self.unit

    @property
    def unit(self) -> float:
        """How far y_0 lies below the best: as far as the 5 % quantile lies above it. In this unit the logarithm of the
        best is 0, so that nothing depends on the unit of the value."""
        y = self.values[: len(self.y)]
        best, wide = y.min(), np.ptp(Reach.of(y, absurd=1e3).draw_in(y)) or 1.0
        return float(max(np.percentile(y - best, 5), 1e-6 * wide, 1e-12 * abs(best)))

    @cached_property
    def values(self) -> np.ndarray:
        """(n + m + k,) what the trials count as: told, failed, in flight; of a size that can be squared (tame)."""
        return tame(np.r_[self.y, [self.y.max()] * (len(self.failed) + len(self.pending))])

    def fitted(self, rng: np.random.Generator) -> ForestView:
        s, X = self.settings, self._see(np.concatenate([self.U, self.failed, self.pending]))
        t = np.log1p((self.values - self.values.min()) / self.unit) if s.log else self.values
        return replace(self, forest=Forest(X, t, rng, s.trees, s.features, s.leaf))

    def predict(self, U: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean (m,) and standard deviation (m,) at points (m, d), in the units of the value."""
        mean, std = self._believed.predict(self._see(U), self.values)
        e = exponent(self.y)
        return untame(mean, e), untame(std, e)

    def acquire(self, U: np.ndarray) -> np.ndarray:
        """Expected improvement at points (m, d): (m,)."""
        belief = self._believed.predict(self._see(U))
        return self.unit * log_normal_ei(*belief, 1.0) if self.settings.log else ei(*belief, float(self.values.min()))

    def suggest(self, rng: np.random.Generator, tried: Collection[tuple]) -> Config:
        """The configuration with the largest EI that the search finds, but none whose key is in `tried`."""
        see = self.space.snap
        best = self.U[np.argsort(self.y, kind="stable")[:STARTS]]
        U = see(np.concatenate([best, quasi_random(self.space.d, RANDOM, rng)]))
        a = self.acquire(U)
        at = np.r_[: len(best), len(best) + np.argsort(-a[len(best) :], kind="stable")[:STARTS]]
        here, height = U[at], a[at]
        for _ in range(ROUNDS):  # each start moves to its best neighbour while that is better
            near = see(self._exchange(here, rng))
            b = self.acquire(near)
            U, a = np.concatenate([U, near]), np.concatenate([a, b])
            b = b.reshape(-1, NEIGHBOURS)
            top = b.argmax(1)
            better = b.max(1) > height
            if not better.any():
                break
            here = np.where(better[:, None], near.reshape(len(b), NEIGHBOURS, -1)[np.arange(len(b)), top], here)
            height = np.maximum(height, b.max(1))
        order = np.lexsort([rng.random(len(a)), -a])  # EI has plains: ties are broken at random
        return fresh(map(self.space.decode, U[order]), self.space, tried, rng) or self.space.sample(rng)

    def _exchange(self, U: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Neighbours of points: one number moved by a normal step, or one Choice drawn anew."""
        V = np.repeat(np.nan_to_num(U, nan=0.5), NEIGHBOURS, axis=0)
        row, j = np.arange(len(V)), rng.integers(V.shape[1], size=len(V))
        moved = (V[row, j] + STEP * rng.standard_normal(len(V))).clip(0, 1)
        V[row, j] = np.where(self._features.one_hot[j], rng.random(len(V)), moved)
        return V

    @property
    def _believed(self) -> Forest:
        if self.forest is None:
            raise ValueError("there is no belief yet: this trial is random")
        return self.forest

    def _see(self, U: np.ndarray) -> np.ndarray:
        return self._features(self.space.snap(U))

    @cached_property
    def _features(self) -> Features:
        return Features(self.space)


class ForestOptimisation(Believing):
    name = "forest"
    Settings = ForestSettings
    View = ForestView

    def __init__(self, space: Space, seed: int = 0, **settings: object) -> None:
        super().__init__(space, seed, **settings)

    def propose(self) -> Config:
        tried = self.tried
        asked = len(self.trials) + len(self.pending)
        if asked < self.settings.startup or not len(self.belief.y) or self.rng.random() < self.settings.random:
            return untried(self.space, tried, self.rng) or self.space.sample(self.rng)
        self.belief = self.belief.fitted(self.rng)
        return self.belief.suggest(self.rng, tried)

    def believe(self) -> ForestView:
        return ForestView(self.space, self.settings, *self.known())
