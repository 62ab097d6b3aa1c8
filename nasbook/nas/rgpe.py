"""RGPE: what earlier searches of related tasks say about this one, believed as far as it proves right.

    f_1 … f_k   a Gaussian process on the trials of each source task, fitted once
    f_t         a Gaussian process on the trials of the target so far
    L(f, b)     = Σ_{j,l ∈ b} 1[(f(x_j) < f(x_l)) ≠ (y_j < y_l)]      pairs of trials that f puts in the wrong order
    w_i         = share of the bootstrap samples b of the target's trials in which L(f_i, b) is the lowest
    mean(x)     = Σ w_i mean_i(x),   var(x) = Σ w_i² var_i(x)         then expected improvement chooses a candidate

For f_t the predictions are those of leave-one-out: it must not be praised for what it was told. A tie goes to the
target. A source whose median loss lies above the 95 % quantile of the target's gets no weight at all, so that many
poor sources cannot outvote a good target. A source that misleads is so given up after a few trials; what it has cost
by then are the `top` first trials, which are the sources' best.

A task's values enter as normal scores, Φ⁻¹((rank - ½) / n): tasks of different scales become comparable, and a few
failures do not stretch the scale. Failed trials rank last. It works on any space.

Paper: Feurer, Letham & Bakshy, Scalable Meta-Learning for Bayesian Optimization using Ranking-Weighted Gaussian Process
Ensembles, AutoML workshop at ICML 2018. Read first: `ranking_loss` and `ranking_weights`. Two things differ from it:
the samples are bootstraps of the trials, not draws from the posteriors, and the sources' best are tried first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_triangular

from nasbook.hpo.parts.acquisition import log_ei
from nasbook.hpo.parts.features import Features
from nasbook.hpo.parts.gp import GP
from nasbook.kit.blas import one_thread
from nasbook.kit.checks import one_of, setting, whole
from nasbook.method import Method
from nasbook.nas.parts.sources import Source, as_sources, best_of, normal_scores
from nasbook.space import Config, Space

WEIGHTINGS = ("ranking", "equal")


@dataclass(frozen=True)
class RGPESettings:
    sources: Sequence[object] = setting(
        (), "Traces of related tasks over this space, or their files; none: a cold start."
    )
    top: int = setting(5, "How many of the sources' best are tried first.")
    startup: int = setting(10, "How many trials, these and random ones, come before the ensemble chooses.")
    weighting: str = setting("ranking", "By the order that a model predicts, or all the same.", WEIGHTINGS)
    candidates: int = setting(200, "How many configurations are judged: half mutations of the best, half random.")
    samples: int = setting(200, "Bootstrap samples that the weights are counted from.")

    def __post_init__(self) -> None:
        object.__setattr__(self, "sources", as_sources(self.sources))  # plain trials: the header needs no other file
        for name, least in (("top", 0), ("startup", 1), ("candidates", 2), ("samples", 1)):
            whole(name, getattr(self, name), least)
        one_of("weighting", self.weighting, WEIGHTINGS)


@dataclass(frozen=True, eq=False)
class RGPEView:
    """What each model was worth when the next trial was chosen. During the start there is nothing but names."""

    names: tuple[str, ...]  # the sources' tasks, then "target"
    weights: tuple[float, ...] = ()  # of each, adding up to 1
    loss: tuple[float, ...] = ()  # share of the pairs of target trials that each puts in the wrong order
    candidates: tuple[Config, ...] = ()  # most promising first; the first is the next trial
    mean: tuple[float, ...] = ()  # of the ensemble for each candidate, in normal scores
    std: tuple[float, ...] = ()


def ranking_loss(f: np.ndarray, y: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(S,) pairs that predictions f (n,) of values y (n,) put in the wrong order, in samples b (S, n) of places."""
    wrong = (f[:, None] < f[None]) != (y[:, None] < y[None])
    count = np.stack([np.bincount(sample, minlength=len(y)) for sample in b])  # (S, n) how often each was drawn
    return np.einsum("sj,jl,sl->s", count, wrong.astype(int), count)


