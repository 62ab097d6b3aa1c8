"""Chains of layers that grow or move from round to round: how good they are, and what they look like."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from matplotlib.colors import to_rgba
from matplotlib.figure import SubFigure
from matplotlib.patches import Arc, Rectangle
from matplotlib.ticker import MaxNLocator

from nasbook.plots import style
from nasbook.plots.data import Quantity, drawable, label_of, near, trials_of
from nasbook.plots.picture import Picture
from nasbook.plots.style import Figure, Looks, plural
from nasbook.space import Config, Int, Space
from nasbook.task import Task
from nasbook.trace import Trace, Trial

ROWS = 8  # so many rounds fit into a picture
ROUND = 10  # trials of a round, where the method has none of its own
CONV, POOL = style.BELIEF, style.LIGHT


@dataclass(frozen=True)
class Round:
    """The trials of one step or generation, and the best so far."""

    number: int
    trials: tuple[Trial, ...]
    best: Trial | None


def rounds_of(trials: Sequence[Trial], size: int = ROUND) -> list[Round]:
    """The rounds of a search: the steps that network morphism tells, else generations of `size` trials."""
    found: dict[int, list[Trial]] = {}
    for k, t in enumerate(trials):
        found.setdefault(t.info.get("step", k // size) if "morphisms" in t.info else k // size, []).append(t)
    rounds: list[Round] = []
    best: Trial | None = None
    for number, own in found.items():
        ended = [t for t in own if t.status == "done" and t.value is not None]
        grows = "morphisms" in own[-1].info  # the best of a step is the next parent, better or not
        best = min(ended + ([best] if best and not grows else []), key=lambda t: t.value or 0.0, default=best)
        rounds.append(Round(number, tuple(own), best))
    return rounds


def layers_of(config: Config) -> list[Config]:
    """The parameters of each layer of a chain: {"depth": 1, "kernel_1": 3} gives [{"kernel": 3}]."""
    return [
        {m[1]: v for k, v in config.items() if (m := re.fullmatch(rf"(.+)_{i}", k))}
        for i in range(1, config["depth"] + 1)
    ]


def words_of(layer: Config) -> tuple[str, str]:
    """Two short lines that say what a layer is."""
    half = " /2" if layer.get("stride") == 2 else ""
    if "kernel" in layer:
        return f"{layer['kernel']}×{layer['kernel']}{half}", f"{layer['channels']} ch."
    if "kind" in layer:
        return str(layer["kind"]).removesuffix("pool"), f"pool{half}"
    first, second, *_ = [*map(str, layer.values()), "", ""]
    return first, second


def changed(layers: Sequence[Config], before: Sequence[Config]) -> list[bool]:
    """Which layers are new or other than before: all but those of a longest common part, in its order."""
    n, m = len(layers), len(before)
    length = np.zeros((n + 1, m + 1), int)
    for i in reversed(range(n)):
        for j in reversed(range(m)):
            same = layers[i] == before[j]
            length[i, j] = 1 + length[i + 1, j + 1] if same else max(length[i + 1, j], length[i, j + 1])
    new, i, j = [True] * n, 0, 0
    while i < n and j < m:
        if layers[i] == before[j]:
            new[i], i, j = False, i + 1, j + 1
        elif length[i + 1, j] >= length[i, j + 1]:
            i += 1
        else:
            j += 1
    return new


def depth_of(space: Space) -> int:
    """How long a chain of the space can be. ValueError for a space of anything else."""
    depth = space.parameters.get("depth")
    if not isinstance(depth, Int) or not any(re.fullmatch(r".+_1", name) for name in space.parameters):
        raise ValueError("chains draws chains, of a whole number 'depth' and parameters such as 'kernel_1'; none here")
    return int(depth.high)


class ChainsPicture(Picture[Sequence[Round]]):
    """Left: the value of every network of each round, the best so far as a star. Right: the best one, layer by layer;
    a taller box has more channels, an arc is a skip, and what is other than in the row above has a vermilion rim.

    State: a sequence of Rounds. rounds: how many there will be (more than ROWS: only some are drawn). depth: of the
    longest chain. word: what a round is called.
    """

    figsize = (style.WIDTH, 4.8)

    def __init__(
        self,
        depth: int,
        rounds: int = ROWS,
        quantity: Quantity = Quantity("validation error"),  # noqa: B008
        word: str = "step",
    ) -> None:
        super().__init__()
        self.depth, self.rows, self.quantity, self.word = depth, max(2, min(rounds, ROWS)), quantity, word
        self.x = style.Limits(0.0, 100.0) if quantity.percent else style.Limits()
        self.shown: list[Round] = []

    def build(self, fig: Figure | SubFigure) -> None:
        new = Rectangle((0, 0), 1, 1, fc="none", ec=style.NEXT, lw=1.8)
        entries: style.Entries = [
            ("a network", style.dot(style.GREY, ms=4.5)),
            ("drawn at the right", style.dot(ms=10, **style.STAR)),
            ("convolution", style.patch(CONV, 0.35)),
            ("pooling", style.patch(POOL, 1.0)),
            ("new or changed", new),
            ("skip", style.line(style.INK, style.DASH, lw=1.1)),
        ]
        self.title(fig)
        rows = style.key(fig, entries, gap=0.14)
        w, _ = style.size(fig)
        top, left = 0.42 + 0.2 * rows, 0.98
        self.ax = ax = style.axes(fig, left, 0.5, w - 2.75, top)
        ax.set(xlabel=self.quantity.axis.replace("validation ", ""), ylim=(self.rows - 0.4, -0.6))
        ax.set_yticks([])
        ax.xaxis.set_major_locator(MaxNLocator(nbins=4))
        self.canvas = canvas = style.bare(style.axes(fig, 2.85, 0.5, 0.1, top))
        canvas.set(xlim=(0, self.depth), ylim=(self.rows - 0.4, -0.6))
        plot = partial(self.plotted, ax)
        self.dots = plot("o", color=style.GREY, ms=4.5, mew=0, alpha=0.8, zorder=2)
        self.star = plot(ls="none", ms=12, zorder=3, **style.STAR)
        self.names: list[style.Words] = []
        self.boxes: list[Rectangle] = []
        self.arcs: list[Arc] = []
        self.lines: list[list[style.Words]] = []
        small: Looks = {"fontsize": style.SMALL, "va": "center"}
        for row in range(self.rows):
            name = style.add_words(fig, 0.12 / w, 0, "", **small)
            name.set_transform(ax.get_yaxis_transform())
            name.set_position((-(left - 0.12) / 1.77, row))
            self.names.append(self.live(name))
            for i in range(self.depth):
                box = Rectangle((i + 0.06, row), 0.88, 0.5, lw=1.8, zorder=2)
                arc = Arc((i + 0.5, row), 0.8, 0.3, theta1=180, theta2=360, color=style.INK, lw=1.1, ls=style.DASH)
                canvas.add_patch(box)
                canvas.add_patch(arc)
                self.boxes.append(self.live(box))
                self.arcs.append(self.live(arc))
                both = [style.add_words(canvas, i + 0.5, row, "", ha="center", zorder=4, **small) for _ in range(2)]
                self.lines.append([self.live(text) for text in both])

    def update(self, state: Sequence[Round]) -> bool:
        self.all = list(state)
        n = len(self.all)
        keep = range(n) if n <= self.rows else sorted({0, *range(n - self.rows + 1, n)})
        self.shown = [self.all[k] for k in keep]
        points = [(t.value, row) for row, r in enumerate(self.shown) for t in r.trials if t.value is not None]
        values, rows = np.array(points, float).reshape(-1, 2).T
        x = np.asarray(self.quantity.show(drawable(values)), float)
        grew = self.x.include(near(x, self.quantity.higher, far=3.0)) if len(x) else False
        self.ax.set_xlim(*self.x.pair)
        self.dots.set_data(np.clip(x, *self.x.pair), rows)
        best = [(float(self.quantity.show(r.best.value)), row) for row, r in enumerate(self.shown) if r.best]
        self.star.set_data(*np.array(best, float).reshape(-1, 2).T)
        before: list[Config] | None = None
        for row, name in enumerate(self.names):
            r = self.shown[row] if row < len(self.shown) else None
            name.set_text(self._name(r).replace("generation", "gen.") if r else "")
            layers = layers_of(r.best.config) if r and r.best else []
            new = changed(layers, before) if before is not None else [False] * len(layers)
            for i in range(self.depth):
                self._layer(row, i, layers[i] if i < len(layers) else None, i < len(layers) and new[i])
            before = layers or before
        self.say(self._sentence())
        return grew

    def _layer(self, row: int, i: int, layer: Config | None, new: bool) -> None:
        k = row * self.depth + i
        box, arc, lines = self.boxes[k], self.arcs[k], self.lines[k]
        box.set_visible(layer is not None)
        arc.set_visible(bool(layer and layer.get("skip")))
        for text in lines:
            text.set_text("")
        if layer is None:
            return
        pool = "kind" in layer and "kernel" not in layer
        size = layer.get("channels", layer.get("width", 16))
        tall = 0.6
        if isinstance(size, int | float) and size > 0 and not pool:
            tall = float(np.clip(0.54 + 0.1 * np.log2(size / 8), 0.5, 0.76))
        box.set(y=row - tall / 2, height=tall, ec=style.NEXT if new else "none")
        box.set_facecolor(to_rgba(POOL) if pool else to_rgba(CONV, 0.35))
        arc.set_center((i + 0.5, row - tall / 2))
        room = self.canvas.bbox.height / self.canvas.figure.dpi / (self.rows + 0.2)  # inches of a row
        first, second = words_of(layer)
        shift = 0.085 / room if second else 0.0
        wide = self.canvas.bbox.width / self.canvas.figure.dpi / self.depth - 0.06
        for text, words, y in zip(lines, (first, second), (row - shift, row + shift), strict=True):
            text.set_text(style.clipped(words, wide, style.SMALL))
            text.set_y(y)

    def _sentence(self) -> str:
        if not self.shown or self.shown[-1].best is None:
            return "No network has been trained yet"
        last = self.shown[-1]
        assert last.best is not None
        value = self.quantity.text(last.best.value)
        name = self._name(last).capitalize()
        return f"{name}: the best chain has {plural(len(layers_of(last.best.config)), 'layer')} and {value}"

    def _name(self, r: Round) -> str:
        """'step 0' is the first chain, 'generation 1' the first population."""
        return f"{self.word} {r.number + (self.word != 'step')}"

    def alt(self) -> str:
        if not self.shown or self.shown[-1].best is None:
            return "Chains of layers: no network has been trained yet."
        told = []
        for r in dict.fromkeys((0, len(self.shown) - 1)):
            best = self.shown[r].best
            if best is not None:
                layers = ", ".join(" ".join(filter(None, words_of(layer))) for layer in layers_of(best.config))
                told.append(f"{self._name(self.shown[r])}: {layers}; {self.quantity.text(best.value)}")
        trained = sum(len(r.trials) for r in self.all)
        return f"Chains of layers, {plural(trained, 'network')}. The best of {'. Of '.join(told)}."


def size_of(trace: Trace) -> int:
    """How many trials a generation of this trace has."""
    size = trace.header.settings.get("population", ROUND)
    return size if isinstance(size, int) and size > 0 else ROUND


def chains(trace: Trace, *, label: str | None = None, task: Task | None = None) -> Figure:
    """Chains of layers round by round: all values, and the best network drawn. trace: of a space of chains.

    ValueError for any other space."""
    if not isinstance(trace, Trace):
        raise ValueError(f"plot chains: it draws a whole Trace, not a {type(trace).__name__}")
    depth = depth_of(trace.space)
    rounds = rounds_of(trials_of(trace), size_of(trace))
    word = "step" if trace.header.method == "network-morphism" else "generation"
    return ChainsPicture(depth, len(rounds), Quantity(label or label_of(trace, task)), word).render_static(rounds)
