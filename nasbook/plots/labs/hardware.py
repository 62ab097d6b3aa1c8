"""Pictures of the hardware lab: error against what a network costs, probabilities with their price tags, the latency
that a search expects, and where FLOPs mislead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from matplotlib.figure import SubFigure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator

from nasbook.plots import style
from nasbook.plots.picture import Picture
from nasbook.plots.style import Figure, Looks, number

AXES = {
    "latency": ("latency of 50 images (µs)", "µs", (500, 1000, 2000, 5000)),
    "flops": ("FLOPs of one image (thousands)", "FLOPs", (5e4, 1e5, 2e5, 5e5)),
    "parameters": ("parameters", "parameters", (2000, 5000, 10_000, 20_000)),
}
RULE = style.GREEN
PLACED = {  # names beside their points: alignment, right, up
    "skip": ("left", 0.02, 0.05),
    "conv3x3": ("left", 0.0, -0.08),
    "mb3e2": ("right", -0.03, 0.0),
    "mb5e2": ("left", 0.03, 0.0),
}


@dataclass(frozen=True)
class PlaneState:
    """What the plane shows. Points are (cost along `axis`, error as a fraction)."""

    axis: str = "latency"
    found: Sequence[tuple[float, float]] = ()  # by the search, in its order; the last one is a star
    expected: float | None = None  # latency, under the probabilities
    cap: float | None = None  # the highest latency that is allowed
    best: tuple[float, float] | None = None  # of those found that keep the cap
    says: str = ""  # the title


class PlanePicture(Picture[PlaneState]):
    """Every network of a table as a pale dot, the front that NSGA-II found, the line of compound scaling, and what the
    search has found. State: a PlaneState.

    cloud, front, line: axis -> points (n, 2), the line's for φ = 0, 1, …"""

    figsize = (4.5, 3.5)

    def __init__(
        self, cloud: Mapping[str, np.ndarray], front: Mapping[str, np.ndarray], line: Mapping[str, np.ndarray]
    ) -> None:
        super().__init__()
        self.clouds, self.fronts, self.lines, self.axis = cloud, front, line, ""
        self.top = 103 * float(max(line["latency"][:, 1].max(), np.quantile(cloud["latency"][:, 1], 0.97)))

    def build(self, fig: Figure | SubFigure) -> None:
        self.title(fig)
        entries: style.Entries = [
            ("all chains", style.dot(style.LIGHT, ms=4)),
            ("this search", style.dot(style.TRIAL, ms=4)),
            ("now", style.dot(ms=9, **style.STAR)),
            ("front of NSGA-II", style.dot(style.BELIEF, "D", ms=4.5, mfc="none")),
            ("compound", style.line(RULE, "-", marker="s", ms=4)),
            ("expected", style.line(style.BELIEF, "-")),
            ("cap", style.line(style.NEXT, style.DASH)),
        ]
        rows = style.key(fig, entries, gap=0.12)
        self.ax = ax = style.axes(fig, 0.55, 0.48, 0.12, 0.42 + 0.2 * rows)
        ax.set(xscale="log", ylabel="validation error (%)", ylim=(0, self.top))
        plot = partial(self.plotted, ax)
        self.cloud = plot("o", color=style.LIGHT, ms=2.6, mew=0, zorder=1.1)
        self.front = plot("D", color=style.BELIEF, mfc="none", ms=4.5, zorder=2)
        self.line = plot("-s", color=RULE, ms=4, lw=1.4, zorder=2.2)
        self.phis = [self.live(style.add_words(ax, 0, 0, "", fontsize=style.SMALL, color=RULE)) for _ in range(6)]
        self.found = plot("o", color=style.TRIAL, ms=3.6, mew=0, alpha=0.75, zorder=2.5)
        self.expected = plot("-", color=style.BELIEF, lw=1.6, zorder=2.1)
        self.cap = plot(ls=style.DASH, color=style.NEXT, lw=1.6, zorder=2.1)
        self.ring = plot("o", mfc="none", mec=style.NEXT, mew=1.6, ms=11, zorder=2.9)
        self.star = plot(ls="none", ms=11, zorder=3, **style.STAR)

    def _axis(self, axis: str) -> None:
        label, _, ticks = AXES[axis]
        every = np.concatenate([self.clouds[axis][:, 0], self.lines[axis][:, 0]])
        self.limits = every.min() / 1.12, every.max() * 1.12
        self.ax.set_xlabel(label)
        self.ax.set_xlim(*self.limits)
        self.ax.xaxis.set_major_locator(FixedLocator(ticks))
        self.ax.xaxis.set_minor_locator(NullLocator())
        self.ax.set_xticklabels([f"{t / (1e3 if axis == 'flops' else 1):,.0f}" for t in ticks])
        self.axis = axis

    def update(self, state: PlaneState) -> bool:
        changed = state.axis != self.axis
        if changed:
            self._axis(state.axis)
        self.state = state
        for artist, points in ((self.cloud, self.clouds), (self.front, self.fronts), (self.line, self.lines)):
            artist.set_data(*self._inside(points[state.axis]).T)
        for k, text in enumerate(self.phis):
            line = self._inside(self.lines[state.axis])
            text.set_text(f"φ={k}" if k < len(line) else "")
            if k < len(line):
                text.set_position((line[k, 0] * 1.03, line[k, 1] + 0.5))
        found = self._inside(state.found)
        self.found.set_data(*found.T)
        self.star.set_data(*found[-1:].T)
        self.ring.set_data(*self._inside([state.best] if state.best else []).T)
        for artist, x in ((self.expected, state.expected), (self.cap, state.cap)):
            shown = x is not None and state.axis == "latency"
            artist.set_data(
                [float(np.clip(x or 0.0, *self.limits))] * 2 if shown else [], [0, self.top] if shown else []
            )
        self.say(state.says)
        return changed

    def _inside(self, points: Sequence[tuple[float, float]] | np.ndarray) -> np.ndarray:
        """(n, 2) in percent, what lies outside at the edge."""
        at = np.array([(x, 100 * y) for x, y in points], float).reshape(-1, 2)
        return np.c_[np.clip(at[:, 0], *self.limits), np.clip(at[:, 1], 0, self.top - 0.4)]

    def alt(self) -> str:
        label, unit, _ = AXES[self.state.axis]
        told = f"Validation error against {label}. {self.state.says}."
        if self.state.found:
            x, y = self.state.found[-1]
            told += f" The newest network has {100 * y:.1f} % at {x:,.0f} {unit}."
        if self.state.expected is not None:
            told += f" The expected latency is {self.state.expected:,.0f} µs."
        return told


