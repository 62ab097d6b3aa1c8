"""ASHA, asynchronous successive halving: promote whenever it is possible, and never wait.

    a worker is free:   look at the rungs from the highest to the lowest; where the best trial that was not promoted
                        is good enough, its training goes on to the next rung;
                        if there is none, a new configuration begins in rung 0
    rung i:             r_i = ⌊R / η^(s-i)⌋ epochs, as in successive_halving.py

Good enough, with n results in the rung (failures count, as the worst) of which k are strictly better:

    rule "quantile"     η k ≤ n - 1 and n ≥ 2     the value is at most the 1/η quantile of all n (interpolated)
    rule "count"        η (k + 1) ≤ n             it is among the best ⌊n/η⌋: Algorithm 2 of the paper

The first is Syne Tune's and the default. With η = 4, losses 1, 2, 3, 4 and a new loss of 2, it lets the new one go on
(k = 1, n = 5); the paper's rule does not, nor does Ray Tune, which compares with the quantile of the old losses.

No straggler holds up others, and any number of workers stays busy. The price: some promotions are made that a full rung
would not have made, about √n among n (section 3 of the paper).

Paper: Li, Jamieson, Rostamizadeh, Gonina, Ben-tzur, Hardt, Recht & Talwalkar, A System for Massively Parallel
Hyperparameter Tuning, MLSys 2020. Read first: `propose`. Left out: several brackets (the paper found one to be best).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from nasbook.hpo.parts.brackets import Rung
from nasbook.hpo.parts.rungs import RungMethod
from nasbook.kit.checks import one_of, setting
from nasbook.kit.levels import Epochs
from nasbook.method import Proposal
from nasbook.space import Space
from nasbook.trace import Trial
from nasbook.trial import Info

RULES = ("quantile", "count")


@dataclass(frozen=True)
class ASHASettings(Epochs):
    rule: str = setting("quantile", "When a trial is good enough to go on.", RULES)

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of("rule", self.rule, RULES)


@dataclass(frozen=True)
class ASHAView:
    """The rungs when the method chose, the lowest first, and the trial that it promoted, if any."""

    rungs: tuple[Rung, ...]
    promoted: int | None


def good_enough(k: int, n: int, eta: int, rule: str = "quantile") -> bool:
    """May a trial go on that k of all n results of its rung surpass?"""
    return eta * k <= n - 1 and n >= 2 if rule == "quantile" else eta * (k + 1) <= n


class ASHA(RungMethod):
    name = "asha"
    Settings = ASHASettings
    View = ASHAView

    def __init__(self, space: Space, seed: int = 0, **settings: object) -> None:
        super().__init__(space, seed, **settings)
        self.levels = self.settings.levels
        self.rungs: list[dict[int, Trial | None]] = [
            {} for _ in self.levels
        ]  # trial id -> the trial, once it has ended
        self.promoted: list[list[int]] = [[] for _ in self.levels]
        self._last: int | None = None

    def before_promotion(self) -> int:
        return 2 if self.settings.rule == "quantile" else self.settings.eta

    def propose(self) -> Proposal:
        if not self.queue:
            for i in reversed(range(len(self.levels) - 1)):
                if (best := self.promotable(i)) is not None:
                    return Proposal(best.config, self.levels[i + 1], self.promote(best, i))
        self._last = None
        self.rungs[0][self.next_id] = None
        if self.queue:
            wanted = self.queue.pop(0)
            return Proposal(wanted.config, self.levels[0], {**wanted.info, "rung": 0})
        return Proposal(self.space.sample(self.rng), self.levels[0], {"rung": 0})

    def promote(self, trial: Trial, i: int) -> Info:
        """Let a trial of rung i go on to the next."""
        self._last = trial.id
        self.promoted[i].append(trial.id)
        self.rungs[i + 1][self.next_id] = None
        return {"continues": trial.info.get("continues", trial.id), "rung": i + 1}

    def place(self, known: Proposal) -> Proposal:
        """A result in the rung of its epochs; if the rung below has the same configuration, its promotion."""
        self._last = None
        if (r := self.epochs(known)) not in self.levels:
            return known
        i = self.levels.index(int(r))
        for below in self.rungs[i - 1].values() if i else ():
            if below is not None and below.config == known.config and below.id not in self.promoted[i - 1]:
                return Proposal(known.config, known.fidelity, {**known.info, **self.promote(below, i - 1)})
        self.rungs[i][self.next_id] = None
        return Proposal(known.config, known.fidelity, {**known.info, "rung": i})

    def promotable(self, i: int) -> Trial | None:
        """The best trial of rung i that has not been promoted, if it is good enough."""
        ended = [t for t in self.rungs[i].values() if t is not None]
        resting = [t for t in ended if t.id not in self.promoted[i] and t.loss < math.inf]
        if not resting:
            return None
        best = min(resting, key=lambda t: t.loss)
        k = sum(t.loss < best.loss for t in ended)
        return best if good_enough(k, len(ended), self.settings.eta, self.settings.rule) else None

    def observe(self, trial: Trial) -> None:
        for rung in self.rungs:
            if trial.id in rung:
                rung[trial.id] = trial

    def view(self) -> ASHAView:
        rungs = []
        for level, members, promoted in zip(self.levels, self.rungs, self.promoted, strict=True):
            values = tuple(None if t is None else t.loss for t in members.values())
            stopped = tuple(k for k, t in members.items() if t is not None and k not in promoted)
            rungs.append(Rung(level, None, tuple(members), values, tuple(promoted), stopped))
        return ASHAView(tuple(rungs), self._last)
