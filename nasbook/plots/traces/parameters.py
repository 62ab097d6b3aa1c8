"""What was tried in the space: a small panel for each parameter (slice), and all at once (parallel coordinates).

A parameter that was not part of a configuration is drawn on a rail of its own, marked 'not used'.
"""

from __future__ import annotations

import matplotlib
import numpy as np
from matplotlib.artist import Artist
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize
from matplotlib.figure import SubFigure
from matplotlib.ticker import MaxNLocator

from nasbook.plots import style
from nasbook.plots.data import Quantity, Trials
from nasbook.plots.scales import parameter_axis, ticks, tilted
from nasbook.plots.style import Figure
from nasbook.plots.traces.trials import GOLDEN, TriedPicture, jitter, prepared
from nasbook.space import Choice, Space
from nasbook.task import Task


class SlicePicture(TriedPicture):
    """The value of every trial against each parameter in turn.

    State: a Trace, or a sequence of Steps or Trials. trials: the budget. limits: of the value, as the method sees it.
    """

    def __init__(
        self,
        space: Space,
        trials: int | None = None,
        quantity: Quantity = Quantity(),  # noqa: B008
        limits: tuple[float, float] | None = None,
    ) -> None:
        super().__init__(space, trials, quantity, limits)
        self.columns = min(4, max(2, space.d)) if space.d != 1 else 1
        self.rows = -(-space.d // self.columns)
        self.wide = (style.WIDTH - 0.9 - (self.columns - 1) * 0.25) / self.columns
        self.tilt = any(
            tilted(space.parameters[n], self.wide / (1.28 if space.conditions[n] else 1.04)) for n in space.free
        )
        self.below = 0.92 if self.tilt else 0.52  # inches for tick labels and the parameter's name
        self.figsize = (style.WIDTH, 0.55 + (1.75 + self.below) * self.rows)

    def build(self, fig: Figure | SubFigure) -> None:
        q = self.quantity
        self.title(fig)
        rows = style.key(
            fig,
            [
                ("trial", style.dot(alpha=0.65)),
                ("failed or stopped", style.dot(**style.HOLLOW)),
                ("best", style.dot(ms=10, **style.STAR)),
                ("off the scale", style.dot(style.GREY, "v" if q.higher else "^", 5)),
            ],
        )
        w, h = style.size(fig)
        left, gap_x, bottom, top, gap_y, wide = 0.75, 0.25, self.below, 0.55 + 0.2 * rows, self.below + 0.15, self.wide
        high = (h - bottom - top - (self.rows - 1) * gap_y) / self.rows
        self.panels, self.marks = [], []
        for k, name in enumerate(self.space.free):
            row, column = divmod(k, self.columns)
            x, y = left + column * (wide + gap_x), bottom + (self.rows - 1 - row) * (high + gap_y)
            ax = style.axes(fig, x, y, w - x - wide, h - y - high)
            p = self.space.parameters[name]
            rail = bool(self.space.conditions[name])
            end = 1.24 if rail else 1.0
            parameter_axis(ax, "x", p, name, wide / (end + 0.04))
            ax.set_xlabel(style.shorten(style.named(name), wide, style.NORMAL))
            ax.set_xlim(-0.02, end + 0.02)
            ax.yaxis.set_major_locator(MaxNLocator(nbins=5))
            ax.tick_params(labelleft=column == 0)
            if column == 0:
                ax.set_ylabel(q.axis if high > 1.6 or len(q.axis) < 16 else q.axis.replace("validation", "val."))
            if rail:
                ax.axvspan(1.05, end + 0.02, color=style.GRID, alpha=0.6, lw=0, zorder=0.5)
                ax.text(
                    1.0,
                    1.02,
                    "not used",
                    transform=ax.transAxes,
                    ha="right",
                    va="bottom",
                    fontsize=style.SMALL,
                    color=style.NOTE,
                )
            live, mark = self.live, "v" if q.higher else "^"
            self.marks.append(
                (
                    live(
                        ax.plot([], [], "o", color=style.TRIAL, ms=4.2, mew=0, alpha=0.55, zorder=2, clip_on=False)[0]
                    ),
                    live(ax.plot([], [], mark, color=style.GREY, ms=4.5, zorder=2, clip_on=False)[0]),
                    live(ax.plot([], [], "o", ms=4.5, zorder=2.5, clip_on=False, **style.HOLLOW)[0]),
                    live(ax.plot([], [], ms=12, ls="none", zorder=3, clip_on=False, **style.STAR)[0]),
                )
            )
            self.panels.append(ax)

    def update(self, state: Trials) -> bool:
        changed = self._read(state)
        low, high = self.y.pair
        if changed:
            for ax in self.panels:
                ax.set_ylim(low, high)
        higher = self.quantity.higher
        worst, inset = (low, 0.025 * (high - low)) if higher else (high, -0.025 * (high - low))
        inside = ~self.failed & ((self.values >= low) if higher else (self.values <= high))
        far = ~self.failed & ~inside
        for k, (name, marks) in enumerate(zip(self.space.free, self.marks, strict=True)):
            u = self.U[:, k]
            x = np.where(np.isnan(u), 1.145 + 0.09 * ((self.ids * GOLDEN) % 1 - 0.5) * 2, u)
            x = np.where(np.isnan(u), x, u + jitter(self.space.parameters[name], self.ids))
            dots, beyond, lost, star = marks
            dots.set_data(x[inside], self.values[inside])
            beyond.set_data(x[far], np.full(far.sum(), worst + inset))
            lost.set_data(x[self.failed], np.full(self.failed.sum(), worst + 2.5 * inset))
            star.set_data(([], []) if self.best is None else ([x[self.best]], [self.values[self.best]]))
        self.say(self._sentence())
        return changed

    def alt(self) -> str:
        return f"Value against each of {self.space.d} parameters: {self._described()}"


class ParallelPicture(TriedPicture):
    """Parallel coordinates: an upright axis for each parameter and, at the right, the value; a line for each trial,
    dark where it is good; the best in orange.

    State: a Trace, or a sequence of Steps or Trials. trials: the budget. limits: of the value, as the method sees it.
    """

    RAIL, FAILED = -0.17, -0.08

    def __init__(
        self,
        space: Space,
        trials: int | None = None,
        quantity: Quantity = Quantity(),  # noqa: B008
        limits: tuple[float, float] | None = None,
    ) -> None:
        super().__init__(space, trials, quantity, limits)
        self.names = [style.named(n) for n in space.free]  # as they are drawn
        self.figsize = (style.WIDTH, 4.4 if space.d <= 6 else 4.7)

    def build(self, fig: Figure | SubFigure) -> None:
        self.title(fig)
        style.key(
            fig,
            [
                ("one trial, the darker the better", style.line(style.DARK, alpha=0.8)),
                ("best", style.line(style.INCUMBENT, lw=2.6)),
                ("failed", style.line(style.GREY, style.DOT, marker="o", ms=5, **style.HOLLOW)),
            ],
        )
        w, h = style.size(fig)
        self.conditional = [bool(self.space.conditions[n]) for n in self.space.free]
        d = len(self.names)
        left, right = 0.45, 0.85
        step = (w - left - right) / d
        staggered = step < 1.05
        top = 0.62 + (0.46 if staggered else 0.26)
        self.ax = ax = style.bare(style.axes(fig, left, 0.25, right, top))
        low = -0.22 if any(self.conditional) else -0.12
        ax.set(xlim=(0, d), ylim=(low, 1.0))
        inches = (h - top - 0.25) / (1 - low)
        for k, name in enumerate([*self.names, ""]):
            self.live(ax.plot([k, k], [0, 1], color=style.GREY, lw=1, zorder=3, clip_on=False)[0])
            last = k == d
            label = self.quantity.axis if last else name
            room = (2 if staggered else 1) * step - 0.12
            up = 0.06 + (0.2 if staggered and k % 2 else 0.0)
            align = {"ha": "left" if k == 0 else "right" if last else "center"}
            x = float(k)
            if k == 0:  # from the left edge to half-way to its neighbour in the same row
                x, room = k - (left - 0.1) / step, room / 2 + left - 0.1
            elif last:
                x, room = d + (right - 0.08) / step, room / 2 + right - 0.08
                away = 2 if staggered else 1  # columns to its neighbour in the same row
                if d >= away:
                    before = min(away * step, style.text_width(self.names[d - away], style.SMALL, "bold"))
                    room = right - 0.08 + away * step - before / 2 - 0.15
            words = style.shorten(label, room, weight="bold")
            ax.text(x, 1 + up / inches, words, fontsize=style.SMALL, weight="bold", va="bottom", clip_on=False, **align)  # type: ignore[arg-type]
            if not last:
                self._ticks(k, step, inches)
        if any(self.conditional):
            for k in [i for i, c in enumerate(self.conditional) if c]:
                ax.plot([k, k], [self.RAIL - 0.025, self.RAIL + 0.025], color=style.GREY, lw=4, alpha=0.5, zorder=3)
            k = self.conditional.index(True)
            ax.text(k, -0.21, "not used", fontsize=style.SMALL, ha="center", va="top", color=style.NOTE, clip_on=False)
        ax.text(
            d + 0.13 / step,
            self.FAILED,
            "failed",
            fontsize=style.SMALL,
            va="center",
            ha="left",
            color=style.NOTE,
            clip_on=False,
        )
        self.value_ticks: list[Artist] = []
        self.step = step
        self.lines = self.live(LineCollection([], linewidths=1.0, zorder=2))
        self.lost = self.live(LineCollection([], colors=style.GREY, linewidths=0.9, linestyles=[style.DOT], zorder=1.8))
        for collection in (self.lines, self.lost):
            ax.add_collection(collection, autolim=False)
        self.best_line = self.live(ax.plot([], [], color=style.INCUMBENT, lw=2.8, zorder=3.5, clip_on=False)[0])
        self.stops = self.live(ax.plot([], [], "o", ms=5, zorder=4, clip_on=False, **style.HOLLOW)[0])
        self.star = self.live(ax.plot([], [], ms=13, ls="none", zorder=5, clip_on=False, **style.STAR)[0])

    def _ticks(self, k: int, step: float, inches: float) -> None:
        """Tick labels beside an upright axis, on a white ground, because lines pass behind them."""
        p = self.space.parameters[self.space.free[k]]
        at, labels, _ = ticks(p, 5 if step > 0.7 else 3)
        if isinstance(p, Choice) and len(at) * 0.16 > inches:
            every = int(np.ceil(len(at) * 0.16 / inches))
            at, labels = at[::every], labels[::every]
        for y, label in zip(at, labels, strict=True):
            self.live(self.ax.plot([k, k + 0.04 / step], [y, y], color=style.GREY, lw=1, zorder=3.2, clip_on=False)[0])
            words = style.shorten(label, step - 0.14)
            self.live(
                style.add_words(
                    self.ax, k + 0.06 / step, y, words, fontsize=style.SMALL, va="center", zorder=6, ground="#ffffffbf"
                )
            )

    def _value_axis(self) -> None:
        """Ticks of the value; the better end is up."""
        for artist in self.value_ticks:
            artist.remove()
        self.value_ticks = []
        low, high = self.y.pair
        d = len(self.names)
        for v in MaxNLocator(nbins=6).tick_values(low, high):
            if low <= v <= high:
                y = float(self._height(np.array(v)))
                self.value_ticks += [
                    *self.ax.plot([d, d + 0.04 / self.step], [y, y], color=style.GREY, lw=1, clip_on=False),
                    style.add_words(
                        self.ax,
                        d + 0.13 / self.step,
                        y,
                        style.number(v, 6 if abs(v) < 1e6 else 2),
                        fontsize=style.SMALL,
                        va="center",
                        color=style.INK,
                    ),
                ]

    def _height(self, values: np.ndarray) -> np.ndarray:
        low, high = self.y.pair
        h = np.clip((values - low) / (high - low), 0, 1)
        return h if self.quantity.higher else 1 - h

    def update(self, state: Trials) -> bool:
        changed = self._read(state)
        if changed:
            self._value_axis()
        d = len(self.names)
        Y = np.where(np.isnan(self.U), self.RAIL, self.U)
        for k, name in enumerate(self.space.free):
            Y[:, k] += np.where(np.isnan(self.U[:, k]), 0.0, jitter(self.space.parameters[name], self.ids))
        ends = np.where(self.failed, self.FAILED, self._height(np.where(self.failed, self.y.pair[0], self.values)))
        points = np.stack([np.tile(np.arange(d + 1.0), (self.n, 1)), np.c_[Y, ends]], 2).reshape(self.n, d + 1, 2)
        good = ends[~self.failed]
        order = np.argsort(good, kind="stable")  # the best on top
        self.lines.set_segments(list(points[~self.failed][order]))
        alpha = float(np.clip(12 / max(1, self.n) ** 0.6, 0.25, 0.85))
        colours = matplotlib.colormaps[style.SEQUENTIAL](0.9 * (1 - Normalize(0, 1)(good[order])))
        colours[:, 3] = alpha * (0.35 + 0.65 * good[order])
        self.lines.set_color(colours)
        self.lost.set_segments(list(points[self.failed]))
        self.stops.set_data(np.full(self.failed.sum(), d), np.full(self.failed.sum(), self.FAILED))
        if self.best is None:
            self.best_line.set_data([], [])
            self.star.set_data([], [])
        else:
            self.best_line.set_data(*points[self.best].T)
            self.star.set_data(*points[self.best, -1:].T)
        self.say(self._sentence())
        return changed

    def alt(self) -> str:
        return f"Parallel coordinates of {self.space.d} parameters and the value: {self._described()}"


def slice_plot(
    trace: Trials,
    *,
    space: Space | None = None,
    task: Task | None = None,
    trials: int | None = None,
    label: str | None = None,
) -> Figure:
    """The value of every trial against each parameter."""
    space, quantity = prepared(trace, space, task, label)
    return SlicePicture(space, trials, quantity).render_static(trace)


def parallel(
    trace: Trials,
    *,
    space: Space | None = None,
    task: Task | None = None,
    trials: int | None = None,
    label: str | None = None,
) -> Figure:
    """Every trial as a line through all of its parameters to its value."""
    space, quantity = prepared(trace, space, task, label)
    return ParallelPicture(space, trials, quantity).render_static(trace)