class TagsPicture(Picture[tuple[str, np.ndarray] | str]):
    """The probability of each operation at each place, as squares; under the names what each operation takes.

    State: (title, numbers (places, ops)), or a sentence where there are none."""

    figsize = (2.7, 3.5)

    def __init__(self, ops: Sequence[str], times: Sequence[float], places: int) -> None:
        super().__init__()
        self.ops, self.times, self.places = list(ops), list(times), places

    def build(self, fig: Figure | SubFigure) -> None:
        self.title(fig)
        self.ax = style.bare(style.axes(fig, 0.32, 0.12, 0.04, 0.95))
        n = len(self.ops)
        self.ax.set(xlim=(-0.5, n - 0.5), ylim=(self.places - 0.5, -0.5))
        small: Looks = {"ha": "center", "fontsize": style.SMALL}
        for k, (op, time) in enumerate(zip(self.ops, self.times, strict=True)):
            style.add_words(self.ax, k, -0.88, op, va="bottom", **small)
            style.add_words(self.ax, k, -0.58, f"{time:,.0f}", va="bottom", color=style.NOTE, **small)
        style.add_words(self.ax, -0.72, -0.58, "µs", va="bottom", color=style.NOTE, **small)
        self.squares = []
        for i in range(self.places):
            style.add_words(self.ax, -0.72, i, f"{i + 1}", va="center", **small)
            for k in range(n):
                self.ax.add_patch(Rectangle((k - 0.45, i - 0.45), 0.9, 0.9, fc="none", ec=style.GRID, lw=0.8))
                square = Rectangle((k, i), 0, 0, fc=style.BELIEF, lw=0)
                self.ax.add_patch(square)
                self.squares.append(self.live(square))
        at = (n - 1) / 2, (self.places - 1) / 2
        self.note = self.live(style.add_words(self.ax, *at, "", va="center", color=style.NOTE, **small))

    def update(self, state: tuple[str, np.ndarray] | str) -> bool:
        self.told, title = (state, "No probabilities") if isinstance(state, str) else ("", state[0])
        self.p = np.zeros((self.places, len(self.ops))) if self.told else np.asarray(state[1], float)
        for index, (square, p) in enumerate(zip(self.squares, self.p.ravel(), strict=True)):
            i, k = divmod(index, len(self.ops))
            side = 0.9 * float(np.sqrt(max(0.0, p)))
            square.set_bounds(k - side / 2, i - side / 2, side, side)
        self.note.set_text(self.told)
        self.say(title)
        return False

    def alt(self) -> str:
        if self.told:
            return f"No probabilities: {self.told}."
        likely = [
            f"place {i}: {self.ops[int(k)]} {row[k]:.2f}" for i, row in enumerate(self.p, 1) for k in [row.argmax()]
        ]
        return f"{self.sentence()}; the largest: {', '.join(likely)}."


@dataclass(frozen=True)
class CourseState:
    """Latency (µs) step by step: what the search expects, and that of the network that it would give."""

    expected: Sequence[float] = ()
    given: Sequence[float] = ()
    earlier: Sequence[tuple[str, Sequence[float]]] = field(default=())  # of searches before: (name, expected)


