"""Hypergradients: what the length of the unroll does to them, and the walk that follows them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import SubFigure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedFormatter, FixedLocator, MaxNLocator
from matplotlib.typing import LineStyleType
from numpy.typing import ArrayLike

from nasbook.plots import style
from nasbook.plots.data import Steps, steps_of
from nasbook.plots.picture import Picture
from nasbook.plots.scales import tick_label
from nasbook.plots.style import Figure, Looks, number, plural
from nasbook.plots.viewed import WALK
from nasbook.space import Float, Space
from nasbook.trace import Trace

MODES: dict[str, tuple[str, LineStyleType]] = {  # colour and dash of each
    "reverse": (style.BLUE, "-"),
    "forward": (style.GREEN, (0, (2, 3))),
    "truncated": (style.ORANGE, (0, (5, 2))),
    "implicit": (style.PURPLE, (0, (3, 1, 1, 1))),
}
LINES: list[tuple[str, LineStyleType]] = [
    (style.INK, "-"),
    (style.RED, (0, (5, 2))),
    (style.SKY, "-"),
    (style.GREY, (0, (2, 1))),
]  # of hyperparameters
ERROR, NORM = (-10, 4), (-4, 10)  # powers of ten that are drawn


@dataclass(frozen=True)
class Unroll:
    """What one training says of hypergradients.

    found: mode -> (T, m), row k differentiates k + 1 steps. exact: (m,) what they should come to, or None where no such
    thing is known. memory: mode -> [(length, bytes)], or None before it is measured. mode, length: what is chosen.
    """

    found: dict[str, np.ndarray]
    exact: np.ndarray | None
    memory: dict[str, list[tuple[int, int]]] | None
    mode: str
    length: int
    rate: float  # the learning rate of the training

    def norm(self, mode: str) -> np.ndarray:
        """(T,) length of the gradient."""
        with np.errstate(over="ignore", invalid="ignore"):
            return np.linalg.norm(self.found[mode], axis=1)

    def error(self, mode: str) -> np.ndarray:
        """(T,) distance to the exact gradient, as a part of its length; NaN where that is not known."""
        if self.exact is None:
            return np.full(len(self.found[mode]), np.nan)
        with np.errstate(over="ignore", invalid="ignore"):
            return np.linalg.norm(self.found[mode] - self.exact, axis=1) / np.linalg.norm(self.exact)

    @property
    def explodes(self) -> bool:
        """Is the gradient of the whole training a thousand times the smallest one on the way?"""
        norm = self.norm("reverse")
        return not np.isfinite(norm[-1]) or bool(norm[-1] > 1000 * norm.min())


class UnrollPicture(Picture[Unroll]):
    """Against the number of differentiated steps: the error of the gradient, its norm, and the memory it took.

    State: an Unroll. The dot is the mode and length that are chosen. Forward mode gives the numbers of reverse mode.
    exact: what the error is measured against, in words.
    """

    figsize = (style.WIDTH, 2.85)

    def __init__(self, most: int = 100, exact: str = "the exact gradient") -> None:
        super().__init__()
        self.most, self.exact = most, exact

    def build(self, fig: Figure | SubFigure) -> None:
        self.title(fig)
        entries = [(mode, style.line(c, ls)) for mode, (c, ls) in MODES.items()]
        style.key(fig, [*entries, ("chosen", style.dot(style.NEXT, "o", 7))])
        left = panels(fig, 3, 0.86)
        self.ax, self.ax_norm, self.ax_memory = left
        for ax, (low, high), words in (
            (self.ax, ERROR, "relative error"),
            (self.ax_norm, NORM, "norm of the gradient"),
        ):
            ax.set(ylim=(low, high))
            powers(ax, range(low + low % 2, high + 1, 2))
            head(ax, words)
        self.ax_memory.yaxis.set_major_locator(MaxNLocator(nbins=5))
        self.ax_memory.set_ylim(0, 600)
        head(self.ax_memory, "memory at the peak (kB)")
        for ax in left:
            ax.set(xlim=(0, 1.03 * self.most), xlabel="steps or terms differentiated")
            ax.xaxis.label.set_fontsize(style.SMALL)
            ax.xaxis.set_major_locator(FixedLocator([0, self.most // 4, self.most // 2, 3 * self.most // 4, self.most]))
        self.lines = {
            (ax, mode): self.live(
                ax.plot(
                    [], [], color=c, ls=ls, lw=2.4 if mode == "forward" else 1.8, zorder=3 if mode == "forward" else 2
                )[0]
            )
            for ax in left
            for mode, (c, ls) in MODES.items()
        }
        for mode in MODES:
            self.lines[self.ax_memory, mode].set(marker="o", ms=4)
        look: Looks = {"color": style.NEXT, "ms": 7, "mec": "white", "mew": 0.8, "zorder": 4, "clip_on": False}
        self.dots = {ax: self.live(ax.plot([], [], "o", **look)[0]) for ax in left}
        self.words = {
            ax: self.live(style.add_words(ax, 0.5, 0.5, "", True, fontsize=style.SMALL, ha="center", color=style.FAINT))
            for ax in left
        }
        self.limit = self.live(self.ax_norm.plot([], [], color=style.GREY, ls=style.DOT, lw=1.4, zorder=1.5)[0])

    def update(self, state: Unroll) -> bool:
        self.state, changed = state, False
        x = np.arange(1, len(state.found["reverse"]) + 1)
        for mode in MODES:
            same = "reverse" if mode == "forward" else mode
            for ax, y, (low, high) in ((self.ax, state.error(same), ERROR), (self.ax_norm, state.norm(same), NORM)):
                self.lines[ax, mode].set_data(x, self._log(y, low, high))
        self.limit.set_data([], [])
        if state.exact is not None:
            level = math.log10(max(float(np.linalg.norm(state.exact)), 10.0 ** NORM[0]))
            self.limit.set_data([0, 2 * self.most], [level, level])
        for mode in MODES:
            points = np.array((state.memory or {}).get(mode, np.empty((0, 2))), float).reshape(-1, 2)
            self.lines[self.ax_memory, mode].set_data(points[:, 0], points[:, 1] / 1000)
        if state.memory:
            top = 1.1 * max(b for points in state.memory.values() for _, b in points) / 1000
            changed = self.ax_memory.get_ylim() != (0.0, top)
            self.ax_memory.set_ylim(0, top)
        self.words[self.ax].set_text("" if state.exact is not None else "400 steps explode, too")
        self.words[self.ax_memory].set_text("" if state.memory else "comes with round 1")
        self._choose()
        self.say(self._headline())
        return changed

    @staticmethod
    def _log(y: np.ndarray, low: float, high: float) -> np.ndarray:
        """Powers of ten; what explodes leaves through the ceiling."""
        with np.errstate(invalid="ignore", over="ignore"):
            return np.log10(np.clip(np.nan_to_num(y, nan=np.nan, posinf=1e300), 10.0 ** (low - 1), 10.0 ** (high + 1)))

    def _choose(self) -> None:
        s = self.state
        for dot in self.dots.values():
            dot.set_data([], [])
        if s.mode not in MODES:
            return
        for ax in (self.ax, self.ax_norm):
            y = np.asarray(self.lines[ax, s.mode].get_ydata())[s.length - 1]
            low, high = ax.get_ylim()
            self.dots[ax].set_data([s.length], [np.clip(y, low, high)])
        if s.memory:
            lengths, held = np.array(s.memory[s.mode], float).T
            self.dots[self.ax_memory].set_data([s.length], [np.interp(s.length, lengths, held) / 1000])

    def _headline(self) -> str:
        s = self.state
        norm = s.norm("reverse")
        T = len(norm)
        if s.explodes:
            return (
                f"Rate {number(s.rate)}: the gradient explodes, {number(float(norm.min()), 2)} → "
                f"{number(float(norm[-1]), 2) if np.isfinite(norm[-1]) else 'beyond 1e308'} in {T} steps"
            )
        mode = s.mode if s.mode in ("truncated", "implicit") else "reverse"
        error = s.error(mode)
        if s.exact is None:
            return f"Rate {number(s.rate)}: the norm of the gradient is {number(float(norm[-1]), 2)} after {T} steps"
        at = "term" if mode == "implicit" else "step"
        return (
            f"Rate {number(s.rate)}, {mode}: off by {share(error[s.length - 1])} with {plural(s.length, at)}, by "
            f"{share(error[-1])} with {T}"
        )

    def alt(self) -> str:
        s = self.state
        parts = [f"{self.sentence()}."]
        if s.exact is not None:
            ends = [f"{mode} {number(float(s.error(mode)[-1]), 2)}" for mode in s.found]
            parts.append(
                f"Relative error against {self.exact} with {len(s.found['reverse'])} steps or terms: {', '.join(ends)}."
            )
        if s.memory:
            held = [f"{mode} {points[-1][1] / 1000:,.0f} kB at {points[-1][0]}" for mode, points in s.memory.items()]
            parts.append(f"Memory: {', '.join(held)}.")
        return " ".join(parts)


class WalkPicture(Picture[tuple[Steps, Sequence[float] | None]]):
    """The walk, round by round: hyperparameters, validation loss, and the hypergradient.

    State: (steps, full): steps with HypergradientViews, and the validation losses of a whole training with the
    hyperparameters of each round, or None. untrained: the validation loss before any training, which sets the axis;
    top sets it where that is not known.
    """

    figsize = (style.WIDTH, 2.95)

    def __init__(
        self,
        space: Space,
        rounds: int,
        untrained: float | None,
        training: int | None = None,
        top: float = 1.0,
    ) -> None:
        super().__init__()
        self.space, self.rounds, self.training = space, rounds, training
        self.untrained, self.top = untrained, top if untrained is None else untrained

    def build(self, fig: Figure | SubFigure) -> None:
        self.title(fig)
        names = list(self.space.parameters)
        looks = [LINES[j % len(LINES)] for j in range(len(names))]
        entries: style.Entries = [(style.named(n), style.line(*look)) for n, look in zip(names, looks, strict=True)]
        rows = style.key(fig, entries, gap=0.14)
        self.ax, self.ax_loss, self.ax_gradient = axes = panels(fig, 3, 0.66 + 0.2 * rows)
        served = [p for p in self.space.parameters.values() if isinstance(p, Float)]
        low, high = math.log10(min(p.low for p in served)), math.log10(max(p.high for p in served))
        self.ax.set(ylim=(low, high))
        powers(self.ax, range(math.ceil(low), math.floor(high) + 1))
        self.ax_loss.set(ylim=(0, 1.15 * self.top))
        self.ax_loss.yaxis.set_major_locator(MaxNLocator(nbins=5))
        self.ax_gradient.set(ylim=(squash(-100), squash(100)))
        at = [-100, -1, -0.01, 0, 0.01, 1, 100]
        self.ax_gradient.yaxis.set_major_locator(FixedLocator(squash(at).tolist()))
        self.ax_gradient.yaxis.set_major_formatter(FixedFormatter([tick_label(v) for v in at]))
        for ax, words in zip(axes, ("hyperparameters", "validation loss", "hypergradient dL/d ln h"), strict=True):
            ax.set(xlim=(0.5, self.rounds + 0.5), xlabel="round")
            ax.xaxis.label.set_fontsize(style.SMALL)
            ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
            head(ax, words)
        self.ax_gradient.axhline(0, color=style.GREY, lw=0.9, zorder=1)
        named: Looks = {"axes_fraction": True, "fontsize": style.SMALL, "va": "bottom"}
        style.add_words(self.ax_loss, 0.04, 0.15, "— this round", color=style.BLUE, **named)
        if self.training:
            style.add_words(self.ax_loss, 0.04, 0.03, f"- - {self.training} steps, same h", color=style.FAINT, **named)
        if self.untrained is not None:
            self.ax_loss.axhline(self.untrained, color=style.LIGHT, lw=1, zorder=1)
            style.add_words(
                self.ax_loss,
                self.rounds + 0.3,
                1.02 * self.untrained,
                "untrained",
                fontsize=style.SMALL,
                ha="right",
                va="bottom",
                color=style.FAINT,
            )

        def draw(ax: Axes, look: tuple[str, LineStyleType]) -> Line2D:
            return self.plotted(ax, color=look[0], ls=look[1], marker="o", ms=3, lw=1.6)

        self.walk = [draw(self.ax, look) for look in looks]
        self.slopes = [draw(self.ax_gradient, look) for look in looks]
        self.full = draw(self.ax_loss, (style.BASELINE, style.DASH))
        self.loss = draw(self.ax_loss, (style.BLUE, "-"))
        self.words = self.live(
            style.add_words(self.ax_gradient, 0.5, 0.7, "", True, fontsize=style.SMALL, ha="center", color=style.FAINT)
        )

    def update(self, state: tuple[Steps, Sequence[float] | None]) -> bool:
        steps = steps_of(state[0])
        self.views = [s.view for s in steps]
        self.done = [s.trial.status == "done" for s in steps]
        x = np.arange(1, len(steps) + 1)
        m = len(self.walk)
        h = np.array([v.h for v in self.views]).reshape(len(steps), m)
        known = [v.gradient for v in self.views if v.gradient is not None]
        d = np.array(known).reshape(len(known), m)
        for j, (line, slope) in enumerate(zip(self.walk, self.slopes, strict=True)):
            line.set_data(x, h[:, j] / math.log(10))
            slope.set_data(x[: len(d)], squash(d[:, j]))
        self.loss.set_data(x, self._capped([v.val_loss for v in self.views]))
        full = list(state[1] or [])[: len(steps)]
        self.full.set_data(x[: len(full)], self._capped(full))
        self.words.set_text("online has none" if steps and not known else "")
        self.say(self._headline(full))
        return False

    def _capped(self, losses: Sequence[float | None]) -> np.ndarray:
        """Losses far above the axis leave through its ceiling."""
        y = np.array([np.nan if v is None else v for v in losses], float)
        return np.clip(np.nan_to_num(y, nan=np.inf, posinf=1e300), 0, 2 * self.top)

    def _headline(self, full: Sequence[float]) -> str:
        n = len(self.views)
        if not n:
            return "The walk has not begun"
        of = f"Round {n} of {self.rounds}"
        if not self.done[-1]:
            return f"{of}: the training diverged"
        text = f"{of}: validation loss {number(self.views[-1].val_loss)}"
        if full and len(full) == n and np.isfinite(full[-1]):
            text += f"; {self.training} steps with these hyperparameters: {number(full[-1])}"
        return text

    def alt(self) -> str:
        if not self.views:
            return "A walk of hypergradients: it has not begun."
        v = self.views[-1]
        at = ", ".join(f"{style.named(name)} {number(math.exp(x))}" for name, x in zip(v.names, v.h, strict=True))
        text = f"A walk of hypergradients. {self.sentence()}. Now at {at}."
        if v.gradient is not None:
            slopes = ", ".join(f"{style.named(name)} {number(g)}" for name, g in zip(v.names, v.gradient, strict=True))
            text += f" The gradient by their logarithms: {slopes}."
        return text


def walk(state: Steps, *, rounds: int | None = None, untrained: float | None = None) -> Figure:
    """The walk along hypergradients, round by round. state: a Trace of the method "hypergradient", or its steps.

    untrained: the validation loss before any training, a line where it is given.
    """
    steps = WALK.replayed(state, "walk") if isinstance(state, Trace) else steps_of(state)
    views = [WALK.of(s, "walk") for s in steps]
    if not views:
        raise ValueError("walk: there are no rounds yet")
    names = views[0].names
    if isinstance(state, Trace):
        space = Space({n: state.space.parameters[n] for n in names})
    else:  # where it went, and a little more
        h = np.array([v.h for v in views])
        ends = zip(np.exp(h.min(0) - 1), np.exp(h.max(0) + 1), strict=True)
        space = Space({n: Float(float(a), float(b), log=True) for n, (a, b) in zip(names, ends, strict=True)})
    losses = [v.val_loss for v in views if v.val_loss is not None and math.isfinite(v.val_loss)]
    top = max(losses, default=1.0) or 1.0
    return WalkPicture(space, rounds or len(views), untrained, top=top).render_static((steps, None))


def squash(x: ArrayLike) -> np.ndarray:
    """A logarithm that passes through 0: sign(x) log10(1 + |x| / 0.001)."""
    x = np.asarray(x, float)
    return np.sign(x) * np.log10(1 + np.clip(np.nan_to_num(np.abs(x), nan=np.inf, posinf=1e300), 0, 1e9) / 1e-3)


def share(x: float) -> str:
    """'30 %', or '4e-08' where a percentage would have too many zeros."""
    if not np.isfinite(x):
        return "infinitely much"
    return f"{number(100 * x, 2)} %" if 1e-4 <= x < 10 else f"a factor of {number(x, 2)}" if x >= 10 else number(x, 2)


def panels(fig: Figure | SubFigure, n: int, top: float) -> list[Axes]:
    """n axes side by side, each with room for its ticks at the left and its name above."""
    w, h = style.size(fig)
    left, gap, right = 0.5, 0.52, 0.12
    wide = (w - left - right - (n - 1) * gap) / n
    starts = [left + k * (wide + gap) for k in range(n)]
    return [style.axes(fig, x, 0.5, w - x - wide, top) for x in starts]


def head(ax: Axes, words: str) -> None:
    """The name of a panel, above its upper left corner."""
    style.add_words(ax, 0, 1.03, words, True, fontsize=style.SMALL, weight="bold", va="bottom")


def powers(ax: Axes, exponents: Iterable[int]) -> None:
    """Ticks of a y-axis that holds powers of ten."""
    at = list(exponents)
    ax.yaxis.set_major_locator(FixedLocator(at))
    ax.yaxis.set_major_formatter(FixedFormatter([tick_label(10.0**k) for k in at]))
