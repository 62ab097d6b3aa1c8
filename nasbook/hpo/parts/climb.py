"""Steps uphill along the gradient of an acquisition, Int and ordered Choice relaxed to real numbers (L-BFGS-B)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nasbook.hpo.parts.features import Features

STEPS = 40
Slope = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]  # features (m, D) -> (m,), (m, D)


def climb(U: np.ndarray, features: Features, slope: Slope) -> np.ndarray:
    """Each point moved uphill in the coordinates that are numbers: all at once, since the sum of their
    acquisitions has a gradient in which they do not meet."""
    Z, numbers, columns = features(U), features.numbers, features.columns
    alive = ~np.isnan(U[:, numbers])

    def loss(x: np.ndarray) -> tuple[float, np.ndarray]:
        Z[:, columns] = x.reshape(alive.shape)
        a, da = slope(Z)
        return -float(a.sum()), -(da[:, columns] * alive).ravel()

    if not alive.any():
        return U
    from scipy.optimize import minimize  # dear, and a picture of an acquisition climbs none

    start = Z[:, columns].ravel()
    end = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0, 1)] * len(start), options={"maxiter": STEPS})
    V = U.copy()
    V[:, numbers] = np.where(alive, end.x.reshape(alive.shape), np.nan)
    return V
