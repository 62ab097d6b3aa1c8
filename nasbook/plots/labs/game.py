"""A game on a hidden surface: what the players tried, side by side, and at the end the surface itself.

    GamePicture(task, "tpe", trials=15)            # two boards and their best values so far
    designs(task, {"grid": trace, "random": ...})  # any number of boards, on the revealed surface

A board is a map of the points (x1, x2) under a strip that shows the same trials by x1 alone, x2 left out. Short strokes
at the edges of the map are the values that were tried of each axis: 25 points of a grid have 5 of them, 25 random
points have 25 (figure 1 of Bergstra & Bengio, Random Search for Hyper-Parameter Optimization, 2012).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import SubFigure
from matplotlib.ticker import MaxNLocator

from nasbook.plots import style
from nasbook.plots.data import trials_of
from nasbook.plots.moving_text import add_words, text_width
from nasbook.plots.picture import Picture
from nasbook.plots.style import Figure, number, plural
from nasbook.task import OfNumbers
from nasbook.trace import Trial

FINE = 121  # points of the surface along an axis
BANDS = 12  # colours of the surface
EDGE = 8  # pixels: a click so close to the map counts as on its edge
HIDDEN_GROUND = style.GRID
YOU, OPPONENT, STROKE = style.BLUE, style.GREEN, style.PURPLE
DASHED: Any = (0, (5, 2))
MAP = ListedColormap(matplotlib.colormaps[style.SEQUENTIAL](np.linspace(0.05, 1, BANDS)))


@dataclass(frozen=True, eq=False)
class Surface:
    """A task of one or two variables on a grid: z (FINE,) or (rows, columns), and where each value ranks."""

    task: Any
    z: np.ndarray = field(init=False)
    sorted: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        if not isinstance(self.task, OfNumbers) or self.task.d not in (1, 2):
            raise ValueError("the surface must be a function of one or two variables, such as 'forrester' or 'branin'")
        axes = [np.linspace(low, high, FINE) for low, high in self.task.box]
        z = self.task(np.stack(np.meshgrid(*axes), -1).reshape(-1, self.task.d)).reshape((FINE,) * self.task.d)
        object.__setattr__(self, "z", z)
        object.__setattr__(self, "sorted", np.sort(z, axis=None))

    def rank(self, values: Any) -> np.ndarray:
        """The share of the surface that is lower, from 0 (the lowest) to 1."""
        return np.searchsorted(self.sorted, np.asarray(values, float)) / self.sorted.size


@dataclass(frozen=True, eq=False)
class Player:
    """What one player has tried: points (n, d) in the task's units and values (n,)."""

    points: np.ndarray
    values: np.ndarray

    @classmethod
    def of(cls, trials: Sequence[Trial], names: Sequence[str]) -> Player:
        points = np.array([[t.config[n] for n in names] for t in trials], float).reshape(-1, len(names))
        return cls(points, np.array([np.nan if t.value is None else t.value for t in trials], float))

    @property
    def best(self) -> int | None:
        return int(np.nanargmin(self.values)) if np.isfinite(self.values).any() else None

    @property
    def distinct(self) -> list[int]:
        """How many different values of each axis were tried."""
        return [len(np.unique(column)) for column in self.points.T]


@dataclass(frozen=True, eq=False)
class GameState:
    """Both players after as many trials; `show`: draw the opponent's points; `revealed`: draw the surface;
    `expected` (trials,): what random search finds on average, drawn when revealed."""

    mine: Player
    theirs: Player
    show: bool = False
    revealed: bool = False
    expected: np.ndarray = field(default_factory=lambda: np.empty(0))


