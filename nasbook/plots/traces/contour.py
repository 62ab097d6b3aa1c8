"""The value over two parameters: a map through the trials, which are drawn on it. It is drawn between trials only.

It is not a model. Where other parameters vary, too, neighbours on the map may differ because of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import matplotlib
import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import SubFigure
from matplotlib.ticker import MaxNLocator

from nasbook.axes import Scalar
from nasbook.plots import style
from nasbook.plots.data import Quantity, Trials
from nasbook.plots.scales import parameter_axis, tick_label, tilted
from nasbook.plots.style import Figure, plural
from nasbook.plots.traces.distribution import check_parameters
from nasbook.plots.traces.trials import TriedPicture, prepared
from nasbook.space import Choice, Space
from nasbook.task import Task

FINE = 120  # points along an axis of numbers


def value_map(space: Space, names: Sequence[str], U: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(rows, columns) of the values y (n,) at points U (n, 2) of the unit square; NaN where no trials are around.

    Rows and columns are cells of equal size; an option is one cell wide. Numbers: linear between the nearest trials
    (Delaunay), nothing beyond them. Numbers against options: linear along each option. Options: the mean of a cell."""
    choices = [isinstance(space.parameters[n], Choice) for n in names]
    columns, rows = (int(space.parameters[n].size) if c else FINE for n, c in zip(names, choices, strict=True))
    grid = np.full((rows, columns), np.nan)
    points, home = np.unique(U, axis=0, return_inverse=True)  # equal points: their mean
    home = home.ravel()
    mean = np.bincount(home, y) / np.maximum(np.bincount(home), 1)
    xs, ys = ((np.arange(k) + 0.5) / k for k in (columns, rows))
    if all(choices):
        for (u, v), m in zip(points, mean, strict=True):
            grid[min(rows - 1, int(v * rows)), min(columns - 1, int(u * columns))] = m
    elif any(choices):
        option, along = (0, ys) if choices[0] else (1, xs)
        lines = grid.T if choices[0] else grid
        slot = np.minimum((points[:, option] * len(lines)).astype(int), len(lines) - 1)
        for k in range(len(lines)):
            u, m = points[slot == k, 1 - option], mean[slot == k]
            if len(u) > 1:
                order = np.argsort(u)
                lines[k] = np.interp(along, u[order], m[order], left=np.nan, right=np.nan)
    elif len(points) > 2:
        from scipy.interpolate import LinearNDInterpolator  # dear
        from scipy.spatial import QhullError

        with suppress(QhullError):  # all on one line: no area to fill
            grid[:] = LinearNDInterpolator(points, mean)(*np.meshgrid(xs, ys))
    return grid


class ContourPicture(TriedPicture):
    """The value over two parameters, dark where it is good; trials as dots, failures hollow, the best a star.

    State: a Trace, or a sequence of Steps or Trials. names: the two parameters, x first.
    """

    figsize = (style.WIDTH, 4.9)

    def __init__(
        self,
        space: Space,
        names: Sequence[str],
        trials: int | None = None,
        quantity: Quantity = Quantity(),  # noqa: B008
    ) -> None:
        super().__init__(space, trials, quantity)
        self.names = list(names)

    def build(self, fig: Figure | SubFigure) -> None:
        rows = style.key(
            fig,
            [
                ("trial", style.dot()),
                ("failed or stopped", style.dot(**style.HOLLOW)),
                ("best", style.dot(ms=10, **style.STAR)),
                ("no trials around", style.patch(style.GRID, 1.0)),
            ],
        )
        w, h = style.size(fig)
        left = 1.3 if isinstance(self.space.parameters[self.names[1]], Choice) else 1.1
        right, top = 1.25, 0.5 + 0.2 * rows
        below = 0.95 if tilted(self.space.parameters[self.names[0]], w - left - right) else 0.52
        self.ax = ax = style.axes(fig, left, below, right, top)
        ax.grid(False)
        ax.set_facecolor(style.GRID)
        for which, name, inches in (("x", self.names[0], w - left - right), ("y", self.names[1], h - below - top)):
            parameter_axis(ax, which, self.space.parameters[name], name, inches)
        self.title(fig)
        map_ = matplotlib.colormaps[style.SEQUENTIAL]
        self.cmap = map_.reversed() if self.quantity.higher else map_  # good is dark
        self.image = self.live(
            ax.imshow(
                np.full((2, 2), np.nan),
                extent=(0, 1, 0, 1),
                origin="lower",
                aspect="auto",
                cmap=self.cmap,
                interpolation="nearest",
                zorder=1,
            )
        )
        (self.dots,) = ax.plot([], [], "o", color=style.TRIAL, ms=4.5, mec="white", mew=0.7, zorder=3, clip_on=False)
        (self.lost,) = ax.plot([], [], "o", ms=5, zorder=3, clip_on=False, **style.HOLLOW)
        (self.star,) = ax.plot([], [], ms=15, ls="none", zorder=4, clip_on=False, **style.STAR)
        for artist in (self.dots, self.lost, self.star):
            self.live(artist)
        self.bar = style.axes(fig, w - right + 0.15, below, right - 0.33, top)
        self.bar.grid(False)
        self.scale = ScalarMappable(Normalize(0, 1), self.cmap)
        cb = fig.colorbar(
            self.scale, cax=self.bar, label=self.quantity.axis, extend="min" if self.quantity.higher else "max"
        )
        cb.outline.set_visible(False)
        self.bar.yaxis.set_major_locator(MaxNLocator(nbins=6))

    def update(self, state: Trials) -> bool:
        changed = self._read(state)
        if changed:
            self.scale.set_clim(*self.y.pair)
            self.image.set_clim(*self.y.pair)
        at = [self.space.free.index(n) for n in self.names]
        U = self.U[:, at]
        used = ~np.isnan(U).any(1)
        ok = used & ~self.failed
        self.map = value_map(self.space, self.names, U[ok], np.asarray(self.values)[ok])
        self.image.set_data(np.ma.masked_invalid(self.map))
        xy = self._placed(self.names)
        self.dots.set_data(*xy[ok].T)
        self.lost.set_data(*xy[used & self.failed].T)
        self.star.set_data(*xy[[i for i in [self.best] if i is not None and used[i]]].T)
        self.say(self._where())
        return changed

    def _where(self) -> str:
        if self.best_trial is None:
            return self._sentence()
        q, best = self.quantity, self.best_trial
        found = " and ".join(f"{style.named(n)} {_short(best.config[n])}" for n in self.names if n in best.config)
        at = f" at {found}" if found else ", where neither is used"
        return f"{plural(self.n, 'trial')}: the best {q.name}, {q.text(best.value)}, is{at}"

    def alt(self) -> str:
        others = self.space.d - 2
        x, y = map(style.named, self.names)
        text = f"Map of {self.quantity.name} over {x} and {y}: {self._described()}"
        return text + (f" {plural(others, 'other parameter')} may vary beneath it." if others else "")


def _short(value: Scalar) -> str:
    return style.number(value) if isinstance(value, float) else tick_label(value)


def contour(
    trace: Trials,
    *,
    parameters: Sequence[str] | None = None,
    space: Space | None = None,
    task: Task | None = None,
    label: str | None = None,
) -> Figure:
    """The value over two parameters. parameters: which two, x first; else the first two that are searched."""
    space, quantity = prepared(trace, space, task, label)
    names = list(parameters or space.free[:2])
    check_parameters("contour", space, names, 2)
    return ContourPicture(space, names, None, quantity).render_static(trace)
