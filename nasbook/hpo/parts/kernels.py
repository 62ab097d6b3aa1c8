"""Kernels: how much the values of a function at two points, r length scales apart, have in common.

    RBF            k(r) = exp(-r²/2)                        f has every derivative
    Matérn-5/2     k(r) = (1 + s + s²/3) e⁻ˢ,  s = √5 r     f has two
    Matérn-3/2     k(r) = (1 + s) e⁻ˢ,         s = √3 r     f has one

Each maps r² to k(r) and g(r) = -k'(r)/r. With r² = Σ_j (x_j - x'_j)²/ℓ_j², both gradients follow from g:

    ∂k/∂x_j = -g (x_j - x'_j)/ℓ_j²,     ∂k/∂ln ℓ_j = g (x_j - x'_j)²/ℓ_j²

Book: Rasmussen & Williams 2006, section 4.2.
"""

from __future__ import annotations

import numpy as np


def rbf(r2: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    k = np.exp(-r2 / 2)
    return k, k


def matern52(r2: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    s = np.sqrt(5 * r2)
    e = np.exp(-s)
    return (1 + s + s**2 / 3) * e, 5 / 3 * (1 + s) * e


def matern32(r2: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    s = np.sqrt(3 * r2)
    e = np.exp(-s)
    return (1 + s) * e, 3 * e


KERNELS = {kernel.__name__: kernel for kernel in (matern52, matern32, rbf)}
