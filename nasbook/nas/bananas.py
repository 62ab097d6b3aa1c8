"""BANANAS: an ensemble of networks predicts every candidate, and independent Thompson sampling chooses.

    1. `startup` random architectures
    2. fit:      f̂_1 … f̂_M on the paths of what was evaluated                       (ensemble.py)
    3. propose:  candidates = the best architectures so far, mutated
                 f̃(a) ~ N(mean_m f̂_m(a), var_m f̂_m(a)), for each candidate on its own; evaluate the `batch` lowest
    4. go to 2

Paper: White, Neiswanger & Savani, BANANAS: Bayesian Optimization with Neural Architectures for Neural Architecture
Search, AAAI 2021 (algorithm 1 and section 4.2). Read first: `_refill`. It works on any space: where the parameters are
no architecture, the "paths" are the pairs of parameter and value. Failed trials count as the worst value seen. Left
out: the paper's truncated encoding.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nasbook.kit.blas import one_thread
from nasbook.kit.checks import setting, whole
from nasbook.kit.values import Reach
from nasbook.method import Method, Proposal
from nasbook.nas.parts.paths import paths
from nasbook.space import Config, Space
from nasbook.trace import Trial


@dataclass(frozen=True)
class BananasSettings:
    startup: int = setting(10, "How many random architectures come first.")
    batch: int = setting(10, "How many are evaluated between two fits.")
    candidates: int = setting(100, "How many mutated architectures the ensemble judges.")
    parents: int = setting(10, "How many of the best architectures are mutated.")
    members: int = setting(5, "Networks in the ensemble (M).")
    epochs: int = setting(100, "How long each of them is trained.")

    def __post_init__(self) -> None:
        for name, least in (("startup", 1), ("batch", 1), ("candidates", 1), ("parents", 1), ("members", 2)):
            whole(name, getattr(self, name), least)
        whole("epochs", self.epochs, 1)


@dataclass(frozen=True, eq=False)
class BananasView:
    """What the ensemble said of the candidates when the last batch was chosen; empty during the random start."""

    candidates: tuple[Config, ...]  # c of them, most promising draw first
    mean: np.ndarray  # (c,) in the units of the value
    std: np.ndarray  # (c,)
    drawn: np.ndarray  # (c,) f̃, by which they are sorted
    parents: tuple[int, ...]  # (c,) the trial that each was mutated from
    chosen: int | None  # place of the trial asked for last; None if it was random
    predict: Callable[[list[Config]], tuple[np.ndarray, np.ndarray]] | None = None  # mean and std of any configurations


class Bananas(Method):
    name = "bananas"
    Settings = BananasSettings
    View = BananasView

    def __init__(self, space: Space, seed: int = 0, **settings: object) -> None:
        super().__init__(space, seed, **settings)
        self.paths = paths(space)
        self.fitted = 0  # trials that the present ensemble has seen
        self.judged = BananasView((), np.empty(0), np.empty(0), np.empty(0), (), None)
        self.waiting: list[int] = []  # places in `judged` that are still to be asked
        self.chosen: int | None = None  # the place that was asked for last

    def propose(self) -> Config | Proposal:
        s = self.settings
        self.chosen = None
        if len(self.trials) + len(self.pending) < s.startup or not self.done:
            return self._unseen(self.space.sample(self.rng))
        if not self.fitted or (not self.waiting and len(self.trials) > self.fitted):
            self._refill()
        tried = self.tried
        while self.waiting:
            self.chosen = self.waiting.pop(0)
            config = self.judged.candidates[self.chosen]
            if self.space.key(config) not in tried:  # another may have come from the user meanwhile
                return Proposal(config, info={"parent": self.judged.parents[self.chosen]})
        self.chosen = None
        return self._unseen(self.space.mutate(self._best(1)[0].config, self.rng))  # everything judged is in flight

    @one_thread
    def _refill(self) -> None:
        s = self.settings
        y = np.array([np.nan if t.value is None else t.value for t in self.trials])
        y[np.isnan(y)] = np.nanmax(y)
        reach = Reach.of(y, absurd=30)
        seen = [self.paths(t.config) for t in self.trials]
        columns = sorted(set().union(*seen))
        from nasbook.nas.parts.ensemble import Ensemble, path_matrix  # torch, which only a fit needs

        ensemble = Ensemble(s.members, epochs=s.epochs)
        ensemble.fit(path_matrix(seen, columns), reach.draw_in(y), seed=int(self.rng.integers(2**31)))

        def judge(configs: list[Config]) -> tuple[np.ndarray, np.ndarray]:
            f = ensemble.predict(path_matrix([self.paths(c) for c in configs], columns))  # (M, c)
            return f.mean(0), f.std(0)

        def predict(configs: list[Config]) -> tuple[np.ndarray, np.ndarray]:
            return reach.let_out(*judge(configs))

        candidates = self._candidates()
        belief = judge([c for c, _ in candidates])
        (mean, std), draw = reach.let_out(*belief), self.rng.normal(*belief)  # independent for each candidate
        drawn = reach.let_out(draw, draw)[0]
        order = np.argsort(draw, kind="stable")
        configs, parents = zip(*(candidates[i] for i in order), strict=True)
        self.judged = BananasView(configs, mean[order], std[order], drawn[order], parents, None, predict)
        self.waiting = list(range(min(s.batch, len(order))))
        self.fitted = len(self.trials)

    def _candidates(self) -> list[tuple[Config, int]]:
        """Mutations of the best architectures that were not tried yet, each with its parent."""
        tried = self.tried
        found: dict[tuple, tuple[Config, int]] = {}
        best = self._best(self.settings.parents)
        for _ in range(10 * self.settings.candidates):
            parent = best[int(self.rng.integers(len(best)))]
            child = self.space.mutate(parent.config, self.rng)
            if (key := self.space.key(child)) not in tried:
                found.setdefault(key, (child, parent.id))
            if len(found) == self.settings.candidates:
                break
        return list(found.values()) or [(self._unseen(self.space.sample(self.rng)), best[0].id)]

    def _best(self, n: int) -> list[Trial]:
        return sorted(self.done, key=lambda t: t.value)[:n]  # type: ignore[arg-type, return-value]

    def _unseen(self, config: Config) -> Config:
        """The configuration, or a random one that was not tried; after a hundred misses the space may be exhausted."""
        tried = self.tried
        for _ in range(100):
            if self.space.key(config) not in tried:
                break
            config = self.space.sample(self.rng)
        return config

    def view(self) -> BananasView:
        j = self.judged
        return BananasView(j.candidates, j.mean, j.std, j.drawn, j.parents, self.chosen, j.predict)
