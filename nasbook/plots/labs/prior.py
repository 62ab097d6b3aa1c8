"""What a prior-fitted network of one variable believes, beside a Gaussian process, and how it learns.

PriorPicture().render_static(PriorState(points, at, network, other, exact=True, ...))
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from matplotlib.figure import SubFigure

from nasbook.plots import style
from nasbook.plots.picture import Picture
from nasbook.plots.style import Figure, Looks, number

X = np.linspace(0, 1, 201)
VALUES = 321  # at which a density is drawn


@dataclass(frozen=True)
class Shown:
    """A belief: mean and ends of its 95 % (m,) at X, and its density (VALUES,) at one place."""

    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    density: np.ndarray


@dataclass(frozen=True)
class PriorState:
    """What the picture shows. points (n, 2); at: the place whose density is drawn; exact: is `other` the posterior of
    the prior that the network learned, or a Gaussian process that believes something else? steps, nll (k,): the
    training so far; kept: -log q of the network that comes with the package; draws (j, m): functions drawn at X."""

    prior: str
    points: np.ndarray
    at: float
    network: Shown
    other: Shown | None = None
    exact: bool = False
    chosen: int | None = None
    draws: np.ndarray = field(default_factory=lambda: np.empty((0, len(X))))
    steps: tuple[int, ...] = ()
    nll: tuple[float, ...] = ()
    least: float | None = None
    kept: float | None = None

    @property
    def who(self) -> str:
        """Whose belief is shown."""
        if self.steps:
            return f"after {self.steps[-1]:,} steps" if self.steps[-1] else "before its first step"
        return "trained for minutes" if self.kept is not None else "before its first step"

    @property
    def apart(self) -> float | None:
        """How far the two means are apart, on average over the axis."""
        return None if self.other is None else float(np.abs(self.network.mean - self.other.mean).mean())


class PriorPicture(Picture[PriorState]):
    """Above: points, the network's mean and 95 %, the Gaussian process's as dashed lines; beside it the densities of
    both at one place. Below: -log q on problems kept aside against the steps of training, and the least possible.

    State: a PriorState. low, high: of the values; steps: of a whole training.
    """

    figsize = (style.WIDTH, 5.0)

    def __init__(self, low: float, high: float, steps: int) -> None:
        super().__init__()
        self.low, self.high, self.total = low, high, steps
        self.values = np.linspace(low, high, VALUES)
        self.limits = style.Limits()

    def build(self, fig: Figure | SubFigure) -> None:
        blue, grey = style.BELIEF, style.HIDDEN
        style.key(
            fig,
            [
                ("network: mean", style.line(blue)),
                ("its 95 %", style.patch(blue, 0.2)),
                ("Gaussian process: mean, 95 %", style.line(grey, style.DASH, lw=1.5)),
                ("drawn from the prior", style.line(style.SKY, lw=1)),
            ],
        )
        self.title(fig)
        live = self.live
        self.ax = ax = style.axes(fig, 0.6, 1.75, 1.9, 0.66)
        ax.set(xlim=(0, 1), ylim=(self.low, self.high), ylabel="f(x)")
        style.add_words(ax, 1.0, -0.115, "x", axes_fraction=True, ha="right", va="center")
        self.band = live(style.polygon(ax, blue, 0.2))
        self.draws = [live(ax.plot([], [], color=style.SKY, lw=1, zorder=2)[0]) for _ in range(3)]
        self.place = live(ax.plot([], [], color=style.INK, lw=1, ls=style.DOT, zorder=2.05)[0])
        self.edges = [live(ax.plot([], [], color=grey, ls=style.DASH, lw=1.0, zorder=2.1)[0]) for _ in range(2)]
        self.other = live(ax.plot([], [], color=grey, ls=style.DASH, lw=1.8, zorder=2.2)[0])
        self.mean = live(ax.plot([], [], color=blue, lw=2, zorder=2.3)[0])
        self.dots = live(ax.plot([], [], "o", color=style.TRIAL, ms=7, zorder=3, clip_on=False)[0])
        self.ring = live(
            ax.plot([], [], "o", mfc="none", mec=style.TRIAL, mew=1.3, ms=13, zorder=3.1, clip_on=False)[0]
        )

        self.side = side = style.axes(fig, 5.5, 1.75, 0.12, 0.66)
        side.set(xlim=(0, 1.08), ylim=(self.low, self.high), xticks=[])
        side.tick_params(labelleft=False)
        self.bars = live(style.polygon(side, blue, 0.2))
        self.outline = live(side.plot([], [], color=blue, lw=1.3, zorder=2.2)[0])
        self.curve = live(side.plot([], [], color=grey, ls=style.DASH, lw=1.8, zorder=2.3)[0])
        self.where = live(
            style.add_words(side, 0.5, -0.115, axes_fraction=True, fontsize=style.SMALL, ha="center", va="center")
        )

        self.track = track = style.axes(fig, 0.6, 0.5, 1.9, 3.9)
        track.set(xlim=(0, self.total), xlabel="steps of training")
        style.dress(track)
        options: Looks = {"fontsize": style.SMALL, "zorder": 4}
        style.add_words(track, 0, 1.08, "−log q on problems kept aside", axes_fraction=True, va="bottom", **options)
        self.least = live(track.plot([], [], color=grey, ls=style.DASH, lw=1.5, zorder=2)[0])
        self.kept = live(track.plot([], [], color=style.INK, ls=style.DOT, lw=1.2, zorder=2)[0])
        self.line = live(track.plot([], [], color=blue, zorder=2.5)[0])
        self.now = live(track.plot([], [], "o", color=blue, ms=5, zorder=3, clip_on=False)[0])
        self.labels = [live(style.add_words(track, 0, 0, va="center", **options)) for _ in range(2)]

    def update(self, state: PriorState) -> bool:
        self.state = state
        net, other = state.network, state.other
        style.set_band(self.band, X, net.low, net.high)
        self.mean.set_data(X, net.mean)
        for line, y in zip((self.other, *self.edges), ("mean", "low", "high"), strict=True):
            line.set_data(X if other else [], getattr(other, y) if other else [])
        for k, line in enumerate(self.draws):
            there = k < len(state.draws)
            line.set_data(X if there else [], state.draws[k] if there else [])
        self.place.set_data([state.at] * 2, [self.low, self.high])
        self.dots.set_data(*state.points.T)
        self.ring.set_data(*state.points[[] if state.chosen is None else [state.chosen]].T)
        top = max(net.density.max(), other.density.max() if other else 0.0)
        shape = np.c_[net.density / top, self.values]
        self.bars.set_xy(np.r_[[[0, self.low]], shape, [[0, self.high]]])
        self.outline.set_data(*shape.T)
        self.curve.set_data(other.density / top if other else [], self.values if other else [])
        self.where.set_text(f"density at x = {state.at:.2f}")
        self._words(state)
        return self._training(state)

    def _training(self, state: PriorState) -> bool:
        known = [v for v in (state.least, state.kept, *state.nll) if v is not None]
        lowest = min(known, default=0.0)
        grown = self.limits.include([*known, lowest - 0.12, lowest + 1.6])
        if grown:
            self.track.set_ylim(self.limits.low, self.limits.high)
        levels = ((self.least, state.least, "the exact posterior"), (self.kept, state.kept, "trained for minutes"))
        for (line, value, words), label in zip(levels, self.labels, strict=True):
            line.set_data([0, self.total] if value is not None else [], [value] * 2 if value is not None else [])
            label.set_text(words if value is not None else "")
            label.set_position((1.012 * self.total, value or 0.0))
        apart = 0.25 * (self.track.get_ylim()[1] - self.track.get_ylim()[0])
        if state.least is not None and state.kept is not None:
            ys = style.spread([state.least, state.kept], apart, *self.track.get_ylim())
            for label, y in zip(self.labels, ys, strict=True):
                label.set_y(y)
        self.line.set_data(state.steps, state.nll)
        self.now.set_data(state.steps[-1:], state.nll[-1:])
        return grown

    def _words(self, state: PriorState) -> None:
        n = len(state.points)
        told = "the prior, as the network has it" if not n else f"{style.plural(n, 'point')}"
        words = f"{state.prior}: {told}, {state.who}"
        self.say(words[0].upper() + words[1:])

    def at(self, px: float, py: float) -> tuple[float, float]:
        """Fractions of the picture (from its upper left) to x and y, kept inside of the axes."""
        box = self.ax.get_position()
        u, v = np.clip([(px - box.x0) / box.width, (1 - py - box.y0) / box.height], 0, 1)
        return float(u), float(self.low + v * (self.high - self.low))

    def handles(self, points: np.ndarray) -> np.ndarray:
        """Points (n, 2) to fractions of the picture (n, 2): the inverse of `at`."""
        box, (x, y) = self.ax.get_position(), np.asarray(points, float).reshape(-1, 2).T
        return np.c_[box.x0 + x * box.width, 1 - box.y0 - (y - self.low) / (self.high - self.low) * box.height]

    def alt(self) -> str:
        state = self.state
        words = (
            f"A network that learned the prior “{state.prior}”, {state.who}, shown "
            f"{style.plural(len(state.points), 'point')}: its 95 % are "
            f"{number(float((state.network.high - state.network.low).mean()), 2)} wide on average."
        )
        if state.apart is not None:
            whose = "that of the exact posterior" if state.exact else "that of a Gaussian process"
            words += f" Its mean is {number(state.apart, 2)} from {whose} on average."
        if state.nll:
            words += f" On problems kept aside its −log q is {number(state.nll[-1])}"
            words += f"; the least that is possible is {number(state.least)}." if state.least is not None else "."
        return words
