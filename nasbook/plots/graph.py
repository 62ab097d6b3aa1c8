"""An architecture of any search space as a graph from left to right.

    graph(spaces, config)                        # a still picture
    stage = Stage.of(graphs); GraphPicture(stage)    # in a lab: nodes and arcs keep their places

A node stands where its number says, and an edge bends by the nodes that it passes over, so one edit moves nothing else.
Parts that are never connected, such as a normal and a reduction cell, stand in rows of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import SubFigure
from matplotlib.lines import Line2D
from matplotlib.typing import LineStyleType

from nasbook.nas.spaces.edits import Slot, edges
from nasbook.plots import style
from nasbook.plots.cell import dashed
from nasbook.plots.picture import Picture
from nasbook.plots.style import Figure, Looks
from nasbook.space import Config

if TYPE_CHECKING:
    import networkx as nx

    from nasbook.nas.spaces.architecture import Architectures


# What an operation's name begins or ends with -> (colour, dash, width in points); the first that fits.
DASHED, DOTS, LONG = (0, (4, 2.5)), (0, (1, 1.2)), (0, (7, 1.2))
LOOKS: list[tuple[str, tuple[str, LineStyleType, float]]] = [
    ("skip", (style.INK, DASHED, 2.2)),
    ("identity", (style.INK, DASHED, 2.2)),
    ("noise", (style.GREY, DOTS, 3.0)),
    ("project", (style.SKY, DASHED, 2.2)),
    ("conv1x1", (style.SKY, LONG, 3.0)),
    ("sepconv", (style.BLUE, "-", 3.0)),
    ("dilconv", (style.GREEN, (0, (5, 1.2, 1, 1.2)), 3.0)),
    ("pool", (style.PURPLE, (0, (3, 1.2, 1, 1.2)), 3.0)),
    ("conv", (style.BLUE, "-", 3.0)),
    ("tanh", (style.GREEN, "-", 3.0)),
    ("gelu", (style.SKY, "-", 3.0)),
    ("sigmoid", (style.PURPLE, "-", 3.0)),
]
OTHER: tuple[str, LineStyleType, float] = (style.BLUE, "-", 3.0)

NODE = 0.13  # radius in inches
SIDE = 0.42  # margin at both ends of a row
FLAT, FIRST, STEP = 0.42, 0.46, 0.22  # how far arcs rise: a second edge between two nodes; over one node; over one more
LINE, LEVEL = 0.16, 0.18  # height of a line of words; from one line to the next
T = np.linspace(0, 1, 41)


def look(op: str) -> tuple[str, LineStyleType, float]:
    """(colour, dash, width) of an operation."""
    return next((found for word, found in LOOKS if word in op), OTHER)


def rise(slot: Slot, x: dict[int, float]) -> float:
    """How far an edge bends, in inches; below 0 it hangs. x: the place of each node in its row."""
    i, j, k = slot
    over = round(x[j] - x[i]) - 1
    if over <= 0:
        return -FLAT * k
    high = FIRST + STEP * (over - 1) + 0.12 * (k // 2)
    return high if (round(x[i]) + k) % 2 == 0 else -high


@dataclass(frozen=True)
class Stage:
    """The places of all nodes that a space's graphs may have. rows: the nodes of each row; up, down: room of a row;
    most: how many edges there may be at a time; lines: of words above the edges between neighbouring nodes."""

    rows: tuple[tuple[int, ...], ...]
    up: tuple[float, ...]
    down: tuple[float, ...]
    most: int
    lines: tuple[int, ...]

    @classmethod
    def of(cls, graphs: Iterable[nx.MultiDiGraph]) -> Stage:
        """The stage on which all these graphs have room."""
        graphs = list(graphs)
        import networkx as nx

        union: nx.Graph = nx.Graph()
        slots: set[Slot] = set()
        widest = dict.fromkeys((node for graph in graphs for node in graph), 0.0)  # words of an edge to the next node
        for graph in graphs:
            union.add_nodes_from(graph)
            union.add_edges_from(graph.edges())
            found = edges(graph)
            slots |= found.keys()
            for (i, j, k), op in found.items():
                if j == i + 1 and k == 0:
                    widest[i] = max(widest[i], style.text_width(op, style.SMALL))
        rows = sorted(tuple(sorted(part)) for part in nx.connected_components(union))
        if all(len(row) == 1 for row in rows):  # nothing is connected to anything
            rows = [tuple(node for row in rows for node in row)]
        x = {node: float(place) for row in rows for place, node in enumerate(row)}
        room = [[rise(slot, x) for slot in slots if slot[0] in row] for row in rows]
        gaps = [_gap(row, style.WIDTH) for row in rows]
        wide = [max(widest[node] for node in row) + 0.08 for row in rows]
        lines = tuple(int(np.clip(np.ceil(w / gap), 1, 3)) for w, gap in zip(wide, gaps, strict=True))
        up = tuple(max([0.2, *r]) + 0.3 + LEVEL * (n - 1) for r, n in zip(room, lines, strict=True))
        down = tuple(-min([-0.1, *r]) + 0.3 for r in room)
        return cls(tuple(rows), up, down, len(slots), lines)

    @property
    def height(self) -> float:
        return sum(self.up) + sum(self.down)


@dataclass(frozen=True)
class GraphState:
    """graph: of an architecture. offers: slots where one edit would put an edge. chosen: the slot that is marked.
    title: the sentence above; by default the operations are counted. A node's attribute `cell` names its row."""

    graph: nx.MultiDiGraph
    offers: frozenset[Slot] = frozenset()
    chosen: Slot | None = None
    title: str | None = None


