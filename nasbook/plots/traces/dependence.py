"""The value along each parameter: single configurations as thin lines, their mean as a thick one with its band."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import SubFigure

from nasbook.explain.dependence import Dependence, dependences
from nasbook.explain.source import Truth
from nasbook.parameters import Choice
from nasbook.plots import style
from nasbook.plots.data import Quantity, label_of
from nasbook.plots.picture import Picture
from nasbook.plots.style import Figure
from nasbook.plots.traces.attribution import guessed, needs
from nasbook.space import Scalar
from nasbook.trace import Trace

PANELS, ACROSS, LINES = 6, 3, 24
MOST_TICKS = 5


class DependencePicture(Picture[Sequence[Dependence]]):
    """A panel for each parameter, all with one vertical axis. State: a list of `Dependence`, one a panel."""

    def __init__(self, panels: int, quantity: Quantity | None = None) -> None:
        super().__init__()
        self.count, self.quantity = panels, quantity or Quantity("value", accuracy=False)
        self.rows, self.across = -(-panels // ACROSS), min(panels, ACROSS)
        self.figsize = (style.WIDTH, 0.95 + 2.1 * self.rows)

    def build(self, fig: Figure | SubFigure) -> None:
        self.title(fig)
        w, h = style.size(fig)
        self.note = self.second_line(fig)
        style.key(
            fig,
            [
                ("one configuration", style.line(style.GREY, lw=0.9)),
                ("mean over all", style.line(style.BELIEF, lw=2.2)),
                ("± 2 deviations of the trees", style.patch(style.BELIEF, 0.15)),
            ],
            top=0.58,
        )
        left, gap = self.quantity.left, 0.28
        wide = (w - left - 0.25 - gap * (self.across - 1)) / self.across
        self.axes = []
        for k in range(self.count):
            row, column = divmod(k, ACROSS)
            x = left + column * (wide + gap)
            top = 0.9 + 2.1 * row
            ax = style.axes(fig, x, h - top - 1.5, w - x - wide, top)
            if column == 0:
                ax.set_ylabel(style.shorten(self.quantity.axis, 1.6, style.NORMAL), fontsize=style.SMALL)
            else:
                ax.tick_params(labelleft=False)
            ax.set_xlabel(" ", fontsize=style.SMALL)
            self.axes.append(ax)
        self.ice = [
            [self.live(ax.plot([], [], color=style.GREY, lw=0.7, alpha=0.45, zorder=1.2)[0]) for _ in range(LINES)]
            for ax in self.axes
        ]
        self.bands = [self.live(style.polygon(ax, style.BELIEF, 0.15)) for ax in self.axes]
        self.means = [self.live(ax.plot([], [], color=style.BELIEF, lw=2.2, zorder=3)[0]) for ax in self.axes]

    def update(self, state: Sequence[Dependence]) -> bool:
        self.found, show = list(state), self.quantity.show
        lows, highs = [], []
        for k, one in enumerate(self.found):
            ax, mean, std = self.axes[k], show(one.mean), np.abs(show(one.std) - show(0.0))
            choice = isinstance(one.source.space.parameters[one.name], Choice)
            x = np.arange(len(one.at)) if choice else one.at
            lines = show(one.ice[:LINES])
            for line, values in zip(self.ice[k], lines, strict=False):
                line.set_data(x, values)
            style.set_band(self.bands[k], x, mean - 2 * std, mean + 2 * std)
            self.means[k].set_data(x, mean)
            self.means[k].set_marker("o" if choice or len(x) < 10 else "")
            self.means[k].set_markersize(4)
            pad = 0.5 if choice else 0.04 * (np.ptp(x) or 1)
            ax.set_xlim(x[0] - pad, x[-1] + pad)
            _ticks(ax, x, one.levels, ax.get_position().width * self.figsize[0])
            ax.set_xlabel(style.shorten(style.named(one.name), 1.9), fontsize=style.SMALL)
            lows.append(min(float(np.quantile(lines, 0.02)), float((mean - 2 * std).min())))
            highs.append(max(float(np.quantile(lines, 0.98)), float((mean + 2 * std).max())))
        low, high = min(lows), max(highs)
        room = 0.06 * ((high - low) or abs(high) or 1.0)
        for ax in self.axes:
            ax.set_ylim(low - room, high + room)
        self.note.set_text(style.clipped(self._basis(), style.WIDTH - 0.2, style.SMALL, "normal"))
        self.say(self._sentence())
        return True

    def _basis(self) -> str:
        source = self.found[0].source
        if isinstance(source, Truth):
            return f"Looked up in {style.named(str(source), 60)}"
        return guessed(source, self.quantity)

    def _change(self, one: Dependence) -> str:
        return f"{100 * one.reach:.1f} points" if self.quantity.percent else style.number(one.reach)

    def _sentence(self) -> str:
        first = max(self.found, key=lambda one: one.reach)
        if first.reach < 1e-12:
            return f"The mean {self.quantity.name} does not depend on {style.named(first.name)}"
        best = style.named(_text(first.levels[int(np.argmin(first.mean))]), 12)
        return (
            f"{style.named(first.name)} moves the mean {self.quantity.name} by {self._change(first)}: lowest at {best}"
        )

    def alt(self) -> str:
        parts = [
            f"{style.named(one.name)}: the mean goes from {self.quantity.text(float(one.mean.min()))} at "
            f"{style.named(_text(one.levels[int(np.argmin(one.mean))]), 12)} to "
            f"{self.quantity.text(float(one.mean.max()))} at "
            f"{style.named(_text(one.levels[int(np.argmax(one.mean))]), 12)}"
            for one in self.found
        ]
        return f"Partial dependence of the {self.quantity.name}. {'; '.join(parts)}. {self._basis()}."


def _text(level: object) -> str:
    return style.number(level) if isinstance(level, float) else str(level)


def _ticks(ax: Axes, x: np.ndarray, levels: Sequence[Scalar], wide: float) -> None:
    """As many levels as fit beside each other, the first and the last among them."""
    n, (low, high) = len(levels), ax.get_xlim()
    at = (np.asarray(x, float) - low) / (high - low) * wide  # inches from the left
    edge = 2 * np.minimum(at, wide - at) + 0.2  # wider words reach into the panel beside this one
    for count in range(min(n, MOST_TICKS), 0, -1):
        kept = np.unique(np.round(np.linspace(0, n - 1, count)).astype(int))
        room = np.minimum(wide / max(1, len(kept)) - 0.08, edge[kept])
        words = [style.shorten(style.named(_text(levels[k]), 12), max(0.3, r)) for k, r in zip(kept, room, strict=True)]
        if count == 1 or all(w == style.named(_text(levels[k]), 12) for w, k in zip(words, kept, strict=True)):
            break
    ax.set_xticks(x[kept], words)


def dependence(trace: Trace, *, parameters: str | Sequence[str] | None = None, **options: Any) -> Figure:
    """The value along single parameters, by default the six that matter most. parameters: a name or a list; further
    arguments: those of `nasbook.explain.dependence.dependences`."""
    needs(trace, "dependence")
    found = dependences(trace, parameters, **options)
    if parameters and len(found) > PANELS:
        raise ValueError(f"plot dependence: it draws at most {PANELS} parameters, not {len(found)}")
    quantity = Quantity(label_of(trace, options.get("task")), accuracy=False)
    return DependencePicture(len(found[:PANELS]), quantity).render_static(found[:PANELS])
