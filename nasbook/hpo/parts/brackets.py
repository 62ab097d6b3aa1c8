"""A bracket is one run of successive halving over several rungs (rungs.py), each filled before the next."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

from nasbook.trace import Trial

Table: TypeAlias = tuple[tuple[int, int], ...]  # (n_i, r_i) of every rung


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
