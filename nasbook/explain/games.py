"""The games of HyperSHAP: what a coalition of parameters is worth, by four questions.

    u_S          a point whose parameters in S come from one configuration and the others from another
    ablation     v(S) = mean over others b of  f(λ_S, b)          what does this configuration owe to each parameter?
    tunability   v(S) = min over λ of          f(λ_S, default)    what can be gained by tuning each parameter?
    sensitivity  v(S) = var over λ of          f(λ_S, default)    how much does the value depend on each parameter?
    optimiser    v(S) = found by a method that tunes S, minus the lowest in reach      what does the method miss?

f is minimised. In the ablation game b is the default, or, where the default is "mean", every configuration of the
space in turn: then v(∅) is the mean over the space and φ are SHAP values (interventional). A parameter that does not
exist in u_S is ignored; one that exists there, but not in the configuration that u_S takes it from, is in the middle
of its range.

Papers: Wever, Muschalik, Fumagalli & Lindauer, HyperSHAP: Shapley Values and Interactions for Explaining Hyperparameter
Optimization, 2025; Lundberg & Lee, A Unified Approach to Interpreting Model Predictions, 2017. Games over
several data sets stand in several.py. Left out: interactions of three and more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from nasbook.explain.coalitions import members
from nasbook.explain.source import Source, Surrogate, point
from nasbook.search import search
from nasbook.space import Config, Constant, Parameter, Space
from nasbook.task import FunctionTask

GAMES = ("ablation", "tunability", "sensitivity", "optimiser")
ROWS = 20_000  # points that are asked for at once
FOLD: dict[str, Callable[..., np.ndarray]] = {"ablation": np.mean, "tunability": np.min, "sensitivity": np.var}


@dataclass(frozen=True)
class Game:
    """One of the first three games among the `axes` (n,) of the unit cube.

    inner (K, d), outer (K, d): the pairs of points that members and others are taken from, K of them in turn.
    """

    source: Source
    kind: str
    axes: np.ndarray
    inner: np.ndarray
    outer: np.ndarray

    def points(self, inside: np.ndarray) -> np.ndarray:
        """(m, K, d) the points u_S of coalitions (m, n)."""
        mine = np.zeros((len(inside), self.inner.shape[1]), bool)
        mine[:, self.axes] = inside
        return np.where(mine[:, None, :], self.inner, self.outer)

    def each(self, inside: np.ndarray) -> np.ndarray:
        """(B, m) what coalitions (m, n) are worth to every tree of the source (a table: B = 1)."""
        return self.apart(inside)[0]

    def apart(self, inside: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The same, and (m, K) what every pair of points adds, as a mean over the trees: their means are the worth."""
        K, d = self.inner.shape
        trees, pairs = [], []
        for rows in np.array_split(inside, max(1, -(-len(inside) * K // ROWS))):
            f = self.source.each(self.points(rows).reshape(-1, d))
            f = f.reshape(len(f), len(rows), K)
            trees.append(self._fold(f))
            pairs.append(self._added(f).mean(0))
        return self._grown(np.concatenate(trees, 1)), np.concatenate(pairs)

    def all(self) -> tuple[np.ndarray, np.ndarray]:
        """The same for all coalitions, (B, 2ⁿ) and (2ⁿ, K); from the grid of a table, where there is one, without any
        sampling: K = 1."""
        grid = self.source.grid
        if grid is None or isinstance(self.source, Surrogate) or (self.kind == "ablation" and len(self.outer) == 1):
            return self.apart(members(len(self.axes)))
        at = self.source.places(np.vstack([self.inner[0], self.outer[0]]))
        worth = []
        for inside in members(len(self.axes)):
            mine = np.zeros(grid.ndim, bool)
            mine[self.axes] = inside
            fixed, place = (mine, at[0]) if self.kind == "ablation" else (~mine, at[1])
            part = grid[tuple(int(place[j]) if fixed[j] else slice(None) for j in range(grid.ndim))]
            worth.append(self._fold(np.ravel(part)))
        v = np.array(worth, float)
        return v[None], v[:, None]

    def drawn(self, inside: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """(m,) of coalitions (m, n), for the sampled Shapley value: of a mean, one term, the same for all."""
        if self.kind != "ablation":
            return self.each(inside).mean(0)
        k = [int(rng.integers(len(self.inner)))]
        one = Game(self.source, self.kind, self.axes, self.inner[k], self.outer[k])
        return self.source.values(one.points(inside)[:, 0])

    def _fold(self, f: np.ndarray) -> np.ndarray:
        return np.asarray(FOLD[self.kind](f, axis=-1))

    def _added(self, f: np.ndarray) -> np.ndarray:
        """(…, K) the terms of a mean or a variance over the last axis; a minimum has none, so each adds it all."""
        if self.kind == "sensitivity":
            return np.asarray((f - f.mean(-1, keepdims=True)) ** 2)
        return f if self.kind == "ablation" else np.broadcast_to(f.min(-1, keepdims=True), f.shape)

    def _grown(self, worth: np.ndarray) -> np.ndarray:
        """Who may tune more can leave it: a minimum over random λ is also one over its smaller coalitions'."""
        n = len(self.axes)
        if self.kind == "tunability" and worth.shape[1] == 1 << n:
            for i in range(n):
                S = np.flatnonzero(~members(n)[:, i])
                worth[:, S | 1 << i] = np.minimum(worth[:, S | 1 << i], worth[:, S])
        return worth


def optimiser(
    source: Source, axes: np.ndarray, default: np.ndarray, best: np.ndarray, method: str, trials: int, seeds: int
) -> np.ndarray:
    """(2ⁿ, seeds) the optimiser game: for every coalition of `axes` (n,), how far above the lowest value in reach a
    method stays that tunes these parameters with `trials` trials, seed by seed. best (2ⁿ,): the tunability game."""
    space, worth = source.space, np.empty((len(best), seeds))

    def value(config: Config) -> float:
        return float(source.values(point(space, config, default)[None])[0])

    for S, inside in enumerate(members(len(axes))):
        if not inside.any():
            worth[S] = best[S]  # nothing to tune, nothing to miss
            continue
        task = FunctionTask(value, within(space, default, {space.free[j] for j in axes[inside]}))
        worth[S] = [search(method, task, trials=trials, seed=seed).best.value for seed in range(seeds)]
    return worth - best[:, None]


def within(space: Space, default: np.ndarray, tuned: set[str]) -> Space:
    """The space in which only some parameters are tuned and the others stay at a default (d,) of the unit cube."""
    at = dict(zip(space.free, default, strict=True))
    kept: dict[str, Parameter] = {}
    for name, p in space.parameters.items():
        condition = space.conditions[name]
        fixed = {n: kept[n].value for n in condition if isinstance(kept.get(n), Constant)}  # type: ignore[union-attr]
        if any(n not in kept for n in condition) or any(value not in condition[n] for n, value in fixed.items()):
            continue  # it never exists
        when = {n: list(values) for n, values in condition.items() if n not in fixed} or None
        stays = isinstance(p, Constant) or name in tuned
        kept[name] = replace(p, when=when) if stays else Constant(p.decode(float(at[name])), when=when)  # type: ignore[union-attr]
    return Space(kept)
