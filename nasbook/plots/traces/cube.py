"""Trials in a cube of three parameters, or a square of two, coloured by the rank of their value."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import SubFigure

from nasbook.plots import style
from nasbook.plots.data import Quantity, Trials
from nasbook.plots.scales import parameter_axis, value_label
from nasbook.plots.style import Figure, plural
from nasbook.plots.traces.distribution import check_parameters
from nasbook.plots.traces.trials import RankedPicture, prepared
from nasbook.space import Choice, Space
from nasbook.task import Task

# where the axes of the cube point to on the paper: to the right and down, to the right and up, up
AXES = np.array([[0.86, -0.34], [0.62, 0.36], [0.0, 0.95]])
CORNERS = np.array([[i, j, k] for i in (0, 1) for j in (0, 1) for k in (0, 1)], float)


class CubePicture(RankedPicture):
    """Dark is good; with three parameters a thin line leads from each trial down to the floor, so that its place can be
    read. Trials that lack one of the parameters are not drawn. State: a Trace, or a sequence of Steps or Trials."""

    def __init__(self, space: Space, names: Sequence[str], quantity: Quantity = Quantity()) -> None:  # noqa: B008
        super().__init__(space, None, quantity)
        self.names = list(names)
        self.flat = len(self.names) == 2
        self.figsize = (style.WIDTH, 4.4 if self.flat else 5.4)

    def build(self, fig: Figure | SubFigure) -> None:
        rows = style.key(fig, self.ranked_key())
        top = 0.45 + 0.2 * rows
        self.title(fig)
        if self.flat:
            self.ax = ax = style.axes(fig, 1.25, 0.95, 0.3, top)
            w, h = style.size(fig)
            for which, name, inches in zip("xy", self.names, (w - 1.55, h - 0.95 - top), strict=True):
                parameter_axis(ax, which, self.space.parameters[name], name, inches)
            ax.set(xlim=(-0.04, 1.04), ylim=(-0.04, 1.04))
        else:
            self.ax = ax = style.axes(fig, 0.1, 0.1, 0.1, top)
            style.bare(ax)
            self._frame(fig)
        self.stems = LineCollection([], colors=style.LIGHT, linewidths=0.8, zorder=1.4)
        ax.add_collection(self.live(self.stems), autolim=False)
        self.ranked_marks(ax)

    def _frame(self, fig: Figure | SubFigure) -> None:
        """The twelve edges, and at three of them the parameter's name between the ends of its range."""
        at = self._place(CORNERS)
        for i, a in enumerate(CORNERS):
            for b, other in zip(at[i + 1 :], CORNERS[i + 1 :], strict=True):
                if np.abs(a - other).sum() == 1:
                    self.ax.plot(*np.array([at[i], b]).T, color=style.GREY, lw=0.9, zorder=1)
        (left, low), (right, high) = at.min(0), at.max(0)
        self.ax.set(xlim=(left - 0.62, right + 0.62), ylim=(low - 0.12, high + 0.06))
        edges = [  # (begin, end, shift of the words, alignment)
            ((0, 0, 0), (1, 0, 0), (-0.03, -0.08), "right"),
            ((1, 0, 0), (1, 1, 0), (0.04, -0.06), "left"),
            ((0, 0, 0), (0, 0, 1), (-0.04, 0.0), "right"),
        ]
        for name, (begin, end, shift, side) in zip(self.names, edges, strict=True):
            p = self.space.parameters[name]
            a, b = self._place(np.array([begin, end], float))
            low, high = (p.options[0], p.options[-1]) if isinstance(p, Choice) else (p.low, p.high)  # type: ignore[union-attr]
            for t, words in ((0.08, value_label(p, low)), (0.5, name), (0.92, value_label(p, high))):
                x, y = a + t * (b - a) + np.array(shift)
                strong = t == 0.5
                style.add_words(
                    self.ax,
                    x,
                    y,
                    style.shorten(style.named(words), 1.25),
                    ha=side,
                    va="center",
                    fontsize=style.NORMAL if strong else style.SMALL,
                    weight="bold" if strong else "normal",
                    color=style.INK if strong else style.NOTE,
                )

    def _place(self, points: np.ndarray) -> np.ndarray:
        """(n, 2) on the axes."""
        return points if self.flat else points @ AXES

    def update(self, state: Trials) -> bool:
        self._read(state)
        P = self._placed(self.names)
        used = ~np.isnan(P).any(1)
        self.without = int((~used).sum())
        xy = self._place(P)
        self.show_ranked(xy[used], np.flatnonzero(used))
        if not self.flat:
            floor = self._place(P * [1, 1, 0])
            self.stems.set_segments([np.array([xy[i], floor[i]]) for i in np.flatnonzero(used)])
        self.say(self._where())
        return False

    def _where(self) -> str:
        if self.best_trial is None:
            return self._sentence()
        lack = f"; {self.without} without one of these parameters" if self.without else ""
        names = ", ".join(style.named(n, 16) for n in self.names)
        return f"{plural(self.n, 'trial')} in {names}: the dark ones are best{lack}"

    def alt(self) -> str:
        lack = f" {self.without} lack one of these parameters and are not drawn." if self.without else ""
        return f"Trials in the space of {', '.join(map(style.named, self.names))}: {self._described()}{lack}"


def cube(
    trace: Trials,
    *,
    parameters: Sequence[str] | None = None,
    space: Space | None = None,
    task: Task | None = None,
    label: str | None = None,
) -> Figure:
    """Trials in three parameters (a cube) or two (a square). parameters: which; else the first three."""
    space, quantity = prepared(trace, space, task, label)
    names = [parameters] if isinstance(parameters, str) else list(parameters or space.free[:3])
    check_parameters("cube", space, names, most=3)
    return CubePicture(space, names, quantity).render_static(trace)
