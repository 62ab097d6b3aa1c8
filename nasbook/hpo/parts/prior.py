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
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

from nasbook.hpo.parts.features import Features
from nasbook.space import Choice

FLOOR = math.log(1e-12)
Beliefs = Mapping[str, Sequence[float]]


class Prior:
    """π over the unit cube of a space. ValueError for what cannot be a belief about it."""

    def __init__(self, features: Features, beliefs: Beliefs) -> None:
        self.features = features
        self.numbers: dict[int, tuple[float, float]] = {}  # coordinate -> centre and width on its axis
        self.choices: dict[int, np.ndarray] = {}  # coordinate -> probabilities of the options
        names = features.space.free
        for name, belief in beliefs.items():
            if name not in names:
                raise ValueError(f"prior: there is no parameter {name!r} to choose; the space has {', '.join(names)}")
            j, p = names.index(name), features.parameters[names.index(name)]
            if isinstance(p, Choice):
                self.choices[j] = _probabilities(name, belief, p)
            else:
                self.numbers[j] = _centre_and_width(name, belief, p)

    def log(self, Z: np.ndarray, U: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """ln π (m,) and its gradient (m, D) at features Z (m, D). U (m, d), where given: NaN marks what is inactive."""
        total, slope = np.zeros(len(Z)), np.zeros(Z.shape)
        for j, (c, w) in self.numbers.items():
            column = int(np.flatnonzero(self.features.groups == j)[0])
            alive = np.ones(len(Z), bool) if U is None else ~np.isnan(U[:, j])
            z, inside = (Z[:, column] - c) / w, ndtr((1 - c) / w) - ndtr(-c / w)
            total += alive * (-(z**2) / 2 - math.log(w * math.sqrt(2 * math.pi) * inside))
            slope[:, column] = alive * -z / w
        for j, p in self.choices.items():
            columns = np.flatnonzero(self.features.groups == j)
            if self.features.one_hot[j]:
                total += np.sqrt(2) * Z[:, columns] @ np.log(len(p) * p)  # 0 where the choice does not exist
            else:
                option = np.minimum((Z[:, columns[0]] * len(p)).astype(int), len(p) - 1)
                alive = np.ones(len(Z), bool) if U is None else ~np.isnan(U[:, j])
                total += alive * np.log(len(p) * p)[option]
        return np.maximum(total, FLOOR), slope * (total > FLOOR)[:, None]

    def draw(self, u: np.ndarray) -> np.ndarray:
        """A point (d,) that is distributed as π, from one that is uniform."""
        x = np.array(u, float)
        for j, (c, w) in self.numbers.items():
            low, high = ndtr(-c / w), ndtr((1 - c) / w)
            x[j] = np.clip(c + w * ndtri(low + u[j] * (high - low)), 0, 1)
        for j, p in self.choices.items():
            x[j] = (np.searchsorted(np.cumsum(p)[:-1], u[j], side="right") + 0.5) / len(p)
        return x


def check(beliefs: Any) -> dict[str, list[float]]:
    """Beliefs as plain lists; ValueError for what is not a mapping of names to lists of numbers."""
    example = "e.g. {'x': [0.3, 0.1]}: centre and width"
    if not isinstance(beliefs, Mapping) or not all(isinstance(name, str) for name in beliefs):
        raise ValueError(f"prior must map names of parameters to beliefs, {example}, not {beliefs!r}")
    out = {}
    for name, belief in beliefs.items():
        numbers = belief.tolist() if isinstance(belief, np.ndarray) else belief
        plain = isinstance(numbers, list | tuple) and all(
            isinstance(v, int | float) and not isinstance(v, bool) and math.isfinite(v) for v in numbers
        )
        if not plain:
            raise ValueError(f"prior of {name} must be a list of numbers, {example}, not {belief!r}")
        out[name] = [float(v) for v in numbers]
    return out


def _centre_and_width(name: str, belief: Sequence[float], p: Any) -> tuple[float, float]:
    if len(belief) != 2:
        raise ValueError(f"prior of {name} must be [centre, width], not {list(belief)}")
    centre, width = belief
    if not p.low <= centre <= p.high:
        raise ValueError(f"prior of {name}: the centre must lie in [{p.low:g}, {p.high:g}], not {centre:g}")
    if not 0 < width <= 1:
        raise ValueError(f"prior of {name}: the width is a share of the axis and must lie in (0, 1], not {width:g}")
    return p.encode(centre), width


def _probabilities(name: str, belief: Sequence[float], p: Choice) -> np.ndarray:
    if len(belief) != p.size or min(belief) <= 0 or abs(sum(belief) - 1) > 1e-6:
        raise ValueError(
            f"prior of {name} must give each of its {p.size} options a positive probability, with sum 1, not "
            f"{list(belief)}"
        )
    return np.array(belief)
