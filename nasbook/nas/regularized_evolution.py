"""Regularized evolution: a queue of architectures in which a good one has children and the oldest dies.

    population ← P random configurations
    repeat:  sample S of the population, with replacement;  parent ← the best of them
             child ← the parent with one parameter changed;  evaluate it;  append it
             remove the oldest

The member of rank r (1 is best) becomes the parent with probability ((P-r+1)^S - (P-r)^S) / P^S. An architecture that
was lucky once dies of age all the same: its kind stays only if its children, evaluated anew, are good too. With
`ageing=False` the worst dies instead, and a lucky value lives for ever; that is the paper's comparison.

The paper has P = 100, S = 25 for 20,000 models. The defaults are for a few hundred queries of a table: P = 10, S = 3.
It works on any space. With workers, a child's parent is chosen among those that have ended. Failed and pruned trials
cost their query and never enter the population.

Paper: Real, Aggarwal, Huang & Le, Regularized Evolution for Image Classifier Architecture Search, AAAI 2019.
Read first: algorithm 1. Left out: the paper's two kinds of mutation (hidden state, operation), which belong to its
space; here `Space.mutate` changes one parameter. Also left out: the paper's 5 % of mutations that change nothing.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from nasbook.kit.checks import flag, whole, within
from nasbook.method import Method, Proposal
from nasbook.space import Config, Space
from nasbook.trace import Trial


@dataclass(frozen=True)
class EvolutionSettings:
    population: int = field(default=10, metadata={"help": "How many live at a time (P)."})
    sample: int = field(default=3, metadata={"help": "How many are drawn, of which the best has a child (S)."})
    ageing: bool = field(default=True, metadata={"help": "The oldest dies; if not, the worst."})
    scale: float = field(default=0.2, metadata={"help": "Step of a mutated number, as a part of its range."})

    def __post_init__(self) -> None:
        whole("population", self.population, 2)
        whole("sample", self.sample, 1)
        flag("ageing", self.ageing)
        within("scale", self.scale, 0, 1, above=True)


@dataclass(frozen=True)
class EvolutionView:
    """Who lived when the method chose, and how it chose."""

    population: tuple[Trial, ...]  # oldest first
    tournament: tuple[int, ...]  # ids drawn, in the order of drawing; empty for a random start
    parent: int | None  # id of the best of them
    died: int | None  # id that left with the last tell


class RegularizedEvolution(Method):
    name = "regularized-evolution"
    Settings = EvolutionSettings
    View = EvolutionView

    def __init__(self, space: Space, seed: int = 0, **settings: object) -> None:
        super().__init__(space, seed, **settings)
        self.population: deque[Trial] = deque()  # oldest first
        self.tournament: list[Trial] = []
        self.died: Trial | None = None

    def before_ask(self) -> None:
        self.tournament = []

    def propose(self) -> Config | Proposal:
        P, S = self.settings.population, self.settings.sample
        if not self.population or len(self.population) + len(self.pending) < P:  # still filling
            return self.space.sample(self.rng)
        self.tournament = [self.population[i] for i in self.rng.integers(len(self.population), size=S)]
        parent = min(self.tournament, key=lambda t: t.loss)
        child = self.space.mutate(parent.config, self.rng, self.settings.scale)
        return Proposal(child, info={"parent": parent.id})

    def observe(self, trial: Trial) -> None:
        self.died = None
        if trial.status != "done":
            return
        self.population.append(trial)
        if len(self.population) > self.settings.population:
            self.died = self.population[0] if self.settings.ageing else max(self.population, key=lambda t: t.loss)
            self.population.remove(self.died)

    def view(self) -> EvolutionView:
        drawn = tuple(t.id for t in self.tournament)
        parent = min(self.tournament, key=lambda t: t.loss).id if self.tournament else None
        return EvolutionView(tuple(self.population), drawn, parent, self.died.id if self.died else None)
