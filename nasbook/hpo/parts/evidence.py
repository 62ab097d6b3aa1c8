"""How likely results are under a Gaussian process, and the hyperparameters under which they are most likely.

    θ = (ln ℓ_1, …, ln ℓ_d, ln σ_f², ln σ_n²),      K = σ_f² k(X, X) + σ_n² I
    log p(y | X, θ) = -½ yᵀ K⁻¹ y - ½ log |K| - n/2 log 2π
    ∂/∂θ_j          = ½ tr((α αᵀ - K⁻¹) ∂K/∂θ_j),   α = K⁻¹ y

`most_likely` maximises log p(y | X, θ) + log p(θ) over the hyperparameters that are not fixed. The values are
standardised before. Priors: ℓ_j ~ LogNormal(√2 + ½ ln d, √3) (Hvarfner et al. 2024; BoTorch's default);
σ_n² ~ Gamma(1.1, 30), σ_f² ~ Gamma(2, 1) (Optuna's).

Book: Rasmussen & Williams 2006, algorithm 2.1 and equation 5.9.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import LinAlgError, cholesky, lapack
from scipy.optimize import minimize

from nasbook.hpo.parts.kernels import KERNELS

BOUNDS = {"lengthscale": (0.01, 100.0), "signal": (1e-3, 1e3), "noise": (1e-8, 1.0)}


def most_likely(D2: np.ndarray, y: np.ndarray, kernel: str, fixed: tuple) -> np.ndarray:
    """θ (d + 2,); `fixed` are the length scale(s), σ_f² and σ_n², None where they are to be found."""
    d = D2.shape[1]
    values = [np.broadcast_to(np.nan if v is None else v, m) for v, m in zip(fixed, (d, 1, 1), strict=True)]
    with np.errstate(divide="ignore"):
        theta = np.log(np.concatenate(values).astype(float))
    free = np.isnan(theta)
    if not free.any():
        return theta
    names = ["lengthscale"] * d + ["signal", "noise"]
    bounds = np.log([BOUNDS[name] for name in names])[free]

    def loss(part: np.ndarray) -> tuple[float, np.ndarray]:
        at = theta.copy()
        at[free] = part
        try:
            value, gradient = log_marginal_likelihood(at, D2, y, kernel)
        except LinAlgError:
            return 1e10, np.zeros(len(part))
        prior, slope = log_prior(at)
        return -value - prior, -(gradient + slope)[free]

    # A few starts that are always the same, so that a fit depends on the data alone; the two best are climbed.
    rng = np.random.default_rng(0)
    low, high = np.log([(0.1, 3.0)] * d + [(0.3, 3.0), (1e-5, 1e-1)]).T
    starts = [(low + high)[free] / 2, *rng.uniform(low[free], high[free], (7, free.sum()))]
    starts = sorted(starts, key=lambda part: loss(part)[0])[:2]
    ends = [minimize(loss, s, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 50}) for s in starts]
    theta[free] = min(ends, key=lambda end: end.fun).x
    return theta


def squared_differences(X: np.ndarray, group: np.ndarray) -> np.ndarray:
    """(x_j - x'_j)² for all pairs of the n points, summed over the columns of a group: (n², d)."""
    D2 = (X[:, None] - X[None]) ** 2
    return np.stack([D2[..., group == j].sum(-1).ravel() for j in range(group.max() + 1)], axis=1)


def log_marginal_likelihood(theta: np.ndarray, D2: np.ndarray, y: np.ndarray, kernel: str) -> tuple[float, np.ndarray]:
    """log p(y | X, θ) and its gradient (d + 2,), from the squared differences (n², d)."""
    n, ell2, (signal, noise) = len(y), np.exp(-2 * theta[:-2]), np.exp(theta[-2:])
    k, g = KERNELS[kernel](D2 @ ell2)
    K = signal * k.reshape(n, n)
    L = lower(K + noise * np.eye(n))
    alpha = solve(L, y)
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


def lower(K: np.ndarray) -> np.ndarray:
    """L with L Lᵀ = K; where K is singular to rounding, its diagonal is raised just enough."""
    for jitter in (0, 1e-10, 1e-8, 1e-6, 1e-4):
        try:
            return cholesky(K + jitter * K.diagonal().max() * np.eye(len(K)), lower=True, check_finite=False)
        except LinAlgError:
            pass
    raise LinAlgError("the kernel matrix is not positive definite")


def solve(L: np.ndarray, b: np.ndarray) -> np.ndarray:
    """K⁻¹ b from K = L Lᵀ."""
    return lapack.dpotrs(L, b, lower=1)[0]
