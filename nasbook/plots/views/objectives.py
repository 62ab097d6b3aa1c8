"""The plane of two objectives while a search fills it: layers, the front, what it covers, and the true front.

Both objectives are minimised, so better is lower and further left. What a weighted sum can reach are the corners of the
true front's convex hull: whatever its weights are, its level sets are straight lines, and a line that comes from below
touches a hollow part of the front nowhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from matplotlib.figure import SubFigure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from nasbook.hpo.parts.pareto import front, ranks
from nasbook.plots import style
from nasbook.plots.data import Quantity, Trials, known_task, near, objective_labels, trials_of
from nasbook.plots.picture import Picture
from nasbook.plots.scales import tick_label
from nasbook.plots.style import Figure, number, plural
from nasbook.plots.traces.pareto_front import check_two, objectives_of, points_of, short
from nasbook.plots.viewed import method_after
from nasbook.space import Config
from nasbook.task import KnowsOutcomes, Task
from nasbook.trace import Trace, Trial

LAYERS = (style.INK, style.BLUE, style.SKY, style.FAINT_SKY, style.LIGHT)  # the last one stands for all further layers
WEIGHED = style.PURPLE


def hull(Y: np.ndarray) -> np.ndarray:
    """Of a front Y (n, 2), the rows that are lowest for some weighting w y_1 + (1 - w) y_2, 0 ≤ w ≤ 1: the corners of
    its convex hull, from left to right, equal points once."""
    corners: list[int] = []
    for i in np.lexsort(Y.T[::-1]):
        if corners and np.array_equal(Y[i], Y[corners[-1]]):
            continue
        while len(corners) > 1:
            (ax, ay), (bx, by), (cx, cy) = Y[corners[-2]], Y[corners[-1]], Y[i]
            if (bx - ax) * (cy - ay) - (by - ay) * (cx - ax) > 0:  # b lies below the line from a to c
                break
            corners.pop()
        corners.append(int(i))
    return np.array(corners, int)


def with_unit(value: float, label: str) -> str:
    """'15.2 ms' for "latency (ms)", '41.4 million FLOPs' for "FLOPs (millions)", '1,474 parameters'."""
    name, _, unit = label.rstrip(")").partition(" (")
    unit = {"millions": f"million {name}", "": name}.get(unit, unit)
    return f"{value:,.0f} {unit}" if value >= 1000 else f"{number(value)} {unit}"


@dataclass(frozen=True)
class FrontState:
    """What a FrontPicture shows. alive: ids of NSGA-II's population. chosen: a point (x, y) that was clicked.
    weight: of x in the weighted sum, both objectives scaled to the true front's range; None draws no weighted sum."""

    trials: Sequence[Trial] = ()
    alive: frozenset[int] = frozenset()
    chosen: tuple[float, float] | None = None
    weight: float | None = None
    truth: bool = True


