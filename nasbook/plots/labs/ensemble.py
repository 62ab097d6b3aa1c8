"""Ensembles from a pool: three losses by the number of members, and who is wrong where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import SubFigure
from matplotlib.ticker import MaxNLocator
from matplotlib.typing import LineStyleType

from nasbook.plots import style
from nasbook.plots.data import bootstrap
from nasbook.plots.picture import Picture
from nasbook.plots.style import Figure, Limits, plural

LINES: dict[str, tuple[str, str, LineStyleType]] = {  # of a pool: its name in words, colour, dash
    "own": ("on the images that chose", style.BELIEF, "-"),
    "nested": ("chosen without them", style.GREEN, (0, (5, 2))),
    "test": ("on test images", style.INK, (0, (1, 1.2))),
}
MOST = 120  # images whose mistakes are drawn


@dataclass(frozen=True)
class PoolsState:
    """own, nested, test: (n, K) losses of the ensembles of 1 … K members, of n pools. wrong: (k + 1, images) bool, of
    the last pool: which test images its members get wrong, in the order of their choice, and the ensemble in the last
    row; of the images that some get wrong. alike: mean correlation of two members' mistakes."""

    own: np.ndarray
    nested: np.ndarray
    test: np.ndarray
    wrong: np.ndarray
    names: tuple[str, ...] = ()
    alike: float | None = None


class PoolsPicture(Picture[PoolsState]):
    """Left: the three losses, mean over the pools with the 95 % bootstrap of the mean. Right: the mistakes of the last
    pool's members, and of them together. State: a PoolsState. members: K. label: of the loss. percent: is it a share?
    """

    figsize = (style.WIDTH, 4.2)

    def __init__(self, members: int, label: str = "error (%)", percent: bool = True) -> None:
        super().__init__()
        self.members, self.label, self.scale = members, label, 100.0 if percent else 1.0
        self.limits = Limits()

    def build(self, fig: Figure | SubFigure) -> None:
        self.title(fig)
        style.key(fig, [(words, style.line(colour, ls)) for words, colour, ls in LINES.values()])
        w, _ = style.size(fig)
        self.ax = style.axes(fig, 0.65, 0.5, w - 3.4, 0.72)
        self.errors = style.axes(fig, 4.35, 0.5, 0.12, 0.72)
        self.ax.set(xlim=(0.5, self.members + 0.5), ylim=self.limits.pair, xlabel="members", ylabel=self.label)
        self.ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8, min_n_ticks=1))
        self.bands = {k: self.live(style.polygon(self.ax, c, 0.18)) for k, (_, c, _) in LINES.items()}
        self.lines = {
            k: self.live(self.ax.plot([], [], color=c, ls=ls, marker="o", ms=3.5, lw=2, zorder=3)[0])
            for k, (_, c, ls) in LINES.items()
        }
        ax = self.errors
        ax.grid(False)
        ax.set(xticks=[], xlabel="test images that some get wrong")
        ax.tick_params(length=0)
        self.rows = self.live(
            ax.imshow(np.zeros((2, 2)), vmin=0, vmax=1, cmap="Greys", aspect="auto", interpolation="nearest")
        )
        self.rule = self.live(ax.axhline(0, color=style.ORANGE, lw=2, zorder=3))
        self._rows(0, ())

    def _rows(self, k: int, names: Sequence[str]) -> None:
        self.shown = tuple(names)
        self.errors.set(ylim=(max(k, 1) + 0.5, -0.5), xlim=(-0.5, MOST - 0.5))
        self.errors.set_yticks([*range(k), k] if k else [])
        self.errors.set_yticklabels([*names, "together"] if k else [])

    def update(self, state: PoolsState) -> bool:
        self.state, changed = state, False
        n, x = len(state.own), np.arange(1, self.members + 1)
        for name, line in self.lines.items():
            curves = self.scale * getattr(state, name)
            line.set_data(x[: curves.shape[1]] if n else [], curves.mean(0) if n else [])
            low, high = bootstrap(curves, 400) if n > 1 else (np.empty(0), np.empty(0))
            style.set_band(self.bands[name], x[: len(low)], low, high)
            changed |= self.limits.include([*(curves.mean(0) if n else ()), *low, *high])
        self.ax.set_ylim(self.limits.pair)
        k = len(state.wrong) - 1 if len(state.wrong) else 0
        if state.names != self.shown:
            self._rows(k, state.names)
            changed = True
        self.rows.set_visible(k > 0)
        self.rule.set_visible(k > 0)
        if k:
            some = state.wrong[:, :MOST].astype(float)
            self.rows.set_data(some)
            self.rows.set_extent((-0.5, some.shape[1] - 0.5, k + 0.5, -0.5))
            self.rule.set_ydata([k - 0.5, k - 0.5])
        self.say(self._sentence())
        return changed

    def _told(self, loss: float) -> str:
        return f"{loss:.1f} %" if self.scale == 100 else f"{loss:.3f}"

    def _sentence(self) -> str:
        n = len(self.state.own)
        if not n:
            return "No pool yet"
        own, test = (self.scale * getattr(self.state, k)[:, -1].mean() for k in ("own", "test"))
        of = f"{plural(n, 'pool')}, {plural(self.members, 'member')}"
        return f"{of}: chosen at {self._told(own)}, test {self._told(test)}"

    def alt(self) -> str:
        s = self.state
        if not len(s.own):
            return "Losses of ensembles by the number of members: no pool has been drawn yet."
        at = sorted({1, min(5, self.members), self.members})
        mean = {name: self.scale * getattr(s, name).mean(0) for name in LINES}
        told = "; ".join(
            f"of {plural(k, 'member')} "
            + ", ".join(f"{self._told(mean[name][k - 1])} {words}" for name, (words, *_) in LINES.items())
            for k in at
        )
        alike = "" if s.alike is None else f" Mistakes of two members are correlated by {s.alike:.2f} in the mean."
        return f"Losses of ensembles, mean of {plural(len(s.own), 'pool')}: {told}.{alike}"