class Board:
    """One player's map and strip, at a place given in inches from the lower left: (left, bottom, width, height).

    short: a small board, without the newest trial."""

    def __init__(self, surface: Surface, name: str, colour: str, strip: float = 0.75, short: bool = False) -> None:
        self.surface, self.name, self.colour, self.short = surface, name, colour, short
        self.task, self.d = surface.task, surface.task.d
        self.strip_height = strip if self.d == 2 else 0.0

    def build(self, picture: Picture, fig: Figure | SubFigure, place: tuple[float, float, float, float]) -> None:
        w, h = style.size(fig)
        left, below, width, height = place
        gap = 0.18 if self.d == 2 else 0.0
        high = height - self.strip_height - gap
        self.width, self.height = width, high
        live, names = picture.live, list(self.task.space.parameters)
        self.ax = style.axes(fig, left, below, w - left - width, h - below - high)
        self.ax.set(xlim=self.task.box[0], xlabel=style.shorten(names[0], width, style.NORMAL))
        self.ax.set_facecolor(HIDDEN_GROUND)
        if self.d == 2:
            self.ax.set(ylim=self.task.box[1], ylabel=style.shorten(names[1], high, style.NORMAL))
            self.strip = style.axes(fig, left, below + high + gap, w - left - width, h - below - height)
            self.strip.set(xlim=self.task.box[0])
            self.strip.tick_params(labelbottom=False)
            self.ax.grid(False)
            extent = (*self.task.box[0], *self.task.box[1])
            self.image = live(
                self.ax.imshow(self.surface.rank(self.surface.z), extent=extent, origin="lower", aspect="auto",
                               cmap=MAP, vmin=0, vmax=1, interpolation="bilinear", zorder=1)
            )  # fmt: skip
            m = self.task.minimisers
            (self.lowest,) = self.ax.plot(*m.T, "x", color="white", ms=9, mew=2.2, zorder=5.5)
            self.band = live(style.polygon(self.strip, style.GREY, 0.35, zorder=1.2))
            live(self.lowest)
        else:
            self.strip = self.ax
            m = self.task.minimisers
            (self.lowest,) = self.ax.plot(m[:, 0], self.task(m), "x", color=style.GREY, ms=9, mew=2.2, zorder=2)
            (self.curve,) = self.ax.plot([], [], color=style.GREY, lw=1.8, zorder=1.5)
            live(self.lowest)
            live(self.curve)
        for axis in (self.ax.xaxis, self.ax.yaxis, self.strip.yaxis):
            axis.set_major_locator(MaxNLocator(nbins=3 if axis is self.strip.yaxis and self.d == 2 else 5))
        xs = [self.ax, self.strip] if self.d == 2 else [self.ax]
        point = lambda ax, **o: live(ax.scatter([], [], clip_on=False, **o))  # noqa: E731
        self.halos = [point(ax, s=78 if ax is self.ax else 34, c="white", lw=0, zorder=3) for ax in xs]
        self.dots = [point(ax, s=46 if ax is self.ax else 20, ec=style.INK, lw=1.1, zorder=3.2) for ax in xs]
        line = lambda **o: live(self.ax.plot([], [], ls="none", clip_on=False, **o)[0])  # noqa: E731
        self.newest = line(marker="o", mfc="none", mec=style.NEXT, mew=2.2, ms=13, zorder=3.4)
        self.star = line(ms=15, zorder=3.6, **style.STAR)
        on_x, on_y = self.ax.get_xaxis_transform(), self.ax.get_yaxis_transform()
        stroke = {"color": STROKE, "mew": 1.8, "ms": 9, "zorder": 2.6}
        self.rugs = [live(self.ax.plot([], [], "|", transform=on_x, **stroke)[0])]  # type: ignore[arg-type]
        if self.d == 2:
            self.rugs.append(live(self.ax.plot([], [], "_", transform=on_y, **stroke)[0]))  # type: ignore[arg-type]
        self.labels = [
            live(add_words(self.ax, 0, 0, "", ground="white", fontsize=style.SMALL, va="center", zorder=5))
            for _ in range(2)
        ]
        self.curtain = live(
            add_words(self.ax, 0.5, 0.5, "", True, fontsize=style.NORMAL, color=style.NOTE, ha="center", va="center")
        )
        top = (below + height + 0.07) / h
        size = style.SMALL if self.short or len(self.name) > 16 else style.NORMAL
        name = style.shorten(self.name, width - (0.45 if self.short else 1.35), size, "bold")
        add_words(fig, left / w, top, name, fontsize=size, weight="bold", color=self.colour)
        self.count = live(
            add_words(fig, (left + width) / w, top, "", fontsize=style.SMALL, color=style.NOTE, ha="right")
        )

    def update(self, player: Player, limits: tuple[float, float], visible: bool = True, revealed: bool = True) -> bool:
        """Draw the player's points, or, where they are hidden, how many there are. True if the limits changed."""
        n = len(player.values)
        shown = player if visible else Player(player.points[:0], player.values[:0])
        changed = self.strip.get_ylim() != limits
        self.strip.set_ylim(*limits)
        self._surface(revealed, limits)
        heights = np.clip(shown.values, *limits)
        y = shown.points[:, 1] if self.d == 2 else heights
        places = [np.column_stack([shown.points[:, 0], y]), np.column_stack([shown.points[:, 0], heights])]
        colours = MAP(self._colour(shown.values, revealed))
        for halo, dots, at in zip(self.halos, self.dots, places, strict=False):
            halo.set_offsets(at)
            dots.set_offsets(at)
            dots.set_facecolor(colours)
        best = shown.best
        self.newest.set_data(*places[0][[] if self.short else slice(-1, None)].T)
        self.star.set_data(*places[0][[] if best is None else [best]].T)
        self._label(places[0], shown)
        edge = np.full(len(shown.values), 0.03)
        self.rugs[0].set_data(shown.points[:, 0], edge)
        if self.d == 2:
            self.rugs[1].set_data(edge * self.height / self.width, shown.points[:, 1])
        self.curtain.set_text("" if visible else "hidden until the end")
        self.count.set_text(self._count(shown) if visible else plural(n, "trial"))
        return changed

    def _count(self, player: Player) -> str:
        counts = map(str, player.distinct)
        return ", ".join(counts) if self.short else " and ".join(counts) + " distinct"

    def _colour(self, values: np.ndarray, revealed: bool) -> np.ndarray:
        """(n,) from 0, dark and low, to 1: the rank on the surface, or, while it is hidden, among the trials."""
        if revealed:
            return self.surface.rank(values)
        return np.searchsorted(np.sort(values), values) / max(1, len(values) - 1)

    def _surface(self, revealed: bool, limits: tuple[float, float]) -> None:
        (low, high), z = self.task.box[0], self.surface.z
        x = np.linspace(low, high, FINE)
        self.lowest.set_visible(revealed)
        if self.d == 1:
            shown = slice(None if revealed else 0)
            self.curve.set_data(x[shown], np.clip(z, *limits)[shown])
            return
        self.image.set_visible(revealed)
        self.band.set_visible(revealed)
        if revealed:
            style.set_band(self.band, x, z.min(0), np.clip(z.max(0), *limits))

    def _label(self, places: np.ndarray, shown: Player) -> None:
        """The values of the newest and of the best trial, beside them: the higher one above, the lower one below."""
        for label in self.labels:
            label.set_text("")
        if shown.best is None:
            return
        marked = dict.fromkeys([shown.best] if self.short else [shown.best, len(places) - 1])
        (x0, x1), (y0, y1) = self.ax.get_xlim(), self.ax.get_ylim()
        order = sorted(marked, key=lambda i: -places[i, 1])
        for label, i, side in zip(self.labels, order, (1, -1), strict=False):
            text = number(float(shown.values[i]))
            u, v = (places[i, 0] - x0) / (x1 - x0), (places[i, 1] - y0) / (y1 - y0)
            wide, up = text_width(text, style.SMALL) / self.width, 0.17 / self.height
            u += -0.1 / self.width - wide if u > 0.7 else 0.1 / self.width
            v += side * up if up < v + side * up < 1 - up / 2 else -side * up if len(order) == 1 else 0
            label.set_position((x0 + u * (x1 - x0), y0 + v * (y1 - y0)))
            label.set_text(text)


