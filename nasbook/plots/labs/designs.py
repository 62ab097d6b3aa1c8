"""Where several searches went on one surface, side by side.

designs(task, {"grid": trace, "random": ...})  # up to six boards, on the revealed surface
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import SubFigure

from nasbook.plots import style
from nasbook.plots.data import Trials, trials_of
from nasbook.plots.labs.board import STROKE, Board, Player, Surface, value_limits
from nasbook.plots.picture import Picture
from nasbook.plots.style import Figure, number, plural
from nasbook.trace import Trial

if TYPE_CHECKING:
    from nasbook.task import Task


class DesignsPicture(Picture[Mapping[str, Sequence[Trial]]]):
    """Boards of several searches, three in a row, on the revealed surface. State: a mapping name -> trials."""

    def __init__(self, task: Task, names: Sequence[str]) -> None:
        super().__init__()
        self.surface, self.names = Surface(task), list(names)
        if not 1 <= len(self.names) <= 6:
            raise ValueError(f"one to six searches can be drawn side by side, not {len(self.names)}")
        self.boards = [Board(self.surface, name, style.INK, strip=0.55, short=True) for name in self.names]
        self.rows, self.columns = -(-len(self.names) // 3), min(3, len(self.names))
        self.figsize = (style.WIDTH, 0.62 + 2.75 * self.rows)

    def build(self, fig: Figure | SubFigure) -> None:
        self.title(fig)
        entries = [
            ("best", style.dot(ms=10, **style.STAR)),
            ("values tried of an axis", style.dot(STROKE, "|", 9, mew=1.8)),
            ("lowest point", style.dot(style.GREY, "x", 7, mew=2)),
            ("strip: the same trials by their first variable", style.patch(style.GREY, 0.35)),
        ]
        style.key(fig, entries, gap=0.14)
        w, h = style.size(fig)
        left, gap = 0.6, 0.42
        width = (w - left - 0.12 - (self.columns - 1) * gap) / self.columns
        for k, board in enumerate(self.boards):
            row, column = divmod(k, self.columns)
            bottom = h - 0.62 - 2.75 * row - 2.75 + 0.5
            board.build(self, fig, (left + column * (width + gap), bottom, width, 2.75 - 0.5 - 0.3))
            if column:
                board.ax.set_ylabel("")

    def update(self, state: Mapping[str, Sequence[Trial]]) -> bool:
        names = list(self.surface.task.space.parameters)
        self.players = [Player.of(state[name], names) for name in self.names]
        limits = value_limits(self.surface, [p.values for p in self.players], True)
        changed = [board.update(p, limits) for board, p in zip(self.boards, self.players, strict=True)]
        self.say("Beside each name: how many distinct values of " + " and of ".join(map(style.named, names)))
        return any(changed)

    def alt(self) -> str:
        told = []
        for name, p in zip(self.names, self.players, strict=True):
            best = "–" if p.best is None else number(float(np.nanmin(p.values)))
            distinct = " and ".join(map(str, p.distinct))
            tried = f"{plural(len(p.values), 'trial')} with {distinct} distinct values"
            told.append(f"{style.named(name)}: {tried}, best {best}")
        return "Trials on the same surface. " + "; ".join(told) + "."


def designs(task: Task, searches: Mapping[str, Trials]) -> Figure:
    """Where searches went on a surface of one or two variables, side by side. searches: name -> Trace or trials."""
    state = {name: trials_of(search) for name, search in searches.items()}
    return DesignsPicture(task, list(state)).render_static(state)
