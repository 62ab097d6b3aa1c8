"""Draws of seeds: what each method found with the seeds of this draw, and who was ahead in all draws so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import SubFigure
from matplotlib.ticker import MaxNLocator

from nasbook.plots import style
from nasbook.plots.picture import Picture
from nasbook.plots.style import Figure, number, plural
from nasbook.statistics import bootstrap_mean

ROW = 0.62  # inches a method


@dataclass(frozen=True)
class Draws:
    """values: (k, n) error in per cent of k methods with the n seeds of the last draw, (k, 0) before the first. ahead:
    (k,) in how many draws each method had the lowest mean, ties shared. p: the smallest p-value between the first and
    another method, after the correction; names of the methods that it differs from."""

    values: np.ndarray
    ahead: np.ndarray
    draws: int
    apart: tuple[str, ...] = ()


class DrawsPicture(Picture[Draws]):
    """Left: a dot a seed, the mean of the draw with its 95 % bootstrap interval, and a grey line at the mean of all
    seeds that there are. Right: how often each method was ahead. State: Draws."""

    def __init__(self, names: Sequence[str], everything: np.ndarray, draws: int) -> None:
        """everything: (k, N) error in per cent with all seeds."""
        super().__init__()
        self.names, self.everything, self.draws = list(names), everything, draws
        self.figsize = (style.WIDTH, 1.6 + ROW * len(self.names))

    def build(self, fig: Figure | SubFigure) -> None:
        rows = style.key(
            fig,
            [
                ("one seed", style.dot(style.TRIAL, ms=4, alpha=0.5)),
                ("mean of the draw, 95 % interval", style.line(style.BELIEF, lw=2.4, marker="o", ms=7)),
                (f"mean of all {self.everything.shape[1]}", style.line(style.HIDDEN, style.DASH, lw=1.4)),
            ],
        )
        w, _ = style.size(fig)
        top, k = 0.5 + 0.2 * rows, len(self.names)
        self.ax = ax = style.axes(fig, 1.75, 0.5, 2.3, top)
        low, high = np.quantile(self.everything, [0.0, 0.985])
        room = 0.06 * (high - low)
        ax.set(xlim=(low - room, high + room), ylim=(k - 0.5, -0.5), xlabel="validation error of the winner (%)")
        ax.set_yticks(range(k), [style.shorten(style.named(n), 1.55) for n in self.names])
        ax.grid(False, axis="y")
        self.side = side = style.axes(fig, w - 2.1, 0.5, 0.35, top)
        side.set(xlim=(0, self.draws), ylim=(k - 0.5, -0.5), xlabel="ahead in so many draws")
        side.set_yticks([])
        side.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=4))
        self.title(fig)
        self.rows = []
        for i, mean in enumerate(self.everything.mean(1)):
            ax.plot([mean] * 2, [i - 0.36, i + 0.36], color=style.HIDDEN, ls=style.DASH, lw=1.4, zorder=1.5)
            row = (
                ax.plot([], [], "o", color=style.TRIAL, alpha=0.4, ms=4, mew=0, zorder=2)[0],
                ax.plot([], [], color=style.BELIEF, lw=2.4, zorder=3)[0],
                ax.plot([], [], "o", color=style.BELIEF, ms=7, zorder=4)[0],
                side.barh([i], [0], 0.6, color=style.BELIEF, alpha=0.85, zorder=2)[0],
                style.add_words(side, 0, i, fontsize=style.SMALL, va="center", zorder=3),
            )
            for artist in row:
                self.live(artist)
            self.rows.append(row)

    def update(self, state: Draws) -> bool:
        self.state, n = state, state.values.shape[1]
        self.found = [bootstrap_mean(v, resamples=1000) for v in state.values]
        low, high = self.ax.get_xlim()
        inside = 0.72 * self.draws  # words on a longer bar stand on it
        for i, (dots, band, point, bar, words) in enumerate(self.rows):
            (mean, a, b), ahead = self.found[i], float(state.ahead[i])
            heights = i + 0.24 * np.sin(2.4 * np.arange(1, n + 1))
            dots.set_data(state.values[i].clip(low, high), heights)
            point.set_data(*(([mean], [i]) if n else ([], [])))
            band.set_data(*(([a, b], [i, i]) if n > 1 else ([], [])))
            bar.set_width(ahead)
            words.set_text(number(round(ahead, 1)) if state.draws else "")
            words.set_x(ahead + 0.04 * self.draws if ahead <= inside else ahead - 0.22 * self.draws)
            words.set_color(style.INK if ahead <= inside else "white")
        self.say(self._sentence())
        return False

    @property
    def first(self) -> int:
        """The method with the lowest mean in this draw."""
        return int(np.argmin([mean for mean, *_ in self.found]))

    def _sentence(self) -> str:
        n = self.state.values.shape[1]
        if not self.state.draws:
            return "No seeds are drawn yet"
        head = f"Draw {self.state.draws}, {plural(n, 'seed')}: {style.named(self.names[self.first])} is ahead"
        if n == 1:
            return f"{head}, which may be luck"
        rest = len(self.names) - 1
        if not self.state.apart:
            return f"{head}, but nothing sets it apart from the others"
        return f"{head}; it differs from {len(self.state.apart)} of {rest}"

    def alt(self) -> str:
        if not self.state.draws:
            return "Draws of seeds: none yet."
        n, parts = self.state.values.shape[1], []
        for name, (mean, a, b), ahead in zip(self.names, self.found, self.state.ahead, strict=True):
            band = f" (95 % interval {a:.1f} to {b:.1f})" if n > 1 else ""
            parts.append(
                f"{style.named(name)} {mean:.1f} %{band}, ahead in {number(float(ahead))} of {self.state.draws}"
            )
        return f"Mean error with {plural(n, 'seed')} of draw {self.state.draws}: {'; '.join(parts)}."


def none(names: Sequence[str]) -> Draws:
    """The state before the first draw."""
    return Draws(np.empty((len(names), 0)), np.zeros(len(names)), 0)
