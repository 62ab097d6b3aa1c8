"""An ablation path: from a default to a configuration, one parameter at a time.

    greedy   at each step the parameter whose change leaves the lowest value            n (n+1) / 2 values
    best     of all n! orders the one whose values along the way have the lowest sum    all 2ⁿ values

             cost(S) = v(S) + min over i ∈ S of cost(S \\ i)        dynamic programming over coalitions

What a parameter gains depends on what has changed before it: the gains of a path are one order, and a Shapley value is
the mean over all of them. Papers: Fawcett & Hoos, Analysing Differences Between Algorithm Configurations Through
Ablation, 2016; Biedenkapp, Lindauer, Eggensperger, Hutter, Fawcett & Hoos, Efficient Parameter Importance Analysis via
Ablation with Surrogates, 2017. Left out: racing with many instances.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from nasbook.explain import coalitions
from nasbook.explain.attribution import Attribution, Which, explain
from nasbook.explain.games import Game
from nasbook.trace import Trace
from nasbook.trial import on_one_line

ORDERS = ("greedy", "best")
DEFAULT = "middle"  # a path begins at one configuration, which the mean of the space is not


@dataclass(frozen=True, eq=False)
class Path:
    """names (n,) in the order in which they change; values (n+1,), from the default to the configuration; old, new:
    what each was and is, as text; found: the Shapley values of the same game."""

    names: tuple[str, ...]
    values: np.ndarray
    old: tuple[str, ...]
    new: tuple[str, ...]
    order: str
    found: Attribution

    @property
    def gains(self) -> np.ndarray:
        """(n,) what each step changes."""
        return np.diff(self.values)

    def __str__(self) -> str:
        width = max([len(n) for n in self.names] + [5])
        change = [f"{o} → {n}" if o else n for o, n in zip(self.old, self.new, strict=True)]
        wide = max([len(c) for c in change] + [0])
        rows = zip(self.names, change, self.values[1:], self.gains, strict=True)
        lines = [f"{'start':{width}}  {'':{wide}}  {self.values[0]:.4g}"]
        lines += [f"{n:{width}}  {c:{wide}}  " + f"{v:.4g}  {g:+.4g}".replace("-", "−") for n, c, v, g in rows]
        return "\n".join(map(on_one_line, [*lines, self.found.basis, *filter(None, [self.found.note])]))


def path(trace: Trace, trial: Which = "best", default: Which = DEFAULT, order: str = "greedy", **options: Any) -> Path:
    """The ablation path from a default to a configuration of a trace; arguments as of `explain`.

    order: "greedy", or "best" for at most twelve parameters that differ. ValueError where `explain` raises one."""
    if (game := options.get("game", "ablation")) != "ablation":
        raise ValueError(f"explain: only the game of ablation has a path, and the game is {game!r:.60}")
    if order not in ORDERS:
        raise ValueError(f"explain: order is one of {', '.join(ORDERS)}, not {order!r}")
    found = explain(trace, trial, default, **options)
    played, n = found.played, len(found.names)
    if order == "best" and n > coalitions.MOST:
        raise ValueError(f"explain: the best of all orders takes at most {coalitions.MOST} parameters, not {n}")
    steps, values = (best if order == "best" else greedy)(played)
    names = [found.names[i] for i in steps]
    old, new = ([part[i] for i in steps] for part in (found.old, found.new))
    return Path(tuple(names), values, tuple(old), tuple(new), order, found)


def greedy(game: Game) -> tuple[list[int], np.ndarray]:
    """(the players in their order, values (n+1,)): each time whoever leaves the lowest value; the first of equals."""
    n = len(game.axes)
    inside = np.zeros(n, bool)
    order: list[int] = []
    values = [worth(game, inside[None])[0]]
    while len(order) < n:
        left = np.flatnonzero(~inside)
        tried = worth(game, inside | np.eye(n, dtype=bool)[left])
        order.append(int(left[tried.argmin()]))
        inside[order[-1]] = True
        values.append(tried.min())
    return order, np.array(values)


def best(game: Game) -> tuple[list[int], np.ndarray]:
    """The same for the order whose values have the lowest sum."""
    v = game.all()[0].mean(0)
    n = len(game.axes)
    cost, last = v.copy(), np.zeros(len(v), int)
    for S in range(1, len(v)):  # its parts have smaller numbers
        parts = [i for i in range(n) if S >> i & 1]
        before = [cost[S ^ 1 << i] for i in parts]
        last[S] = parts[int(np.argmin(before))]
        cost[S] = v[S] + min(before)
    S, order = len(v) - 1, []
    while S:
        order.append(int(last[S]))
        S ^= 1 << last[S]
    order.reverse()
    along = np.cumsum([0, *(1 << np.array(order, int))]) if order else np.array([0])
    return order, v[along]


def worth(game: Game, inside: np.ndarray) -> np.ndarray:
    """(m,) of coalitions (m, n)."""
    return game.each(inside).mean(0)


__all__ = ["DEFAULT", "ORDERS", "Path", "path"]
