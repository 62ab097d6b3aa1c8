"""Gaussian-process regression: a belief about a function, from some of its values.

    y = f(x) + ε,   ε ~ N(0, σ_n²),   f ~ GP(0, σ_f² k(r)),   r² = Σ_j (x_j - x'_j)² / ℓ_j²

    mean(x) = k(x)ᵀ K⁻¹ y,   var(x) = k(x, x) - k(x)ᵀ K⁻¹ k(x),   K = σ_f² k(X, X) + σ_n² I

Values are standardised before and scaled back after. The length scales ℓ, the signal variance σ_f² and the noise
variance σ_n² (shares of the variance of the values) are those that make the results most likely (evidence.py); each can
be fixed instead. Points are expected in [0, 1]^d. The cost is O(n³): good for some hundred points.

Book: Rasmussen & Williams, Gaussian Processes for Machine Learning, 2006. Read first: `predict`, then
`log_marginal_likelihood` in evidence.py. Left out: a mean function, noise that varies from point to point,
approximations for many points.
"""

from __future__ import annotations

from copy import copy

import numpy as np
from scipy.linalg import solve_triangular
from scipy.spatial.distance import cdist

from nasbook.hpo.parts.evidence import lower, most_likely, solve, squared_differences
from nasbook.hpo.parts.kernels import KERNELS
from nasbook.kit.blas import one_thread


class GP:
    """A Gaussian process; `fit(X (n, D), y (n,))` returns itself, ready for `predict` (and for slopes.py and draws.py).

    What is None is fitted. `groups` (D,): columns that share a length scale. standardise=False: y as it is, mean 0.
    `fit(X, y, doubt)`: by how much (standard deviations, in units of y) the first values are noisier than the others.
    Afterwards: `lengthscales` (d,), `signal` σ_f², `noise` σ_n² (of standardised values).
    """

    def __init__(
        self,
        kernel: str = "matern52",
        lengthscale: float | np.ndarray | None = None,
        signal: float | None = 1.0,
        noise: float | None = None,
        groups: np.ndarray | None = None,
        standardise: bool = True,
    ) -> None:
        if kernel not in KERNELS:
            raise ValueError(f"kernel must be one of {', '.join(KERNELS)}, not {kernel!r}")
        self.kernel, self.groups, self.standardise = kernel, groups, standardise
        self._fixed = (lengthscale, signal, noise)

    @one_thread
    def fit(self, X: np.ndarray, y: np.ndarray, doubt: np.ndarray | tuple = ()) -> GP:
        self.X, y = np.asarray(X, float), np.asarray(y, float)
        n, D = self.X.shape
        if n == 0 or y.shape != (n,) or not (np.isfinite(self.X).all() and np.isfinite(y).all()):
            raise ValueError(f"a GP needs finite points (n, d) and values (n,), n ≥ 1; got {self.X.shape}, {y.shape}")
        group = np.arange(D) if self.groups is None else np.asarray(self.groups)
        big = float(np.abs(y).max()) or 1.0  # so that squares of huge values do not overflow
        self.shift, self.scale = big * float(np.mean(y / big)), big * (float(np.std(y / big)) or 1.0)
        self.shift, self.scale = (self.shift, self.scale) if self.standardise else (0.0, 1.0)
        self.z = (y - self.shift) / self.scale
        self.doubt = np.pad(np.square(np.divide(doubt, self.scale)), (0, n - len(doubt)))
        theta = most_likely(squared_differences(self.X, group), self.z, self.kernel, self.doubt, self._fixed)
        self.lengthscales, (self.signal, self.noise) = np.exp(theta[:-2]), np.exp(theta[-2:]).tolist()
        self.ell = self.lengthscales[group]  # (D,): one length scale a column
        self._condition(self.k(self.X)[0])
        return self

    def given(self, X: np.ndarray, y: np.ndarray) -> GP:
        """The belief after more values y (k,) at X (k, D), with hyperparameters and scale as they are."""
        new = copy(self)
        new.X, new.z = np.concatenate([self.X, X]), np.r_[self.z, (np.asarray(y) - self.shift) / self.scale]
        new.doubt = np.r_[self.doubt, np.zeros(len(X))]
        new._condition(new.k(new.X)[0])
        return new

    def _condition(self, K: np.ndarray) -> None:
        self.L = lower(K + np.diag(self.noise + self.doubt))
        self.alpha = solve(self.L, self.z)  # α = K⁻¹ y

    # ---- the posterior ---------------------------------------------------------------------------------

    def predict(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean (m,) and standard deviation (m,) of f, without the noise, in the units of y."""
        k = self.k(X)[0]  # (m, n)
        v = solve_triangular(self.L, k.T, lower=True, check_finite=False)
        var = self.signal - np.einsum("ij,ij->j", v, v)
        return self.shift + self.scale * (k @ self.alpha), self.scale * np.sqrt(np.maximum(var, 0))

    def k(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """σ_f² k and σ_f² g (kernels.py) between X (m, D) and the points (n, D): (m, n) each."""
        r2 = cdist(np.asarray(X, float) / self.ell, self.X / self.ell, "sqeuclidean")
        k, g = KERNELS[self.kernel](r2)
        return self.signal * k, self.signal * g
