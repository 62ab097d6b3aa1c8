"""Where somebody believes that the best configuration lies: a density π over the space.

    prior={"C": [10.0, 0.1], "kernel": [0.7, 0.2, 0.1]}

For a number, [centre, width]: a value of the parameter, and a standard deviation as a share of its axis (of the
logarithmic axis where the parameter has one). For a Choice, the probability of each option, in their order. Parameters
that are not named, and those that do not exist in a configuration, have density 1. π is at least 10⁻¹², so that nothing
is ruled out. What a search makes of it stands in prior_weighted.py (πBO) and priorband.py.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from scipy.special import ndtr, ndtri

from nasbook.kit.beliefs import centre_and_width, probabilities
from nasbook.space import Choice, Float, Int, Space

FLOOR = math.log(1e-12)


class Prior:
    """π over the unit cube of a space. ValueError for what cannot be a belief about it."""

    def __init__(self, space: Space, beliefs: Mapping[str, Sequence[float]]) -> None:
        self.numbers: dict[int, tuple[float, float]] = {}  # coordinate -> centre and width on its axis
        self.choices: dict[int, np.ndarray] = {}  # coordinate -> probabilities of the options
        names = space.free
        for name, belief in beliefs.items():
            if name not in names:
                raise ValueError(f"prior: there is no parameter {name!r} to choose; the space has {', '.join(names)}")
            j, p = names.index(name), space.parameters[name]
            if isinstance(p, Choice):
                self.choices[j] = probabilities(name, belief, p)
            elif isinstance(p, Float | Int):
                self.numbers[j] = centre_and_width(name, belief, p)

    def log(self, U: np.ndarray) -> np.ndarray:
        """ln π at points U (m, d), NaN where a parameter is inactive: (m,)."""
        total, alive, u = np.zeros(len(U)), ~np.isnan(U), np.nan_to_num(U)
        for j, (c, w) in self.numbers.items():
            z, inside = (u[:, j] - c) / w, ndtr((1 - c) / w) - ndtr(-c / w)
            total += alive[:, j] * (-(z**2) / 2 - math.log(w * math.sqrt(2 * math.pi) * inside))
        for j, p in self.choices.items():
            option = np.minimum((u[:, j] * len(p)).astype(int), len(p) - 1)
            total += alive[:, j] * np.log(len(p) * p)[option]
        return np.maximum(total, FLOOR)

    def draw(self, u: np.ndarray) -> np.ndarray:
        """A point (d,) that is distributed as π, from one that is uniform."""
        x = np.array(u, float)
        for j, (c, w) in self.numbers.items():
            low, high = ndtr(-c / w), ndtr((1 - c) / w)
            x[j] = np.clip(c + w * ndtri(low + u[j] * (high - low)), 0, 1)
        for j, p in self.choices.items():
            x[j] = (np.searchsorted(np.cumsum(p)[:-1], u[j], side="right") + 0.5) / len(p)
        return x
