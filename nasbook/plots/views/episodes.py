"""Reptile on tasks that it has not seen: the error with a few steps of adaptation, without one, and from scratch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import SubFigure
from matplotlib.ticker import MaxNLocator
from matplotlib.typing import LineStyleType

from nasbook.plots import style
from nasbook.plots.picture import Picture
from nasbook.plots.style import Figure, nice_ceiling
from nasbook.plots.viewed import EPISODES
from nasbook.plots.views.weights import edge_views_of
from nasbook.trace import Step, Trace

if TYPE_CHECKING:
    from nasbook.nas.reptile import ReptileView

LINES: dict[str, tuple[str, str, LineStyleType]] = {  # of a view: its name in words, colour, dash
    "error": ("adapted by a few steps", style.BELIEF, "-"),
    "unadapted": ("not adapted", style.GREEN, (0, (2, 2))),
    "scratch": ("as many steps from random weights", style.BASELINE, style.DASH),
}


class EpisodesPicture(Picture["Sequence[Step | ReptileView]"]):
    """Mean error on the held-out tasks after each epoch. State: a sequence of ReptileViews, or of Steps with them."""

    figsize = (style.WIDTH, 3.6)
    depicts = EPISODES

    def __init__(self, epochs: int | None = None) -> None:
        super().__init__()
        self.epochs = epochs
        self.x_end = epochs or 10

    def build(self, fig: Figure | SubFigure) -> None:
        style.key(fig, [(words, style.line(colour, ls)) for words, colour, ls in LINES.values()])
        self.title(fig)
        self.ax = style.axes(fig, 0.7, 0.48, 0.2, 0.65)
        self.ax.set(xlim=(0, 1.02 * self.x_end), ylim=(0, 100), xlabel="epoch", ylabel="error on held-out tasks (%)")
        self.ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
        self.lines = {
            name: self.live(self.ax.plot([], [], color=colour, ls=ls, marker="o", ms=4, zorder=2 + 0.1 * k)[0])
            for k, (name, (_, colour, ls)) in enumerate(reversed(LINES.items()))
        }

    def update(self, state: Sequence[Step | ReptileView]) -> bool:
        views, changed = edge_views_of(EPISODES, state, "episodes"), False
        epoch = [v.epoch for v in views]
        if views and epoch[-1] > self.x_end:
            self.x_end, changed = nice_ceiling(epoch[-1]), True
            self.ax.set_xlim(0, 1.02 * self.x_end)
        for name, line in self.lines.items():
            line.set_data(epoch, 100 * np.array([getattr(v, name) for v in views], float))
        self.last = views[-1] if views else None
        self.say(self._sentence())
        return changed

    def _sentence(self) -> str:
        if self.last is None:
            return "No epoch has ended yet"
        of = f" of {self.epochs}" if self.epochs else ""
        return (
            f"Epoch {self.last.epoch}{of}: adapted {100 * self.last.error:.1f} % wrong, from scratch "
            f"{100 * self.last.scratch:.1f} %"
        )

    def alt(self) -> str:
        if self.last is None:
            return "Errors on held-out tasks: no epoch has ended yet."
        return f"Errors on held-out tasks. {self._sentence()}, without adaptation {100 * self.last.unadapted:.1f} %."


def episodes(state: Trace | Sequence[Step | ReptileView], *, epochs: int | None = None) -> Figure:
    """Errors on held-out tasks over the epochs. state: a Trace of the method "reptile", or its steps or views."""
    if isinstance(state, Trace):
        epochs = epochs or len(state)
    return EpisodesPicture(epochs).render_static(edge_views_of(EPISODES, state, "episodes"))
