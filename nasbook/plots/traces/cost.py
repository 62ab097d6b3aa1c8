"""What a search has cost: of each trial, and all of them so far, in energy or in seconds.

Energy is that of `nasbook.cost`: the machine's own count where it has one, and seconds × watts elsewhere, with the
range of that estimate. Trials of a table, and those of older files, were not measured: they have the seconds on record.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import SubFigure
from matplotlib.ticker import MaxNLocator

from nasbook.cost import CORE_WATTS, GPU_WATTS, cost_of
from nasbook.plots import style
from nasbook.plots.data import Trials, trials_of
from nasbook.plots.picture import Picture
from nasbook.plots.style import Figure, number, plural
from nasbook.trace import Trial

UNITS = {  # of each quantity, from small to large: what one is in Wh or seconds, and its name
    "energy": ((1e-9, "nWh"), (1e-6, "µWh"), (1e-3, "mWh"), (1.0, "Wh"), (1e3, "kWh")),
    "seconds": ((1e-6, "µs"), (1e-3, "ms"), (1.0, "seconds"), (60.0, "minutes"), (3600.0, "hours")),
}
NOTHING = {"energy": (1e-3, "mWh"), "seconds": (1.0, "seconds")}  # the unit of no cost at all


class CostPicture(Picture[Trials]):
    """Above, a bar for each trial; below, their sum so far, with its range where it is an estimate.

    State: a Trace, or a sequence of Steps or Trials. what: "energy" or "seconds". core_watts, gpu_watts: of a core and
    a GPU at work, for what the machine has not counted."""

    figsize = (style.WIDTH, 4.6)

    def __init__(self, what: str = "energy", core_watts: float = CORE_WATTS, gpu_watts: float = GPU_WATTS) -> None:
        super().__init__()
        if what not in UNITS:
            raise ValueError(f"plot cost: what must be 'energy' or 'seconds', not {what!r:.40}")
        self.what, self.watts = what, {"core_watts": core_watts, "gpu_watts": gpu_watts}

    def build(self, fig: Figure | SubFigure) -> None:
        entries: style.Entries = [
            ("a trial", style.patch(style.TRIAL, 0.8)),
            ("failed or stopped", style.patch(style.GREY, 0.5)),
            ("all so far", style.line(style.INCUMBENT, lw=2.2)),
        ]
        if self.what == "energy":
            entries.append(("range of the estimate", style.patch(style.INCUMBENT, 0.25)))
        rows = style.key(fig, entries)
        height = style.size(fig)[1]
        self.each = style.axes(fig, 1.0, 0.55 + 0.5 * (height - 1.1), 0.25, 0.5 + 0.2 * rows)
        self.sum = style.axes(fig, 1.0, 0.5, 0.25, height - 0.4 - 0.5 * (height - 1.1))
        self.each.tick_params(labelbottom=False)
        self.sum.set_xlabel("trial, in the order of the ends")
        self.sum.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
        self.title(fig)
        bars = (style.TRIAL, 0.8), (style.GREY, 0.5)
        self.bars = [self.live(style.polygon(self.each, color, alpha)) for color, alpha in bars]
        self.band = self.live(style.polygon(self.sum, style.INCUMBENT, 0.25))
        (self.line,) = self.sum.plot([], [], color=style.INCUMBENT, lw=2.2, drawstyle="steps-post", zorder=3)
        self.live(self.line)

    def update(self, state: Trials) -> bool:
        trials = trials_of(state)
        table = np.array([self._of(t) for t in trials], float).reshape(-1, 3)
        self.costs, self.lows, self.highs = table[:, 0], table[:, 1], table[:, 2]
        self.n, self.known = len(trials), int(np.isfinite(self.costs).sum())
        total = np.nancumsum(self.costs)
        unit, self.unit = self._unit(self.costs)
        whole, self.whole = self._unit(total)
        self.total = float(total[-1]) if len(total) else 0.0
        x = np.arange(1, self.n + 1)
        lost = np.array([t.status != "done" for t in trials], bool)
        for patch, which in zip(self.bars, (~lost, lost), strict=True):
            patch.set_xy(_bars(x, np.where(which, np.nan_to_num(self.costs), 0.0) / unit))
            patch.set_visible(bool(which.any()))
        self.line.set_data(x, total / whole)
        low, high = np.nancumsum(self.lows), np.nancumsum(self.highs)
        self.range = (float(low[-1]), float(high[-1])) if len(low) else (0.0, 0.0)
        style.set_band(self.band, x, low / whole, high / whole, step=True)
        name = {"energy": "energy", "seconds": "time"}[self.what]
        top = float(np.nanmax(self.costs / unit, initial=0.0)), float(np.max(high / whole, initial=0.0))
        for ax, highest, label in ((self.each, top[0], self.unit), (self.sum, top[1], self.whole)):
            ax.set(xlim=(0.4, max(self.n, 1) + 0.6), ylim=(0, 1.08 * highest or 1.0))
            ax.set_ylabel(f"{name}\n({label})")
        self.say(self._sentence())
        return True

    def _of(self, trial: Trial) -> tuple[float, float, float]:
        """What a trial has cost, in Wh or seconds, and the range of that; NaN where nobody knows."""
        if self.what == "seconds":
            found = trial.used.get("seconds", trial.cost) if trial.used else trial.cost
            spent = np.nan if found is None else float(found)
            return spent, spent, spent
        if not trial.used:
            return np.nan, np.nan, np.nan
        cost = cost_of([trial.used], **self.watts)
        return cost.wh, *cost.range

    def _unit(self, x: np.ndarray) -> tuple[float, str]:
        largest = float(np.nanmax(x, initial=0.0))
        units = reversed(UNITS[self.what])
        return next((unit for unit in units if largest >= 2 * unit[0]), NOTHING[self.what])

    def _amount(self, x: float) -> str:
        size, name = self._unit(np.array([x]))
        return f"{number(x / size)} {name}"

    def _sentence(self) -> str:
        if not self.n:
            return "No trial has ended yet"
        text = f"{plural(self.known, 'trial')}: {self._amount(self.total)} in all"
        if self.what == "energy" and self.range[1] > self.range[0]:
            text += f", an estimate: {self._amount(self.range[0])} to {self._amount(self.range[1])}"
        if missing := self.n - self.known:
            text += f" ({missing} not known)"
        return text

    def alt(self) -> str:
        name = "energy" if self.what == "energy" else "time"
        text = f"The {name} of {plural(self.n, 'trial')}, each and summed. {self._sentence()}."
        if self.known:
            dear = int(np.nanargmax(self.costs)) + 1
            text += f" The dearest is number {dear}, with {self._amount(float(self.costs[dear - 1]))}."
        return text


def _bars(x: np.ndarray, heights: np.ndarray) -> np.ndarray:
    """The outline of bars on the axis: (4 n + 1, 2)."""
    left, right, zero = x - 0.4, x + 0.4, np.zeros(len(x))
    corners = np.stack([left, zero, left, heights, right, heights, right, zero], axis=1).reshape(-1, 2)
    return np.concatenate([corners, [[0.0, 0.0]]]) if len(x) else np.zeros((1, 2))


def cost_picture(
    trace: Trials, *, what: str | None = None, core_watts: float = CORE_WATTS, gpu_watts: float = GPU_WATTS
) -> Figure:
    """What each trial has cost and all of them together: "energy", or "seconds" (the default where no trial was
    measured, as those of a table, which have the seconds on record). Watts: of a core and a GPU at work, for the
    estimate. ValueError where no trial says what it has cost."""
    trials: Sequence[Trial] = trials_of(trace)
    cost_of([], core_watts=core_watts, gpu_watts=gpu_watts)  # checks the watts
    measured = any(t.used for t in trials)
    what = what or ("energy" if measured else "seconds")
    if what == "energy" and trials and not measured:
        raise ValueError("plot cost: none of these trials was measured, so their energy is not known; what='seconds'")
    if trials and not measured and all(t.cost is None for t in trials):
        raise ValueError("plot cost: none of these trials says what it has cost")
    return CostPicture(what, core_watts, gpu_watts).render_static(trace)
