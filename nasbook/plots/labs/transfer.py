"""Transfer between tasks: the same search with a source and without, and how alike the two tasks are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import SubFigure
from matplotlib.ticker import MaxNLocator

from nasbook.plots import style
from nasbook.plots.data import bootstrap
from nasbook.plots.picture import Picture
from nasbook.plots.style import Figure, Looks, number, plural
from nasbook.statistics.ranks import spearman

SHOWN = 0.3  # where a long tail of bad cells begins, as a quantile; they lie at the edge of the scatter
TOP = 0.05  # the source's best cells, as a share of all


@dataclass(frozen=True)
class TransferState:
    """n pairs of searches, one pair a seed.

    warm, cold: (n, T) regret in points of accuracy, with the source and without. weights: (n, T) weight of the source's
    model, NaN where there is none. tried: (T, 2) the last pair's trials with the source, as (score on the source,
    accuracy on the target) in per cent; first: how many of these came from the source.
    """

    warm: np.ndarray
    cold: np.ndarray
    weights: np.ndarray
    tried: np.ndarray
    first: int


class TransferPicture(Picture[TransferState]):
    """Left: regret after each trial, mean over the seeds with the 95 % bootstrap of the mean; below it the weight of
    the source. Right: every cell's value on the source and on the target, and the trials of the last seed.

    cells: (m, 2) score on the source and accuracy on the target, in per cent. labels: of the two axes. edge: the regret
    at which the axis begins, e.g. that of two random cells.
    """

    figsize = (style.WIDTH, 4.5)

    def __init__(self, cells: np.ndarray, trials: int, labels: tuple[str, str], edge: float) -> None:
        super().__init__()
        self.cells, self.trials, self.labels, self.edge = cells, trials, labels, edge
        self.rho = spearman(*cells.T)
        best = cells[:, 0] >= np.quantile(cells[:, 0], 1 - TOP)
        self.rho_top = spearman(*cells[best].T)
        low, tail, high = np.quantile(cells, (0, SHOWN, 1), axis=0)
        self.floor = np.where(tail - low > high - tail, tail, low)  # a short tail is shown whole

    def build(self, fig: Figure | SubFigure) -> None:
        self.title(fig)
        last: Looks = {"mec": "white", "mew": 0.6}
        entries = [
            ("with the source", style.line(style.BLUE)),
            ("without", style.line(style.BASELINE, style.DASH)),
            ("source's best, tried first", style.dot(style.RED, "s", 6, **last)),
            ("tried later", style.dot(style.INK, ms=5, **last)),
        ]
        style.key(fig, entries)
        w, h = style.size(fig)
        right = w - 3.66
        self.ax = style.axes(fig, 0.6, 1.72, right, 0.72)
        self.ax_weight = style.axes(fig, 0.6, 0.5, right, h - 1.5)
        self.ax_cells = style.axes(fig, 4.4, 0.5, 0.12, 0.72)
        self.ax.set(xlim=(0, self.trials), ylim=(0, self.edge), ylabel="points below the best")
        self.ax_weight.set(xlim=(0, self.trials), ylim=(-0.06, 1.06), xlabel="trials", ylabel="weight")
        for ax in (self.ax, self.ax_weight):
            ax.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
        self.ax.yaxis.set_major_locator(MaxNLocator(nbins=6))
        self.ax.tick_params(labelbottom=False)
        self.ax_weight.set_yticks([0, 0.5, 1])
        looks = {"cold": (style.BASELINE, style.DASH), "warm": (style.BLUE, "-")}
        self.bands = {k: self.live(style.polygon(self.ax, c, 0.22)) for k, (c, _) in looks.items()}
        steps: Looks = {"drawstyle": "steps-post", "lw": 2}
        self.lines = {k: self.live(self.ax.plot([], [], color=c, ls=ls, **steps)[0]) for k, (c, ls) in looks.items()}
        (self.weight,) = self.ax_weight.plot([], [], color=style.BLUE, **steps)
        self.live(self.weight)

        ax, (a, b) = self.ax_cells, self.floor
        ax.set(xlabel=style.shorten(self.labels[0], w - 4.6, style.NORMAL))
        ax.set(ylabel=style.shorten(self.labels[1], h - 1.3, style.NORMAL))
        ax.xaxis.set_major_locator(MaxNLocator(nbins=5))
        ax.yaxis.set_major_locator(MaxNLocator(nbins=6))
        high = self.cells.max(0)
        room = 0.06 * (high - self.floor)
        ax.set(xlim=(a - room[0], high[0] + room[0]), ylim=(b - room[1], high[1] + room[1]))
        few = self.cells[:: max(1, len(self.cells) // 2500)]
        few = few[(few >= self.floor).all(1)]
        ax.plot(*few.T, ls="none", marker=".", ms=2.5, color=style.LIGHT, zorder=1, rasterized=True)
        look: Looks = {"ls": "none", "zorder": 3, "clip_on": False, **last}
        self.later = self.live(ax.plot([], [], color=style.INK, marker="o", ms=5, **look)[0])
        self.first = self.live(ax.plot([], [], color=style.RED, marker="s", ms=6, **look)[0])

    def update(self, state: TransferState) -> bool:
        self.state = state
        n, T = state.warm.shape
        if n:
            x = np.arange(1, T + 1)
            for name, curves in (("warm", state.warm), ("cold", state.cold)):
                low, high = bootstrap(curves, 400)
                self.lines[name].set_data(x, curves.mean(0))
                style.set_band(self.bands[name], x, low, high, step=True)
            w = state.weights
            known = np.isfinite(w).all(0)
            self.weight.set_data(x[known], w[:, known].mean(0))
        else:
            for line in (*self.lines.values(), self.weight):
                line.set_data([], [])
            for band in self.bands.values():
                band.set_visible(False)
        at = np.maximum(state.tried, self.floor)
        self.first.set_data(*at[: state.first].T)
        self.later.set_data(*at[state.first :].T)
        self.say(self._headline())
        return False

    def difference(self, k: int) -> tuple[float, float, float]:
        """Regret with the source minus without after k trials: mean over the seeds and its 95 % bootstrap interval."""
        gap = (self.state.warm - self.state.cold)[:, k - 1 : k]
        low, high = bootstrap(gap, 2000)
        return float(gap.mean()), float(low[0]), float(high[0])

    def _headline(self) -> str:
        n, T = self.state.warm.shape
        alike = f"rank correlation {number(self.rho, 2)}"
        if not n:
            return f"Source and target: {alike}, {number(self.rho_top, 2)} among the source's best 5 %"
        return f"{plural(n, 'seed')}, {plural(T, 'trial')}: {verdict(*self.difference(T))} at the end; {alike}"

    def alt(self) -> str:
        s = self.state
        n, T = s.warm.shape
        text = (
            f"Source and target: Spearman's rank correlation {number(self.rho, 2)} over all cells, "
            f"{number(self.rho_top, 2)} among the source's best 5 %."
        )
        if not n:
            return f"Transfer, no search yet. {text}"
        at = [k for k in (5, 10, 20, T) if k <= T]
        curves = "; ".join(
            f"after {k} trials {number(s.warm[:, k - 1].mean())} with the source, "
            f"{number(s.cold[:, k - 1].mean())} without"
            for k in dict.fromkeys(at)
        )
        return f"Transfer, points below the best cell, mean of {plural(n, 'seed')}: {curves}. {text}"


def verdict(mean: float, low: float, high: float) -> str:
    """What a difference of regrets is called: below 0 the source has helped."""
    if not np.isfinite(low):
        return "one seed may be luck"
    return "head start" if high < 0 else "negative transfer" if low > 0 else "no clear difference"
