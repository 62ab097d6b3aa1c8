"""Reinforcement learning of architectures: the policy of each decision, the rewards and their baseline, the variance of
the gradient with and without it, and PPO's clip."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import SubFigure
from matplotlib.ticker import FixedFormatter, FixedLocator, MaxNLocator

from nasbook.axes import Scalar
from nasbook.nas.spaces.nb201.cell import EDGE_NAMES, EDGES
from nasbook.plots import style
from nasbook.plots.cell import LOOKS, NODES
from nasbook.plots.data import Steps
from nasbook.plots.picture import Picture
from nasbook.plots.scales import log_ticks, tick_label
from nasbook.plots.style import Figure, Looks, number
from nasbook.plots.viewed import POLICY
from nasbook.trace import Step, Trace, Trial

if TYPE_CHECKING:
    from nasbook.nas.reinforce import ControllerView

SHADES = [style.BLUE, style.SKY, style.GREEN, style.YELLOW, style.ORANGE, style.RED, style.PURPLE, style.GREY]
TITLES = {name: f"{NODES[i]} → {NODES[j]}" for name, (i, j) in zip(EDGE_NAMES, EDGES, strict=True)}
FAR = 2.5  # ratios beyond are drawn at this edge


@dataclass(frozen=True)
class ControllerState:
    """What was tried, and the policy after it: `views[k]` is a ControllerView after k trials, `views[0]` the start."""

    trials: Sequence[Trial]
    views: Sequence[ControllerView]


def state_of(state: ControllerState | Steps) -> ControllerState:
    """From a ControllerState, a Trace, or steps with views. A step's view is the policy that chose its trial.
    ValueError where the views are not those of a controller."""
    if isinstance(state, ControllerState):
        return state
    if isinstance(state, Trace):
        state = POLICY.replayed(state, "policy")
    steps = [state] if isinstance(state, Step) else list(state) if isinstance(state, Iterable) else [state]
    views = [POLICY.of(s, "policy") for s in steps]
    return ControllerState([s.trial for s in steps if isinstance(s, Step)], views)


class PolicyPicture(Picture[ControllerState | Steps]):
    """A panel for each decision: the probability of every option, stacked, against the trial. A wider area is a more
    likely option; white is a decision that does not exist.

    State: a ControllerState. names, options: of the decisions, as in a ControllerView.
    """

    figsize = (style.WIDTH, 2.4)
    depicts = POLICY

    def __init__(self, names: Sequence[str], options: Sequence[Sequence[Scalar]], trials: int = 100) -> None:
        super().__init__()
        self.names, self.options, self.trials = list(names), [list(o) for o in options], trials
        every = list(dict.fromkeys(o for row in self.options for o in row))
        known = [o for o in ("conv3x3", "conv1x1", "avgpool", "skip", "none") if o in every]
        self.order = known + [o for o in every if o not in known]  # from the bottom up
        self.colour = {o: LOOKS[o][0] if o in LOOKS else SHADES[k % len(SHADES)] for k, o in enumerate(self.order)}

    def build(self, fig: Figure | SubFigure) -> None:
        self.title(fig)
        w, _ = style.size(fig)
        named = self.order[:8]
        style.key(fig, [(style.shorten(tick_label(o), 1.2), style.patch(self.colour[o], 0.8)) for o in named])
        left, right, bottom, top, gap = 0.72, 0.15, 0.28, 0.97, 0.13
        n = len(self.names)
        wide = (w - left - right - (n - 1) * gap) / n
        self.panels, self.areas, self.heads = [], [], []
        for k, name in enumerate(self.names):
            x = left + k * (wide + gap)
            ax = style.axes(fig, x, bottom, w - x - wide, top)
            ax.set(ylim=(0, 1))
            ax.set_axisbelow(False)
            ax.grid(False)
            ax.yaxis.set_major_locator(FixedLocator([0, 0.5, 1]))
            ax.tick_params(labelleft=k == 0)
            if k == 0:
                ax.set_ylabel("probability")
            ax.text(
                0,
                1.18,
                style.shorten(TITLES.get(name, style.named(name)), wide, weight="bold"),
                transform=ax.transAxes,
                fontsize=style.SMALL,
                weight="bold",
            )
            self.heads.append(
                self.live(style.add_words(ax, 0, 1.04, axes_fraction=True, fontsize=style.SMALL, va="bottom"))
            )
            self.areas.append([self.live(style.polygon(ax, self.colour[o], 0.8)) for o in self.options[k]])
            self.panels.append(ax)
        self.width = wide
        self.aim(self.trials)

    def aim(self, trials: int) -> None:
        """Set the axes for another budget."""
        self.trials = trials
        for ax in self.panels:
            ax.set_xlim(0, trials)
            ax.xaxis.set_major_locator(FixedLocator(sorted({0, trials // 2})))  # the ends of two panels would collide

    def update(self, state: ControllerState | Steps) -> bool:
        state = state_of(state)
        views = list(state.views)
        self.view = views[-1] if views else None
        self.n = len(state.trials)
        changes = [k for k, v in enumerate(views) if k == 0 or v.updates != views[k - 1].updates]
        x = np.array([*changes, len(views) - 1], float)
        self.leaders = []
        for t, areas in enumerate(self.areas):
            p = np.array([views[k].probabilities[t] for k in [*changes, -1]] if views else [], float)
            p = p.reshape(-1, len(self.options[t]))
            base = np.zeros(len(p))
            for o in sorted(range(len(areas)), key=lambda o: self.order.index(self.options[t][o])):
                style.set_band(areas[o], x[: len(p)], base, base + p[:, o], step=True)
                areas[o].set_visible(self.n > 0)
                base = base + p[:, o]
            if len(p):
                leader = int(p[-1].argmax())
                self.leaders.append((self.options[t][leader], float(p[-1, leader])))
                text = f"{tick_label(self.options[t][leader])} {100 * p[-1, leader]:.0f} %"
                self.heads[t].set_text(style.shorten(text, self.width + 0.1))
        self.say(self._sentence())
        return False

    def _sentence(self) -> str:
        if self.view is None:
            return "No policy yet"
        v = self.view
        if not v.updates:
            return "Before the first update all options are about equally likely"
        what = "cells" if self.names == list(EDGE_NAMES) else "configurations"
        like = f"about {np.exp(v.entropy):,.0f} equally likely {what}"
        return f"After {style.plural(v.updates, 'update')} the policy is as undecided as among {like}"

    def alt(self) -> str:
        if self.view is None:
            return "Empty panels for the policy."
        parts = [
            f"{TITLES.get(n, style.named(n))} {tick_label(o)} {100 * p:.0f} %"
            for n, (o, p) in zip(self.names, self.leaders, strict=True)
        ]
        return f"{self._sentence()}. The likeliest option of each decision: {', '.join(parts)}."


class RewardPicture(Picture[ControllerState | Steps]):
    """The reward of every trial and the moving baseline. State: a ControllerState. percent: rewards are accuracies.

    low, high: what the axis shows; rewards below are drawn as triangles at its foot."""

    figsize = (style.WIDTH, 1.75)

    def __init__(self, trials: int = 100, low: float = 0.0, high: float = 1.0, percent: bool = True) -> None:
        super().__init__()
        self.trials, self.limits, self.factor = trials, (low, high), 100.0 if percent else 1.0
        self.used = True

    def build(self, fig: Figure | SubFigure) -> None:
        self.ax = ax = style.axes(fig, 0.72, 0.45, 0.15, 0.3)
        ax.set(xlabel="trial", ylabel="reward:\naccuracy (%)" if self.factor == 100 else "reward")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
        ax.yaxis.set_major_locator(MaxNLocator(nbins=4))
        entries = [
            ("reward", style.dot(ms=3.5)),
            ("below the axis", style.dot(style.GREY, "v", 5)),
            ("best", style.dot(style.INCUMBENT, "*", 9, mec=style.INK, mew=0.6)),
            ("baseline b", style.line(style.BELIEF)),
        ]
        style.key(fig, entries, left=0.72, top=0.06)
        self.dots = self.live(ax.plot([], [], "o", color=style.TRIAL, ms=3, mew=0, alpha=0.6, zorder=2)[0])
        self.under = self.live(
            ax.plot([], [], "v", color=style.GREY, ms=4, mew=0, zorder=2, transform=ax.get_xaxis_transform())[0]
        )
        self.line = self.live(ax.plot([], [], color=style.BELIEF, lw=2, drawstyle="steps-post", zorder=3)[0])
        self.star = self.live(ax.plot([], [], ls="none", ms=11, zorder=4, clip_on=False, **style.STAR)[0])
        self.words = self.live(
            style.add_words(ax, 1.0, 1.06, axes_fraction=True, ha="right", va="bottom", fontsize=style.SMALL,
                            color=style.BELIEF, zorder=5)
        )  # fmt: skip
        self.aim(self.trials, *self.limits)

    def aim(self, trials: int, low: float, high: float, used: bool = True) -> None:
        """Set the axes for another task or budget. used: is the baseline subtracted?"""
        self.trials, self.limits, self.used = trials, (low, high), used
        self.ax.set(xlim=(0, trials * 1.01), ylim=(self.factor * low, self.factor * high))

    def update(self, state: ControllerState | Steps) -> bool:
        state = state_of(state)
        value = np.array([np.nan if t.status != "done" or t.value is None else t.value for t in state.trials], float)
        x, rewards = np.arange(1, len(value) + 1), self.factor * (1 - value)
        low = self.factor * self.limits[0]
        seen = rewards >= low
        self.dots.set_data(x[seen], rewards[seen])
        below = x[~seen]  # and failed ones
        self.under.set_data(below, np.full(len(below), 0.05))
        b = np.array([np.nan if v.baseline is None else self.factor * v.baseline for v in state.views], float)
        self.line.set_data(np.arange(len(b)), b)
        self.line.set_linestyle("-" if self.used else style.DASH)
        self.line.set_alpha(1.0 if self.used else 0.6)
        self.b = float(b[-1]) if len(b) and np.isfinite(b[-1]) else None
        self.best = int(np.nanargmax(rewards)) if np.isfinite(rewards).any() else None
        self.star.set_data(([], []) if self.best is None else ([x[self.best]], [rewards[self.best]]))
        if self.b is None:
            text = ""
        else:
            text = f"b = {number(self.b)}" + (" %" if self.factor == 100 else "") + ("" if self.used else ", not used")
        self.words.set_text(text)
        self.rewards = rewards
        return False

    def alt(self) -> str:
        if self.best is None:
            return "No reward yet."
        best = number(float(self.rewards[self.best]))
        said = f"The best of {len(self.rewards)} rewards is {best}, that of trial {self.best + 1}"
        return said + ("." if self.b is None else f"; the moving mean is {number(self.b)}.")


class VariancePicture(Picture[ControllerState | Steps]):
    """The variance of one trial's gradient, summed over all weights, with the baseline and without it, estimated from
    each batch. State: a ControllerState."""

    figsize = (3.6, 2.1)

    def __init__(self, updates: int = 10) -> None:
        super().__init__()
        self.updates = updates
        self.y = style.Limits(-3.0, 1.0, room=0.1)  # decades

    def build(self, fig: Figure | SubFigure) -> None:
        self.ax = ax = style.axes(fig, 0.8, 0.45, 0.15, 0.32)
        ax.set(yscale="log", xlabel="update", ylabel="variance of a\ntrial's gradient")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
        log_ticks(ax.yaxis)
        style.key(
            fig,
            [
                ("without b", style.line(style.HIDDEN, style.DASH)),
                ("with b", style.line(style.BELIEF, marker="o", ms=3)),
            ],
            left=0.8,
            top=0.06,
        )
        self.without = self.live(ax.plot([], [], color=style.HIDDEN, ls=style.DASH, lw=1.6)[0])
        self.with_b = self.live(ax.plot([], [], color=style.BELIEF, marker="o", ms=3)[0])
        self.aim(self.updates)

    def aim(self, updates: int) -> None:
        """Set the axis for another number of updates."""
        self.updates = updates
        low, high = self.y.pair
        self.ax.set(xlim=(0.5, max(updates, 2) + 0.5), ylim=(10**low, 10**high))

    def update(self, state: ControllerState | Steps) -> bool:
        rows = {v.last.number: v.last for v in state_of(state).views if v.last is not None}
        x = np.array(sorted(rows))
        a = np.array([rows[k].variance_without for k in x], float)
        b = np.array([rows[k].variance_with for k in x], float)
        positive = np.r_[a[a > 0], b[b > 0]]
        grown = bool(len(positive)) and self.y.include(np.log10(positive))
        if grown:
            self.aim(self.updates)
        self.without.set_data(x, a)
        self.with_b.set_data(x, b)
        self.ratio = float(np.median(a[b > 0] / b[b > 0])) if (b > 0).any() else None
        return grown

    def alt(self) -> str:
        if self.ratio is None:
            return "No gradient yet."
        return (
            "Without the baseline the variance of the gradient would be "
            f"{number(self.ratio)} times as large (median over the updates)."
        )


class ClipPicture(Picture[ControllerState | Steps]):
    """How much more or less likely the last batch's configurations have become, and what the surrogate makes of it.

    State: a ControllerState. eps: PPO's ε; None for REINFORCE, which has no clip."""

    figsize = (3.6, 2.1)
    eps: float | None = 0.2

    def build(self, fig: Figure | SubFigure) -> None:
        self.ax = ax = style.axes(fig, 0.62, 0.45, 0.15, 0.32)
        ax.set(xlim=(0, FAR * 1.02), ylim=(-2.6, 2.6), xlabel="ratio p_new / p_old", ylabel="objective / |A|")
        ax.xaxis.set_major_locator(FixedLocator([0, 0.5, 1, 1.5, 2, FAR]))
        ax.xaxis.set_major_formatter(FixedFormatter(["0", "0.5", "1", "1.5", "2", f"≥{FAR:g}"]))
        ax.yaxis.set_major_locator(FixedLocator([-2, -1, 0, 1, 2]))
        style.key(
            fig,
            [
                ("R > b", style.dot(style.GREEN, "^", 6)),
                ("R < b", style.dot(style.RED, "v", 6)),
                ("clipped", style.dot(ms=6, **style.HOLLOW)),
            ],
            left=0.62,
            top=0.06,
            gap=0.12,
        )
        self.window = self.live(style.polygon(ax, style.BELIEF, 0.12))
        ax.axvline(1, color=style.GREY, lw=0.8, zorder=1.6)
        self.curves = [self.live(ax.plot([], [], color=c, lw=1.4, zorder=2)[0]) for c in (style.GREEN, style.RED)]
        looks: list[Looks] = [
            {"marker": "^", "color": style.GREEN},
            {"marker": "^", "mec": style.GREEN, "mfc": "white"},
            {"marker": "v", "color": style.RED},
            {"marker": "v", "mec": style.RED, "mfc": "white"},
        ]
        self.marks = [
            self.live(ax.plot([], [], ls="none", ms=6, mew=1.2, zorder=3, clip_on=False, **look)[0]) for look in looks
        ]

    def objective(self, r: np.ndarray, sign: np.ndarray | int) -> np.ndarray:
        """min(r A, clip(r) A) / |A| for A of this sign; r A / |A| without a clip."""
        clipped = r if self.eps is None else np.clip(r, 1 - self.eps, 1 + self.eps)
        return np.minimum(r * sign, clipped * sign)

    def update(self, state: ControllerState | Steps) -> bool:
        views = state_of(state).views
        last = views[-1].last if views else None
        r = np.linspace(0, FAR * 1.02, 204)
        for curve, side in zip(self.curves, (1, -1), strict=True):
            curve.set_data(r, self.objective(r, side))
        self.window.set_visible(self.eps is not None)
        if self.eps is not None:
            style.set_band(self.window, np.array([1 - self.eps, 1 + self.eps]), np.full(2, -2.6), np.full(2, 2.6))
        self.ratios = np.array(last.ratios if last else [], float)
        A = np.array(last.rewards if last else [], float) - (last.baseline if last else 0.0)
        sign = np.where(A >= 0, 1, -1)
        eps = np.inf if self.eps is None else self.eps
        self.cut = ((sign > 0) & (self.ratios > 1 + eps)) | ((sign < 0) & (self.ratios < 1 - eps))
        shown = np.minimum(self.ratios, FAR)
        y = self.objective(shown, sign)
        for k, (which, cut) in enumerate(((1, False), (1, True), (-1, False), (-1, True))):
            here = (sign == which) & (self.cut == cut)
            self.marks[k].set_data(shown[here], y[here])
        return False

    def alt(self) -> str:
        if not len(self.ratios):
            return "No ratios yet."
        low, high = self.ratios.min(), self.ratios.max()
        text = f"The update moved the batch's probabilities by factors of {low:.2f} to {high:.2f}"
        if self.eps is None:
            return text + "; REINFORCE has no clip."
        return text + f"; {int(self.cut.sum())} of {len(self.cut)} lie beyond the clip at 1 ± {self.eps:g}."


def policy(state: ControllerState | Steps) -> Figure:
    """The policy of each decision over the trials. state: a Trace of `reinforce` or `ppo`, or its steps."""
    state = state_of(state)
    if not state.views:
        raise ValueError("policy: there is no step yet; it needs a search of at least one trial")
    v = state.views[0]
    return PolicyPicture(v.names, v.options, len(state.trials)).render_static(state)
