"""A margin for whole numbers: a distribution never becomes so narrow that the next value is out of its reach.

    Pr(x_j < ℓ_low) ≥ α/2   and   Pr(x_j > ℓ_up) ≥ α/2,    α = 1/(N λ)

ℓ_low and ℓ_up are the ends of the cell in which the mean m_j lies. Where a side has too little probability, both get
what is wanted, and m_j and a stretch A_j of the coordinate are solved for it; σ and C stay as they are:

    x_j = m_j + A_j (x'_j - m_j),   x' ~ N(m, σ² C)

In the first and the last cell there is one neighbour: there m_j moves towards it until Pr(it or beyond) = α.

Paper: Hamano, Saito, Nomura & Shirakawa, CMA-ES with Margin, GECCO 2022 (section 4). Read first: `correct`.
"""

from __future__ import annotations

import math

import numpy as np

from nasbook.space import Choice, Constant, Float, Int, Space


def cells(space: Space) -> dict[int, Float | Int | Choice]:
    """The coordinates on which a value owns a cell: whole numbers, steps, options."""
    parameters = (space.parameters[name] for name in space.free)
    return {j: p for j, p in enumerate(parameters) if not isinstance(p, Constant) and math.isfinite(p.size)}


class Margin:
    """The stretch A (N,) of a space's coordinates; 1 where a coordinate is continuous."""

    def __init__(self, space: Space, population: int) -> None:
        self.cells = cells(space)
        self.continuous = [j for j in range(space.d) if j not in self.cells]
        self.A, self.alpha = np.ones(space.d), 1 / (space.d * population)

    def stretch(self, mean: np.ndarray, x: np.ndarray) -> np.ndarray:
        """The point (N,) that is tried where x' was drawn."""
        x = x.copy()
        for j in self.cells:
            x[j] = mean[j] + self.A[j] * (x[j] - mean[j])
        return x

    def correct(self, mean: np.ndarray, deviation: np.ndarray) -> np.ndarray:
        """The corrected mean (N,), for deviations σ √C_jj (N,); A is corrected in place."""
        from scipy.special import ndtr, ndtri  # Φ and its inverse; dear, and a picture of a view needs none

        mean, alpha = mean.copy(), self.alpha
        for j, p in self.cells.items():
            low, up = (float(end[0]) for end in p.cell(mean[j : j + 1]))
            s = self.A[j] * deviation[j]
            if low < 1e-9 or up > 1 - 1e-9:  # the first or the last value
                limit, side = (up, -1) if low < 1e-9 else (low, 1)
                if ndtr(-abs(mean[j] - limit) / s) < alpha:
                    mean[j] = limit + side * ndtri(1 - alpha) * s
                continue
            p_low, p_up = ndtr((low - mean[j]) / s), ndtr((mean[j] - up) / s)
            p_mid = 1 - p_low - p_up
            p_low, p_up = max(p_low, alpha / 2), max(p_up, alpha / 2)
            excess, free = 1 - p_low - p_mid - p_up, p_low + p_mid + p_up - 1.5 * alpha
            q_low, q_up = (
                ndtri(1 - np.clip(p + excess * (p - alpha / 2) / free, 1e-10, 0.5 - 1e-10)) for p in (p_low, p_up)
            )
            self.A[j] = (up - low) / ((q_low + q_up) * deviation[j])
            mean[j] = (low * q_up + up * q_low) / (q_low + q_up)
        return mean
