"""Neural ensemble search: what the ensemble gains over its members, training by training, and how alike they err."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import SubFigure
from matplotlib.ticker import MaxNLocator

from nasbook.plots import style
from nasbook.plots.picture import Picture
from nasbook.plots.style import Figure, Limits, nice_ceiling, number
from nasbook.plots.viewed import NES, views_of
from nasbook.trace import Step, Trace

if TYPE_CHECKING:
    from nasbook.nas.nes import NESView

MOST = 8  # members whose correlations can be read as numbers


class EnsemblePicture(Picture["Sequence[Step | NESView]"]):
    """Left: validation NLL of the best network and of the ensemble after each training. Middle: of the ensemble by its
    size, with each member alone. Right: how the members' mistakes are correlated.

    State: a sequence of NESViews, or of Steps with them. trainings: of the search, if it is known."""

    figsize = (style.WIDTH, 3.4)
    depicts = NES

    def __init__(self, trainings: int | None = None) -> None:
        super().__init__()
        self.x_end = trainings or 10
        self.limits, self.members = Limits(), 0
        self.last: NESView | None = None

    def build(self, fig: Figure | SubFigure) -> None:
        self.title(fig)
        style.key(
            fig,
            [
                ("the ensemble", style.line(style.BELIEF)),
                ("the best network", style.line(style.INCUMBENT, marker="*", ms=8)),
                ("a member alone", style.dot()),
            ],
        )
        w, _ = style.size(fig)
        self.over, self.by = style.axes(fig, 0.75, 0.5, 4.6, 0.72), style.axes(fig, 2.95, 0.5, 2.6, 0.72)
        self.alike = style.axes(fig, 5.25, 0.5, 0.12, 0.72)
        self.over.set(xlabel="training", ylabel="validation NLL (nats)")
        self.by.set(xlabel="members")
        self.by.tick_params(labelleft=False)
        for ax in (self.over, self.by):
            ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=5, min_n_ticks=1))
        self.alike.set(xlabel="correlation of mistakes", aspect="equal")
        self.alike.grid(False)
        self.alike.tick_params(length=0)
        self.line = self.live(self.over.plot([], [], color=style.BELIEF, zorder=3)[0])
        self.best = self.live(self.over.plot([], [], color=style.INCUMBENT, ls=style.DASH, zorder=2.5)[0])
        self.sizes = self.live(self.by.plot([], [], color=style.BELIEF, marker="o", ms=4, zorder=3)[0])
        self.alone = self.live(self.by.plot([], [], color=style.TRIAL, marker="o", ms=4, ls="none", zorder=2.6)[0])
        self.star = self.live(self.by.plot([], [], ls="none", ms=11, zorder=3.2, **style.STAR)[0])
        self.cells = self.live(self.alike.imshow(np.zeros((1, 1)), vmin=0, vmax=1, cmap=style.SEQUENTIAL, zorder=2))
        self.words = [
            self.live(self.alike.text(0, 0, "", ha="center", va="center", fontsize=style.SMALL, zorder=3))
            for _ in range(MOST * MOST)
        ]
        self._axes(1)

    def update(self, state: Sequence[Step | NESView]) -> bool:
        views, changed = [self.view_of(v) for v in state], False
        self.n = len(views)
        have = [(k, v) for k, v in enumerate(views, 1) if v.ensemble]
        self.last = have[-1][1] if have else None
        if self.n > self.x_end:
            self.x_end, changed = nice_ceiling(self.n), True
        shown = [x for _, v in have for x in (v.nll[0], v.nll[-1])]
        if self.limits.include([*shown, *(self.last.alone if self.last else ())]):
            changed = True
        members = max([1, *(len(v.ensemble) for _, v in have)])
        if members > self.members:
            changed = True
        self._axes(members)
        at = [k for k, _ in have]
        for line, place in ((self.line, -1), (self.best, 0)):
            line.set_data(at, [v.nll[place] for _, v in have])
            line.set_marker("o" if len(at) == 1 else "")
        places = list(range(1, len(self.last.ensemble) + 1)) if self.last else []
        self.sizes.set_data(places, self.last.nll if self.last else [])
        self.alone.set_data(places, self.last.alone if self.last else [])
        self.star.set_data(places[:1], self.last.alone[:1] if self.last else [])
        self._matrix()
        self.say(self._sentence())
        return changed

    def _axes(self, members: int) -> None:
        self.members = max(members, self.members)
        self.over.set_xlim(0, 1.02 * self.x_end + 0.5)
        self.by.set_xlim(0.5, self.members + 0.5)
        if self.limits.known:
            for ax in (self.over, self.by):
                ax.set_ylim(self.limits.low, self.limits.high)
        ticks = range(self.members) if self.members <= MOST else []
        self.alike.set(xlim=(-0.5, self.members - 0.5), ylim=(self.members - 0.5, -0.5), xticks=ticks, yticks=ticks)
        for axis in ("x", "y"):
            getattr(self.alike, f"set_{axis}ticklabels")([i + 1 for i in ticks])

    def _matrix(self) -> None:
        A = np.array(self.last.alike) if self.last else np.zeros((0, 0))
        self.cells.set_visible(len(A) > 0)
        if len(A):
            self.cells.set_data(np.clip(A, 0, 1))
            self.cells.set_extent((-0.5, len(A) - 0.5, len(A) - 0.5, -0.5))
        for k, words in enumerate(self.words):
            i, j = divmod(k, MOST)
            words.set_visible(len(A) <= 5 and max(i, j) < len(A))
            if words.get_visible():
                words.set_position((j, i))
                words.set_text("" if i == j else f"{A[i, j]:.2f}".replace("0.", ".", 1))
                words.set_color("black" if A[i, j] > 0.5 else "white")

    @property
    def likeness(self) -> float | None:
        """Mean correlation of two members' mistakes; None where there are no two."""
        if self.last is None or len(self.last.alike) < 2:
            return None
        A = np.array(self.last.alike)
        return float(A[np.triu_indices(len(A), 1)].mean())

    def _sentence(self) -> str:
        if self.last is None:
            return "No network has been trained yet" if not self.n else "No training has given predictions yet"
        after = f"Training {self.n}: the best network has an NLL of {self.last.nll[0]:.3f}"
        if len(self.last.nll) == 1:
            return f"{after}; there is no other yet"
        return f"{after}, {len(self.last.nll)} together {self.last.nll[-1]:.3f}"

    def alt(self) -> str:
        if self.last is None or self.likeness is None:
            return f"Validation NLL of an ensemble. {self._sentence()}."
        alone = ", ".join(f"{x:.3f}" for x in self.last.alone)
        return (
            f"Validation NLL of an ensemble. {self._sentence()}. Its members alone have {alone}; the mistakes of two "
            f"of them are correlated by {number(self.likeness, 2)} in the mean."
        )


def ensemble(state: Trace | Sequence[Step | NESView], *, trainings: int | None = None) -> Figure:
    """What the ensemble gains over its members. state: a Trace of the method "nes", or its steps or views."""
    views = views_of(NES, state, "ensemble")
    return EnsemblePicture(trainings or len(views)).render_static(views)