def used(graph: nx.MultiDiGraph) -> set[int]:
    """The nodes on a way from an input to an output."""
    import networkx as nx

    live = nx.MultiDiGraph([(i, j) for i, j, _ in edges(graph)])
    live.add_nodes_from(graph)
    inputs, outputs = set(graph.graph["inputs"]), set(graph.graph["output"])
    fed = inputs.union(*(nx.descendants(live, n) for n in inputs))
    read = outputs.union(*(nx.ancestors(live, n) for n in outputs))
    return fed & read


def count(ops: Sequence[str], kinds: int | None = None) -> str:
    """'2 × conv3x3, 1 × skip', the most frequent first; of more than so many kinds '2 × conv3x3, 3 others'."""
    names = sorted(dict.fromkeys(ops), key=lambda op: -list(ops).count(op))
    named = [f"{list(ops).count(op)} × {op}" for op in names[:kinds]]
    rest = sum(op not in names[:kinds] for op in ops)
    return ", ".join([*named, style.plural(rest, "other")] if rest else named)


class GraphPicture(Picture[GraphState]):
    """An architecture's graph. What no way from an input to an output uses is pale; `none` is not drawn; nodes with a
    double ring are read as the output. State: a GraphState."""

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self.stage = stage
        self.figsize = (style.WIDTH, 0.42 + stage.height)

    def build(self, fig: Figure | SubFigure) -> None:
        self.title(fig)
        w, h = style.size(fig)
        self.ax: Axes = style.bare(style.axes(fig, 0, 0, 0, 0.36))
        self.ax.set(xlim=(0, w), ylim=(0, h - 0.36))
        self.wide = w
        self._place()
        self.mark = self.live(
            self.ax.plot([], [], color=style.YELLOW, lw=11, alpha=0.75, zorder=1, solid_capstyle="round")[0]
        )
        self.hints = self.live(self.ax.plot([], [], "o", ms=3.5, color=style.LIGHT, zorder=1.5)[0])
        self.cells = [
            self.live(
                style.add_words(self.ax, 0.12, top, va="center", fontsize=style.SMALL, color=style.GREY, zorder=4)
            )
            for top in self.tops
        ]
        some = range(self.stage.most)
        self.lines = [self.live(self.ax.plot([], [], zorder=2, solid_capstyle="butt")[0]) for _ in some]
        options: Looks = {"ha": "center", "va": "center", "fontsize": style.SMALL, "ground": "white"}
        self.labels = [self.live(style.add_words(self.ax, 0, 0, zorder=4, **options)) for _ in some]
        self.rings: dict[int, Line2D] = {}
        self.dots: dict[int, Line2D] = {}
        self.numbers: dict[int, style.Words] = {}
        for node, (x, y) in self.at.items():
            ring = self.ax.plot(x, y, "o", ms=24, mfc="white", mec=style.INK, mew=1.2, zorder=5)[0]
            dot = self.ax.plot(x, y, "o", ms=19, mfc="white", mec=style.INK, mew=1.3, zorder=6)[0]
            words = style.add_words(self.ax, x, y - 0.005, ha="center", va="center", fontsize=style.SMALL, zorder=7)
            self.rings[node], self.dots[node], self.numbers[node] = self.live(ring), self.live(dot), self.live(words)

    def _place(self) -> None:
        """Where the nodes are, in inches, and their places in their rows."""
        self.at: dict[int, tuple[float, float]] = {}
        self.column: dict[int, float] = {}
        self.gap: dict[int, float] = {}
        self.levels: dict[int, int] = {}
        self.tops: list[float] = []  # where the name of a row stands
        y = self.stage.height
        stage = self.stage
        for row, up, down, lines in zip(stage.rows, stage.up, stage.down, stage.lines, strict=True):
            self.tops.append(y - 0.16)
            y -= up
            gap = _gap(row, self.wide)
            for place, node in enumerate(row):
                self.at[node] = SIDE + place * gap, y
                self.column[node], self.gap[node], self.levels[node] = place, gap, lines
            y -= down

    def arc(self, slot: Slot) -> np.ndarray:
        """(41, 2) points of an edge, in inches."""
        (x0, y0), (x1, _) = self.at[slot[0]], self.at[slot[1]]
        return np.c_[x0 + (x1 - x0) * T, y0 + rise(slot, self.column) * (1 - np.abs(2 * T - 1) ** 3)]

    # ---- one state ---------------------------------------------------------------------------------------

    def update(self, state: GraphState) -> bool:
        graph = state.graph
        self.graph, self.edges, self.alive = graph, edges(graph), used(graph)
        self.unused = sum(not {i, j} <= self.alive for i, j, _ in self.edges)
        outputs = set(graph.graph["output"])
        self.connected = all(n in self.alive for n in outputs) if len(outputs) == 1 else bool(outputs & self.alive)
        coming = {n for i, j, _ in state.offers for n in (i, j)} - set(graph)
        for node in self.at:
            exists = node in graph
            self.rings[node].set_visible(exists and node in outputs)
            self.dots[node].set_visible(exists or node in coming)
            self.numbers[node].set_visible(exists or node in coming)
            ink = style.INK if node in self.alive else style.GREY
            self.dots[node].set(mec=ink if exists else style.LIGHT)
            self.rings[node].set(mec=ink)
            self.numbers[node].set_text(self._name(node) if exists else "+")
            self.numbers[node].set_color(ink if exists else style.GREY)
        for row, said in zip(self.stage.rows, self.cells, strict=True):
            said.set_text(graph.nodes[row[0]].get("cell", "") if row[0] in graph else "")
        self._draw_edges()
        self._mark(state)
        self.say(self._headline(state.title))
        return False

    def _headline(self, title: str | None) -> str:
        """The title, or the operations: as many kinds by name as there is room for."""
        ops, after = list(self.edges.values()), ""
        if self.unused and title is None:
            after += f"; {style.plural(self.unused, 'edge')} without effect"
        if not self.connected:
            after += "; nothing reaches the output"
        if title is not None or not ops:
            return (title or "no operation at all") + after
        for kinds in range(len(set(ops)), 0, -1):
            text = count(ops, kinds) + after
            if style.text_width(text, style.SMALL, "bold") <= self._title_width:
                break
        return text

    def _name(self, node: int) -> str:
        row = next(row for row in self.stage.rows if node in row)
        inputs = [n for n in row if n in self.graph.graph["inputs"]]
        outputs = [n for n in row if n in self.graph.graph["output"]]
        if node in inputs:
            return "in" if len(inputs) == 1 else f"in{inputs.index(node) + 1}"
        if outputs == [node]:
            return "out"
        return str(row.index(node) - len(inputs) + (1 if inputs else 0))

    def _draw_edges(self) -> None:
        slots = sorted(self.edges, key=lambda s: (s[1] - s[0], s))
        spare: list[Artist] = [*self.lines[len(slots) :], *self.labels[len(slots) :]]
        for artist in spare:
            artist.set_visible(False)
        boxes: list[tuple[float, float, float, float]] = []
        for slot, line, label in zip(slots[: self.stage.most], self.lines, self.labels, strict=False):
            op, alive = self.edges[slot], {slot[0], slot[1]} <= self.alive
            colour, dash, width = look(op)
            line.set_data(*self.arc(slot).T)
            line.set(color=colour, linewidth=width, alpha=1.0 if alive else 0.25, visible=True)
            line.set_linestyle(dashed(dash, width))
            label.set_text(self._fit(slot, op))
            label.set(color=style.INK if alive else style.GREY, visible=True)
            label.set_position(self._free(slot, label.get_text(), boxes))

    def _fit(self, slot: Slot, op: str) -> str:
        """The name, as much of it as has room between the borders and its neighbours on the same level."""
        x = (self.at[slot[0]][0] + self.at[slot[1]][0]) / 2
        levels = self.levels[slot[0]] if slot[1] - slot[0] == 1 else 2
        room = levels * self.gap[slot[0]] - 0.06
        room = min(max(room, 0.75), 2 * x - 0.06, 2 * (self.wide - x) - 0.06)
        return style.shorten(op, room)

    def _free(self, slot: Slot, text: str, boxes: list[tuple[float, float, float, float]]) -> tuple[float, float]:
        """A place for the words at the top of the arc, moved away from it until they are clear of all others."""
        points = self.arc(slot)
        (x, y), w = points[20], style.text_width(text, style.SMALL)
        side = 1 if rise(slot, self.column) >= 0 else -1
        if slot[1] - slot[0] == 1 and slot[2] == 0:  # in a tight row every second one stands a line higher
            y += LEVEL * (self.column[slot[0]] % self.levels[slot[0]])
        for k in range(12):
            at = y + side * (0.12 + k * 0.07) if k < 8 else y - side * (0.12 + (k - 8) * 0.07)
            box = x - w / 2 - 0.02, at - LINE / 2, x + w / 2 + 0.02, at + LINE / 2
            if not any(_meet(box, other) for other in (*boxes, *self._nodes())):
                break
        boxes.append(box)
        return x, at

    def _nodes(self) -> list[tuple[float, float, float, float]]:
        r = NODE + 0.02
        return [(x - r, y - r, x + r, y + r) for x, y in self.at.values()]

    def _mark(self, state: GraphState) -> None:
        self.offers = sorted(s for s in state.offers if s[0] in self.at and s[1] in self.at)
        middles = np.array([self.arc(s)[20] for s in self.offers]).reshape(-1, 2)
        self.hints.set_data(*middles.T)
        chosen = state.chosen
        shown = chosen is not None and chosen[0] in self.at and chosen[1] in self.at
        self.chosen = chosen if shown else None
        self.mark.set_data(*(self.arc(chosen).T if shown and chosen else ([], [])))

    # ---- clicking ------------------------------------------------------------------------------------------

    def nearest(self, x: float, y: float, reach: float = 0.3) -> Slot | None:
        """The edge, or the offered place of one, within `reach` inches of a point; its words are part of it."""
        away = {slot: float(np.hypot(*(self.arc(slot)[4:-4] - (x, y)).T).min()) for slot in (*self.edges, *self.offers)}
        for slot, label in zip(sorted(self.edges, key=lambda s: (s[1] - s[0], s)), self.labels, strict=False):
            a, b = label.get_position()
            half = style.text_width(label.get_text(), style.SMALL) / 2
            if abs(x - a) <= half and abs(y - b) <= LINE / 2:
                away[slot] = 0.0
        best = min(away, key=lambda s: (away[s], s), default=None)
        return best if best is not None and away[best] <= reach else None

    # ---- words ---------------------------------------------------------------------------------------------

    def alt(self) -> str:
        rows = []
        for row in self.stage.rows:
            said = [
                f"{self._name(i)} to {self._name(j)} {op}" for (i, j, _), op in sorted(self.edges.items()) if i in row
            ]
            name = self.graph.nodes[row[0]].get("cell") if row[0] in self.graph else None
            rows.append(f"{name + ': ' if name else ''}{', '.join(said) or 'no edge'}")
        lost = f" {style.plural(self.unused, 'edge')} without effect." if self.unused else ""
        way = "" if self.connected else " Nothing reaches the output."
        return f"An architecture as a graph: {'; then '.join(rows)}.{lost}{way}"


def _gap(row: Sequence[int], width: float) -> float:
    """Inches from one node of a row to the next."""
    return (width - 2 * SIDE) / max(1, len(row) - 1)


def _meet(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def stage(spaces: Architectures, samples: int = 200) -> Stage:
    """The stage of a search space, from the smallest, the largest and some random architectures."""
    space, rng = spaces.space, np.random.default_rng(0)
    ends = [space.decode(np.zeros(space.d)), space.decode(np.ones(space.d))]
    drawn = [*ends, *(space.sample(rng) for _ in range(samples))]
    return Stage.of(spaces.graph(config) for config in drawn if spaces.is_valid(config))


def graph(spaces: Architectures | str, config: Config) -> Figure:
    """An architecture as a graph. spaces: a search space of architectures, or its name; ValueError for a configuration
    that is none of its architectures."""
    from nasbook import registry

    made: Architectures = registry.make("space", spaces) if isinstance(spaces, str) else spaces
    return GraphPicture(stage(made)).render_static(GraphState(made.graph(made.check(config))))
