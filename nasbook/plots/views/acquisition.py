"""What Bayesian optimisation believes about one parameter and where it looks next (curves; maps: acquisition_maps.py).

With more than two parameters the picture is a slice through the best configuration so far.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import SubFigure

from nasbook.hpo.parts.surrogate import SurrogateView
from nasbook.plots import style
from nasbook.plots.data import VERY_FAR, Quantity, drawable, label_of, near, value_of
from nasbook.plots.picture import Picture
from nasbook.plots.scales import parameter_axis, value_label
from nasbook.plots.style import Figure, Limits, Looks
from nasbook.plots.viewed import BELIEF, Views, state_of
from nasbook.plots.views.acquisition_labels import NAMES, SHORT, Belief, ProcessBelief, Truth, V, extent, scaled
from nasbook.plots.views.acquisition_maps import Acquisition2D
from nasbook.space import Choice, Constant, Space
from nasbook.task import Task
from nasbook.trace import Step, Trace

if TYPE_CHECKING:
    from nasbook.hpo.bayesian import BayesianView

CEILING = 1.32  # of the acquisition's axis, whose highest value stands at 1


class BeliefCurve(Belief[V]):
    """Posterior (mean, 95 % band, samples) above, acquisition below, the next query in vermilion.

    State: a view V, or a Step that has one. truth: the objective, a function of a configuration, drawn grey and dashed
    (the method cannot see it). samples: functions drawn from the belief. limits: of the value.
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
        if not isinstance(p, Constant) and p.size <= 200:
            u = np.array([p.encode(v) for v in p.levels(200)])
            return u, u
        u = np.linspace(0, 1, 200)
        return u, u

    def _truth(self, truth: Truth) -> np.ndarray:
        values = [truth(self.space.decode(np.array([u]))) for u in self.u]
        return self.quantity.show(np.array(values, float))

    def build(self, fig: Figure | SubFigure) -> None:
        entries: style.Entries = [
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
        self.low.set(ylim=(0, CEILING), yticks=[0, 1])
        self.low.tick_params(labelleft=False)  # the numbers move: they are words
        self.low.grid(False, axis="y")
        self.panels = [self.ax, self.low]  # each has the parameter across

    def _build_belief(self) -> None:
        ax = self.ax
        ax.tick_params(labelbottom=False)
        ax.set(ylabel=self.quantity.axis, ylim=self.y.pair)
        if self.truth is not None:
            ax.plot(self.x, self.truth, color=style.HIDDEN, ls=style.DASH, lw=1.3, zorder=1.8)
        live = self.live
        options: Looks = {"clip_on": False, "alpha": 0.4 if self.sliced else 1.0}
        self.band = live(style.polygon(ax, style.BELIEF, 0.15))
        self.height: float | None = None  # of the next query on the acquisition's axis, where it lies on the curve
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
        scale: Looks = {"axes_fraction": True, "ha": "right", "va": "center", "fontsize": style.SMALL}
        self.scale = [live(style.add_words(low, -0.012, y / CEILING, **scale)) for y in (0, 1)]
        self.caption = live(
            style.add_words(low, 0, 1.03, axes_fraction=True, fontsize=style.NORMAL, weight="bold", va="bottom")
        )

    def update(self, state: Step | V) -> bool:
        view, q, k = self.view_of(state), self.quantity, self.at[0]
        self.context = self._context(view)
        U = np.tile(self.context, (len(self.u), 1))
        U[:, k] = self.u
        told, y = np.asarray(view.U, float).reshape(-1, self.space.d), np.asarray(q.show(drawable(view.y)), float)
        changed = self.y.include(near(y, q.higher, far=VERY_FAR), pad=0.5)
        y = np.clip(y, *self.y.pair)  # what is far off stands at the border
        if changed or not self.y.known:
            self.ax.set_ylim(self.y.pair)
        self._words(view)
        self.posterior: tuple[np.ndarray, np.ndarray] | None = None
        if not self.believes(view):
            self._clear()
        else:
            mean, std = view.predict(U)
            self.posterior = (mean, std)
            style.set_band(self.band, self.x, *(q.show(drawable(v)) for v in self.between(view, U, mean, std)))
            self.mean.set_data(self.x, q.show(drawable(mean)))
            if self.samples:
                for line, sample in zip(self.draws, self.functions(view, U), strict=True):
                    line.set_data(self.x, q.show(drawable(sample)))
            self._acquire(view, U)
        self.dots.set_data(told[:, k], y)
        best = int(np.argmin(view.y)) if len(y) else None
        self.star.set_data(([], []) if best is None else ([told[best, k]], [y[best]]))
        low, high = self.y.pair
        for artist, points, share in (
            (self.lost, view.failed, 0.97),
            (self.wait, view.pending, 0.03),
        ):
            where = np.asarray(points, float).reshape(-1, self.space.d)[:, k]
            artist.set_data(where, np.full(len(where), low + share * (high - low)))
        self._next(view)
        return changed

    def between(self, view: V, U: np.ndarray, mean: np.ndarray, std: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The borders (m,) of 95 % of the belief at points U (m, d)."""
        return mean - 1.96 * std, mean + 1.96 * std

    def functions(self, view: V, U: np.ndarray) -> np.ndarray:
        """Functions drawn from the belief at points U (m, d): (samples, m)."""
        raise NotImplementedError

    def _acquire(self, view: V, U: np.ndarray) -> None:
        """Draw the acquisition at the points U of the curve."""
        exact = self.next is not None and not self.sliced  # a peak may be narrower than the curve's points are apart
        raw = view.acquire(np.concatenate([U, np.asarray(self.next, float)[None]]) if exact else U)
        a, ends = scaled(raw, self.acquisition), extent(raw, self.acquisition)
        self.height = float(a[-1]) if exact else None
        a, self.top = a[: len(U)], ends[1]
        for words, value in zip(self.scale, ends, strict=True):  # where both are one number, the axis has no foot
            words.set_text(style.number(value, 2) if ends[0] < ends[1] or words is self.scale[1] else "")
        style.set_band(self.area, self.x, np.zeros_like(a), a)
        self.line.set_data(self.x, a)
        self.trust.set_data([], [])
        self.caption.set_text(NAMES.get(self.acquisition, self.acquisition))

    def _clear(self) -> None:
        self.band.set_visible(False)
        for line in (self.mean, *self.draws):
            line.set_data([], [])
        self._clear_acquisition()

    def _clear_acquisition(self) -> None:
        self.area.set_visible(False)
        self.top = None
        for words in self.scale:
            words.set_text("")
        for line in (self.line, self.trust):
            line.set_data([], [])
        self.caption.set_text("No acquisition yet: the first trials spread over the space")

    def _next(self, view: V) -> None:
        if self.next is None:
            self.note.set_text("")
            self.stem.set_data([], [])
            self.mark.set_data([], [])
            return
        x = float(self.next[self.at[0]])
        height = 0.0
        if self.believes(view):
            along = float(np.interp(x, self.x, np.asarray(self.line.get_ydata(), float)))
            height = along if self.height is None else self.height
        low, high = self.y.pair
        self.stem.set_data([x, x], [low, high])
        self.mark.set_data([x], [height])
        value = self.space.decode(self.next).get(self.names[0])
        text = f"next: {value_label(self.p, value)}"
        right = x > 0.8
        self.note.set_text(text)
        self.note.set_horizontalalignment("right" if right else "left")
        self.note.set_x(x + (-0.015 if right else 0.015))


class Acquisition1D(ProcessBelief, BeliefCurve["BayesianView"]):
    """The belief of a Gaussian process, and what is left of a prior. State: a BayesianView, or a Step with one."""

    def functions(self, view: BayesianView, U: np.ndarray) -> np.ndarray:
        from nasbook.hpo.parts.draws import samples  # dear

        return samples(view, U, self.samples, 0)

    def _acquire(self, view: BayesianView, U: np.ndarray) -> None:
        from nasbook.hpo.parts.prior_weighted import Weighted  # dear

        super()._acquire(view, U)
        if isinstance(view.judge, Weighted):
            trust, power = view.judge.trust(U), f"{view.judge.fading:.2g}"
            self.trust.set_data(self.x, trust / trust.max())
            name = SHORT.get(self.acquisition, self.acquisition)
            self.caption.set_text(f"{name}, weighted by the prior (dashed) to the power {power}")


def acquisition_picture(
    space: Space, axes: Sequence[str] | str | None = None, **options: object
) -> Acquisition1D | Acquisition2D:
    """The picture that fits: curves for one parameter, maps for two; `axes` names them where there are more."""
    return picture_of(Acquisition1D, Acquisition2D, space, axes, **options)


def picture_of(
    one: Callable[..., Acquisition1D],
    two: Callable[..., Acquisition2D],
    space: Space,
    axes: Sequence[str] | str | None,
    **options: object,
) -> Acquisition1D | Acquisition2D:
    """The picture `one` of one parameter or `two` of two; options that it does not have are left out."""
    names = [axes] if isinstance(axes, str) else list(axes or space.free[:2])
    if len(names) == 1:
        return one(space, names[0], **options)
    if len(names) != 2:
        raise ValueError(f"acquisition: name one or two parameters, not {len(names)}")
    return two(space, names, **{k: v for k, v in options.items() if k in ("trials", "quantity", "resolution")})


def acquisition(
    state: Trace | Step | BayesianView,
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
    state: object,
    step: int = -1,
    axes: Sequence[str] | str | None = None,
    task: Task | None = None,
    trials: int | None = None,
    label: str | None = None,
    samples: int = 3,
    kind: str = "acquisition",
    views: Views[SurrogateView] = BELIEF,
) -> Figure:
    """A finished figure of a Trace's step, a Step or a view (of these `views`), by `picture(space, axes, ...)`."""
    trace = state if isinstance(state, Trace) else None
    view = state_of(views, state, step, kind)
    if trace is not None:
        trials = trials or len(trace)
    truth = None if task is None else value_of(task)
    quantity = Quantity(label or label_of(trace, task), accuracy=False)
    drawing = picture(view.space, axes, truth=truth, samples=samples, trials=trials, quantity=quantity)
    return drawing.render_static(view)
