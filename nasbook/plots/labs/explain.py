"""Pictures of the explain lab: the trials, of which one is chosen, and what it owes to each of its parameters, by the
table and by a forest on the trials."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import SubFigure
from matplotlib.ticker import MaxNLocator

from nasbook.explain.attribution import Attribution
from nasbook.nas.spaces.nb201.cell import EDGE_NAMES, EDGES
from nasbook.plots import style
from nasbook.plots.cell import NODES
from nasbook.plots.data import Quantity, drawable
from nasbook.plots.picture import Picture
from nasbook.plots.style import Figure, plural
from nasbook.plots.traces.attribution import LOWERS, RAISES, Worth, labelled
from nasbook.plots.traces.cell_attribution import CellAttributionPicture
from nasbook.trace import Trial

State = tuple[Attribution | None, Attribution | None, str | None]  # by the table, by the forest, the part pointed at


class TrialsPicture(Picture[tuple[Sequence[Trial], int | None]]):
    """Every trial's value, the best with a star and the chosen one with a ring. State: (trials, the chosen place)."""

    figsize = (style.WIDTH, 2.2)

    def __init__(self, trials: int, quantity: Quantity) -> None:
        super().__init__()
        self.trials, self.quantity, self.limits = trials, quantity, style.Limits()

    def build(self, fig: Figure | SubFigure) -> None:
        self.title(fig)
        self.ax = ax = style.axes(fig, self.quantity.left, 0.5, 0.2, 0.4)
        ax.set(xlim=(0.2, self.trials + 0.8), xlabel="trial", ylabel=self.quantity.axis)
        ax.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True))
        ax.yaxis.set_major_locator(MaxNLocator(nbins=4))
        self.dots = self.live(ax.plot([], [], "o", ms=4.5, color=style.TRIAL, zorder=2)[0])
        self.failed = self.live(ax.plot([], [], "o", ms=5, ls="none", zorder=2, **style.HOLLOW)[0])
        self.star = self.live(ax.plot([], [], ls="none", ms=12, zorder=3, clip_on=False, **style.STAR)[0])
        self.ring = self.live(
            ax.plot([], [], "o", ms=13, mfc="none", mec=style.NEXT, mew=1.8, zorder=4, clip_on=False)[0]
        )

    def update(self, state: tuple[Sequence[Trial], int | None]) -> bool:
        trials, self.chosen = list(state[0]), state[1]
        values = drawable([t.loss for t in trials]) if trials else np.array([])
        ok = np.array([t.status == "done" for t in trials], bool)
        shown = np.asarray(self.quantity.show(values), float)
        changed = self.limits.include(shown[ok]) if ok.any() else False
        self.ax.set_ylim(*self.limits.pair)
        at = np.arange(1, len(trials) + 1)
        top = self.limits.pair[1] - 0.04 * (self.limits.pair[1] - self.limits.pair[0])
        self.dots.set_data(at[ok], shown[ok])
        self.failed.set_data(at[~ok], np.full((~ok).sum(), top))
        best = int(np.argmin(np.where(ok, values, np.inf))) if ok.any() else None
        self.star.set_data([] if best is None else [at[best]], [] if best is None else [shown[best]])
        k = self.chosen if self.chosen is not None and self.chosen < len(trials) else None
        ring = [] if k is None else [(float(k + 1), float(shown[k] if ok[k] else top))]
        self.ring.set_data([x for x, _ in ring], [y for _, y in ring])
        self.said = plural(len(trials), "trial")
        if best is not None:
            self.said += f": the best has {self.quantity.name} {self.quantity.text(float(values[best]))}"
        if k is not None and k != best:
            value = self.quantity.text(float(values[k])) if ok[k] else "none, it failed"
            self.said += f"; trial {k + 1}, which is explained, {value}"
        self.say(self.said)
        return changed

    def alt(self) -> str:
        return f"{self.said}."

    def trial_at(self, x: float) -> int:
        """The place of the trial nearest to a click, from 0."""
        return max(0, round(x) - 1)


