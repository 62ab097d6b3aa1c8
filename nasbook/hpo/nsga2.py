"""NSGA-II: evolution towards the whole Pareto front: good is what few dominate, and, among equals, what stands alone.

    population ← μ random configurations
    repeat:  λ times:  two parents, each the better of two members drawn at random
                       child ← crossover(parents), then one parameter mutated;  evaluate it
             population ← of parents and children together: front by front while they fit,
                          and of the front that does not fit those with the largest crowding distance

    i is better than j:  rank_i < rank_j,  or  rank_i = rank_j and distance_i > distance_j         (crowded comparison)

Numbers are crossed as two real numbers in the unit cube (simulated binary crossover, SBX): the children lie around the
parents as far apart as these are, a larger η closer to them,

    c = ½ [(1 ± β) a + (1 ∓ β) b],   β = (2u)^(1/(η+1)) if u ≤ ½, else (1 / (2 - 2u))^(1/(η+1)),   u ~ U(0, 1)

A Choice comes from either parent by a fair coin, what only one parent has from that one; so any space will do. Of the
two children one is kept. Deb mutates each variable with probability 1/d; here exactly one parameter of a child is.
Asks never wait: with workers, a child is bred from those that have ended, and a generation ends with the λ-th result.
Failed and pruned trials never enter.

Paper: Deb, Pratap, Agarwal & Meyarivan, A Fast and Elitist Multiobjective Genetic Algorithm: NSGA-II, 2002. Its
population is 100 and its η 20; 20 and 2 suit searches of some hundred trials. Fronts and crowding stand in pareto.py.
Read first: `survivors`. Left out: constraints, polynomial mutation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nasbook.hpo.genetic import cross
from nasbook.hpo.parts.pareto import crowding_by_front
from nasbook.kit.checks import refused, setting, whole, within
from nasbook.kit.untried import untried
from nasbook.method import Method, Proposal
from nasbook.space import Choice, Config, Space
from nasbook.trace import Trial

TRIES = 10  # to mutate a child until it does not live already


@dataclass(frozen=True)
class NSGA2Settings:
    population: int = setting(20, "How many survive a generation (μ); it has as many children.")
    crossover_rate: float = setting(0.9, "Probability that a child has two parents rather than one.")
    eta: float = setting(2.0, "η of the crossover: the larger, the closer children stay to their parents.")
    scale: float = setting(0.1, "Step of a mutated number, as a part of its range.")

    def __post_init__(self) -> None:
        whole("population", self.population, 2)
        within("crossover_rate", self.crossover_rate, 0, 1)
        within("eta", self.eta, 0)
        within("scale", self.scale, 0, 1, above=True)


@dataclass(frozen=True)
class NSGA2View:
    """Who lived when the method chose, how they ranked, and which of them it took."""

    generation: int
    population: tuple[Trial, ...]
    rank: tuple[int, ...]  # of each member: 0 is the first front
    crowding: tuple[float, ...]  # of each member within its front
    children: tuple[Trial, ...]  # of this generation, so far
    parents: tuple[int, ...]  # ids; empty for a random start


class NSGA2(Method):
    name = "nsga2"
    several = True
    Settings = NSGA2Settings
    View = NSGA2View

    def __init__(self, space: Space, seed: int = 0, **settings: object) -> None:
        super().__init__(space, seed, **settings)
        self.generation = 0
        self.population: list[Trial] = []
        self.children: list[Trial] = []
        self.rank, self.crowding = np.zeros(0, int), np.zeros(0)
        self._parents: tuple[int, ...] = ()

    def before_ask(self) -> None:
        self._parents = ()

    def propose(self) -> Config | Proposal:
        s = self.settings
        if not self.population or len(self.population) + len(self.pending) < s.population:  # still filling
            return self.space.sample(self.rng)
        parents = [self.select() for _ in range(2 if self.rng.random() < s.crossover_rate else 1)]
        a, b = (self.space.encode(p.config) for p in (parents[0], parents[-1]))
        child = self.space.decode(self.crossover(a, b))
        alive = {self.space.key(t.config) for t in [*self.population, *self.children, *self.pending.values()]}
        for _ in range(TRIES):
            child = self.space.mutate(child, self.rng, s.scale)
            if self.space.key(child) not in alive:
                break
        else:
            child = untried(self.space, alive, self.rng) or child
        self._parents = tuple(p.id for p in parents)
        return Proposal(child, info={"parents": list(self._parents)})

    def select(self) -> Trial:
        """The better of two members drawn at random, by the crowded comparison."""
        i, j = (int(k) for k in self.rng.integers(len(self.population), size=2))
        better = (self.rank[i], -self.crowding[i]) <= (self.rank[j], -self.crowding[j])
        return self.population[i if better else j]

    def crossover(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """A child (d,) of two points of the unit cube: SBX for numbers, a fair coin for the rest."""
        u, η = self.rng.random(self.space.d), self.settings.eta
        β = np.where(u <= 0.5, 2 * u, 1 / (2 - 2 * u)) ** (1 / (η + 1))
        β *= self.rng.choice([-1, 1], self.space.d)  # which of the two children
        swapped = cross(a, b, self.rng.integers(2, size=self.space.d), self.rng)
        options = np.array([isinstance(self.space.parameters[name], Choice) for name in self.space.free])
        coin = options | np.isnan(a) | np.isnan(b)
        return np.where(coin, swapped, ((1 + β) * a + (1 - β) * b) / 2).clip(0, 1)

    def refuses(self, trial: Trial) -> str | None:
        return refused(self.name, trial, self.done)

    def observe(self, trial: Trial) -> None:
        μ = self.settings.population
        if trial.status != "done":
            return
        if len(self.population) < μ and not self.generation:
            self._live([*self.population, trial])
            return
        self.children.append(trial)
        if len(self.children) >= μ:
            everyone = [*self.population, *self.children]
            self._live([everyone[i] for i in survivors(self._values(everyone), μ)])
            self.children = []
            self.generation += 1

    def _live(self, population: list[Trial]) -> None:
        self.population = population
        self.rank, self.crowding = crowding_by_front(self._values(population))

    def _values(self, trials: list[Trial]) -> np.ndarray:
        return np.array([t.values for t in trials])

    def view(self) -> NSGA2View:
        rank, crowding = tuple(self.rank.tolist()), tuple(self.crowding.tolist())
        children = tuple(self.children)
        return NSGA2View(self.generation, tuple(self.population), rank, crowding, children, self._parents)


def survivors(Y: np.ndarray, n: int) -> np.ndarray:
    """The n rows of Y (k, m) that live on: by rank, and within a rank the loneliest first."""
    rank, distance = crowding_by_front(Y)
    return np.lexsort((-distance, rank))[:n]
