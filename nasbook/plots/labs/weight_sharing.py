"""Weight sharing as it happens: paths through a supernet, how often each operation was trained, and how the order of
the supernet stands to that of training alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from matplotlib.figure import SubFigure
from matplotlib.ticker import FixedLocator, MaxNLocator

from nasbook.nas.spaces.nb201.cell import EDGES, OPS
from nasbook.plots import style
from nasbook.plots.cell import LOOKS, NODES, arc, dashed, stage
from nasbook.plots.picture import Picture, Stack
from nasbook.plots.style import Figure, Limits, Looks, number

WIDE = 0.155  # of a bar, where edges are one apart
LOWEST = -0.4  # of the axis of τ
DOING = {"train": "trained", "judge": "judged", "search": "judged in the search"}
NOTHING = np.empty(0)


@dataclass(frozen=True, eq=False)
class Sharing:
    """What is known after so many paths. Scores are losses or accuracies; truth is the accuracy of the same cells when
    they are trained alone."""

    doing: str = ""  # "train", "judge", "search"; "" before the first path
    path: tuple[str, ...] = ()  # operations of this path
    counts: np.ndarray = field(default_factory=lambda: np.zeros((len(EDGES), len(OPS)), int))
    truth: np.ndarray = field(default_factory=lambda: NOTHING)  # (cells,)
    scores: np.ndarray = field(default_factory=lambda: NOTHING)  # of the first cells, with the present weights
    before: np.ndarray = field(default_factory=lambda: NOTHING)  # of all cells, at the look before
    score: str = "loss"
    taus: np.ndarray = field(default_factory=lambda: np.empty((0, 3)))  # updates; τ recalibrated; τ running
    recalibrated: bool = True
    baseline: float = np.nan  # τ of the number of 3×3 convolutions
    found: np.ndarray = field(default_factory=lambda: np.empty((0, 2)))  # cost in cells alone, accuracy alone

    @property
    def tau(self) -> float | None:
        """Of the last look that is complete."""
        return float(self.taus[-1, 1 if self.recalibrated else 2]) if len(self.taus) else None


class PathCounts(Picture[Sharing]):
    """At the left the supernet, with all its operations pale and the present path strong; at the right how often each
    operation of each edge was trained. State: a Sharing. updates: what an operation has at the end, on average."""

    figsize = (style.WIDTH, 2.6)

    def __init__(self, updates: int) -> None:
        super().__init__()
        self.limits = Limits(0.0, 1.3 * updates, room=0.3)

    def build(self, fig: Figure | SubFigure) -> None:
        self.title(fig)
        style.key(fig, [(op, style.line(LOOKS[op][0], LOOKS[op][1], lw=2.4)) for op in OPS])
        left, right = fig.subfigures(1, 2, width_ratios=[3.2, 4.0], wspace=0, squeeze=False).ravel()
        for part in (left, right):
            part.patch.set_visible(False)
        ax = stage(self, left, 0.55, -1.7, 3.1)
        self.lines = {}
        for i, j in EDGES:
            for k, op in enumerate(OPS):
                points = arc(i, j, 0.13 * (2 - k), 1.35)
                self.lines[i, j, op] = self.live(ax.plot(*points.T, color=LOOKS[op][0], solid_capstyle="butt")[0])
        self.ax = style.axes(right, 0.55, 0.3, 0.15, 0.78)
        name = "updates of each operation, by edge"
        style.add_words(self.ax, 0.0, 1.04, name, True, fontsize=style.SMALL, va="bottom")
        self.ax.grid(False, axis="x")
        self.ax.set_xticks(range(len(EDGES)), [f"{NODES[i]}→{NODES[j]}" for i, j in EDGES])
        self.ax.tick_params(axis="x", length=0)
        self.ax.set(xlim=(-0.55, len(EDGES) - 0.45), ylim=self.limits.pair)
        self.ax.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        self.bars = [
            [
                self.live(b)
                for b in self.ax.bar(p + WIDE * (np.arange(len(OPS)) - 2), 0, 0.86 * WIDE, color=colours(), zorder=2)
            ]
            for p in range(len(EDGES))
        ]
        self.equal = self.live(self.ax.plot([], [], color=style.HIDDEN, ls=style.DASH, lw=1.2, zorder=3)[0])

    def update(self, state: Sharing) -> bool:
        self.state = state
        for k, (i, j) in enumerate(EDGES):
            for op in OPS:
                line, on = self.lines[i, j, op], bool(state.path) and state.path[k] == op
                width = 3.6 * LOOKS[op][2] if on else 0.9
                line.set(linewidth=width, alpha=1.0 if on else 0.22, zorder=3 if on else 2)
                line.set_linestyle(dashed(LOOKS[op][1], width))
        grown = self.limits.include([state.counts.max()])
        if grown:
            self.ax.set_ylim(self.limits.pair)
        for bars, row in zip(self.bars, state.counts, strict=True):
            for bar, n in zip(bars, row, strict=True):
                bar.set_height(n)
        mean = state.counts.mean()
        self.equal.set_data([-0.55, len(EDGES) - 0.45], [mean, mean])
        self.say(self._sentence())
        return grown

    def _sentence(self) -> str:
        s = self.state
        if not s.doing:
            return "The supernet holds every cell; a path through it is one"
        low, high = int(s.counts.min()), int(s.counts.max())
        spread = f"all {low:,}" if low == high else f"{low:,} to {high:,}"
        return f"This path is {DOING[s.doing]}; updates of an operation: {spread}"

    def alt(self) -> str:
        s = self.state
        edges = zip(EDGES, s.path, strict=True) if s.path else ()
        path = ", ".join(f"{NODES[i]} to {NODES[j]} {op}" for (i, j), op in edges)
        return (
            f"{self._sentence()}. {f'The path: {path}. ' if path else ''}Equal shares would be {s.counts.mean():.0f}."
        )


def colours() -> list[str]:
    return [LOOKS[op][0] for op in OPS]


class ScatterPicture(Picture[Sharing]):
    """A dot a cell: its score in the supernet against its accuracy when trained alone. Hollow grey: the look before.
    State: a Sharing. truth: limits of its axis in percent."""

    figsize = (2.9, 2.75)
    AXES = {"loss": (0.3, 10.0), "accuracy": (0.0, 1.0)}

    def __init__(self, truth: tuple[float, float] = (0.0, 100.0)) -> None:
        super().__init__()
        self.x, self.shown = truth, ""

    def build(self, fig: Figure | SubFigure) -> None:
        self.title(fig)
        self.ax = style.axes(fig, 0.55, 0.48, 0.12, 0.6)
        self.ax.set(xlim=self.x, xlabel="trained alone: right (%)")
        self.ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        self.axis = style.add_words(self.ax, 0.0, 1.04, "", True, fontsize=style.SMALL, va="bottom")
        hollow: Looks = {"mfc": "none", "mec": style.LIGHT, "mew": 1.0}
        self.old = self.live(self.ax.plot([], [], "o", ms=4.5, zorder=2, **hollow)[0])
        self.dots = self.live(self.ax.plot([], [], "o", color=style.TRIAL, ms=4.5, mew=0, alpha=0.75, zorder=3)[0])
        self.new = self.live(self.ax.plot([], [], "o", color=style.NEXT, ms=7, mew=0, zorder=4)[0])
        self.star = self.live(self.ax.plot([], [], ls="none", ms=13, zorder=5, clip_on=False, **style.STAR)[0])

    def update(self, state: Sharing) -> bool:
        self.state, changed = state, state.score != self.shown
        if changed:
            self._axis(state.score)
        low, high = self.AXES[state.score]
        x, n = np.clip(100 * state.truth, *self.x), len(state.scores)
        self.dots.set_data(x[:n], state.scores.clip(low, high))
        rest = state.before[n:] if len(state.before) else NOTHING
        self.old.set_data(x[n : n + len(rest)], rest.clip(low, high))
        one = [n - 1] if state.doing == "judge" and n else []
        self.new.set_data(x[one], state.scores[one].clip(low, high))
        best = [self.best] if n == len(state.truth) > 0 else []
        self.star.set_data(x[best], state.scores[best].clip(low, high))
        self.say(self._sentence())
        return changed

    @property
    def best(self) -> int:
        """The cell that the supernet likes best."""
        return int(self.state.scores.argmin() if self.state.score == "loss" else self.state.scores.argmax())

    def _axis(self, score: str) -> None:
        self.shown, (low, high) = score, self.AXES[score]
        if score == "loss":
            self.ax.set_yscale("log")
            self.ax.set_ylim(high, low)
            self.ax.yaxis.set_major_locator(FixedLocator([0.5, 1, 2, 5, 10]))
            self.ax.yaxis.set_major_formatter(lambda y, _: number(y))
            self.ax.yaxis.set_minor_locator(FixedLocator([]))
            self.axis.set_text("loss in the supernet (up is good)")
        else:
            self.ax.set_yscale("linear")
            self.ax.set_ylim(low, high)
            self.ax.yaxis.set_major_locator(FixedLocator([0, 0.25, 0.5, 0.75, 1]))
            self.ax.yaxis.set_major_formatter(lambda y, _: f"{100 * y:.0f}")
            self.axis.set_text("right in the supernet (%)")

    def _sentence(self) -> str:
        s = self.state
        if not len(s.scores) and s.tau is None:
            return "No cell is judged yet"
        if len(s.scores) < len(s.truth):
            return f"Judging cell {len(s.scores)} of {len(s.truth)}"
        return f"Supernet and truth: τ {number(s.tau, 2)}"

    def alt(self) -> str:
        s = self.state
        if not len(s.scores):
            return "Score in the supernet against accuracy when trained alone: no cell is judged yet."
        star = (
            f" The one it likes best has {100 * s.truth[self.best]:.1f} % alone."
            if len(s.scores) == len(s.truth)
            else ""
        )
        how = "recalibrated" if s.recalibrated else "running"
        return f"{self._sentence()}: {len(s.scores)} cells, by {s.score}, with {how} statistics.{star}"


class TauPicture(Picture[Sharing]):
    """Kendall's τ at each look, for both kinds of statistics, and that of counting 3×3 convolutions. State: a Sharing.
    updates: the end of its axis, passes of an operation through the training images."""

    figsize = (2.05, 2.75)

    def __init__(self, epochs: float) -> None:
        super().__init__()
        self.epochs = epochs

    def build(self, fig: Figure | SubFigure) -> None:
        self.title(fig)
        ax = self.ax = style.axes(fig, 0.42, 0.48, 0.1, 0.6)
        ax.set(xlim=(0, 1.06 * self.epochs), ylim=(LOWEST, 1.0), xlabel="epochs an operation")
        ax.xaxis.set_major_locator(MaxNLocator(3, integer=True))
        ax.yaxis.set_major_locator(FixedLocator([0, 0.5, 1]))
        ax.axhline(0, color=style.LIGHT, lw=1, zorder=1)
        style.add_words(ax, 0.0, 1.04, "Kendall's τ", True, fontsize=style.SMALL, va="bottom")
        self.line = self.live(ax.plot([], [], color=style.BASELINE, ls=style.DASH, lw=1.4, zorder=2)[0])
        self.name = self.live(
            style.add_words(ax, 0, 0, "", fontsize=style.SMALL, color=style.NOTE, va="bottom", zorder=4)
        )
        self.curves = [
            self.live(ax.plot([], [], color=c, marker=m, ms=5, lw=1.8, zorder=3, mfc=face, mec=c)[0])
            for c, m, face in ((style.BLUE, "o", style.BLUE), (style.RED, "s", "white"))
        ]
        self.names = [
            self.live(
                style.add_words(ax, 0.97, y, word, True, fontsize=style.SMALL, color=c, ha="right", va="top", zorder=4)
            )
            for word, c, y in (("● recalibrated", style.BLUE, 0.97), ("□ running", style.RED, 0.89))
        ]

    def update(self, state: Sharing) -> bool:
        self.state = state
        self.line.set_data([0, 1.06 * self.epochs], [state.baseline] * 2)
        self.name.set_text(f"3×3 counted: {number(state.baseline, 2)}")
        self.name.set_position((0.02 * self.epochs, state.baseline + 0.02))
        for k, (curve, name) in enumerate(zip(self.curves, self.names, strict=True), 1):
            on = state.recalibrated == (k == 1)
            curve.set_data(state.taus[:, 0], state.taus[:, k])
            curve.set(alpha=1.0 if on else 0.45, linewidth=2.2 if on else 1.2)
            name.set_color(curve.get_color() if on else style.FAINT)
        self.say("How it ranks" if len(state.taus) else "Not ranked yet")
        return False

    def alt(self) -> str:
        s = self.state
        if not len(s.taus):
            return f"Kendall's τ: none yet; the number of 3×3 convolutions has {number(s.baseline, 2)}."
        parts = [f"after {x:g} epochs {number(a, 2)} and {number(b, 2)}" for x, a, b in s.taus]
        counted = f"the number of 3×3 convolutions has {number(s.baseline, 2)}"
        return f"Kendall's τ with recalibrated and with running statistics: {'; '.join(parts)}; {counted}."


class FoundPicture(Picture[Sharing]):
    """What the search on the supernet would train alone, by what it has cost so far, over random search that trains
    cells alone: mean as a line, 5 % to 95 % as a band. State: a Sharing. random: (mean, low, high) for 1 … n cells."""

    figsize = (2.25, 2.75)

    def __init__(self, random: Sequence[np.ndarray]) -> None:
        super().__init__()
        self.random = [100 * np.asarray(r) for r in random]

    def build(self, fig: Figure | SubFigure) -> None:
        self.title(fig)
        ax = self.ax = style.axes(fig, 0.42, 0.48, 0.12, 0.6)
        mean, low, high = self.random
        n = np.arange(1, len(mean) + 1)
        bottom = 5 * np.floor(min(low.min(), mean[0] - 20) / 5)
        ax.set(xlim=(0, len(n)), ylim=(bottom, 100), xlabel="cost, in cells alone")
        ax.xaxis.set_major_locator(MaxNLocator(4, integer=True))
        ax.yaxis.set_major_locator(MaxNLocator(5, integer=True))
        style.set_band(style.polygon(ax, style.BASELINE, 0.22), n, low, high)
        ax.plot(n, mean, color=style.BASELINE, lw=1.6, zorder=2)
        style.add_words(ax, 0.97, 0.04, "grey: random search", True, fontsize=style.SMALL, color=style.NOTE, ha="right")
        style.add_words(ax, 0.0, 1.04, "found: right alone (%)", True, fontsize=style.SMALL, va="bottom")
        self.walk = self.live(ax.plot([], [], color=style.BLUE, lw=1.8, zorder=3, drawstyle="steps-post")[0])
        self.star = self.live(ax.plot([], [], ls="none", ms=13, zorder=4, clip_on=False, **style.STAR)[0])

    def update(self, state: Sharing) -> bool:
        self.state = state
        x, y = state.found.T
        self.walk.set_data(x, 100 * y)
        self.star.set_data(x[-1:], 100 * y[-1:])
        self.say(f"Found: {100 * y[-1]:.1f} %" if len(y) else "Nothing found yet")
        return False

    def alt(self) -> str:
        found = self.state.found
        if not len(found):
            return "The search on the supernet has found nothing yet."
        (cost, accuracy), mean = found[-1], self.random[0]
        n = int(np.clip(round(cost), 1, len(mean)))
        return (
            f"The search on the supernet has found a cell with {100 * accuracy:.1f} % alone, at the cost of {cost:.1f} "
            f"cells trained alone; random search has {mean[n - 1]:.1f} % for {n}."
        )


class SharingPicture(Stack):
    """All four. State: a Sharing."""

    def __init__(self, updates: int, epochs: float, truth: tuple[float, float], random: Sequence[np.ndarray]) -> None:
        below = [ScatterPicture(truth), TauPicture(epochs), FoundPicture(random)]
        row = Stack(below, [2.9, 2.05, 2.25], beside=True)
        super().__init__([PathCounts(updates), row], [2.6, 2.75])

    def update(self, state: Any) -> bool:
        return super().update([state, [state] * 3])