class FrontPicture(Picture):
    """State: a FrontState. x, y: the two quantities; both are minimised. table (n, 2): every outcome there is, in the
    order (x, y), or, where `known` is False, the outcomes of the trials; reference (2,): a point that is worse than
    what counts. alive: can some trials be a population? A trial's values are (y, x)."""

    figsize = (style.WIDTH, 4.3)

    def __init__(
        self,
        x: Quantity,
        y: Quantity,
        table: np.ndarray,
        reference: Sequence[float],
        known: bool = True,
        alive: bool = True,
        weighed: bool = True,
    ) -> None:
        super().__init__()
        self.q, self.known, self.has_alive, self.has_weighed = (x, y), known, alive, weighed
        self.reference = np.asarray(reference, float)
        true = table[front(table)]
        self.true = true[np.lexsort(true.T[::-1])]
        self.reachable = hull(self.true)
        self.low, self.span = self.true.min(0), np.where(np.ptp(self.true, axis=0) > 0, np.ptp(self.true, axis=0), 1.0)

    def build(self, fig: Figure | SubFigure) -> None:
        names = ("1 (the front)", "2", "3", "4", "5 and more")
        entries: style.Entries = [
            (("layer " if k == 0 else "") + name, style.dot(color))
            for k, (name, color) in enumerate(zip(names, LAYERS, strict=True))
        ]
        if self.has_alive:
            entries.append(("alive (NSGA-II)", style.dot(mfc="none", mec=style.GREEN, mew=1.5, ms=8)))
        entries.append(("newest", style.dot(mfc="none", mec=style.NEXT, mew=1.6, ms=9, marker="D")))
        entries.append(("covered", style.patch(style.INCUMBENT, 0.25)))
        if self.known:
            entries.append(("true front", style.line(style.HIDDEN, style.DASH, lw=1.4)))
        if self.has_weighed:
            sums = style.dot(mfc="none", mec=WEIGHED, mew=1.6, ms=8, marker="s")
            entries.append(("a weighted sum reaches it", sums))
        rows = style.key(fig, entries)
        self.title(fig)
        self.ax = ax = style.axes(fig, 0.72, 0.48, 0.2, 0.4 + 0.2 * rows)
        (x, y), (left, low), (right, high) = self.q, self._shown(self.low), self._shown(self.reference)
        ax.set(xlabel=x.axis, ylabel=y.axis)
        ax.set_xlim(left - 0.05 * (right - left), right + 0.12 * (right - left))
        ax.set_ylim(low - 0.08 * (high - low), high + 0.14 * (high - low))
        ax.xaxis.set_major_formatter(FuncFormatter(short))
        ax.yaxis.set_major_formatter(FuncFormatter(short))
        ax.plot(right, high, "x", color=style.GREY, ms=7, mew=1.6)
        style.add_words(
            ax,
            right,
            high + 0.025 * (high - low),
            "reference",
            ha="center",
            va="bottom",
            fontsize=style.SMALL,
            color=style.FAINT,
        )
        self.area = self.live(style.polygon(ax, style.INCUMBENT, 0.16, zorder=1.2))
        plot = partial(self.plotted, ax)
        self.truth = plot(".", color=style.HIDDEN, ms=4, ls=style.DASH, lw=1.3, zorder=1.8, drawstyle="steps-post")
        self.sum_line = plot(color=WEIGHED, lw=1.3, zorder=1.9)
        self.sum_best = plot("s", color=WEIGHED, ms=8, mew=0, zorder=3.6)
        self.weighed = plot("s", mfc="none", mec=WEIGHED, mew=1.4, ms=9, zorder=3.5)
        self.steps = plot(color=style.INCUMBENT, lw=2.2, zorder=2.2)
        self.layers = [
            plot("o", color=c, ms=6.5 if k == 0 else 5, mew=0, zorder=3 - 0.1 * k) for k, c in enumerate(LAYERS)
        ]
        self.above = plot("^", color=style.GREY, ms=5, mew=0, zorder=2.1, clip_on=False)
        self.beyond = plot(">", color=style.GREY, ms=5, mew=0, zorder=2.1, clip_on=False)
        self.ring = plot("o", mfc="none", mec=style.GREEN, mew=1.3, ms=9, zorder=3.2)
        self.newest = plot("D", mfc="none", mec=style.NEXT, mew=1.6, ms=9, zorder=4)
        self.clicked = plot("o", mfc="none", mec=style.INK, mew=1.8, ms=14, zorder=4.1)

    def _shown(self, Y: np.ndarray) -> np.ndarray:
        """(…, 2) in the units of the axes."""
        return np.stack([np.asarray(q.show(Y[..., k]), float) for k, q in enumerate(self.q)], -1)

    def update(self, state: FrontState) -> bool:
        trials = list(state.trials)
        Y = points_of(trials, 2)[:, ::-1]
        ok = ~np.isnan(Y).any(1)
        self.n, self.lost, self.state = len(trials), int((~ok).sum()), state
        self.rank = np.full(len(Y), -1)
        self.rank[ok] = ranks(Y[ok]) if ok.any() else 0
        shown = self._shown(Y)
        (x0, x1), (_, y1) = self.ax.get_xlim(), self.ax.get_ylim()
        inside = ok & (shown <= (x1, y1)).all(1)
        for k, dots in enumerate(self.layers):
            there = self.rank == k if k < len(LAYERS) - 1 else self.rank >= k
            dots.set_data(*shown[inside & there].T)
        out = ok & ~inside
        above = out & (shown[:, 1] > y1)
        self.above.set_data(np.clip(shown[above, 0], x0, x1), np.full(above.sum(), y1))
        self.beyond.set_data(np.full((out & ~above).sum(), x1), shown[out & ~above, 1])
        self.outside = int(out.sum())
        alive = np.array([t.id in state.alive for t in trials], bool) if trials else np.zeros(0, bool)
        self.ring.set_data(*shown[inside & alive].T)
        self.newest.set_data(*(shown[-1:][inside[-1:]].T if trials else ([], [])))
        first = np.unique(Y[self.rank == 0], axis=0)
        self.front = first
        corners = self._corners(first)
        self.steps.set_data(*self._shown(self._corners(first, edge=True)).T)
        self.area.set_visible(len(corners) > 2)
        if len(corners) > 2:
            self.area.set_xy(self._shown(corners))
        on = state.truth
        self.truth.set_data(*(self._shown(self.true).T if on else ([], [])))
        weighed = state.weight is not None
        self.weighed.set_data(*(self._shown(self.true[self.reachable]).T if weighed else ([], [])))
        self._weighted_sum(state.weight)
        chosen = [] if state.chosen is None else [self._shown(np.array(state.chosen))]
        self.clicked.set_data(*(np.array(chosen).T if chosen else ([], [])))
        self.say(self._sentence())
        return False

    def _corners(self, first: np.ndarray, edge: bool = False) -> np.ndarray:
        """The staircase of a front. Up to the reference point and closed there (the covered area), or, with `edge`,
        open and up to the edges of the axes."""
        end = self.reference if not edge else np.full(2, np.inf)
        points = first[(first < end).all(1)]
        if not len(points):
            return np.empty((0, 2))
        x, y = points[np.argsort(points[:, 0])].T
        if edge:
            (_, right), (_, top) = self.ax.get_xlim(), self.ax.get_ylim()
            right, top = (v / 100 if q.percent else v for q, v in zip(self.q, (right, top), strict=True))
            return np.column_stack([np.r_[np.repeat(x, 2), max(right, x[-1])], np.r_[max(top, y[0]), np.repeat(y, 2)]])
        r, t = self.reference
        return np.column_stack([np.r_[np.repeat(x, 2), r, r], np.r_[t, np.repeat(y, 2), t]])

    def _weighted_sum(self, weight: float | None) -> None:
        self.lowest: np.ndarray | None = None
        if weight is None:
            self.sum_line.set_data([], [])
            self.sum_best.set_data([], [])
            return
        scaled = (self.true - self.low) / self.span
        value = weight * scaled[:, 0] + (1 - weight) * scaled[:, 1]
        self.lowest = self.true[int(np.argmin(value))]
        along = np.array([-(1 - weight), weight])  # on this line the sum is the same
        ends = (self.lowest - self.low) / self.span + np.outer([-2, 2], along / max(abs(along)))
        self.sum_line.set_data(*self._shown(self.low + ends * self.span).T)
        self.sum_best.set_data(*self._shown(self.lowest[None]).T)

    def text(self, point: Sequence[float] | np.ndarray) -> str:
        """'15.2 ms, 8.9 %' of a point (x, y)."""
        return ", ".join(
            f"{float(q.show(v)):.1f} %" if q.percent else with_unit(float(v), q.label)
            for q, v in zip(self.q, point, strict=True)
        )

    def nearest(self, x: float, y: float, reach: float = 14.0) -> tuple[int | None, np.ndarray] | None:
        """The trial (its place among the trials) at (x, y) in the units of the axes, or, where the true front is drawn,
        None and its point; None if nothing lies within `reach` pixels."""
        Y = points_of(list(self.state.trials), 2)[:, ::-1]
        places: list[int | None] = [int(i) for i in np.flatnonzero(~np.isnan(Y).any(1))]
        points = Y[~np.isnan(Y).any(1)]
        if self.state.truth:
            places, points = [*places, *[None] * len(self.true)], np.vstack([points, self.true])
        if not len(points):
            return None
        pixels = self.ax.transData.transform(self._shown(points))
        gap = np.hypot(*(pixels - self.ax.transData.transform((x, y))).T)
        gap[len(Y[~np.isnan(Y).any(1)]) :] += 1  # a trial goes before the true front's point under it
        k = int(np.argmin(gap))
        return (places[k], points[k]) if gap[k] <= reach else None

    def _sentence(self) -> str:
        if self.state.weight is not None:
            reach, all_ = len(self.reachable), len(np.unique(self.true, axis=0))
            return f"Whatever its weights: a weighted sum reaches {reach} of the true front's {all_} points"
        if not (self.rank >= 0).any():
            return f"{plural(self.n, 'trial')}: nothing on the front yet"
        layers = int(self.rank.max()) + 1
        f = int((self.rank == 0).sum())
        return f"{f} of {plural(self.n, 'trial')} {'is' if f == 1 else 'are'} on the front, {plural(layers, 'layer')}"

    def alt(self) -> str:
        text = f"{self.q[0].name} against {self.q[1].name}, both to be low: {plural(self.n, 'trial')}, {self.lost} "
        text += f"failed or stopped, {self.outside} beyond the axes."
        if len(self.front):
            text += f" The front has {plural(len(self.front), 'point')}, from ({self.text(self.front[0])}) to "
            text += f"({self.text(self.front[-1])})."
        if self.state.truth:
            text += f" The true front has {plural(len(np.unique(self.true, axis=0)), 'point')}, from "
            text += f"({self.text(self.true[0])}) to ({self.text(self.true[-1])})."
        if self.state.weight is not None:
            text += f" A weighted sum can reach {len(self.reachable)} of them."
        return text


