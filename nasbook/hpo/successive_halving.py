"""Successive halving: train many configurations briefly, and go on with the best η-th part, again and again.

    rung i = 0 … s:   n_i = ⌊n / η^i⌋ configurations (at least 1), each trained to r_i epochs
    r_i = ⌊R / η^(s-i)⌋,                             s the largest number with r η^s ≤ R (kit/levels.py)

The n_(i+1) lowest values of rung i are *promoted*: their training goes on from r_i to r_(i+1) epochs. The others are
stopped. With n = η^s every rung costs about the same, n r = R epochs, and one configuration reaches R. The search then
begins again with new configurations.

A rung ends when its last trial ends: free workers wait for stragglers. A failed trial is never promoted; where too few
succeed, the next rung is smaller. Ties go to the trial that started earlier.

Papers: Karnin, Koren & Somekh, Almost Optimal Exploration in Multi-Armed Bandits, ICML 2013; Jamieson & Talwalkar,
Non-stochastic Best Arm Identification and Hyperparameter Optimization, AISTATS 2016. Read first: `Bracket.tell` in
brackets.py, then `propose`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from nasbook.hpo.parts.brackets import Bracket, BracketView, Table
from nasbook.hpo.parts.rungs import RungMethod
from nasbook.kit.checks import setting, whole
from nasbook.kit.levels import Epochs
from nasbook.method import Proposal
from nasbook.space import Config, Space
from nasbook.trace import Trial
from nasbook.trial import Info


@dataclass(frozen=True)
class HalvingSettings(Epochs):
    configurations: int | None = setting(None, "Configurations in the first rung (n); None is η^s.")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.configurations is not None:
            whole("configurations", self.configurations, self.eta)


@dataclass(frozen=True)
class HalvingView:
    """The brackets that were begun, finished ones included, and the tables that they take in turn."""

    tables: tuple[Table, ...]
    brackets: tuple[BracketView, ...]


class SuccessiveHalving(RungMethod):
    name = "successive-halving"
    View: ClassVar[type] = HalvingView
    Settings: ClassVar[type] = HalvingSettings
    independent: ClassVar[bool] = True
    overlap = False  # True: a free worker begins the next bracket where it would have to wait

    def __init__(self, space: Space, seed: int = 0, **settings: object) -> None:
        super().__init__(space, seed, **settings)
        self.tables = self.plan()
        self.brackets: list[Bracket] = []
        self._home: dict[int, Bracket] = {}  # trial in flight -> its bracket
        self._views: dict[int, BracketView] = {}

    def plan(self) -> tuple[Table, ...]:
        s = self.settings
        n = s.eta ** (len(s.levels) - 1) if s.configurations is None else s.configurations
        return (tuple((max(1, n // s.eta**i), r) for i, r in enumerate(s.levels)),)

    def before_promotion(self) -> int:
        return self.tables[0][0][0]

    def propose(self) -> Proposal | None:
        bracket = next((b for b in self.brackets if b.waiting), None) or self.begin()
        return None if bracket is None else self.fill(bracket)

    def settled(self) -> int:
        return sum(len(b.waiting) for b in self.brackets) if self.independent else 0  # the rest of a rung

    def begin(self) -> Bracket | None:
        """The next bracket; None where the last trials of a rung are waited for."""
        if self.brackets and not self.brackets[-1].finished and not self.overlap:
            return None
        self.brackets.append(Bracket(self.tables[len(self.brackets) % len(self.tables)], len(self.brackets)))
        return self.brackets[-1]

    def fill(self, bracket: Bracket, place: int = 0, wanted: Proposal | None = None) -> Proposal:
        """Give a place to what is wanted there, or to what the method chooses."""
        self._home[self.next_id] = bracket
        before = bracket.start(self.next_id, place)
        if before is None and wanted is None and self.queue:
            wanted = self.queue.pop(0)
        config, info = self.choose(bracket, before, wanted)
        info = {**info, **(wanted.info if wanted else {}), "bracket": bracket.number, "rung": bracket.rung}
        return Proposal(config, bracket.level, info)

    def place(self, known: Proposal) -> Proposal:
        """A new trial of a first rung, or the promoted one of this configuration, where its epochs are asked for."""
        for bracket in self.brackets:
            if bracket.level == self.epochs(known):
                for i, before in enumerate(bracket.waiting):
                    if before is None or before.config == known.config:
                        return replace(self.fill(bracket, i, known), fidelity=known.fidelity)
        first = self.tables[len(self.brackets) % len(self.tables)][0][1]
        if first == self.epochs(known) and (begun := self.begin()):
            return replace(self.fill(begun, 0, known), fidelity=known.fidelity)
        return known

    def choose(self, bracket: Bracket, before: Trial | None, wanted: Proposal | None) -> tuple[Config, Info]:
        """What takes a place: a promoted trial goes on; else what somebody wants, or a new configuration."""
        if before is not None:
            return before.config, {"continues": before.info.get("continues", before.id)}
        return (wanted.config, {}) if wanted else self.sample(bracket.level)

    def sample(self, level: int) -> tuple[Config, Info]:
        """A new configuration, which begins with so many epochs."""
        return self.space.sample(self.rng), {}

    def observe(self, trial: Trial) -> None:
        if trial.id in self._home:
            self._home.pop(trial.id).tell(trial)

    def view(self) -> HalvingView:
        for b in self.brackets:
            if b.number not in self._views and b.finished:
                self._views[b.number] = b.view()
        return HalvingView(self.tables, tuple(self._views.get(b.number) or b.view() for b in self.brackets))
