"""In-context Bayesian optimisation: a transformer that has seen 260,000 drawn problems says what to expect of this one.

    once, before any search:   q_θ(y | x, data), trained on draws from a prior     prior_fitted.py, problems.py
    1. a few quasi-random trials
    2. belief:  q_θ(y | x, the trials), in one forward pass; nothing is fitted     `PfnView.bars`
    3. next:    x = argmax EI(x) or PI(x), exact from the bars;  go to 2           bars.py, maximise.py

The prior is what it was trained on: up to eight mixed parameters, Gaussian processes, small networks and trees. There
is no other knob; what lies outside, it cannot know. Values are standardised; one absurdly far out is drawn in
(kit/values.py). Failed trials and those in flight count as the worst value seen. It was shown up to 100 points: of more
trials it sees the 50 best and the 50 last.

Papers: Müller, Hollmann, Pineda Arango, Grabocka & Hutter, Transformers Can Do Bayesian Inference, 2022; Müller,
Feurer, Hollmann & Hutter, PFNs4BO: In-Context Learning for Bayesian Optimization, 2023. Left out: the paper's input
warping at the time of search, its gradient steps on the acquisition, user priors.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path

import numpy as np

from nasbook.hpo.parts.bars import Bars
from nasbook.hpo.parts.maximise import maximise, quasi_random
from nasbook.kit.believing import Believing
from nasbook.kit.checks import setting, whole
from nasbook.kit.untried import fresh
from nasbook.kit.values import Reach
from nasbook.space import Config, Space

MOST, SEEN, DESIGN = 8, 100, 64  # parameters and points that the network was trained with; quasi-random points
WEIGHTS = Path(__file__).parents[1] / "data" / "pfn_functions.safetensors"


@dataclass(frozen=True)
class PfnSettings:
    startup: int = setting(4, "Quasi-random trials before the first belief.")
    acquisition: str = setting("ei", "What is made largest: ei (expected improvement) or pi (its probability).")

    def __post_init__(self) -> None:
        whole("startup", self.startup, 3)
        if self.acquisition not in ("ei", "pi"):
            raise ValueError(f"acquisition must be ei or pi, not {self.acquisition!r}")


@dataclass(frozen=True, eq=False)
class PfnView:
    """What the method believed when it chose. Points lie in the unit cube; NaN where a parameter is inactive."""

    space: Space
    settings: PfnSettings
    U: np.ndarray  # (n, d) trials that have a value
    y: np.ndarray  # (n,)
    failed: np.ndarray  # (m, d)
    pending: np.ndarray  # (k, d)
    believes: bool = False  # False during the first trials
    next: np.ndarray | None = None  # (d,)

    @property
    def best(self) -> float | None:
        """f*: the lowest value told."""
        return float(self.y.min()) if len(self.y) else None

    def predict(self, U: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean (m,) and standard deviation (m,) at points (m, d), in the units of the value."""
        p, _, shift, scale = self._believe(U)
        return self._reach.let_out(shift + scale * self.bars.mean(p), scale * self.bars.std(p))

    def quantiles(self, U: np.ndarray, *qs: float) -> list[np.ndarray]:
        """Values (m,) below which the function lies with these probabilities."""
        p, _, shift, scale = self._believe(U)
        return [self._reach.let_out(shift + scale * self.bars.quantile(p, q), np.zeros(len(p)))[0] for q in qs]

    def acquire(self, U: np.ndarray) -> np.ndarray:
        """Expected improvement at points (m, d) in units of the standardised value, or its probability: (m,)."""
        p, best, _, _ = self._believe(U)
        return self.bars.shortfall(p, best) if self.settings.acquisition == "ei" else self.bars.cdf(p, best)

    def suggest(self, rng: np.random.Generator, tried: Collection[tuple] = ()) -> Config:
        """The configuration with the largest acquisition, but none whose key is in `tried` if there is another."""
        best = self.U[np.argsort(self.y, kind="stable")[:5]]
        order = maximise(self.space, self.acquire, None, best, rng)
        return fresh(chain([first := next(order)], order), self.space, tried, rng) or first

    def _believe(self, U: np.ndarray) -> tuple[np.ndarray, float, float, float]:
        """Probabilities (m, B) of the bars, and f* standardised; mean and scale with which it was."""
        if not self.believes:
            raise ValueError("there is no belief yet: the first trials are quasi-random")
        from nasbook.hpo.parts.prior_fitted import bars_at, read  # loads torch

        shown, z, best, shift, scale = self._shown
        return bars_at(read(WEIGHTS), shown, z, self.space.snap(U), self.space.unordered), best, shift, scale

    @cached_property
    def _shown(self) -> tuple[np.ndarray, np.ndarray, float, float, float]:
        """The trials that the network is shown (n, d), their values (n,) and f*, standardised; mean and scale."""
        told = self._reach.draw_in(self.y)
        y = np.r_[told, [told.max()] * (len(self.failed) + len(self.pending))]
        U = self.space.snap(np.concatenate([self.U, self.failed, self.pending]))
        shift, scale = float(y.mean()), float(y.std()) or 1.0
        z = (y - shift) / scale
        if len(y) > SEEN:
            last = np.arange(len(y) - SEEN // 2, len(y))
            kept = np.r_[np.argsort(y[: last[0]], kind="stable")[: SEEN // 2], last]
            U, z = U[kept], z[kept]
        return U, z, float((told.min() - shift) / scale), shift, scale

    @property
    def bars(self) -> Bars:
        from nasbook.hpo.parts.prior_fitted import read  # loads torch

        return Bars(read(WEIGHTS).edges.numpy())

    @cached_property
    def _reach(self) -> Reach:
        return Reach.of(self.y)


class Pfn(Believing):
    name = "pfn"
    Settings = PfnSettings
    View = PfnView

    def __init__(self, space: Space, seed: int = 0, **settings: object) -> None:
        super().__init__(space, seed, **settings)
        self._design = map(space.decode, quasi_random(space.d, DESIGN, self.rng))

    def check_space(self, space: Space) -> None:
        super().check_space(space)
        if space.d > MOST:
            raise ValueError(
                f"{self.name}: the network was trained on up to {MOST} parameters, and this space has {space.d}; "
                "use 'bayesian', 'tpe' or 'forest'"
            )

    def propose(self) -> Config:
        tried = self.tried
        if self.belief.believes:
            return self.belief.suggest(self.rng, tried)
        return fresh(self._design, self.space, tried, self.rng) or self.space.sample(self.rng)

    def believe(self) -> PfnView:
        U, y, failed, pending = self.known()
        asked = len(self.trials) + len(self.pending)
        ready = asked >= self.settings.startup and len(y) >= 3
        return PfnView(self.space, self.settings, U, y, failed, pending, ready)
