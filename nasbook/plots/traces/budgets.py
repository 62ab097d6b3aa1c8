"""How well the fidelities of a search agree: Spearman's ρ for each pair of them, from how many configurations."""

from __future__ import annotations

import matplotlib
import numpy as np
from matplotlib.figure import SubFigure

from nasbook.plots import style
from nasbook.plots.data import Trials, known_task, trials_of
from nasbook.plots.picture import Picture
from nasbook.plots.scales import tick_label
from nasbook.plots.style import Figure, number
from nasbook.statistics.fidelities import LEAST, BudgetCorrelation, budget_correlation
from nasbook.trace import Trace


class BudgetCorrelationPicture(Picture[BudgetCorrelation]):
    """A triangle: each field is a pair of fidelities. Blue: they rank alike; white: they have nothing to do with each
    other; red: the one turns the other's order round. State: a BudgetCorrelation. unit: of the fidelity."""

    def __init__(self, levels: int, unit: str = "fidelity") -> None:
        super().__init__()
        self.k, self.unit = levels, unit
        side = min(0.95, 5.4 / max(1, levels - 1))
        self.side = side
        self.figsize = (style.WIDTH, 1.35 + 0.62 * max(2, levels - 1))

    def build(self, fig: Figure | SubFigure) -> None:
        self.ax = ax = style.axes(fig, 1.2, 0.55, 0.4, 0.5)
        k = self.k - 1
        ax.set(xlim=(-0.5, k - 0.5), ylim=(k - 0.5, -0.5), xlabel=f"{self.unit}", ylabel=f"longer, {self.unit}")
        ax.grid(False)
        self.title(fig)
        self.colours = matplotlib.colormaps["RdBu"]
        self.fields = {}
        for i in range(k):  # rows: levels 1 … k; columns: levels 0 … k-1
            for j in range(i + 1):
                box = ax.barh([i], [0.94], 0.9, left=j - 0.47, color="white", zorder=1)[0]
                words = style.add_words(ax, j, i, fontsize=style.SMALL, ha="center", va="center", zorder=3)
                self.fields[i, j] = self.live(box), self.live(words)

    def update(self, state: BudgetCorrelation) -> bool:
        self.found = state
        names = [_level(f) for f in state.levels]
        self.ax.set_xticks(range(self.k - 1), names[:-1])
        self.ax.set_yticks(range(self.k - 1), names[1:])
        for (i, j), (box, words) in self.fields.items():
            rho, n = state.rho[i + 1, j], int(state.n[i + 1, j])
            known = np.isfinite(rho)
            box.set_facecolor(self.colours(0.5 + 0.4 * rho) if known else style.GRID)
            words.set_text(f"{number(float(rho), 2) if known else '–'}\nn = {n:,}")
            words.set_color("white" if known and abs(rho) > 0.85 else style.INK)
        self.say(self._sentence())
        return True

    def _sentence(self) -> str:
        f, rho = self.found, self.found.rho[-1, 0]
        first, last = f"{self.unit} {_level(f.levels[0])}", _level(f.levels[-1])
        if np.isfinite(rho):
            alike = int(np.searchsorted([-0.2, 0.4, 0.8], rho))
            word = ("ranks the other way than", "hardly ranks as", "ranks roughly as", "ranks as")[alike]
            return f"{first[0].upper()}{first[1:]} {word} {last} does: ρ = {number(float(rho), 2)}"
        return f"No {LEAST} configurations have a value at both {first} and {last}"

    def alt(self) -> str:
        f, parts = self.found, []
        for i in range(1, self.k):
            for j in range(i):
                rho = number(float(f.rho[i, j]), 2) if np.isfinite(f.rho[i, j]) else "unknown"
                parts.append(f"{_level(f.levels[j])} and {_level(f.levels[i])} {rho} ({f.n[i, j]} configurations)")
        return f"Rank correlation (Spearman) between values of {self.unit}: {'; '.join(parts)}."


def _level(f: float) -> str:
    return "full" if np.isinf(f) else tick_label(float(f"{f:.4g}"))


def budget_correlation_picture(trace: Trials, *, unit: str | None = None) -> Figure:
    """Spearman's rank correlation between the fidelities of a search, from its trials and their learning curves.

    unit: of the fidelity, by default that of the task where it is one of ours. ValueError where there are not two
    fidelities with three configurations each."""
    found = budget_correlation(trials_of(trace))
    if len(found.levels) < 2:
        has = f"they have one at {_level(found.levels[0])} only" if found.levels else "no fidelity has so many"
        raise ValueError(
            f"plot budget-correlation: it needs values of {LEAST} configurations at two fidelities, or "
            f"learning curves; of these trials {has}"
        )
    if unit is None:
        task = known_task(trace) if isinstance(trace, Trace) else None
        curves = any(t.curve for t in trials_of(trace))
        unit = task.fidelity.unit if task is not None and task.fidelity else "epoch" if curves else "fidelity"
    return BudgetCorrelationPicture(len(found.levels), unit).render_static(found)


__all__ = ["BudgetCorrelationPicture", "budget_correlation_picture"]
