"""A search in turns: what each turn was free to change, what it found, and what it handed on to the next."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.collections import PatchCollection
from matplotlib.figure import SubFigure
from matplotlib.patches import Rectangle

from nasbook.plots import style
from nasbook.plots.data import Quantity, label_of, steps_of
from nasbook.plots.style import Figure, plural
from nasbook.plots.traces.history import HistoryPicture
from nasbook.trace import Step, Trace, Trial, best_of

PARTS = {"architecture": style.BLUE, "recipe": style.GREEN, "both": style.GREY}  # what a turn of `staged` may change
FEW = 3  # turns that a sentence can hold


class TurnsPicture(HistoryPicture):
    """The history of a search whose trials say their turn and what was free in it (`staged`): a ground of one colour
    for each part, and a diamond for the best so far at the end of a turn, from which the next one starts."""

    def entries(self) -> style.Entries:
        grounds = [
            (f"{part} is free" if part != "both" else "both are free", style.patch(colour, 0.18))
            for part, colour in PARTS.items()
        ]
        handed = ("what the next turn starts from", style.dot(style.RED, "D", mec="white", mew=0.8))
        return [*super().entries(), handed, *grounds]

    def build(self, fig: Figure | SubFigure) -> None:
        super().build(fig)
        self.grounds = {
            part: self.live(self.ax.add_collection(PatchCollection([], color=colour, alpha=0.18, lw=0, zorder=0.5)))
            for part, colour in PARTS.items()
        }
        for ground in self.grounds.values():
            ground.set_transform(self.ax.get_xaxis_transform())  # the whole height
        (self.handed,) = self.ax.plot([], [], "D", color=style.RED, mec="white", mew=0.8, ms=6.5, zorder=4.5)
        self.live(self.handed)

    def update(self, state: Trace | Sequence[Step]) -> bool:
        self.turns = turns_of([s.trial for s in steps_of(state)])
        changed = super().update(state)
        boxes: dict[str, list[Rectangle]] = {part: [] for part in PARTS}
        first, points = 0, []
        for part, trials, best in self.turns:
            boxes[part].append(Rectangle((first + 0.5, 0), len(trials), 1))
            first += len(trials)
            if best is not None:
                points.append((first, self.quantity.show(best.value)))
        for part, ground in self.grounds.items():
            ground.set_paths(boxes[part])  # type: ignore[arg-type]
        at = np.array(points[: len(self.turns) - 1], float).reshape(-1, 2)
        self.handed.set_data(at[:, 0], at[:, 1])
        return changed

    def _each(self) -> list[str]:
        said = [(part if part != "both" else "both", best) for part, _, best in self.turns]
        return [
            f"{part} to {self.quantity.text(best.value)}" if best else f"{part} without success" for part, best in said
        ]

    def _sentence(self) -> str:
        if self.incumbent is None or len(self.turns) < 2:
            return super()._sentence()
        if len(self.turns) <= FEW:
            return f"Best so far after each turn: {', then '.join(self._each())}"
        each = self._each()
        return f"{len(each)} turns: {each[0]}, then {each[1]}, … at last {each[-1]}"

    def alt(self) -> str:
        lengths = [
            f"{said} in {plural(len(trials), 'trial')}"
            for said, (_, trials, _) in zip(self._each(), self.turns, strict=True)
        ]
        return f"{super().alt()} The best so far after each turn: {'; '.join(lengths) or 'none yet'}."


def turns_of(trials: Sequence[Trial]) -> list[tuple[str, list[Trial], Trial | None]]:
    """What was free in each turn, its trials, and the best so far at its end; ValueError for other trials."""
    found: list[tuple[str, list[Trial], Trial | None]] = []
    last: object = None
    for i, trial in enumerate(trials):
        turn, part = trial.info.get("turn"), trial.info.get("free")
        if turn is None or part not in PARTS:
            raise ValueError(
                "turns draws a trace of 'staged', whose trials say their turn and what is free in it; "
                f"trial {trial.id} does not"
            )
        if (turn, part) != last:
            found.append((part, [], None))
        last = turn, part
        found[-1] = (part, [*found[-1][1], trial], best_of(trials[: i + 1]))
    return found


def turns(trace: Trace | Sequence[Step], *, label: str | None = None, trials: int | None = None) -> Figure:
    """The best value so far along the turns of a search of an architecture and its recipe, and what each may change.
    ValueError where the trials do not say their turn."""
    whole = trace if isinstance(trace, Trace) else None
    n = trials or len(steps_of(trace)) or None
    return TurnsPicture(n, Quantity(label or label_of(whole))).render_static(trace)
