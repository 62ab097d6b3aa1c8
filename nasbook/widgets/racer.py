"""One runner of a race: a search that goes on trial by trial, and how far it is from the optimum."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import nasbook
from nasbook import registry
from nasbook.kit.checks import needs_options
from nasbook.loop import Run
from nasbook.method import Method
from nasbook.prepare import header_of
from nasbook.space import Config, Space
from nasbook.task import HasRuns, KnowsAccuracy, KnowsRegret, OfNumbers, Task
from nasbook.trace import Trace

LEARN = ("reinforce", "ppo")  # their modules load torch; what they ask of a space is known without


class Racer:
    """One run of one method: its trace, and after every trial the best value so far, its regret and the seconds."""

    def __init__(self, name: str, task: Task, seed: int, distance: Callable[[Config, float], float] | None):
        self.name, self.task, self.seed, self.distance = name, task, seed, distance
        self.method: Method = nasbook.method(name, task.space, seed=seed)
        self.run = Run(self.method, task, Trace(header_of(self.method, task)))
        self.trace = self.run.trace
        self.value: list[float] = []
        self.regret: list[float] = []
        self.seconds: list[float] = []

    def go(self, trials: int) -> bool:
        """One trial; False when so many are made or the method has nothing left to ask."""
        step = self.run.step(trials)
        if step is None:
            return False
        best = step.incumbent
        self.seconds.append(self.run.now)
        self.value.append(np.nan if best is None or best.value is None else best.value)
        if best is not step.trial and self.regret:
            self.regret.append(self.regret[-1])
        else:
            known = best is not None and best.value is not None and self.distance is not None
            self.regret.append(self.distance(best.config, best.value) if known else np.nan)  # type: ignore
        return True


def refusal(entry: registry.Entry, space: Space) -> str | None:
    """Why a method cannot serve a space; None if it can."""
    try:
        if entry.name in LEARN:
            needs_options(entry.name, space)
            return None
        if entry.family != registry.OWN:
            return entry.load().refusal(space)
        entry.load()(space, seed=0)  # somebody's own may check anywhere
    except ValueError as error:
        return str(error)
    return None


def distance(task: Task) -> Callable[[Config, float], float] | None:
    """(configuration, value) -> its regret; None where the optimum is not known.

    A table with several runs of a cell compares their means, and a noisy function its value without noise."""
    if isinstance(task, KnowsRegret) and task.optimum is not None:
        return lambda config, value: float(task.regret(config))
    if task.optimum is None and not _knows_all(task):
        return None
    best = best_value(task)
    if _knows_all(task):
        return lambda config, value: 1.0 - float(task.accuracy(config)) - best  # type: ignore[attr-defined]
    if isinstance(task, OfNumbers) and task.noise:
        return lambda config, value: float(task([[config[n] for n in task.space.parameters]])[0]) - best
    return lambda config, value: value - best


def _knows_all(task: Task) -> bool:
    """Is it a table of accuracies that has several runs of every configuration?"""
    return isinstance(task, KnowsAccuracy) and task.value_label == "validation error"


def best_value(task: Task) -> float:
    """The value at the optimum; of a table of accuracies the lowest error, mean over the runs. 0 if it is not known."""
    if task.optimum is None and _knows_all(task):
        whole: Any = registry.make("task", task.name) if isinstance(task, HasRuns) and task.run is not None else task
        return float(whole.outcomes(("error",))[:, 0].min())
    return float(task.optimum or 0.0)
