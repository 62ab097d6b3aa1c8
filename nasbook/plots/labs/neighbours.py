"""An architecture among others: its numbers, and how its neighbours compare.

Above stand facts, in two columns. Below, on one axis, a dot for each architecture that is one edit away, a diamond for
the architecture itself, and in grey where the others of the space lie.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import SubFigure
from matplotlib.ticker import FixedLocator, FuncFormatter

from nasbook.plots import style
from nasbook.plots.picture import Picture
from nasbook.plots.style import Figure, Limits, number, plural

LINE = 0.21  # inches from one fact to the next
WHAT, VALUE = 0.98, 2.42  # inches for a fact's name and for what it says


@dataclass(frozen=True)
class AroundState:
    """facts: (what, value) in words, column by column. own: the architecture's value; None where it has none.
    values: (n,) of its neighbours. of: how many neighbours there are, if only some of them are shown."""

    facts: Sequence[tuple[str, str]]
    own: float | None
    values: np.ndarray
    of: int | None = None


class AroundPicture(Picture[AroundState]):
    """Facts and neighbours. label: what the axis shows. others: (m,) values of architectures of the whole space, in
    grey. higher: larger is better; None where neither is. State: an AroundState."""

    def __init__(
        self, label: str, others: np.ndarray, rows: int = 4, higher: bool | None = None, log: bool = False
    ) -> None:
        super().__init__()
        self.label, self.higher, self.log, self.rows = label, higher, log, rows
        self.others = self._scale(np.asarray(others, float))
        self.figsize = (style.WIDTH, 0.1 + rows * LINE + 0.3 + 1.25)

    def _scale(self, values: np.ndarray) -> np.ndarray:
        return np.log10(np.maximum(values, 1e-12)) if self.log else values

    def build(self, fig: Figure | SubFigure) -> None:
        w, h = style.size(fig)
        self.words = []
        for column in (0, 1):
            for row in range(self.rows):
                y = 1 - (0.16 + row * LINE) / h
                left = (0.12 + column * 3.5) / w
                what = style.add_words(fig, left, y, va="center", fontsize=style.SMALL, color=style.NOTE)
                value = style.add_words(fig, left + (WHAT + 0.04) / w, y, va="center", fontsize=style.SMALL)
                self.words.append((self.live(what), self.live(value)))
        top = 0.1 + self.rows * LINE
        self.head = self.live(
            style.add_words(fig, 0.12 / w, 1 - (top + 0.14) / h, va="center", fontsize=style.NORMAL, weight="bold")
        )
        self.ax = style.axes(fig, 0.25, 0.5, 0.25, top + 0.3)
        label = style.shorten(self.label, w - 3.6, style.NORMAL)
        self.ax.set(ylim=(0, 1), yticks=[], xlabel=f"{label}; orange: this one; grey: the whole space")
        self.ax.spines["left"].set_visible(False)
        self.ax.grid(False)
        self.limits = Limits()
        core = _core(self.others)
        self.limits.include([core.min() - 0.05, core.max() + 0.05] if self.log else core)
        if self.log:
            self.ax.xaxis.set_major_locator(FixedLocator(_ticks(*self.limits.pair)))
            self.ax.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{round(10**v):,}"))
        self.ax.set_xlim(self.limits.pair)
        low, high = self.limits.pair
        inside = self.others[(self.others >= low) & (self.others <= high)]
        height, edge = np.histogram(inside, 60 if len(inside) > 1000 else 20, (low, high))
        self.ax.stairs(0.9 * height / max(1, height.max()), edge, fill=True, color=style.GRID, zorder=1)
        self.dots = self.live(self.ax.plot([], [], "o", ms=5.5, color=style.BLUE, alpha=0.75, mew=0, zorder=3)[0])
        self.own = self.live(self.ax.plot([], [], "D", ms=9, mfc=style.INCUMBENT, mec=style.INK, mew=1.0, zorder=4)[0])

    def update(self, state: AroundState) -> bool:
        self.state = state
        facts = [*state.facts, *[("", "")] * len(self.words)]
        for (what, value), (a, b) in zip(self.words, facts, strict=False):
            what.set_text(style.shorten(a, WHAT))
            value.set_text(style.shorten(b, VALUE))
        values = np.asarray(state.values, float)
        self.places = self._scale(values)
        at = None if state.own is None else float(self._scale(np.array([state.own]))[0])
        low, high = self.limits.pair
        self.x = np.clip(self.places, low, high)  # what lies beyond stands at the border
        self.y = 0.2 + 0.62 * ((np.arange(len(values)) * 0.618034) % 1)
        self.dots.set_data(self.x, self.y)
        self.own.set_data([] if at is None else [np.clip(at, low, high)], [] if at is None else [0.5])
        self.head.set_text(self._says())
        return False

    def _says(self) -> str:
        n, s = len(self.state.values), self.state
        some = f"{n} of {s.of:,} neighbours" if s.of and s.of > n else plural(n, "neighbour")
        if not n or s.own is None:
            return f"One edit away: {some}"
        more, less = int((self.state.values > s.own).sum()), int((self.state.values < s.own).sum())
        if self.higher is None:
            return f"One edit away: {some}; {more} larger, {less} smaller, {n - more - less} the same size"
        better, worse = (more, less) if self.higher else (less, more)
        return f"One edit away: {some}; {better} better, {worse} worse, {n - more - less} as good"

    def nearest(self, x: float, y: float, reach: float = 12) -> int | None:
        """The neighbour whose dot lies within `reach` pixels of a place on the axes."""
        if not len(self.x):
            return None
        at = self.ax.transData.transform(np.c_[self.x, self.y])
        away = np.hypot(*(at - self.ax.transData.transform((x, y))).T)
        return int(away.argmin()) if away.min() <= reach else None

    def sentence(self) -> str:
        return self._says()

    def alt(self) -> str:
        facts = "; ".join(f"{what} {value}" for what, value in self.state.facts if what)
        own = (
            ""
            if self.state.own is None
            else f" On an axis of {style.named(self.label)}, this architecture has {number(self.state.own)}"
        )
        spread = ""
        if own and len(self.state.values):
            spread = f" and its neighbours {number(self.state.values.min())} to {number(self.state.values.max())}"
        return f"{facts}. {self._says()}.{own}{spread}{'.' if own else ''}"


def _ticks(low: float, high: float) -> list[float]:
    """Places of round numbers on an axis of logarithms: as few to a decade as give three."""
    found = np.empty(0)
    for digits in ((1,), (1, 3), (1, 2, 5), (1, 2, 3, 5, 7), range(10, 100, 5), range(100, 1000, 10)):
        least = 10.0 ** (len(str(digits[0])) - 1)
        found = np.log10([d / least * 10.0**k for k in range(13) for d in digits])
        found = found[(found >= low) & (found <= high)]
        if len(found) >= 3:
            break
    return found[:: -(-len(found) // 8) or 1].tolist()


def _core(values: np.ndarray) -> np.ndarray:
    """The range without the lowest hundredth, which may be far away (networks that learn nothing)."""
    values = values[np.isfinite(values)]
    return values[values >= np.quantile(values, 0.03)] if len(values) > 100 else values
