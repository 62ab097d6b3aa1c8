"""A Parzen estimator: a density from a few points, one kernel on each and a wide one, the prior, on the whole cube.

    p(u) = Σ_k w_k Π_j p_jk(u_j)

    Float            p_jk = N(u_j; μ_jk, σ_jk²), cut off at 0 and 1
    Int, ordered     the same, integrated over the cell of the value; so too a Float in steps
    Choice           (1[u_j = option_k] + prior/K) / (1 + options · prior/K),   K = n + 1 kernels

The n points are the μ_k; the last kernel is the prior: μ = ½, σ = 1 (Choice: uniform). σ_jk is the larger of the gaps
to the two neighbours on axis j (for the outermost points the gap to the inner one), at least 1 / min(100, K + 1), at
most 1: narrow where points crowd, wide where they are rare.

Source: Optuna 5's `_ParzenEstimator`; the choices are compared in Watanabe, Tree-Structured Parzen Estimator:
Understanding Its Algorithm Components, 2023. Points lie in the unit cube of `Space`, whose cells are Optuna's.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import logsumexp, ndtr, ndtri

from nasbook.space import Choice, Constant, Float, Int, Parameter

Array = np.ndarray


def bandwidths(u: Array) -> Array:
    """σ (n,) of points (n,) on one axis."""
    n = len(u)
    order = np.argsort(u, kind="stable")
    gaps = np.diff(np.r_[0, u[order], 1])
    larger = np.maximum(gaps[:-1], gaps[1:])
    if n > 1:
        larger[0], larger[-1] = gaps[1], gaps[-2]
    sigma = np.empty(n)
    sigma[order] = larger.clip(1 / min(100, n + 2), 1)
    return sigma


class Parzen:
    """A density on the coordinates of `parameters`, from points U (n, d) of weights (n,); the prior weighs `prior`."""

    def __init__(
        self, parameters: Sequence[Parameter], U: Array, weights: Array | None = None, prior: float = 1.0
    ) -> None:
        U = np.asarray(U, float).reshape(-1, len(parameters))
        w = np.r_[np.ones(len(U)) if weights is None else weights, prior]
        self.weights = w / w.sum()  # (K,)
        self.kernels = [_kernel(p, u, prior) for p, u in zip(parameters, U.T, strict=True)]

    def log_pdf(self, U: Array) -> Array:
        """ln p at points (m, d): (m,). A Float counts as a density on [0, 1], Int and Choice as a probability."""
        by_kernel = sum((k.log_pdf(u) for k, u in zip(self.kernels, np.asarray(U, float).T, strict=True)), start=0.0)
        return logsumexp(by_kernel + np.log(self.weights), axis=1)

    def sample(self, m: int, rng: np.random.Generator) -> Array:
        """m points (m, d): a kernel by its weight, then each coordinate from that kernel."""
        chosen = rng.choice(len(self.weights), p=self.weights, size=m)
        return np.stack([k.sample(chosen, rng) for k in self.kernels], axis=1)

    def marginal(self, j: int, u: Array) -> Array:
        """Density (or probability, of an Int or a Choice) of coordinate j at u (m,): (m,)."""
        return np.exp(self.kernels[j].log_pdf(np.asarray(u, float))) @ self.weights


class _Normal:
    """Normal kernels on [0, 1]."""

    def __init__(self, u: Array) -> None:
        self.mu, self.sigma = np.r_[u, 0.5], np.r_[bandwidths(u), 1.0]
        self.inside = _mass(-self.mu / self.sigma, (1 - self.mu) / self.sigma)

    def log_pdf(self, u: Array) -> Array:
        z = (u[:, None] - self.mu) / self.sigma
        return -(z**2) / 2 - np.log(np.sqrt(2 * np.pi) * self.sigma * self.inside)

    def sample(self, k: Array, rng: np.random.Generator) -> Array:
        mu, sigma = self.mu[k], self.sigma[k]
        below = ndtr(-mu / sigma)
        return (mu + sigma * ndtri(below + rng.random(len(k)) * self.inside[k])).clip(0, 1)


class _Cells(_Normal):
    """The same, integrated over cells: all u of a cell are the same value."""

    def __init__(self, p: Float | Int | Choice, u: Array) -> None:
        super().__init__(u)
        self.p = p

    def log_pdf(self, u: Array) -> Array:
        left, right = (end[:, None] for end in self.p.cell(u))
        with np.errstate(divide="ignore"):  # far away, a kernel has nothing; the prior always has something
            return np.log(_mass((left - self.mu) / self.sigma, (right - self.mu) / self.sigma) / self.inside)

    def sample(self, k: Array, rng: np.random.Generator) -> Array:
        return self.p.snap(super().sample(k, rng))


class _Table:
    """Probabilities of options."""

    def __init__(self, options: int, u: Array, prior: float) -> None:
        K = len(u) + 1
        p = np.full((K, options), prior / K)
        p[np.arange(K - 1), _option(u, options)] += 1
        self.p = p / p.sum(axis=1, keepdims=True)

    def log_pdf(self, u: Array) -> Array:
        return np.log(self.p[:, _option(u, self.p.shape[1])].T)

    def sample(self, k: Array, rng: np.random.Generator) -> Array:
        up_to = np.cumsum(self.p[k], axis=1)
        option = (up_to < rng.random(len(k))[:, None]).sum(axis=1)
        return (np.minimum(option, self.p.shape[1] - 1) + 0.5) / self.p.shape[1]


def _kernel(p: Parameter, u: Array, prior: float) -> _Normal | _Table:
    if isinstance(p, Choice) and not p.ordered:
        return _Table(p.size, u, prior)
    return _Normal(u) if isinstance(p, Constant) or p.size == np.inf else _Cells(p, u)


def _option(u: Array, options: int) -> Array:
    return np.minimum((u * options).astype(int), options - 1)


def _mass(a: Array, b: Array) -> Array:
    """Φ(b) - Φ(a), from the side where nothing cancels."""
    return np.where(a > 0, ndtr(-a) - ndtr(-b), ndtr(b) - ndtr(a))
