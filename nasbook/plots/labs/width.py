"""Loss against learning rate, a curve for each width of a network, and where the best rate goes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import SubFigure
from matplotlib.lines import Line2D

from nasbook.plots import style
from nasbook.plots.picture import Picture
from nasbook.plots.style import Figure, number, plural

GUESS = math.log(10)  # loss of who guesses one of ten classes
TOP, FLOOR = 4.0, 0.005  # of the axis
LOST = 3.2  # where a training is drawn that knows no more than guessing does
MARKERS = {16: "v", 32: "o", 64: "s", 128: "^", 256: "D", 512: "P"}  # of each width
COLOURS = dict(zip(MARKERS, style.shades(len(MARKERS)), strict=True))
_SUPER = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def power(exponent: int) -> str:
    """2⁻⁷."""
    return f"2{str(exponent).translate(_SUPER)}"


@dataclass(frozen=True)
class WidthState:
    """exponents: the rates are 2 to the power of these. losses: of each width that has been trained, (rates, seeds) in
    nats, inf where a training has diverged; the first width is the toy's."""

    exponents: tuple[int, ...]
    losses: Mapping[int, np.ndarray]

    def mean(self, width: int) -> np.ndarray:
        """(rates,) mean over the seeds; inf where one has diverged, or knows no more than guessing does."""
        found = self.losses[width].mean(1)
        return np.where(found < GUESS, found, np.inf)

    def best(self, width: int) -> int:
        """Which rate is best, on the mean."""
        return int(self.mean(width).argmin())

    @property
    def widths(self) -> list[int]:
        return list(self.losses)


