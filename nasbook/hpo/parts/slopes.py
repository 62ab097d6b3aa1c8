"""The slope of a Gaussian process's belief, along which a search for its best point climbs.

∂mean/∂x = ∂k(x)ᵀ K⁻¹ y,      ∂std/∂x = -∂k(x)ᵀ K⁻¹ k(x) / std(x),      ∂k(x, x_i)/∂x_j = -g (x_j - x_ij)/ℓ_j²
"""

from __future__ import annotations

import numpy as np

from nasbook.hpo.parts.evidence import solve
from nasbook.hpo.parts.gp import GP


def slopes(gp: GP, X: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Mean (m,), std (m,), and their gradients ∂mean/∂x and ∂std/∂x at X (m, D), both (m, D)."""
    k, g = gp.k(X)
    Kk = solve(gp.L, k.T).T  # K⁻¹ k(x)
    std = np.sqrt(np.maximum(gp.signal - np.einsum("mn,mn->m", k, Kk), 1e-18))

    def pull(w: np.ndarray) -> np.ndarray:  # Σ_i w_i (x_i - x)/ℓ²
        return (w @ gp.X - w.sum(1, keepdims=True) * X) / gp.ell**2

    dmean, dstd = pull(g * gp.alpha), -pull(g * Kk) / std[:, None]  # ∂√v = ∂v / 2√v
    return gp.shift + gp.scale * (k @ gp.alpha), gp.scale * std, gp.scale * dmean, gp.scale * dstd
