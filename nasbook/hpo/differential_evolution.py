"""Differential evolution, rand/1/bin: steps are differences of members, so they shrink as the population does.

    population: N vectors x_i of the unit cube.   For target i = 1 … N, again and again:
    donor   v = x_r1 + F (x_r2 - x_r3),           r1, r2, r3 different from each other and from i
    trial   u_j = v_j with probability CR, else x_ij; at least one coordinate is from v   (binomial crossover)
    x_i ← u where f(u) ≤ f(x_i)                   greedy: no target ever gets worse

A coordinate of the donor that leaves [0, 1] is drawn anew, as scipy does. A new vector takes part at once ("immediate"
updating). With trials in flight the next target is one that has none; on its return a trial meets the target as it
is then, so nobody gets worse however late it comes. A failed or pruned trial loses. At the start, failed members are
drawn anew.

All coordinates are real numbers: an Int or a Choice takes the value in whose cell the coordinate lies, a Choice in the
order of its options, and a vector keeps the coordinates of parameters that are inactive. So every space is served, but
among options without order a difference means little, and in a small space configurations come again; where most
parameters are such, prefer 'genetic'.

Papers: Storn & Price, Differential Evolution, 1997; the defaults and the encoding are those of Awad, Mallik & Hutter,
Differential Evolution for Neural Architecture Search, 2020, and DEHB, 2021. Read first: `propose`. Left out: other
strategies (best/1, current-to-best), adapted F and CR.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from nasbook.hpo.parts.rand1bin import rand_1_bin
from nasbook.kit.checks import setting, whole, within
from nasbook.method import Method, Proposal
from nasbook.space import Space
from nasbook.trace import Trial


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


class DifferentialEvolution(Method):
    name = "differential-evolution"
    Settings = DESettings
    View = DEView

    def __init__(self, space: Space, seed: int = 0, **settings: Any) -> None:
        super().__init__(space, seed, **settings)
        from scipy.stats import qmc  # dear, and a picture of a view needs none

        N = self.settings.population
        self.vectors = qmc.LatinHypercube(space.d, rng=self.rng).random(N)
        self.values = np.full(N, np.inf)
        self.ids: list[int | None] = [None] * N
        self._turn = 0  # the next target
        self._flying: dict[int, tuple[int, np.ndarray]] = {}  # trial id -> target, vector
        self._mutation: Mutation | None = None

    def before_ask(self) -> None:
        self._mutation = None

    def propose(self) -> Proposal | None:
        busy = {target for target, _ in self._flying.values()}
        empty = [i for i in np.flatnonzero(np.isinf(self.values)) if i not in busy]
        ready = np.flatnonzero(np.isfinite(self.values))
        if empty:
            target, u = int(empty[0]), self.vectors[empty[0]]
        elif len(ready) < 4:
            return None  # a difference needs three others: wait for the first members
        else:
            order = [i for i in (self._turn + np.arange(len(self.values))) % len(self.values) if i in ready]
            target = int(next((i for i in order if i not in busy), order[0]))
            self._turn = target + 1
            self._mutation = self.mutate(target, ready)
            u = self._mutation.trial
        self._flying[self.next_id] = target, u
        return Proposal(self.space.decode(u), info={"target": target})

    def mutate(self, i: int, ready: np.ndarray) -> Mutation:
        """Donor and trial vector for target i, from the members that have a value."""
        x, (r1, r2, r3) = self.vectors, self.rng.choice(ready[ready != i], 3, replace=False)
        step = rand_1_bin(x[i], x[r1], x[r2], x[r3], self.settings.F, self.settings.CR, self.rng)
        return Mutation(i, int(r1), (int(r2), int(r3)), *step)

    def observe(self, trial: Trial) -> None:
        target, u = self._flying.pop(trial.id) if trial.id in self._flying else self._seat(trial)
        if trial.status != "done" or trial.value is None:
            if np.isinf(self.values[target]):
                self.vectors[target] = self.rng.random(self.space.d)
        elif trial.value <= self.values[target]:
            self.vectors[target], self.values[target], self.ids[target] = u, trial.value, trial.id

    def _seat(self, trial: Trial) -> tuple[int, np.ndarray]:
        """A configuration that somebody asked for from outside takes a free place, or meets the worst member."""
        busy = {target for target, _ in self._flying.values()}
        free = [i for i in np.flatnonzero(np.isinf(self.values)) if i not in busy]
        u, ready = self.space.encode(trial.config), np.where(np.isfinite(self.values), self.values, -np.inf)
        u = np.where(np.isnan(u), self.rng.random(len(u)), u)
        return int(free[-1] if free else ready.argmax()), u

    def view(self) -> DEView:
        return DEView(self.vectors.copy(), self.values.copy(), tuple(self.ids), self._mutation)
