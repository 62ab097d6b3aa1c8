"""Which parameters matter: a bar for each, with how much the trees of the forest disagree."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import SubFigure
from matplotlib.ticker import MaxNLocator

from nasbook.hpo.parts.importance import alike, importances
from nasbook.plots import style
from nasbook.plots.picture import Picture
from nasbook.plots.style import Figure, plural
from nasbook.trace import Trace

AXES = {
    "fanova": "share of the variance over the space (%)",
    "permutation": "rise of the error when shuffled (% of the variance)",
}


class ImportancePicture(Picture[tuple[int, dict[str, tuple[float, float]]]]):
    """Bars, the most important parameter on top; a line of ± one standard deviation over the forest's trees.

    State: (n, {parameter: (importance, deviation)}, largest first): n trials, as `hpo.importance.importances` says."""

    def __init__(self, parameters: int, method: str = "fanova") -> None:
        super().__init__()
        self.method, self.count = method, parameters
        self.figsize = (style.WIDTH, 1.3 + 0.36 * max(2, parameters))

    def build(self, fig: Figure | SubFigure) -> None:
        rows = style.key(
            fig,
            [
                ("by itself" if self.method == "fanova" else "mean over trees", style.patch(style.BELIEF, 0.85)),
                ("± one standard deviation over the trees", style.line(style.INK, lw=1.4)),
            ],
        )
        self.ax = ax = style.axes(fig, 1.75, 0.5, 0.3, 0.45 + 0.2 * rows)
        ax.grid(False, axis="y")
        ax.set(xlabel=AXES[self.method], ylim=(self.count - 0.4, -0.6))
        ax.xaxis.set_major_locator(MaxNLocator(nbins=7))
        self.title(fig)
        at = np.arange(self.count)
        self.bars = [self.live(b) for b in ax.barh(at, 0 * at, 0.62, color=style.BELIEF, alpha=0.85, zorder=2)]
        self.errors = [self.live(ax.plot([], [], color=style.INK, lw=1.4, zorder=3)[0]) for _ in at]

    def update(self, state: tuple[int, dict[str, tuple[float, float]]]) -> bool:
        self.n, self.found = state
        rows = list(self.found.values())
        self.ax.set_yticks(range(self.count), [style.shorten(style.named(name), 1.55) for name in self.found])
        for k, (bar, error, (mean, std)) in enumerate(zip(self.bars, self.errors, rows, strict=True)):
            bar.set_width(100 * mean)
            error.set_data([100 * (mean - std), 100 * (mean + std)], [k, k])
        low = min([0.0, *(100 * (m - s) for m, s in rows)])
        self.ax.set_xlim(low if self.method == "permutation" else 0, max(1.0, *(105 * (m + s) for m, s in rows)))
        self.say(self._sentence())
        return True

    def _sentence(self) -> str:
        first, (mean, _) = next(iter(self.found.items()))
        name = style.named(first)
        where = f"From {plural(self.n, 'trial')}:"
        if mean <= 0:
            return f"{where} no parameter explains the value"
        if self.method == "permutation":
            return f"{where} {name} matters most: shuffled, it costs {100 * mean:.0f} % of the variance"
        rest = 100 * max(0.0, 1 - sum(m for m, _ in self.found.values()))
        return f"{where} {name} explains {100 * mean:.0f} % by itself; {rest:.0f} % is interaction or noise"

    def alt(self) -> str:
        parts = [
            f"{style.named(name)} {100 * m:.0f} ± {100 * s:.0f} %".replace("-", "−")
            for name, (m, s) in self.found.items()
        ]
        kind = {"fanova": "fANOVA: share of the variance", "permutation": "permutation: rise of the error"}[self.method]
        return f"Importance of parameters ({kind}) from {plural(self.n, 'trial')}: {', '.join(parts)}."


def importance(trace: Trace, *, method: str = "fanova", trees: int = 32, seed: int = 0) -> Figure:
    """Which parameters matter. method: "fanova" or "permutation" (nasbook.hpo.parts.importance); trees: of the forest.

    A forest on few trials is unsure, and trials of a search that learns lie where the search looked: random ones say
    more about the whole space."""
    if not isinstance(trace, Trace):
        raise ValueError("plot importance: give a whole trace, because steps alone do not say what was searched")
    found = importances(trace, method, trees=trees, seed=seed)
    return ImportancePicture(len(found), method).render_static((len(alike(trace.trials)), found))
