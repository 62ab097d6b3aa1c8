"""What BANANAS' ensemble predicted of each architecture before it was evaluated, against what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import SubFigure

from nasbook.plots import style
from nasbook.plots.data import VERY_FAR, Quantity, Steps, drawable, label_of, near, steps_of
from nasbook.plots.picture import Picture
from nasbook.plots.style import Figure, plural
from nasbook.plots.viewed import ENSEMBLE
from nasbook.trace import Step, Trace


class PredictionPicture(Picture[Sequence[Step]]):
    """Across: the mean of the ensemble's networks, with 1.96 of their standard deviations to each side. Upwards: the
    value told. On the diagonal the prediction was right.

    State: a sequence of Steps with BananasViews. After an update, `covered` of `n` told values lie in their interval.
    """

    figsize = (style.WIDTH, 4.6)
    depicts = ENSEMBLE

    def __init__(self, quantity: Quantity = Quantity(accuracy=False)) -> None:  # noqa: B008
        super().__init__()
        self.quantity = quantity
        self.x = style.Limits()

    def build(self, fig: Figure | SubFigure) -> None:
        rows = style.key(
            fig,
            [
                ("predicted, then evaluated", style.dot(style.BELIEF)),
                ("95 % of the ensemble", style.line(style.BELIEF, lw=1.2, alpha=0.5)),
                ("newest", style.dot(style.NEXT, "D", 6)),
                ("best of them", style.dot(ms=10, **style.STAR)),
                ("as predicted", style.line(style.HIDDEN, style.DASH, lw=1.3)),
            ],
        )
        self.title(fig)
        self.ax = style.axes(fig, self.quantity.left, 0.5, 0.2, 0.45 + 0.2 * rows)
        self.ax.set(xlabel=f"predicted {self.quantity.axis}", ylabel=f"told {self.quantity.axis}")
        plot = partial(self.plotted, self.ax)
        self.right = plot(color=style.HIDDEN, ls=style.DASH, lw=1.3, zorder=1.5)
        self.bars = self.live(LineCollection([], colors=style.BELIEF, linewidths=1.2, alpha=0.4, zorder=2))
        self.ax.add_collection(self.bars, autolim=False)
        self.dots = plot("o", color=style.BELIEF, ms=6, mec="white", mew=0.6, zorder=3)
        self.star = plot(ms=14, ls="none", zorder=3.5, **style.STAR)
        self.newest = plot("D", color=style.NEXT, ms=6, mec="white", mew=0.6, zorder=4)

    def update(self, state: Sequence[Step]) -> bool:
        steps = steps_of(state)
        views = [None if s.view is None else self.view_of(s) for s in steps]  # what was known before has none
        rows = [
            (v.mean[v.chosen], v.std[v.chosen], s.trial.value)
            for s, v in zip(steps, views, strict=True)
            if v is not None and v.chosen is not None and s.trial.status == "done" and s.trial.value is not None
        ]
        self.trials, self.n = len(steps), len(rows)
        mean, std, told = drawable(rows).reshape(-1, 3).T
        self.covered = int((abs(told - mean) <= 1.96 * std).sum())
        self.error = float(np.abs(told - mean).mean()) if len(rows) else None

        def show(v: np.ndarray) -> np.ndarray:
            return np.asarray(self.quantity.show(drawable(v)), float)

        x, y = show(mean), show(told)
        seen = np.concatenate([near(x, far=VERY_FAR), near(y, far=VERY_FAR)])
        changed = self.x.include(seen)
        low, high = self.x.pair
        self.ax.set(xlim=(low, high), ylim=(low, high))
        self.right.set_data([low, high], [low, high])
        ends = [np.clip(show(mean + side * std), low, high) for side in (-1.96, 1.96)]
        x, y = np.clip(x, low, high), np.clip(y, low, high)
        self.bars.set_segments([[(a, h), (b, h)] for a, b, h in zip(*ends, y, strict=True)])
        self.dots.set_data(x, y)
        self.newest.set_data(x[-1:], y[-1:])
        best = [int(np.argmin(told))] if len(told) else []
        self.star.set_data(x[best], y[best])
        self.say(self._sentence())
        return changed

    def _sentence(self) -> str:
        if not self.n:
            return f"{plural(self.trials, 'trial')}: the ensemble has predicted none of them yet"
        return f"{self.covered} of {plural(self.n, 'told value')} lie where the ensemble put 95 % of its belief"

    def alt(self) -> str:
        if self.error is None:
            return f"Predicted against told values of an ensemble: {self._sentence()}."
        off = f"{100 * self.error:.1f} points" if self.quantity.percent else style.number(self.error)
        return (
            f"Predicted against told {self.quantity.name} of {plural(self.n, 'architecture')}, each predicted before "
            f"it was evaluated: off by {off} on average. {self._sentence()}."
        )


def predictions(state: Steps, *, label: str | None = None) -> Figure:
    """Predicted against told values. state: a Trace of the method "bananas", or its steps."""
    trace = state if isinstance(state, Trace) else None
    steps = steps_of(state) if trace is None else ENSEMBLE.replayed(trace, "bananas")
    for step in steps:
        ENSEMBLE.of(step, "bananas")
    return PredictionPicture(Quantity(label or label_of(trace), accuracy=False)).render_static(steps)
