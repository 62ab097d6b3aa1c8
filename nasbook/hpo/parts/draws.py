"""Functions drawn from a Gaussian process after its values: at certain points, or one that can be asked anywhere.

    f(X) ~ N(mean(X), Cov(X, X)),      Cov(x, a) = k(x, a) - k(x)ᵀ K⁻¹ k(a)

Paper: Wilson, Borovitskiy, Terenin, Mostowsky & Deisenroth, Efficiently Sampling Functions from Gaussian Process
Posteriors, 2020 (`path`).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.linalg import solve_triangular
from scipy.spatial.distance import cdist

from nasbook.hpo.parts.evidence import lower, solve
from nasbook.hpo.parts.gp import GP
from nasbook.hpo.parts.kernels import KERNELS
from nasbook.hpo.parts.surrogate import GaussianView
from nasbook.kit.blas import one_thread


def covariance(gp: GP, X: np.ndarray, A: np.ndarray) -> np.ndarray:
    """Covariance of f at X (m, D) with f at A (k, D): (m, k), in units of scale²."""
    v, w = (solve_triangular(gp.L, gp.k(points)[0].T, lower=True) for points in (X, A))
    r2 = cdist(np.asarray(X) / gp.ell, np.asarray(A) / gp.ell, "sqeuclidean")
    return gp.signal * KERNELS[gp.kernel](r2)[0] - v.T @ w


@one_thread
def sample(gp: GP, X: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """n functions drawn from the posterior, at the points X (m, D): an array (n, m)."""
    z = rng.standard_normal((n, len(X)))
    return gp.shift + gp.scale * (gp.k(X)[0] @ gp.alpha + z @ lower(covariance(gp, X, X)).T)


def path(gp: GP, rng: np.random.Generator, features: int = 512) -> Callable[[np.ndarray], np.ndarray]:
    """One function drawn from the posterior: X (m, D) -> (m,).

    A draw from the prior, made of random cosines, and the correction that the data ask for."""
    D, ν = gp.X.shape[1], {"matern52": 5 / 2, "matern32": 3 / 2}.get(gp.kernel)
    ω = rng.standard_normal((D, features)) / gp.ell[:, None]  # frequencies: normal for RBF, Student-t for Matérn
    if ν is not None:
        ω /= np.sqrt(rng.chisquare(2 * ν, features) / (2 * ν))
    b, w = rng.uniform(0, 2 * np.pi, features), rng.standard_normal(features)

    def prior(X: np.ndarray) -> np.ndarray:
        return np.sqrt(2 * gp.signal / features) * np.cos(X @ ω + b) @ w

    ε = np.sqrt(gp.noise + gp.doubt) * rng.standard_normal(len(gp.X))
    correction = solve(gp.L, gp.z - prior(gp.X) - ε)
    return lambda X: gp.shift + gp.scale * (prior(np.asarray(X)) + gp.k(X)[0] @ correction)


def samples(view: GaussianView, U: np.ndarray, n: int = 3, seed: int = 0) -> np.ndarray:
    """n functions drawn from the belief of a BayesianView, at points U (m, d), in the units of the value: (n, m)."""
    drawn = sample(view.believed, view.see(U), n, np.random.default_rng(seed))
    return view.reach.let_out(drawn, drawn)[0]
