"""Quasi-random search: points that fill the unit cube more evenly than independent draws would.

    u_1, u_2, … ∈ [0, 1]^d,   x_i = decode(u_i)

sobol            of every block of 2^k points, each of 2^k equal boxes holds one, for many ways to cut the cube
halton           coordinate j is i written in the j-th prime base, its digits mirrored at the point
latin-hypercube  n points; cut any axis in n equal strata, and each stratum holds exactly one of them

All are scrambled: each point is uniform on its own, and a seed gives a sequence of its own. Unscrambled, the first
points are corners and centres, where a textbook's optimum often lies. A Latin hypercube must know n beforehand; after
n points a fresh one begins. Nothing is learnt from results, so any number of trials may be in flight. An Int or a
Choice takes the value in whose cell u falls, and coordinates of inactive parameters are not used, so in a small finite
space configurations come again.

Papers: Sobol' 1967; Owen 1995 (scrambling); Halton 1960; McKay, Beckman & Conover 1979. The sequences are scipy's
(scipy.stats.qmc). Read first: `propose`. Left out: designs that are optimised for distance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from nasbook.kit.checks import setting, whole
from nasbook.method import Method
from nasbook.space import Config, Space


@dataclass(frozen=True, eq=False)
class DesignView:
    """The points of the unit cube asked so far, in order; of a Latin hypercube, those of the present one."""

    points: np.ndarray  # (n, d); the last one is the next trial
    strata: int | None = None  # of each axis of a Latin hypercube


class QuasiRandom(Method):
    """What the three share. A subclass makes its engine and says how many points one design has."""

    several = True
    independent = True
    engine: Any  # of scipy.stats.qmc, which is dear to import
    strata: int | None = None

    def __init__(self, space: Space, seed: int = 0, **settings: object) -> None:
        super().__init__(space, seed, **settings)
        self.points: list[np.ndarray] = []

    def scrambled(self, name: str) -> Any:
        """An engine of scipy.stats.qmc, scrambled by the method's seed."""
        from scipy.stats import qmc  # dear, so not before a method is made

        return getattr(qmc, name)(self.space.d, scramble=True, rng=self.rng)

    def propose(self) -> Config:
        self.points.append(self.engine.random(1)[0])
        return self.space.decode(self.points[-1])

    View = DesignView

    def view(self) -> DesignView:
        return DesignView(np.array(self.points).reshape(-1, self.space.d), self.strata)


class SobolSearch(QuasiRandom):
    name = "sobol"

    def __init__(self, space: Space, seed: int = 0, **settings: object) -> None:
        super().__init__(space, seed, **settings)
        self.engine = self.scrambled("Sobol")


class HaltonSearch(QuasiRandom):
    name = "halton"

    def __init__(self, space: Space, seed: int = 0, **settings: object) -> None:
        super().__init__(space, seed, **settings)
        self.engine = self.scrambled("Halton")


@dataclass(frozen=True)
class LatinHypercubeSettings:
    points: int = setting(20, "Points of one design; best the number of trials that you mean to run.")

    def __post_init__(self) -> None:
        whole("points", self.points, 1)


class LatinHypercubeSearch(QuasiRandom):
    name = "latin-hypercube"
    Settings = LatinHypercubeSettings

    def __init__(self, space: Space, seed: int = 0, **settings: object) -> None:
        super().__init__(space, seed, **settings)
        self.engine = self.scrambled("LatinHypercube")
        self.strata = self.settings.points
        self._design = np.empty((0, space.d))

    def propose(self) -> Config:
        if len(self.points) == len(self._design):
            self._design, self.points = self.engine.random(self.strata), []
        self.points.append(self._design[len(self.points)])
        return self.space.decode(self.points[-1])
