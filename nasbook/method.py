"""What a method is: it knows a space and results, and says what to try next.

An ask/tell method writes `propose` and, if it keeps a state, `observe`. A one-shot method owns its training loop.
Neither knows a task's insides, a notebook or a picture.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.random import default_rng

from nasbook.answer import finite
from nasbook.space import Arguments, Config, Space
from nasbook.task import Fidelity, Task
from nasbook.trace import Trial
from nasbook.trial import Info, copied

KNOWN = "warm start"  # in the info of a trial that an earlier search has evaluated
MANY = (
    "{n} objectives and {method} minimises one; nsga2 and parego weigh several, and random, grid and the quasi-random "
    "methods do not look at them"
)


@dataclass(frozen=True)
class Proposal:
    """A configuration that a method wants to see, and where that is not all: at which fidelity, and why.

    info={"continues": id} goes on with the training of an earlier trial, to a higher fidelity: the new trial has its
    seed and costs only the rest. `id` is the first trial of such a chain."""

    config: Config
    fidelity: float | None = None
    info: Info = field(default_factory=dict)


@dataclass(frozen=True)
class NoSettings:
    """For methods that have nothing to set."""


class _Named:
    """What ask/tell and one-shot methods share: a name, a space, checked settings, a seeded generator."""

    registered_as: ClassVar[str] = "method"
    name: str
    Settings: ClassVar[type] = NoSettings
    several: ClassVar[bool] = False  # True: serves tasks with several objectives
    independent: ClassVar[bool] = False  # True: its next trials need no results of each other and may train as one

    def __init__(self, space: Space, seed: int = 0, **settings: object) -> None:
        if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
            raise ValueError(f"{self.name}: seed must be a whole number of at least 0, not {seed!r}")
        self.space, self.seed, self.rng = space, int(seed), default_rng(int(seed))
        known = [f.name for f in fields(self.Settings)]
        for key in settings:
            if key not in known:
                has = f"it has {', '.join(known)}" if known else "it has none"
                raise ValueError(f"{self.name} has no setting {key!r}; {has}")
        try:
            self.settings = self.Settings(**copied(settings))
        except ValueError as error:
            raise ValueError(f"{self.name}: {error}") from None
        self.check_space(space)

    def check_space(self, space: Space) -> None:
        """Raise ValueError where the method cannot serve the space, and name methods that can."""

    @classmethod
    def refusal(cls, space: Space) -> str | None:
        """Why the method cannot serve a space, with its settings as they are by default; None if it can."""
        bare = cls.__new__(cls)  # nothing but the check is wanted
        bare.space, bare.settings = space, cls.Settings()
        try:
            bare.check_space(space)
        except ValueError as error:
            return str(error)
        return None


class Method(_Named):
    """An ask/tell method. A subclass writes `propose`, and `observe` if it keeps a state of its own.

    `ask()` may be called again before `tell()`; what is in flight is in `pending`. What has ended is in `trials`, in
    the order of its telling. The same seed and the same tells give the same asks. The next trial has the number
    `next_id`; what was asked for from outside waits in `queue`.
    """

    continues: ClassVar[bool] = False  # True: proposes trials that go on with the training of earlier ones
    takes_one: ClassVar[bool] = False  # True: also serves a space that leaves nothing to choose
    View: ClassVar[type | None] = None  # the class of its views, which pictures draw

    def __init__(self, space: Space, seed: int = 0, **settings: object) -> None:
        super().__init__(space, seed, **settings)
        self.trials: list[Trial] = []
        self.pending: dict[int, Trial] = {}
        self.next_id = 0
        self.queue: list[Proposal] = []
        self._keys: list[tuple] = []  # of the trials, as far as `tried` was asked for

    def check_space(self, space: Space) -> None:
        if not self.takes_one and space.at_most(1):
            raise ValueError(
                f"{self.name}: this space has a single configuration, so there is nothing to search; use 'random'"
            )

    @classmethod
    def suited(cls, settings: Arguments, fidelity: Fidelity) -> Arguments:
        """These settings, with what is not set and depends on how thoroughly the task can be evaluated."""
        return dict(settings)

    def check_budget(self, trials: int | None, fidelity: Fidelity | None) -> None:
        """Raise ValueError where so many trials, or what the task can be trained for, do not suffice."""

    def new_configurations(self, trials: int) -> int:
        """How many of so many trials want a configuration that has not been tried."""
        return trials

    def propose(self) -> Config | Proposal | None:
        """The next configuration; None means 'wait for a result', or, with nothing in flight, 'I am done'."""
        raise NotImplementedError

    def refuses(self, trial: Trial) -> str | None:
        """Why the method cannot learn from the result of a done trial; None if it can. A search lets such a trial fail,
        for this reason, before it is written and told."""
        return None

    def observe(self, trial: Trial) -> None:
        """A trial has ended: done, failed (no value) or pruned."""

    def view(self) -> Any:
        """A small frozen dataclass: what the method believed when it chose last. None if it believes nothing."""
        return None

    def settled(self) -> float:
        """How many of the next trials will be the same whatever becomes of those in flight: they may train at once."""
        return math.inf if self.independent else 0

    def should_stop(self, trial: Trial, curve: Sequence[tuple[float, float]]) -> str | None:
        """Called when a running trial reports, with all that it has reported; a sentence stops the trial, which is then
        told as pruned.

        In a loop of one's own the same question is asked by hand:

            trial, curve = method.ask(), []
            for epoch in range(1, 28):
                curve.append((epoch, train(trial.config)))
                if why := method.should_stop(trial, curve):
                    break
            method.tell(replace(trial, status="pruned" if why else "done", value=curve[-1][1], reason=why, curve=curve))
        """
        return None

    def next(self) -> Config | Proposal | None:
        """What was asked for from outside comes first. A method with a schedule gives it a place there instead."""
        return self.queue.pop(0) if self.queue else self.propose()

    def enqueue(self, config: Config, **info: object) -> None:
        """Ask for this configuration next: a known good start, or the learner's own choice."""
        self.queue.append(Proposal(self.space.validate(config), info={"by": "user", **copied(info)}))

    def before_ask(self) -> None:
        """Called before each choice, also of what comes from outside: what `view` tells of the last one goes."""

    def ask(self) -> Trial | None:
        self.before_ask()
        proposal = self.next()
        if proposal is None:
            return None
        if not isinstance(proposal, Proposal):
            proposal = Proposal(proposal)
        trial = Trial(self.next_id, proposal.config, proposal.fidelity, info=proposal.info)
        self.next_id += 1
        self.pending[trial.id] = trial
        return trial

    def ask_again(self, trial: Trial) -> Trial | None:
        """Ask as for a recorded trial: for it, if it came from outside, and otherwise as if nothing else waited."""
        waiting, self.queue = self.queue, []
        if trial.info.get("by") == "user":
            self.queue.append(Proposal(trial.config, trial.fidelity, trial.info))
            same = (i for i, p in enumerate(waiting) if p.config == trial.config and KNOWN not in trial.info)
            if (i := next(same, None)) is not None:
                del waiting[i]
        try:
            return self.ask()
        finally:
            self.queue += waiting

    def remember(self, trials: Sequence[Trial]) -> None:
        """Bring a new method to where it would be had these trials been enqueued, asked for and told."""
        for trial in trials:
            self.pending[trial.id] = trial
            self.next_id += 1
            self.tell(trial)

    def tell(self, trial: Trial) -> None:
        if trial.id not in self.pending:
            raise ValueError(f"trial {trial.id} is told, but {self.name} had not asked for it, or was told before")
        if trial.status == "running":
            raise ValueError(
                f"trial {trial.id} is still running: tell what became of it, e.g. "
                "dataclasses.replace(trial, status='done', value=0.3)"
            )
        if trial.status == "done":
            values = None if trial.values is None else tuple(finite(v, "values") for v in trial.values)
            trial = replace(trial, value=finite(trial.value, "value"), values=values)
            if reason := self.refuses(trial):
                raise ValueError(f"trial {trial.id} cannot be told: {reason}")
        del self.pending[trial.id]
        self.trials.append(trial)
        self.observe(trial)

    @property
    def done(self) -> list[Trial]:
        """The trials with a value."""
        return [t for t in self.trials if t.status == "done"]

    @property
    def tried(self) -> set[tuple]:
        """The keys (`Space.key`) of all that was asked for, in flight or ended."""
        self._keys += [self.space.key(t.config) for t in self.trials[len(self._keys) :]]
        return {*self._keys, *(self.space.key(t.config) for t in self.pending.values())}


class OneShot(_Named):
    """A method that owns its training loop (DARTS, ENAS …): a generator of (trial, view), one per epoch.

    `View` must have `to_dict` and `from_dict`, because a view of a training cannot be computed again from the trials.
    """

    View: ClassVar[type]

    def run(self, task: Task) -> Iterator[tuple[Trial, object]]:
        """Train; after each epoch yield a done Trial (its config is what would be derived now) and the view."""
        raise NotImplementedError

    def save(self, path: Path) -> None:
        """Keep everything that `run` needs to go on after the last yielded epoch."""
        raise NotImplementedError

    def restore(self, path: Path) -> None:
        """Make the next `run` go on from a saved state."""
        raise NotImplementedError
