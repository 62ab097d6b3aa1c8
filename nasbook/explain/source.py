"""What a configuration is worth: looked up where a table or a function knows it, else guessed by a forest.

Both take points of the unit cube (m, d) and give values (m,). A forest is wrong by some amount, and says by how much:
`error` is the root of its mean squared error on trials that a tree has not seen (out of bag). Where parameters exist
only under conditions, a coordinate of one that does not exist is ignored (a forest sees ½ there).

A failure counts as the worst value that is known; `maximised` says that a forest gives the negatives of what was
maximised, as the trials of an imported study are. What lies beyond 10¹⁰⁰ counts as 10¹⁰⁰.
"""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import Any

import numpy as np

from nasbook import registry
from nasbook.answer import value_of
from nasbook.hpo.parts.importance import LEAST, alike
from nasbook.hpo.parts.trees import Forest
from nasbook.kit.checks import whole
from nasbook.prepare import as_task
from nasbook.space import Config, Space
from nasbook.task import KnowsOutcomes, Task, TaskLike
from nasbook.tasks.tables import Table
from nasbook.trace import Trace

CELLS = 50_000  # configurations of a table that are looked at all at once
BIGGEST = 1e100


def known_task(trace: object) -> Task | None:
    """The function or table that a trace's header names, made again at no cost; None for any other task, and for one
    of another space: only these tell what a search could not see."""
    if not isinstance(trace, Trace):
        return None
    try:
        if registry.find("task", trace.header.task).family not in ("function", "table", "multi-objective"):
            return None
        task = as_task(registry.make("task", trace.header.task, **trace.header.arguments))
    except (ValueError, TypeError, ImportError, OSError):  # somebody's own, of another version, or not installed here
        return None
    return task if task.space == trace.space else None


class Truth:
    """A table or a function. `grid`: the values of all configurations, one axis a parameter, where there is a table of
    them all without conditions."""

    exact, error, spread, maximised = True, 0.0, math.nan, False

    def __init__(self, task: Task, objective: int = 0) -> None:
        self.task, self.space, self.objective = task, task.space, objective
        self.name = f"the {'table' if isinstance(task, KnowsOutcomes | Table) else 'function'} {task.name}"
        self._known: dict[Hashable, float] = {}
        self.grid = self._grid()
        self.trials = 0

    def _grid(self) -> np.ndarray | None:
        p = self.space.parameters
        if any(self.space.conditions.values()) or not self.space.at_most(CELLS) or not self.space.free:
            return None
        shape = [int(p[name].size) for name in self.space.free]
        if isinstance(self.task, KnowsOutcomes):
            values = self.task.outcomes()[:, self.objective]
        elif isinstance(self.task, Table) and self.task.complete:
            values = np.array([self._look_up(config) for config in self.space.grid(CELLS)])
        else:
            return None
        if math.prod(shape) != len(values) or not np.isfinite(values).any():
            return None
        return _bounded(values).reshape(shape)

    def values(self, U: np.ndarray) -> np.ndarray:
        """(m,) the value of each point (m, d)."""
        if self.grid is not None:
            return self.grid[tuple(self.places(U).T)]
        found = np.empty(len(U))
        for row, u in enumerate(U):
            config = self.space.decode(u)
            key = self.space.key(config)
            if key not in self._known:
                self._known[key] = self._look_up(config)
            found[row] = self._known[key]
        return _bounded(found, np.array(list(self._known.values())))

    def places(self, U: np.ndarray) -> np.ndarray:
        """(m, d) which place on each axis of the grid belongs to the points (m, d)."""
        places = np.empty(U.shape, int)
        for j, name in enumerate(self.space.free):
            p: Any = self.space.parameters[name]
            stand = np.array([p.encode(level) for level in p.levels(p.size)])
            places[:, j] = np.searchsorted((stand[1:] + stand[:-1]) / 2, p.snap(U[:, j].clip(0, 1)))
        return places

    def each(self, U: np.ndarray) -> np.ndarray:
        """(1, m) the same."""
        return self.values(U)[None]

    def _look_up(self, config: Config) -> float:
        try:
            if isinstance(self.task, Table) and not self.objective:
                return float(self.task.mean(config))
            return value_of(self.task.evaluate(config), self.objective)
        except Exception:
            return math.nan

    def __str__(self) -> str:
        return self.name


