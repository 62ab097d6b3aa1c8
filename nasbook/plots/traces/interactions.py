"""Which parameters act together: a graph with a circle for each parameter and a line for each pair."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import SubFigure

from nasbook.explain.attribution import Attribution, Which, explain
from nasbook.explain.coalitions import main_effects
from nasbook.plots import style
from nasbook.plots.data import label_of
from nasbook.plots.picture import Picture
from nasbook.plots.style import Figure
from nasbook.plots.traces.attribution import LOWERS, RAISES, Worth, needs, rows_of
from nasbook.trace import Trace

FAINTEST = 0.05  # pairs below this share of the largest effect are not drawn


class InteractionsPicture(Picture[Attribution]):
    """Circles by the effect of a parameter alone, lines by that of a pair; blue and solid lowers the value, purple and
    dashed raises it.

    State: an `Attribution` of `parameters` names, with interactions."""

    figsize = (style.WIDTH, 5.2)

    def __init__(self, parameters: int, worth: Worth | None = None) -> None:
        super().__init__()
        self.n, self.worth = parameters, worth or Worth()
        turn = np.pi / 2 - 2 * np.pi * np.arange(parameters) / max(1, parameters)
        self.at = np.c_[np.cos(turn), np.sin(turn)]

    def build(self, fig: Figure | SubFigure) -> None:
        self.title(fig)
        w, h = style.size(fig)
        self.note = self.second_line(fig)
        style.key(
            fig,
            [
                ("lowers the value", style.line(LOWERS, lw=3)),
                ("raises it", style.line(RAISES, style.DASH, lw=3)),
                ("circles: alone, lines: two together", style.dot(style.LIGHT, ms=9)),
            ],
            top=0.58,
        )
        self.ax = ax = style.bare(style.axes(fig, 0.1, 0.1, 0.1, 0.85))
        high = 1.5
        ax.set(ylim=(-high, high), xlim=(-high * (w - 0.2) / (h - 0.95), high * (w - 0.2) / (h - 0.95)))
        self.lines = {
            (i, j): self.live(ax.plot(*self.at[[i, j]].T, zorder=2)[0]) for i in range(self.n) for j in range(i)
        }
        self.dots = [self.live(ax.plot(*xy, "o", mec="white", mew=1.2, zorder=4)[0]) for xy in self.at]
        self.labels = []
        for x, y in self.at:
            ha = "center" if abs(x) < 0.2 else "left" if x > 0 else "right"
            va = "center" if abs(y) < 0.9 else "bottom" if y > 0 else "top"
            self.labels.append(
                self.live(style.add_words(ax, 1.22 * x, 1.22 * y, ha=ha, va=va, fontsize=style.SMALL, zorder=5))
            )

    def update(self, state: Attribution) -> bool:
        self.found = state
        assert state.interactions is not None
        self.pairs, self.alone = state.interactions, main_effects(state.phi, state.interactions)
        largest = max(float(np.abs(self.pairs).max(initial=0)), float(np.abs(self.alone).max(initial=0)), 1e-300)
        for k, dot in enumerate(self.dots):
            share = abs(self.alone[k]) / largest
            dot.set(markersize=6 + 26 * np.sqrt(share), color=LOWERS if self.alone[k] < 0 else RAISES)
            dot.set_markeredgecolor("white")
            self.labels[k].set_text(
                f"{style.shorten(style.named(state.names[k]), 1.25)} {self.worth.change(self.alone[k])}"
            )
        self.shown = 0
        for (i, j), line in self.lines.items():
            share = abs(self.pairs[i, j]) / largest
            lowers = self.pairs[i, j] < 0
            line.set(visible=share >= FAINTEST, linewidth=0.8 + 9 * share, color=LOWERS if lowers else RAISES)
            line.set_linestyle("-" if lowers else (0, (2, 1)))
            line.set_alpha(0.75)
            self.shown += share >= FAINTEST
        self.note.set_text(style.clipped(self.worth.basis(state), style.WIDTH - 0.2, style.SMALL, "normal"))
        self.say(self._sentence())
        return False

    def _strongest(self) -> list[tuple[int, int]]:
        rank = sorted(self.lines, key=lambda pair: -abs(self.pairs[pair]))
        return [pair for pair in rank if abs(self.pairs[pair]) > 1e-12]

    def _pair(self, pair: tuple[int, int]) -> str:
        i, j = sorted(pair)
        names = self.found.names
        return f"{style.named(names[i], 20)} and {style.named(names[j], 20)} {self.worth.change(self.pairs[i, j])}"

    def _sentence(self) -> str:
        pairs = self._strongest()
        if not pairs:
            return "No two parameters act together: each change is worth the same, whatever else has changed"
        where = "lower" if self.pairs[pairs[0]] < 0 else "higher"
        return f"{self._pair(pairs[0])}: together they end {where} than both effects added up"

    def alt(self) -> str:
        found, say = self.found, self.worth
        alone = ", ".join(f"{style.named(found.names[i])} {say.change(self.alone[i])}" for i in range(self.n))
        pairs = "; ".join(map(self._pair, self._strongest()[:8])) or "none"
        return (
            f"Interactions of the {found.game} game against {found.default}. Alone: {alone}. Pairs: {pairs}. "
            f"{say.basis(found)}."
        )


def interactions(
    trace: Trace, *, trial: Which = "best", default: Which | None = None, game: str = "ablation", **options: Any
) -> Figure:
    """Which parameters act together. Arguments: those of `nasbook.explain.explain`. At most twelve that differ."""
    needs(trace, "interactions")
    found = explain(trace, trial, default, game, **options)
    n = rows_of(found)
    if found.interactions is None:
        raise ValueError(
            f"plot interactions: it looks at all coalitions of parameters, at most twelve, and {n} differ here; name a "
            "default=… that has more in common with the configuration"
        )
    return InteractionsPicture(n, Worth(label_of(trace, options.get("task")), game)).render_static(found)