class SharePicture(Picture):
    """The hypervolume as a share of that of the true front. State: (n,) shares in [0, 1], one a trial."""

    figsize = (3.6, 2.3)

    def __init__(self, trials: int) -> None:
        super().__init__()
        self.trials = trials

    def build(self, fig: Figure | SubFigure) -> None:
        self.title(fig)
        self.ax = ax = style.axes(fig, 0.72, 0.45, 0.15, 0.42)
        ax.set(xlim=(0, self.trials * 1.02 + 0.5), ylim=(0, 106), xlabel="trial", ylabel="hypervolume (%)")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
        ax.axhline(100, color=style.HIDDEN, ls=style.DASH, lw=1.3)
        self.line = self.live(ax.plot([], [], color=style.INCUMBENT, lw=2.2, drawstyle="steps-post")[0])
        self.dots = self.live(ax.plot([], [], "o", color=style.TRIAL, ms=3.5, mew=0)[0])

    def update(self, state: Sequence[float]) -> bool:
        share = 100 * np.asarray(state, float)
        x, grew = np.arange(1, len(share) + 1), np.diff(np.r_[0.0, share]) > 0
        self.line.set_data(x, share)
        self.dots.set_data(x[grew], share[grew])
        self.now = float(share[-1]) if len(share) else 0.0
        self.say(f"Covered: {self.now:.1f} % of what can be")
        return False

    def alt(self) -> str:
        return f"Hypervolume: {self.now:.1f} % of the true front's."


