"""How far apart configurations are, also where parameters exist only sometimes, and a map of them in a plane.

    d(a, b) = √ Σ_j δ_j²    δ_j = |u_j - v_j| on the unit interval of a number or an ordered choice, 0 or 1 for a choice
                            of names, 0 where neither has parameter j, and 1 where only one of them has it

    classical scaling: B = -½ J D² J,  J = I - 1/n;  the map is √λ₁ e₁, √λ₂ e₂ of its two largest eigenvalues

The map keeps (λ₁ + λ₂) / Σ λ⁺ of the spread; what it does not keep, it cannot show. Papers: Torgerson, Multidimensional
Scaling, 1952; Gower, A General Coefficient of Similarity, 1971; the picture is DeepCAVE's (Sass et al. 2022).
"""

from __future__ import annotations

import numpy as np

from nasbook.parameters import Choice
from nasbook.space import Space


def distances(space: Space, U: np.ndarray) -> np.ndarray:
    """(n, n) of encoded configurations U (n, d), NaN where a parameter is not used."""
    n = len(U)
    total = np.zeros((n, n))
    for j, name in enumerate(space.free):
        p, u = space.parameters[name], U[:, j]
        there = ~np.isnan(u)
        apart = np.abs(np.where(there, u, 0.0)[:, None] - np.where(there, u, 0.0)[None, :])
        if isinstance(p, Choice) and not p.ordered:
            apart = (apart > 1e-9).astype(float)
        both, one = there[:, None] & there[None, :], there[:, None] ^ there[None, :]
        total += np.where(both, apart**2, one)
    return np.sqrt(total)


def scaled(D: np.ndarray) -> tuple[np.ndarray, float]:
    """(map (n, 2), share of the spread that it keeps) of distances D (n, n). Axes have the sign in which their largest
    coordinate is positive, so that the same distances give the same map."""
    n = len(D)
    if n < 2:
        return np.zeros((n, 2)), 1.0
    J = np.eye(n) - 1 / n
    values, vectors = np.linalg.eigh(-0.5 * J @ (D**2) @ J)
    values, vectors = values[::-1].clip(0), vectors[:, ::-1]
    xy = vectors[:, :2] * np.sqrt(values[:2])
    xy = np.pad(xy, ((0, 0), (0, 2 - xy.shape[1])))
    largest = np.abs(xy).argmax(0)
    xy = xy * np.where(xy[largest, [0, 1]] < 0, -1, 1)
    total = values.sum()
    return xy, float(values[:2].sum() / total) if total > 0 else 1.0