def value_limits(surface: Surface, values: Sequence[np.ndarray], revealed: bool) -> tuple[float, float]:
    """Limits of the values in the strips of all boards. What lies far above the rest is drawn at the upper edge: of two
    variables, values beyond Tukey's fence."""
    fence = _fenced if surface.task.d == 2 else np.asarray
    shown = [fence(np.concatenate(values))]
    if revealed:
        shown += [fence(surface.z.min(0) if surface.task.d == 2 else surface.z), np.array([surface.task.optimum])]
    limits = style.Limits()
    limits.include(np.concatenate(shown), pad=0.1)
    return limits.pair


class GamePicture(Picture):
    """Left: what you tried; right: what the opponent tried, hidden until the end; below: the best values so far.

    State: a GameState. task: a function of one or two variables.
    """

    figsize = (style.WIDTH, 6.1)

    def __init__(self, task: Any, opponent: str, trials: int) -> None:
        super().__init__()
        self.task, self.opponent, self.trials = task, opponent, trials
        self.surface = Surface(task)
        self.boards = [Board(self.surface, "you", YOU), Board(self.surface, opponent, OPPONENT)]

    def build(self, fig: Figure | SubFigure) -> None:
        self.title(fig)
        entries = [
            ("newest", style.dot("none", ms=9, mec=style.NEXT, mew=2)),
            ("best", style.dot(ms=10, **style.STAR)),
            ("darker is lower", style.dot(matplotlib.colors.to_hex(MAP(0.1)), ms=7)),
            ("values tried of an axis", style.dot(STROKE, "|", 9, mew=1.8)),
            ("lowest point, at the end", style.dot(style.GREY, "x", 7, mew=2)),
        ]
        rows = style.key(fig, entries, gap=0.14)
        w, h = style.size(fig)
        low, gap, left = 1.95, 0.62, 0.7
        width = (w - left - gap - 0.15) / 2
        height = h - low - (0.36 + 0.19 * rows) - 0.3
        for k, board in enumerate(self.boards):
            board.build(self, fig, (left + k * (width + gap), low, width, height))
        self.curve = style.axes(fig, left, 0.47, 1.5, h - 0.47 - 0.95)
        self.curve.set(xlim=(0.5, self.trials + 0.5), xlabel="trial", ylabel="best so far")
        self.curve.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
        self.curve.yaxis.set_major_locator(MaxNLocator(nbins=3))
        self.curve.yaxis.set_label_coords(-0.5 / (w - left - 1.5), 0.5)  # not moved by the ticks
        line = partial(self.plotted, self.curve, drawstyle="steps-post")
        self.floor = line(color=style.GREY, ls=style.DOT, lw=1.6, zorder=1.8)
        self.chance = line(color=style.BASELINE, ls=style.DASH, lw=1.6, zorder=1.9)
        self.lines = [
            line(color=YOU, ls="-", lw=2.4, zorder=3),
            line(color=OPPONENT, ls=DASHED, lw=2.2, zorder=3.1),
        ]
        self.ends = [
            self.live(add_words(self.curve, 0, 0, "", fontsize=style.SMALL, color=colour, va="center"))
            for colour in (YOU, OPPONENT, style.FAINT, style.FAINT)
        ]

    def update(self, state: GameState) -> bool:
        self.state = state
        mine, theirs = state.mine, state.theirs
        visible = state.show or state.revealed
        limits = value_limits(self.surface, [mine.values, theirs.values][: 1 + visible], state.revealed)
        changed = self.boards[0].update(mine, limits, True, state.revealed)
        changed |= self.boards[1].update(theirs, limits, visible, state.revealed)
        changed |= self._race(state)
        self.say(self._headline(state))
        return changed

    def locate(self, x: float, y: float) -> tuple[Axes, float, float] | None:
        """As every picture does; and a click a little beside your map is one on its edge."""
        w, h = self.make_figure().canvas.get_width_height()
        ax, at = self.boards[0].ax, np.array([x * w, (1 - y) * h])
        inside = np.clip(at, *ax.bbox.get_points())
        if np.abs(at - inside).max() > EDGE:
            return super().locate(x, y)
        px, py = ax.transData.inverted().transform(inside)
        return ax, float(px), float(py)

    def _race(self, s: GameState) -> bool:
        found = [np.fmin.accumulate(p.values) if len(p.values) else p.values for p in (s.mine, s.theirs)]
        expected = s.expected if s.revealed else np.empty(0)
        floor = np.full(self.trials, self.task.optimum) if s.revealed else np.empty(0)
        shown = np.concatenate([*(_fenced(f) for f in found), expected[1:], floor[:1]])
        limits = style.Limits()
        limits.include(shown, pad=0.12)
        before = self.curve.get_ylim()
        changed = before != limits.pair
        self.curve.set_ylim(*limits.pair)
        low, high = self.curve.get_ylim()
        ends = []
        for line, y in zip((*self.lines, self.chance, self.floor), (*found, expected, floor), strict=True):
            n = len(y)
            line.set_data(np.arange(1, n + 1), np.clip(y, low, high))
            ends.append(float(np.clip(y[-1], low, high)) if n else np.nan)
        names = ["you", style.shorten(self.opponent, 1.3), "random, on average", "lowest"]
        known = [k for k, y in enumerate(ends) if np.isfinite(y)]
        for words in self.ends:
            words.set_text("")
        places = style.spread([ends[k] for k in known], 0.17 * (high - low) / 1.0, low, high)
        for k, at in zip(known, places, strict=True):
            self.ends[k].set_position((self.trials + 0.7, at))
            self.ends[k].set_text(names[k])
        return changed

    def _headline(self, s: GameState) -> str:
        n = len(s.mine.values)
        if s.mine.best is None:
            return f"A hidden surface, {plural(self.trials, 'trial')} each: where is it lowest?"
        of = f"After {n} of {plural(self.trials, 'trial')}"
        mine, theirs = (float(np.nanmin(p.values)) for p in (s.mine, s.theirs))
        other = style.named(self.opponent)
        lead = "you lead" if mine < theirs else "level" if mine == theirs else f"{other} leads"
        if n == self.trials and s.revealed:
            lead = "you won" if mine < theirs else "a draw" if mine == theirs else f"{other} won"
        return f"{of}: your best {number(mine)}, {other}'s {number(theirs)}: {lead}"

    def alt(self) -> str:
        s = self.state
        names, other = list(map(style.named, self.task.space.parameters)), style.named(self.opponent)
        said = self.sentence()
        text = f"A game on a surface over {' and '.join(names)} against {other}. {said}"
        text += "" if said.endswith("?") else "."
        if s.mine.best is not None:
            at = ", ".join(number(float(v)) for v in s.mine.points[s.mine.best])
            text += f" Your best point is ({at})."
            for who, p in (("You have", s.mine), (f"{other} has", s.theirs)):
                if p is s.mine or s.show or s.revealed:
                    each = " and ".join(f"{k} of {name}" for name, k in zip(names, p.distinct, strict=True))
                    text += f" {who} tried distinct values: {each}."
        hidden = "the opponent's points and the surface are hidden" if not s.show else "the surface is hidden"
        return text + (f" The lowest value is {number(self.task.optimum)}." if s.revealed else f" Still, {hidden}.")


