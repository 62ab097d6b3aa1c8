"""Architecture weights: softmax(α) of every edge over the epochs, and what the training of a supernet looks like."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from matplotlib.figure import SubFigure
from matplotlib.ticker import MaxNLocator

from nasbook.nas.spaces.nb201.cell import EDGES, OPS, CellLike
from nasbook.plots import style
from nasbook.plots.cell import LOOKS, NODES, check_edges, count
from nasbook.plots.picture import Picture
from nasbook.plots.style import Figure, Limits, nice_ceiling
from nasbook.plots.viewed import SUPERNET, WEIGHTS, Views, views_of
from nasbook.trace import Step, Trace

if TYPE_CHECKING:
    from nasbook.nas.parts.supernet import SupernetView
    from nasbook.nas.reptile import ReptileView


V = TypeVar("V", bound="SupernetView | ReptileView")


def edge_views_of(draws: Views[V], state: object, kind: str) -> list[V]:
    """The views of a Trace, of steps, or views themselves; ValueError where they are not those that are drawn, or not
    of the edges of a cell of NAS-Bench-201."""
    views = views_of(draws, state, kind)
    for view in views:
        check_edges(kind, view)
    return views


class WeightsPicture(Picture):
    """Six small panels, one an edge: the weight of each operation against the epoch.

    State: a sequence of DartsViews, or of Steps that have them, up to the epoch shown. epochs: the budget.
    """

    figsize = (style.WIDTH, 4.4)
    depicts = WEIGHTS

    def __init__(self, epochs: int | None = None, ops: Sequence[str] = OPS) -> None:
        super().__init__()
        self.epochs, self.ops = epochs, list(ops)
        self.x_end = epochs or 10
        self.y = Limits(0.0, 0.5, room=0.1)

    def build(self, fig: Figure | SubFigure) -> None:
        self.title(fig)
        w, h = style.size(fig)
        order = [op for op in ("conv3x3", "conv1x1", "avgpool", "skip", "none") if op in self.ops]
        rows = style.key(fig, [(op, style.line(LOOKS[op][0], LOOKS[op][1])) for op in order])
        left, right, bottom, top, gap_x, gap_y = 0.62, 0.15, 0.5, 0.66 + 0.2 * rows, 0.22, 0.42
        wide, high = (w - left - right - 2 * gap_x) / 3, (h - bottom - top - gap_y) / 2
        self.panels, self.lines, self.heads = [], [], []
        for k in range(len(EDGES)):
            row, column = divmod(k, 3)
            x, y = left + column * (wide + gap_x), bottom + (1 - row) * (high + gap_y)
            ax = style.axes(fig, x, y, w - x - wide, h - y - high)
            ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
            ax.yaxis.set_major_locator(MaxNLocator(nbins=4))
            ax.tick_params(labelleft=column == 0, labelbottom=row == 1)
            if row == 1:
                ax.set_xlabel("epoch")
            if column == 0:
                ax.set_ylabel("weight")
            self.lines.append(
                [self.live(ax.plot([], [], color=LOOKS[op][0], ls=LOOKS[op][1], lw=1.8)[0]) for op in self.ops]
            )
            self.heads.append(
                self.live(
                    style.add_words(ax, 0, 1.04, axes_fraction=True, fontsize=style.SMALL, weight="bold", va="bottom")
                )
            )
            self.panels.append(ax)
        self._limits()

    def _limits(self) -> None:
        for ax in self.panels:
            ax.set(xlim=(0, self.x_end), ylim=(0, min(1.0, self.y.pair[1])))

    def update(self, state: Any) -> bool:
        views, changed = edge_views_of(WEIGHTS, state, "weights"), False
        self.epoch = [int(v.epoch) for v in views]
        self.weights = np.array([v.weights for v in views], float).reshape(len(views), len(EDGES), len(self.ops))
        if views and self.epoch[-1] > self.x_end:
            self.x_end, changed = nice_ceiling(self.epoch[-1]), True
        if views and self.y.include(self.weights):
            changed = True
        if changed:
            self._limits()
        self.leaders = []
        for k, (i, j) in enumerate(EDGES):
            for o, line in enumerate(self.lines[k]):
                line.set_data(self.epoch, self.weights[:, k, o])
            text = f"{NODES[i]} → {NODES[j]}"
            if views:
                leader = int(self.weights[-1, k].argmax())
                self.leaders.append((self.ops[leader], float(self.weights[-1, k, leader])))
                text += f": {self.ops[leader]} {self.leaders[-1][1]:.2f}"
            self.heads[k].set_text(text)
        self.say(self._sentence())
        return changed

    def _sentence(self) -> str:
        if not self.epoch:
            return "No epoch has ended yet: every operation has the same weight"
        where = f"Epoch {self.epoch[-1]}" + (f" of {self.epochs}" if self.epochs else "")
        return f"{where}: the strongest on each edge: {count([op for op, _ in self.leaders])}"

    def alt(self) -> str:
        if not self.leaders:
            return "Architecture weights: no epoch has ended yet."
        parts = [f"{NODES[i]} to {NODES[j]} {op} {w:.2f}" for (i, j), (op, w) in zip(EDGES, self.leaders, strict=True)]
        return f"Softmax weights after epoch {self.epoch[-1]}, the largest of each edge: {', '.join(parts)}."


WEIGHTLESS = ("skip", "avgpool")


class TrainingPicture(Picture["Sequence[Step | SupernetView]"]):
    """The supernet's validation accuracy and, where a table knows it, the true accuracy of the cell that would be
    derived now; below, how many of its edges have no weights (skip or average pooling). Many are the sign of a
    collapse.

    State: as for WeightsPicture. truth: a function from a cell (names of six operations) to its error, or None.
    """

    figsize = (style.WIDTH, 3.9)
    depicts = SUPERNET

    def __init__(self, epochs: int | None = None, truth: Callable[[CellLike], float | None] | None = None) -> None:
        super().__init__()
        self.epochs, self.truth = epochs, truth
        self.x_end = epochs or 10
        self.y = Limits(0.0, 100.0)
        self._known: dict[tuple[int | str, ...], float] = {}

    def build(self, fig: Figure | SubFigure) -> None:
        self.title(fig)
        entries = [("supernet, validation", style.line(style.BELIEF))]
        if self.truth:
            entries.append(("derived cell trained alone", style.line(style.HIDDEN, style.DASH, marker="o", ms=4)))
        rows = style.key(fig, entries)
        _, h = style.size(fig)
        self.ax = style.axes(fig, 0.75, 1.6, 0.2, 0.5 + 0.2 * rows)
        self.low = style.axes(fig, 0.75, 0.5, 0.2, h - 1.3)
        self.ax.set(ylabel="accuracy (%)", ylim=(0, 102))
        self.ax.tick_params(labelbottom=False)
        self.low.set(ylabel="weight-\nless", xlabel="epoch", ylim=(0, len(EDGES) + 0.3), yticks=[0, 3, 6])
        self.low.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
        self.own = self.live(self.ax.plot([], [], color=style.BELIEF, zorder=2)[0])
        self.true = self.live(
            self.ax.plot([], [], color=style.HIDDEN, ls=style.DASH, marker="o", ms=4, lw=1.4, zorder=2.1)[0]
        )
        self.free = self.live(self.low.plot([], [], color=style.INK, drawstyle="steps-mid", zorder=2)[0])
        self._limits()

    def _limits(self) -> None:
        for ax in (self.ax, self.low):
            ax.set_xlim(0, self.x_end)

    def _true(self, cell: CellLike) -> float:
        key = tuple(cell)
        if key not in self._known:
            error = self.truth(cell) if self.truth else None
            self._known[key] = np.nan if error is None else 100 * (1 - float(error))
        return self._known[key]

    def update(self, state: Sequence[Step | SupernetView]) -> bool:
        views, changed = edge_views_of(SUPERNET, state, "training"), False
        epoch = [int(v.epoch) for v in views]
        if views and epoch[-1] > self.x_end:
            self.x_end, changed = nice_ceiling(epoch[-1]), True
            self._limits()
        accuracy = 100 * np.array([v.val_accuracy for v in views], float)
        true = np.array([self._true(v.cell) for v in views], float)
        self.own.set_data(epoch, accuracy)
        self.true.set_data(epoch, true)
        free = [sum(op in WEIGHTLESS for op in v.cell) for v in views]
        self.free.set_data(epoch, free)
        self.last = (epoch[-1], accuracy[-1], true[-1], free[-1]) if views else None
        self.peak = (float(np.nanmax(true)), epoch[int(np.nanargmax(true))]) if np.isfinite(true).any() else None
        self.say(self._sentence())
        return changed

    def _sentence(self) -> str:
        if self.last is None:
            return "No epoch has ended yet"
        epoch, own, true, free = self.last
        text = f"Epoch {epoch}" + (f" of {self.epochs}" if self.epochs else "")
        text += f": supernet {own:.1f} %"
        if np.isfinite(true):
            text += f", derived cell {true:.1f} %"
        return f"{text}, {free} of {len(EDGES)} edges weightless"

    def alt(self) -> str:
        text = self._sentence() + "."
        if self.peak is not None:
            text += f" The best derived cell was that of epoch {self.peak[1]}, with {self.peak[0]:.1f} %."
        return text


def weights(state: Trace | Sequence[Step | SupernetView | ReptileView], *, epochs: int | None = None) -> Figure:
    """softmax(α) per edge over the epochs. state: a DARTS Trace, or a sequence of Steps or DartsViews."""
    if isinstance(state, Trace):
        epochs = epochs or len(state)
    return WeightsPicture(epochs).render_static(state)


def training(
    state: Trace | Sequence[Step | SupernetView],
    *,
    epochs: int | None = None,
    truth: Callable[[CellLike], float | None] | None = None,
) -> Figure:
    """The supernet's accuracy, and the derived cell's edges without weights. truth: see TrainingPicture."""
    if isinstance(state, Trace):
        epochs = epochs or len(state)
    return TrainingPicture(epochs, truth).render_static(edge_views_of(SUPERNET, state, "training"))
