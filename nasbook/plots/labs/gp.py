"""A Gaussian process of one variable: its band, functions drawn from it, and how likely each length scale is.

GPPicture().render_static(Belief(x, y, "rbf", lengthscale=0.2))
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from matplotlib.figure import SubFigure
from matplotlib.ticker import NullLocator

from nasbook.hpo.parts.belief import LENGTHSCALES, Belief
from nasbook.plots import style
from nasbook.plots.picture import Picture
from nasbook.plots.scales import tick_label
from nasbook.plots.style import Figure, Looks, number

KERNEL_NAMES = {"matern52": "Matérn 5/2", "matern32": "Matérn 3/2", "rbf": "RBF"}
X = np.linspace(0, 1, 201)
LOW, HIGH = -4.0, 4.0  # of the values
DEPTH = 10.0  # how far below its best the evidence is drawn


@dataclass(frozen=True)
class GPState:
    """What the picture shows. truth: the function behind the points, x (m,) -> (m,), drawn where it is given.
    chosen: the number of the point that has a ring, from 0."""

    belief: Belief
    truth: Callable[[np.ndarray], np.ndarray] | None = None
    chosen: int | None = None

    @cached_property
    def posterior(self) -> tuple[np.ndarray, np.ndarray]:
        return self.belief.predict(X)

    @property
    def width(self) -> float:
        """Two standard deviations, on average over the axis: half the band's width."""
        return float(2 * self.posterior[1].mean())

    @cached_property
    def covered(self) -> float | None:
        """The share of the axis on which the truth lies in the band; None without a truth."""
        if self.truth is None:
            return None
        mean, std = self.posterior
        return float(np.mean(np.abs(self.truth(X) - mean) <= 2 * std + 1e-12))

    @cached_property
    def best(self) -> Belief:
        """The belief with the length scale of the highest evidence; the same one where nothing says which that is."""
        return self.belief.fitted("lengthscale")

    @property
    def says(self) -> bool:
        """Do the points tell length scales apart?"""
        return len(self.belief.x) > 1