class CoursePicture(Picture[CourseState]):
    """Expected latency over the steps, and the searches before this one in grey. State: a CourseState.

    steps: how many there will be. top: µs at the upper end."""

    figsize = (3.6, 2.3)

    def __init__(self, steps: int, top: float, unit: str = "epoch") -> None:
        super().__init__()
        self.steps, self.top, self.unit = steps, top, unit

    def build(self, fig: Figure | SubFigure) -> None:
        self.title(fig)
        self.ax = style.axes(fig, 0.75, 0.46, 0.62, 0.36)
        self.ax.set(xlim=(0, self.steps + 0.5), ylim=(0, self.top), xlabel=self.unit, ylabel="latency (µs)")
        self.ax.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
        self.ax.yaxis.set_major_locator(MaxNLocator(nbins=4))
        self.before = [self.live(self.ax.plot([], [], color=style.GREY, lw=1.1, zorder=1.5)[0]) for _ in range(5)]
        self.names = [
            self.live(style.add_words(self.ax, 0, 0, "", fontsize=style.SMALL, color=style.NOTE, va="center"))
            for _ in range(5)
        ]
        self.given = self.live(self.ax.plot([], [], "o", color=style.TRIAL, ms=2.6, mew=0, alpha=0.7, zorder=2)[0])
        self.line = self.live(self.ax.plot([], [], color=style.BELIEF, lw=1.8, zorder=2.2)[0])

    def update(self, state: CourseState) -> bool:
        self.state = state
        earlier = list(state.earlier)[-len(self.before) :]
        ends = style.spread([min(e[-1], self.top) for _, e in earlier], self.top / 9, 0.04 * self.top, 0.96 * self.top)
        for k, (line, name) in enumerate(zip(self.before, self.names, strict=True)):
            known = earlier[k] if k < len(earlier) else ("", ())
            line.set_data(range(1, len(known[1]) + 1), known[1])
            name.set_text(known[0])
            if known[0]:
                name.set_position((self.steps * 1.04, ends[k]))
        self.given.set_data(range(1, len(state.given) + 1), np.clip(state.given, 0, self.top) if state.given else [])
        self.line.set_data(range(1, len(state.expected) + 1), state.expected)
        if state.expected:
            self.say(f"Expected: {state.expected[-1]:,.0f} µs")
        elif state.given:
            self.say(f"This network: {state.given[-1]:,.0f} µs")
        else:
            self.say("Latency, step by step")
        return False

    def alt(self) -> str:
        told = [f"{name} ended at {e[-1]:,.0f} µs" for name, e in self.state.earlier if e]
        now = f"{self.sentence()}." if self.state.expected or self.state.given else "Nothing yet."
        return f"Latency over the {self.unit}s. {now} {'; '.join(told)}"


class CountsPicture(Picture[Mapping[str, float]]):
    """FLOPs of each operation against what it takes: full by the table, hollow as measured here. State: operation ->
    µs measured here, or {}.

    counted: operation -> (FLOPs, µs of the table)."""

    figsize = (3.6, 2.3)

    def __init__(self, counted: Mapping[str, tuple[float, float]]) -> None:
        super().__init__()
        self.counted = counted

    def build(self, fig: Figure | SubFigure) -> None:
        self.title(fig)
        self.ax = ax = style.axes(fig, 0.62, 0.46, 0.12, 0.36)
        x, y = np.array(list(self.counted.values())).T
        self.top = 1.45 * y.max()
        ax.set(xlim=(0, 1.25 * x.max() / 1e3), ylim=(0, self.top), xlabel="FLOPs (thousands)", ylabel="µs, 50 images")
        ax.xaxis.set_major_locator(MaxNLocator(nbins=4))
        ax.yaxis.set_major_locator(MaxNLocator(nbins=4))
        ax.plot(x / 1e3, y, "o", color=style.TRIAL, ms=4.5, zorder=2)
        for op, (flops, time) in self.counted.items():
            ha, right, up = PLACED.get(op, ("center", 0.0, 0.07))
            at = (flops + right * x.max()) / 1e3, time + up * self.top
            style.add_words(ax, *at, op, ha=ha, va="center", fontsize=style.SMALL)
        self.here = self.live(ax.plot([], [], "o", ms=6, zorder=2.2, **style.HOLLOW)[0])

    def update(self, state: Mapping[str, float]) -> bool:
        self.state = state
        known = [
            (self.counted[op][0] / 1e3, min(time, 0.98 * self.top)) for op, time in state.items() if op in self.counted
        ]
        self.here.set_data(*np.array(known, float).reshape(-1, 2).T)
        self.say("○ here, ● by the table" if state else "FLOPs are not latency")
        return False

    def alt(self) -> str:
        table = [
            f"{op} {flops / 1e3:,.0f} thousand FLOPs, {time:,.0f} µs" for op, (flops, time) in self.counted.items()
        ]
        here = [f"{op} {number(time)} µs" for op, time in self.state.items()]
        return f"Operations: {'; '.join(table)}.{' Measured here: ' + ', '.join(here) + '.' if here else ''}"
