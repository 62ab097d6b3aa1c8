"""Rungs: what successive halving, Hyperband, ASHA, BOHB, DEHB and freeze-thaw share.

A *rung* is a number of epochs at which trials are compared. Those that are promoted go on with their training to the
next rung.

    r_i = ⌊R / η^(s-i)⌋,  i = 0 … s        s is the largest number with r η^s ≤ R
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from nasbook.kit.checks import setting, whole
from nasbook.kit.levels import check_levels, reachable, rung_levels
from nasbook.method import KNOWN, Method, Proposal
from nasbook.space import Arguments, Config
from nasbook.task import Fidelity
from nasbook.trace import Trial

MOST = 100_000  # configurations that a first rung may hold


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