class GPPicture(Picture[GPState | Belief]):
    """Left: points, mean, band (± 2 standard deviations), functions drawn from the belief, the truth where it is known.
    Right: the log marginal likelihood against the length scale, with the present one and the one of its top.

    State: a GPState, or a Belief. samples: functions drawn. x lies in [0, 1] and the values in [LOW, HIGH].
    """

    figsize = (style.WIDTH, 4.3)

    def __init__(self, samples: int = 3, seed: int = 0) -> None:
        super().__init__()
        self.samples, self.seed = samples, seed

    def build(self, fig: Figure | SubFigure) -> None:
        entries = [
            ("point", style.dot()),
            ("mean", style.line(style.BELIEF)),
            ("± 2 standard deviations", style.patch(style.BELIEF, 0.15)),
            ("drawn from the belief", style.line(style.BELIEF, lw=0.9, alpha=0.55)),
            ("truth", style.line(style.HIDDEN, style.DASH, lw=1.3)),
        ]
        style.key(fig, entries)
        self.title(fig)
        live = self.live
        self.ax = ax = style.axes(fig, 0.6, 0.5, 2.35, 0.66)
        ax.set(xlim=(0, 1), ylim=(LOW, HIGH), xlabel="x", ylabel="f(x)")
        self.band = live(style.polygon(ax, style.BELIEF, 0.15))
        self.draws = [live(ax.plot([], [], color=style.BELIEF, lw=0.9, alpha=0.55)[0]) for _ in range(self.samples)]
        self.hidden = live(ax.plot([], [], color=style.HIDDEN, ls=style.DASH, lw=1.5, zorder=2.1)[0])
        self.mean = live(ax.plot([], [], color=style.BELIEF, zorder=2.2)[0])
        self.ruler = live(ax.plot([], [], "|-", color=style.INK, lw=1.2, ms=7, zorder=2.3)[0])
        self.measure = live(style.add_words(ax, 0, LOW + 0.42, fontsize=style.SMALL, va="bottom", zorder=4))
        self.dots = live(ax.plot([], [], "o", color=style.TRIAL, ms=7, zorder=3, clip_on=False)[0])
        self.ring = live(
            ax.plot([], [], "o", mfc="none", mec=style.TRIAL, mew=1.3, ms=13, zorder=3.1, clip_on=False)[0]
        )

        self.side = side = style.axes(fig, 5.45, 0.5, 0.2, 0.95)
        side.set(
            xscale="log",
            xlim=(LENGTHSCALES[0], LENGTHSCALES[-1]),
            ylim=(-DEPTH, 0.8),
            xlabel="length scale",
            xticks=[0.03, 0.1, 0.3, 1, 3],
            xticklabels=[".03", ".1", ".3", "1", "3"],
            yticks=[0, -5, -10],
            yticklabels=["0", "−5", "−10"],
        )
        side.xaxis.set_minor_locator(NullLocator())
        style.dress(side)
        for row, words in enumerate(("log marginal likelihood", "below its best ★, now ●")):
            style.add_words(side, 0, 1.09 - 0.065 * row, words, axes_fraction=True, fontsize=style.SMALL, va="bottom")
        self.line = live(side.plot([], [], color=style.BELIEF, zorder=2)[0])
        self.stem = live(side.plot([], [], color=style.INK, lw=1.2, ls=style.DOT, zorder=2.1)[0])
        self.now = live(side.plot([], [], "o", color=style.INK, ms=6, zorder=3, clip_on=False)[0])
        self.top = live(side.plot([], [], ls="none", ms=15, zorder=2.9, clip_on=False, **style.STAR)[0])
        options: Looks = {"axes_fraction": True, "fontsize": style.SMALL, "ha": "center", "va": "center"}
        self.caption = [live(style.add_words(side, 0.5, 0.6 - 0.07 * row, **options)) for row in range(3)]

    def update(self, state: GPState | Belief) -> bool:
        self.state = state = state if isinstance(state, GPState) else GPState(state)
        belief, (mean, std) = state.belief, state.posterior
        style.set_band(self.band, X, mean - 2 * std, mean + 2 * std)
        self.mean.set_data(X, mean)
        for line, sample in zip(self.draws, belief.samples(X[::2], self.samples, self.seed), strict=True):
            line.set_data(X[::2], sample)
        self.hidden.set_data(X if state.truth else [], state.truth(X) if state.truth else [])
        self.dots.set_data(belief.x, belief.y)
        chosen = [] if state.chosen is None else [state.chosen]
        self.ring.set_data(np.asarray(belief.x)[chosen], np.asarray(belief.y)[chosen])
        end = min(0.97, 0.03 + belief.lengthscale)
        cut = 0.03 + belief.lengthscale > end
        self.ruler.set_data([0.03, end], [LOW + 0.3] * 2)
        self.ruler.set_markevery([0] if cut else None)
        self.measure.set_text(f"length scale {number(belief.lengthscale, 2)}{' →' if cut else ''}")
        self.measure.set_x(0.03)
        self._evidence(state)
        self._words(state)
        return False

    def _evidence(self, state: GPState) -> None:
        """The curve, the present length scale (a dot on it) and the one of its top (a star)."""
        for text, words in zip(self.caption, ("two points or more", "are needed to tell", "them apart"), strict=True):
            text.set_text("" if state.says else words)
        if not state.says:
            for line in (self.line, self.stem, self.now, self.top):
                line.set_data([], [])
            return
        belief, best = state.belief, state.best
        peak = float(best.evidence()[0])
        at = np.sort(np.r_[LENGTHSCALES, belief.lengthscale, best.lengthscale])
        heights = np.interp(np.log(at), np.log(LENGTHSCALES), belief.curve)
        now = float(belief.evidence()[0])
        heights[at == best.lengthscale], heights[at == belief.lengthscale] = peak, now
        self.line.set_data(at, np.maximum(heights - peak, -2 * DEPTH))
        self.stem.set_data([belief.lengthscale] * 2, [-DEPTH, 0.8])
        self.now.set_data([belief.lengthscale], [max(now - peak, -DEPTH)])
        self.now.set_marker("o" if now - peak >= -DEPTH else "v")
        self.top.set_data([best.lengthscale], [0.0])

    def _words(self, state: GPState) -> None:
        n, (_, std) = len(state.belief.x), state.posterior
        if not n:
            self.say(f"The prior: before any point, f(x) is believed to lie within ± {number(state.width, 2)}")
            return
        widest = X[int(np.argmax(std))]
        at = (
            "" if np.ptp(std) < 1e-9 else f", ± {number(2 * std.max(), 2)} at x = {tick_label(round(float(widest), 2))}"
        )
        self.say(f"{style.plural(n, 'point')}: the band is ± {number(state.width, 2)} wide on average{at}")

    def at(self, px: float, py: float) -> tuple[float, float]:
        """Fractions of the picture (from its upper left) to x and y, kept inside of the axes."""
        box = self.ax.get_position()
        u, v = np.clip([(px - box.x0) / box.width, (1 - py - box.y0) / box.height], 0, 1)
        return float(u), float(LOW + v * (HIGH - LOW))

    def handles(self, points: np.ndarray) -> np.ndarray:
        """Points (n, 2) to fractions of the picture (n, 2): the inverse of `at`."""
        box, (x, y) = self.ax.get_position(), np.asarray(points, float).reshape(-1, 2).T
        return np.c_[box.x0 + x * box.width, 1 - box.y0 - (y - LOW) / (HIGH - LOW) * box.height]

    def alt(self) -> str:
        state, belief = self.state, self.state.belief
        kernel = KERNEL_NAMES.get(belief.kernel, belief.kernel)
        words = (
            f"A Gaussian process with kernel {kernel} and length scale {number(belief.lengthscale, 2)} after "
            f"{style.plural(len(belief.x), 'point')}: the band of two standard deviations is "
            f"± {number(state.width, 2)} wide on average."
        )
        if state.says:
            words += (
                f" Its log marginal likelihood is {number(float(belief.evidence()[0]))}; the length scale with the "
                f"highest, {number(float(state.best.evidence()[0]))}, is {number(state.best.lengthscale, 2)}."
            )
        if state.covered is not None:
            words += f" The truth lies in the band on {100 * state.covered:.0f} % of the axis."
        return words


def gp(belief: Belief, truth: Callable[[np.ndarray], np.ndarray] | None = None, samples: int = 3) -> Figure:
    """A still picture of a Belief; truth: the function behind its points, where it is known."""
    return GPPicture(samples).render_static(replace(GPState(belief), truth=truth))
