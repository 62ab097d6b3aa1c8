"""How a search went on: its trials, the best value so far, and what random search would have found."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import SubFigure
from matplotlib.ticker import MaxNLocator

from nasbook.plots import style
from nasbook.plots.data import (
    Baseline,
    Quantity,
    as_baseline,
    baseline_for,
    drawable,
    label_of,
    near,
    steps_of,
    values_of,
)
from nasbook.plots.picture import Picture
from nasbook.plots.style import Figure, Limits, nice_ceiling, plural
from nasbook.task import Task
from nasbook.trace import Step, Trace


class HistoryPicture(Picture[Trace | Sequence[Step]]):
    """Trials as dots, the best so far as an orange line, random search as a grey band.

    State: a Trace or a sequence of Steps (the trace up to the step that is shown).
    trials: the budget, for the x-axis (else it grows). limits: of the value, as the method sees it (minimised).
    baseline: a Baseline. Its band holds the best value of nine random searches out of ten; its line is their mean.
    """

    figsize = (style.WIDTH, 4.0)

    def __init__(
        self,
        trials: int | None = None,
        quantity: Quantity = Quantity(),  # noqa: B008 (frozen)
        baseline: Baseline | None = None,
        optimum: float | None = None,
        limits: tuple[float, float] | None = None,
    ) -> None:
        super().__init__()
        self.trials, self.quantity, self.baseline, self.optimum = trials, quantity, baseline, optimum
        self.x_end = trials or 10
        self.y = Limits(*sorted(quantity.show(np.array(limits)))) if limits else Limits()
        self.fixed = limits is not None
        self.pool: np.ndarray | None = None  # what random trials find, as it is shown
        if limits is None and baseline is not None:  # all random trials that are not far off, and the optimum
            good = drawable(baseline.values[np.isfinite(baseline.values)])
            self.pool = np.asarray(quantity.show(good), float)
            known = [] if optimum is None else [float(quantity.show(optimum))]
            self.y.include([*known, *near(self.pool, quantity.higher)])

    def entries(self) -> style.Entries:
        """Of the key."""
        entries: style.Entries = [
            ("trial", style.dot()),
            ("failed or stopped", style.dot(**style.HOLLOW)),
            ("best so far", style.line(style.INCUMBENT, marker="*", ms=9, mec=style.INK, mew=0.7)),
        ]
        if self.baseline:
            entries.append(("random search: mean, and 9 runs out of 10", style.patch(style.BASELINE, 0.3)))
        if self.optimum is not None:
            entries.append(("optimum (hidden)", style.line(style.HIDDEN, style.DASH, lw=1.3)))
        return entries

    def build(self, fig: Figure | SubFigure) -> None:
        q, rows = self.quantity, style.key(fig, self.entries())
        self.ax = ax = style.axes(fig, self.quantity.left, 0.5, 0.2, 0.5 + 0.2 * rows)
        ax.set(xlabel="trial", ylabel=q.axis)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
        self.title(fig)
        self.band = self.live(style.polygon(ax, style.BASELINE, 0.3))
        (self.mean,) = ax.plot([], [], color=style.BASELINE, lw=1.3, ls=style.DASH, zorder=1.6)
        self.live(self.mean)
        if self.optimum is not None:
            ax.axhline(q.show(self.optimum), color=style.HIDDEN, lw=1.3, ls=style.DASH)
        (self.dots,) = ax.plot([], [], "o", color=style.TRIAL, ms=4.5, mew=0, zorder=3)
        (self.far,) = ax.plot([], [], marker="v" if q.higher else "^", color=style.TRIAL, ms=4.5, ls="none", zorder=3)
        (self.lost,) = ax.plot([], [], "o", ms=5, zorder=3.1, clip_on=False, **style.HOLLOW)
        (self.best,) = ax.plot([], [], color=style.INCUMBENT, lw=2.2, zorder=2.5, drawstyle="steps-post")
        (self.star,) = ax.plot([], [], ms=14, ls="none", zorder=4, **style.STAR)
        for artist in (self.dots, self.far, self.lost, self.best, self.star):
            self.live(artist)
        self._limits()
        self._baseline()

    def _limits(self) -> None:
        self.ax.set(xlim=(0, self.x_end + 0.02 * self.x_end + 0.5), ylim=self.y.pair)

    def _baseline(self) -> None:
        if self.baseline is None:
            return
        n = np.arange(1, self.x_end + 1)
        low, high = self.baseline.interval(self.x_end)
        worst = self.y.pair[0 if self.quantity.higher else 1]
        low, high = (np.where(np.isinf(b), worst, self.quantity.show(b)) for b in (low, high))
        style.set_band(self.band, n, low, high)
        self.mean.set_data(n, self.quantity.show(self.baseline.expected(self.x_end)))

    def update(self, state: Trace | Sequence[Step]) -> bool:
        steps, q = steps_of(state), self.quantity
        trials = [s.trial for s in steps]
        self.n, y = len(trials), q.show(values_of(trials))
        self.failures = int(np.isnan(y).sum())
        self.incumbent = steps[-1].incumbent if steps else None
        self.found = next((i + 1 for i, t in enumerate(trials) if t is self.incumbent), None)
        changed = self._grow(y)
        x, (low, high) = np.arange(1, self.n + 1), self.y.pair
        worst, better = (low, y >= low) if q.higher else (high, y <= high)
        far = ~better & np.isfinite(y)
        self.dots.set_data(x[better], y[better])
        inset = 0.02 * (high - low) * (1 if q.higher else -1)
        self.far.set_data(x[far], np.full(far.sum(), worst + inset))
        lost = np.isnan(y)
        self.lost.set_data(x[lost], np.full(lost.sum(), worst + 2.2 * inset))
        best = drawable([np.nan if s.incumbent is None else s.incumbent.value for s in steps])
        self.curve = q.show(best)
        self.best.set_data(np.r_[x, self.n + 0.5] if self.n else x, np.r_[self.curve, self.curve[-1:]])
        self.star.set_data(([self.found], self.curve[-1:]) if self.found else ([], []))
        self.say(self._sentence())
        return changed

    def _grow(self, y: np.ndarray) -> bool:
        """The best so far is always inside, and so are trials that are not far off, unless the limits were given."""
        changed = False
        if self.n > self.x_end:
            self.x_end, changed = nice_ceiling(self.n), True
        seen = y[np.isfinite(y)]
        if len(seen):
            best = seen.max() if self.quantity.higher else seen.min()
            wanted = np.empty(0) if self.fixed else near(seen, self.quantity.higher, self.pool)
            changed |= self.y.include([best, *wanted])
        if changed:
            self._limits()
            self._baseline()
        return changed

    def _sentence(self) -> str:
        where = f"Trial {self.n}" + (f" of {self.trials}" if self.trials else "")
        if self.incumbent is None:
            return f"{where}: none has succeeded yet" if self.n else "No trial has ended yet"
        text = f"{where}: best {self.quantity.name} {self.quantity.text(self.incumbent.value)}"
        if self.baseline is None:
            return f"{text}, found at trial {self.found}"
        need, pool = self.baseline.trials_for(self.incumbent.value), len(self.baseline.values)  # type: ignore[arg-type]
        if need is None:
            return f"{text}; random search expects more than {pool:,} trials for it"
        return f"{text}; random search expects {plural(need, 'trial')} for it"

    def alt(self) -> str:
        if self.incumbent is None:
            return f"Optimisation history: {plural(self.n, 'trial')}, {self.failures} failed, no success yet."
        q = self.quantity
        text = (
            f"Optimisation history: after {plural(self.n, 'trial')} ({self.failures} failed or stopped) the best "
            f"{q.name} is {q.text(self.incumbent.value)}, found at trial {self.found}."
        )
        if self.baseline and self.n <= len(self.baseline.values):
            low, high = (b[-1] for b in self.baseline.interval(self.n))
            mean = self.baseline.expected(self.n)[-1]
            a, b = (high, low) if q.higher else (low, high)
            text += (
                f" Random search ({self.baseline.seeds} runs pooled) expects {q.text(mean)} there; "
                f"9 runs out of 10 lie between {q.text(a)} and {q.text(b)}."
            )
        return text


def history(
    trace: Trace | Sequence[Step],
    *,
    baseline: object = "auto",
    task: Task | None = None,
    optimum: float | None = None,
    trials: int | None = None,
    label: str | None = None,
) -> Figure:
    """The best value so far against trials, with what random search would have found.

    baseline: "auto" (computed for built-in functions and tables), None, random-search traces, values of random trials,
    or a task. task: where the trace's own task is not built in, for its name of the value. optimum: a dashed line.
    """
    whole = trace if isinstance(trace, Trace) else None
    if isinstance(baseline, str) and baseline == "auto":
        baseline = baseline_for(whole) if whole is not None else None
    q = Quantity(label or label_of(whole, task))
    n = trials or len(steps_of(trace)) or None
    return HistoryPicture(n, q, as_baseline(baseline, n or 100), optimum).render_static(trace)
