"""Gaussian-process regression: a belief about a function, from some of its values.

    y = f(x) + ε,   ε ~ N(0, σ_n²),   f ~ GP(0, σ_f² k(r)),   r² = Σ_j (x_j - x'_j)² / ℓ_j²

    mean(x) = k(x)ᵀ K⁻¹ y,   var(x) = k(x, x) - k(x)ᵀ K⁻¹ k(x),   K = σ_f² k(X, X) + σ_n² I

Values are standardised before and scaled back after, so the signal variance σ_f² is 1. The length scales ℓ and the
noise variance σ_n² (a share of the variance of the values) maximise log p(y | X, θ) + log p(θ). Each of the three can
be fixed or fitted. Priors: ℓ_j ~ LogNormal(√2 + ½ ln d, √3) (Hvarfner et al. 2024; BoTorch's default, as is σ_f² = 1);
σ_n² ~ Gamma(1.1, 30), σ_f² ~ Gamma(2, 1) where it is fitted (Optuna's). Points are expected in [0, 1]^d. The cost is
O(n³): good for some hundred points.

Book: Rasmussen & Williams, Gaussian Processes for Machine Learning, 2006. Read first: `predict`, then
`log_marginal_likelihood` (there algorithm 2.1 and equation 5.9). Left out: a mean function, noise that varies from
point to point, approximations for many points.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.linalg import LinAlgError, cholesky, lapack, solve_triangular
from scipy.optimize import minimize
from scipy.spatial.distance import cdist

from nasbook.hpo.blas import one_thread
from nasbook.hpo.kernels import KERNELS

BOUNDS = {"lengthscale": (0.01, 100.0), "signal": (1e-3, 1e3), "noise": (1e-8, 1.0)}


class GP:
    """A Gaussian process; `fit(X (n, D), y (n,))` returns itself, ready for `predict`, `sample` and `path`.

    What is None is fitted. `groups` (D,) tells which columns share a length scale (one-hot columns of one choice).
    Afterwards: `lengthscales` (d,), `signal` σ_f², `noise` σ_n² (of standardised values), `evidence` log p(y | X, θ).
    """

    def __init__(
        self,
        kernel: str = "matern52",
        lengthscale: float | np.ndarray | None = None,
        signal: float | None = 1.0,
        noise: float | None = None,
        groups: np.ndarray | None = None,
    ) -> None:
        if kernel not in KERNELS:
            raise ValueError(f"kernel must be one of {', '.join(KERNELS)}, not {kernel!r}")
        self.kernel, self.groups = kernel, groups
        self._fixed = (lengthscale, signal, noise)

    @one_thread
    def fit(self, X: np.ndarray, y: np.ndarray) -> GP:
        self.X, y = np.asarray(X, float), np.asarray(y, float)
        n, D = self.X.shape
        if n == 0 or y.shape != (n,) or not (np.isfinite(self.X).all() and np.isfinite(y).all()):
            raise ValueError(
                f"a GP needs finite points (n, d) and values (n,), n ≥ 1; got {self.X.shape} and {y.shape}"
            )
        group = np.arange(D) if self.groups is None else np.asarray(self.groups)
        big = float(np.abs(y).max()) or 1.0  # so that squares of huge values do not overflow
        self.shift, self.scale = big * float(np.mean(y / big)), big * (float(np.std(y / big)) or 1.0)
        self._y = (y - self.shift) / self.scale
        D2 = squared_differences(self.X, group)
        theta = self._maximise_posterior(D2)
        self.lengthscales, (self.signal, self.noise) = np.exp(theta[:-2]), np.exp(theta[-2:]).tolist()
        self._ell = self.lengthscales[group]  # (D,): one length scale a column
        K = self.signal * KERNELS[self.kernel](D2 @ self.lengthscales**-2)[0].reshape(n, n)
        self.L = _cholesky(K + self.noise * np.eye(n))
        self.alpha = _solve(self.L, self._y)  # α = K⁻¹ y
        self.evidence = log_marginal_likelihood(theta, D2, self._y, self.kernel)[0]
        return self

    # ---- the posterior ---------------------------------------------------------------------------------

    def predict(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean (m,) and standard deviation (m,) of f, without the noise, in the units of y."""
        k = self._k(X)[0]  # (m, n)
        v = solve_triangular(self.L, k.T, lower=True, check_finite=False)
        var = self.signal - np.einsum("ij,ij->j", v, v)
        return self.shift + self.scale * (k @ self.alpha), self.scale * np.sqrt(np.maximum(var, 0))

    def slopes(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Mean (m,), std (m,), and their gradients ∂mean/∂x and ∂std/∂x, both (m, D)."""
        k, g = self._k(X)
        diff = (np.asarray(X)[:, None] - self.X[None]) / self._ell**2  # (m, n, D)
        dk = -g[..., None] * diff
        Kk = _solve(self.L, k.T).T  # K⁻¹ k(x)
        std = np.sqrt(np.maximum(self.signal - np.einsum("mn,mn->m", k, Kk), 1e-18))
        dmean = np.einsum("mnd,n->md", dk, self.alpha)
        dstd = -np.einsum("mnd,mn->md", dk, Kk) / std[:, None]  # ∂√v = ∂v / 2√v
        return self.shift + self.scale * (k @ self.alpha), self.scale * std, self.scale * dmean, self.scale * dstd

    def sample(self, X: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
        """n functions drawn from the posterior, at the points X (m, D): an array (n, m)."""
        k = self._k(X)[0]
        v = solve_triangular(self.L, k.T, lower=True)
        Z = np.asarray(X) / self._ell
        cov = self.signal * KERNELS[self.kernel](cdist(Z, Z, "sqeuclidean"))[0] - v.T @ v
        z = rng.standard_normal((n, len(Z)))
        return self.shift + self.scale * (k @ self.alpha + z @ _cholesky(cov).T)

    def path(self, rng: np.random.Generator, features: int = 512) -> Callable[[np.ndarray], np.ndarray]:
        """One function drawn from the posterior that can be asked anywhere: X (m, D) -> (m,).

        A draw from the prior, made of random cosines, and the correction that the data ask for (Wilson et al. 2020)."""
        D, ν = self.X.shape[1], {"matern52": 5 / 2, "matern32": 3 / 2}.get(self.kernel)
        ω = rng.standard_normal((D, features)) / self._ell[:, None]  # frequencies: normal for RBF, Student-t for Matérn
        if ν is not None:
            ω /= np.sqrt(rng.chisquare(2 * ν, features) / (2 * ν))
        b, w = rng.uniform(0, 2 * np.pi, features), rng.standard_normal(features)
        prior = lambda X: np.sqrt(2 * self.signal / features) * np.cos(X @ ω + b) @ w  # noqa: E731
        ε = np.sqrt(self.noise) * rng.standard_normal(len(self.X))
        correction = _solve(self.L, self._y - prior(self.X) - ε)
        return lambda X: self.shift + self.scale * (prior(np.asarray(X)) + self._k(X)[0] @ correction)

    def _k(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        r2 = cdist(np.asarray(X, float) / self._ell, self.X / self._ell, "sqeuclidean")
        k, g = KERNELS[self.kernel](r2)
        return self.signal * k, self.signal * g

    def _maximise_posterior(self, D2: np.ndarray) -> np.ndarray:
        d = D2.shape[1]
        values = [np.broadcast_to(np.nan if v is None else v, m) for v, m in zip(self._fixed, (d, 1, 1), strict=True)]
        with np.errstate(divide="ignore"):
            fixed = np.log(np.concatenate(values).astype(float))
        free = np.isnan(fixed)
        if not free.any():
            return fixed
        names = ["lengthscale"] * d + ["signal", "noise"]
        bounds = np.log([BOUNDS[name] for name in names])[free]

        def loss(part: np.ndarray) -> tuple[float, np.ndarray]:
            theta = fixed.copy()
            theta[free] = part
            try:
                value, gradient = log_marginal_likelihood(theta, D2, self._y, self.kernel)
            except LinAlgError:
                return 1e10, np.zeros(len(part))
            prior, slope = log_prior(theta)
            return -value - prior, -(gradient + slope)[free]

        # A few starts that are always the same, so that a fit depends on the data alone; the two best are climbed.
        rng = np.random.default_rng(0)
        low, high = np.log([(0.1, 3.0)] * d + [(0.3, 3.0), (1e-5, 1e-1)]).T
        starts = [(low + high)[free] / 2, *rng.uniform(low[free], high[free], (7, free.sum()))]
        starts = sorted(starts, key=lambda part: loss(part)[0])[:2]
        ends = [minimize(loss, s, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 50}) for s in starts]
        fixed[free] = min(ends, key=lambda end: end.fun).x
        return fixed


# ---- hyperparameters: θ = (ln ℓ_1, …, ln ℓ_d, ln σ_f², ln σ_n²) -----------------------------------------------


def squared_differences(X: np.ndarray, group: np.ndarray) -> np.ndarray:
    """(x_j - x'_j)² for all pairs of the n points, summed over the columns of a group: (n², d)."""
    D2 = (X[:, None] - X[None]) ** 2
    return np.stack([D2[..., group == j].sum(-1).ravel() for j in range(group.max() + 1)], axis=1)


def log_marginal_likelihood(theta: np.ndarray, D2: np.ndarray, y: np.ndarray, kernel: str) -> tuple[float, np.ndarray]:
    """log p(y | X, θ) and its gradient (d + 2,), from the squared differences (n², d)."""
    n, ell2, (signal, noise) = len(y), np.exp(-2 * theta[:-2]), np.exp(theta[-2:])
    k, g = KERNELS[kernel](D2 @ ell2)
    K = signal * k.reshape(n, n)
    L = _cholesky(K + noise * np.eye(n))
    alpha = _solve(L, y)
    value = -y @ alpha / 2 - np.log(L.diagonal()).sum() - n / 2 * np.log(2 * np.pi)
    Kinv = lapack.dpotri(L, lower=1)[0]  # its lower triangle
    W = np.outer(alpha, alpha) - np.tril(Kinv) - np.tril(Kinv, -1).T
    dell = signal * (W.ravel() * g) @ D2 * ell2  # ∂/∂θ_j = ½ tr((α αᵀ - K⁻¹) ∂K/∂θ_j)
    return float(value), np.r_[dell, np.vdot(W, K), noise * np.trace(W)] / 2


def log_prior(theta: np.ndarray) -> tuple[float, np.ndarray]:
    """log p(θ) up to a constant, as a density of (ℓ, σ_f², σ_n²), and its gradient by their logarithms."""
    ln_ell, (signal, noise) = theta[:-2], np.exp(theta[-2:])
    z = (ln_ell - np.sqrt(2) - np.log(len(ln_ell)) / 2) / np.sqrt(3)
    gamma = theta[-2] - signal + 0.1 * np.log(noise + 1e-300) - 30 * noise
    value = gamma - np.sum(ln_ell + z**2 / 2)
    return float(value), np.r_[-1 - z / np.sqrt(3), 1 - signal, 0.1 - 30 * noise]


def _cholesky(K: np.ndarray) -> np.ndarray:
    """L with L Lᵀ = K; where K is singular to rounding, its diagonal is raised just enough."""
    for jitter in (0, 1e-10, 1e-8, 1e-6, 1e-4):
        try:
            return cholesky(K + jitter * K.diagonal().max() * np.eye(len(K)), lower=True, check_finite=False)
        except LinAlgError:
            pass
    raise LinAlgError("the kernel matrix is not positive definite")


def _solve(L: np.ndarray, b: np.ndarray) -> np.ndarray:
    """K⁻¹ b from K = L Lᵀ."""
    return lapack.dpotrs(L, b, lower=1)[0]