class ConfigPicture(Picture):
    """A configuration as a list. State: (title, config), config None for none yet."""

    figsize = (3.6, 2.3)

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self.names = list(names)

    def build(self, fig: Figure | SubFigure) -> None:
        self.title(fig)
        ax = style.bare(style.axes(fig, 0.2, 0.1, 0.1, 0.42))
        ax.set(xlim=(0, 1), ylim=(len(self.names), 0))
        self.words = []
        for i, name in enumerate(self.names):
            style.add_words(
                ax,
                0.0,
                i + 0.5,
                style.shorten(style.named(name), 1.6),
                va="center",
                fontsize=style.SMALL,
                color=style.FAINT,
            )
            self.words.append(
                self.live(style.add_words(ax, 0.5, i + 0.5, "", va="center", fontsize=style.SMALL, color=style.INK))
            )

    def update(self, state: tuple[str, Config | None]) -> bool:
        title, self.config = state
        for name, word in zip(self.names, self.words, strict=True):
            value = "" if self.config is None else tick_label(self.config[name]) if name in self.config else "–"
            word.set_text(style.shorten(value, 1.6))
        self.say(title)
        return False

    def alt(self) -> str:
        settings = ", ".join(f"{k} {tick_label(v)}" for k, v in (self.config or {}).items())
        return f"{self.sentence()}: {settings}." if settings else self.sentence()


