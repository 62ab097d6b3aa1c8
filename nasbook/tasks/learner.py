"""One network while it learns, epoch by epoch, with a checkpoint: what the trainings of training.py and
architectures.py share; and several that learn at once."""

from __future__ import annotations

import math
import time as clock
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from nasbook.kit import parallel, state
from nasbook.space import Config, Json
from nasbook.task import Evaluation, Report, StopTrial

if TYPE_CHECKING:
    from torch import nn

    from nasbook.kit.state import State


class Learner:
    """A subclass trains (`epoch`) and says what it has found (`found`), what its next epoch depends on (`state`,
    `load`) and which training it is (`what`)."""

    net: Any

    @property
    def found(self) -> Sequence[tuple[float, float]]:
        """(training loss, reported value) of each epoch that has ended."""
        raise NotImplementedError

    @property
    def what(self) -> Json:
        """What a checkpoint must agree with."""
        raise NotImplementedError

    @property
    def judged(self) -> nn.Module:
        """The network whose errors are reported: the one that learns, unless an average of its weights is kept."""
        return self.net

    def measure(self, split: str) -> tuple[float, float]:
        """(mean loss, fraction classified wrongly) on "train", "val" or "test"."""
        raise NotImplementedError

    def epoch(self) -> None:
        raise NotImplementedError

    def state(self) -> State:
        raise NotImplementedError

    def load(self, state: State) -> None:
        raise NotImplementedError

    def learn(self, epochs: int, report: Report | None = None, checkpoint: Path | None = None) -> int:
        """Train for so many epochs in all, and return how many they were: fewer where the loss is not finite any more.

        With `checkpoint`, the state is kept in that file after every epoch, and a training that was cut off goes on
        from it, to the same result; the epochs that it had are reported again. Of processes that learn together
        (nasbook.kit.parallel) the first one saves and reports."""
        if checkpoint is not None:
            self.restore(checkpoint)
            parallel.agree(
                len(self.found),
                f"{checkpoint} is not the same for all processes: it must lie on a disk that all of them see",
            )
        for n in range(epochs):
            if n == len(self.found):
                self.epoch()
                if checkpoint is not None:
                    parallel.lead(partial(self.save, checkpoint))
            loss, value = self.found[n]
            if not math.isfinite(loss):
                return n + 1
            if report is not None:
                parallel.lead(partial(report, n + 1, value))
        return epochs

    def save(self, path: Path) -> None:
        state.write(path, self.what, self.state(), key="what")

    def restore(self, path: Path) -> None:
        """Go on from a file of `save`, if it exists; an unreadable one is left aside with a warning.

        ValueError if it holds another training."""
        if not Path(path).exists():
            return
        try:
            self.load(state.read(path, self.what, key="what", other="holds another training"))
        except state.Unreadable as error:
            warnings.warn(f"{str(error).partition(';')[0]}; the training starts anew", stacklevel=2)


class Together(Protocol):
    """Several learners as one: `epoch` takes each an epoch further, and `give_back` leaves in each what it learned."""

    def epoch(self) -> None: ...

    def give_back(self) -> None: ...


def learn_together(
    members: Sequence[Learner],
    join: Callable[[Sequence[Any]], Together],
    epochs: int,
    reports: Sequence[Report],
    checkpoints: Sequence[Path | None],
) -> list[tuple[int | BaseException, float]]:
    """What `Learner.learn` does, for several that `join` makes one: of each, how many epochs it has learned, or what
    has ended it, and its share of the seconds. One that ends early leaves the others as they are."""
    ended: dict[int, int | BaseException] = {}
    spent = [0.0] * len(members)
    inside: list[int] = []
    joined: Together | None = None
    for n in range(epochs):
        going = [i for i in range(len(members)) if i not in ended]
        learning = [i for i in going if len(members[i].found) == n]
        begin = clock.perf_counter()
        if learning != inside:
            if joined is not None:
                joined.give_back()
            joined = join([members[i] for i in learning]) if len(learning) > 1 else None
            inside = learning
        if learning:
            (joined or members[learning[0]]).epoch()
            kept = [(i, path) for i in learning if (path := checkpoints[i]) is not None]
            if kept and joined is not None:
                joined.give_back()
            for i, path in kept:
                members[i].save(path)
        for i in learning:
            spent[i] += (clock.perf_counter() - begin) / len(learning)
        for i in going:
            loss, value = members[i].found[n]
            if not math.isfinite(loss):
                ended[i] = n + 1
                continue
            try:
                reports[i](n + 1, value, spent[i])
            except (StopTrial, Exception) as error:
                ended[i] = error
    if joined is not None:
        joined.give_back()
    return [(ended.get(i, epochs), spent[i]) for i in range(len(members))]


def evaluate_together(
    configs: Sequence[Config],
    seeds: Sequence[int],
    epochs: int,
    reports: Sequence[Report],
    checkpoints: Sequence[Path | None],
    *,
    start: Callable[[Config, int], Learner],
    divide: Callable[[list[Config]], list[list[int]]],
    join: Callable[[Sequence[Any]], Together],
    answer: Callable[[Any, int, float], Evaluation],
) -> list[Evaluation | BaseException]:
    """What a task answers to several configurations: `start` makes the learner of each, `divide` says which of those
    that could be made learn together, `join` makes one of them, and `answer` says what each was worth."""
    answers: dict[int, Evaluation | BaseException] = {}
    members: dict[int, Learner] = {}
    for i, (config, seed, checkpoint) in enumerate(zip(configs, seeds, checkpoints, strict=True)):
        try:
            members[i] = start(config, seed)
            if checkpoint is not None:
                members[i].restore(checkpoint)
        except Exception as error:
            answers[i] = error
    able = list(members)
    for pack in divide([configs[i] for i in able]):
        rows = [able[k] for k in pack]
        heard, kept = [reports[i] for i in rows], [checkpoints[i] for i in rows]
        try:
            ends = learn_together([members[i] for i in rows], join, epochs, heard, kept)
        except StopTrial as stop:  # out of time; what learned in another pack has its answer
            ends = [(stop, 0.0) for _ in rows]
        for i, (end, seconds) in zip(rows, ends, strict=True):
            answers[i] = end if isinstance(end, BaseException) else answer(members[i], end, seconds)
    return [answers[i] for i in range(len(configs))]