def ranking_weights(loss: np.ndarray) -> np.ndarray:
    """(k + 1,) weights from the losses (k + 1, S) of k sources and, in the last row, of the target."""
    loss = loss.astype(float)
    loss[:-1][np.median(loss[:-1], axis=1) > np.quantile(loss[-1], 0.95)] = np.inf
    best = loss == loss.min(0)
    best[:-1] &= ~best[-1]  # a tie goes to the target; several equally good sources share it
    return (best / best.sum(0)).mean(1)


def leave_one_out(gp: GP) -> np.ndarray:
    """(n,) prediction of each value from all the others: y_i - [K⁻¹y]_i / [K⁻¹]_ii (Rasmussen & Williams, eq. 5.12)."""
    half = solve_triangular(gp.L, np.eye(len(gp.X)), lower=True)
    return gp.shift + gp.scale * (gp.z - gp.alpha / (half**2).sum(0))


class RGPE(Method):
    name = "rgpe"
    Settings = RGPESettings
    View = RGPEView

    def __init__(self, space: Space, seed: int = 0, **settings: object) -> None:
        super().__init__(space, seed, **settings)
        self.features = Features(space)
        self.sources = [Source(one, space) for one in self.settings.sources]
        self.models: list[GP] = []  # of the sources
        self.first = best_of(self.sources, self.settings.top, space)
        self.belief = RGPEView((*(s.task for s in self.sources), "target"))

    def propose(self) -> Config:
        self.belief = RGPEView(self.belief.names)
        tried = self.tried
        self.first = [c for c in self.first if self.space.key(c) not in tried]
        if self.first:
            return self.first.pop(0)
        if self.next_id < self.settings.startup or not self.done:
            return self._unseen(tried)
        return self._choose(tried)

    @one_thread
    def _choose(self, tried: set[tuple]) -> Config:
        if not self.models:
            self.models = [self._fit(s.configs, s.values) for s in self.sources]
        configs = [t.config for t in self.trials]
        y = normal_scores([t.value if t.status == "done" else np.inf for t in self.trials])  # type: ignore[misc]
        target = self._fit(configs, y)
        f = [*(model.predict(self._columns(configs))[0] for model in self.models), leave_one_out(target)]
        b = self.rng.integers(len(y), size=(self.settings.samples, len(y)))
        if self.settings.weighting == "ranking":
            w = ranking_weights(np.array([ranking_loss(guess, y, b) for guess in f]))
        else:
            w = np.full(len(f), 1 / len(f))

        candidates = self._candidates(tried)
        each = [model.predict(self._columns(candidates)) for model in (*self.models, target)]
        mean = w @ np.array([m for m, _ in each])
        std = np.sqrt(w**2 @ np.array([s for _, s in each]) ** 2)
        order = np.argsort(-log_ei(mean, std, float(y.min())), kind="stable")
        once = np.arange(len(y))[None]
        loss = tuple(float(ranking_loss(guess, y, once)[0]) / max(1, len(y) * (len(y) - 1)) for guess in f)
        ranked = tuple(candidates[i] for i in order)
        self.belief = RGPEView(
            self.belief.names, tuple(w.tolist()), loss, ranked, tuple(mean[order].tolist()), tuple(std[order].tolist())
        )
        return ranked[0]

    def _columns(self, configs: Sequence[Config]) -> np.ndarray:
        return self.features(np.array([self.space.encode(c) for c in configs]))

    def _fit(self, configs: Sequence[Config], values: Sequence[float] | np.ndarray) -> GP:
        return GP(groups=self.features.groups).fit(self._columns(configs), normal_scores(values))

    def _candidates(self, tried: set[tuple]) -> list[Config]:
        """Untried configurations, each once: mutations of the ten best, and random ones."""
        best = sorted(self.done, key=lambda t: t.value)[:10]  # type: ignore[arg-type, return-value]
        found: dict[tuple, Config] = {}
        for i in range(self.settings.candidates):
            parent = best[int(self.rng.integers(len(best)))].config
            config = self.space.sample(self.rng) if i % 2 else self.space.mutate(parent, self.rng)
            found.setdefault(self.space.key(config), config)
        return [c for key, c in found.items() if key not in tried] or [self._unseen(tried)]

    def _unseen(self, tried: set[tuple]) -> Config:
        """A random configuration that was not tried; after a hundred misses the space may be exhausted."""
        for _ in range(100):
            config = self.space.sample(self.rng)
            if self.space.key(config) not in tried:
                break
        return config

    def view(self) -> RGPEView:
        return self.belief
