"""Where a search has looked: a map in which configurations that are alike lie close together.

The map is classical scaling of distances that know conditions (nasbook.statistics.configurations). Random and extreme
configurations are drawn with the trials, so that what has never been visited can be seen.
"""

from __future__ import annotations

import numpy as np
from matplotlib.figure import SubFigure

from nasbook.plots import style
from nasbook.plots.data import Quantity, Trials
from nasbook.plots.style import Figure, plural
from nasbook.plots.traces.trials import RankedPicture, prepared
from nasbook.space import Choice, Space
from nasbook.statistics.configurations import distances, scaled
from nasbook.task import Task

MOST = 600  # trials that are drawn
RANDOM, EXTREME = 120, 60  # configurations of the space drawn beside them


class FootprintPicture(RankedPicture):
    """Trials on a map of their distances, coloured by the rank of their value; grey: random configurations, crosses:
    extreme ones. State: a Trace, or a sequence of Steps or Trials. seed: of the random ones."""

    figsize = (style.WIDTH, 5.0)

    def __init__(self, space: Space, quantity: Quantity = Quantity(), seed: int = 0) -> None:  # noqa: B008
        super().__init__(space, None, quantity)
        rng = np.random.default_rng(seed)
        ends = [p.options if isinstance(p := space.parameters[n], Choice) else None for n in space.free]
        corners = [[rng.random() if e and len(e) > 2 else rng.integers(2) for e in ends] for _ in range(EXTREME)]
        self.support = space.snap(np.vstack([rng.random((RANDOM, space.d)), np.array(corners, float)]))

    def build(self, fig: Figure | SubFigure) -> None:
        entries = [
            *self.ranked_key(),
            ("random", style.dot(style.LIGHT, ms=5)),
            ("extreme", style.dot(style.GREY, "x", 5)),
        ]
        rows = style.key(fig, entries)
        self.ax = ax = style.axes(fig, 0.2, 0.4, 0.2, 0.45 + 0.2 * rows)
        style.bare(ax)
        ax.set_xlabel("alike configurations lie close together; the directions mean nothing by themselves")
        self.title(fig)
        (self.random,) = ax.plot([], [], "o", color=style.LIGHT, ms=4, mew=0, zorder=1)
        (self.extreme,) = ax.plot([], [], "x", color=style.GREY, ms=5, zorder=1.2)
        self.live(self.random)
        self.live(self.extreme)
        self.ranked_marks(ax)

    def update(self, state: Trials) -> bool:
        self._read(state)
        kept = np.arange(self.n) if self.n <= MOST else np.unique(np.linspace(0, self.n - 1, MOST).round().astype(int))
        if self.best is not None:
            kept = np.union1d(kept, [self.best])
        U = np.vstack([self.U[kept].reshape(len(kept), self.space.d), self.support])
        xy, self.keeps = scaled(distances(self.space, U))
        self.drawn, m = len(kept), len(kept)
        trials, random, extreme = xy[:m], xy[m : m + RANDOM], xy[m + RANDOM :]
        self.random.set_data(*random.T)
        self.extreme.set_data(*extreme.T)
        self.show_ranked(trials, kept)
        low, high = xy.min(0), xy.max(0)
        room = 0.06 * np.maximum(high - low, 1e-3)
        self.ax.set(xlim=(low[0] - room[0], high[0] + room[0]), ylim=(low[1] - room[1], high[1] + room[1]))
        self.reach = self._covered(trials, random)
        self.say(self._where())
        return True

    @staticmethod
    def _covered(trials: np.ndarray, random: np.ndarray) -> float:
        """Share of the random configurations that have a trial within the typical gap between random ones."""
        if not len(trials) or len(random) < 2:
            return 0.0
        between = np.linalg.norm(random[:, None] - random[None], axis=2)
        np.fill_diagonal(between, np.inf)
        gap = 2 * float(np.median(between.min(1)))
        return float((np.linalg.norm(random[:, None] - trials[None], axis=2).min(1) <= gap).mean())

    def _where(self) -> str:
        if not self.n:
            return "No trial has ended yet"
        some = f"{plural(self.n, 'trial')}" if self.drawn >= self.n else f"{self.drawn} of {self.n} trials"
        return (
            f"{some} came near {100 * self.reach:.0f} % of the map, which keeps {100 * self.keeps:.0f} % of the spread"
        )

    def alt(self) -> str:
        return (
            f"Map of configurations by their distance (multidimensional scaling, {100 * self.keeps:.0f} % of the "
            f"spread is kept): the trials came near {100 * self.reach:.0f} % of {RANDOM} random configurations. "
            f"{self._described()}"
        )


def footprint(
    trace: Trials, *, space: Space | None = None, task: Task | None = None, label: str | None = None, seed: int = 0
) -> Figure:
    """Where a search has looked: trials on a map of distances, beside random and extreme configurations."""
    space, quantity = prepared(trace, space, task, label)
    return FootprintPicture(space, quantity, seed).render_static(trace)


__all__ = ["FootprintPicture", "footprint"]
