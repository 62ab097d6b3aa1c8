"""What Bayesian optimisation believes about two parameters, and where it looks next: maps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap
from matplotlib.figure import SubFigure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D

from nasbook.plots import style
from nasbook.plots.data import Quantity, drawable
from nasbook.plots.scales import parameter_axis
from nasbook.plots.style import Figure, Limits, Looks
from nasbook.plots.views.acquisition_labels import COLOURS, SHORT, ProcessBelief, extent, scaled
from nasbook.space import Choice, Parameter, Space
from nasbook.trace import Step

if TYPE_CHECKING:
    from nasbook.hpo.bayesian import BayesianView


class Acquisition2D(ProcessBelief):
    """Three maps of two parameters: the mean, its standard deviation, the acquisition; trials, best and next on each.

    State: a BayesianView, or a Step that has one. resolution: points a side of the maps.
    """

    figsize = (style.WIDTH, 3.6)
    resolution = 40

    def __init__(
        self,
        space: Space,
        axes: Sequence[str] | None = None,
        trials: int | None = None,
        quantity: Quantity = Quantity(accuracy=False),  # noqa: B008
        resolution: int | None = None,
    ) -> None:
        super().__init__(space, list(axes or space.free[:2]), trials, quantity)
        if len(self.names) != 2 or self.names[0] == self.names[1]:
            raise ValueError(f"acquisition maps need two different parameters, not {self.names}")
        self.context = np.full(space.d, 0.5)
        self.grids = [self._side(space.parameters[n], resolution or self.resolution) for n in self.names]
        self.mean_limits, self.std_limits = Limits(), Limits(0.0, 1e-12)

    @staticmethod
    def _side(p: Parameter, resolution: int) -> np.ndarray:
        """Centres of the pixels of one side."""
        n = int(p.size) if p.size <= resolution else resolution
        return (np.arange(n) + 0.5) / n

    def build(self, fig: Figure | SubFigure) -> None:
        entries: style.Entries = [
            ("trial", style.dot(mec="white", mew=0.6)),
            ("best so far", style.dot(ms=10, **style.STAR)),
            ("next query", style.dot(style.NEXT, "X", 8, mec="white", mew=0.8)),
            ("failed", style.dot(**style.HOLLOW)),
        ]
        self.maps: dict[str, Axes] = {}
        self.images: dict[str, AxesImage] = {}
        self.points: dict[str, tuple[Line2D, ...]] = {}
        self.texts: dict[str, list[style.Words]] = {}
        self._place(fig, 0.62 + 0.2 * style.key(fig, entries))
        self.title(fig)

    def _place(self, fig: Figure | SubFigure, top: float) -> None:
        """The maps, below the words that end `top` inches from the upper edge."""
        w, h = style.size(fig)
        left, right, gap, bottom = self._left(), 0.15, 0.36, 0.95
        each = (w - left - right - 2 * gap) / 3
        for i, (name, colour) in enumerate(COLOURS.items()):
            x0 = left + i * (each + gap)
            self._map(fig, name, colour, (x0, bottom, each, h - bottom - top), down=True, across=i == 0)
            bar = style.bare(fig.add_axes((x0 / w, 0.3 / h, each / w, 0.09 / h)))
            bar.imshow(np.linspace(0, 1, 64)[None], aspect="auto", cmap=colour, extent=(0, 1, 0, 1))
            self.texts[name] += [
                self.live(style.add_words(bar, x, -0.5, axes_fraction=True, fontsize=style.SMALL, va="top", ha=ha))
                for x, ha in ((0, "left"), (1, "right"))
            ]

    def _left(self) -> float:
        """Inches at the left: room for the names of options."""
        return 1.15 if isinstance(self.space.parameters[self.names[1]], Choice) else 0.8

    def _map(
        self,
        fig: Figure | SubFigure,
        name: str,
        colour: str | Colormap,
        box: tuple[float, ...],
        down: bool,
        across: bool,
    ) -> None:
        """An empty map at box (left, bottom, width, height) in inches; down, across: with ticks of x, of y."""
        (w, h), (x0, y0, wide, high) = style.size(fig), box
        ax = style.axes(fig, x0, y0, w - x0 - wide, h - y0 - high)
        ax.grid(False)
        parameter_axis(ax, "x", self.space.parameters[self.names[0]], self.names[0], wide, label=down)
        parameter_axis(ax, "y", self.space.parameters[self.names[1]], self.names[1], high, label=across)
        ax.tick_params(labelbottom=down, labelleft=across)
        shape = (len(self.grids[1]), len(self.grids[0]))
        smooth = not any(isinstance(self.space.parameters[n], Choice) for n in self.names)
        options: Looks = {"vmin": 0, "vmax": 1, "interpolation": "bilinear" if smooth else "nearest"}
        image = ax.imshow(
            np.zeros(shape), extent=(0, 1, 0, 1), origin="lower", aspect="auto", cmap=colour, zorder=1, **options
        )
        self.images[name] = self.live(image)
        image.set_visible(False)
        ax.set(xlim=(0, 1), ylim=(0, 1))
        dots: Looks = {"ls": "none", "clip_on": False}
        markers: list[Looks] = [
            {"marker": "o", "color": style.TRIAL, "ms": 5, "mec": "white", "mew": 0.6, "zorder": 3},
            {"marker": "o", "ms": 5.5, "zorder": 3.1, **style.HOLLOW},
            {"ms": 14, "zorder": 4, **style.STAR},
            {"marker": "X", "color": style.NEXT, "ms": 10, "mec": "white", "mew": 1, "zorder": 5},
        ]
        self.points[name] = tuple(self.live(ax.plot([], [], **dots, **m)[0]) for m in markers)
        heading = style.add_words(ax, 0, 1.03, axes_fraction=True, fontsize=style.NORMAL, weight="bold", va="bottom")
        self.maps[name], self.texts[name] = ax, [self.live(heading)]

    def update(self, state: Step | BayesianView) -> bool:
        view, q = self.view_of(state), self.quantity
        self.context = self._context(view)
        gx, gy = np.meshgrid(*self.grids)
        U = np.tile(self.context, (gx.size, 1))
        U[:, self.at[0]], U[:, self.at[1]] = gx.ravel(), gy.ravel()
        self._words(view)
        self.surface: dict[str, np.ndarray] | None = None
        for image in self.images.values():
            image.set_visible(view.gp is not None)
        for texts in self.texts.values():
            for text in texts:
                text.set_text("")
        self._nothing()
        if view.gp is not None:
            self.surface = self._surfaces(view, U)
            mean, std = (drawable(self.surface[name]) for name in ("mean", "std"))
            self.mean_limits.include(np.r_[np.quantile(mean, [0, 0.9]), drawable(view.best)], pad=0)
            self.std_limits.include(np.array([std.max()]))
            limits = {"mean": self.mean_limits.pair, "std": self.std_limits.pair}
            for name, values in self.surface.items():
                self.images[name].set_data(values.reshape(gx.shape))
                self.images[name].set_clim(*limits.get(name, (0.0, 1.0)))
            more = "≥ " if mean.max() > self.mean_limits.pair[1] else ""
            low, high = (q.text(v) for v in self.mean_limits.pair)
            top = self.std_limits.pair[1]
            spread = f"{100 * top:.1f} %" if q.percent else style.number(top, 2)
            self._headings(view, (low, more + high), ("0", spread))
        told = np.asarray(view.U, float).reshape(-1, self.space.d)[:, self.at]
        failed = np.asarray(view.failed, float).reshape(-1, self.space.d)[:, self.at]
        best = told[[int(np.argmin(view.y))]] if len(told) else told
        for name, artists in self.points.items():
            for artist, points in zip(artists, (told, failed, best, self._following(name)), strict=True):
                artist.set_data(points[:, 0], points[:, 1])
        return False

    def _surfaces(self, view: BayesianView, U: np.ndarray) -> dict[str, np.ndarray]:
        """What the maps show at the points U: name -> values (m,)."""
        mean, std = view.predict(U)
        raw = view.acquire(U)
        self.ends = tuple(style.number(end, 2) for end in extent(raw, view.acquisition))
        self.top = extent(raw, view.acquisition)[1]
        return {"mean": mean, "std": std, "acquisition": scaled(raw, view.acquisition)}

    def _nothing(self) -> None:
        """The words over the maps while there is no belief."""
        for _, *ends in self.texts.values():
            for text in ends:
                text.set_text("")
        for name, words in (("mean", "mean"), ("std", "standard deviation"), ("acquisition", SHORT[self.acquisition])):
            self.texts[name][0].set_text(words)

    def _headings(self, view: BayesianView, mean: tuple[str, str], std: tuple[str, str]) -> None:
        """The words at the maps, with the lowest and the highest value of mean and std."""
        for name, ends in {"mean": mean, "std": std, "acquisition": self.ends}.items():
            for text, words in zip(self.texts[name][1:], ends, strict=True):
                text.set_text(words)

    def _following(self, name: str) -> np.ndarray:
        """(k, 2) the next query that a map shows."""
        return np.zeros((0, 2)) if self.next is None else self.next[self.at][None]
