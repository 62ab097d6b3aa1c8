"""A game on a hidden surface: what the players tried, side by side, and at the end the surface itself.

    GamePicture(task, "tpe", trials=15)

Two boards (board.py), and below them the best values so far.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import SubFigure
from matplotlib.ticker import MaxNLocator

from nasbook.plots import style
from nasbook.plots.labs.board import MAP, STROKE, Board, Player, Surface, fenced, value_limits
from nasbook.plots.moving_text import add_words
from nasbook.plots.picture import Picture
from nasbook.plots.style import Figure, number, plural

if TYPE_CHECKING:
    from nasbook.task import Task

EDGE = 8  # pixels: a click so close to the map counts as on its edge
YOU, OPPONENT = style.BLUE, style.GREEN
DASHED = (0, (5, 2))


@dataclass(frozen=True, eq=False)
class GameState:
    """Both players after as many trials; `show`: draw the opponent's points; `revealed`: draw the surface;
    `expected` (trials,): what random search finds on average, drawn when revealed."""

    mine: Player
    theirs: Player
    show: bool = False
    revealed: bool = False
    expected: np.ndarray = field(default_factory=lambda: np.empty(0))


class GamePicture(Picture[GameState]):
    """Left: what you tried; right: what the opponent tried, hidden until the end; below: the best values so far.

    State: a GameState. task: a function of one or two variables.
    """

    figsize = (style.WIDTH, 6.1)

    def __init__(self, task: Task, opponent: str, trials: int) -> None:
        super().__init__()
        self.task, self.opponent, self.trials = task, opponent, trials
        self.surface = Surface(task)
        self.boards = [Board(self.surface, "you", YOU), Board(self.surface, opponent, OPPONENT)]

    def build(self, fig: Figure | SubFigure) -> None:
        self.title(fig)
        entries = [
            ("newest", style.dot("none", ms=9, mec=style.NEXT, mew=2)),
            ("best", style.dot(ms=10, **style.STAR)),
            ("darker is lower", style.dot(matplotlib.colors.to_hex(MAP(0.1)), ms=7)),
            ("values tried of an axis", style.dot(STROKE, "|", 9, mew=1.8)),
            ("lowest point, at the end", style.dot(style.GREY, "x", 7, mew=2)),
        ]
        rows = style.key(fig, entries, gap=0.14)
        w, h = style.size(fig)
        low, gap, left = 1.95, 0.62, 0.7
        width = (w - left - gap - 0.15) / 2
        height = h - low - (0.36 + 0.19 * rows) - 0.3
        for k, board in enumerate(self.boards):
            board.build(self, fig, (left + k * (width + gap), low, width, height))
        self.curve = style.axes(fig, left, 0.47, 1.5, h - 0.47 - 0.95)
        self.curve.set(xlim=(0.5, self.trials + 0.5), xlabel="trial", ylabel="best so far")
        self.curve.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
        self.curve.yaxis.set_major_locator(MaxNLocator(nbins=3))
        self.curve.yaxis.set_label_coords(-0.5 / (w - left - 1.5), 0.5)  # not moved by the ticks
        line = partial(self.plotted, self.curve, drawstyle="steps-post")
        self.floor = line(color=style.GREY, ls=style.DOT, lw=1.6, zorder=1.8)
        self.chance = line(color=style.BASELINE, ls=style.DASH, lw=1.6, zorder=1.9)
        self.lines = [
            line(color=YOU, ls="-", lw=2.4, zorder=3),
            line(color=OPPONENT, ls=DASHED, lw=2.2, zorder=3.1),
        ]
        self.ends = [
            self.live(add_words(self.curve, 0, 0, "", fontsize=style.SMALL, color=colour, va="center"))
            for colour in (YOU, OPPONENT, style.FAINT, style.FAINT)
        ]

    def update(self, state: GameState) -> bool:
        self.state = state
        mine, theirs = state.mine, state.theirs
        visible = state.show or state.revealed
        limits = value_limits(self.surface, [mine.values, theirs.values][: 1 + visible], state.revealed)
        changed = self.boards[0].update(mine, limits, True, state.revealed)
        changed |= self.boards[1].update(theirs, limits, visible, state.revealed)
        changed |= self._race(state)
        self.say(self._headline(state))
        return changed

    def locate(self, x: float, y: float) -> tuple[Axes, float, float] | None:
        """As every picture does; and a click a little beside your map is one on its edge."""
        w, h = self.make_figure().canvas.get_width_height()
        ax, at = self.boards[0].ax, np.array([x * w, (1 - y) * h])
        inside = np.clip(at, *ax.bbox.get_points())
        if np.abs(at - inside).max() > EDGE:
            return super().locate(x, y)
        px, py = ax.transData.inverted().transform(inside)
        return ax, float(px), float(py)

    def _race(self, s: GameState) -> bool:
        found = [np.fmin.accumulate(p.values) if len(p.values) else p.values for p in (s.mine, s.theirs)]
        expected = s.expected if s.revealed else np.empty(0)
        floor = np.full(self.trials, self.task.optimum) if s.revealed else np.empty(0)
        shown = np.concatenate([*(fenced(f) for f in found), expected[1:], floor[:1]])
        limits = style.Limits()
        limits.include(shown, pad=0.12)
        before = self.curve.get_ylim()
        changed = before != limits.pair
        self.curve.set_ylim(*limits.pair)
        low, high = self.curve.get_ylim()
        ends = []
        for line, y in zip((*self.lines, self.chance, self.floor), (*found, expected, floor), strict=True):
            n = len(y)
            line.set_data(np.arange(1, n + 1), np.clip(y, low, high))
            ends.append(float(np.clip(y[-1], low, high)) if n else np.nan)
        names = ["you", style.shorten(self.opponent, 1.3), "random, on average", "lowest"]
        known = [k for k, y in enumerate(ends) if np.isfinite(y)]
        for words in self.ends:
            words.set_text("")
        places = style.spread([ends[k] for k in known], 0.17 * (high - low) / 1.0, low, high)
        for k, at in zip(known, places, strict=True):
            self.ends[k].set_position((self.trials + 0.7, at))
            self.ends[k].set_text(names[k])
        return changed

    def _headline(self, s: GameState) -> str:
        n = len(s.mine.values)
        if s.mine.best is None:
            return f"A hidden surface, {plural(self.trials, 'trial')} each: where is it lowest?"
        of = f"After {n} of {plural(self.trials, 'trial')}"
        mine, theirs = (float(np.nanmin(p.values)) for p in (s.mine, s.theirs))
        other = style.named(self.opponent)
        lead = "you lead" if mine < theirs else "level" if mine == theirs else f"{other} leads"
        if n == self.trials and s.revealed:
            lead = "you won" if mine < theirs else "a draw" if mine == theirs else f"{other} won"
        return f"{of}: your best {number(mine)}, {other}'s {number(theirs)}: {lead}"

    def alt(self) -> str:
        s = self.state
        names, other = list(map(style.named, self.task.space.parameters)), style.named(self.opponent)
        said = self.sentence()
        text = f"A game on a surface over {' and '.join(names)} against {other}. {said}"
        text += "" if said.endswith("?") else "."
        if s.mine.best is not None:
            at = ", ".join(number(float(v)) for v in s.mine.points[s.mine.best])
            text += f" Your best point is ({at})."
            for who, p in (("You have", s.mine), (f"{other} has", s.theirs)):
                if p is s.mine or s.show or s.revealed:
                    each = " and ".join(f"{k} of {name}" for name, k in zip(names, p.distinct, strict=True))
                    text += f" {who} tried distinct values: {each}."
        hidden = "the opponent's points and the surface are hidden" if not s.show else "the surface is hidden"
        return text + (f" The lowest value is {number(self.task.optimum)}." if s.revealed else f" Still, {hidden}.")
