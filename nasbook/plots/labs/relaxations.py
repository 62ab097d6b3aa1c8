"""Several searches on a supernet at once: what each would derive, epoch by epoch, and how good that is alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.figure import SubFigure
from matplotlib.ticker import FixedLocator, MaxNLocator

from nasbook.nas.parts.supernet import SupernetView
from nasbook.nas.spaces.nb201.cell import EDGES
from nasbook.plots import style
from nasbook.plots.picture import Picture
from nasbook.plots.style import Figure, Limits, Looks, number, plural

RUNS = 5  # at most
FAMILIES = 5044  # different networks among the cells
QUANTITIES = {  # what the last panel may show: its label, and of a view
    "skips": ("of these, skips", lambda view: view.skips),
    "temperature": ("temperature", lambda view: view.temperature),
    "eigenvalue": ("eigenvalue", lambda view: view.eigenvalue),
}


def weightless(view: SupernetView) -> int:
    """Edges of the derived cell that are no convolution."""
    return sum(not op.startswith("conv") for op in view.cell)


def span(numbers: Sequence[float], form: str) -> str:
    """'82.5 to 94.9', or the one number that they all are."""
    low, high = (form.format(end(numbers)) for end in (min, max))
    return low if low == high else f"{low} to {high}"


class RunsPicture(Picture[tuple[Sequence[Sequence[SupernetView]], int]]):
    """Above: true accuracy of the derived cell over the epochs, a line a run, and the rank of each run's cell now.
    Below: the supernet's accuracy, the edges without weights, and one of QUANTITIES.

    State: (views of each run, number of the run that is drawn thick). `aim` sets the axes; truth gives accuracy (0 … 1)
    and rank of a cell.
    """

    figsize = (style.WIDTH, 4.1)

    def __init__(self, truth: Callable[[tuple[str, ...]], tuple[float, int]]) -> None:
        super().__init__()
        self.truth = truth
        self.aim(20, range(3), (80.0, 86.0, 92.0), "skips", len(EDGES))

    def aim(
        self,
        epochs: int,
        seeds: Sequence[int],
        quartiles: tuple[float, float, float],
        last: str,
        top: float | None = None,
    ) -> None:
        """For so many epochs of these seeds; quartiles: of the accuracies (%) of all cells, each trained alone; top: of
        the last panel, where it is known."""
        self.epochs, self.seeds, self.quartiles, self.last = epochs, list(seeds), quartiles, last
        self.extra = Limits(0.0, None if top is None else 1.05 * top)
        if hasattr(self, "ax"):
            self._limits()

    def build(self, fig: Figure | SubFigure) -> None:
        self.title(fig)
        w, h = style.size(fig)
        self.ax = style.axes(fig, 0.72, 1.98, 3.0, 0.58)
        self.rank = style.axes(fig, 4.93, 1.98, 0.12, 0.58)
        wide, gap = 1.72, 0.56
        lows = [style.axes(fig, x, 0.5, w - x - wide, h - 1.55) for x in (0.72 + k * (wide + gap) for k in range(3))]
        self.net, self.free, self.other = lows
        self.band = self.live(style.polygon(self.ax, style.BASELINE, 0.22, zorder=1.1))
        self.name = self.live(
            style.add_words(self.ax, 0.985, 0.03, "grey: half of all cells", axes_fraction=True, fontsize=style.SMALL,
                            va="bottom", ha="right", color=style.FAINT, zorder=1.2)
        )  # fmt: skip
        self.rank.axhline(FAMILIES / 2, color=style.BASELINE, ls=style.DASH, lw=1.2, zorder=1.1)
        self.rank.set(ylim=(1.1 * FAMILIES, -0.13 * FAMILIES), xlim=(-0.5, RUNS - 0.5), xlabel="seed")
        self.rank.set_yticks([1, FAMILIES / 2, FAMILIES], ["1", "random", f"{FAMILIES:,}"])
        head: Looks = {"axes_fraction": True, "fontsize": style.SMALL, "weight": "bold", "va": "bottom"}
        style.add_words(self.rank, 0, 1.03, "rank now", **head)
        style.add_words(self.ax, 0, 1.03, "true accuracy of the derived cell", **head)
        self.ax.set(ylabel="trained alone (%)", xlabel="")
        self.net.set(ylabel="supernet (%)", ylim=(0, 102))
        self.free.set(ylabel="no weights", ylim=(-0.3, len(EDGES) + 0.3), yticks=[0, 3, 6])
        for ax in (self.ax, *lows):
            ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8 if ax is self.ax else 4))
        for ax in lows:
            ax.set_xlabel("epoch")
        self.ax.yaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
        self.lines, self.ends, self.ranks, self.told = [], [], [], []
        for colour, dash, marker in style.RACERS[:RUNS]:
            self.lines.append(
                [self.live(ax.plot([], [], color=colour, ls=dash, zorder=2)[0]) for ax in (self.ax, *lows)]
            )
            end: Looks = {
                "color": colour,
                "marker": marker,
                "ls": "none",
                "ms": 6,
                "clip_on": False,
                "zorder": 3,
            }
            self.ends.append(self.live(self.ax.plot([], [], **end)[0]))
            self.ranks.append(self.live(self.rank.plot([], [], **end)[0]))
            self.told.append(
                self.live(style.add_words(self.rank, 0, 0, fontsize=style.SMALL, ha="center", va="bottom", zorder=3))
            )
        self._limits()

    def _limits(self) -> None:
        low, _, high = self.quartiles
        self.ax.set_ylim(max(0.0, low - 30), 101)
        end = 1.03 * self.epochs
        for ax in (self.ax, self.net, self.free, self.other):
            ax.set_xlim(0, end)
        style.set_band(self.band, np.array([0, end]), np.array([low, low]), np.array([high, high]))
        self.rank.set_xticks(range(len(self.seeds)), [str(seed) for seed in self.seeds])
        self.other.set_ylabel(QUANTITIES[self.last][0])
        self._grow()

    def _grow(self) -> None:
        low, high = self.extra.pair
        whole = self.last == "skips"
        self.other.yaxis.set_major_locator(FixedLocator([0, 3, 6]) if whole else MaxNLocator(nbins=3))
        self.other.set_ylim(*((-0.3, 6.3) if whole else (low, high)))

    def update(self, state: tuple[Sequence[Sequence[SupernetView]], int]) -> bool:
        runs, shown = state
        self.now: list[tuple[int, float, int, int]] = []  # of each run: epoch, true accuracy (%), rank, edges
        seen: list[float] = []
        for k, (lines, end, rank, told) in enumerate(zip(self.lines, self.ends, self.ranks, self.told, strict=True)):
            views = runs[k] if k < len(runs) else []
            epoch = [view.epoch for view in views]
            known = [self.truth(view.cell) for view in views]
            true = [100 * accuracy for accuracy, _ in known]
            free, beside = [weightless(view) for view in views], 0.06 * (k - (len(self.seeds) - 1) / 2)
            extra = [np.nan if (x := QUANTITIES[self.last][1](view)) is None else float(x) for view in views]
            seen += extra
            whole = beside if self.last == "skips" else 0.0  # whole numbers lie on each other
            rows = (
                true,
                [100 * view.val_accuracy for view in views],
                [n + beside for n in free],
                [x + whole for x in extra],
            )
            for line, row in zip(lines, rows, strict=True):
                line.set_data(epoch, row)
                line.set_linewidth(2.4 if k == shown else 1.4)
            end.set_data(epoch[-1:], true[-1:])
            rank.set_data([k] if views else [], [known[-1][1]] if views else [])
            told.set_text(f"{known[-1][1]:,}" if views else "")
            if views:
                told.set_position((k, known[-1][1] - 0.045 * FAMILIES))
                self.now.append((epoch[-1], true[-1], known[-1][1], free[-1]))
        self.say(self._sentence())
        if self.extra.include(seen):
            self._grow()
            return True
        return False

    def _sentence(self) -> str:
        if not self.now:
            return "Nothing is derived yet"
        _, true, rank, free = zip(*self.now, strict=True)
        return (
            f"Trained alone: {span(true, '{:.1f}')} %, rank {span(rank, '{:,}')}; "
            f"{number(np.mean(free), 2)} of {len(EDGES)} edges without weights"
        )

    def alt(self) -> str:
        if not self.now:
            return "True accuracy of the cells that several searches would derive: no epoch has ended yet."
        parts = [
            f"seed {seed} after epoch {epoch} {true:.1f} % (rank {rank:,}, {plural(free, 'edge')} without weights)"
            for seed, (epoch, true, rank, free) in zip(self.seeds, self.now, strict=False)
        ]
        many = "one search" if len(self.now) == 1 else f"{len(self.now)} searches"
        return f"The cells that {many} would derive, trained alone: {', '.join(parts)}."
