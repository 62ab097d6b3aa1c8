"""πBO: where you believe that the best configuration lies, and how the search forgets it.

    next  x = argmax a(x) π(x)^(β/n),      n: trials so far,  π: your belief, a density

    prior={"C": [10.0, 0.1], "kernel": [0.7, 0.2, 0.1]}

For a number, [centre, width]: a value of the parameter, and a standard deviation as a share of its axis (of the
logarithmic axis where the parameter has one). For a Choice, the probability of each option, in their order. Parameters
that are not named, and those that do not exist in a configuration, have density 1.

The first trials are drawn from π. Afterwards its exponent falls as 1/n, so results overrule it: a wrong belief costs
trials, not the search. π is at least 10⁻¹², so that nothing is ruled out. An acquisition that may be negative counts as
what it leaves below f*: UCB and Thompson sampling as max(f* - bound, 0), as in SMAC3. LogEI is a logarithm already.

Paper: Hvarfner et al., πBO: Augmenting Acquisition Functions with User Beliefs for Bayesian Optimization, 2022. There β
is a tenth of the number of trials; here it is a setting, 10. Read first: `weighted`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

from nasbook.hpo.parts.climb import climb
from nasbook.hpo.parts.features import Features
from nasbook.space import Choice

FLOOR = math.log(1e-12)
Beliefs = Mapping[str, Sequence[float]]


def weighted(
    a: np.ndarray, da: np.ndarray, w: np.ndarray, dw: np.ndarray, acquisition: str, best: float
) -> tuple[np.ndarray, np.ndarray]:
    """An acquisition a (m,) and its gradient (m, D), times e^w, with w = (β/n) ln π and its gradient."""
    if acquisition == "log_ei":
        return a + w, da + dw
    if acquisition in ("ucb", "thompson"):
        a, da = np.maximum(a + best, 0), da * (a + best > 0)[:, None]
    factor = np.exp(w)
    return a * factor, (da + a[:, None] * dw) * factor[:, None]


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


class Weighted:
    """Another acquisition, times π^(β/n) of a BayesianView; n counts all trials so far, those in flight too."""

    def __init__(self, view: Any, acquisition: Any) -> None:
        self.acquisition, self.view = acquisition, view
        self.prior = Prior(view.features, view.settings.prior)
        self.fading = view.settings.beta / max(1, len(view.y) + len(view.failed) + len(view.pending))
        self.climb = self._climb if acquisition.climb else None

    def __call__(self, Z: np.ndarray, U: np.ndarray) -> np.ndarray:
        w, none = self.fading * self.prior.log(Z, U)[0], np.zeros_like(Z)
        return weighted(self.acquisition(Z, U), none, w, none, self.view.acquisition, self.view.values.min())[0]

    def slope(self, Z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        (a, da), (w, dw), best = self.acquisition.slope(Z), self.prior.log(Z), self.view.values.min()
        return weighted(
            a, da, self.fading * w, self.fading * dw, self.view.acquisition, best / self.view.believed.scale
        )

    def _climb(self, U: np.ndarray) -> np.ndarray:
        return climb(U, self.view.features, self.slope)

    def trust(self, U: np.ndarray) -> np.ndarray:
        """π^(β/n), what is left of the prior, at points U (m, d): (m,)."""
        U = self.view.space.snap(U)
        return np.exp(self.fading * self.prior.log(self.view.features(U), U)[0])


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
