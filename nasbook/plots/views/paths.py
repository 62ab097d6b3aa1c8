"""A supernet place by place: what the strategy believes of each operation, how often each was trained, and how the
paths that it has judged stand to what they are worth when they are trained alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import SubFigure
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import MaxNLocator

from nasbook import registry
from nasbook.plots import style
from nasbook.plots.picture import Picture
from nasbook.plots.style import Figure, Looks
from nasbook.plots.viewed import SUPERNET, step_of
from nasbook.statistics.ranks import kendall
from nasbook.trace import Step, Trace

if TYPE_CHECKING:
    from nasbook.nas.parts.supernet import SupernetView

Truth = Callable[[Sequence[str]], float]  # operations of a path -> accuracy when trained alone
NARROW = 5  # as many columns leave room for the scatter beside them


def place_names(edges: Sequence[tuple[int, int]]) -> list[str]:
    """Of each place where it leads: "0 → 2"; with two cells, "normal 0 → 2" and "reduction 0 → 2"."""
    starts = sorted({i for i, _ in edges} - {j for _, j in edges})
    if len(starts) != 4:
        return [f"{i} → {j}" for i, j in edges]
    second = starts[2]
    return [f"normal {i} → {j}" if j < second else f"reduction {i - second} → {j - second}" for i, j in edges]


class PathsPicture(Picture["Step | SupernetView"]):
    """A table of places and operations, its colours what is believed, its numbers the updates of the weights; and a dot
    for each path that was judged with the present weights.

    State: a SupernetView, or a Step with one. edges, ops: those of the views. scatter: is there one? truth: the
    accuracy of a path trained alone, where it is known; else dots stand in the order in which they were judged."""

    depicts = SUPERNET

    def __init__(
        self, edges: Sequence[tuple[int, int]], ops: Sequence[str], scatter: bool = True, truth: Truth | None = None
    ) -> None:
        super().__init__()
        self.rows, self.ops, self.truth, self.scatter = place_names(edges), list(ops), truth, scatter
        self.beside = scatter and len(self.ops) <= NARROW
        self.high = len(self.rows) * (0.34 if len(self.rows) < 10 else 0.21)  # inches
        tall = max(self.high, 2.4) if self.beside else self.high + (2.9 if scatter else 0)
        self.figsize = (style.WIDTH, tall + 1.2)

    def build(self, fig: Figure | SubFigure) -> None:
        self.title(fig)
        most, least = (matplotlib.colormaps[style.SEQUENTIAL](x) for x in (1.0, 0.0))
        kept = Patch(facecolor="none", edgecolor=style.INCUMBENT, linewidth=2.2)
        keys = [("would be derived", kept), ("believed in most", Patch(facecolor=most)), ("least", Patch(color=least))]
        rows = style.key(fig, [*keys, ("numbers, if any: updates of its weights", style.dot("none"))])
        w, h = style.size(fig)
        wide = len(self.ops) > NARROW
        left = 0.2 + max(style.text_width(name, style.SMALL) for name in self.rows)
        right, top = 3.35 if self.beside else 0.15, (0.75 if wide else 0.6) + 0.2 * rows
        ax = style.axes(fig, left, h - top - self.high, right, top)
        ax.grid(False)
        shape = len(self.rows), len(self.ops)
        self.map = self.live(ax.imshow(np.zeros(shape), cmap=style.SEQUENTIAL, aspect="auto", zorder=1))
        broken = [re.sub(r"(?<=[a-z])(?=\dx\d$)", "\n", op) if wide else op for op in self.ops]
        ax.set_xticks(range(len(self.ops)), broken)
        ax.set_yticks(range(len(self.rows)), self.rows)
        ax.tick_params(length=0, labeltop=True, labelbottom=False)
        ax.spines[:].set_visible(False)
        look: Looks = {"ha": "center", "va": "center", "fontsize": style.SMALL, "zorder": 3}
        self.numbers = [
            [self.live(style.add_words(ax, o, p, **look)) for o in range(shape[1])] for p in range(shape[0])
        ]
        box: Looks = {"fill": False, "ec": style.INCUMBENT, "lw": 2.2, "zorder": 4, "clip_on": False}
        self.boxes = [Rectangle((-0.5, p - 0.5), 1, 1, **box) for p in range(shape[0])]
        for one in self.boxes:
            self.live(ax.add_patch(one))
        if self.scatter:
            below = (0.8, 0.5, 0.15, h - 2.9)
            self._scatter(style.axes(fig, *((w - right + 0.8, 0.5, 0.15, 0.6) if self.beside else below)))

    def _scatter(self, ax: Axes) -> None:
        self.ax = ax
        ax.set_xlabel("accuracy when trained alone (%)" if self.truth else "in the order of judging")
        ax.set_ylabel("score in the supernet, low is good")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
        self.dots = self.live(ax.plot([], [], "o", color=style.TRIAL, ms=4, alpha=0.7, zorder=2)[0])
        self.star = self.live(ax.plot([], [], ms=14, ls="none", zorder=3, clip_on=False, **style.STAR)[0])

    def update(self, state: Step | SupernetView) -> bool:
        self.view = view = SUPERNET.of(state, "paths")
        if np.shape(view.weights) != (len(self.rows), len(self.ops)):
            raise ValueError("paths: these views have other places or operations than the picture was made for")
        table = np.nan_to_num(np.array(view.weights, float))
        low, high = float(table.min()), float(table.max())
        bright = (table - low) / (high - low or 1.0)
        self.map.set_data(bright)
        self.map.set_norm(Normalize(0, 1))
        for p, row in enumerate(self.numbers):
            for o, text in enumerate(row):
                text.set_text("" if view.counts is None else str(view.counts[p][o]))
                text.set_color(style.INK if bright[p, o] > 0.6 else "white")
            op = self.ops.index(view.cell[p]) if view.cell[p] in self.ops else 0
            self.boxes[p].set_xy((op - 0.5, p - 0.5))
            self.boxes[p].set_visible(view.cell[p] != "none" or len(self.ops) <= NARROW)  # there, `none` is a choice
        self.say(self._sentence())
        if self.scatter:
            self._judged()
        return True

    def _judged(self) -> None:
        paths = self.view.scatter or ()
        y = np.array([score for _, score in paths], float)
        x = np.array([100 * self.truth(ops) if self.truth else n for n, (ops, _) in enumerate(paths, 1)], float)
        self.dots.set_data(x, y)
        best = [int(y.argmin())] if len(y) else []
        self.star.set_data(x[best], y[best])
        if len(y):
            for set_limits, values in ((self.ax.set_xlim, x), (self.ax.set_ylim, y)):
                room = 0.06 * (np.ptp(values) or 1.0)
                set_limits(values.min() - room, values.max() + room)

    def tau(self) -> float | None:
        """Kendall's τ of the judged paths: does the supernet order them as training alone does? None where fewer than
        eight scores differ, of which it would say nothing, or where the truth is not known."""
        paths = self.view.scatter or ()
        if self.truth is None or len({score for _, score in paths}) < 8:
            return None
        found = kendall([-score for _, score in paths], [self.truth(ops) for ops, _ in paths])
        return found if np.isfinite(found) else None

    def _sentence(self) -> str:
        view, tau = self.view, self.tau()
        text = f"Epoch {view.epoch} of {view.epochs}" + (f", {view.stage}" if view.stage else "")
        judged = f": {style.plural(len(view.scatter), 'path')} judged, the best" if view.scatter else ":"
        text += f"{judged} {100 * view.val_accuracy:.1f} % right"
        return text if tau is None else f"{text}, τ with the truth " + f"{tau:.2f}".replace("-", "−")

    def alt(self) -> str:
        view = self.view
        kept = ", ".join(f"{name} {op}" for name, op in zip(self.rows, view.cell, strict=True) if op != "none")
        text = f"{self._sentence()}. Would be derived: {kept or 'nothing'}."
        if view.counts is not None:
            used = [n for row in view.counts for n in row]
            text += f" Updates of an operation: {min(used)} to {max(used)}."
        return text


def paths(
    state: Trace | Step | SupernetView | Sequence[Step | SupernetView], *, step: int = -1, truth: Truth | None = None
) -> Figure:
    """What a strategy on a supernet believes, has trained and has judged. state: a Trace of such a strategy, its steps,
    a Step or a SupernetView. step: which of a trace's. truth: accuracy of a path (its operations) trained alone; a
    trace of 'digits-cells' looks it up."""
    if isinstance(state, Trace):
        truth = truth or truth_of(state)
        state = SUPERNET.replayed(state, "paths")
    if isinstance(state, Sequence) and not isinstance(state, str):
        state = step_of(state, step, "paths")
    view = SUPERNET.of(state, "paths")
    return PathsPicture(view.edges, view.ops, view.scatter is not None, truth).render_static(view)


def truth_of(trace: Trace) -> Truth | None:
    """The table of accuracies of a trace of 'digits-cells'; None for another task."""
    data = trace.header.arguments.get("data", "digits")
    if trace.header.task != "digits-cells" or data not in ("digits", "messy", "textures"):
        return None
    table = registry.make("task", f"digits201-{data}")
    return lambda ops: table.test_accuracy(tuple(ops))
