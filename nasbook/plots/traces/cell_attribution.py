"""What a cell owes to the operation on each edge, drawn on the cell."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import SubFigure

from nasbook.explain.attribution import Attribution, Which, explain
from nasbook.nas.spaces.nb201.cell import CELL_SPACE, EDGE_NAMES, EDGES
from nasbook.plots import style
from nasbook.plots.cell import NODES, arc, dashed, stage
from nasbook.plots.data import label_of
from nasbook.plots.picture import Picture
from nasbook.plots.style import Figure
from nasbook.plots.traces.attribution import LOWERS, RAISES, Worth, needs
from nasbook.trace import Trace


class CellAttributionPicture(Picture[Attribution | tuple[()]]):
    """A cell whose edges are as thick as their Shapley values: blue and solid lowers the error, purple and dashed
    raises it. An edge without an operation counts too, since something else could stand there.

    State: an `Attribution` of a cell of NAS-Bench-201, or () where there is none yet."""

    figsize = (style.WIDTH, 4.1)

    def __init__(self, worth: Worth | None = None) -> None:
        super().__init__()
        self.worth = worth or Worth("validation error")
        self.found: Attribution | None = None

    def build(self, fig: Figure | SubFigure) -> None:
        self.title(fig)
        self.note = self.second_line(fig)
        style.key(
            fig,
            [
                (f"lowers the {self.worth.quantity.name}", style.line(LOWERS, lw=3)),
                ("raises it", style.line(RAISES, style.DASH, lw=3)),
            ],
            top=0.58,
        )
        self.ax = stage(self, fig, 0.85)
        self.lines, self.labels = {}, {}
        for i, j in EDGES:
            points = arc(i, j)
            self.lines[i, j] = self.live(self.ax.plot(*points.T, zorder=2, solid_capstyle="butt")[0])
            self.labels[i, j] = self.live(
                style.add_words(
                    self.ax, *points[16], ha="center", va="center", fontsize=style.SMALL, zorder=4, ground="white"
                )
            )

    def update(self, state: Attribution | tuple[()]) -> bool:
        self.found = state or None
        for line in self.lines.values():
            line.set_visible(bool(state))
        if not state:
            for words in (*self.labels.values(), self.note):
                words.set_text("")
            self.say("No cell has been tried yet")
            return False
        values = dict(zip(state.names, state.phi, strict=True))
        self.phi = [float(values.get(name, 0.0)) for name in EDGE_NAMES]
        largest = max(map(abs, self.phi)) or 1.0
        for edge, name, phi in zip(EDGES, EDGE_NAMES, self.phi, strict=True):
            width = 0.8 + 8 * abs(phi) / largest
            line = self.lines[edge]
            line.set(linewidth=width, color=LOWERS if phi < 0 else RAISES)
            line.set_linestyle("-" if phi < 0 else dashed(style.DASH, width))
            self.labels[edge].set_text(f"{state.config[name]} {self.worth.change(phi)}")
        self.note.set_text(style.clipped(self.worth.basis(state), style.WIDTH - 0.2, style.SMALL, "normal"))
        self.say(self._sentence(state))
        return False

    def _sentence(self, found: Attribution) -> str:
        say = self.worth
        if not np.any(np.abs(self.phi) > 1e-12):
            return f"No edge changes the {say.name}: it is {say.text(found.total)}"
        k = int(np.argmax(np.abs(self.phi)))
        (i, j), op = EDGES[k], found.config[EDGE_NAMES[k]]
        way = f"{say.text(found.base)} → {say.text(found.total)} against {found.default}"
        return f"{way}: most by {op} on {NODES[i]} → {NODES[j]}, {say.change(self.phi[k])}"

    def alt(self) -> str:
        found, say = self.found, self.worth
        if found is None:
            return "No cell is explained yet."
        edges = [
            f"{found.config[name]} from {NODES[i]} to {NODES[j]} {say.change(phi)}"
            for (i, j), name, phi in zip(EDGES, EDGE_NAMES, self.phi, strict=True)
        ]
        return (
            f"Shapley values of a cell's edges ({found.game} game) against {found.default}, {say.name} "
            f"{say.text(found.base)} to {say.text(found.total)}: {', '.join(edges)}. {say.basis(found)}."
        )

    def edge_at(self, x: float, y: float) -> int | None:
        """Which of EDGES lies nearest to a point of the axes, in data units; None where none is near."""
        apart = [np.hypot(*(arc(i, j) - (x, y)).T).min() for i, j in EDGES]
        return int(np.argmin(apart)) if min(apart) < 0.25 else None


def cell_attribution(
    trace: Trace, *, trial: Which = "best", default: Which | None = None, game: str = "ablation", **options: Any
) -> Figure:
    """What a cell of NAS-Bench-201 owes to each of its edges. Arguments: those of `nasbook.explain.explain`."""
    needs(trace, "cell-attribution")
    if trace.space != CELL_SPACE:
        raise ValueError("plot cell-attribution: it draws cells of NAS-Bench-201, and this trace has none")
    found = explain(trace, trial, default, game, **options)
    return CellAttributionPicture(Worth(label_of(trace, options.get("task")), game)).render_static(found)
