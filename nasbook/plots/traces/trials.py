"""What pictures of trials in their space share: where each one stands, how good it is, what is said of the best."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

from nasbook.plots import style
from nasbook.plots.data import Quantity, Trials, label_of, near, trials_of, values_of
from nasbook.plots.picture import Picture
from nasbook.plots.scales import tick_label
from nasbook.plots.style import Limits
from nasbook.space import Choice, Int, Parameter, Space
from nasbook.statistics.ranks import rank
from nasbook.task import Task
from nasbook.trace import Trace, Trial, best_of

GOLDEN = 0.6180339887


def jitter(p: Parameter, ids: np.ndarray) -> np.ndarray:
    """Shifts within the slot of an option or a small whole number, so that equal values lie side by side; a trial keeps
    its shift in every frame."""
    if not isinstance(p, Choice | Int) or p.size > 20:
        return np.zeros(len(ids))
    return ((ids * GOLDEN) % 1 - 0.5) * 0.6 / p.size


class TriedPicture(Picture[Trials]):
    """What every picture of trials in their space knows of them."""

    def __init__(
        self,
        space: Space,
        trials: int | None = None,
        quantity: Quantity = Quantity(),  # noqa: B008
        limits: tuple[float, float] | None = None,
    ) -> None:
        super().__init__()
        self.space, self.trials, self.quantity = space, trials, quantity
        self.y = Limits(*sorted(quantity.show(np.array(limits)))) if limits else Limits()

    def _read(self, state: Trials) -> bool:
        """Points, values, the best; True where the limits of the value grew."""
        told: list[Trial] = trials_of(state)
        self.n = len(told)
        self.ids = np.array([t.id for t in told], float)
        self.U = self.space.encode_all([t.config for t in told])
        raw = values_of(told)
        self.values = self.quantity.show(raw)
        self.failed = np.isnan(raw)
        self.best_trial = best_of(told)
        self.best = next((i for i, t in enumerate(told) if t is self.best_trial), None)
        return self.y.include(near(self.values[~self.failed], self.quantity.higher))

    def _placed(self, names: Sequence[str]) -> np.ndarray:
        """(n, k) where trials stand on the axes of k parameters, equal ones side by side; NaN where one is not used."""
        shift = [jitter(self.space.parameters[name], self.ids * (1 + k)) for k, name in enumerate(names)]
        return self.U[:, [self.space.free.index(name) for name in names]] + np.column_stack(shift)

    def _shades(self) -> np.ndarray:
        """(n,) the ranks of the values from 0, the best, to 1, the worst; equal ones share their mean, NaN failed."""
        shades, good = np.full(self.n, np.nan), ~self.failed
        if good.any():
            shades[good] = rank(self.values[good] * (-1 if self.quantity.higher else 1)) - 1
        return shades / max(1, int(good.sum()) - 1)

    def _sentence(self) -> str:
        part = self.trials and self.trials != self.n
        where = f"{self.n} of {self.trials} trials" if part else style.plural(self.n, "trial")
        if self.best_trial is None:
            return f"{where}: none has succeeded yet"
        q = self.quantity
        lost = int(self.failed.sum())
        return f"{where}: best {q.name} {q.text(self.best_trial.value)}" + (f"; {lost} failed" if lost else "")

    def _described(self) -> str:
        if self.best_trial is None:
            return f"{style.plural(self.n, 'trial')}, none has succeeded yet."
        q = self.quantity
        found = ", ".join(
            f"{style.named(name)} {style.number(v) if isinstance(v, float) else tick_label(v)}"
            for name, v in self.best_trial.config.items()
        )
        return (
            f"{style.plural(self.n, 'trial')}, {int(self.failed.sum())} failed. The best {q.name}, "
            f"{q.text(self.best_trial.value)}, is at {found}."
        )


class RankedPicture(TriedPicture):
    """Trials coloured by the rank of their value: dark is good, and lies on top; failures hollow, the best a star."""

    def ranked_key(self) -> style.Entries:
        """What the marks mean, for the key."""
        self.colours = matplotlib.colormaps[style.SEQUENTIAL]
        return [
            ("best trials", style.dot(to_hex(self.colours(0.1)), ms=6)),
            ("worst", style.dot(to_hex(self.colours(0.95)), ms=6)),
            ("failed or stopped", style.dot(**style.HOLLOW)),
            ("best", style.dot(ms=10, **style.STAR)),
        ]

    def ranked_marks(self, ax: Axes) -> None:
        self.dots = self.live(ax.scatter([], [], s=30, linewidths=0.4, edgecolors=style.INK, zorder=3))
        self.lost = self.live(ax.plot([], [], "o", ms=5, zorder=2, **style.HOLLOW)[0])
        self.star = self.live(ax.plot([], [], ms=15, ls="none", zorder=4, **style.STAR)[0])

    def show_ranked(self, xy: np.ndarray, rows: np.ndarray) -> None:
        """Draw the trials `rows` (k,) at points xy (k, 2)."""
        shades, bad = self._shades()[rows], self.failed[rows]
        good = np.flatnonzero(~bad)
        order = good[np.argsort(-shades[good], kind="stable")]
        self.dots.set_offsets(xy[order].reshape(-1, 2))
        self.dots.set_facecolor(self.colours(0.05 + 0.9 * shades[order]))
        self.lost.set_data(*xy[bad].reshape(-1, 2).T)
        self.star.set_data(*xy[np.flatnonzero(rows == self.best)].reshape(-1, 2).T)


def prepared(trace: Trials, space: Space | None, task: Task | None, label: str | None) -> tuple[Space, Quantity]:
    whole = trace if isinstance(trace, Trace) else None
    if space is None:
        space = whole.space if whole is not None else task.space if task is not None else None
    if space is None:
        raise ValueError("steps alone do not say what was searched: give space=…")
    if not space.free:
        raise ValueError("this space has constants only, so there are no parameters to draw the value over")
    return space, Quantity(label or label_of(whole, task))
