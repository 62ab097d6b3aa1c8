"""Rungs: what successive halving, Hyperband, ASHA, BOHB, DEHB and freeze-thaw share.

A *rung* is a number of epochs at which trials are compared (kit/levels.py); who is promoted trains on to the next.
"""

from __future__ import annotations

from nasbook.kit.levels import check_levels, reachable
from nasbook.method import KNOWN, Method, Proposal
from nasbook.space import Arguments, Config
from nasbook.task import Fidelity
from nasbook.trace import Trial


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
    def suited(cls, settings: Arguments, fidelity: Fidelity) -> Arguments:
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
