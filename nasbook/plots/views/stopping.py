"""Median stopping: learning curves, where each was given up, and the median of the running means that judges them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import SubFigure

from nasbook.plots import style
from nasbook.plots.data import Quantity, drawable, label_of, near, trials_of
from nasbook.plots.picture import Picture
from nasbook.plots.style import Figure, plural
from nasbook.plots.viewed import STOPPING, method_after, step_of
from nasbook.trace import Trace, Trial


class StoppingPicture(Picture):
    """Curves of trials that ran to their end, of those that were stopped (pale, with a hollow end), the best, and,
    under the rule "median", the medians below which a trial that begins now must come.

    State: (trials, view): those that have ended, and the method's StoppingView after them.
    """

    figsize = (style.WIDTH, 4.4)
    depicts = STOPPING

    def __init__(self, quantity: Quantity = Quantity(), median: bool = True) -> None:  # noqa: B008
        super().__init__()
        self.quantity, self.median = quantity, median
        self.x, self.y = style.Limits(), style.Limits()

    def build(self, fig: Figure | SubFigure) -> None:
        entries: list[tuple[str, Any]] = [
            ("ran to its end", style.line(style.INK, lw=1.2, alpha=0.75)),
            ("stopped", style.dot(ms=5.5, **style.HOLLOW)),
            ("best", style.line(style.INCUMBENT, lw=2.4)),
        ]
        if self.median:
            entries.append(("median of the running means", style.line(style.BELIEF, style.DASH, lw=2)))
        style.key(fig, entries)
        self.title(fig)
        self.ax = style.axes(fig, self.quantity.left, 0.5, 0.2, 0.65)
        self.ax.set(xlabel="epochs", ylabel=self.quantity.axis)

        def lines(zorder: float, **options: Any) -> LineCollection:
            made = self.live(LineCollection([], zorder=zorder, **options))
            self.ax.add_collection(made, autolim=False)
            return made

        plot = lambda *args, **o: self.live(self.ax.plot([], [], *args, **o)[0])  # noqa: E731
        self.cut = lines(2.0, colors=style.INK, linewidths=0.8, alpha=0.35)
        self.whole = lines(2.2, colors=style.INK, linewidths=1.2, alpha=0.75)
        self.line = plot(color=style.INCUMBENT, lw=2.4, zorder=3)
        self.judge = plot(color=style.BELIEF, ls=style.DASH, lw=2, zorder=3.2)
        self.ends = plot("o", ls="none", ms=5.5, zorder=3.4, **style.HOLLOW)
        self.star = plot(ls="none", ms=14, zorder=4, **style.STAR)

    def update(self, state: tuple[Sequence[Trial], Any]) -> bool:
        trials, view = list(state[0]), self.view_of(state[1])

        def shown(points: Any) -> np.ndarray:
            at = np.array([(x, np.nan if y is None else y) for x, y in points], float).reshape(-1, 2)
            return np.column_stack([at[:, 0], np.asarray(self.quantity.show(drawable(at[:, 1])), float)])

        curves = {t.id: shown(t.curve) for t in trials if t.curve}
        stopped = [t.id for t in trials if t.status == "pruned" and t.curve]
        whole = [t for t in trials if t.status == "done" and t.curve]
        self.n, self.stopped, self.failed = len(trials), len(stopped), sum(t.status == "failed" for t in trials)
        self.best = min(whole, key=lambda t: t.value or 0.0, default=None)
        medians = shown(view.medians) if self.median else np.empty((0, 2))
        seen = np.concatenate([*curves.values(), medians, np.empty((0, 2))])
        changed = self.x.include(seen[:, 0], pad=0.03)
        changed |= self.y.include(near(seen[:, 1][np.isfinite(seen[:, 1])], self.quantity.higher, far=3.0))
        self.ax.set(xlim=self.x.pair, ylim=self.y.pair)
        self.cut.set_segments([curves[k] for k in stopped])
        self.whole.set_segments([curves[t.id] for t in whole])
        self.ends.set_data(*np.array([curves[k][-1] for k in stopped]).reshape(-1, 2).T)
        best = curves[self.best.id] if self.best is not None else np.empty((0, 2))
        self.line.set_data(*best.T)
        self.star.set_data(*best[-1:].T)
        self.judge.set_data(*medians.T)
        whole_length = max((t.curve[-1][0] for t in whole), default=0.0)
        spent = sum(t.curve[-1][0] for t in trials if t.curve)
        self.saved = 1 - spent / (whole_length * len(curves)) if whole_length and len(curves) else 0.0
        self.say(self._sentence())
        return changed

    def _sentence(self) -> str:
        text = f"{self.stopped} of {plural(self.n, 'trial')} stopped"
        if self.best is None:
            return f"{text}, none ran to its end yet"
        saved = f", which saved {100 * self.saved:.0f} % of the epochs" if self.saved > 0 else ""
        return f"{text}{saved}; the best ends at {self.quantity.text(self.best.value)}"

    def alt(self) -> str:
        return f"Learning curves of {plural(self.n, 'trial')}, {self.failed} of them failed. {self._sentence()}."


def stopping(trace: Any, *, step: int = -1, label: str | None = None) -> Figure:
    """Learning curves, and where they were given up. trace: of the method "median-stopping"; step: −1 is the last."""
    if not isinstance(trace, Trace):
        raise ValueError(f"plot stopping: it draws a whole Trace of {STOPPING}, not a {type(trace).__name__}")
    STOPPING.check_method(trace.header.method, "stopping")
    if not len(trace):
        raise ValueError("stopping: this trace has no trials yet")
    last = step_of(range(len(trace)), step, "stopping")
    view = method_after(trace, last).view()
    picture = StoppingPicture(Quantity(label or label_of(trace)), view.rule == "median")
    return picture.render_static((trials_of(trace)[: last + 1], view))
