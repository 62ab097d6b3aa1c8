"""The picture of the race lab: curves over trials or time, of a value or of the distance to the optimum."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import SubFigure
from matplotlib.ticker import FixedFormatter, FixedLocator
from numpy.typing import ArrayLike

from nasbook.plots.data import Quantity
from nasbook.plots.scales import tick_label
from nasbook.plots.style import Figure, Limits, number
from nasbook.plots.traces.race import RacePicture

FLOOR = 1e-6  # the smallest distance to the optimum that is drawn: a logarithm has no zero


class Curves(RacePicture):
    """The race's picture. State: {method: [(best so far, seconds), T numbers each, of each seed]}.

    simulated: is time that of a table? edge: nothing worse than this value is drawn, so that bad beginnings do not
    press the rest against the edge."""

    def __init__(
        self,
        names: Sequence[str],
        end: float | None,
        simulated: bool,
        quantity: Quantity,
        edge: float | None,
        x: str,
        regret: bool,
    ) -> None:
        super().__init__(names, end, x, quantity, 0.0 if regret else None, resamples=400)
        self.simulated, self.edge, self.end = simulated, edge, self.x_end
        self.kept: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        self._begin()

    def _begin(self) -> None:
        """The axes before the first value."""
        self.x_end, self.y = self.end, Limits()
        if self.edge is not None:
            worst = float(self._show(np.array(self.edge)))
            self.y = Bounded(worst, self.quantity.higher and not self.regret)
            if self.regret:  # a decade, so that the axis means something before the first value
                self.y.include(np.array([worst - 1, worst]))

    def renew(self) -> None:
        """For another race of the same methods: the axes as they were at first."""
        self._begin()
        if self.fig is not None:  # else it has not been drawn yet
            self._limits()
            self.invalidate()

    def build(self, fig: Figure | SubFigure) -> None:
        super().build(fig)
        if self.regret:
            self.ax.set_ylabel(self.quantity.axis)
        if self.unit == "trials":
            self.ax.set_xlabel("trial")

    def _limits(self) -> None:
        super()._limits()
        if self.unit == "time":
            word = self.ax.get_xlabel().split()[0]  # hours, minutes or seconds
            self.ax.set_xlabel(
                f"{word} of training, as the table tells" if self.simulated else f"{word} on this computer"
            )
        if self.regret:  # the axis holds logarithms; the ticks are what they stand for
            low, high = self.y.pair
            unit = 2.0 if self.quantity.percent else 0.0  # log10 of 100 %
            span = high - low
            digits = (1, 1.5, 2, 3, 4, 5, 6, 8) if span < 1.1 else (1, 2, 5) if span < 2.5 else (1,)
            decades = range(int(np.floor(low)) - 1, int(np.ceil(high)) + 3)
            every = max(1, round(span / 7))
            values = [m * 10.0**k for k in decades for m in digits if k % every == 0 or len(digits) > 1]
            ticks = [(np.log10(v) - unit, tick_label(float(f"{v:.3g}"))) for v in values]
            ticks = [(at, text) for at, text in ticks if low <= at <= high]
            self.ax.yaxis.set_major_locator(FixedLocator([at for at, _ in ticks]))
            self.ax.yaxis.set_major_formatter(FixedFormatter([text for _, text in ticks]))

    def _show(self, value: np.ndarray) -> np.ndarray:
        return np.log10(np.maximum(value, FLOOR)) if self.regret else self.quantity.show(value)

    def update(self, state: Any) -> bool:
        self.kept = {}
        self._name = iter(self.names)
        changed = super().update(state)
        good = [low for _, _, _, low, _ in self.result.values() if np.isfinite(low)]
        if good and self.y.include(self._show(np.array(good))):  # the bands lie inside as well
            self._limits()
            self._name = iter(self.names)
            return super().update(state) or True
        return changed

    def _curves(self, runs: Sequence[Any]) -> tuple[np.ndarray, np.ndarray]:
        name, runs = next(self._name), [(y, t) for y, t in runs if len(y)]
        T = min((len(y) for y, _ in runs), default=0)
        if not T:
            return np.zeros(0), np.zeros((0, 0))
        if self.unit == "trials":
            x, curves = np.arange(1.0, T + 1), np.array([y[:T] for y, _ in runs], float)
        else:
            x = np.linspace(0, min(t[-1] for _, t in runs), 200)
            curves = np.full((len(runs), len(x)), np.nan)
            for k, (y, t) in enumerate(runs):
                i = np.searchsorted(t, x, side="right") - 1
                curves[k, i >= 0] = np.array(y, float)[i[i >= 0]]
        self.kept[name] = x, curves
        return x, curves

    # ---- words -------------------------------------------------------------------------------------------

    def _value(self, value: float) -> str:
        q = self.quantity
        if self.regret and value < FLOOR:
            return "0" + " %" * q.percent
        return f"{number(float(q.show(value)), 2 if self.regret else 4)}{' %' * q.percent}"

    def _band(self, name: str) -> str:
        _, _, _, low, high = self.result[name]
        a, b = (high, low) if self.quantity.higher else (low, high)
        return f"{self._value(a)} to {self._value(b)}"

    def standing(self) -> tuple[str, str | None, bool]:
        """Who is ahead at the end, the next best, and whether their bands overlap."""
        order = sorted(self.result, key=lambda m: self.result[m][2])
        if len(order) < 2:
            return order[0], None, False
        (_, _, _, low, high), (_, _, _, low2, high2) = self.result[order[0]], self.result[order[1]]
        return order[0], order[1], not (high < low2 or high2 < low)

    def since(self, ahead: str) -> tuple[float, str | None]:
        """From which budget on this method has led without a break, and who led before."""
        x, curves = self.kept[ahead]
        own, before, first = curves.mean(0), None, float(x[0])
        for name, (other_x, other) in self.kept.items():
            if name == ahead or not len(other_x):
                continue
            mean = np.interp(x, other_x, other.mean(0), left=np.nan, right=np.nan)
            behind = np.flatnonzero(mean < own)
            if len(behind) and behind[-1] + 1 < len(x) and x[behind[-1] + 1] > first:
                first, before = float(x[behind[-1] + 1]), name
        return first, before

    def verdict(self) -> str:
        """Who leads at which budget, and whether the bands overlap."""
        if not self.result:
            return "No method has a value for every seed yet."
        ahead, second, overlap = self.standing()
        n, x, mean, *_ = self.result[ahead]
        text = f"After {self._when(x)} {ahead} is ahead: {self.quantity.name} {self._value(mean)}"
        if n < 2:
            return f"{text}, with one seed. One seed may be luck: let more of them run."
        text += f" (mean of {n} seeds, 95 % band {self._band(ahead)})."
        if second is None:
            return f"{text} It runs alone: tick another method to race against."
        later = self.result[second][1]
        theirs = f"that of {second} ({self._band(second)}{'' if later == x else f' after {self._when(later)}'})"
        text += f" Its band {'overlaps' if overlap else 'lies apart from'} {theirs}"
        text += ", so this may be luck." if overlap else "."
        first, before = self.since(ahead)
        if before is not None:
            when = f"trial {first:.0f}" if self.unit == "trials" else self._when(first)
            text += f" It leads from {when} on; before that, {before} was ahead at times."
        return text

    def _sentence(self) -> str:
        if not self.result:
            return "No method has a value for every seed yet"
        ahead, second, overlap = self.standing()
        n, x, *_ = self.result[ahead]
        text = f"After {self._when(x)} {ahead} is ahead"
        if n < 2:
            return f"{text}, but one seed may be luck"
        if second is None:
            return f"{text}: it runs alone"
        return f"{text}; its band {'overlaps' if overlap else 'is clear of'} that of {second}"

    def alt(self) -> str:
        if not self.result:
            return "Race: no method has a value yet."
        parts = []
        for name, (n, x, mean, *_) in sorted(self.result.items(), key=lambda r: r[1][2]):
            spread = f", 95 % band {self._band(name)}, {n} seeds" if n > 1 else ", one seed"
            parts.append(f"{name} {self._value(mean)} after {self._when(x)}{spread}")
        return f"Race, {self.quantity.name}, best so far, mean over seeds: {'; '.join(parts)}."


class Bounded(Limits):
    """Limits that are fixed on the bad side and grow on the good one."""

    def __init__(self, edge: float, higher: bool) -> None:
        super().__init__()
        self.edge, self.higher = edge, higher

    def include(self, values: ArrayLike, pad: float = 0.06) -> bool:
        inside = np.maximum(values, self.edge) if self.higher else np.minimum(values, self.edge)
        return super().include(np.r_[inside[np.isfinite(inside)], self.edge], pad)
