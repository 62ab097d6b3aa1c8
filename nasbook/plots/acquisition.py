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
}
SHORT = {"log_ei": "log EI", "ei": "EI", "pi": "PI", "ucb": "confidence bound", "thompson": "Thompson draw"}
GREENS = LinearSegmentedColormap.from_list("acquisition", ["#ffffff", "#a5dcc9", style.ACQUISITION, "#00523c"])
Truth = Callable[[Config], float]


def view_of(state: Any) -> Any:
    """The view of a Step, or the view itself."""
    view = state.view if isinstance(state, Step) else state
    if view is None or isinstance(view, dict):
        raise ValueError("this step has no view; take the steps of nasbook.steps(…) or nasbook.replay(trace)")
    return view


def scaled(a: np.ndarray, name: str) -> np.ndarray:
    """An acquisition between 0 and 1. Only its shape counts: EI and PI keep their zero, log EI shows the 12 units
    below its peak, the others run from their lowest to their highest value."""
    a = np.where(np.isfinite(a), a, np.nan)
    top = np.nanmax(a) if np.isfinite(a).any() else 0.0
    low = 0.0 if name in ("ei", "pi") or not np.isfinite(a).any() else float(np.nanmin(a))
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
        rows = style.key(fig, entries)
        w, h = style.size(fig)
        bottom, low_h, gap = 0.5, 0.95, 0.42
        top = 0.45 + 0.2 * rows
        self.ax = ax = style.axes(fig, 0.75, bottom + low_h + gap, 0.2, top)
        self.low = low = style.axes(fig, 0.75, bottom, 0.2, h - bottom - low_h)
        for a in (ax, low):
            parameter_axis(a, "x", self.p, self.names[0], w - 0.95, label=a is low)
        ax.tick_params(labelbottom=False)
        ax.set(ylabel=self.quantity.axis, ylim=self.y.pair)
        low.set(ylim=(0, 1.32), yticks=[])
        self.title(fig)
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
            a = scaled(view.acquire(U), view.acquisition)
            style.set_band(self.area, self.x, np.zeros_like(a), a)
            self.line.set_data(self.x, a)
            self.caption.set_text(NAMES.get(view.acquisition, view.acquisition))
        self.dots.set_data(told[:, k], y)
        best = int(np.argmin(view.y)) if len(y) else None
        self.star.set_data(([], []) if best is None else ([told[best, k]], [y[best]]))
        low, high = self.y.pair
        for artist, points, share in ((self.lost, getattr(view, "failed", ()), 0.97), (self.wait, view.pending, 0.03)):
            where = np.asarray(points, float).reshape(-1, self.space.d)[:, k]
            artist.set_data(where, np.full(len(where), low + share * (high - low)))
        self._next(view)
        return changed

    def _clear(self) -> None:
        self.band.set_visible(False)
        self.area.set_visible(False)
        for line in (self.mean, self.line, *self.draws):
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

    def __init__(
        self,
        space: Space,
        axes: Sequence[str] | None = None,
        trials: int | None = None,
        quantity: Quantity = Quantity(accuracy=False),  # noqa: B008
        resolution: int = 40,
    ) -> None:
        super().__init__(space, list(axes or space.free[:2]), trials, quantity)
        if len(self.names) != 2 or self.names[0] == self.names[1]:
            raise ValueError(f"acquisition maps need two different parameters, not {self.names}")
        self.context = np.full(space.d, 0.5)
        self.grids = [self._side(space.parameters[n], resolution) for n in self.names]
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
        rows = style.key(fig, entries)
        w, h = style.size(fig)
        left, right, gap, bottom, top = 0.8, 0.15, 0.36, 0.95, 0.62 + 0.2 * rows
        if isinstance(self.space.parameters[self.names[1]], Choice):
            left = 1.15
        each = (w - left - right - 2 * gap) / 3
        self.maps: dict[str, Axes] = {}
        self.images, self.points, self.texts = {}, [], {}
        shape = (len(self.grids[1]), len(self.grids[0]))
        smooth = not any(isinstance(self.space.parameters[n], Choice) for n in self.names)
        colours: dict[str, Any] = {"mean": style.SEQUENTIAL, "std": "cividis", "acquisition": GREENS}
        for i, (name, colour) in enumerate(colours.items()):
            x0 = left + i * (each + gap)
            ax = style.axes(fig, x0, bottom, w - x0 - each, top)
            ax.grid(False)
            parameter_axis(ax, "x", self.space.parameters[self.names[0]], self.names[0], each)
            parameter_axis(ax, "y", self.space.parameters[self.names[1]], self.names[1], h - bottom - top, label=i == 0)
            if i:
                ax.tick_params(labelleft=False)
            self.images[name] = self.live(
                ax.imshow(
                    np.zeros(shape),
                    extent=(0, 1, 0, 1),
                    origin="lower",
                    aspect="auto",
                    cmap=colour,
                    zorder=1,
                    interpolation="bilinear" if smooth else "nearest",
                    vmin=0,
                    vmax=1,
                )  # fmt: skip
            )
            self.images[name].set_visible(False)
            ax.set(xlim=(0, 1), ylim=(0, 1))
            options: dict[str, Any] = {"ls": "none", "clip_on": False}
            self.points.append(
                (
                    self.live(
                        ax.plot([], [], "o", color=style.TRIAL, ms=5, mec="white", mew=0.6, zorder=3, **options)[0]
                    ),
                    self.live(ax.plot([], [], "o", ms=5.5, zorder=3.1, **options, **style.HOLLOW)[0]),
                    self.live(ax.plot([], [], ms=14, zorder=4, **style.STAR, **options)[0]),
                    self.live(
                        ax.plot([], [], "X", color=style.NEXT, ms=10, mec="white", mew=1, zorder=5, **options)[0]
                    ),
                )
            )
            heading = self.live(
                style.add_words(ax, 0, 1.03, axes_fraction=True, fontsize=style.NORMAL, weight="bold", va="bottom")
            )
            bar = style.bare(fig.add_axes((x0 / w, 0.3 / h, each / w, 0.09 / h)))
            bar.imshow(np.linspace(0, 1, 64)[None], aspect="auto", cmap=colour, extent=(0, 1, 0, 1))
            ends = [
                self.live(style.add_words(bar, x, -0.5, axes_fraction=True, fontsize=style.SMALL, va="top", ha=ha))
                for x, ha in ((0, "left"), (1, "right"))
            ]
            self.maps[name], self.texts[name] = ax, (heading, *ends)
        self.title(fig)

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
        self.texts["acquisition"][0].set_text(SHORT.get(view.acquisition, view.acquisition))
        self.texts["mean"][0].set_text("mean")
        self.texts["std"][0].set_text("standard deviation")
        if view.gp is not None:
            mean, std = view.predict(U)
            a = scaled(view.acquire(U), view.acquisition)
            self.surface = {"mean": mean, "std": std, "acquisition": a}
            self.mean_limits.include(np.r_[np.quantile(mean, [0, 0.9]), view.best], pad=0)
            self.std_limits.include(np.array([std.max()]))
            limits = {"mean": self.mean_limits.pair, "std": self.std_limits.pair, "acquisition": (0.0, 1.0)}
            for name, values in self.surface.items():
                self.images[name].set_data(values.reshape(gx.shape))
                self.images[name].set_clim(*limits[name])
            more = "≥ " if mean.max() > self.mean_limits.pair[1] else ""
            low, high = (q.text(v) for v in self.mean_limits.pair)
            top = self.std_limits.pair[1]
            spread = f"{100 * top:.1f} %" if q.percent else style.number(top, 2)
            for name, ends in {
                "mean": (low, more + high),
                "std": ("0", spread),
                "acquisition": ("low", "high"),
            }.items():
                for text, words in zip(self.texts[name][1:], ends, strict=True):
                    text.set_text(words)
        told = np.asarray(view.U, float).reshape(-1, self.space.d)[:, self.at]
        failed = np.asarray(getattr(view, "failed", ()), float).reshape(-1, self.space.d)[:, self.at]
        best = told[[int(np.argmin(view.y))]] if len(told) else told
        following = np.zeros((0, 2)) if self.next is None else self.next[self.at][None]
        for artists in self.points:
            for artist, points in zip(artists, (told, failed, best, following), strict=True):
                artist.set_data(points[:, 0], points[:, 1])
        return False


def acquisition_picture(space: Space, axes: Sequence[str] | str | None = None, **options: Any) -> _Belief:
    """The picture that fits: curves for one parameter, maps for two; `axes` names them where there are more."""
    names = [axes] if isinstance(axes, str) else list(axes or space.free[:2])
    if len(names) == 1:
        return Acquisition1D(space, names[0], **options)
    if len(names) != 2:
        raise ValueError(f"acquisition: name one or two parameters, not {len(names)}")
    return Acquisition2D(
        space, names, **{k: v for k, v in options.items() if k in ("trials", "quantity", "resolution")}
    )


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
    return acquisition_picture(view.space, axes, truth=truth, samples=samples, **options).render_static(view)
