"""Rungs and brackets: what successive halving, Hyperband, ASHA, BOHB and DEHB share.

A *rung* is a number of epochs at which trials are compared. Those that are promoted go on with their training to the
next rung. A *bracket* is one run of successive halving over several rungs.

    r_i = ⌊R / η^(s-i)⌋,  i = 0 … s        s is the largest number with r η^s ≤ R
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, TypeAlias

from nasbook.kit.checks import setting, whole
from nasbook.kit.levels import check_levels, reachable, rung_levels
from nasbook.method import KNOWN, Method, Proposal
from nasbook.space import Arguments, Config
from nasbook.task import Fidelity
from nasbook.trace import Trial

MOST = 100_000  # configurations that a first rung may hold
Table: TypeAlias = tuple[tuple[int, int], ...]  # (n_i, r_i) of every rung of a bracket


@dataclass(frozen=True)
class Epochs:
    """The range of fidelities, for methods with rungs."""

    min_fidelity: int = setting(1, "Epochs of the shortest training (r).")
    max_fidelity: int = setting(27, "Epochs of a full training (R); the task must allow so many.")
    eta: int = setting(3, "One configuration of so many goes on to the next rung (η).")

    def __post_init__(self) -> None:
        whole("min_fidelity", self.min_fidelity, 1, math.inf)
        whole("max_fidelity", self.max_fidelity, 1, math.inf)
        whole("eta", self.eta, 2)
        if self.max_fidelity < self.eta * self.min_fidelity:
            raise ValueError(
                f"max_fidelity={self.max_fidelity} leaves a single rung, so nothing can be promoted; with min_fidelity="
                f"{self.min_fidelity} and eta={self.eta} it must be at least {self.eta * self.min_fidelity}"
            )
        if (n := self.eta ** (len(self.levels) - 1)) > MOST:
            raise ValueError(f"max_fidelity={self.max_fidelity:,} begins with {n:,} configurations; raise min_fidelity")

    @property
    def levels(self) -> tuple[int, ...]:
        return rung_levels(self.min_fidelity, self.max_fidelity, self.eta)


@dataclass(frozen=True)
class Rung:
    """A rung when the method chose. Trials are named by their numbers, in the order of their start."""

    fidelity: int
    size: int | None  # places; None: as many as come
    trials: tuple[int, ...]
    values: tuple[float | None, ...]  # None while it runs, inf where it failed
    promoted: tuple[int, ...]
    stopped: tuple[int, ...]  # ended and not promoted (ASHA: not yet)


class Bracket:
    """One run of successive halving: rungs that are filled one after the other."""

    def __init__(self, table: Table, number: int) -> None:
        self.table, self.number, self.rung = table, number, 0
        self.waiting: list[Trial | None] = [None] * table[0][0]  # to be started: a promoted trial, or a new one
        self.members: list[dict[int, Trial | None]] = [{} for _ in table]  # trial id -> the trial, once it has ended
        self.promoted: list[tuple[int, ...]] = [() for _ in table]

    @property
    def finished(self) -> bool:
        return not self.waiting and None not in self.members[self.rung].values()

    @property
    def level(self) -> int:
        """Epochs of the rung that is being filled."""
        return self.table[self.rung][1]

    def start(self, trial_id: int, place: int = 0) -> Trial | None:
        """Give a place to a trial; the answer is the trial that it goes on with."""
        self.members[self.rung][trial_id] = None
        return self.waiting.pop(place)

    def tell(self, trial: Trial) -> None:
        self.members[self.rung][trial.id] = trial
        if self.finished and self.rung + 1 < len(self.table):
            able = [t for t in self.members[self.rung].values() if t and t.loss < math.inf]
            best = sorted(able, key=lambda t: t.loss)[: self.table[self.rung + 1][0]]
            if best:
                self.promoted[self.rung], self.waiting = tuple(t.id for t in best), list(best)
                self.rung += 1

    def view(self) -> BracketView:
        rungs = []
        for i, ((size, level), members) in enumerate(zip(self.table, self.members, strict=True)):
            over = i < self.rung or self.finished
            stopped = tuple(k for k in members if over and k not in self.promoted[i])
            values = tuple(None if t is None else t.loss for t in members.values())
            rungs.append(Rung(level, size, tuple(members), values, self.promoted[i], stopped))
        return BracketView(self.number, self.table, tuple(rungs))


@dataclass(frozen=True)
class BracketView:
    number: int
    table: Table
    rungs: tuple[Rung, ...]


class RungMethod(Method):
    """A method that trains in rungs. Configurations asked for from outside begin in the lowest rung that is open;
    trials that are known from an earlier search take the place that they would have had, if there is one."""

    continues = True

    def next(self) -> Config | Proposal | None:
        if self.queue and KNOWN in self.queue[0].info:
            return self.place(self.queue.pop(0))
        return self.propose()

    def place(self, known: Proposal) -> Proposal:
        """The proposal of a known trial, with what it is in the schedule."""
        raise NotImplementedError

    def epochs(self, trial: Trial | Proposal) -> float:
        """Its fidelity; a trial that tells none was trained fully."""
        return self.settings.max_fidelity if trial.fidelity is None else trial.fidelity

    @classmethod
    def suited(cls, settings: Arguments, fidelity: Fidelity) -> dict[str, Any]:
        """The task's range where none is set; and where η is not set and its default misses the task's levels, one that
        meets them."""
        return reachable(cls.name, settings, fidelity, cls.Settings().eta)

    def before_promotion(self) -> int:
        """New configurations that are trained before one can be promoted."""
        raise NotImplementedError

    def new_configurations(self, trials: int) -> int:
        return min(trials, self.before_promotion())

    def check_budget(self, trials: int | None, fidelity: Fidelity | None) -> None:
        if fidelity is not None:
            check_levels(self.name, self.settings, fidelity, trials, self.before_promotion())
