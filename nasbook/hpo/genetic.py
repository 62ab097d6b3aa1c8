"""A genetic algorithm: good configurations have children that mix the parameters of two parents and change a few.

    population ← μ random configurations
    repeat:  λ times:  two parents, each the best of k members drawn at random (tournament)
                       child ← crossover(parents), each parameter mutated with probability 1/d;  evaluate it
             population ← the μ best of the μ parents and the λ children          (μ + λ selection)

uniform crossover   each parameter comes from either parent, by a fair coin
one-point           the parameters before a random cut come from the first parent, those after it from the second

The member of rank r (1 is best) wins a tournament with probability ((μ-r+1)^k - (μ-r)^k) / μ^k. Parameters are mixed in
the unit cube, so any space will do: a conditional parameter that comes to life takes the value of the parent that
has it, or a random one. A child that lives already is mutated until it does not, or drawn at random. Asks never wait:
with workers, a child is bred from those that have ended, and a generation ends with the λ-th result. Failed and pruned
trials never enter.

Book: Holland, Adaptation in Natural and Artificial Systems, 1975; Eiben & Smith, Introduction to Evolutionary
Computing, 2015, chapters 3 to 5. Read first: `propose`. Left out: self-adapted rates, niches, islands.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nasbook.kit.checks import one_of, setting, whole, within
from nasbook.kit.untried import untried
from nasbook.method import Method, Proposal
from nasbook.space import Config, Constant, Space
from nasbook.trace import Trial

CROSSOVERS = ("uniform", "one-point")
TRIES = 10  # to mutate a child until it does not live already


@dataclass(frozen=True)
class GeneticSettings:
    population: int = setting(10, "How many survive a generation (μ).")
    children: int = setting(10, "Children of a generation (λ).")
    tournament: int = setting(3, "How many are drawn, of which the best becomes a parent (k).")
    crossover: str = setting("uniform", "How two parents are mixed.", CROSSOVERS)
    crossover_rate: float = setting(0.9, "Probability that a child has two parents rather than one.")
    mutation_rate: float | None = setting(None, "Probability that a parameter changes. None: 1/d.")
    scale: float = setting(0.2, "Step of a mutated number, as a part of its range.")

    def __post_init__(self) -> None:
        whole("population", self.population, 2)
        whole("children", self.children, 1)
        whole("tournament", self.tournament, 1)
        one_of("crossover", self.crossover, CROSSOVERS)
        within("crossover_rate", self.crossover_rate, 0, 1)
        if self.mutation_rate is not None:
            within("mutation_rate", self.mutation_rate, 0, 1)
        within("scale", self.scale, 0, 1, above=True)


@dataclass(frozen=True)
class Birth:
    """How a child was made."""

    tournaments: tuple[tuple[int, ...], ...]  # ids drawn, one tuple a parent
    parents: tuple[int, ...]  # ids of their winners
    source: tuple[int, ...]  # (d,) from which parent each parameter came: 0 or 1
    mutated: tuple[str, ...] = ()  # names of the parameters that changed then


@dataclass(frozen=True)
class GeneticView:
    """Who lived when the method chose, and how it chose."""

    generation: int
    population: tuple[Trial, ...]  # best first, once it is full
    children: tuple[Trial, ...]  # of this generation, so far
    birth: Birth | None  # None for a random start


class GeneticAlgorithm(Method):
    name = "genetic"
    Settings = GeneticSettings
    View = GeneticView

    def __init__(self, space: Space, seed: int = 0, **settings: object) -> None:
        super().__init__(space, seed, **settings)
        self.generation = 0
        self.population: list[Trial] = []
        self.children: list[Trial] = []
        self._birth: Birth | None = None

    def before_ask(self) -> None:
        self._birth = None

    def propose(self) -> Config | Proposal:
        s = self.settings
        if not self.population or len(self.population) + len(self.pending) < s.population:  # still filling
            return self.space.sample(self.rng)
        drawn = [self.select() for _ in range(2 if self.rng.random() < s.crossover_rate else 1)]
        parents = [min(trials, key=lambda t: t.loss) for trials in drawn]
        source = self.mask() if len(parents) == 2 else np.zeros(self.space.d, int)
        u = cross(self.space.encode(parents[0].config), self.space.encode(parents[-1].config), source, self.rng)
        u, mutated = self.mutate(u)
        child = self.space.decode(u)
        alive = {self.space.key(t.config) for t in [*self.population, *self.children, *self.pending.values()]}
        for _ in range(TRIES):
            if self.space.key(child) not in alive:
                break
            child = self.space.mutate(child, self.rng, s.scale)
        else:
            child = untried(self.space, alive, self.rng) or child
        ids = tuple(t.id for t in parents)
        self._birth = Birth(tuple(tuple(t.id for t in d) for d in drawn), ids, tuple(map(int, source)), tuple(mutated))
        return Proposal(child, info={"parents": list(ids)})

    def select(self) -> list[Trial]:
        """The members that meet in a tournament, drawn with replacement."""
        return [self.population[i] for i in self.rng.integers(len(self.population), size=self.settings.tournament)]

    def mask(self) -> np.ndarray:
        """(d,) the parent, 0 or 1, from which each parameter comes."""
        d = self.space.d
        if self.settings.crossover == "uniform":
            return self.rng.integers(2, size=d)
        return (np.arange(d) >= self.rng.integers(1, max(d, 2))).astype(int)

    def mutate(self, u: np.ndarray) -> tuple[np.ndarray, list[str]]:
        """The point with each coordinate moved with probability p, and the names of those that were."""
        p, mutated = self.settings.mutation_rate, []
        for j, name in enumerate(self.space.free):
            parameter = self.space.parameters[name]
            if self.rng.random() < (1 / self.space.d if p is None else p) and parameter.size > 1:
                assert not isinstance(parameter, Constant)
                u[j] = parameter.encode(parameter.mutate(parameter.decode(u[j]), self.rng, self.settings.scale))
                mutated.append(name)
        return u, mutated

    def observe(self, trial: Trial) -> None:
        s = self.settings
        if trial.status != "done":
            return
        if len(self.population) < s.population and not self.generation:
            self.population.append(trial)
        else:
            self.children.append(trial)
        if len(self.children) >= s.children:
            self.population = sorted(self.population + self.children, key=lambda t: t.loss)[: s.population]
            self.children = []
            self.generation += 1

    def view(self) -> GeneticView:
        return GeneticView(self.generation, tuple(self.population), tuple(self.children), self._birth)


def cross(a: np.ndarray, b: np.ndarray, source: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A point (d,) from two: coordinate j of the one that `source` names, of the other where that is NaN."""
    u, other = np.where(source == 0, a, b), np.where(source == 0, b, a)
    u = np.where(np.isnan(u), other, u)
    return np.where(np.isnan(u), rng.random(len(u)), u)
