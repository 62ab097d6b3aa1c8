"""What Bayesian optimisation believes and where it looks next, for one parameter (curves) and for two (maps).

With more than two parameters the picture is a slice through the best configuration so far.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import SubFigure

from nasbook.plots import style
from nasbook.plots.data import Quantity, label_of
from nasbook.plots.picture import Picture
from nasbook.plots.scales import parameter_axis, value_label
from nasbook.plots.style import Figure, Limits
from nasbook.search import Task, replay
from nasbook.space import Choice, Config, Int, Space
from nasbook.trace import Step, Trace

NAMES = {
    "log_ei": "Log expected improvement",
    "ei": "Expected improvement",
    "pi": "Probability of improvement",
    "ucb": "Confidence bound (optimism)",
    "thompson": "Thompson sampling: one function drawn from the belief, upside down",
    "ei_per_second": "Expected improvement per second",
    "knowledge_gradient": "Knowledge gradient: how far the lowest mean may fall",
}
SHORT = {
    "pi": "PI",
    "ei": "EI",
    "log_ei": "log EI",
    "ucb": "confidence bound",
    "thompson": "Thompson draw",
    "knowledge_gradient": "knowledge gradient",
    "ei_per_second": "EI per second",
}
ZERO_BASED = ("ei", "pi", "ei_per_second", "knowledge_gradient")
GREENS = LinearSegmentedColormap.from_list("acquisition", ["#ffffff", "#a5dcc9", style.ACQUISITION, "#00523c"])
COLOURS: dict[str, Any] = {"mean": style.SEQUENTIAL, "std": "cividis", "acquisition": GREENS}
Truth = Callable[[Config], float]


def view_of(state: Any) -> Any:
    """The view of a Step, or the view itself."""
    view = state.view if isinstance(state, Step) else state
    if view is None or isinstance(view, dict):
        raise ValueError("this step has no view; take the steps of nasbook.steps(…) or nasbook.replay(trace)")
    return view


def scaled(a: np.ndarray, name: str) -> np.ndarray:
    """An acquisition between 0 and 1. Only its shape counts: those that are never negative keep their zero, log EI
    shows the 12 units below its peak, the others run from their lowest to their highest value."""
    a = np.where(np.isfinite(a), a, np.nan)
    top = np.nanmax(a) if np.isfinite(a).any() else 0.0
    low = 0.0 if name in ZERO_BASED or not np.isfinite(a).any() else float(np.nanmin(a))
    if name == "log_ei":
        low = max(low, top - 12.0)
    if not top > low:
        return np.zeros_like(a)
    return np.clip(np.nan_to_num((a - low) / (top - low), nan=0.0), 0.0, 1.0)


class _Belief(Picture):
    """What both pictures share: the space, the slice, the grid, the words."""

    names: list[str]

    def __init__(self, space: Space, axes: Sequence[str], trials: int | None, quantity: Quantity) -> None:
        super().__init__()
        self.space, self.names, self.trials, self.quantity = space, list(axes), trials, quantity
        for name in self.names:
            if name not in space.free:
                raise ValueError(
                    f"acquisition: {name!r} is not a parameter to draw; the space has {', '.join(space.free)}"
                )
        self.at = [space.free.index(n) for n in self.names]
        self.sliced = space.d > len(self.names)

    def _context(self, view: Any) -> np.ndarray:
        """(d,) the point through which the slice goes: the best trial, or the middle."""
        U = np.asarray(view.U, float).reshape(-1, self.space.d)
        return U[int(np.argmin(view.y))].copy() if len(U) else np.full(self.space.d, 0.5)

    def _number(self, view: Any) -> int:
        failed = getattr(view, "failed", ())
        return len(view.y) + len(failed) + len(view.pending) + (1 if view.next is not None else 0)

    def _where(self, u: np.ndarray) -> str:
        config = self.space.decode(np.nan_to_num(u, nan=0.5))
        known = [(n, config[n]) for n in self.names if n in config]
        return ", ".join(f"{n} {value_label(self.space.parameters[n], v)}" for n, v in known)

    def _words(self, view: Any) -> None:
        """What the picture says: the mean and spread at the next query, and the best so far."""
        self.number, self.best = self._number(view), view.best
        trial = f"Trial {self.number}" + (f" of {self.trials}" if self.trials else "")
        self.next = None if view.next is None else np.asarray(view.next, float)
        self.acquisition = str(view.acquisition)
        q = self.quantity
        self.belief = None
        if view.gp is None:
            self.say(f"{trial}: a starting point, there is no belief yet")
        elif self.next is None:
            self.say(f"The belief after {style.plural(len(view.y), 'result')}")
        else:
            mean, std = (float(v[0]) for v in view.predict(self.next[None]))
            self.belief = (mean, std)
            slice_ = " (a slice)" if self.sliced else ""
            self.say(f"{trial}{slice_}: the next query promises {q.spread(mean, std)}; best so far {q.text(self.best)}")

    def alt(self) -> str:
        q = self.quantity
        best = "there is no result yet" if self.best is None else f"the best {q.name} so far is {q.text(self.best)}"
        after = f"after {style.plural(self.number - (self.next is not None), 'trial')}"
        if self.next is None:
            return f"The belief of Bayesian optimisation: {best} {after}."
        where = self._where(self.next)
        if self.belief is None:
            return f"Bayesian optimisation has no belief yet; the next starting point is {where}; {best} {after}."
        mean, std = self.belief
        slice_ = " A slice through the best configuration." if self.sliced else ""
        return (
            f"{NAMES.get(self.acquisition, self.acquisition)} leads to {where}, where {q.spread(mean, std)} is "
            f"expected; {best} {after}.{slice_}"
        )

    def config_at(self, x: float, y: float) -> Config | None:
        """The configuration under a click (figure fractions, y from the top); other parameters as in the slice."""
        hit = self.locate(x, y)
        if hit is None:
            return None
        u = np.nan_to_num(self.context.copy(), nan=0.5)
        u[self.at] = np.clip(hit[1:3][: len(self.at)], 0, 1)
        return self.space.decode(u)

    context: np.ndarray


class Acquisition1D(_Belief):
    """Posterior (mean, 95 % band, samples) above, acquisition below, the next query in vermilion.

    State: a BayesianView, or a Step that has one. truth: the objective, a function of a configuration, drawn grey and
    dashed (the method cannot see it). samples: functions drawn from the belief. limits: of the value.
    """

    figsize = (style.WIDTH, 4.9)

    def __init__(
        self,
        space: Space,
        axis: str | None = None,
        truth: Truth | None = None,
        trials: int | None = None,
        quantity: Quantity = Quantity(accuracy=False),  # noqa: B008
        samples: int = 3,
        limits: tuple[float, float] | None = None,
    ) -> None:
        super().__init__(space, [axis or space.free[0]], trials, quantity)
        self.p = space.parameters[self.names[0]]
        self.samples = samples
        self.x, self.u = self._grid()
        self.context = np.full(space.d, 0.5)
        self.truth = None if truth is None or self.sliced else self._truth(truth)
        self.y = Limits()
        if limits is not None:
            self.y = Limits(*(float(quantity.show(v)) for v in limits))
        elif self.truth is not None:
            self.y.include(self.truth, pad=0.15)

    def _grid(self) -> tuple[np.ndarray, np.ndarray]:
        """Where the curve is drawn, and the coordinate at which the belief is asked. Choices are flat steps."""
        p = self.p
        if isinstance(p, Choice):
            u = np.array([p.encode(o) for o in p.options])
            x = np.stack([u - 0.49 / p.size, u + 0.49 / p.size], 1).ravel()
            return x, np.repeat(u, 2)
        if isinstance(p, Int) and p.size <= 200:
            u = np.array([p.encode(v) for v in range(p.low, p.high + 1)])
            return u, u
        u = np.linspace(0, 1, 200)
        return u, u

    def _truth(self, truth: Truth) -> np.ndarray:
        values = [truth(self.space.decode(np.array([u]))) for u in self.u]
        return self.quantity.show(np.array(values, float))

    def build(self, fig: Figure | SubFigure) -> None:
        entries: list[tuple[str, Any]] = [
            ("trial, projected" if self.sliced else "trial", style.dot(alpha=0.4 if self.sliced else 1)),
            ("failed", style.dot(**style.HOLLOW)),
            ("best so far", style.dot(ms=10, **style.STAR)),
            ("mean", style.line(style.BELIEF)),
            ("95 % of the belief", style.patch(style.BELIEF, 0.15)),
        ]
        if self.samples:
            entries.append(("samples", style.line(style.BELIEF, lw=0.9, alpha=0.55)))
        entries.append(("next query", style.dot(style.NEXT, "v", 7)))
        if self.truth is not None:
            entries.append(("objective (hidden)", style.line(style.HIDDEN, style.DASH, lw=1.3)))
        self._place(fig, 0.45 + 0.2 * style.key(fig, entries))
        self.title(fig)
        self._build_belief()
        self._build_acquisition()

    def _place(self, fig: Figure | SubFigure, top: float) -> None:
        """The axes: the belief in `ax`, under words that end `top` inches from the upper edge; the rest under it."""
        (w, h), bottom, low_h, gap = style.size(fig), 0.5, 0.95, 0.42
        self.ax = style.axes(fig, 0.75, bottom + low_h + gap, 0.2, top)
        self.low = style.axes(fig, 0.75, bottom, 0.2, h - bottom - low_h)
        for a in (self.ax, self.low):
            parameter_axis(a, "x", self.p, self.names[0], w - 0.95, label=a is self.low)
        self.low.set(ylim=(0, 1.32), yticks=[])
        self.panels = [self.ax, self.low]  # each has the parameter across

    def _build_belief(self) -> None:
        ax = self.ax
        ax.tick_params(labelbottom=False)
        ax.set(ylabel=self.quantity.axis, ylim=self.y.pair)
        if self.truth is not None:
            ax.plot(self.x, self.truth, color=style.HIDDEN, ls=style.DASH, lw=1.3, zorder=1.8)
        live = self.live
        options: dict[str, Any] = {"clip_on": False, "alpha": 0.4 if self.sliced else 1.0}
        self.band = live(style.polygon(ax, style.BELIEF, 0.15))
        self.draws = [
            live(ax.plot([], [], color=style.BELIEF, lw=0.9, alpha=0.55, zorder=1.9)[0]) for _ in range(self.samples)
        ]
        self.mean = live(ax.plot([], [], color=style.BELIEF, zorder=2)[0])
        self.stem = live(ax.plot([], [], color=style.NEXT, lw=1.4, ls=style.DOT, zorder=2.2)[0])
        self.dots = live(ax.plot([], [], "o", color=style.TRIAL, ms=6, zorder=3, **options)[0])
        self.lost = live(ax.plot([], [], "o", ms=6, zorder=3, clip_on=False, **style.HOLLOW)[0])
        self.wait = live(ax.plot([], [], "D", ms=5, mfc="white", mec=style.NEXT, zorder=3, clip_on=False)[0])
        self.star = live(ax.plot([], [], ms=15, ls="none", zorder=4, **style.STAR)[0])

    def _build_acquisition(self) -> None:
        low, live = self.low, self.live
        self.trust = live(low.plot([], [], color=style.PURPLE, ls=style.DASH, lw=1.3, zorder=1.9)[0])
        self.area = live(style.polygon(low, style.ACQUISITION, 0.25))
        self.line = live(low.plot([], [], color=style.ACQUISITION, zorder=2)[0])
        self.mark = live(low.plot([], [], "v", color=style.NEXT, ms=8, zorder=3, clip_on=False)[0])
        self.note = live(style.add_words(low, 0, 1.2, color=style.NEXT, fontsize=style.SMALL, va="center", zorder=4))
        self.caption = live(
            style.add_words(low, 0, 1.03, axes_fraction=True, fontsize=style.NORMAL, weight="bold", va="bottom")
        )

    def update(self, state: Any) -> bool:
        view, q, k = view_of(state), self.quantity, self.at[0]
        self.context = self._context(view)
        U = np.tile(self.context, (len(self.u), 1))
        U[:, k] = self.u
        told, y = np.asarray(view.U, float).reshape(-1, self.space.d), q.show(np.asarray(view.y, float))
        changed = self.y.include(y, pad=0.5)
        if changed or not self.y.known:
            self.ax.set_ylim(self.y.pair)
        self._words(view)
        self.posterior: tuple[np.ndarray, np.ndarray] | None = None
        if view.gp is None:
            self._clear()
        else:
            mean, std = view.predict(U)
            self.posterior = (mean, std)
            style.set_band(self.band, self.x, q.show(mean - 1.96 * std), q.show(mean + 1.96 * std))
            self.mean.set_data(self.x, q.show(mean))
            if self.samples:
                for line, sample in zip(self.draws, view.samples(U, self.samples, 0), strict=True):
                    line.set_data(self.x, q.show(sample))
            self._acquire(view, U)
        self.dots.set_data(told[:, k], y)
        best = int(np.argmin(view.y)) if len(y) else None
        self.star.set_data(([], []) if best is None else ([told[best, k]], [y[best]]))
        low, high = self.y.pair
        for artist, points, share in ((self.lost, getattr(view, "failed", ()), 0.97), (self.wait, view.pending, 0.03)):
            where = np.asarray(points, float).reshape(-1, self.space.d)[:, k]
            artist.set_data(where, np.full(len(where), low + share * (high - low)))
        self._next(view)
        return changed

    def _acquire(self, view: Any, U: np.ndarray) -> None:
        """Draw the acquisition at the points U of the curve."""
        a = scaled(view.acquire(U), view.acquisition)
        style.set_band(self.area, self.x, np.zeros_like(a), a)
        self.line.set_data(self.x, a)
        name, prior = NAMES.get(view.acquisition, view.acquisition), getattr(view.settings, "prior", None)
        self.trust.set_data([], [])
        if prior:
            trust = view.trust(U)
            self.trust.set_data(self.x, trust / trust.max())
            name = f"{SHORT.get(view.acquisition, name)}, weighted by the prior (dashed) to the power {view.fading:.2g}"
        self.caption.set_text(name)

    def _clear(self) -> None:
        self.band.set_visible(False)
        for line in (self.mean, *self.draws):
            line.set_data([], [])
        self._clear_acquisition()

    def _clear_acquisition(self) -> None:
        self.area.set_visible(False)
        for line in (self.line, self.trust):
            line.set_data([], [])
        self.caption.set_text("No acquisition yet: the first trials spread over the space")

    def _next(self, view: Any) -> None:
        if self.next is None:
            self.note.set_text("")
            self.stem.set_data([], [])
            self.mark.set_data([], [])
            return
        x = float(self.next[self.at[0]])
        height = 0.0
        if view.gp is not None:
            height = float(np.interp(x, self.x, np.asarray(self.line.get_ydata(), float)))
        low, high = self.y.pair
        self.stem.set_data([x, x], [low, high])
        self.mark.set_data([x], [height])
        value = self.space.decode(self.next).get(self.names[0])
        text = f"next: {value_label(self.p, value)}"
        right = x > 0.8
        self.note.set_text(text)
        self.note.set_horizontalalignment("right" if right else "left")
        self.note.set_x(x + (-0.015 if right else 0.015))


class Acquisition2D(_Belief):
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
    def _side(p: Any, resolution: int) -> np.ndarray:
        """Centres of the pixels of one side."""
        n = int(p.size) if p.size <= resolution else resolution
        return (np.arange(n) + 0.5) / n

    def build(self, fig: Figure | SubFigure) -> None:
        entries: list[tuple[str, Any]] = [
            ("trial", style.dot(mec="white", mew=0.6)),
            ("best so far", style.dot(ms=10, **style.STAR)),
            ("next query", style.dot(style.NEXT, "X", 8, mec="white", mew=0.8)),
            ("failed", style.dot(**style.HOLLOW)),
        ]
        self.maps: dict[str, Axes] = {}
        self.images: dict[str, Any] = {}
        self.points: dict[str, tuple[Any, ...]] = {}
        self.texts: dict[str, list[Any]] = {}
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

    def _map(self, fig: Any, name: str, colour: Any, box: tuple[float, ...], down: bool, across: bool) -> None:
        """An empty map at box (left, bottom, width, height) in inches; down, across: with ticks of x, of y."""
        (w, h), (x0, y0, wide, high) = style.size(fig), box
        ax = style.axes(fig, x0, y0, w - x0 - wide, h - y0 - high)
        ax.grid(False)
        parameter_axis(ax, "x", self.space.parameters[self.names[0]], self.names[0], wide, label=down)
        parameter_axis(ax, "y", self.space.parameters[self.names[1]], self.names[1], high, label=across)
        ax.tick_params(labelbottom=down, labelleft=across)
        shape = (len(self.grids[1]), len(self.grids[0]))
        smooth = not any(isinstance(self.space.parameters[n], Choice) for n in self.names)
        options: dict[str, Any] = {"vmin": 0, "vmax": 1, "interpolation": "bilinear" if smooth else "nearest"}
        image = ax.imshow(
            np.zeros(shape), extent=(0, 1, 0, 1), origin="lower", aspect="auto", cmap=colour, zorder=1, **options
        )
        self.images[name] = self.live(image)
        image.set_visible(False)
        ax.set(xlim=(0, 1), ylim=(0, 1))
        dots: dict[str, Any] = {"ls": "none", "clip_on": False}
        markers: list[dict[str, Any]] = [
            {"marker": "o", "color": style.TRIAL, "ms": 5, "mec": "white", "mew": 0.6, "zorder": 3},
            {"marker": "o", "ms": 5.5, "zorder": 3.1, **style.HOLLOW},
            {"ms": 14, "zorder": 4, **style.STAR},
            {"marker": "X", "color": style.NEXT, "ms": 10, "mec": "white", "mew": 1, "zorder": 5},
        ]
        self.points[name] = tuple(self.live(ax.plot([], [], **dots, **m)[0]) for m in markers)
        heading = style.add_words(ax, 0, 1.03, axes_fraction=True, fontsize=style.NORMAL, weight="bold", va="bottom")
        self.maps[name], self.texts[name] = ax, [self.live(heading)]

    def update(self, state: Any) -> bool:
        view, q = view_of(state), self.quantity
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
            mean, std = self.surface["mean"], self.surface["std"]
            self.mean_limits.include(np.r_[np.quantile(mean, [0, 0.9]), view.best], pad=0)
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
        failed = np.asarray(getattr(view, "failed", ()), float).reshape(-1, self.space.d)[:, self.at]
        best = told[[int(np.argmin(view.y))]] if len(told) else told
        for name, artists in self.points.items():
            for artist, points in zip(artists, (told, failed, best, self._following(name)), strict=True):
                artist.set_data(points[:, 0], points[:, 1])
        return False

    def _surfaces(self, view: Any, U: np.ndarray) -> dict[str, np.ndarray]:
        """What the maps show at the points U: name -> values (m,)."""
        mean, std = view.predict(U)
        return {"mean": mean, "std": std, "acquisition": scaled(view.acquire(U), view.acquisition)}

    def _nothing(self) -> None:
        """The words over the maps while there is no belief."""
        for _, *ends in self.texts.values():
            for text in ends:
                text.set_text("")
        for name, words in (("mean", "mean"), ("std", "standard deviation"), ("acquisition", SHORT[self.acquisition])):
            self.texts[name][0].set_text(words)

    def _headings(self, view: Any, mean: tuple[str, str], std: tuple[str, str]) -> None:
        """The words at the maps, with the lowest and the highest value of mean and std."""
        for name, ends in {"mean": mean, "std": std, "acquisition": ("low", "high")}.items():
            for text, words in zip(self.texts[name][1:], ends, strict=True):
                text.set_text(words)

    def _following(self, name: str) -> np.ndarray:
        """(k, 2) the next query that a map shows."""
        return np.zeros((0, 2)) if self.next is None else self.next[self.at][None]


def acquisition_picture(space: Space, axes: Sequence[str] | str | None = None, **options: Any) -> _Belief:
    """The picture that fits: curves for one parameter, maps for two; `axes` names them where there are more."""
    return picture_of(Acquisition1D, Acquisition2D, space, axes, **options)


def picture_of(one: Any, two: Any, space: Space, axes: Sequence[str] | str | None, **options: Any) -> Any:
    """The picture `one` of one parameter or `two` of two; options that it does not have are left out."""
    names = [axes] if isinstance(axes, str) else list(axes or space.free[:2])
    if len(names) == 1:
        return one(space, names[0], **options)
    if len(names) != 2:
        raise ValueError(f"acquisition: name one or two parameters, not {len(names)}")
    return two(space, names, **{k: v for k, v in options.items() if k in ("trials", "quantity", "resolution")})


def acquisition(
    state: Any,
    *,
    step: int = -1,
    axes: Sequence[str] | str | None = None,
    task: Task | None = None,
    trials: int | None = None,
    label: str | None = None,
    samples: int = 3,
) -> Figure:
    """The belief and the acquisition at one step of a Bayesian search.

    state: a Trace of the method "bayesian" (`step` counts its steps, −1 is the last), a Step or a BayesianView.
    task: with one parameter its values are drawn as the hidden objective; that takes 200 evaluations.
    """
    return drawn(
        acquisition_picture, state, step=step, axes=axes, task=task, trials=trials, label=label, samples=samples
    )


def drawn(
    picture: Callable[..., Picture],
    state: Any,
    step: int = -1,
    axes: Sequence[str] | str | None = None,
    task: Task | None = None,
    trials: int | None = None,
    label: str | None = None,
    samples: int = 3,
) -> Figure:
    """A finished figure of a Trace's step, a Step or a view, by `picture(space, axes, ...)`."""
    trace = state if isinstance(state, Trace) else None
    if trace is not None:
        if not len(trace):
            raise ValueError("acquisition: this trace has no trials yet")
        if trace[step].view is None or isinstance(trace[step].view, dict):
            state = list(replay(trace))[step]
        else:
            state = trace[step]
        trials = trials or len(trace)
    view = view_of(state)
    truth = None
    if task is not None:
        hidden = task

        def truth(config: Config) -> float:
            answer: Any = hidden.evaluate(config)
            return float(getattr(answer, "value", answer))

    quantity = Quantity(label or label_of(trace, task), accuracy=False)
    options: dict[str, Any] = {"trials": trials, "quantity": quantity}
    return picture(view.space, axes, truth=truth, samples=samples, **options).render_static(view)
