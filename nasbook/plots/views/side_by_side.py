"""Every acquisition function on one belief: where would each of them look next?

Curves lie under the belief of one parameter, with one axis for all; for two parameters there is a map for each. Each
panel is scaled by itself, because the acquisitions have different units: only shapes and peaks can be compared. PI with
ξ = 0 is greedy and almost always repeats the best point, so its panel has ξ = 0.05 unless the search sets another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import SubFigure
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon

from nasbook.kit.blas import one_thread
from nasbook.plots import style
from nasbook.plots.scales import parameter_axis, value_label
from nasbook.plots.style import Figure, Looks, number
from nasbook.plots.views.acquisition import Acquisition1D, drawn, picture_of
from nasbook.plots.views.acquisition_labels import COLOURS, GREENS, SHORT, scaled
from nasbook.plots.views.acquisition_maps import Acquisition2D
from nasbook.space import Space
from nasbook.task import Task
from nasbook.trace import Step, Trace

if TYPE_CHECKING:
    from nasbook.hpo.bayesian import BayesianView

MARGIN = 0.05  # ξ of PI where the search has 0


def judges(view: BayesianView) -> dict[str, BayesianView]:
    """The view under each acquisition: name -> view."""
    xi = view.settings.xi
    return {name: view.by(name, xi=(xi or MARGIN) if name == "pi" else xi) for name in SHORT}


def named(view: BayesianView) -> str:
    """'EI', 'PI, ξ = 0.05', 'UCB, κ = 2.6'."""
    name, s = view.acquisition, view.settings
    if name == "ucb":
        return f"UCB, κ = {number(s.kappa, 2)}"
    return SHORT[name] + (f", ξ = {number(s.xi, 2)}" if s.xi and name in ("pi", "ei") else "")


class _Compared:
    """What both pictures share: where each acquisition is largest among the points that are drawn."""

    peaks: dict[str, np.ndarray]  # name -> (d,) where it would look next
    heights: dict[str, np.ndarray]  # name -> (m,) its values, between 0 and 1

    @one_thread
    def _judge(self, view: BayesianView, U: np.ndarray) -> None:
        """Ask every acquisition at the points U (m, d) of the picture, and at the trial that is really next."""
        also = np.zeros((0, U.shape[1])) if view.next is None else np.asarray(view.next, float)[None]
        all_of_them = np.concatenate([U, also])
        self.peaks, self.heights, self.names_now = {}, {}, {}
        for name, judge in judges(view).items():
            a = judge.acquire(all_of_them)
            self.peaks[name] = all_of_them[int(np.argmax(a))]
            self.heights[name] = scaled(a[: len(U)], name)
            self.names_now[name] = named(judge)


class SideBySide1D(_Compared, Acquisition1D):
    """The belief above, under it one row an acquisition: its curve, its name, and where it would look next.

    State: a BayesianView, or a Step that has one. Options as in Acquisition1D. The row of the acquisition that the
    search uses has a bar at its left.
    """

    figsize = (style.WIDTH, 6.5)

    def _place(self, fig: Figure | SubFigure, top: float) -> None:
        (w, h), bottom, row, right = style.size(fig), 0.5, 0.44, 1.62
        self.ax = style.axes(fig, 0.75, bottom + row * len(SHORT) + 0.16, right, top)
        parameter_axis(self.ax, "x", self.p, self.names[0], w - 0.75 - right, label=False)
        self.rows = {}
        for i, name in enumerate(reversed(SHORT)):
            y0 = bottom + i * row
            ax = self.rows[name] = style.axes(fig, 0.75, y0 + 0.03, right, h - y0 - row + 0.03)
            parameter_axis(ax, "x", self.p, self.names[0], w - 0.75 - right, label=i == 0)
            ax.tick_params(labelbottom=i == 0, length=3 if i == 0 else 0)
            ax.set(ylim=(0, 1.25), yticks=[])
        self.panels = [self.ax, *self.rows.values()]

    def _build_acquisition(self) -> None:
        self.parts: dict[str, tuple[Polygon, Line2D, Line2D, style.Words, style.Words, Line2D]] = {}
        for name, ax in self.rows.items():
            words: Looks = {"axes_fraction": True, "fontsize": style.SMALL}
            self.parts[name] = (
                self.live(style.polygon(ax, style.ACQUISITION, 0.25)),
                self.live(ax.plot([], [], color=style.ACQUISITION, lw=1.4, zorder=2)[0]),
                self.live(ax.plot([], [], "v", color=style.NEXT, ms=7, zorder=3, clip_on=False)[0]),
                self.live(style.add_words(ax, 1.03, 0.72, va="center", **words)),
                self.live(style.add_words(ax, 1.03, 0.26, va="center", color=style.NEXT, **words)),
                self.live(ax.plot([], [], color=style.INK, lw=4, zorder=3, clip_on=False)[0]),
            )

    def _acquire(self, view: BayesianView, U: np.ndarray) -> None:
        self._judge(view, U)
        k = self.at[0]
        for name, (area, line, mark, title, words, bar) in self.parts.items():
            a, u = self.heights[name], float(self.peaks[name][k])
            style.set_band(area, self.x, np.zeros_like(a), a)
            line.set_data(self.x, a)
            mark.set_data([u], [1.0])
            title.set_text(self.names_now[name])
            value = self.space.decode(np.nan_to_num(self.peaks[name], nan=0.5)).get(self.names[0])
            words.set_text(f"next: {value_label(self.p, value)}")
            bar.set_data(*(([-0.012, -0.012], [0, 1.2]) if name == view.acquisition else ([], [])))

    def _clear_acquisition(self) -> None:
        self.peaks = {}
        for name, (area, line, mark, title, words, bar) in self.parts.items():
            area.set_visible(False)
            for artist in (line, mark, bar):
                artist.set_data([], [])
            title.set_text(SHORT[name])
            words.set_text("")

    def _next(self, view: BayesianView) -> None:
        x = [] if self.next is None else [float(self.next[self.at[0]])] * 2
        self.stem.set_data(x, self.y.pair if x else [])

    def alt(self) -> str:
        return super().alt() + _told(self.peaks, lambda u: self._where(u))


class SideBySide2D(_Compared, Acquisition2D):
    """Nine maps of two parameters: mean, standard deviation, and seven acquisitions, each with its own next query.

    State: a BayesianView, or a Step that has one. resolution: points a side of the maps.
    """

    figsize = (style.WIDTH, 6.7)

    resolution = 30

    def _place(self, fig: Figure | SubFigure, top: float) -> None:
        (w, h), left, right, gap, bottom, air = style.size(fig), self._left(), 0.15, 0.3, 0.55, 0.3
        wide = (w - left - right - 2 * gap) / 3
        high = (h - bottom - top - 2 * air) / 3
        for i, name in enumerate(["mean", "std", *SHORT]):
            row, column = divmod(i, 3)
            box = (left + column * (wide + gap), bottom + (2 - row) * (high + air), wide, high)
            self._map(fig, name, COLOURS.get(name, GREENS), box, down=row == 2, across=column == 0)

    def _surfaces(self, view: BayesianView, U: np.ndarray) -> dict[str, np.ndarray]:
        self._judge(view, U)
        mean, std = view.predict(U)
        return {"mean": mean, "std": std, **self.heights}

    def _headings(self, view: BayesianView, mean: tuple[str, str], std: tuple[str, str]) -> None:
        between = {"mean": "mean {} … {}".format(*mean), "std": "std {} … {}".format(*std)}
        for name, (heading,) in self.texts.items():
            heading.set_text(between.get(name) or ("▸ " if name == view.acquisition else "") + self.names_now[name])

    def _nothing(self) -> None:
        self.peaks = {}
        for name, (heading,) in self.texts.items():
            heading.set_text({"std": "standard deviation"}.get(name, SHORT.get(name, name)))

    def _following(self, name: str) -> np.ndarray:
        return self.peaks[name][self.at][None] if name in self.peaks else super()._following(name)

    def alt(self) -> str:
        return super().alt() + _told(self.peaks, lambda u: self._where(u))


def _told(peaks: dict[str, np.ndarray], where: Callable[[np.ndarray], str]) -> str:
    return " Largest: " + "; ".join(f"{SHORT[n]} at {where(u)}" for n, u in peaks.items()) + "." if peaks else ""


def side_by_side_picture(
    space: Space, axes: Sequence[str] | str | None = None, **options: object
) -> Acquisition1D | Acquisition2D:
    """The picture that fits: rows for one parameter, maps for two; `axes` names them where there are more."""
    return picture_of(SideBySide1D, SideBySide2D, space, axes, **options)


def acquisitions(
    state: Trace | Step | BayesianView,
    *,
    axes: Sequence[str] | str | None = None,
    task: Task | None = None,
    samples: int = 0,
    step: int = -1,
) -> Figure:
    """Every acquisition function on the belief at one step of a Bayesian search, each with its own next query.

    state: a Trace of the method "bayesian" (`step` counts its steps, −1 is the last), a Step or a BayesianView.
    task: with one parameter its values are drawn as the hidden objective; that takes 200 evaluations.
    """
    return drawn(side_by_side_picture, state, step=step, axes=axes, task=task, samples=samples, kind="acquisitions")
