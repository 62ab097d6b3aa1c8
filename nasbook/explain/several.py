"""One game over several data sets: what tuning a parameter is worth on all of them, and how much that differs.

    v_D(S) = A_t [ v_t(S) - v_t(∅) ]        A: mean, max, min, or max - min over the data sets t

Each data set has its own trace, of one space, and its own game (games.py), whose values are taken from where it starts,
because errors of different data sets have different levels. A value is minimised, so what a coalition gains is below 0:
"max" is the data set that gains least, "min" the one that gains most, "max-min" how far these two lie apart. The
Shapley values of the mean are the means of the Shapley values (linearity); those of the others are not.

Paper: Wever, Muschalik, Fumagalli & Lindauer, HyperSHAP, 2025, whose games over several data sets these are. Read
first: `across`. A parameter that changes nothing on one data set is a dummy of its game. At most twelve may change
anything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nasbook.explain import coalitions
from nasbook.explain.attribution import TELLS, Attribution, explain
from nasbook.kit.checks import one_of
from nasbook.space import Json
from nasbook.task import TaskLike
from nasbook.trace import Trace
from nasbook.trial import on_one_line

OVER: dict[str, Callable[[np.ndarray], np.ndarray]] = {  # of values (D, 2ⁿ) of D data sets
    "mean": lambda v: v.mean(0),
    "max": lambda v: v.max(0),
    "min": lambda v: v.min(0),
    "max-min": lambda v: v.max(0) - v.min(0),
}


@dataclass(frozen=True, eq=False)
class Across:
    """names (n,): parameters that can change something on a data set, in the space's order; phi (n,): their Shapley
    values in the game over all data sets; interactions (n, n); total: v_D of all parameters, Σ phi. labels (D,) of the
    data sets; each (D, n): the Shapley values of each one's own game; parts (D,): these games. over: one of OVER."""

    names: tuple[str, ...]
    phi: np.ndarray
    interactions: np.ndarray
    total: float
    labels: tuple[str, ...]
    each: np.ndarray
    parts: tuple[Attribution, ...]
    game: str
    over: str

    @property
    def order(self) -> np.ndarray:
        """The parameters (n,) by the size of their values, the largest first."""
        return np.argsort(-np.abs(self.phi), kind="stable")

    def to_dict(self) -> Json:
        """Plain types, the largest first."""
        rows = [
            {
                "parameter": self.names[i],
                "shapley": float(self.phi[i]),
                "each": {label: float(phi[i]) for label, phi in zip(self.labels, self.each, strict=True)},
            }
            for i in self.order
        ]
        sources = {label: part.basis for label, part in zip(self.labels, self.parts, strict=True)}
        return {"game": self.game, "over": self.over, "total": self.total, "parameters": rows, "sources": sources}

    def __str__(self) -> str:
        columns = [self.over, *self.labels]
        table = [[f"{v:+.4g}".replace("-", "−") for v in (self.phi[i], *self.each[:, i])] for i in self.order]
        wide = [max(len(cell) for cell in column) for column in zip(columns, *table, strict=True)]
        first = max([len(n) for n in self.names] + [9])
        head = f"{self.game} over {len(self.labels)} data sets, {TELLS[self.game]}: {self.over}, and each"
        lines = [head, "  ".join([" " * first, *(c.rjust(w) for c, w in zip(columns, wide, strict=True))])]
        for i, cells in zip(self.order, table, strict=True):
            lines.append(
                "  ".join([self.names[i].ljust(first), *(c.rjust(w) for c, w in zip(cells, wide, strict=True))])
            )
        said = [f"{label}: {part.basis}" for label, part in zip(self.labels, self.parts, strict=True)]
        return "\n".join(map(on_one_line, [*lines, *said]))


def across(
    traces: Sequence[Trace],
    game: str = "tunability",
    over: str = "mean",
    tasks: Sequence[TaskLike | None] | None = None,
    **options: Any,
) -> Across:
    """A game over several data sets, one trace of each, all of one space.

    game: one of GAMES. over: one of OVER. tasks: of each trace the table or function that knows its truth, where its
    own name does not tell it. options: those of `explain`, for all of them. ValueError, in one sentence, where there
    are fewer than two traces, or such of different spaces."""
    one_of("explain: over", over, OVER)
    traces = list(traces) if isinstance(traces, list | tuple) else []
    if len(traces) < 2 or not all(isinstance(t, Trace) for t in traces):
        raise ValueError("explain: a game over several data sets needs a list of at least two traces")
    if other := next((t for t in traces if t.space != traces[0].space), None):
        raise ValueError(
            f"explain: the traces must be of one space; that of {other.header.task} differs from that of "
            f"{traces[0].header.task}"
        )
    called = [t.header.task for t in traces]
    labels = [n if called.count(n) == 1 else f"{n} ({called[: i + 1].count(n)})" for i, n in enumerate(called)]
    tasks = [None] * len(traces) if tasks is None else tasks
    if not isinstance(tasks, list | tuple) or len(tasks) != len(traces):
        raise ValueError(f"explain: tasks must be a list of {len(traces)}, one of each trace, or None")
    parts = [explain(t, game=game, task=task, **options) for t, task in zip(traces, tasks, strict=True)]
    names = tuple(n for n in traces[0].space.free if any(n in part.names for part in parts))
    if len(names) > coalitions.MOST or any(part.worth is None for part in parts):
        raise ValueError(
            f"explain: a game over several data sets looks at all coalitions, so at most {coalitions.MOST} parameters "
            f"may change anything, not {len(names)}"
        )
    v = np.array([_gained(part, names) for part in parts])
    together = OVER[over](v)
    phi, pairs, each = coalitions.shapley(together), coalitions.interactions(together), coalitions.shapley(v.T).T
    return Across(names, phi, pairs, float(together[-1]), tuple(labels), each, tuple(parts), game, over)


def _gained(part: Attribution, names: tuple[str, ...]) -> np.ndarray:
    """(2ⁿ,) v_t(S) - v_t(∅) of coalitions of `names`, of whom some may not play in this game."""
    assert part.worth is not None
    inside = coalitions.members(len(names))[:, [names.index(n) for n in part.names]]
    return part.worth[inside @ (1 << np.arange(len(part.names)))] - part.worth[0]