class Surrogate:
    """A random forest that was fitted to the trials of the highest fidelity that at least four of them have reached."""

    exact, grid = False, None

    def __init__(self, trace: Trace, trees: int = 32, seed: int = 0) -> None:
        done = alike(trace.trials)
        self.space, self.trials, self.maximised = trace.space, len(done), trace.header.maximised
        if not self.space.free:
            raise ValueError("this space has constants only, so there is nothing to explain")
        if len(done) < LEAST:
            succeeded = {t.effort for t in trace.trials if t.status == "done"}
            equal = " at one fidelity" if len(succeeded) > 1 else ""
            raise ValueError(f"an explanation needs at least {LEAST} trials that succeeded{equal}, not {len(done)}")
        self.level = "" if done[0].fidelity is None else f" at fidelity {done[0].fidelity:g}"
        X = self._points(self.space.encode_all([t.config for t in done]))
        y = _bounded(np.array([t.value for t in done], float))
        self._unit = max(float(np.abs(y).max()), 1e-300)
        self._forest = Forest(X, y / self._unit, np.random.default_rng(seed), trees)
        self.trees, self.spread = trees, float(y.std())
        unseen = self._forest.unseen()
        judged = unseen.any(0)  # by those trees that have not seen them
        guess = (self.each(X) * unseen).sum(0)[judged] / unseen.sum(0)[judged]
        self.error = float(np.sqrt(np.mean((guess - y[judged]) ** 2))) if judged.any() else math.nan

    def _points(self, U: np.ndarray) -> np.ndarray:
        return np.nan_to_num(U, nan=0.5)

    def values(self, U: np.ndarray) -> np.ndarray:
        """(m,) the mean of the trees at each point (m, d)."""
        return self.each(U).mean(0)

    def each(self, U: np.ndarray) -> np.ndarray:
        """(B, m) what every single tree says."""
        return self._unit * self._forest.each(self._points(self.space.snap(U)))

    @property
    def useless(self) -> bool:
        """Is the forest no better than the mean of all trials?"""
        return not self.error < self.spread

    def __str__(self) -> str:
        return f"a forest on {self.trials} trials{self.level}"


Source = Truth | Surrogate


def source_of(
    trace: Trace, task: TaskLike | None = None, *, truth: bool = True, trees: int = 32, seed: int = 0
) -> Source:
    """The truth of a trace where it is known at no cost, else a forest. task: a table or a function that knows it;
    truth=False: the forest in any case. ValueError where neither can be had."""
    if not isinstance(trace, Trace):
        raise ValueError(f"explain: give a whole trace, not {type(trace).__name__}")
    whole("explain: trees", trees, 1, 10_000)
    whole("explain: seed", seed, 0, 2**63)
    if not trace.space.free:
        raise ValueError("explain: this space has constants only, so there is nothing to explain")
    if task is not None:
        task = as_task(task, trace.space)
        if task.space != trace.space:
            raise ValueError("explain: the task has another space than the trace")
    task = known_task(trace) if task is None and truth else task if truth else None
    try:
        return Surrogate(trace, trees, seed) if task is None else Truth(task, getattr(trace, "objective", 0))
    except ValueError as error:
        raise ValueError(f"explain: {error}") from None


def point(space: Space, config: Config, other: np.ndarray | None = None) -> np.ndarray:
    """(d,) a configuration in the unit cube, complete: a parameter that it does not have is taken from `other` (d,), or
    else is the middle of its range. It makes a difference only where another's value lets this parameter exist."""
    u = space.encode(config)
    return np.where(np.isnan(u), 0.5 if other is None else other, u)


def _bounded(values: np.ndarray, among: np.ndarray | None = None) -> np.ndarray:
    """Failures as the worst value that is known, everything within ±10¹⁰⁰."""
    among = values if among is None else among
    finite = among[np.isfinite(among)]
    if not len(finite):
        raise ValueError("no configuration that was asked for has a value")
    return np.clip(np.where(np.isfinite(values), values, finite.max()), -BIGGEST, BIGGEST)
