"""A board: the points (x1, x2) that one player has tried on a surface, hidden or shown.

A board is a map of the points under a strip that shows the same trials by x1 alone, x2 left out. Short strokes at the
edges of the map are the values that were tried of each axis: 25 points of a grid have 5 of them, 25 random points have
25 (figure 1 of Bergstra & Bengio, Random Search for Hyper-Parameter Optimization, 2012).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import matplotlib
import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.figure import SubFigure
from matplotlib.ticker import MaxNLocator

from nasbook.plots import style
from nasbook.plots.moving_text import add_words, text_width
from nasbook.plots.picture import Picture
from nasbook.plots.style import Figure, number, plural
from nasbook.task import OfNumbers
from nasbook.trace import Trial

FINE = 121  # points of the surface along an axis
BANDS = 12  # colours of the surface
HIDDEN_GROUND, STROKE = style.GRID, style.PURPLE
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

    def rank(self, values: object) -> np.ndarray:
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
    fence = fenced if surface.task.d == 2 else np.asarray
    shown = [fence(np.concatenate(values))]
    if revealed:
        shown += [fence(surface.z.min(0) if surface.task.d == 2 else surface.z), np.array([surface.task.optimum])]
    limits = style.Limits()
    limits.include(np.concatenate(shown), pad=0.1)
    return limits.pair


def fenced(values: np.ndarray) -> np.ndarray:
    """The values, without those far above the rest: beyond the upper quartile by 1.5 times the interquartile range."""
    values = np.asarray(values, float)
    values = values[np.isfinite(values)]
    if len(values) < 4:
        return values
    q1, q3 = np.quantile(values, [0.25, 0.75])
    return values[values <= q3 + 1.5 * (q3 - q1)]
