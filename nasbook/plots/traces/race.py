"""Several methods on one task: the best value so far of each, averaged over its seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import SubFigure
from matplotlib.ticker import MaxNLocator

from nasbook.plots import style
from nasbook.plots.data import (
    VERY_FAR,
    Quantity,
    Steps,
    bootstrap,
    drawable,
    label_of,
    near,
    steps_of,
)
from nasbook.plots.picture import Picture
from nasbook.plots.scales import clock, power
from nasbook.plots.style import Figure, Limits, nice_ceiling, number, plural
from nasbook.task import Task
from nasbook.trace import Trace


class RacePicture(Picture[Mapping[str, Sequence[Steps]]]):
    """Anytime curves: the best so far of each method, averaged over its seeds, with the 95 % bootstrap of the mean.

    State: {method's name: sequence of Traces, or of sequences of Steps, one per seed}. A curve begins where every seed
    has a success. names: the methods in their fixed order (colours follow it); random search ("random") is grey.
    x: "trials", or "time" in seconds since the search began. With `optimum` the y-axis is the regret, on a log scale.
    """

    figsize = (style.WIDTH, 4.4)

    def __init__(
        self,
        names: Sequence[str],
        end: float | None = None,
        x: str = "trials",
        quantity: Quantity = Quantity(),  # noqa: B008
        optimum: float | None = None,
        limits: tuple[float, float] | None = None,
        resamples: int = 1000,
    ) -> None:
        super().__init__()
        if x not in ("trials", "time"):
            raise ValueError(f"race: x must be 'trials' or 'time', not {x!r}")
        self.names, self.unit, self.quantity, self.optimum, self.resamples = (
            list(names),
            x,
            quantity,
            optimum,
            resamples,
        )
        self.regret = optimum is not None
        self.second = 1.0  # units of the x-axis per second, or per trial
        self.x_end = float(end) if end else 10.0
        self.fixed_end = end is not None
        self.y = Limits(*sorted(self._show(np.array(limits, float)))) if limits else Limits()

    def _show(self, value: np.ndarray) -> np.ndarray:
        if self.regret:
            return np.log10(np.maximum(value - self.optimum, 1e-12))
        return self.quantity.show(value)

    def build(self, fig: Figure | SubFigure) -> None:
        self.looks = {}
        racers = iter(style.RACERS * (1 + len(self.names)))
        for name in self.names:
            self.looks[name] = (style.BASELINE, style.DASH, "") if name == "random" else next(racers)
        room = max((style.text_width(f"{style.named(n)} (n = 888)", style.SMALL) for n in self.names), default=1.0)
        self.ax = ax = style.axes(fig, self.quantity.left, 0.5, 0.2 + min(room, 2.4), 0.5)
        ax.set(
            xlabel="trials",
            ylabel=f"{style.named(self.quantity.label)} above the optimum" if self.regret else self.quantity.axis,
        )
        ax.xaxis.set_major_locator(MaxNLocator(nbins=7, integer=self.unit == "trials"))
        if self.regret:
            ax.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=7))
            ax.yaxis.set_major_formatter(lambda v, _: power(round(v)))
        self.title(fig)
        self.bands, self.lines, self.labels = {}, {}, {}
        for i, name in enumerate(self.names):
            colour, dash, _ = self.looks[name]
            grey = name == "random"
            self.bands[name] = self.live(style.polygon(ax, colour, 0.3 if grey else 0.18, zorder=1.5 + 0.01 * i))
            (self.lines[name],) = ax.plot([], [], color=colour, ls=dash, lw=2, zorder=2 + 0.01 * i)
            self.live(self.lines[name])
            self.labels[name] = self.live(
                style.add_words(
                    ax,
                    1.015,
                    0,
                    axes_fraction=True,
                    color=style.INK if grey else colour,
                    fontsize=style.SMALL,
                    va="center",
                )
            )
        self._limits()

    def _limits(self) -> None:
        if self.unit == "time":
            self.second, word = clock(self.x_end)
            self.ax.set_xlabel(f"{word} since the search began")
        self.ax.set(xlim=(0, self.x_end * self.second), ylim=self.y.pair)

    def _curves(self, runs: Sequence[Steps]) -> tuple[np.ndarray, np.ndarray]:
        """x (T,) and the best so far of each seed (n, T), as the method sees it; NaN before the first success."""
        best, at = [], []
        for run in runs:
            steps = steps_of(run)
            if steps:
                best.append(drawable([np.nan if s.incumbent is None else s.incumbent.value for s in steps]))
                at.append([s.trial.end if s.trial.end is not None else np.nan for s in steps])
        if not best:
            return np.zeros(0), np.zeros((0, 0))
        if self.unit == "trials":
            T = min(len(b) for b in best)
            return np.arange(1, T + 1), np.array([b[:T] for b in best], float)
        t = np.linspace(0, min(max(a) for a in at), 200)
        curves = np.full((len(best), len(t)), np.nan)
        for k, (b, a) in enumerate(zip(best, at, strict=True)):
            i = np.searchsorted(a, t, side="right") - 1
            curves[k, i >= 0] = np.array(b, float)[i[i >= 0]]
        return t, curves

    def update(self, state: Mapping[str, Sequence[Steps]]) -> bool:
        self.result: dict[str, tuple[int, float, float, float, float]] = {}  # n, x, mean, low, high
        drawn, changed = {}, False
        for name in self.names:
            x, curves = self._curves(state.get(name, ()))
            ok = ~np.isnan(curves).any(0) if len(curves) else np.zeros(0, bool)
            x, curves = x[ok], curves[:, ok]
            if not len(x):
                self.lines[name].set_data([], [])
                self.bands[name].set_visible(False)
                self.labels[name].set_text("")
                continue
            mean, (low, high) = curves.mean(0), bootstrap(curves, self.resamples)
            self.result[name] = (len(curves), float(x[-1]), float(mean[-1]), float(low[-1]), float(high[-1]))
            drawn[name] = (x, self._show(mean), self._show(low), self._show(high))
        if drawn:
            far = max(float(x[-1]) for x, *_ in drawn.values())
            if far > self.x_end or (not self.fixed_end and self.unit == "time" and far < self.x_end / 5):
                self.x_end, changed = (nice_ceiling(far) if self.unit == "trials" or far > 5 else far * 1.25), True
            higher = self.quantity.higher and not self.regret
            lines = [np.r_[y[-1], near(y[len(y) // 20 :], higher, far=VERY_FAR)] for _, y, *_ in drawn.values()]
            changed |= self.y.include(np.concatenate(lines))
        if changed:
            self._limits()
        step = self.unit == "trials"
        for name, (x, y, low, high) in drawn.items():
            style.set_band(self.bands[name], x * self.second, low, high, step=step)
            self.lines[name].set_data(x * self.second, y)
            self.lines[name].set_drawstyle("steps-post" if step else "default")
        self._place(drawn)
        self.say(self._sentence())
        return changed

    def _place(self, drawn: Mapping[str, tuple[np.ndarray, ...]]) -> None:
        low, high = self.y.pair
        at = [(y[-1] - low) / (high - low) for _, y, *_ in drawn.values()]
        height = self.ax.bbox.height / style.DPI
        for name, y in zip(drawn, style.spread(at, 0.17 / height, 0.02, 0.98), strict=True):
            n = self.result[name][0]
            count = "one seed" if n == 1 else f"n = {n}"
            self.labels[name].set_text(f"{style.shorten(style.named(name), 1.7)} ({count})")
            self.labels[name].set_y(y)

    def _when(self, x: float) -> str:
        if self.unit == "trials":
            return plural(int(x), "trial")
        second, word = clock(x)
        return f"{number(x * second)} {word}"

    def _sentence(self) -> str:
        if not self.result:
            return "No method has a result for every seed yet"
        ahead = min(self.result, key=lambda m: self.result[m][2])
        n, x, mean, _, high = self.result[ahead]
        when = self._when(x)
        text = f"After {when}: {style.named(ahead)} is ahead with {self.quantity.text(mean)}"
        rivals = [m for m, r in self.result.items() if m != ahead and n > 1 and r[0] > 1 and r[3] <= high]
        if rivals:
            return f"{text}; its band overlaps that of {style.named(rivals[0])}" + (
                f" and {len(rivals) - 1} more" if rivals[1:] else ""
            )
        return text + ("" if n > 1 else " (one seed: this may be luck)")

    def alt(self) -> str:
        if not self.result:
            return "Race: no method has a result yet."
        q, parts = self.quantity, []
        for name, (n, x, mean, low, high) in sorted(self.result.items(), key=lambda r: r[1][2]):
            when = self._when(x)
            a, b = (high, low) if q.higher else (low, high)
            spread = f", 95 % bootstrap of the mean {q.text(a)} to {q.text(b)}, n = {n}" if n > 1 else ", one seed"
            parts.append(f"{style.named(name)} {q.text(mean)} after {when}{spread}")
        return f"Best {q.name} so far, mean over seeds: " + "; ".join(parts) + "."


def race(
    runs: Mapping[str, Sequence[Steps]] | Sequence[Trace],
    *,
    x: str = "trials",
    end: float | None = None,
    optimum: float | None = None,
    task: Task | None = None,
    label: str | None = None,
) -> Figure:
    """Several methods on one task: {name: traces}, or traces that are grouped by their method."""
    if not isinstance(runs, Mapping):
        groups: dict[str, list[Trace]] = {}
        for trace in [runs] if isinstance(runs, Trace) else runs:
            groups.setdefault(trace.header.method, []).append(trace)
        runs = groups
    first = next((t for traces in runs.values() for t in traces if isinstance(t, Trace)), None)
    q = Quantity(label or label_of(first, task))
    if end is None and x == "trials":
        end = max((len(steps_of(t)) for traces in runs.values() for t in traces), default=None)
    return RacePicture(list(runs), end, x, q, optimum).render_static(runs)
