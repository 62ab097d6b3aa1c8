"""The landscape: all 15,625 cells of a table at once, coloured by their true accuracy, and a search that walks over it.

The map loses nothing. A cell has six edges with five operations each, so three edges make a row of 125 places and three
make a column of 125: a table of tables of tables. The large blocks are the edges into the output, in → out from left to
right and 2 → out from bottom to top; inside a block stand the next edges, and inside those the last. To change one edge
is a step along a row or a column, so the 24 neighbours of a cell all lie on the cross through it.

Principal components would not do: the space is a full grid, so all directions of its one-hot codes vary alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import matplotlib
import numpy as np
from matplotlib.colors import Normalize
from matplotlib.figure import SubFigure

from nasbook import registry
from nasbook.nas.spaces.nb201.cell import CELL_SPACE, EDGE_NAMES, EDGES, OPS, all_cells, to_row
from nasbook.plots import style
from nasbook.plots.cell import NODES
from nasbook.plots.data import Quantity, Steps, steps_of, values_of
from nasbook.plots.picture import Picture
from nasbook.plots.style import Figure, Looks
from nasbook.plots.views.population import _replayed, living
from nasbook.space import Config
from nasbook.task import HasRuns, KnowsOutcomes, Task
from nasbook.trace import Step, Trace

ACROSS, UP = ((0, 3), (0, 1), (0, 2)), ((2, 3), (1, 3), (1, 2))  # edges, the one with the largest blocks first
RISING = ("none", "avgpool", "skip", "conv1x1", "conv3x3")  # the order of the operations in each block
SIDE = len(OPS) ** 3  # 125 places along each axis
SHOWN = 0.25  # the worst quarter of all cells has one colour


@cache
def layout() -> np.ndarray:
    """(15625, 2) the place (x, y) of every cell, whole numbers 0 … 124, in the order of `all_cells`."""
    digit = np.array([RISING.index(op) for op in OPS])[np.array(list(all_cells()))]  # (15625, 6)
    axes = [
        sum(digit[:, EDGES.index(edge)] * len(OPS) ** (2 - k) for k, edge in enumerate(axis)) for axis in (ACROSS, UP)
    ]
    places = np.stack(axes, 1)
    places.setflags(write=False)
    return places


_DIGIT = {op: place for place, op in enumerate(OPS)}


def row_of(config: Config) -> int:
    """The place of a configuration of the cell space among `all_cells`, without checking it."""
    row = 0
    for name in EDGE_NAMES:
        row = 5 * row + _DIGIT[config[name]]
    return row


class LandscapePicture(Picture[Steps]):
    """Every cell a point of the map, and on it the trials, the present members, the way of the best so far, and the
    newest trial.

    State: a sequence of Steps whose configurations are cells. values: (15625,) the true value of every cell, minimised,
    in the order of `all_cells`. trials: the budget.
    """

    figsize = (style.WIDTH, 5.6)

    def __init__(
        self,
        values: np.ndarray,
        trials: int | None = None,
        quantity: Quantity = Quantity("validation error"),  # noqa: B008
    ) -> None:
        super().__init__()
        self.quantity, self.trials = quantity, trials
        self._table(values)

    def _table(self, values: np.ndarray) -> None:
        self.values = np.asarray(values, float)
        self.rank = 1 + np.searchsorted(np.sort(self.values), self.values)
        shown = self.quantity.show(self.values)
        image = np.empty((SIDE, SIDE))
        x, y = layout().T
        image[y, x] = shown
        self.image = image
        self.range = tuple(np.quantile(shown, [SHOWN, 1.0] if self.quantity.higher else [0.0, 1 - SHOWN]))

    def build(self, fig: Figure | SubFigure) -> None:
        self.title(fig)
        look: Looks = {"mec": "white", "mew": 0.6}
        star: Looks = {"marker": "*", "ms": 10, "mec": style.INK, "mew": 0.7}
        rows = style.key(
            fig,
            [
                ("tried", style.dot(style.TRIAL, ms=4, **look)),
                ("alive", style.dot("none", ms=8, mec=style.INK, mew=1.6)),
                ("newest", style.dot(style.NEXT, "D", 6, **look)),
                ("best so far, and the way to it", style.line(style.INCUMBENT, **star)),
                ("the best of all", style.dot("none", "s", 8, mec=style.GREY, mew=1.4)),
            ],
            gap=0.12,
        )
        w, h = style.size(fig)
        bottom, top, left = 0.55, 0.46 + 0.2 * rows, 1.05
        side = min(h - bottom - top, w - left - 1.2)
        self.ax = ax = style.dress(fig.add_axes((left / w, bottom / h, side / w, side / h)))
        ax.grid(False)
        self.map = ax.imshow(self.image, origin="lower", cmap=style.SEQUENTIAL, interpolation="nearest", aspect="auto")
        cuts = np.arange(1, len(OPS)) * SIDE / len(OPS) - 0.5
        for cut in cuts:
            ax.axvline(cut, color="white", lw=0.9, alpha=0.8)
            ax.axhline(cut, color="white", lw=0.9, alpha=0.8)
        centres = (np.arange(len(OPS)) + 0.5) * SIDE / len(OPS) - 0.5
        ax.set(xlim=(-0.5, SIDE - 0.5), ylim=(-0.5, SIDE - 0.5))
        ax.set_xticks(centres, RISING)
        ax.set_yticks(centres, RISING)
        ax.tick_params(length=0)
        ax.set(xlabel=_nested(ACROSS), ylabel=_nested(UP))
        self.bar = bar = style.dress(fig.add_axes(((left + side + 0.25) / w, bottom / h, 0.16 / w, side / h)))
        bar.grid(False)
        bar.set_xticks([])
        bar.spines[:].set_visible(False)
        bar.yaxis.tick_right()
        bar.yaxis.set_label_position("right")
        bar.set_ylabel(f"true {self.quantity.axis}; the worst quarter is dark")
        self.ramp = bar.imshow(np.linspace(0, 1, 128)[:, None], cmap=style.SEQUENTIAL, origin="lower", aspect="auto")
        live = self.live
        (self.way,) = ax.plot([], [], color=style.INK, lw=3.4, zorder=2.4, alpha=0.8, solid_joinstyle="round")
        (self.walk,) = ax.plot([], [], color=style.INCUMBENT, lw=2.0, zorder=2.5, solid_joinstyle="round")
        (self.tried,) = ax.plot([], [], "o", color=style.TRIAL, ms=3.6, zorder=3, **{**look, "mew": 0.5})
        (self.alive,) = ax.plot([], [], "o", mfc="white", mec=style.INK, mew=1.6, ms=7, zorder=3.2, clip_on=False)
        (self.newest,) = ax.plot([], [], "D", color=style.NEXT, ms=6.5, zorder=3.6, clip_on=False, **look)
        (self.star,) = ax.plot([], [], ms=15, ls="none", zorder=4, clip_on=False, **style.STAR)
        (self.goal,) = ax.plot([], [], "s", mfc="none", mec="white", ms=11, mew=3.2, zorder=3.7, clip_on=False)
        (self.aim_at,) = ax.plot([], [], "s", mfc="none", mec=style.GREY, ms=11, mew=1.4, zorder=3.8, clip_on=False)
        for artist in (self.way, self.walk, self.tried, self.alive, self.newest, self.star, self.goal, self.aim_at):
            live(artist)
        self._scale()

    def _scale(self) -> None:
        low, high = self.range
        cmap = style.SEQUENTIAL if self.quantity.higher else f"{style.SEQUENTIAL}_r"
        for image in (self.map, self.ramp):
            image.set_cmap(matplotlib.colormaps[cmap])
        self.map.set_data(self.image)
        self.map.set_norm(Normalize(low, high))
        self.ramp.set_extent((0, 1, low, high))
        self.bar.set(ylim=(low, high), xlim=(0, 1))
        best = layout()[[int(self.values.argmin())]].T
        self.goal.set_data(*best)
        self.aim_at.set_data(*best)

    def aim(self, trials: int | None, values: np.ndarray) -> None:
        """Another table or budget."""
        self.trials = trials
        self._table(values)
        self._scale()
        self.invalidate()

    def update(self, state: Steps) -> bool:
        steps = steps_of(state)
        rows = np.array([row_of(s.trial.config) for s in steps], int)
        places = layout()[rows].astype(float)
        ok = np.isfinite(values_of([s.trial for s in steps])) if steps else np.zeros(0, bool)
        self.n, self.distinct = len(steps), len(set(rows.tolist()))
        self.tried.set_data(*places.T)
        members = living(steps[-1].view) if steps else None
        here = sorted({row_of(t.config) for t in members or ()})
        self.members = None if members is None else len(here)
        self.alive.set_data(*layout()[here].T)
        self.newest.set_data(*places[-1:].T)
        way: list[int] = []
        for step in steps:
            if step.incumbent is not None and (row := row_of(step.incumbent.config)) not in way[-1:]:
                way.append(row)
        self.moves = len(way) - 1
        for line in (self.way, self.walk):
            line.set_data(*layout()[way].T)
        self.star.set_data(*layout()[way[-1:]].T)
        self.found = way[-1] if way else None
        self.last = int(rows[-1]) if len(rows) and ok[-1] else None
        self.say(self._sentence())
        return False

    def _sentence(self) -> str:
        if not self.n:
            return f"{len(self.values):,} cells, each with its true {self.quantity.name}"
        where = f"Trial {self.n}" + (f" of {self.trials}" if self.trials else "")
        if self.found is None:
            return f"{where}: nothing has succeeded yet"
        return f"{where}: the best so far has rank {self.rank[self.found]:,} of {len(self.values):,}"

    def alt(self) -> str:
        q = self.quantity
        text = (
            f"Map of {len(self.values):,} cells, {SIDE} across and {SIDE} up, coloured by their true {q.name} "
            f"({q.text(self.values.max())} to {q.text(self.values.min())})."
        )
        if not self.n:
            return f"{text} Nothing has been tried."
        text += f" {style.plural(self.distinct, 'cell')} tried in {style.plural(self.n, 'trial')}."
        if self.members is not None:
            text += f" {self.members} different cells were alive."
        if self.found is None:
            return text
        return (
            f"{text} The best so far has rank {self.rank[self.found]:,} and truly "
            f"{q.text(self.values[self.found])}; the way to it has {style.plural(self.moves, 'move')}."
        )


def _nested(edges: Sequence[tuple[int, int]]) -> str:
    """'in → out; inside, in → 1; inside that, in → 2'."""
    a, b, c = (f"{NODES[i]} → {NODES[j]}" for i, j in edges)
    return f"{a}  (in each block {b}, in that {c})"


def true_values(table: str | Task) -> np.ndarray:
    """(15625,) the mean error of every cell over the runs of a table; no search sees it. ValueError if it has none."""
    task: Task = table if isinstance(table, Task) else registry.make("task", table)
    if task.space != CELL_SPACE or not isinstance(task, KnowsOutcomes):
        raise ValueError(_needs(task.name))
    one = isinstance(task, HasRuns) and task.run is not None
    whole = registry.make("task", task.name) if one else task
    return np.asarray(whole.outcomes(("error",)))[:, 0]


def _needs(what: str) -> str:
    tables = [e.name for e in registry.TASKS if e.name.startswith(("nb201-", "digits201-")) and e.family == "table"]
    return (
        f"plot landscape: {what} does not know the true accuracy of every cell of NAS-Bench-201; it needs a search on "
        f"one of {', '.join(tables)}, or cells and table=, one of these names"
    )


def landscape(
    state: Trace | Sequence[Step],
    *,
    table: str | Task | None = None,
    trials: int | None = None,
    step: int | None = None,
) -> Figure:
    """All cells of a table in two dimensions, and a search that walks over them.

    table: the name of a table of cells, or the Task; by default that of the trace. With it, cells that were trained
    elsewhere (digits-cells) can be drawn as well. step: show the search after so many trials. ValueError where the
    trace is not of cells, or no table knows them."""
    trace = state if isinstance(state, Trace) else None
    if table is None:
        if trace is None:
            raise ValueError(
                "plot landscape: steps do not say which table they are from; give table=, e.g. 'nb201-cifar10'"
            )
        table = trace.header.task
        if table not in {e.name for e in registry.TASKS}:
            raise ValueError(_needs(f"{table!r}"))
        if registry.find("task", table).family not in ("table", "multi-objective"):
            raise ValueError(_needs(table))
    values = true_values(table)
    steps = list(_replayed(trace)) if trace is not None else list(state)
    for s in steps:
        try:
            to_row(s.trial.config)
        except ValueError:
            raise ValueError(
                "plot landscape: the trials are not cells of NAS-Bench-201, so they have no place on the map"
            ) from None
    return LandscapePicture(values, trials or len(steps)).render_static(steps[:step])
