"""One moment of Bayesian optimisation: the results, the belief that they lead to, and where it would look next.

    view.fitted()                     f | results ~ GP
    view.predict(U), view.acquire(U)  mean and std; what a point is worth          U (m, d): points of the unit cube
    view.suggest(rng)                 argmax of the acquisition
    view.by("pi", xi=0.05)            the same belief, judged by another acquisition

Points are NaN where a parameter is inactive. Trials that failed count as the worst value seen. Trials in flight count
as the setting `lie` says: as the lowest, mean or highest value seen (constant liar), or as the mean that the results
alone lead to ("believer"), which leaves the mean as it is and takes the doubt away there (Ginsbourger et al. 2010).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np

from nasbook.hpo.parts.acquisition import ACQUISITIONS, SLOPES, ei_per_second, thompson
from nasbook.hpo.parts.features import Features
from nasbook.hpo.parts.gp import GP
from nasbook.hpo.parts.knowledge_gradient import knowledge_gradient
from nasbook.hpo.parts.maximise import enumerate_all, maximise, quasi_random
from nasbook.hpo.parts.prior import Prior, weighted
from nasbook.kit.blas import one_thread
from nasbook.kit.untried import untried
from nasbook.kit.values import exponent, tame, untame
from nasbook.space import Config, Space

LIES: dict[str, Callable[[np.ndarray], Any]] = {"min": np.min, "mean": np.mean, "max": np.max}
LISTED, SPREAD = 128, 64  # of the points of the knowledge gradient
SHORTEST = 1e-3  # seconds: differences between shorter trials are the noise of a timer


@dataclass(frozen=True, eq=False)
class BayesianView:
    """What the method believed when it chose. Points lie in the unit cube; NaN where a parameter is inactive."""

    space: Space
    settings: Any  # BayesianSettings
    U: np.ndarray  # (n, d) trials that have a value
    y: np.ndarray  # (n,)
    failed: np.ndarray  # (m, d)
    pending: np.ndarray  # (k, d)
    gp: GP | None = None  # None during the first trials
    next: np.ndarray | None = None  # (d,) the trial that was chosen
    draw: int = 0  # seed of the function that Thompson sampling draws
    seconds: np.ndarray | None = None  # (n,) what the trials cost; NaN where that was not told

    @property
    def acquisition(self) -> str:
        return self.settings.acquisition

    @property
    def best(self) -> float | None:
        """f*: the lowest value told."""
        return float(self.y.min()) if len(self.y) else None

    @cached_property
    def values(self) -> np.ndarray:
        """(n,) what the process learns from: y, or, where that is of a size that cannot be squared, a part of it."""
        return tame(self.y)

    def fitted(self, **changes: Any) -> BayesianView:
        """The belief that these results lead to, here or under changed settings."""
        s = replace(self.settings, **changes)
        gp = GP(s.kernel, lengthscale=s.lengthscale, noise=s.noise, groups=self._features.groups)
        told, flying = self._see(np.concatenate([self.U, self.failed])), self._see(self.pending)
        y = np.r_[self.values, [self.values.max()] * len(self.failed)]
        if s.lie in LIES:
            gp.fit(np.concatenate([told, flying]), np.r_[y, [LIES[s.lie](self.values)] * len(flying)])
        else:
            gp.fit(told, y)
            gp = gp.given(flying, gp.predict(flying)[0]) if len(flying) else gp
        return replace(self, settings=s, gp=gp)

    def by(self, acquisition: str, **options: Any) -> BayesianView:
        """The same belief, judged by another acquisition; options: xi, kappa, prior, beta."""
        return replace(self, settings=replace(self.settings, acquisition=acquisition, **options))

    def predict(self, U: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean (m,) and standard deviation (m,) of the function at points (m, d), in the units of the value."""
        e = exponent(self.y)
        mean, std = self._believed.predict(self._see(U))
        return untame(mean, e), untame(std, e)

    def predict_seconds(self, U: np.ndarray) -> np.ndarray:
        """What trials at points (m, d) may cost, the median of that belief: (m,). 1 while no cost has been told."""
        return self._cost(self._see(U))[0]

    def samples(self, U: np.ndarray, n: int = 3, seed: int = 0) -> np.ndarray:
        """n functions drawn from the belief, at points (m, d): (n, m)."""
        return untame(self._believed.sample(self._see(U), n, np.random.default_rng(seed)), exponent(self.y))

    def acquire(self, U: np.ndarray) -> np.ndarray:
        """The acquisition at points (m, d), times π^(β/n) if there is a prior: (m,), larger is better."""
        U = self._features.snap(U)
        Z = self._features(U)
        a = self._score(Z)
        if self._prior is None:
            return a
        w, none = self.fading * self._prior.log(Z, U)[0], np.zeros_like(Z)
        return weighted(a, none, w, none, self.acquisition, self.values.min())[0]

    def trust(self, U: np.ndarray) -> np.ndarray:
        """π^(β/n), what is left of the prior, at points (m, d): (m,); 1 without a prior."""
        U = self._features.snap(U)
        return (
            np.ones(len(U)) if self._prior is None else np.exp(self.fading * self._prior.log(self._features(U), U)[0])
        )

    @property
    def fading(self) -> float:
        """β/n, the exponent of the prior; n counts all trials so far, those in flight too."""
        return self.settings.beta / max(1, len(self.y) + len(self.failed) + len(self.pending))

    @one_thread
    def suggest(self, rng: np.random.Generator, tried: Collection[tuple] = ()) -> Config:
        """The configuration with the largest acquisition, but none whose key is in `tried` if there is another."""
        slope = self._slope if self.acquisition in SLOPES or self.acquisition == "ei_per_second" else None
        best = self.U[np.argsort(self.y, kind="stable")[:5]]
        order = maximise(self._features, self.acquire, slope, best, rng)
        for config in chain([first := next(order)], order):
            if self.space.key(config) not in tried:
                return config
        return untried(self.space, tried, rng) or first

    # ---- the acquisition at features Z (m, D) ----------------------------------------------------------

    def _score(self, Z: np.ndarray) -> np.ndarray:
        gp, name = self._believed, self.acquisition
        if name == "thompson":
            return thompson(self._drawn(Z))
        if name == "knowledge_gradient":
            return knowledge_gradient(gp, Z, self._among)
        if name == "ei_per_second":
            return ei_per_second(*gp.predict(Z), self.values.min(), self._cost(Z)[0], **self._options(gp.scale))
        return ACQUISITIONS[name](*gp.predict(Z), self.values.min(), **self._options(gp.scale))

    def _slope(self, Z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The acquisition and its gradient, with values in standard deviations: ∂a/∂x = ∂a/∂μ ∂μ/∂x + ∂a/∂σ ∂σ/∂x."""
        c, name = self._believed.scale, self.acquisition.removesuffix("_per_second")
        mean, std, dmean, dstd = (v / c for v in self._believed.slopes(Z))
        belief, options = (mean, std, self.values.min() / c), self._options(1.0)
        da_dmean, da_dstd = SLOPES[name](*belief, **options)
        a, da = ACQUISITIONS[name](*belief, **options), da_dmean[:, None] * dmean + da_dstd[:, None] * dstd
        if name != self.acquisition:  # (a/c)' = (a' - a (ln c)') / c
            cost, dln_cost = self._cost(Z)
            a, da = a / cost, (da - a[:, None] * dln_cost) / cost[:, None]
        if self._prior is not None:
            w, dw = self._prior.log(Z)
            a, da = weighted(a, da, self.fading * w, self.fading * dw, name, self.values.min() / c)
        return a, da

    def _options(self, scale: float) -> dict[str, Any]:
        return {"kappa": self.settings.kappa} if self.acquisition == "ucb" else {"xi": self.settings.xi * scale}

    def _cost(self, Z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Predicted seconds (m,), and the gradient (m, D) of their logarithm."""
        if self._clock is None:
            return np.ones(len(Z)), np.zeros(Z.shape)
        ln_seconds, _, slope, _ = self._clock.slopes(Z)
        return np.exp(ln_seconds), slope

    @cached_property
    def _clock(self) -> GP | None:
        """The belief about the logarithm of the seconds that a trial takes."""
        told = np.array([] if self.seconds is None else self.seconds, float)
        known = np.flatnonzero(np.isfinite(told))
        if not len(known):
            return None
        gp = GP(self.settings.kernel, groups=self._features.groups)
        return gp.fit(self._see(self.U[known]), np.log(np.maximum(told[known], SHORTEST)))

    @cached_property
    def _among(self) -> np.ndarray:
        """Features of the points of which the knowledge gradient wants the lowest."""
        if self.space.at_most(LISTED):
            return self._see(enumerate_all(self.space))
        return self._see(np.concatenate([self.U, quasi_random(self.space.d, SPREAD, np.random.default_rng(0))]))

    def _see(self, U: np.ndarray) -> np.ndarray:
        return self._features(self._features.snap(U))

    @cached_property
    def _features(self) -> Features:
        return Features(self.space)

    @cached_property
    def _prior(self) -> Prior | None:
        return Prior(self._features, self.settings.prior) if self.settings.prior else None

    @cached_property
    def _drawn(self) -> Callable[[np.ndarray], np.ndarray]:
        return self._believed.path(np.random.default_rng(self.draw))

    @property
    def _believed(self) -> GP:
        if self.gp is None:
            raise ValueError("there is no belief yet: the first trials are quasi-random")
        return self.gp