class DesignsPicture(Picture):
    """Boards of several searches, three in a row, on the revealed surface. State: a mapping name -> trials."""

    def __init__(self, task: Any, names: Sequence[str]) -> None:
        super().__init__()
        self.surface, self.names = Surface(task), list(names)
        if not 1 <= len(self.names) <= 6:
            raise ValueError(f"one to six searches can be drawn side by side, not {len(self.names)}")
        self.boards = [Board(self.surface, name, style.INK, strip=0.55, short=True) for name in self.names]
        self.rows, self.columns = -(-len(self.names) // 3), min(3, len(self.names))
        self.figsize = (style.WIDTH, 0.62 + 2.75 * self.rows)

    def build(self, fig: Figure | SubFigure) -> None:
        self.title(fig)
        entries = [
            ("best", style.dot(ms=10, **style.STAR)),
            ("values tried of an axis", style.dot(STROKE, "|", 9, mew=1.8)),
            ("lowest point", style.dot(style.GREY, "x", 7, mew=2)),
            ("strip: the same trials by their first variable", style.patch(style.GREY, 0.35)),
        ]
        style.key(fig, entries, gap=0.14)
        w, h = style.size(fig)
        left, gap = 0.6, 0.42
        width = (w - left - 0.12 - (self.columns - 1) * gap) / self.columns
        for k, board in enumerate(self.boards):
            row, column = divmod(k, self.columns)
            bottom = h - 0.62 - 2.75 * row - 2.75 + 0.5
            board.build(self, fig, (left + column * (width + gap), bottom, width, 2.75 - 0.5 - 0.3))
            if column:
                board.ax.set_ylabel("")

    def update(self, state: Mapping[str, Sequence[Trial]]) -> bool:
        names = list(self.surface.task.space.parameters)
        self.players = [Player.of(state[name], names) for name in self.names]
        limits = value_limits(self.surface, [p.values for p in self.players], True)
        changed = [board.update(p, limits) for board, p in zip(self.boards, self.players, strict=True)]
        self.say("Beside each name: how many distinct values of " + " and of ".join(map(style.named, names)))
        return any(changed)

    def alt(self) -> str:
        told = []
        for name, p in zip(self.names, self.players, strict=True):
            best = "–" if p.best is None else number(float(np.nanmin(p.values)))
            distinct = " and ".join(map(str, p.distinct))
            tried = f"{plural(len(p.values), 'trial')} with {distinct} distinct values"
            told.append(f"{style.named(name)}: {tried}, best {best}")
        return "Trials on the same surface. " + "; ".join(told) + "."


def designs(task: Any, searches: Mapping[str, Any]) -> Figure:
    """Where searches went on a surface of one or two variables, side by side. searches: name -> Trace or trials."""
    state = {name: trials_of(search) for name, search in searches.items()}
    return DesignsPicture(task, list(state)).render_static(state)


def _fenced(values: Any) -> np.ndarray:
    """The values, without those far above the rest: beyond the upper quartile by 1.5 times the interquartile range."""
    values = np.asarray(values, float)
    values = values[np.isfinite(values)]
    if len(values) < 4:
        return values
    q1, q3 = np.quantile(values, [0.25, 0.75])
    return values[values <= q3 + 1.5 * (q3 - q1)]
