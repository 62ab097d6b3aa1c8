"""How likely results are under a Gaussian process, and the hyperparameters under which they are most likely.

    θ = (ln ℓ_1, …, ln ℓ_d, ln σ_f², ln σ_n²),      K = σ_f² k(X, X) + σ_n² I + D
    log p(y | X, θ) = -½ yᵀ K⁻¹ y - ½ log |K| - n/2 log 2π
    ∂/∂θ_j          = ½ tr(W ∂K/∂θ_j),   W = α αᵀ - K⁻¹,   α = K⁻¹ y

D is diagonal, the doubt about single values; these are standardised before. `most_likely` maximises log p(y | X, θ) +
log p(θ) over what is not fixed. Priors: ℓ_j ~ LogNormal(√2 + ½ ln d, √3) (Hvarfner et al. 2024; BoTorch's default);
σ_f² ~ Gamma(2, 1) (Optuna's); σ_n² ~ LogNormal(-4, 3), BoTorch's with three times its width: the mode is e⁻¹³.

Book: Rasmussen & Williams 2006, algorithm 2.1 and equation 5.9.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import LinAlgError, blas, lapack
from scipy.spatial.distance import squareform

from nasbook.hpo.parts.kernels import KERNELS

Array = np.ndarray
BOUNDS = {"lengthscale": (0.01, 100.0), "signal": (1e-3, 1e3), "noise": (1e-8, 1.0)}


def most_likely(D2: Array, y: Array, kernel: str, doubt: Array, fixed: tuple) -> Array:
    """θ (d + 2,); `fixed` are the length scale(s), σ_f² and σ_n², None where they are to be found."""
    d = D2.shape[1]
    values = [np.broadcast_to(np.nan if v is None else v, m) for v, m in zip(fixed, (d, 1, 1), strict=True)]
    with np.errstate(divide="ignore"):
        theta = np.log(np.concatenate(values).astype(float))
    free = np.isnan(theta)
    if not free.any():
        return theta
    bounds = np.log([BOUNDS["lengthscale"]] * d + [BOUNDS["signal"], BOUNDS["noise"]])[free]

    def loss(part: Array) -> tuple[float, Array]:
        at = theta.copy()
        at[free] = part
        try:
            value, gradient = log_marginal_likelihood(at, D2, y, kernel, doubt)
        except LinAlgError:
            return 1e10, np.zeros(len(part))
        prior, slope = log_prior(at)
        return -value - prior, -(gradient + slope)[free]

    from scipy.optimize import minimize  # dear, and where all is fixed there is nothing to climb

    # A few starts, always the same, so that a fit depends on the data alone; the best is climbed, of few points two.
    rng = np.random.default_rng(0)
    low, high = np.log([(0.1, 3.0)] * d + [(0.3, 3.0), (1e-5, 1e-1)]).T
    starts = [(low + high)[free] / 2, *rng.uniform(low[free], high[free], (7, free.sum()))]
    starts = sorted(starts, key=lambda part: loss(part)[0])[: 2 if len(y) < 50 else 1]
    ends = [minimize(loss, s, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 50}) for s in starts]
    theta[free] = min(ends, key=lambda end: end.fun).x
    return theta


def squared_differences(X: Array, group: Array) -> Array:
    """(x_j - x'_j)² of the n (n - 1)/2 pairs of points, summed over the columns of a group: (pairs, d)."""
    i, j = np.triu_indices(len(X), 1)
    return (X[i] - X[j]) ** 2 @ (group[:, None] == np.arange(group.max() + 1))


def log_marginal_likelihood(theta: Array, D2: Array, y: Array, kernel: str, doubt: Array) -> tuple[float, Array]:
    """log p(y | X, θ) and its gradient (d + 2,), from the squared differences (pairs, d)."""
    n, ell2, (signal, noise) = len(y), np.exp(-2 * theta[:-2]), np.exp(theta[-2:])
    k, g = KERNELS[kernel](D2 @ ell2)
    K = signal * squareform(k)  # (n, n), for whose diagonal there are no pairs
    np.fill_diagonal(K, signal + noise + doubt)
    L = lower(K.T)
    alpha = solve(L, y)
    value = -y @ alpha / 2 - np.log(L.diagonal()).sum() - n / 2 * np.log(2 * np.pi)
    W = -blas.dsyr(-1, alpha, a=lapack.dpotri(L, lower=1)[0], lower=1).T  # above the diagonal
    w, trace = squareform(W, checks=False), W.trace()  # w (pairs,): each stands for two elements, hence no ½
    return float(value), np.r_[signal * (w * g) @ D2 * ell2, signal * (w @ k + trace / 2), noise * trace / 2]


def log_prior(theta: Array) -> tuple[float, Array]:
    """log p(θ) up to a constant, as a density of (ℓ, σ_f², σ_n²), and its gradient by their logarithms."""
    ln_ell, ln_signal, ln_noise = theta[:-2], theta[-2], max(theta[-1], -100.0)  # a noise of 0 is fixed
    z, w = (ln_ell - np.sqrt(2) - np.log(len(ln_ell)) / 2) / np.sqrt(3), (ln_noise + 4) / 3
    value = ln_signal - np.exp(ln_signal) - np.sum(ln_ell + z**2 / 2) - (ln_noise + w**2 / 2)
    return float(value), np.r_[-1 - z / np.sqrt(3), 1 - np.exp(ln_signal), -1 - w / 3]


def lower(K: Array) -> Array:
    """L with L Lᵀ = K, of which the lower triangle is read; where K is singular to rounding, its diagonal is raised."""
    for jitter in (0, 1e-10, 1e-8, 1e-6, 1e-4):
        L, failed = lapack.dpotrf(K + jitter * K.diagonal().max() * np.eye(len(K)) if jitter else K, lower=1)
        if not failed:
            return L
    raise LinAlgError("the kernel matrix is not positive definite")


def solve(L: Array, b: Array) -> Array:
    """K⁻¹ b from K = L Lᵀ."""
    return lapack.dpotrs(L, b, lower=1)[0]
