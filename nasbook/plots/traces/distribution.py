"""How good trials are as a crowd: the share that reaches a value (EDF), and where the good ones lie (rank)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import TypeAlias

import matplotlib
import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import SubFigure
from matplotlib.ticker import PercentFormatter

from nasbook.plots import style
from nasbook.plots.data import VERY_FAR, Quantity, Steps, Trials, label_of, near, trials_of, values_of
from nasbook.plots.picture import Picture
from nasbook.plots.scales import parameter_axis, tilted
from nasbook.plots.style import Figure, Limits, plural
from nasbook.plots.traces.trials import TriedPicture, prepared
from nasbook.space import Choice, Space
from nasbook.task import Task
from nasbook.trace import Step, Trace, Trial

Crowd: TypeAlias = Steps | Sequence[Trials]  # what is pooled under one name

MOST = 4  # parameters that a rank plot shows by itself


class EdfPicture(Picture[Mapping[str, Crowd]]):
    """The share of trials that are at least as good as a value: a curve for each name, the higher the better.

    Failed and stopped trials count, and never get there: with them a curve ends below 100 %.
    State: {name: sequence of Traces, Steps or Trials}; several traces of one name are pooled.
    """

    figsize = (style.WIDTH, 4.2)

    def __init__(self, names: Sequence[str], quantity: Quantity = Quantity()) -> None:  # noqa: B008
        super().__init__()
        self.names, self.quantity, self.x = list(names), quantity, Limits()

    def build(self, fig: Figure | SubFigure) -> None:
        looks, racers = {}, iter(style.RACERS * (1 + len(self.names)))
        for name in self.names:
            colour, dash, _ = (style.BASELINE, style.DASH, "") if name == "random" and self.names[1:] else next(racers)
            looks[name] = (colour, dash)
        entries = [(style.shorten(style.named(n), 2.5), style.line(c, d)) for n, (c, d) in looks.items()]
        rows = style.key(fig, entries) if len(entries) > 1 else 0
        self.ax = ax = style.axes(fig, 0.75, 0.5, 0.25, 0.5 + 0.2 * rows)
        q = self.quantity
        ax.set(xlabel=q.axis, ylabel=f"trials that are this {'high' if q.higher else 'low'} or better", ylim=(0, 1.02))
        ax.yaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
        ax.set_yticks(np.linspace(0, 1, 6))
        self.title(fig)
        ax.axhline(0.5, color=style.HIDDEN, lw=1, ls=style.DOT, zorder=1)
        self.lines = {
            name: self.live(ax.plot([], [], color=c, ls=d, drawstyle="steps-post", zorder=3)[0])
            for name, (c, d) in looks.items()
        }

    def update(self, state: Mapping[str, Crowd]) -> bool:
        pools = {name: values_of(_pooled(state.get(name, ()))) for name in self.names}
        self.result: dict[str, tuple[int, int, float, float]] = {}  # trials, failed, best, median; minimised
        seen = np.concatenate([v[~np.isnan(v)] for v in pools.values()]) if pools else np.empty(0)
        higher = self.quantity.higher
        changed = self.x.include(near(np.asarray(self.quantity.show(seen), float), higher, far=VERY_FAR), pad=0.02)
        low, high = self.x.pair
        if changed:
            self.ax.set_xlim(low, high)
        for name, values in pools.items():
            ok = np.sort(values[~np.isnan(values)])
            if not len(ok):
                self.lines[name].set_data([], [])
                continue
            share = np.arange(1, len(ok) + 1) / len(values)
            end = low if self.quantity.higher else high
            x = self.quantity.show(ok)
            self.lines[name].set_data(np.r_[x[0], x, end], np.r_[0, share, share[-1]])
            median = np.sort(np.where(np.isnan(values), np.inf, values))[(len(values) - 1) // 2]
            self.result[name] = (len(values), int(np.isnan(values).sum()), float(ok[0]), float(median))
        self.say(self._sentence())
        return changed

    def _sentence(self) -> str:
        if not self.result:
            return "No trial has succeeded yet"
        q, word = self.quantity, "above" if self.quantity.higher else "below"
        if len(self.result) == 1:
            ((n, _, best, median),) = self.result.values()
            if not np.isfinite(median):
                return f"More than half of {plural(n, 'trial')} failed or were stopped; the best reached {q.text(best)}"
            return f"Half of {plural(n, 'trial')} are at {q.text(median)} or {word}; the best is {q.text(best)}"
        ahead, behind = (f(self.result, key=lambda m: self.result[m][3]) for f in (min, max))
        return (
            f"Half of the trials are at or {word} {q.text(self.result[ahead][3])} with {style.named(ahead)}, "
            f"{q.text(self.result[behind][3])} with {style.named(behind)}"
        )

    def alt(self) -> str:
        q = self.quantity
        parts = [
            f"{style.named(name)}: {plural(n, 'trial')}, {lost} failed or stopped, best {q.text(best)}, "
            f"median {q.text(median)}"
            for name, (n, lost, best, median) in self.result.items()
        ]
        return f"Share of trials that reach each {q.name}. " + ("; ".join(parts) or "None has succeeded") + "."


def _pooled(runs: Crowd) -> list[Trial]:
    if isinstance(runs, Trace | Step):
        return trials_of(runs)
    return [t for run in runs for t in trials_of(run)]


class RankPicture(TriedPicture):
    """Two parameters in each panel, every trial coloured by the rank of its value: dark is good.

    Ranks do not care how far off the bad ones are, so a single disaster does not wash out the colours.
    State: a Trace, or a sequence of Steps or Trials. names: the parameters, at least two.
    """

    def __init__(
        self,
        space: Space,
        names: Sequence[str],
        trials: int | None = None,
        quantity: Quantity = Quantity(),  # noqa: B008
    ) -> None:
        super().__init__(space, trials, quantity)
        self.names = list(names)
        k = len(self.names) - 1
        named = any(isinstance(space.parameters[n], Choice) for n in self.names[1:])  # options at the left
        self.left, self.right, self.gap = 1.25 if named else 1.0, 0.25, 0.28
        self.side = (style.WIDTH - self.left - self.right - (k - 1) * self.gap) / k
        self.high = min(self.side, 3.4 if k == 1 else 2.2)
        self.below = 0.95 if any(tilted(space.parameters[n], self.side) for n in self.names[:-1]) else 0.52
        self.figsize = (style.WIDTH, 0.85 + self.below + k * self.high + (k - 1) * self.gap + (0.45 if k == 1 else 0))

    def build(self, fig: Figure | SubFigure) -> None:
        self.title(fig)
        style.key(fig, [("failed or stopped", style.dot(**style.HOLLOW)), ("best", style.dot(ms=10, **style.STAR))])
        w, h = style.size(fig)
        k = len(self.names) - 1
        self.colours = matplotlib.colormaps[style.SEQUENTIAL]
        self.marks = []
        # Rows are parameters 2 … k+1 from the top, columns parameters 1 … k: a lower triangle.
        for a, b in combinations(range(k + 1), 2):
            x = self.left + a * (self.side + self.gap)
            y = self.below + (k - b) * (self.high + self.gap)
            ax = style.axes(fig, x, y, w - x - self.side, h - y - self.high)
            for which, i, inches in (("x", a, self.side), ("y", b, self.high)):
                parameter_axis(ax, which, self.space.parameters[self.names[i]], self.names[i], inches)
            ax.set(xlim=(-0.04, 1.04), ylim=(-0.04, 1.04))
            if b < k:
                ax.tick_params(labelbottom=False)
                ax.set_xlabel("")
            if a > 0:
                ax.tick_params(labelleft=False)
                ax.set_ylabel("")
            self.marks.append(
                (
                    a,
                    b,
                    self.live(ax.scatter([], [], s=22, linewidths=0.3, edgecolors=style.INK, zorder=2, clip_on=False)),
                    self.live(ax.plot([], [], "o", ms=4.5, zorder=1.8, clip_on=False, **style.HOLLOW)[0]),
                    self.live(ax.plot([], [], ms=13, ls="none", zorder=3, clip_on=False, **style.STAR)[0]),
                )
            )
        wide = 1.9
        bar = style.axes(fig, w - self.right - wide - 0.35, h - 0.72, self.right + 0.35, 0.58)
        bar.grid(False)
        cb = fig.colorbar(ScalarMappable(Normalize(0, 1), self.colours), cax=bar, orientation="horizontal")
        cb.set_ticks([0.0, 0.5, 1.0], labels=["best", "median", "worst"])
        cb.outline.set_visible(False)
        bar.tick_params(length=2, pad=2)

    def update(self, state: Trials) -> bool:
        self._read(state)
        self.rank = self._shades()
        for a, b, dots, lost, star in self.marks:
            columns = [self.names[i] for i in (a, b)]
            xy = self._placed(columns)
            used = ~np.isnan(xy).any(1)
            ok = used & ~self.failed
            order = np.flatnonzero(ok)[np.argsort(-self.rank[ok], kind="stable")]  # the best on top
            dots.set_offsets(xy[order])
            dots.set_facecolor(self.colours(self.rank[order]))
            lost.set_data(*xy[used & self.failed].T)
            star.set_data(*xy[[i for i in [self.best] if i is not None and used[i]]].T)
        self.say(self._where())
        return False

    def _where(self) -> str:
        if self.best_trial is None:
            return self._sentence()
        part = "" if len(self.names) == self.space.d else f" ({len(self.names)} of {self.space.d} parameters shown)"
        return f"{plural(self.n, 'trial')} by rank: the dark ones are best{part}"

    def alt(self) -> str:
        return f"Rank of the value over pairs of {', '.join(map(style.named, self.names))}: {self._described()}"


# ---- still pictures --------------------------------------------------------------------------------------------------


def edf(
    runs: Mapping[str, Crowd] | Sequence[Trials] | Trace, *, task: Task | None = None, label: str | None = None
) -> Figure:
    """The share of trials that reach a value: of one trace, of several (grouped by their method), or {name: traces}."""
    if isinstance(runs, Trace):
        runs = {runs.header.method: [runs]}
    elif not isinstance(runs, Mapping):
        traces = [r for r in runs if isinstance(r, Trace)]
        if len(traces) == len(runs):
            groups: dict[str, list[Trace]] = {}
            for trace in traces:
                groups.setdefault(trace.header.method, []).append(trace)
            runs = groups
        else:
            runs = {"trials": runs}
    if not runs:
        raise ValueError("plot edf: give at least one trace")
    flat = [t for r in runs.values() for t in ([r] if isinstance(r, Trace | Step) else r)]
    first = next((t for t in flat if isinstance(t, Trace)), None)
    return EdfPicture(list(runs), Quantity(label or label_of(first, task))).render_static(runs)


def rank(
    trace: Trials,
    *,
    parameters: Sequence[str] | None = None,
    space: Space | None = None,
    task: Task | None = None,
    label: str | None = None,
) -> Figure:
    """Pairs of parameters, trials coloured by the rank of their value. parameters: which; else the first four."""
    space, quantity = prepared(trace, space, task, label)
    names = list(parameters or space.free[:MOST])
    check_parameters("rank", space, names)
    return RankPicture(space, names, None, quantity).render_static(trace)


def check_parameters(kind: str, space: Space, names: Sequence[str], most: int = 6) -> None:
    """ValueError unless the names are 2 … `most` different parameters of the space that are searched."""
    for name in names:
        if name not in space.free:
            raise ValueError(f"plot {kind}: {name!r} is not a searched parameter; there are {', '.join(space.free)}")
    if not 2 <= len(set(names)) == len(names) <= most:
        right = "two different parameters" if most == 2 else f"two to {most} different parameters"
        raise ValueError(f"plot {kind}: it needs {right}, not {len(names)}; 'slice' shows single ones")
