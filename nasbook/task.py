"""What a task is: it knows a space, and what a configuration of it is worth.

A task owns its data, its fidelity and its cost, and knows no method. Values are minimised.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Protocol, SupportsFloat, TypeAlias, runtime_checkable

import numpy as np
from numpy.random import SeedSequence
from numpy.typing import ArrayLike

from nasbook.fits import misfit
from nasbook.space import Arguments, Config, Constant, Json, Parameter, Space

Report = Callable[..., None]  # report(fidelity, value), or report(fidelity, value, cost so far)
CONTEXT = ("fidelity", "seed", "report", "checkpoint")  # what a search gives an objective besides the configuration


@dataclass(frozen=True)
class Fidelity:
    """How thoroughly a trial can be evaluated: from `min` to `max` of a unit such as 'epoch'; at certain `levels` only,
    or, with (), anywhere between."""

    unit: str
    min: float
    max: float
    levels: tuple[float, ...] = ()

    def to_dict(self) -> Json:
        """Plain types, as a trace and a study hold it; without levels where there are none."""
        levels = {"levels": list(self.levels)} if self.levels else {}
        return {"unit": self.unit, "min": self.min, "max": self.max, **levels}

    def allows(self, level: float) -> bool:
        """Can a trial be evaluated this thoroughly?"""
        return self.min <= level <= self.max and (not self.levels or level in self.levels)

    def __post_init__(self) -> None:
        numbers = (self.min, self.max)
        if not isinstance(self.unit, str) or not self.unit:
            raise ValueError(f"a fidelity's unit is a word such as 'epoch', not {self.unit!r}")
        if any(isinstance(x, bool) or not isinstance(x, int | float | np.number) for x in numbers) or not (
            0 < self.min <= self.max < math.inf
        ):
            raise ValueError(f"a fidelity goes from a number above 0 to one at least as large, not {numbers}")


@dataclass(frozen=True)
class Evaluation:
    """What a task answers. `value` is minimised; `values` is for several objectives; `cost` is in seconds and only
    given by tasks that know it (tables); otherwise the search measures it."""

    value: float | None = None
    values: tuple[float, ...] | None = None
    metrics: Json = field(default_factory=dict)
    cost: float | None = None
    curve: Sequence[tuple[float, float]] = ()


Answer: TypeAlias = Evaluation | SupportsFloat | Sequence[SupportsFloat]  # a value, or one of each objective


class Task:
    """What is searched. A subclass sets `space` and writes `evaluate`."""

    registered_as: ClassVar[str] = "task"
    name: str = ""
    space: Space
    arguments: Arguments = {}  # with these, registry.make("task", name) makes it again
    fidelity: Fidelity | None = None
    optimum: float | None = None  # the lowest possible value, where it is known
    knows_cost: bool = False  # True: evaluate() tells its cost, and time is simulated
    value_label: str = "value"  # e.g. "validation error"
    limits: Mapping[str, tuple[float, float]] | None = None  # how far numbers of another space than `space` may go
    deaf: str | None = None  # why every trial may be evaluated whole, whatever fidelity is asked for
    also: Mapping[str, Parameter] = {}  # what a configuration may hold beside the parameters of `space`
    declares: Mapping[str, str] = {}  # what parameters and arguments are to the rules of scale (nasbook/scale/rules.py)
    objectives: tuple[str, ...] = ()  # with several: what each of `values` is, e.g. ("error", "latency (ms)")

    def check_space(self, space: Space) -> None:
        """ValueError, in one sentence, where the task cannot evaluate what a space holds. A search asks it before its
        first trial. A task without `limits` takes any space."""
        if found := self.misfit(space):
            raise ValueError(f"{self.name}: {' '.join(found)}")

    def misfit(self, space: Space) -> tuple[str, str] | None:
        """The first parameter of a space that the task cannot evaluate, and what is wrong with it; None if all fit."""
        if self.limits is None or space == self.space:
            return None
        return misfit(self.space, self.limits, space)

    def check_config(self, config: Config) -> None:
        """ValueError, in one sentence, where the task cannot evaluate a configuration."""
        if not config:
            raise ValueError("the configuration is empty; it must be a dict that maps parameters to values")
        self.check_space(Space({name: Constant(value) for name, value in config.items()}))

    def evaluate(
        self,
        config: Config,
        *,
        fidelity: float | None = None,
        seed: int = 0,
        report: Report | None = None,
        checkpoint: Path | None = None,
    ) -> Answer:
        """Value of a configuration. `report(fidelity, value)` is called on the way by tasks that learn in epochs, and
        may raise StopTrial; a task that knows its cost adds the cost up to there. With `checkpoint`, the task keeps its
        state in that file and goes on from it."""
        raise NotImplementedError


Objective: TypeAlias = Callable[..., Answer]  # a function of a configuration
TaskLike: TypeAlias = str | Task | Objective  # a task by its name, as it is, or as a function


# ---- what some tasks offer besides `evaluate`: ask with isinstance -----------------------------------------


@runtime_checkable
class EvaluatesMany(Protocol):
    """`evaluate_many`: what `evaluate` would answer to each of several configurations, or raise, all evaluated at once.

    Each has a seed, a report and a checkpoint of its own, and all one fidelity. `report(fidelity, value, cost)` is told
    the trial's share of the seconds so far, and an Evaluation the whole share as its cost; what a report raises ends
    its trial only."""

    def evaluate_many(
        self,
        configs: Sequence[Config],
        *,
        fidelity: float | None,
        seeds: Sequence[int],
        reports: Sequence[Report],
        checkpoints: Sequence[Path | None],
    ) -> Sequence[Answer | BaseException]: ...


@runtime_checkable
class HoldsImages(Protocol):
    """`data()`: {"train": (x, y), "val": (x, y)}, images (n, h, w) or (n, c, h, w) float32 and labels (n,)."""

    def data(self) -> Mapping[str, tuple[np.ndarray, np.ndarray]]: ...


@runtime_checkable
class BuildsNetworks(Protocol):
    """`network(config, seed)`: a torch module with fresh weights."""

    def network(self, config: Config, seed: int) -> Any: ...


@runtime_checkable
class TrainsForReal(HoldsImages, BuildsNetworks, Protocol):
    """A training of networks of a space of `architectures`. Its `tensors` are the images, of which x[:n] are the first,
    and the labels on its device, made when they are first needed."""

    architectures: Any


@runtime_checkable
class TrainsToTheEnd(Protocol):
    """`training(config, seed)`: one network that has still to learn, a `nasbook.tasks.learner.Learner` with `net`;
    `plain(config, net)`: its source, which needs torch alone, and its weights by the names that the source gives them.
    Its `tensors` hold a "test" part, which no search has seen."""

    tensors: Any

    def training(self, config: Config, seed: int) -> Any: ...

    def plain(self, config: Config, net: Any) -> tuple[str, Mapping[str, Any]]: ...


@runtime_checkable
class Predicts(Protocol):
    """`predict(config, seed=0)`: train one network to its end; what it then says of each part, {"val": probabilities
    (n, classes)}, of "test", too, if that is among the `parts`. `labels(part)`: (n,), what is right."""

    def predict(
        self, config: Config, *, seed: int = 0, parts: Sequence[str] = ("val",)
    ) -> Mapping[str, np.ndarray]: ...

    def labels(self, part: str) -> np.ndarray: ...


@runtime_checkable
class TrainsTogether(TrainsToTheEnd, Protocol):
    """Several processes can learn one network `together`, each from a part of every batch (nasbook.kit.parallel)."""

    together: bool


@runtime_checkable
class Standardises(Protocol):
    """`scaling`: {"mean", "std"} of each channel, by which what a file holds is standardised: (x − mean) / std."""

    scaling: Mapping[str, Sequence[float]]


@runtime_checkable
class KeepsSplits(TrainsForReal, Protocol):
    """A training that has all its images in memory, as arrays by the names of `data`, to be exchanged in a copy."""

    splits: Mapping[str, tuple[np.ndarray, np.ndarray]]


@runtime_checkable
class JudgesImages(Protocol):
    """Images to imitate, `real(side)` (n, 1, side, side) in ±1, and a judge: `predictions(images)` (n, classes), rows
    of sum 1."""

    def real(self, side: int) -> Any: ...

    def predictions(self, images: Any) -> Any: ...


@runtime_checkable
class OnADevice(Protocol):
    """It trains on this `device`: "cpu", "cuda" or "auto"."""

    device: str


@runtime_checkable
class ManyTasks(Protocol):
    """A family of small tasks of so many `ways`: `episode(i)` is one of them, held out or to learn from."""

    ways: int

    def episode(self, seed: int, held_out: bool = False) -> Mapping[str, tuple[Any, Any]]: ...


@runtime_checkable
class KnowsOutcomes(Protocol):
    """A table of the whole space: `outcomes(objectives)` (n, m), of all its configurations."""

    def outcomes(self, objectives: Sequence[str] = ()) -> np.ndarray: ...


@runtime_checkable
class KnowsAccuracy(KnowsOutcomes, Protocol):
    """A table of architectures: `accuracy(config)` is the mean over its runs, which no search sees."""

    def accuracy(self, config: Config) -> float: ...


@runtime_checkable
class KnowsTest(Protocol):
    """A table that tells reports, and no search, the mean `test_accuracy(config)` of its runs."""

    def test_accuracy(self, config: Config) -> float: ...


@runtime_checkable
class HasRuns(Protocol):
    """A table in which each training was run several times: `run` is the one that is shown, None where it is drawn."""

    run: int | None


@runtime_checkable
class KnowsCurves(HasRuns, Protocol):
    """A table of whole learning curves: `val` (rows, runs, epochs), the accuracies of `row(config)`."""

    val: np.ndarray

    def row(self, config: Config) -> int: ...


@runtime_checkable
class KnowsScores(Protocol):
    """A table of zero-cost scores: `proxy(name, config)` for each name of `scores`."""

    scores: Mapping[str, np.ndarray]

    def proxy(self, name: str, config: Config) -> float: ...


@runtime_checkable
class KnowsRegret(Protocol):
    """`regret(config)`: how much higher than the lowest value, without noise."""

    def regret(self, config: Config) -> float: ...


@runtime_checkable
class OfNumbers(Protocol):
    """A function of `d` numbers within a `box` (d, 2): called with points (n, d) it gives values (n,) without noise,
    whose standard deviation in a trial is `noise`."""

    d: int
    box: np.ndarray
    noise: float

    def __call__(self, x: ArrayLike) -> np.ndarray: ...


class FunctionTask(Task):
    """A function of a configuration (a dict) that returns a number, or an Evaluation.

    Of `fidelity`, `seed`, `report` and `checkpoint` it is given those that it names, with or without a default, or all
    of them if it takes any keyword (**context). What a search has not got (a fidelity, a checkpoint) is left to the
    function's default, and is None where it has none. With a `fidelity` of its own, e.g. Fidelity("epoch", 1, 27), a
    function is told its maximum where a method asks for no other; whole numbers come as int."""

    def __init__(
        self,
        function: Objective,
        space: Space,
        name: str | None = None,
        fidelity: Fidelity | None = None,
    ) -> None:
        if not isinstance(space, Space):
            raise ValueError(
                f"a function needs a space to be searched in, e.g. space=Space(x=Float(0, 1)), not {space!r}"
            )
        self.function, self.space = function, space
        self.name = name or import_path(function) or str(getattr(function, "__name__", "function"))
        self.context = context_of(function)
        self.fidelity = fidelity
        told = getattr(function, "declares", {})  # objective.declares = {"lr": "rate", …}
        self.declares = dict(told) if isinstance(told, Mapping) else {}
        if fidelity is not None and "fidelity" not in self.context:
            raise ValueError(
                f"{self.name} does not take a fidelity, so it would be evaluated whole; write it as "
                f"def objective(config, fidelity): …, and train for so many of its {fidelity.unit}s"
            )

    def evaluate(self, config: Config, **context: object) -> Answer:
        if context.get("fidelity") is None and self.fidelity is not None:
            context["fidelity"] = self.fidelity.max
        if isinstance(effort := context.get("fidelity"), float) and effort.is_integer():
            context["fidelity"] = int(effort)
        given = {k: context.get(k) for k in self.context}
        return self.function(config, **{k: v for k, v in given.items() if v is not None or self.context[k]})

    def counting(self, fidelity: Fidelity, space: Space | None = None) -> FunctionTask:
        """The same function, with a fidelity."""
        made = copy(self)
        FunctionTask.__init__(made, self.function, space or self.space, self.name, fidelity)
        return made


def context_of(function: Callable[..., object]) -> dict[str, bool]:
    """Which of fidelity, seed, report and checkpoint a function takes, and whether it cannot do without.

    What a partial has fixed is not given again."""
    fixed: set[str] = set()
    inner = function
    while isinstance(inner, partial):
        fixed, inner = fixed | set(inner.keywords), inner.func
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):  # a few functions written in C do not tell
        return {}
    wide = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    positional = [p.name for p in parameters.values() if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)][:1]
    named = {
        k: p.default is p.empty
        for k, p in parameters.items()
        if k in CONTEXT and k not in positional and p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
    }
    return {k: named.get(k, False) for k in CONTEXT if (k in named or wide) and k not in fixed}


def needs_checkpoint(task: Task) -> bool:
    """Is it a function that cannot be called without a checkpoint?"""
    return isinstance(task, FunctionTask) and task.context.get("checkpoint", False)


def import_path(function: Callable[..., object]) -> str | None:
    """'package.module:function', by which another process can find it; None for lambdas and notebook functions."""
    module, name = getattr(function, "__module__", None), getattr(function, "__qualname__", "<")
    return f"{module}:{name}" if module and module != "__main__" and "<" not in name else None


class StopTrial(BaseException):
    """Raised by `report` inside a task: the trial is pruned, or has run out of time. A task may raise it itself, with
    status 'pruned' or 'failed'. It is no Exception, so that `except Exception` around `report` lets it pass."""

    def __init__(self, reason: str, status: str = "pruned") -> None:
        if status not in ("pruned", "failed"):
            raise ValueError(f"a stopped trial is 'pruned' or 'failed', not {status!r}")
        super().__init__(reason)
        self.reason, self.status = reason, status


def trial_seed(seed: int, trial_id: int) -> int:
    """The training seed of a trial: a function of the search's seed and the trial's number only."""
    return int(SeedSequence([seed, trial_id]).generate_state(1)[0])
