"""The value along one parameter: for single configurations (ICE), and as a mean over them (partial dependence).

    ICE_k(x) = f(x, rest of configuration k)        one line a configuration
    PD(x)    = mean over k of ICE_k(x)              what is left when everything else varies

Where the lines are parallel, the parameter acts alone; where they cross, it interacts, and the mean hides it. A forest
has a mean for each tree; their deviation says how sure it is. The configurations are uniform over the space (not the
trials, which crowd where the search looked); of a parameter with a condition, over the part in which it exists.

Papers: Friedman, Greedy Function Approximation, 2001; Goldstein, Kapelner, Bleich & Pitkin, Peeking Inside the Black
Box, 2015 (ICE); Moosbauer, Herbinger, Casalicchio, Lindauer & Bischl, Explaining Hyperparameter Optimization via
Partial Dependence Plots, 2021 (uncertainty). Left out: splitting the space until the uncertainty is small.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nasbook.explain.source import Source, source_of
from nasbook.kit.checks import whole
from nasbook.space import Scalar, Space
from nasbook.task import TaskLike
from nasbook.trace import Trace

LEVELS = 21  # places on a numeric axis
CONFIGURATIONS = 48  # lines


@dataclass(frozen=True, eq=False)
class Dependence:
    """One parameter: levels (m) as values; at (m,): where they stand on its unit axis; mean (m,), std (m,): the partial
    dependence and its deviation over the trees (0 where the truth is known); ice (K, m)."""

    name: str
    levels: tuple[Scalar, ...]
    at: np.ndarray
    mean: np.ndarray
    std: np.ndarray
    ice: np.ndarray
    source: Source

    @property
    def reach(self) -> float:
        """How far the mean goes up and down."""
        return float(np.ptp(self.mean))


def dependences(
    trace: Trace,
    parameters: str | Sequence[str] | None = None,
    *,
    task: TaskLike | None = None,
    truth: bool = True,
    trees: int = 32,
    configurations: int = CONFIGURATIONS,
    seed: int = 0,
) -> list[Dependence]:
    """Partial dependence and ICE of these parameters (a name or a list; by default all), the one that matters most
    first where none is named. Further arguments as of `explain`, and ValueError where that raises one."""
    source = source_of(trace, task, truth=truth, trees=trees, seed=seed)
    free = trace.space.free
    if parameters is not None and not isinstance(parameters, str | Sequence):
        raise ValueError(f"explain: parameters is a name or a list of names, not {parameters!r:.60}")
    names = [parameters] if isinstance(parameters, str) else list(parameters or free)
    for name in names:
        if name not in free:
            raise ValueError(f"explain: there is no parameter {name!r} that varies; there are {', '.join(free)}")
    whole("explain: configurations", configurations, 1, 10_000)
    rng = np.random.default_rng(seed)
    found = [along(source, name, rng.random((configurations, trace.space.d)), rng) for name in names]
    return found if parameters else sorted(found, key=lambda one: -one.reach)


def along(source: Source, name: str, U: np.ndarray, rng: np.random.Generator) -> Dependence:
    """Of one parameter, with the others as in the points U (K, d)."""
    space, j = source.space, source.space.free.index(name)
    p: Any = space.parameters[name]
    levels = p.levels(LEVELS)
    at = np.array([p.encode(level) for level in levels])
    U = existing(space, name, U, rng)
    rows = np.repeat(U, len(at), 0)
    rows[:, j] = np.tile(at, len(U))
    each = source.each(rows).reshape(-1, len(U), len(at))  # (trees, K, m)
    means = each.mean(1)
    mean = means.mean(0)
    if source.grid is not None:  # all configurations of a table
        of_level = np.moveaxis(source.grid, j, 0).reshape(source.grid.shape[j], -1).mean(1)
        mean = of_level[source.places(rows[: len(at)])[:, j]] if source.exact else mean
    return Dependence(name, tuple(levels), at, mean, means.std(0), each.mean(0), source)


def existing(space: Space, name: str, U: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Points (K, d) of which all have this parameter: its parents, and theirs, take a value with which it exists."""
    U = U.copy()
    for parent, values in space.conditions[name].items():
        U = existing(space, parent, U, rng)
        if parent in space.free:
            stand = np.array([space.parameters[parent].encode(v) for v in values])  # type: ignore[union-attr]
            U[:, space.free.index(parent)] = rng.choice(stand, len(U))
    return U