def layers(
    trace: Trials,
    *,
    objectives: tuple[int, int] = (0, 1),
    labels: Sequence[str] | None = None,
    reference: Sequence[float] | None = None,
    task: Task | None = None,
) -> Figure:
    """Two objectives: the trials in layers (each the front of what the layers before leave), what the front covers, and
    NSGA-II's population. The true front is drawn where a table knows it.

    objectives: the one upwards and the one to the right, counted from 0; labels: their names, in this order;
    reference: a point, in this order, up to which it is covered. ValueError for trials of one objective.
    """
    m = objectives_of("front", trace)
    check_two("front", objectives, labels, m)
    names = [objective_labels(trace, m, task)[k] for k in objectives] if labels is None else labels
    trials = trials_of(trace)
    Y = points_of(trials, m)[:, list(objectives)]
    seen = Y[~np.isnan(Y).any(1)][:, ::-1]  # (x, y)
    table = _outcomes(task if task is not None else known_task(trace), objectives, m)
    if reference is None:
        if table is not None:
            reference = np.quantile(table, 0.9, axis=0)
        else:  # what is far off is drawn at the border
            high = np.array([near(column).max() for column in seen.T])
            span = high - seen.min(0)
            reference = high + 0.05 * np.where(span > 0, span, np.maximum(1.0, abs(high)))
    elif len(reference) != 2:
        raise ValueError(f"plot front: the reference point needs 2 numbers, not {len(reference)}")
    else:
        reference = list(reference)[::-1]
    alive: frozenset[int] = frozenset()
    if isinstance(trace, Trace) and trace.header.method == "nsga2":
        alive = frozenset(t.id for t in method_after(trace).view().population)
    y, x = (Quantity(name, accuracy=False) for name in names)
    picture = FrontPicture(x, y, seen if table is None else table, reference, table is not None, bool(alive), False)
    shown = [
        t if t.values is None or len(t.values) < m else replace(t, values=tuple(t.values[k] for k in objectives))
        for t in trials
    ]
    return picture.render_static(FrontState(shown, alive, truth=table is not None))


def _outcomes(task: Task | None, objectives: tuple[int, int], m: int) -> np.ndarray | None:
    """(n, 2) every outcome in the order (x, y), of a task that is a table of these objectives; None of any other."""
    if not isinstance(task, Task) or not isinstance(task, KnowsOutcomes) or len(task.objectives) != m:
        return None
    table = np.asarray(task.outcomes(), float)[:, list(objectives)[::-1]]
    return table[np.isfinite(table).all(1)]
