"""Differential evolution, rand/1/bin: steps are differences of members, so they shrink as the population does.

    population: N vectors x_i of the unit cube.   For target i = 1 … N, again and again:
    donor   v = x_r1 + F (x_r2 - x_r3),           r1, r2, r3 different from each other and from i
    trial   u_j = v_j with probability CR, else x_ij; at least one coordinate is from v   (binomial crossover)
    x_i ← u where f(u) ≤ f(x_i)                   greedy: no target ever gets worse

A coordinate of the donor that leaves [0, 1] is drawn anew, as scipy does. A new vector takes part at once ("immediate"
updating). The loop over targets, and what becomes of trials in flight and of failures, is in parts/duels.py.

All coordinates are real numbers: an Int or a Choice takes the value in whose cell the coordinate lies, a Choice in the
order of its options, and a vector keeps the coordinates of parameters that are inactive. So every space is served, but
among options without order a difference means little, and in a small space configurations come again; where most
parameters are such, prefer 'genetic'.

Papers: Storn & Price, Differential Evolution, 1997; the defaults and the encoding are those of Awad, Mallik & Hutter,
Differential Evolution for Neural Architecture Search, 2020, and DEHB, 2021. Read first: `mutate`, then `propose` in
parts/duels.py. Left out: other strategies (best/1, current-to-best), adapted F and CR.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nasbook.hpo.parts.duels import Duels
from nasbook.hpo.parts.rand1bin import rand_1_bin
from nasbook.kit.checks import setting, whole, within
from nasbook.space import Config, Space


@dataclass(frozen=True)
class DESettings:
    population: int = setting(20, "Number of vectors (N).")
    F: float = setting(0.5, "Factor of the difference.")
    CR: float = setting(0.5, "Probability that a coordinate comes from the donor.")

    def __post_init__(self) -> None:
        whole("population", self.population, 4)
        within("F", self.F, 0, 2, above=True)
        within("CR", self.CR, 0, 1)


@dataclass(frozen=True, eq=False)
class Mutation:
    """How a trial vector was made; indices are rows of the population."""

    target: int
    base: int  # r1
    pair: tuple[int, int]  # r2, r3
    donor: np.ndarray  # (d,) v
    mask: np.ndarray  # (d,) True where the trial takes the donor's coordinate
    trial: np.ndarray  # (d,) u


@dataclass(frozen=True, eq=False)
class DEView:
    """The population when the method chose, and how it chose."""

    vectors: np.ndarray  # (N, d) in the unit cube
    values: np.ndarray  # (N,) inf where a member has not been evaluated
    ids: tuple[int | None, ...]  # the trial behind each member
    mutation: Mutation | None  # None for a first member


class DifferentialEvolution(Duels):
    name = "differential-evolution"
    Settings = DESettings
    View = DEView

    def __init__(self, space: Space, seed: int = 0, **settings: object) -> None:
        super().__init__(space, seed, **settings)
        from scipy.stats import qmc  # dear, and a picture of a view needs none

        self.begin(qmc.LatinHypercube(space.d, rng=self.rng).random(self.settings.population))
        self.mutation: Mutation | None = None

    def before_ask(self) -> None:
        self.mutation = None

    def rival(self, i: int, ready: np.ndarray) -> np.ndarray:
        self.mutation = self.mutate(i, ready)
        return self.mutation.trial

    def mutate(self, i: int, ready: np.ndarray) -> Mutation:
        """Donor and trial vector for target i, from the members that have a value."""
        x, (r1, r2, r3) = self.vectors, self.rng.choice(ready[ready != i], 3, replace=False)
        step = rand_1_bin(x[i], x[r1], x[r2], x[r3], self.settings.F, self.settings.CR, self.rng)
        return Mutation(i, int(r1), (int(r2), int(r3)), *step)

    def fresh(self) -> np.ndarray:
        return self.rng.random(self.space.d)

    def decode(self, member: np.ndarray) -> Config:
        return self.space.decode(member)

    def encode(self, config: Config) -> np.ndarray:
        """Coordinates that the configuration does not have are drawn."""
        u = self.space.encode(config)
        return np.where(np.isnan(u), self.rng.random(len(u)), u)

    def view(self) -> DEView:
        return DEView(self.vectors.copy(), self.values.copy(), tuple(self.ids), self.mutation)
