"""rand/1/bin, the step of differential evolution.

donor   v = a + F (b - c)
trial   u_j = v_j with probability CR, else x_j; at least one coordinate is from v     (binomial crossover)
"""

from __future__ import annotations

import numpy as np
from numpy import ndarray as Array


def rand_1_bin(x: Array, a: Array, b: Array, c: Array, F: float, CR: float, rng: np.random.Generator) -> tuple:
    """Donor v, mask and trial u, each (d,); a coordinate of v that leaves [0, 1] is drawn anew."""
    v = a + F * (b - c)
    v = np.where((v < 0) | (v > 1), rng.random(len(v)), v)
    mask = rng.random(len(v)) < CR  # True where the trial takes the donor's coordinate
    mask[rng.integers(len(v))] = True
    return v, mask, np.where(mask, v, x)