class WidthPicture(Picture[WidthState]):
    """One curve a width, the mean over the seeds, with a band from the lowest to the highest seed; a star at its best
    rate, and a line through the stars. A training that learned nothing stands as a hollow mark at the top. The dotted
    line is the toy's best rate, and the red ring is what it gives the widest network. State: WidthState.

    words: "standard, Adam". on: which images the loss is of.
    """

    figsize = (style.WIDTH, 4.7)

    def __init__(self, widths: Sequence[int], exponents: Sequence[int], words: str, on: str, seeds: int) -> None:
        super().__init__()
        self.widths, self.exponents, self.words, self.on = list(widths), list(exponents), words, on
        self.seeds = seeds

    def build(self, fig: Figure | SubFigure) -> None:
        self.title(fig)
        band = "band: lowest to highest seed" if self.seeds > 1 else "one seed"
        entries = [
            *((f"width {w}" if i == 0 else str(w), self._line(w)) for i, w in enumerate(self.widths)),
            ("best rate", style.line(style.INK, style.DASH, lw=1.2, marker="*", ms=11, mfc=style.INCUMBENT)),
            ("the toy's best rate", style.line(style.RED, style.DOT, lw=1.6)),
            ("what it gives the widest", style.dot("none", "o", 11, mec=style.RED, mew=2)),
            (band, style.patch(style.GREY, 0.3)),
        ]
        rows = style.key(fig, entries)
        ax = self.ax = style.axes(fig, 0.68, 0.55, 0.2, 0.5 + 0.2 * rows)
        low, high = self.exponents[0], self.exponents[-1]
        ax.set(xlim=(low - 0.4, high + 0.4), ylim=(FLOOR, TOP), yscale="log")
        ax.set(xlabel="learning rate", ylabel=f"loss on {self.on} (nats)")
        ax.set_xticks(self.exponents, [power(e) for e in self.exponents])
        ticks = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0]
        ax.set_yticks(ticks, [f"{t:g}" for t in ticks])
        ax.set_yticks([], minor=True)
        ax.axhspan(GUESS, TOP, color=style.GRID, lw=0, zorder=0.5)
        words = "no better than guessing, or diverged"
        style.add_words(ax, low - 0.3, LOST, words, fontsize=style.SMALL, color=style.NOTE, va="center", zorder=1)
        self.bands = {w: self.live(style.polygon(ax, COLOURS[w], 0.15)) for w in self.widths}
        self.curves, self.lost = {}, {}
        for w in self.widths:
            color, marker = COLOURS[w], MARKERS[w]
            self.curves[w] = self.plotted(ax, color=color, marker=marker, ms=5, lw=2, mec=style.INK, mew=0.5, zorder=3)
            self.lost[w] = self.plotted(ax, ls="none", color=color, marker=marker, ms=7, mfc="white", mew=1.8, zorder=3)
        self.toy = self.plotted(ax, color=style.RED, ls=style.DOT, lw=1.6, zorder=2)
        self.drift = self.plotted(ax, color=style.INK, ls=style.DASH, lw=1.2, zorder=4)
        self.stars = self.plotted(ax, ls="none", ms=13, zorder=6, **style.STAR)
        self.given = self.plotted(ax, ls="none", marker="o", ms=13, mfc="none", mec=style.RED, mew=2, zorder=5)

    def _line(self, width: int) -> Line2D:
        color, marker = COLOURS[width], MARKERS[width]
        return style.line(color, marker=marker, ms=5, mec=style.INK, mew=0.5)

    def update(self, state: WidthState) -> bool:
        self.state, x = state, np.array(state.exponents, float)
        for w in self.widths:
            if w not in state.losses:
                self.curves[w].set_data([], [])
                self.lost[w].set_data([], [])
                self.bands[w].set_visible(False)
                continue
            seeds, mean = state.losses[w], state.mean(w)
            learned = np.isfinite(mean)
            self.curves[w].set_data(x, np.where(learned, mean.clip(FLOOR), np.nan))
            at = x[~learned] + 0.09 * (self.widths.index(w) - (len(self.widths) - 1) / 2)  # side by side
            self.lost[w].set_data(at, np.full(len(at), LOST))
            low, high = (edge.clip(FLOOR, GUESS) for edge in (seeds.min(1), seeds.max(1)))
            style.set_band(self.bands[w], x, np.where(learned, low, np.nan), np.where(learned, high, np.nan))
        best = [(x[state.best(w)], state.mean(w).min().clip(FLOOR)) for w in state.widths if self.learned(w)]
        self.stars.set_data(*np.array(best).reshape(-1, 2).T)
        self.drift.set_data(*np.array(best).reshape(-1, 2).T)
        self.toy.set_data([], [])
        self.given.set_data([], [])
        if best and self.learned(state.widths[0]):
            self.toy.set_data([best[0][0]] * 2, [FLOOR, TOP])
            if len(state.losses) > 1:
                there = state.mean(state.widths[-1])[state.best(state.widths[0])]
                self.given.set_data([best[0][0]], [there.clip(FLOOR) if math.isfinite(there) else LOST])
        self.say(self._sentence())
        return False

    def learned(self, width: int) -> bool:
        """Has it learned anything, at any rate?"""
        return bool(np.isfinite(self.state.mean(width)).any())

    def _sentence(self) -> str:
        s = self.state
        if not s.losses:
            return f"{self.words}: nothing is trained yet"
        first, last = s.widths[0], s.widths[-1]
        if not (self.learned(first) and self.learned(last)):
            return f"{self.words}: in so few steps nothing is learned at width {first if last == first else last}"
        a, b = (s.exponents[s.best(w)] for w in (first, last))
        if first == last:
            return f"{self.words}: width {first} learns best at {power(a)}"
        if a == b:
            return f"{self.words}: from width {first} to {last} the best rate stays at {power(a)}"
        word = "falls" if b < a else "rises"
        return f"{self.words}: from width {first} to {last} the best rate {word} from {power(a)} to {power(b)}"

    def alt(self) -> str:
        s = self.state
        if not s.losses:
            return f"Loss against learning rate, {self.words}: nothing is trained yet."
        told = []
        for w in s.widths:
            lost = int((~np.isfinite(s.mean(w))).sum())
            best = f"best at {power(s.exponents[s.best(w)])} with {number(s.mean(w).min(), 2)}"
            told.append(f"width {w} {best if self.learned(w) else 'learns nothing'}{f', {lost} lost' if lost else ''}")
        toy = power(s.exponents[s.best(s.widths[0])])
        there = s.mean(s.widths[-1])[s.best(s.widths[0])]
        end = f" At {toy}, the toy's best, width {s.widths[-1]} has {number(there, 2)}." if math.isfinite(there) else ""
        head = f"Loss on {self.on} against learning rate, {self.words}, mean of {plural(self.seeds, 'seed')}"
        return f"{head}: {'; '.join(told)}.{end}"
