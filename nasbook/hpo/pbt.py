"""Population based training: many trainings at once; the worst go on from copies of the best, with changed settings.

    repeat:  every member trains for `interval` epochs
             exploit:  each member of the bottom quantile is replaced by a copy of a random member of the top quantile:
                       weights, state of the optimiser, random numbers, hyperparameters
             explore:  of each copied hyperparameter:  a new draw from the space with probability `resample`;
                       otherwise a number is multiplied by 1.2 or 0.8, an option moves to one of its neighbours

A quantile is ⌈q n⌉ members, at most ⌊n/2⌋: of 10 members 3, of 2 members 1. What is found is not a configuration but a
schedule: the hyperparameters change while the network learns. schedules.py follows the best trial back through the
copies, and trains one network along its schedule, which ends with the same weights.

Only what a task calls `dynamic` is explored (learning rate, decay …); the rest, such as a width, is copied with its
network. Products are rounded for an Int and held inside the range. A member whose error is not finite is the worst.
A trial is a member's interval: `fidelity` its last epoch, info["parent"] the trial whose network it went on with,
info["copied_from"] the member it was copied from, if it was. Its value is the error at the end of a schedule, which its
configuration alone does not give.

Paper: Jaderberg et al., Population Based Training of Neural Networks, 2017; defaults and rules are Ray's. Members take
turns, so the result is that of a synchronous run. Read first: `run`, then `exploit` and `explore`. Left out:
asynchronous exploitation, the paper's t-test selection.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace

import numpy as np

from nasbook.hpo.parts.own_training import Member, leadable
from nasbook.kit.checks import setting, whole, within
from nasbook.kit.state import Resumable, State
from nasbook.kit.threads import one_thread_a_step
from nasbook.space import Choice, Config, Constant, Json
from nasbook.task import Task, trial_seed
from nasbook.trace import Trial
from nasbook.views import equally_long


@dataclass(frozen=True)
class PBTSettings:
    population: int = setting(10, "Members that train side by side.")
    interval: int = setting(1, "Epochs between two rounds of copying.")
    quantile: float = setting(0.25, "Share that is replaced, and share that is copied.")
    resample: float = setting(0.25, "Probability that a copied hyperparameter is drawn anew.")
    up: float = setting(1.2, "Factor by which a number grows.")
    down: float = setting(0.8, "Factor by which a number shrinks.")

    def __post_init__(self) -> None:
        whole("population", self.population, 1)
        whole("interval", self.interval, 1)
        within("quantile", self.quantile, 0, 0.5)
        within("resample", self.resample, 0, 1)
        within("up", self.up, 1)
        within("down", self.down, 0, 1, above=True)


@dataclass(frozen=True)
class PBTView:
    """The population when a member had trained. None where a member has no finite error (yet)."""

    epoch: int  # of this member, after its interval
    member: int
    configs: tuple[Config, ...]  # of every member, now
    values: tuple[float | None, ...]  # the last error of every member
    copied_from: tuple[int | None, ...]  # in the round before this interval

    def __post_init__(self) -> None:
        equally_long(self, "configs", "values", "copied_from")

    def to_dict(self) -> Json:
        return asdict(self)

    @classmethod
    def from_dict(cls, row: Json) -> PBTView:
        return cls(**{**row, **{k: tuple(row[k]) for k in ("configs", "values", "copied_from")}})


class PBT(Resumable):
    name = "pbt"
    Settings = PBTSettings
    View = PBTView
    always = ("values", "copied", "last", "trained", "turn", "count")
    trained: int  # epochs that all members have behind them
    turn: int  # the member that trains next
    count: int  # trials

    @one_thread_a_step
    def run(self, task: Task) -> Iterator[tuple[Trial, PBTView]]:
        """Train the population to the task's full fidelity; ValueError if it trains no networks by epochs."""
        self.begin(task)
        epochs, members = int(self.task.fidelity.max), range(len(self.members))
        while self.trained < epochs:
            until = min(self.trained + self.settings.interval, epochs)
            for i in members[self.turn :]:
                yield self.train(i, until)
            self.trained, self.turn = until, 0
            if self.trained < epochs:
                self.exploit()

    def begin(self, task: Task) -> None:
        """A random population, or that of a saved state."""
        self.task = leadable(task)
        n = self.settings.population
        self.dynamic = [name for name in self.task.dynamic if name in self.space.free]
        if not self.dynamic:
            raise ValueError(
                f"pbt: none of {', '.join(self.task.dynamic)} is free in this space, so nothing can change"
            )
        configs = [self.space.sample(self.rng) for _ in range(n)]
        self.members: list[Member] = [self.task.member(c, trial_seed(self.seed, i)) for i, c in enumerate(configs)]
        self.values = [math.inf] * n
        self.copied: list[int | None] = [None] * n
        self.last: list[int | None] = [None] * n  # the trial that each network comes from
        self.trained = self.turn = self.count = 0
        if self.saved:
            self.take_back()
            self.members = [self.copy(kept["config"], kept["state"]) for kept in self.saved["members"]]

    def train(self, i: int, until: int) -> tuple[Trial, PBTView]:
        """Member i trains until so many epochs are behind it; that is a trial."""
        begin, member = time.perf_counter(), self.members[i]
        while len(member.curve) < until:
            member.epoch()
        trial = self._record(i, until, time.perf_counter() - begin)
        self.last[i], self.turn, self.count = trial.id, i + 1, trial.id + 1
        return trial, self._view(until, i)

    def copy(self, config: Config, state: State) -> Member:
        """A member that goes on as the one of this state would."""
        member = self.task.member(config, 0)
        member.load(state)
        return member

    def exploit(self) -> None:
        """Replace the worst by copies of the best, and change the copies."""
        k = quantile_size(len(self.members), self.settings.quantile)
        order = np.argsort(self.values, kind="stable")
        top = [int(i) for i in order[:k] if math.isfinite(self.values[i])]
        self.copied = [None] * len(self.members)
        for i in order[len(order) - k :] if top else []:
            j = top[self.rng.integers(len(top))]
            winner = self.members[j]
            copy = self.copy(winner.config, winner.state())
            copy.set(self.explore(winner.config))
            self.members[i], self.copied[i], self.last[i] = copy, j, self.last[j]

    def explore(self, config: Config) -> Config:
        """The configuration with every dynamic parameter drawn anew or moved."""
        s, new, fresh = self.settings, dict(config), self.rng.random(self.space.d)
        for name in self.dynamic:
            p = self.space.parameters[name]
            if name not in config or isinstance(p, Constant):
                continue
            if self.rng.random() < s.resample:
                new[name] = p.decode(float(fresh[self.space.free.index(name)]))
            elif isinstance(p, Choice):
                at = p.options.index(config[name]) + int(self.rng.choice([-1, 1]))
                new[name] = p.options[min(p.size - 1, max(0, at))]
            else:
                moved = config[name] * float(self.rng.choice([s.up, s.down]))
                moved = min(p.high, max(p.low, moved))
                new[name] = moved if p.step is None else p.decode(p.encode(moved))  # to the nearest step
        return self.space.validate(new)

    def _record(self, i: int, epoch: int, seconds: float) -> Trial:
        value = self.members[i].curve[-1]
        finite = math.isfinite(value)
        self.values[i] = value if finite else math.inf
        info = {"member": i, "parent": self.last[i], "copied_from": self.copied[i]}
        info = {k: v for k, v in info.items() if v is not None}
        trial = Trial(self.count, dict(self.members[i].config), float(epoch), cost=seconds, info=info)
        if finite:
            return replace(trial, status="done", value=value)
        reason = getattr(self.members[i], "reason", None) or f"diverged: the value is {value}"
        return replace(trial, status="failed", reason=reason)

    def _view(self, epoch: int, member: int) -> PBTView:
        values = tuple(v if math.isfinite(v) else None for v in self.values)
        return PBTView(epoch, member, tuple(dict(m.config) for m in self.members), values, tuple(self.copied))

    def state(self) -> State:
        """Every network, its optimiser and its random numbers, and where the population stands."""
        return {**super().state(), "members": [{"config": m.config, "state": m.state()} for m in self.members]}


def quantile_size(n: int, quantile: float) -> int:
    """⌈q n⌉ of n members, at most ⌊n/2⌋."""
    return min(math.ceil(quantile * n), n // 2)
