"""A conditional space as a tree: which parameters exist after which choice, and where good trials lie in it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import SubFigure
from matplotlib.patches import FancyBboxPatch, Rectangle
from matplotlib.text import Text

from nasbook.plots import style
from nasbook.plots.data import Quantity
from nasbook.plots.picture import Picture
from nasbook.plots.scales import value_label
from nasbook.plots.style import Figure
from nasbook.plots.viewed import DENSITIES, state_of
from nasbook.plots.views.tpe import GOOD, OTHER
from nasbook.space import Config, Scalar, Space
from nasbook.trace import Step, Trace, Trial

if TYPE_CHECKING:
    from nasbook.hpo.tpe import TPEView

TALL, PITCH, GAP = 0.5, 0.64, 0.34  # inches: a box, from box to box downwards, between two columns
INSET = 0.13  # inches, left and right in a box
MOST = 6  # options of a parameter that have a box each; of more, those that lead to the same share one


@dataclass(frozen=True)
class Node:
    """A parameter, or (values given) a branch: these values of it."""

    name: str
    values: tuple[Scalar, ...] | None = None

    def holds(self, config: Config) -> bool:
        return self.name in config and (self.values is None or config[self.name] in self.values)


def columns_of(space: Space) -> tuple[list[list[Node]], list[tuple[Node, Node]]]:
    """The boxes from left to right (parameters, the branches of those that others depend on, parameters …), and the
    lines between them: from a parameter to its branches, and from a branch to each parameter that exists on it."""
    level: dict[str, int] = {}
    for name in space.free:  # parents stand earlier in a space
        level[name] = max((2 + level.get(p, 0) for p in space.conditions[name]), default=0)
    columns: list[list[Node]] = [[] for _ in range(2 + max(level.values()))]
    lines = []
    for name in space.free:
        columns[level[name]].append(Node(name))
    for name in space.free:
        children = [c for c in space.free if name in space.conditions[c]]
        if not children:
            continue
        leads = {v: tuple(c for c in children if v in space.conditions[c][name]) for v in _values(space, name)}
        groups: dict[Hashable, list[Scalar]] = {}
        for value, to in leads.items():
            groups.setdefault(to if len(leads) > MOST else value, []).append(value)
        for values in groups.values():
            branch = Node(name, tuple(values))
            columns[level[name] + 1].append(branch)
            lines.append((Node(name), branch))
            lines += [(branch, Node(c)) for c in leads[values[0]]]
    return [c for c in columns if c], lines


def _values(space: Space, name: str) -> list[Any]:
    p = space.parameters[name]
    return p.levels(int(p.size)) if p.size <= 1000 else sorted({v for c in space.conditions.values() for v in c[name]})


@dataclass(frozen=True)
class Split:
    """Trials of any method; its best quarter is called good."""

    below: tuple[Trial, ...]
    above: tuple[Trial, ...]
    draws = True
    next = None

    @classmethod
    def of(cls, trials: Sequence[Trial]) -> Split:
        done = [t for t in trials if t.status == "done" and t.value is not None]
        done.sort(key=lambda t: t.value or 0.0)
        good = tuple(done[: -(-len(done) // 4)])
        return cls(good, tuple(t for t in trials if t not in good))


@dataclass(frozen=True)
class Box:
    """How a node is drawn: a frame with words, two bars (good and other trials), and how many trials there are."""

    x: float  # inches from the left
    frame: FancyBboxPatch
    bars: list[Rectangle]
    words: Text
    count: Text


class TreePicture(Picture["Step | TPEView | Split"]):
    """Boxes are parameters and the values that decide which others exist; a bar in each says how many trials went
    there, and how many of them are good. The way of the next trial is lit.

    State: a TPEView, a Step that has one, or a Split. After an update, `counts` has (good, all) of each Node,
    `lit` the nodes that the next trial passes. ValueError where nothing depends on anything.
    """

    depicts = DENSITIES

    def __init__(
        self,
        space: Space,
        trials: int | None = None,
        quantity: Quantity = Quantity(accuracy=False),  # noqa: B008
    ) -> None:
        super().__init__()
        if not any(space.conditions[name] for name in space.free):
            raise ValueError("tree: no parameter of this space depends on another, so there is no tree to draw")
        self.space, self.trials, self.quantity = space, trials, quantity
        self.columns, self.lines = columns_of(space)
        self.rows = max(map(len, self.columns))
        self.figsize = (style.WIDTH, 1.1 + PITCH * max(3, self.rows))
        self.counts: dict[Node, tuple[int, int]] = {}
        self.lit: set[Node] = set()

    def build(self, fig: Figure | SubFigure) -> None:
        style.key(
            fig,
            [
                ("good trials", style.patch(GOOD, 0.9)),
                ("other trials", style.patch(OTHER, 0.9)),
                ("way of the next trial", style.line(style.NEXT, lw=2.6)),
            ],
        )
        w, h = style.size(fig)
        self.ax = ax = style.bare(style.axes(fig, 0, 0, 0, 0))
        ax.set(xlim=(0, w), ylim=(h, 0))
        n = len(self.columns)
        self.wide = min(1.75, (w - 0.24 - GAP * (n - 1)) / n)
        self.title(fig)
        place: dict[Node, tuple[float, float]] = {}
        for i, column in enumerate(self.columns):
            order = sorted(column, key=lambda node: self._wish(node, place)) if i else column
            space = (h - 0.75) / len(order)
            for j, node in enumerate(order):
                place[node] = 0.12 + i * (self.wide + GAP), 0.75 + (j + 0.5) * space
        self.edges = {}
        for a, b in self.lines:
            x, y = [place[a][0] + self.wide, place[b][0]], [place[a][1], place[b][1]]
            (line,) = ax.plot(x, y, color=style.LIGHT, lw=1.5, solid_capstyle="round", zorder=1.5)
            self.edges[a, b] = self.live(line)
        self.boxes: dict[Node, Box] = {}
        for node, (left, middle) in place.items():
            self.boxes[node] = self._box(node, left, middle - TALL / 2)

    def _wish(self, node: Node, place: dict[Node, tuple[float, float]]) -> float:
        """As high as the mean of what leads there."""
        return float(np.mean([place[a][1] for a, b in self.lines if b == node] or [0.0]))

    def _box(self, node: Node, x: float, y: float) -> Box:
        ax, branch = self.ax, node.values is not None
        look = f"round,pad=0,rounding_size={0.16 if branch else 0.04}"
        frame = FancyBboxPatch((x, y), self.wide, TALL, boxstyle=look, fc="white", ec=style.GREY, lw=1.0, zorder=2)
        bars = [Rectangle((x + INSET, y + TALL - 0.1), 0.0, 0.06, color=c, lw=0, zorder=3) for c in (GOOD, OTHER)]
        for patch in (frame, *bars):
            self.live(ax.add_patch(patch))
        weight = "normal" if branch else "bold"
        words = style.add_words(ax, x + INSET, y + 0.125, va="center", fontsize=style.SMALL, weight=weight, zorder=4)
        count = style.add_words(ax, x + INSET, y + 0.29, va="center", fontsize=style.SMALL, zorder=4)
        return Box(x, frame, bars, self.live(words), self.live(count))

    def update(self, state: Step | TPEView | Split) -> bool:
        view = state if isinstance(state, Split) else self.view_of(state)
        self.quarter = isinstance(state, Split)
        self.split = bool(view.draws)
        good: list[Trial] = list(view.below) if self.split else []
        told = [*view.below, *view.above]
        self.told = len(told)
        self.next = None if view.next is None else self.space.decode(view.next)
        self.lit = set()
        for node, box in self.boxes.items():
            g, n = sum(node.holds(t.config) for t in good), sum(node.holds(t.config) for t in told)
            self.counts[node] = g, n
            if self.next is not None and node.holds(self.next):
                self.lit.add(node)
            self._fill(node, box, g, n)
        for (a, b), line in self.edges.items():
            on = a in self.lit and b in self.lit
            line.set(color=style.NEXT if on else style.GREY, lw=2.8 if on else 1.1, alpha=1.0 if on else 0.6)
        self.say(self._sentence())
        return False

    def _fill(self, node: Node, box: Box, g: int, n: int) -> None:
        on, full = node in self.lit, self.wide - 2 * INSET
        box.frame.set(ec=style.NEXT if on else style.GREY, lw=2.2 if on else 1.0)
        unit = full / max(1, self.told)
        box.bars[0].set_width(g * unit)
        box.bars[1].set(x=box.x + INSET + g * unit, width=(n - g) * unit)
        label = style.named(node.name)
        if node.values is not None:
            label = " or ".join(value_label(self.space.parameters[node.name], v) for v in node.values)
        elif on and self.next is not None:
            value = f"{style.named(node.name)} = {value_label(self.space.parameters[node.name], self.next[node.name])}"
            label = value if style.text_width(value, style.SMALL, "bold") <= full else label
        bold = "bold" if node.values is None else "normal"
        box.words.set_text(style.shorten(label, full, style.SMALL, bold))
        count = f"{g} of {n} good" if self.split else style.plural(n, "trial")
        box.count.set_text(style.shorten(count, full, style.SMALL))

    def _sentence(self) -> str:
        if self.next is None:
            text = f"After {style.plural(self.told, 'trial')}"
            return f"{text}: the best quarter is called good" if self.quarter else text
        number = f"Trial {self.told + 1}" + (f" of {self.trials}" if self.trials else "")
        way = [n for n in self.lit if n.values is not None]
        way.sort(key=lambda n: self.space.free.index(n.name))
        chosen = ", ".join(
            f"{style.named(n.name)} = {value_label(self.space.parameters[n.name], self.next[n.name])}" for n in way
        )
        exist = sum(n in self.next for n in self.space.free)
        return f"{number}: {chosen}; {exist} of {self.space.d} parameters exist"

    def alt(self) -> str:
        text = f"The space as a tree after {style.plural(self.told, 'trial')}."
        for node, (g, n) in self.counts.items():
            if node.values is None:
                continue
            values = " or ".join(value_label(self.space.parameters[node.name], v) for v in node.values)
            to = [style.named(b.name) for a, b in self.lines if a == node]
            leads = f"leads to {' and '.join(to)}" if to else "leads to nothing more"
            trials = f"{style.plural(n, 'trial')}, {g} good" if self.split else style.plural(n, "trial")
            text += f" {style.named(node.name)} = {values} {leads}: {trials}."
        return text + ("" if self.next is None else f" {self._sentence()}.")


def tree(state: Trace | Step | TPEView, *, step: int | None = None, trials: int | None = None) -> Figure:
    """A conditional space as a tree, and where the trials went.

    state: a Trace (of "tpe": the method's own split at one `step`, −1 the last; of any other method: all trials, the
    best quarter of which is called good), or a Step or TPEView. ValueError where no parameter depends on another.
    """
    if isinstance(state, Trace):
        picture = TreePicture(state.space, trials or len(state) or None)
        if state.header.method not in DENSITIES.methods or not len(state):
            if step is not None:
                raise ValueError(f"plot tree: step= is for {DENSITIES}; these trials are from {state.header.method!r}")
            return picture.render_static(Split.of(state.trials))
    view = state_of(DENSITIES, state, -1 if step is None else step, "tree")
    return (picture if isinstance(state, Trace) else TreePicture(view.space, trials)).render_static(view)