class BothPicture(Picture[State]):
    """For each parameter a bar by the table and a diamond, with its error, by the forest. The parameters keep their
    places. State: (by the table, by the forest, the parameter pointed at); None where there is none."""

    def __init__(self, names: Sequence[str], worth: Worth) -> None:
        super().__init__()
        self.names, self.worth, self.limits = list(names), worth, style.Limits(room=0.15)
        self.figsize = (style.WIDTH, 1.75 + 0.3 * len(self.names))

    def build(self, fig: Figure | SubFigure) -> None:
        self.title(fig)
        self.note = self.second_line(fig)
        style.key(
            fig,
            [
                ("the table: lowers it", style.patch(LOWERS, 1.0)),
                ("raises it", style.patch(RAISES, 1.0)),
                ("the forest, ± its trees", style.dot(style.INK, "D", 6, mfc="white")),
            ],
            top=0.58,
        )
        self.wide = 2.0
        self.ax = ax = style.axes(fig, self.wide + 0.15, 0.5, 0.25, 0.88)
        rows = range(len(self.names))
        ax.grid(False, axis="y")
        ax.set(xlabel=self.worth.axis, ylim=(len(self.names) - 0.4, -0.6))
        ax.xaxis.set_major_locator(MaxNLocator(nbins=6))
        ax.tick_params(axis="y", length=0, labelleft=False)
        ax.axvline(0, color=style.GREY, lw=1, zorder=1)
        self.bars = [self.live(b) for b in ax.barh(rows, [0] * len(self.names), 0.6, zorder=2)]
        self.errors = [self.live(ax.plot([], [], color=style.INK, lw=1.3, zorder=3)[0]) for _ in rows]
        self.marks = [
            self.live(ax.plot([], [], "D", ms=6, mfc="white", mec=style.INK, mew=1.2, zorder=4)[0]) for _ in rows
        ]
        self.labels = [
            self.live(style.add_words(ax, 0, k, ha="right", va="center", fontsize=style.SMALL)) for k in rows
        ]

    def update(self, state: State) -> bool:
        table, forest, self.part = state
        self.table, self.forest = table, forest
        known = table or forest
        show = self.worth.show
        told = {} if table is None else dict(zip(table.names, table.phi, strict=True))
        guessed = {} if forest is None else dict(zip(forest.names, forest.phi, strict=True))
        apart = {} if forest is None else dict(zip(forest.names, forest.errors, strict=True))
        reach = [0.0]
        for k, name in enumerate(self.names):
            phi, guess, off = (float(show(d.get(name, 0.0))) for d in (told, guessed, apart))
            self.bars[k].set_width(phi)
            self.bars[k].set(color=LOWERS if phi < 0 else RAISES, hatch="" if phi < 0 else "///", edgecolor="white")
            here = forest is not None
            self.marks[k].set_data([guess] if here else [], [k] if here else [])
            self.errors[k].set_data([guess - off, guess + off] if here else [], [k, k] if here else [])
            reach += [phi, guess - off, guess + off]
            was = now = ""
            if known is not None and name in known.names:
                i = known.names.index(name)
                was, now = known.old[i], known.new[i]
            self.labels[k].set_text(labelled(name, was, now, self.wide))
            self.labels[k].set_color(style.NEXT if name == self.part else style.INK)
        changed = self.limits.include(reach, pad=0.08)
        low, high = self.limits.pair
        self.ax.set_xlim(low, high)
        beside = low - 0.1 / (self.figsize[0] - self.wide - 0.4) * (high - low)
        for k, label in enumerate(self.labels):
            label.set_position((beside, k))
        self.note.set_text(style.clipped(self.basis(), style.WIDTH - 0.2, style.SMALL, "normal"))
        self.say(self.words())
        return changed

    def basis(self) -> str:
        if self.forest is None:
            return "A forest needs four trials"
        return self.worth.basis(self.forest)

    def words(self) -> str:
        known = self.table or self.forest
        if known is None:
            return "Nothing has been tried yet"
        ends = f"{self.worth.text(known.base)} → {self.worth.text(known.total)}"
        if not len(known.names):
            return "The chosen configuration is the default itself"
        first = known.names[int(known.order[0])]
        return f"{ends} against {known.default}: most by {style.named(first, 20)}"

    def alt(self) -> str:
        if self.table is None:
            return "Nothing is explained yet."
        guesses = {} if self.forest is None else dict(zip(self.forest.names, self.forest.phi, strict=True))
        parts = [
            f"{style.named(n)} {self.worth.change(float(v))}"
            + (f" (the forest: {self.worth.change(float(guesses[n]))})" if n in guesses else "")
            for n, v in zip(self.table.names, self.table.phi, strict=True)
        ]
        return f"{self.words()}. {', '.join(parts) or 'No parameter differs'}. {self.basis()}."

    def part_at(self, y: float) -> str | None:
        """The parameter of the row that was clicked."""
        k = round(y)
        return self.names[k] if 0 <= k < len(self.names) else None


class CellBothPicture(CellAttributionPicture):
    """A cell whose edges are drawn by the table; in brackets what the forest guesses. State: as of `BothPicture`."""

    def build(self, fig: Figure | SubFigure) -> None:
        super().build(fig)
        for i in range(len(NODES) - 1):  # two numbers are too long to stand on a short edge
            self.labels[i, i + 1].set_position((i + 0.5, 0.3))

    def update(self, state: Any) -> bool:
        table, self.forest, part = state
        changed = super().update(table or ())
        guesses = {} if self.forest is None else dict(zip(self.forest.names, self.forest.phi, strict=True))
        for edge, name in zip(EDGES, EDGE_NAMES, strict=True):
            label = self.labels[edge]
            if name in guesses and table is not None:
                label.set_text(f"{label.get_text()} ({self.worth.change(float(guesses[name]))})")
            label.set_color(style.NEXT if name == part else style.INK)
        if self.forest is not None:
            words = f"In brackets: {self.worth.basis(self.forest).replace('Guessed', 'guessed')}"
            self.note.set_text(style.clipped(words, style.WIDTH - 0.2, style.SMALL, "normal"))
        return changed

    def alt(self) -> str:
        if self.forest is None:
            return super().alt()
        guesses = [
            f"{n} {self.worth.change(float(v))}" for n, v in zip(self.forest.names, self.forest.phi, strict=True)
        ]
        return f"{super().alt()} By the forest: {', '.join(guesses)}. {self.worth.basis(self.forest)}."
