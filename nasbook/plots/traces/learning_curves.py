"""The learning curves of the trials of a search: value against fidelity, the best one in orange."""

from __future__ import annotations

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import SubFigure
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from nasbook.plots import style
from nasbook.plots.data import (
    Quantity,
    Trials,
    drawable,
    label_of,
    near,
    trials_of,
)
from nasbook.plots.picture import Picture
from nasbook.plots.style import Figure, Limits, plural
from nasbook.task import Task
from nasbook.trace import Trace, Trial, best_of


class CurvesPicture(Picture[Trials]):
    """The learning curve of every trial: value against fidelity (epochs), the best one orange.

    State: a Trace, or a sequence of Steps or Trials. unit: of the fidelity. end: the full fidelity, for the x-axis.
    running: trials that are still running may be among them, and stand out.
    """

    figsize = (style.WIDTH, 4.0)

    def __init__(
        self,
        unit: str = "epoch",
        end: float | None = None,
        quantity: Quantity = Quantity(),  # noqa: B008
        limits: tuple[float, float] | None = None,
        running: bool = False,
    ) -> None:
        super().__init__()
        self.unit, self.end, self.quantity, self.shows_running = unit, end, quantity, running
        self.x = Limits(0, end) if end else Limits(0, 1e-9, room=0)
        self.y = Limits(*sorted(quantity.show(np.array(limits)))) if limits else Limits()

    def build(self, fig: Figure | SubFigure) -> None:
        entries = [
            ("one trial", style.line(style.INK, alpha=0.45, lw=1.2, marker="o", ms=4)),
            ("failed or stopped", style.line(style.INK, alpha=0.6, lw=1.2, marker="o", ms=5, **style.HOLLOW)),
            ("best trial", style.line(style.INCUMBENT, marker="*", ms=9, mec=style.INK, mew=0.7)),
        ]
        if self.shows_running:
            entries.insert(1, ("still running", style.line(style.NEXT, style.DASH, lw=1.8)))
        rows = style.key(fig, entries)
        self.ax = ax = style.axes(fig, self.quantity.left, 0.5, 0.2, 0.5 + 0.2 * rows)
        ax.set(xlabel=self.unit, ylabel=self.quantity.axis)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
        self.title(fig)
        self.lines = self.live(LineCollection([], colors=style.INK, linewidths=1.1, alpha=0.35, zorder=2))
        ax.add_collection(self.lines, autolim=False)
        self.young = self.live(LineCollection([], colors=style.NEXT, linewidths=1.8, linestyles=[style.DASH], zorder=3))
        ax.add_collection(self.young, autolim=False)
        (self.ends,) = ax.plot([], [], "o", color=style.TRIAL, ms=3.5, mew=0, zorder=3, clip_on=False)
        (self.stops,) = ax.plot([], [], "o", ms=5, zorder=3.1, clip_on=False, **style.HOLLOW)
        (self.best,) = ax.plot([], [], color=style.INCUMBENT, lw=2.4, zorder=4)
        (self.star,) = ax.plot([], [], ms=14, ls="none", zorder=5, clip_on=False, **style.STAR)
        for artist in (self.ends, self.stops, self.best, self.star):
            self.live(artist)

    def _inside(self, points: ArrayLike) -> np.ndarray:
        """(n, 2) the points that are on the axes: one far above would be drawn over the title."""
        xy = np.array(points, float).reshape(-1, 2)
        low, high = self.y.pair
        return xy[(xy[:, 1] >= low) & (xy[:, 1] <= high)]

    def update(self, state: Trials) -> bool:
        q, trials = self.quantity, [t for t in trials_of(state) if t.curve]
        curves = [np.array([(f, np.nan if v is None else v) for f, v in t.curve], float) for t in trials]
        for c in curves:
            c[:, 1] = q.show(drawable(c[:, 1]))
        changed = False
        if curves:
            changed = self.x.include(np.array([c[-1, 0] for c in curves]), pad=0)
            lasts, everything = np.array([c[-1, 1] for c in curves]), np.concatenate([c[:, 1] for c in curves])
            seen = everything[np.isfinite(everything)]
            if len(seen):  # a first epoch far off does not flatten the rest
                seen = near(seen, q.higher)
                edges = np.quantile(seen, [0.05, 1.0] if q.higher else [0.0, 0.95])
                changed |= self.y.include(np.r_[edges, near(lasts, q.higher, seen)])
        if changed:
            self.ax.set(xlim=(0, self.x.pair[1] * 1.02), ylim=self.y.pair)
        self.ax.tick_params(labelbottom=self.y.known, labelleft=self.y.known)  # no numbers before there are any
        done = [(t, c) for t, c in zip(trials, curves, strict=True) if t.status == "done" and t.value is not None]
        cut = [c[-1] for t, c in zip(trials, curves, strict=True) if t.status in ("failed", "pruned")]
        young = [c for t, c in zip(trials, curves, strict=True) if t.status == "running"]
        self.lines.set_segments([c for t, c in zip(trials, curves, strict=True) if t.status != "running"])
        self.young.set_segments(young)
        self.ends.set_data(*self._inside([c[-1] for _, c in done]).T)
        self.stops.set_data(*self._inside(cut).T)
        self.n, self.cut, self.under_way = len(trials), len(cut), len(young)
        self.winner: Trial | None = None
        if done:
            self.winner = best_of(t for t, _ in done)
            curve = next(c for t, c in done if t is self.winner)
            self.best.set_data(*curve.T)
            self.star.set_data(*self._inside(curve[-1:]).T)
        else:
            self.best.set_data([], [])
            self.star.set_data([], [])
        self.say(self._sentence())
        return changed

    def _sentence(self) -> str:
        if not self.n:
            return "No trial has reported a learning curve yet"
        text = plural(self.n, "learning curve")
        if self.under_way:
            text += f", {self.under_way} still running"
        if self.winner is None:
            return text if self.under_way == self.n else f"{text}, none of a trial that has succeeded"
        text += f": the best ends at {self.quantity.text(self.winner.value)} {self.quantity.name}"
        return text + (f"; {self.cut} stopped early" if self.cut else "")

    def alt(self) -> str:
        if self.winner is None:
            return f"Learning curves of {plural(self.n, 'trial')}; none has succeeded."
        last = self.winner.curve[-1][0]
        return (
            f"Learning curves of {plural(self.n, 'trial')}, {self.cut} failed or stopped early. The best, trial "
            f"{self.winner.id + 1}, ends at {self.unit} {last:g} with {self.quantity.name} "
            f"{self.quantity.text(self.winner.value)}."
        )


def learning_curves(
    trace: Trials, *, unit: str = "epoch", task: Task | None = None, label: str | None = None, end: float | None = None
) -> Figure:
    """Every trial's value against its fidelity."""
    if task is not None and task.fidelity is not None:
        unit, end = task.fidelity.unit, end or task.fidelity.max
    q = Quantity(label or label_of(trace if isinstance(trace, Trace) else None, task))
    return CurvesPicture(unit, end, q).render_static(trace)
