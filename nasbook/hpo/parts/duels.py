"""The loop of differential evolution: every new member is made for a target, meets it alone, and the better one stays.

    population: N members x_i, each with a value.   For target i = 1 … N, again and again:
    u ← a rival for x_i, made from other members
    x_i ← u where f(u) ≤ f(x_i)                   greedy: no target ever gets worse

With trials in flight the next target is one that has none; on its return a rival meets the target as it is then, so
nobody gets worse however late it comes. A failed or pruned trial loses. At the start, failed members are drawn anew.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nasbook.method import Method, Proposal
from nasbook.space import Config
from nasbook.trace import Trial


class Duels(Method):
    """Keeps `vectors`, their `values` (N,), inf where one has not been evaluated, and `ids`, the trial behind each.

    A method sets `vectors` with `begin`, and says how a member is drawn and a rival is made, and which configuration a
    member is."""

    def begin(self, members: Any) -> None:
        """members: a list of N, or an array whose rows they are."""
        self.vectors, self.values = members, np.full(len(members), np.inf)
        self.ids: list[int | None] = [None] * len(members)
        self.turn = 0  # the next target
        self.flying: dict[int, tuple[int, np.ndarray]] = {}  # trial id -> target, rival

    def fresh(self) -> np.ndarray:
        """A member drawn at random."""
        raise NotImplementedError

    def rival(self, i: int, ready: np.ndarray) -> np.ndarray:
        """A new member for target i, made from the members that have a value, i among them; at least four."""
        raise NotImplementedError

    def decode(self, member: np.ndarray) -> Config:
        raise NotImplementedError

    def encode(self, config: Config) -> np.ndarray:
        raise NotImplementedError

    def propose(self) -> Proposal | None:
        ready, empty = np.flatnonzero(np.isfinite(self.values)), self.empty()
        if empty:
            i, u = empty[0], self.vectors[empty[0]]
        elif len(ready) < 4:
            return None  # a target needs three others: wait for the first members
        else:
            i = self.target(ready)
            u = self.rival(i, ready)
        self.flying[self.next_id] = i, u
        return Proposal(self.decode(u), info={"target": i})

    def empty(self) -> list[int]:
        """The members that have no value and are not being evaluated."""
        busy = {i for i, _ in self.flying.values()}
        return [int(i) for i in np.flatnonzero(np.isinf(self.values)) if i not in busy]

    def target(self, ready: np.ndarray) -> int:
        """The next one in turn, if possible one that no rival is made for."""
        busy, N = {i for i, _ in self.flying.values()}, len(self.values)
        order = [i for k in range(N) if (i := (self.turn + k) % N) in ready]
        i = next((i for i in order if i not in busy), order[0])
        self.turn = i + 1
        return i

    def observe(self, trial: Trial) -> None:
        i, u = self.flying.pop(trial.id) if trial.id in self.flying else self.seat(trial)
        if trial.status != "done" or trial.value is None:
            if np.isinf(self.values[i]):
                self.vectors[i] = self.fresh()
        elif trial.value <= self.values[i]:
            self.vectors[i], self.values[i], self.ids[i] = u, trial.value, trial.id

    def seat(self, trial: Trial) -> tuple[int, np.ndarray]:
        """A configuration that somebody asked for from outside takes a free place, or meets the worst member."""
        free, worst = self.empty(), np.where(np.isfinite(self.values), self.values, -np.inf).argmax()
        return free[-1] if free else int(worst), self.encode(trial.config)
