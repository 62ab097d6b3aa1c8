"""Cells at one learning rate and at another, and what it costs to search them before, after or with their recipe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from matplotlib.figure import SubFigure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from matplotlib.typing import LineStyleType

from nasbook.plots import style
from nasbook.plots.data import bootstrap
from nasbook.plots.picture import Picture
from nasbook.plots.style import Figure, Looks, number, plural

LOOKS: dict[str, tuple[str, LineStyleType]] = {  # of each protocol: colour and dash
    "joint": (style.BLUE, "-"),
    "architecture first": (style.RED, (0, (6, 2))),
    "in turns": (style.GREEN, (0, (3, 1.2, 1, 1.2))),
    "recipe fixed": (style.GREY, style.DASH),
}


@dataclass(frozen=True)
class JointState:
    """pairs: (k, 2) test errors in per cent of k cells, by the frozen recipe and by the other; labels: of the two.
    flips: the share of all pairs of cells that change their order. curves: of each protocol the test error in per cent
    of the best so far, (n, T), one row a seed."""

    pairs: np.ndarray
    labels: tuple[str, str]
    flips: float
    curves: dict[str, np.ndarray] = field(default_factory=dict)


class JointPicture(Picture[JointState]):
    """Left: a line for each cell, from its error by the frozen recipe to that by the other; the best of either side is
    marked. Right: the protocols, mean over the seeds with the 95 % bootstrap of the mean; below, the best of all.

    trials: of a search. best: the lowest test error of the table. top: the highest that is drawn, in per cent.
    """

    figsize = (style.WIDTH, 4.2)

    def __init__(self, trials: int, best: float, top: float, orders: Sequence[str] = tuple(LOOKS)) -> None:
        super().__init__()
        self.trials, self.best, self.top, self.orders = trials, best, top, tuple(orders)

    def build(self, fig: Figure | SubFigure) -> None:
        self.title(fig)
        entries = [(order, style.line(LOOKS[order][0], LOOKS[order][1])) for order in self.orders]
        rows = style.key(fig, [*entries, ("lowest of the table", style.line(style.GREY, style.DOT, lw=1))])
        w, top = style.size(fig)[0], 0.6 + 0.2 * rows
        self.ax = style.axes(fig, 0.6, 0.55, w - 3.1, top)
        self.right = style.axes(fig, 3.95, 0.55, 0.15, top)
        self.ax.set(xlim=(-0.12, 1.12), ylabel="test error (%)")
        self.ax.set_xticks([0, 1])
        self.right.set(xlim=(0, self.trials), xlabel="trials", ylabel="test error of the best seen (%)")
        self.right.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
        for ax in (self.ax, self.right):
            ax.yaxis.set_major_locator(MaxNLocator(nbins=7))
        self.right.axhline(self.best, color=style.GREY, lw=1, ls=style.DOT, zorder=1)
        self.lines: list[Line2D] = []
        self.first = self.live(self.ax.plot([], [], color=style.RED, lw=2.4, marker="s", ms=6, zorder=4)[0])
        self.second = self.live(self.ax.plot([], [], color=style.BLUE, lw=2.4, marker="o", ms=6, zorder=5)[0])
        self.bands = {o: self.live(style.polygon(self.right, LOOKS[o][0], 0.16)) for o in self.orders}
        steps: Looks = {"drawstyle": "steps-post", "lw": 2}
        self.curves = {
            o: self.live(self.right.plot([], [], color=LOOKS[o][0], ls=LOOKS[o][1], **steps)[0]) for o in self.orders
        }

    def update(self, state: JointState) -> bool:
        self.state = s = state
        k = len(s.pairs)
        while len(self.lines) < k:
            self.lines.append(self.live(self.ax.plot([], [], color=style.LIGHT, lw=1.1, zorder=2)[0]))
        for i, line in enumerate(self.lines):
            line.set_data(([0, 1], s.pairs[i]) if i < k else ([], []))
        a, b = (int(column.argmin()) for column in s.pairs.T)
        self.first.set_data([0, 1], s.pairs[a])
        self.second.set_data([0, 1], s.pairs[b])
        low, high = float(s.pairs.min()), float(s.pairs.max())
        room = 0.05 * (high - low)
        self.ax.set_ylim(low - room, high + room)
        self.ax.set_xticklabels(s.labels)
        for order in self.orders:
            curves = np.minimum(s.curves.get(order, np.empty((0, self.trials))), self.top)
            if not len(curves):
                self.curves[order].set_data([], [])
                self.bands[order].set_visible(False)
                continue
            x = np.arange(1, curves.shape[1] + 1)
            self.curves[order].set_data(x, curves.mean(0))
            style.set_band(self.bands[order], x, *bootstrap(curves, 400), step=True)
        self.right.set_ylim(self.best - 1, self.top)
        self.say(f"{number(100 * s.flips, 0)} % of all pairs of cells change their order between the two recipes")
        return True

    def difference(self, order: str) -> tuple[float, float, float]:
        """The error of a protocol minus that of "joint" at the end: mean over the seeds and its 95 % bootstrap band."""
        gap = (self.state.curves[order] - self.state.curves["joint"])[:, -1:]
        low, high = bootstrap(gap, 2000)
        return float(gap.mean()), float(low[0]), float(high[0])

    def alt(self) -> str:
        s = self.state
        a, b = (int(column.argmin()) for column in s.pairs.T)
        share = number(100 * s.flips, 0)
        text = (
            f"Test errors of {plural(len(s.pairs), 'cell')}, {s.labels[0]} and {s.labels[1]}: {share} % of all pairs "
            f"change their order. The best of the first has {number(s.pairs[a, 0])} % and then "
            f"{number(s.pairs[a, 1])} %, the best of the second {number(s.pairs[b, 1])} %."
        )
        if not s.curves or not len(s.curves["joint"]):
            return text + " No search yet."
        ends = ", ".join(f"{o} {number(c[:, -1].mean())} %" for o, c in s.curves.items())
        return f"{text} After {self.trials} trials, mean of {plural(len(s.curves['joint']), 'seed')}: {ends}."
