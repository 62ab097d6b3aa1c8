"""A function that trains something, as the members of a population.

    def train(config, fidelity, checkpoint): ...   # go on from `checkpoint` to epoch `fidelity`, keep the state there
    train.dynamic = ("lr",)                        # what may change meanwhile; without this line, all parameters

A member is a checkpoint and a configuration: an epoch is one call of the function, a copy is a copy of the file.
"""

from __future__ import annotations

import math
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from nasbook.evaluation import evaluate
from nasbook.space import Config
from nasbook.task import Fidelity, FunctionTask, Task
from nasbook.trace import Trial

if TYPE_CHECKING:
    from nasbook.kit.state import State


class Member(Protocol):
    """A training that a task's `member(config, seed)` begins."""

    config: Config
    curve: list[float]  # error after each epoch so far

    def epoch(self) -> None: ...
    def state(self) -> State: ...  # a copy of all that the next epoch depends on, the configuration aside
    def load(self, state: State) -> None: ...
    def set(self, config: Config) -> None: ...  # go on with other values of the task's `dynamic` parameters


@runtime_checkable
class Leadable(Protocol):
    """A task whose trainings can be led: `member(config, seed)` begins one, `dynamic` may change meanwhile."""

    dynamic: tuple[str, ...]
    fidelity: Fidelity

    def member(self, config: Config, seed: int) -> Member: ...


def leadable(task: Task) -> Leadable:
    """The task with what PBT needs: `member`, `dynamic` and a fidelity. ValueError where it has none of it."""
    if isinstance(task, FunctionTask) and {"fidelity", "checkpoint"} <= set(task.context) and task.fidelity:
        return OwnTrainings(task, task.fidelity)
    if isinstance(task, Leadable) and task.fidelity:
        return task
    raise ValueError(
        f"pbt copies networks while they learn, and {task.name} has none to lead; use 'digits-mlp', or a function of "
        "(config, fidelity, checkpoint) with fidelity=nasbook.Fidelity('epoch', 1, 27), in a study "
        "fidelity: {unit: epoch, min: 1, max: 27}"
    )


class OwnTrainings:
    """What PBT asks of a task, for a function with a checkpoint."""

    def __init__(self, task: FunctionTask, fidelity: Fidelity) -> None:
        self.task, self.fidelity = task, fidelity
        self.dynamic = tuple(getattr(task.function, "dynamic", task.space.free))
        self._folder = TemporaryDirectory(prefix="nasbook-")
        self._count = 0

    def member(self, config: Config, seed: int) -> OwnTraining:
        self._count += 1
        return OwnTraining(self.task, config, seed, Path(self._folder.name) / str(self._count))


class OwnTraining:
    """One training; see `Member`. An epoch that fails has the value NaN, and `reason` says why."""

    def __init__(self, task: FunctionTask, config: Config, seed: int, file: Path) -> None:
        self.task, self.config, self.seed, self.file = task, dict(config), seed, file
        self.curve: list[float] = []
        self.reason: str | None = None

    def epoch(self) -> None:
        trial = Trial(0, self.config, float(len(self.curve) + 1))
        trial = evaluate(self.task, trial, seed=self.seed, checkpoint=self.file)
        self.reason = trial.reason
        self.curve.append(math.nan if trial.value is None else trial.value)

    def state(self) -> State:
        kept = self.file.read_bytes().decode("latin-1") if self.file.exists() else None
        return {"seed": self.seed, "curve": list(self.curve), "file": kept}

    def load(self, state: State) -> None:
        self.seed, self.curve = state["seed"], list(state["curve"])
        if state["file"] is None:
            self.file.unlink(missing_ok=True)
        else:
            self.file.write_bytes(state["file"].encode("latin-1"))

    def set(self, config: Config) -> None:
        self.config = dict(config)
