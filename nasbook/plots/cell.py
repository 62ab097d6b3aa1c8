"""A cell as a graph from left to right, and the supernet that contains every cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import SubFigure
from matplotlib.lines import Line2D
from matplotlib.typing import LineStyleType

from nasbook.nas.spaces.nb201.cell import EDGE_NAMES, EDGES, OPS, CellLike, to_cell
from nasbook.plots import style
from nasbook.plots.data import Quantity, label_of
from nasbook.plots.picture import Picture
from nasbook.plots.style import Figure
from nasbook.plots.viewed import WEIGHTS, step_of
from nasbook.task import Task
from nasbook.trace import Step, Trace, Trial

if TYPE_CHECKING:
    from nasbook.nas.parts.supernet import SupernetView
    from nasbook.nas.reptile import ReptileView

# The look of an operation, the same in every picture: (colour, dash, width relative to a 3×3 convolution).
LOOKS: dict[str, tuple[str, LineStyleType, float]] = {
    "conv3x3": (style.BLUE, "-", 1.0),
    "conv1x1": (style.SKY, (0, (7, 1.2)), 1.0),
    "avgpool": (style.PURPLE, (0, (3, 1.2, 1, 1.2)), 1.0),
    "skip": (style.INK, (0, (4, 2.5)), 0.7),
    "none": (style.GREY, (0, (1, 1.6)), 0.7),
}
NODES = ("in", "1", "2", "out")
RISE = {(0, 1): 0.0, (1, 2): 0.0, (2, 3): 0.0, (0, 2): 1.0, (1, 3): -1.0, (0, 3): 1.8}  # the short cuts are arcs
T = np.linspace(0, 1, 33)


def arc(i: int, j: int, offset: float = 0.0, stretch: float = 1.0) -> np.ndarray:
    """(33, 2) points of the edge i → j; `offset` bends it away from its siblings, which meet it at the nodes."""
    rise = RISE[i, j] * stretch
    return np.c_[i + (j - i) * T, 4 * T * (1 - T) * rise + offset * np.minimum(1, 2.2 * np.sin(np.pi * T))]


def dashed(dash: LineStyleType, width: float) -> LineStyleType:
    """The dash pattern for a line of this width. matplotlib lengthens dashes with it; here only up to 2.5 points."""
    if isinstance(dash, str):
        return dash
    return dash[0], tuple(d * min(1.0, 2.5 / width) for d in dash[1])


def stage(picture: Picture, fig: Figure | SubFigure, top: float, low: float = -1.3, high: float = 2.15) -> Axes:
    """Bare axes with the four nodes in their places; live, because they stand above the edges."""
    ax = style.bare(style.axes(fig, 0.1, 0.1, 0.1, top))
    ax.set(xlim=(-0.3, 3.3), ylim=(low, high))
    for i, name in enumerate(NODES):
        picture.live(ax.plot(i, 0, "o", ms=23, mfc="white", mec=style.INK, mew=1.4, zorder=5)[0])
        picture.live(style.add_words(ax, i, -0.015, name, ha="center", va="center", fontsize=style.SMALL, zorder=6))
    return ax


def used_edges(cell: CellLike) -> dict[tuple[int, int], bool]:
    """The edges that are not `none`, and whether each is used: on a way from input to output."""
    there = [edge for edge, op in zip(EDGES, to_cell(cell), strict=True) if OPS[op] != "none"]
    fed, heard = {0}, {len(NODES) - 1}
    for i, j in sorted(there):
        fed |= {j} if i in fed else set()
    for i, j in sorted(there, key=lambda edge: -edge[1]):
        heard |= {i} if j in heard else set()
    return {(i, j): {i, j} <= fed & heard for i, j in there}


def count(ops: Sequence[str]) -> str:
    """'3 conv3x3, 2 skip, 1 none'."""
    order = [op for op in ("conv3x3", "conv1x1", "avgpool", "skip", "none") if op in ops]
    return ", ".join(f"{list(ops).count(op)} {op}" for op in order)


class CellPicture(Picture):
    """One cell. Edges carry the name of their operation; `none` is not drawn; what is cut off is pale.

    State: a cell (whatever `to_cell` takes), a Trial, a Step, or a DartsView, whose weights make the edges thick.
    """

    figsize = (style.WIDTH, 3.2)

    def __init__(self, quantity: Quantity = Quantity("validation error")) -> None:  # noqa: B008
        super().__init__()
        self.quantity = quantity

    def build(self, fig: Figure | SubFigure) -> None:
        self.title(fig)
        ax = stage(self, fig, 0.4)
        self.lines: dict[tuple[int, int], Line2D] = {}
        self.labels = {}
        for i, j in EDGES:
            points = arc(i, j)
            self.lines[i, j] = self.live(ax.plot(*points.T, color=style.INK, zorder=2, solid_capstyle="butt")[0])
            x, y = points[16]
            self.labels[i, j] = self.live(
                style.add_words(ax, x, y, ha="center", va="center", fontsize=style.SMALL, zorder=4, ground="white")
            )

    def update(self, state: Any) -> bool:
        trial = state.trial if isinstance(state, Step) else state if isinstance(state, Trial) else None
        weights = getattr(state, "weights", None)
        spec = trial.config if trial is not None else getattr(state, "cell", state)
        if isinstance(spec, Mapping) and spec.keys() > set(EDGE_NAMES):  # of a joined space
            spec = {name: spec[name] for name in EDGE_NAMES}
        try:
            self.cell = to_cell(spec)
        except (TypeError, ValueError) as error:
            raise ValueError(f"cell draws a cell of NAS-Bench-201, and this is none: {error}") from None
        self.ops = [OPS[op] for op in self.cell]
        self.used = used = used_edges(self.cell)
        for k, edge in enumerate(EDGES):
            op, line, label = self.ops[k], self.lines[edge], self.labels[edge]
            line.set_visible(op != "none")
            label.set_text("" if op == "none" else op)
            if op == "none":
                continue
            colour, dash, wide = LOOKS[op]
            weight = None if weights is None else float(weights[k][self.cell[k]])
            width = 3.2 * wide if weight is None else 1.0 + 9.0 * weight
            line.set(color=colour, linewidth=width, alpha=1.0 if used[edge] else 0.25)
            line.set_linestyle(dashed(dash, width))
            label.set_color(style.INK if used[edge] else style.GREY)
            if weight is not None:
                label.set_text(f"{op} {weight:.2f}")
        self.lost = sum(not u for u in used.values())
        self.connected = any(used.values())  # an edge is used if it is on a way from input to output
        text = count(self.ops)
        if trial is not None:
            q, value = self.quantity, trial.value
            found = trial.status if value is None else f"{q.name} {q.text(value)}"
            text = f"Trial {trial.id + 1}: {found}; {text}"
        elif weights is not None:
            text = f"Epoch {state.epoch}: the derived cell has {text}"
        if self.lost:
            text += f"; {style.plural(self.lost, 'edge')} cut off"
        if not self.connected:
            text += "; no way from in to out"
        self.say(text)
        return False

    def alt(self) -> str:
        edges = ", ".join(f"{NODES[i]} to {NODES[j]} {op}" for (i, j), op in zip(EDGES, self.ops, strict=True))
        lost = f" {style.plural(self.lost, 'edge')} without effect." if self.lost else ""
        way = "" if self.connected else " No path leads from the input to the output."
        return f"A cell as a graph: {edges}.{lost}{way}"


def check_edges(kind: str, view: SupernetView | ReptileView) -> None:
    """ValueError unless the view has weights for the six edges and five operations of a cell of NAS-Bench-201."""
    if np.shape(view.weights) != (len(EDGES), len(OPS)):
        raise ValueError(f"{kind} draws the {len(EDGES)} edges of a cell of NAS-Bench-201; 'paths' draws this supernet")


class SupernetPicture(Picture["Step | SupernetView | ReptileView"]):
    """The supernet: on every edge a line for each operation, thick by its weight. `none` is not drawn.

    State: a DartsView (epoch, weights (6, 5), ops, edges), or a Step that has one. epochs: the budget, for the title.
    """

    figsize = (style.WIDTH, 4.2)
    depicts = WEIGHTS

    def __init__(self, epochs: int | None = None, ops: Sequence[str] = OPS) -> None:
        super().__init__()
        self.epochs, self.ops = epochs, list(ops)
        self.drawn = [op for op in self.ops if op != "none"]

    def build(self, fig: Figure | SubFigure) -> None:
        self.title(fig)
        rows = style.key(fig, [(op, style.line(LOOKS[op][0], LOOKS[op][1], lw=2.4)) for op in self.drawn])
        ax = stage(self, fig, 0.42 + 0.2 * rows, -1.75, 3.2)
        self.lines, self.labels = {}, {}
        middle = (len(self.drawn) - 1) / 2
        for i, j in EDGES:
            for k, op in enumerate(self.drawn):
                colour, dash, _ = LOOKS[op]
                points = arc(i, j, 0.14 * (middle - k), 1.35)
                (line,) = ax.plot(*points.T, color=colour, ls=dash, zorder=2, solid_capstyle="butt")
                self.lines[i, j, op] = self.live(line)
            x, y = arc(i, j, 0.0, 1.35)[16]
            inside = -1 if (i, j) == (0, 2) else 1  # under its arc, where no other edge passes
            va = "bottom" if inside > 0 else "top"
            self.labels[i, j] = self.live(
                style.add_words(
                    ax, x, y + 0.33 * inside, ha="center", va=va, fontsize=style.SMALL, zorder=4, color=style.INK
                )
            )

    def update(self, state: Step | SupernetView | ReptileView) -> bool:
        view = self.view_of(state)
        check_edges("supernet", view)
        self.epoch, self.weights = view.epoch, np.asarray(view.weights, float)
        self.leaders = []
        for k, edge in enumerate(EDGES):
            row = dict(zip(self.ops, self.weights[k], strict=True))
            for op in self.drawn:
                line = self.lines[*edge, op]
                width = 0.4 + 7.5 * row[op]
                line.set_linewidth(width)
                line.set_linestyle(dashed(LOOKS[op][1], width))
                line.set_alpha(min(1.0, 0.25 + 1.5 * row[op]))
            leader = max(self.drawn, key=row.__getitem__)
            self.leaders.append((leader, row[leader], row.get("none", 0.0)))
            self.labels[edge].set_text(f"{leader} {row[leader]:.2f}")
        where = f"Epoch {self.epoch}" + (f" of {self.epochs}" if self.epochs else "")
        strong = max(self.leaders, key=lambda leader: leader[1])
        names = [leader[0] for leader in self.leaders]
        self.say(f"{where}: the edges prefer {count(names)}; the surest gives {strong[0]} {100 * strong[1]:.0f} %")
        return False

    def alt(self) -> str:
        parts = [
            f"{NODES[i]} to {NODES[j]} {op} {weight:.2f} (none {none:.2f})"
            for (i, j), (op, weight, none) in zip(EDGES, self.leaders, strict=True)
        ]
        return f"The supernet at epoch {self.epoch}; the strongest operation of each edge: {', '.join(parts)}."


def cell(
    state: Trace | CellLike | Trial | Step | SupernetView,
    *,
    step: int | None = None,
    task: Task | None = None,
    label: str | None = None,
) -> Figure:
    """A cell as a graph. state: a Trace (its best cell, or that of one `step`), a Step, a Trial, a DartsView, or
    anything that names a cell: a configuration, six operations, "333132", or NAS-Bench-201's string."""
    quantity = Quantity(label or label_of(state if isinstance(state, Trace) else None, task))
    if isinstance(state, Trace):
        if step is None and state.incumbent is None:
            raise ValueError("cell: no trial of this trace has succeeded, so it has no best cell; choose one by step=…")
        state = state.best if step is None else step_of(state.steps, step, "cell").trial
    return CellPicture(quantity).render_static(state)


def supernet(state: Trace | Step | SupernetView | ReptileView, *, step: int = -1, epochs: int | None = None) -> Figure:
    """The supernet at one epoch. state: a DARTS Trace, a Step or a DartsView."""
    if isinstance(state, Trace):
        epochs, state = epochs or len(state), step_of(WEIGHTS.replayed(state, "supernet"), step, "supernet")
    return SupernetPicture(epochs).render_static(state)
