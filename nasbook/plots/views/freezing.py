"""Freeze-thaw: the curves so far, where the most promising are expected to end, and which training goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import SubFigure
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from nasbook.plots import style
from nasbook.plots.data import Quantity, drawable, label_of, near
from nasbook.plots.picture import Picture
from nasbook.plots.style import Figure, plural
from nasbook.plots.viewed import FREEZING, state_of
from nasbook.task import Task
from nasbook.trace import Step, Trace

if TYPE_CHECKING:
    from nasbook.hpo.freeze_thaw import FreezeThawView, Training

BANDS = 3  # of so many frozen trainings the belief is drawn


class FreezingPicture(Picture["Step | FreezeThawView"]):
    """Curves of all trainings; of the three that promise most, where 80 % of the belief lies up to the last epoch; the
    one that goes on in vermilion; a dashed line at f*, the lowest value told.

    State: a FreezeThawView, or a Step that has one. epochs: of a whole training. limits: the values that the axis
    shows, by default those seen.

    After an update, `next` is the training that goes on (None: a new one), `shown` those with a belief.
    """

    figsize = (style.WIDTH, 4.4)
    depicts = FREEZING

    def __init__(
        self,
        epochs: int,
        quantity: Quantity = Quantity(),  # noqa: B008
        limits: tuple[float, float] | None = None,
    ) -> None:
        super().__init__()
        self.epochs, self.quantity, self.fixed = epochs, quantity, limits is not None
        shown = None if limits is None else sorted(np.asarray(quantity.show(np.array(limits)), float).tolist())
        self.y = style.Limits(*shown) if shown else style.Limits()
        self.next: int | None = None
        self.shown: list[int] = []

    def build(self, fig: Figure | SubFigure) -> None:
        entries: style.Entries = [
            ("frozen", style.dot(ms=5.5, **style.HOLLOW)),
            ("fully trained", style.dot(ms=5)),
            ("goes on", style.line(style.NEXT, lw=2.2)),
            ("80 % of the belief", style.patch(style.BELIEF, 0.3)),
            ("best value told (f*)", style.line(style.INCUMBENT, style.DASH, lw=1.6)),
        ]
        rows = style.key(fig, entries)
        self.title(fig)
        self.ax = style.axes(fig, self.quantity.left, 0.5, 0.2, 0.45 + 0.2 * rows)
        self.ax.set(xlabel="epochs", ylabel=self.quantity.axis, xlim=(0.5, self.epochs + 0.5))
        self.ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=9))

        def bands(color: str, zorder: float, alpha: float) -> PolyCollection:
            made = self.live(PolyCollection([], facecolors=color, alpha=alpha, lw=0, zorder=zorder))
            self.ax.add_collection(made, autolim=False)
            return made

        self.beliefs, self.belief = bands(style.BELIEF, 1.6, 0.22), bands(style.NEXT, 1.7, 0.28)
        self.curves = self.live(LineCollection([], colors=style.INK, linewidths=0.9, alpha=0.55, zorder=2))
        self.ax.add_collection(self.curves, autolim=False)
        self.line = self.plotted(self.ax, color=style.NEXT, lw=2.2, zorder=3)
        self.full = self.plotted(self.ax, "o", ls="none", ms=5, color=style.INK, zorder=3.1, clip_on=False)
        self.ends = self.plotted(self.ax, "o", ls="none", ms=4.5, zorder=3.2, **style.HOLLOW)
        self.best = self.plotted(self.ax, color=style.INCUMBENT, ls=style.DASH, lw=1.6, zorder=2.5)

    def update(self, state: Step | FreezeThawView) -> bool:
        view = self.view = self.view_of(state)
        curves = {t.id: self._shown(t.curve) for t in view.trainings if t.curve}
        changed = False
        if not self.fixed and curves:
            values = np.concatenate(list(curves.values()))[:, 1]
            changed = self.y.include(near(values[np.isfinite(values)], self.quantity.higher, far=3.0))
        self.ax.set_ylim(*self.y.pair)
        self.next = view.next
        self.curves.set_segments([c for i, c in curves.items() if i != view.next])
        self.line.set_data(*(curves[view.next] if view.next in curves else np.empty((0, 2))).T)
        ended = [c[-1] for c in curves.values() if c[-1, 0] >= self.epochs]
        frozen = [c[-1] for c in curves.values() if c[-1, 0] < self.epochs]
        self.full.set_data(*np.array(ended).reshape(-1, 2).T)
        self.ends.set_data(*np.array(frozen).reshape(-1, 2).T)
        best = [] if view.best is None else [float(self.quantity.show(view.best))] * 2
        self.best.set_data([0.5, self.epochs + 0.5] if best else [], best)
        self._believe(view, curves)
        self.say(self._sentence())
        return changed

    def _believe(self, view: FreezeThawView, curves: dict[int, np.ndarray]) -> None:
        gains, self.gain_of_new = view.gains
        order = [int(i) for i in np.argsort(-np.nan_to_num(gains, nan=-1.0), kind="stable") if np.isfinite(gains[i])]
        chosen = [i for i in order if view.trainings[i].id in curves][:BANDS]
        self.shown = [view.trainings[i].id for i in chosen]
        bands = {view.trainings[i].id: self._band(view, view.trainings[i]) for i in chosen}
        self.beliefs.set_verts([b for k, b in bands.items() if k != view.next])
        self.belief.set_verts([b for k, b in bands.items() if k == view.next])

    def _band(self, view: FreezeThawView, training: Training) -> np.ndarray:
        """(k, 2): the outline of what is expected of a training after its last epoch."""
        (x, y), R = training.curve[-1], view.levels[-1]
        at = np.unique(np.r_[np.linspace(x, R, 25)[1:], R])
        low, high = view.quantiles(training, at, 0.1, 0.9)
        outline = [(x, y), *zip(at, low, strict=True), *reversed(list(zip(at, high, strict=True)))]
        return self._shown(outline)

    def _shown(self, points: ArrayLike) -> np.ndarray:
        at = np.array(points, float).reshape(-1, 2)
        return np.column_stack([at[:, 0], np.asarray(self.quantity.show(drawable(at[:, 1])), float)])

    def _sentence(self) -> str:
        k, view = len(self.view.trainings), self.view
        if not k:
            return "Nothing has been trained yet"
        if view.next is None:
            return f"A new training begins; {plural(k, 'training')} so far"
        number = 1 + [t.id for t in view.trainings].index(view.next)
        t = view.trainings[number - 1]
        return f"Training {number} of {k} goes on from epoch {view.levels[t.level]} to {view.levels[t.level + 1]}"

    def alt(self) -> str:
        view = self.view
        full = sum(bool(t.curve) and t.curve[-1][0] >= self.epochs for t in view.trainings)
        failed = sum(t.status == "failed" for t in view.trainings)
        told = f"Learning curves of {plural(len(view.trainings), 'training')}, {full} of them whole, {failed} failed."
        if view.best is not None:
            told += f" Best value {self.quantity.text(view.best)}."
        for t in view.trainings:
            if t.id in self.shown:
                low, high = (float(v[0]) for v in view.quantiles(t, np.array([view.levels[-1]]), 0.1, 0.9))
                told += f" One of {t.curve[-1][0]:g} epochs is expected to end between {self.quantity.text(low)} and "
                told += f"{self.quantity.text(high)}."
        return f"{told} {self._sentence()}."


def freezing(
    state: Trace | Step | FreezeThawView, *, step: int = -1, task: Task | None = None, label: str | None = None
) -> Figure:
    """Curves of a freeze-thaw search, the belief of how the most promising go on, and which training does.

    state: a Trace of the method "freeze-thaw" (`step` counts its steps, −1 is the last), a Step or a FreezeThawView."""
    view = state_of(FREEZING, state, step, "freezing")
    quantity = Quantity(label or label_of(state if isinstance(state, Trace) else None, task))
    return FreezingPicture(view.levels[-1], quantity).render_static(view)
