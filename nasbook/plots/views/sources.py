"""What RGPE believed of each source and of the target's own model, trial by trial."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import SubFigure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from nasbook.plots import style
from nasbook.plots.picture import Picture
from nasbook.plots.style import Figure, Looks, number, plural
from nasbook.plots.viewed import RGPE, views_of
from nasbook.trace import Step, Trace

if TYPE_CHECKING:
    from nasbook.nas.rgpe import RGPEView

TARGET = "target"
SHOWN = len(style.RACERS)  # so many sources have a line of their own
REST = "other sources"


class SourcesPicture(Picture["Sequence[Step | RGPEView]"]):
    """Above: the weight of each model when a trial was chosen. Below: the share of the pairs of target trials that it
    puts in the wrong order; one half is guessing. The target's own model is black; where nothing is weighed yet (the
    sources' best and random trials), nothing is drawn.

    State: a sequence of RGPEViews, or of Steps with them. names: the models, the target's last. trials: of the search.
    """

    figsize = (style.WIDTH, 4.6)
    depicts = RGPE

    def __init__(self, names: Sequence[str], trials: int | None = None) -> None:
        super().__init__()
        self.names, self.trials = list(names), trials
        self.x_end = trials or 20
        sources = len(self.names) - 1
        own = sources if sources <= SHOWN else SHOWN - 1
        twice = {name for name in self.names if self.names.count(name) > 1}
        seen = [f"{n} ({self.names[: i + 1].count(n)})" if n in twice else n for i, n in enumerate(self.names)]
        self.groups = [(seen[i], [i]) for i in range(own)]
        if own < sources:
            self.groups.append((f"{sources - own} {REST}", list(range(own, sources))))
        self.groups.append((TARGET, [sources]))

    def build(self, fig: Figure | SubFigure) -> None:
        looks: dict[str, Looks] = {
            label: {"color": color, "ls": ls, "marker": marker}
            for (label, _), (color, ls, marker) in zip(self.groups[:-1], style.RACERS, strict=False)
        }
        looks[TARGET] = {"color": style.INK, "ls": "-", "marker": "o"}
        short = {label: style.shorten(style.named(label), 2.4) for label in looks}
        self.title(fig)
        rows = style.key(
            fig,
            [
                (short[k], style.line(look["color"], look["ls"], marker=look["marker"], ms=4))
                for k, look in looks.items()
            ],
        )
        _, h = style.size(fig)
        top = 0.45 + 0.2 * rows
        middle = 0.5 + (h - top - 0.5) * 0.45
        self.ax = style.axes(fig, 0.7, middle + 0.12, 0.2, top)
        self.below = style.axes(fig, 0.7, 0.5, 0.2, h - middle + 0.12)
        self.ax.set(ylabel="weight", ylim=(-0.05, 1.05))
        self.below.set(ylabel="pairs wrong (%)", xlabel="trial", ylim=(0, 104))
        self.below.axhline(50, color=style.HIDDEN, ls=style.DASH, lw=1.1, zorder=1.5)
        guess: Looks = {"fontsize": style.SMALL, "color": style.FAINT, "va": "bottom"}
        style.add_words(self.below, 0.006, 0.5, "guessing", axes_fraction=True, **guess)
        self.ax.tick_params(labelbottom=False)
        self.lines: list[tuple[Line2D, Line2D]] = []
        for ax in (self.ax, self.below):
            ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
            ax.set_xlim(0, 1.02 * self.x_end + 0.5)
        for k, look in enumerate(looks.values()):
            drawn = [ax.plot([], [], ms=3.5, lw=1.6, zorder=2 + 0.1 * k, **look)[0] for ax in (self.ax, self.below)]
            self.lines.append((self.live(drawn[0]), self.live(drawn[1])))

    def update(self, state: Sequence[Step | RGPEView]) -> bool:
        views = [self.view_of(v) for v in state]
        self.n, changed = len(views), False
        if self.n > self.x_end:
            self.x_end, changed = style.nice_ceiling(self.n), True
            for ax in (self.ax, self.below):
                ax.set_xlim(0, 1.02 * self.x_end + 0.5)
        weighed = [(k, v) for k, v in enumerate(views, 1) if v.weights]
        at = [k for k, _ in weighed]
        w = np.array([v.weights for _, v in weighed]).reshape(len(at), len(self.names))
        loss = np.array([v.loss for _, v in weighed]).reshape(len(at), len(self.names))
        for (above, below), (_, places) in zip(self.lines, self.groups, strict=True):
            above.set_data(at, w[:, places].sum(1) if at else [])
            below.set_data(at, 100 * loss[:, places].min(1) if at else [])
        self.weights = {label: float(w[-1, places].sum()) for label, places in self.groups} if at else {}
        self.losses = {label: float(loss[-1, places].min()) for label, places in self.groups} if at else {}
        self.say(self._sentence())
        return changed

    def _sentence(self) -> str:
        if len(self.names) == 1:
            return f"{plural(self.n, 'trial')}: there is no source, so the target's model has all the weight"
        if not self.weights:
            return f"{plural(self.n, 'trial')}: nothing has been weighed yet"
        top = max(self.weights, key=lambda k: self.weights[k])
        mine = number(self.weights[TARGET], 2)
        if top == TARGET:
            return f"Trial {self.n}: the target's own model is believed most, weight {mine}"
        most = number(self.weights[top], 2)
        are = "are" if top.endswith(REST) else "is"
        return f"Trial {self.n}: {top} {are} believed most, weight {most}; the target's own model {mine}"

    def alt(self) -> str:
        if not self.weights:
            return f"Weights of {plural(len(self.names) - 1, 'source model')} over the trials. {self._sentence()}."
        told = "; ".join(
            f"{label} weighs {number(w, 2)} and puts {100 * self.losses[label]:.0f} % of the pairs in the wrong order"
            for label, w in self.weights.items()
        )
        models = plural(len(self.names) - 1, "source model")
        return f"Weights of {models} over {plural(self.n, 'trial')}. At the end {told}."


def sources(state: Trace | Sequence[Step | RGPEView], *, trials: int | None = None) -> Figure:
    """The weight of each source over the trials, and how it orders them. state: a Trace of the method "rgpe", or its
    steps."""
    views = views_of(RGPE, state, "rgpe")
    if not views:
        raise ValueError("rgpe: there are no steps yet")
    return SourcesPicture(views[0].names, trials or len(views)).render_static(views)
