"""The parts of the evolution lab's picture: the crowd with the band of random search, its variety, the family tree and
the best cell."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import SubFigure
from matplotlib.ticker import MaxNLocator

from nasbook.nas.spaces.nb201.cell import EDGES, NONE, OPS, to_cell
from nasbook.plots import style
from nasbook.plots.cell import NODES, CellPicture
from nasbook.plots.data import Steps
from nasbook.plots.picture import Picture
from nasbook.plots.style import Figure, Limits
from nasbook.plots.views.population import PopulationPicture, TreePicture
from nasbook.trace import Trial

RANDOM = "grey: random search, its mean and 9 runs out of 10"
RANDOM_PAIR = len(EDGES) * (1 - 1 / len(OPS))  # edges in which two random cells differ, on average


class Crowd(PopulationPicture):
    """The population over time, with the band of random search. State: steps. band: is it shown?"""

    figsize = (style.WIDTH, 3.3)
    band = True

    def build(self, fig: Figure | SubFigure) -> None:
        super().build(fig)
        inset(self.ax, fig, 0.12, 0.72)
        self.ax.set_xlabel("")
        self.ax.tick_params(labelbottom=False)
        self.random = self.live(style.polygon(self.ax, style.BASELINE, 0.22, zorder=1.1))
        self.mean = self.live(self.ax.plot([], [], color=style.BASELINE, ls=style.DASH, lw=1.3, zorder=1.2)[0])
        self.name = self.live(
            style.add_words(self.ax, 0.975, 0.03, RANDOM, axes_fraction=True, ha="right", va="bottom",
                            fontsize=style.SMALL, color=style.FAINT, ground="white", zorder=1.3)
        )  # fmt: skip

    def aim(self, trials: int, baseline: tuple[np.ndarray, ...]) -> None:
        """Set the axes and the band for another table or budget."""
        self.trials = self.x_end = trials
        self.baseline = mean, low, high = tuple(map(self.quantity.show, baseline))
        self.y = Limits(float(mean[1]), float(low[-1]) + 0.3)
        style.set_band(self.random, np.arange(1, trials + 1), low, high, step=True)
        self.mean.set_data(np.arange(1, trials + 1), mean)
        self._limits()

    def update(self, state: Steps) -> bool:
        for artist in (self.random, self.mean, self.name):
            artist.set_visible(self.band)
        return super().update(state)

    def alt(self) -> str:
        mean, low, high = (b[max(0, self.n - 1)] for b in self.baseline)
        expected = f" Random search expects {mean:.1f} % by then (9 of 10: {high:.1f} to {low:.1f} %)."
        return super().alt() + (expected if self.n else "")


class Variety(Picture[Sequence[float]]):
    """In how many edges two members differ. State: the mean over all pairs after every trial, NaN without a pair."""

    figsize = (style.WIDTH, 1.2)

    def build(self, fig: Figure | SubFigure) -> None:
        self.ax = style.axes(fig, 0.75, 0.48, 0.2, 0.08)
        self.ax.set(ylim=(0, len(EDGES)), yticks=[0, 3, 6], xlabel="trial", ylabel="edges\nthat differ")
        self.ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
        self.ax.axhline(RANDOM_PAIR, color=style.BASELINE, ls=style.DASH, lw=1.3)
        self.line = self.live(self.ax.plot([], [], color=style.BELIEF, drawstyle="steps-post")[0])
        self.text = self.live(
            style.add_words(self.ax, 0, 0, fontsize=style.SMALL, color=style.BELIEF, va="center", ground="white")
        )

    def aim(self, trials: int) -> None:
        self.trials = trials
        self.ax.set_xlim(0, trials * 1.02 + 0.5)

    def update(self, state: Sequence[float]) -> bool:
        n = len(state)
        self.now = state[-1] if n else np.nan
        self.line.set_data(np.arange(1, n + 1), state)
        known, right = np.isfinite(self.now), n < 0.85 * self.trials
        height = self.now if right else self.now + (1.3 if self.now < 3 else -1.3)
        self.text.set(
            text=f"{self.now:.1f}" if known else "",
            x=n + 0.01 * self.trials if right else n,
            y=height if known else 0,
            ha="left" if right else "right",
        )
        return False

    def alt(self) -> str:
        if not np.isfinite(self.now):
            return "No two members to compare yet."
        return (
            f"Two members differ in {self.now:.1f} of {len(EDGES)} edges on average (random cells: {RANDOM_PAIR:.1f})."
        )


class Tree(TreePicture):
    """The family tree without its key, which is that of the population above. State: steps."""

    def build(self, fig: Figure | SubFigure) -> None:
        super().build(fig)
        for legend in list(fig.legends):
            legend.remove()
        self.ax.set_ylabel("births since start")
        inset(self.ax, fig, 0.48, 0.62)

    def update(self, state: Steps) -> bool:
        if not state:
            for end in self.ends:
                end.set_text("")
        return super().update(state)

    def aim(self, trials: int, best: float) -> None:
        """best: an accuracy in percent that a good search reaches."""
        self.trials = self.x_end = trials
        self.depth, self.c = 4, Limits(best - 6, best + 0.5, room=0.0)
        self._limits()

    def _sentence(self) -> str:
        if self.best is None:
            return "No trial has succeeded yet"
        steps = len(self.line) - 1
        deep = f"{style.plural(steps, 'birth')} to the best" if steps else "The best is a random start"
        return f"{deep} (dark rim: alive)"


class Best(CellPicture):
    """The best cell, always in the same places, so that it changes edge by edge while one scrubs. What is new since the
    best before it stands in vermilion. State: [its Trial, that of the best before it], fewer at the beginning."""

    def build(self, fig: Figure | SubFigure) -> None:
        super().build(fig)
        lift(self)
        w, h = style.size(fig)
        self.note = self.live(style.add_words(fig, 0.12 / w, 0.06 / h, va="bottom", fontsize=style.SMALL))
        self.note.set_color(style.NEXT)

    def update(self, state: Sequence[Trial]) -> bool:
        super().update(state[0] if state else (0,) * len(EDGES))
        before = to_cell(state[1].config) if len(state) > 1 else self.cell
        self.turned = [edge for edge, a, b in zip(EDGES, self.cell, before, strict=True) if a != b]
        for edge in self.turned:
            self.labels[edge].set_color(style.NEXT)
            if self.cell[EDGES.index(edge)] == NONE:
                self.labels[edge].set_text("none")
        cut = any(self.cell[EDGES.index(edge)] == NONE for edge in self.turned)
        note = "orange: new; none: no edge any more" if cut else "orange: new since the best before it"
        self.note.set_text(note if self.turned else "")
        if state:
            self.say(f"The best cell, trial {state[0].id + 1}: {self.quantity.text(state[0].value)}")
        else:
            self.say("No cell has been tried yet")
        return False

    def alt(self) -> str:
        if not self.used:
            return "No cell has been tried yet."
        if not self.turned:
            return super().alt()
        new = ", ".join(f"{NODES[i]} to {NODES[j]}" for i, j in self.turned)
        return f"{super().alt()} Different from the best before it: {new}."


def lift(picture: CellPicture) -> None:
    """In a narrow picture a name would hide a short edge: write it above."""
    for (i, j), label in picture.labels.items():
        if j == i + 1:
            label.set_position(((i + j) / 2, 0.27))
            label.ground = None


def inset(ax: Axes, fig: Figure | SubFigure, bottom: float, top: float) -> None:
    """Give axes other margins below and above, in inches."""
    _, h = style.size(fig)
    box = ax.get_position()
    ax.set_position((box.x0, bottom / h, box.width, (h - bottom - top) / h))
