"""What a Gaussian process of one variable believes under hyperparameters that are set by hand, with points or without.

    prior      f ~ GP(0, σ_f² k(r)),  r = |x - x'| / ℓ           drawn from where there are no points
    posterior  f | y                                             gp.py's, of the values as they are
    evidence   log p(y | x, ℓ, σ_f, σ_n)                         a curve over ℓ; `fitted` climbs it

Everything is in the units of y: the prior's mean is 0, and σ_f and σ_n are standard deviations. A search standardises
its values first and adds priors on ℓ, σ_f² and σ_n² (gp.py); here only the marginal likelihood counts, so that a fit is
the top of the curve.

Book: Rasmussen & Williams 2006, sections 2.2 and 5.4.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.spatial.distance import cdist

from nasbook.hpo.parts.draws import sample
from nasbook.hpo.parts.evidence import log_marginal_likelihood, lower, squared_differences
from nasbook.hpo.parts.gp import GP
from nasbook.hpo.parts.kernels import KERNELS
from nasbook.kit.blas import one_thread

BOUNDS = {"lengthscale": (0.02, 3.0), "signal": (0.1, 3.0), "noise": (0.001, 1.0)}
NAMES = tuple(BOUNDS)
LENGTHSCALES = np.geomspace(*BOUNDS["lengthscale"], 60)


@dataclass(frozen=True)
class Belief:
    """x, y (n,): the points, n ≥ 0. lengthscale ℓ in units of x, signal σ_f and noise σ_n in units of y."""

    x: np.ndarray
    y: np.ndarray
    kernel: str = "matern52"
    lengthscale: float = 0.2
    signal: float = 1.0
    noise: float = 0.05

    def __post_init__(self) -> None:
        if self.kernel not in KERNELS:
            raise ValueError(f"kernel must be one of {', '.join(KERNELS)}, not {self.kernel!r}")
        for name in NAMES:
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be above 0, not {getattr(self, name)!r}")
        if np.shape(self.x) != np.shape(self.y) or np.ndim(self.x) != 1:
            raise ValueError(f"x and y must have the same shape (n,), not {np.shape(self.x)} and {np.shape(self.y)}")

    @cached_property
    def gp(self) -> GP | None:
        """The process after its points; None while there are none."""
        if not len(self.x):
            return None
        gp = GP(self.kernel, self.lengthscale, self.signal**2, self.noise**2, standardise=False)
        return gp.fit(np.asarray(self.x)[:, None], self.y)

    def predict(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean (m,) and standard deviation (m,) of f, without the noise."""
        if self.gp is None:
            return np.zeros(len(x)), np.full(len(x), self.signal)
        return self.gp.predict(np.asarray(x)[:, None])

    def samples(self, x: np.ndarray, n: int, seed: int = 0) -> np.ndarray:
        """n functions drawn from the belief, at x (m,): (n, m). The same seed gives nearly the same functions for
        nearly the same belief, so that they move with it."""
        rng, column = np.random.default_rng(seed), np.asarray(x)[:, None]
        if self.gp is not None:
            return sample(self.gp, column, n, rng)
        k = KERNELS[self.kernel](cdist(column, column, "sqeuclidean") / self.lengthscale**2)[0]
        return self.signal * rng.standard_normal((n, len(column))) @ lower(k).T

    # ---- the evidence ----------------------------------------------------------------------------------

    @one_thread
    def evidence(self, lengthscales: np.ndarray | None = None) -> np.ndarray:
        """log p(y | x, ℓ, σ_f, σ_n) for each ℓ (m,), the other hyperparameters as they are; without points zeros."""
        ells = np.array([self.lengthscale]) if lengthscales is None else np.asarray(lengthscales, float)
        return np.array([self._log_p(np.log([ell, self.signal, self.noise]))[0] for ell in ells])

    @cached_property
    def curve(self) -> np.ndarray:
        """The evidence at each of LENGTHSCALES."""
        return self.evidence(LENGTHSCALES)

    @one_thread
    def fitted(self, *names: str) -> Belief:
        """The belief whose `names` (of lengthscale, signal, noise) maximise the evidence inside BOUNDS, the rest kept.

        One point, or none, says nothing about a length scale: then nothing changes."""
        free = np.array([name in names for name in NAMES])
        if wrong := set(names) - set(NAMES):
            raise ValueError(f"fitted: there is no hyperparameter {wrong.pop()!r}; there are {', '.join(NAMES)}")
        if len(self.x) < 2 or not names:
            return self
        fixed = np.log([getattr(self, name) for name in NAMES])
        bounds = np.log(list(BOUNDS.values()))

        def loss(part: np.ndarray) -> tuple[float, np.ndarray]:
            theta = fixed.copy()
            theta[free] = part
            value, slope = self._log_p(theta)
            return -value, -slope[free]

        from scipy.optimize import minimize  # dear, and a belief set by hand needs none

        # Starts on a grid of ℓ, because the evidence may have several tops; the two best are climbed.
        scale = max(float(np.sqrt(np.mean(np.square(self.y)))), 1e-3)
        sizes = [(scale, ratio * scale) for ratio in (0.01, 0.3)] if free[1:].any() else [(1.0, 1.0)]
        starts = [np.log([ell, *size])[free] for ell in LENGTHSCALES[::3] for size in sizes]
        starts = sorted((np.clip(s, *bounds[free].T) for s in starts), key=lambda s: loss(s)[0])[:2]
        ends = [minimize(loss, s, jac=True, method="L-BFGS-B", bounds=bounds[free]) for s in starts]
        theta = fixed.copy()
        theta[free] = min(ends, key=lambda end: end.fun).x
        return replace(self, **dict(zip(NAMES, np.exp(theta).tolist(), strict=True)))

    def _log_p(self, theta: np.ndarray) -> tuple[float, np.ndarray]:
        """The evidence and its gradient by the logarithms of ℓ, σ_f and σ_n (standard deviations)."""
        if not len(self.x):
            return 0.0, np.zeros(3)
        squares = np.array([1.0, 2.0, 2.0])  # gp.py takes variances
        value, slope = log_marginal_likelihood(theta * squares, self._D2, np.asarray(self.y), self.kernel, np.zeros(1))
        return value, slope * squares

    @cached_property
    def _D2(self) -> np.ndarray:
        return squared_differences(np.asarray(self.x)[:, None], np.zeros(1, int))
