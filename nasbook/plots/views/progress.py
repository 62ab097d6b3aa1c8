"""How the training of a supernet goes, epoch by epoch: its losses, and the temperature, latency or reward it has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import SubFigure
from matplotlib.ticker import MaxNLocator
from matplotlib.typing import LineStyleType

from nasbook.plots import style
from nasbook.plots.picture import Picture
from nasbook.plots.style import Figure, Limits, nice_ceiling, number
from nasbook.plots.viewed import SUPERNET, views_of
from nasbook.trace import Step, Trace

if TYPE_CHECKING:
    from nasbook.nas.parts.supernet import SupernetView

QUANTITIES = {  # fields of a view that not every strategy has: the label of the axis, in words, colour
    "temperature": ("temperature\nof a sample", "temperature {}", style.ORANGE),
    "expected_cost": ("expected\nlatency (µs)", "latency {} µs", style.GREEN),
    "reward": ("mean reward", "reward {}", style.PURPLE),
}
HIGH, GAP, TOP, BOTTOM = 1.25, 0.18, 0.66, 0.5  # of a panel, between two, above and below them all, inches


class ProgressPicture(Picture["Sequence[Step | SupernetView]"]):
    """One panel above the other: the losses of the supernet, and what else its strategy has.

    State: a sequence of SupernetViews, or of Steps that have them, up to the epoch shown. epochs: the budget. shows:
    which of QUANTITIES there are. A dotted line parts two stages.
    """

    depicts = SUPERNET

    def __init__(self, epochs: int | None = None, shows: Sequence[str] = ()) -> None:
        super().__init__()
        self.epochs, self.shows = epochs, [name for name in QUANTITIES if name in shows]
        self.x_end = epochs or 10
        n = 1 + len(self.shows)
        self.figsize = (style.WIDTH, TOP + 0.2 + n * HIGH + (n - 1) * GAP + BOTTOM)
        self.limits = {name: Limits() for name in ("loss", *self.shows)}

    def build(self, fig: Figure | SubFigure) -> None:
        self.title(fig)
        looks: dict[str, tuple[str, LineStyleType]] = {
            "train_loss": (style.BELIEF, "-"),
            "val_loss": (style.INK, style.DASH),
        }
        words = {"train_loss": "training images", "val_loss": "validation images"}
        rows = style.key(fig, [(words[name], style.line(*look)) for name, look in looks.items()])
        _, h = style.size(fig)
        top, n = TOP - 0.2 + 0.2 * rows, 1 + len(self.shows)
        high = (h - top - BOTTOM - (n - 1) * GAP) / n
        self.panels, self.lines = {}, {}
        for k, name in enumerate(("loss", *self.shows)):
            above = top + k * (high + GAP)
            ax = self.panels[name] = style.axes(fig, 0.95, h - above - high, 0.2, above)
            ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
            ax.yaxis.set_major_locator(MaxNLocator(nbins=4))
            ax.set_ylabel("loss" if name == "loss" else QUANTITIES[name][0])
            ax.tick_params(labelbottom=k == n - 1)
            for field, (color, ls) in looks.items() if name == "loss" else [(name, (QUANTITIES[name][2], "-"))]:
                self.lines[field] = self.live(ax.plot([], [], color=color, ls=ls, marker=".", ms=4, zorder=2)[0])
        ax.set_xlabel("epoch")
        self.borders = [
            self.live(ax.plot([], [], color=style.GREY, ls=style.DOT, lw=1.2, zorder=1.5)[0])
            for ax in self.panels.values()
        ]
        self._limits()

    def _limits(self) -> None:
        for name, ax in self.panels.items():
            ax.set(xlim=(0, self.x_end), ylim=self.limits[name].pair)

    def update(self, state: Sequence[Step | SupernetView]) -> bool:
        views, changed = views_of(SUPERNET, state, "progress"), False
        epoch = [int(v.epoch) for v in views]
        if views and epoch[-1] > self.x_end:
            self.x_end, changed = nice_ceiling(epoch[-1]), True
        self.last = views[-1] if views else None
        seen: dict[str, list[float]] = {name: [] for name in self.panels}
        for field, line in self.lines.items():
            values = np.array([np.nan if (x := getattr(v, field)) is None else x for v in views], float)
            line.set_data(epoch, values)
            seen["loss" if field.endswith("_loss") else field].extend(values)
        for name, numbers in seen.items():
            changed |= self.limits[name].include(numbers)
        ends = [v.epoch for v, after in zip(views, views[1:], strict=False) if v.stage != after.stage]
        for border in self.borders:
            border.set_data([x + 0.5 for x in ends for _ in range(3)], [-1e9, 1e9, np.nan] * len(ends))
        if changed:
            self._limits()
        self.say(self._sentence())
        return changed

    def _sentence(self) -> str:
        if self.last is None:
            return "No epoch has ended yet"
        text = f"Epoch {self.last.epoch}" + (f" of {self.epochs}" if self.epochs else "")
        text += f", {self.last.stage}" if self.last.stage else ""
        parts = [f"loss {number(self.last.val_loss)}"]
        parts += [QUANTITIES[name][1].format(number(getattr(self.last, name))) for name in self.shows]
        return f"{text}: {', '.join(parts)}"

    def alt(self) -> str:
        learned = f" On the training images the loss is {number(self.last.train_loss)}." if self.last else ""
        return f"The training of a supernet. {self._sentence()}.{learned}"


def progress(state: Trace | Sequence[Step | SupernetView], *, epochs: int | None = None) -> Figure:
    """The losses of a supernet over the epochs, with temperature, expected latency and reward where its strategy has
    them. state: a Trace, or a sequence of Steps or SupernetViews."""
    views = views_of(SUPERNET, state, "progress")
    if isinstance(state, Trace):
        epochs = epochs or len(state)
    shows = [name for name in QUANTITIES if any(getattr(v, name) is not None for v in views)]
    return ProgressPicture(epochs, shows).render_static(views)
