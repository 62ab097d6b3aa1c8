"""Two objectives at once: what nobody beats (the Pareto front), and how much of the plane it covers over time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import SubFigure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from nasbook.hpo.parts.pareto import front, hypervolume
from nasbook.plots import style
from nasbook.plots.data import BIGGEST, Quantity, Trials, drawable, objective_labels, trials_of
from nasbook.plots.picture import Picture
from nasbook.plots.scales import log_ticks
from nasbook.plots.style import Figure, Limits, nice_ceiling, number, plural
from nasbook.task import Task
from nasbook.trace import Trial


def short(x: float, _place: int | None = None) -> str:
    """A tick: 0.25, 250, 250k, 1.5M, 1e300."""
    if abs(x) >= 1e10 or 0 < abs(x) < 1e-4:
        return f"{x:.{1 if abs(x) >= 1e100 else 2}g}".replace("e+", "e").replace("-", "−")
    for unit, letter in ((1e6, "M"), (1e3, "k")):
        if abs(x) >= 10 * unit or (letter == "M" and abs(x) >= unit):
            return f"{x / unit:.6g}{letter}".replace("-", "−")
    return f"{x:.6g}".replace("-", "−")


def points_of(trials: Sequence[Trial], m: int) -> np.ndarray:
    """(n, m) objectives of each trial, NaN where it did not succeed."""
    Y = np.full((len(trials), m), np.nan)
    for i, t in enumerate(trials):
        if t.status == "done" and t.values is not None and len(t.values) == m:
            Y[i] = t.values
    return drawable(Y)


class ParetoPicture(Picture[Trials]):
    """Dominated trials as pale dots, the front as black dots on an orange step line, failures hollow above the axes.

    State: a Trace, or a sequence of Steps or Trials, all with m objectives. pair: which two of them are drawn;
    the front is that of these two. quantities: of the two. log: for each, is its axis logarithmic?
    """

    figsize = (style.WIDTH, 4.6)

    def __init__(
        self,
        quantities: Sequence[Quantity],
        m: int = 2,
        pair: tuple[int, int] = (0, 1),
        log: tuple[bool, bool] = (False, False),
    ) -> None:
        super().__init__()
        self.q, self.m, self.pair, self.log = list(quantities), m, pair, log
        self.limits = [Limits(), Limits()]

    def build(self, fig: Figure | SubFigure) -> None:
        rows = style.key(
            fig,
            [
                ("front: no trial is better in both", style.line(style.INCUMBENT, marker="o", mfc=style.INK)),
                ("dominated", style.dot(style.GREY, ms=4.5)),
                ("failed or stopped: no values", style.dot(**style.HOLLOW)),
            ],
        )
        self.ax = ax = style.axes(fig, 0.85, 0.5, 0.25, 0.68 + 0.2 * rows)
        ax.set(xlabel=self.q[0].axis, ylabel=self.q[1].axis)
        for axis, set_scale, log in zip((ax.xaxis, ax.yaxis), (ax.set_xscale, ax.set_yscale), self.log, strict=True):
            if log:
                set_scale("log")
                log_ticks(axis)
            else:
                axis.set_major_formatter(FuncFormatter(short))
        self.title(fig)
        (self.dots,) = ax.plot([], [], "o", color=style.GREY, ms=4.5, mew=0, zorder=2)
        (self.steps,) = ax.plot([], [], color=style.INCUMBENT, lw=2.2, zorder=2.5)
        (self.first,) = ax.plot([], [], "o", color=style.TRIAL, ms=6.5, mew=0, zorder=3)
        (self.lost,) = ax.plot([], [], "o", ms=5, zorder=3, clip_on=False, transform=ax.transAxes, **style.HOLLOW)
        for artist in (self.dots, self.steps, self.first, self.lost):
            self.live(artist)

    def update(self, state: Trials) -> bool:
        trials = trials_of(state)
        Y = points_of(trials, self.m)[:, list(self.pair)]
        ok = ~np.isnan(Y).any(1)
        self.n, self.failures = len(trials), int((~ok).sum())
        on = np.zeros(len(Y), bool)
        if ok.any():
            on[ok] = front(Y[ok])
        shown = np.column_stack([q.show(Y[:, k]) for k, q in enumerate(self.q)])
        self.front = shown[on][np.lexsort(shown[on].T[::-1])] if on.any() else np.empty((0, 2))
        self.ids = [trials[i].id for i in np.flatnonzero(on)]
        changed = any([self._grow(k, shown[ok, k]) for k in (0, 1)])
        self.dots.set_data(*shown[ok & ~on].T)
        self.first.set_data(*self.front.T)
        self.steps.set_data(*self._staircase().T)
        places = np.linspace(0.01, 0.99, 60)[: self.failures]  # one row above the axes
        self.lost.set_data(places, np.full(len(places), 1.035))
        self.say(self._sentence())
        return changed

    def _grow(self, k: int, values: np.ndarray) -> bool:
        limits, log = self.limits[k], self.log[k]
        if not limits.include(np.log10(values) if log else values):
            return False
        low, high = (10**v if log else v for v in limits.pair)
        (self.ax.set_ylim if k else self.ax.set_xlim)(low, high)
        return True

    def _staircase(self) -> np.ndarray:
        """(2 f + 1, 2) corners of the front's edge, from the top of the axes to their right end."""
        if not len(self.front):
            return np.empty((0, 2))
        (_, right), (_, top) = self.ax.get_xlim(), self.ax.get_ylim()
        x, y = self.front.T
        return np.column_stack([np.r_[np.repeat(x, 2), right], np.r_[top, np.repeat(y, 2)]])

    def _sentence(self) -> str:
        if not len(self.front):
            return f"{plural(self.n, 'trial')}: none has values for both objectives yet"
        f, distinct = len(self.ids), len(self.front)
        if f == 1:
            return f"One of {plural(self.n, 'trial')} is best in both {self.q[0].name} and {self.q[1].name}"
        text = f"{f} of {plural(self.n, 'trial')} are on the front"
        (x0, y0), (x1, y1) = self.front[0], self.front[-1]
        if distinct > 1 and y0 != y1:
            a, b = self._text(0, x0), self._text(1, y0)
            c, d = self._text(0, x1), self._text(1, y1)
            text += f": from ({a}, {b}) to ({c}, {d})"
        return text

    def _text(self, k: int, shown: float) -> str:
        return f"{shown:.1f} %" if self.q[k].percent else number(float(shown))

    def alt(self) -> str:
        a, b = (q.name for q in self.q)
        text = f"Pareto front of {a} and {b}, both to be low: {plural(self.n, 'trial')}, "
        text += f"{self.failures} failed or stopped."
        if not len(self.front):
            return text + " None has values for both."
        names = ", ".join(f"({self._text(0, x)}, {self._text(1, y)})" for x, y in self.front[:8])
        more = f" and {len(self.front) - 8} more" if len(self.front) > 8 else ""
        return f"{text} {len(self.ids)} on the front, from the lowest {a} to the lowest {b}: {names}{more}."


class HypervolumePicture(Picture[Trials]):
    """What the front covers up to a reference point, after each trial: it can only grow.

    State: a Trace, or a sequence of Steps or Trials. reference: one number for each objective, worse than what counts.
    """

    figsize = (style.WIDTH, 3.8)

    def __init__(self, reference: Sequence[float], trials: int | None = None) -> None:
        super().__init__()
        self.reference, self.trials = tuple(map(float, drawable(reference))), trials
        self.x_end, self.y = trials or 10, Limits(0, 1e-12, room=0.08)

    def build(self, fig: Figure | SubFigure) -> None:
        rows = style.key(
            fig,
            [
                ("hypervolume", style.line(style.INCUMBENT)),
                ("a trial enlarged it", style.dot()),
                ("failed or stopped", style.dot(**style.HOLLOW)),
            ],
        )
        self.ax = ax = style.axes(fig, 0.85, 0.5, 0.25, 0.5 + 0.2 * rows)
        ax.set(xlabel="trial", ylabel="hypervolume")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
        self.title(fig)
        (self.line,) = ax.plot([], [], color=style.INCUMBENT, lw=2.2, zorder=2.5, drawstyle="steps-post")
        (self.dots,) = ax.plot([], [], "o", color=style.TRIAL, ms=4.5, mew=0, zorder=3)
        (self.lost,) = ax.plot([], [], "o", ms=5, zorder=3, clip_on=False, **style.HOLLOW)
        for artist in (self.line, self.dots, self.lost):
            self.live(artist)

    def update(self, state: Trials) -> bool:
        Y = points_of(trials_of(state), len(self.reference))
        self.n, x, lost = len(Y), np.arange(1, len(Y) + 1), np.isnan(Y).any(1)
        self.failures, self.covered, kept = int(lost.sum()), np.zeros(len(Y)), Y[:0]
        for i, y in enumerate(Y):  # a trial that another is as good as adds nothing
            if not lost[i] and not np.all(kept <= y, axis=1).any():
                kept = np.vstack([kept[~np.all(kept >= y, axis=1)], y])
                with np.errstate(over="ignore"):
                    self.covered[i] = min(hypervolume(kept, self.reference), BIGGEST)
            elif i:
                self.covered[i] = self.covered[i - 1]
        grew = np.diff(np.r_[0.0, self.covered]) > 0
        self.last = int(x[grew][-1]) if grew.any() else None
        changed = self.y.include(self.covered)
        if self.n > self.x_end:
            self.x_end, changed = nice_ceiling(self.n), True
        self.ax.set(xlim=(0, self.x_end * 1.02 + 0.5), ylim=self.y.pair if self.y.pair[1] > 1e-11 else (0, 1))
        self.line.set_data(x, self.covered)
        self.dots.set_data(x[grew], self.covered[grew])
        self.lost.set_data(x[lost], np.zeros(lost.sum()))
        self.say(self._sentence())
        return changed

    def _sentence(self) -> str:
        if self.last is None:
            return f"{plural(self.n, 'trial')}: none lies below the reference point yet"
        text = f"After {plural(self.n, 'trial')} the front covers {number(self.covered[-1])}"
        return f"{text}; trial {self.last} was the last to add to it"

    def alt(self) -> str:
        point = ", ".join(number(r) for r in self.reference)
        text = f"Hypervolume against trials, up to the reference point ({point}): {plural(self.n, 'trial')}, "
        text += f"{self.failures} failed or stopped."
        if self.last is None:
            return text + " Nothing is covered yet."
        return f"{text} It ends at {number(self.covered[-1])} and grew last with trial {self.last}."


# ---- still pictures --------------------------------------------------------------------------------------------------


def objectives_of(kind: str, trace: Trials) -> int:
    """How many objectives the trials have; ValueError if only one."""
    done = [t for t in trials_of(trace) if t.status == "done"]
    m = max((len(t.values or ()) for t in done), default=0)
    if m < 2:
        have = "these trials have one value" if done else "no trial has succeeded yet"
        raise ValueError(
            f"plot {kind}: {have}; a front needs two objectives, such as a function that returns (error, seconds) or "
            'task("nb201-cifar10", objectives=("error", "latency"))'
        )
    return m


def check_two(kind: str, objectives: tuple[int, int], labels: Sequence[str] | None, m: int) -> None:
    """ValueError unless these are two of m objectives, and their names."""
    if len(objectives) != 2 or not all(k in range(m) for k in objectives) or objectives[0] == objectives[1]:
        raise ValueError(f"plot {kind}: objectives are two different numbers from 0 to {m - 1}, not {objectives}")
    if labels is not None and len(labels) != 2:
        raise ValueError(f"plot {kind}: two labels are needed, one for each objective, not {len(labels)}")


def pareto(
    trace: Trials,
    *,
    objectives: tuple[int, int] = (0, 1),
    labels: Sequence[str] | None = None,
    log: tuple[bool, bool] = (False, False),
    task: Task | None = None,
) -> Figure:
    """The front of two objectives. objectives: which two, counted from 0; labels: the names of the two; log: which of
    the two axes are logarithmic (their values must be above 0)."""
    m = objectives_of("pareto", trace)
    check_two("pareto", objectives, labels, m)
    if labels is None:
        names = objective_labels(trace, m, task)
        labels = [names[k] for k in objectives]
    Y = points_of(trials_of(trace), m)[:, list(objectives)]
    for k in (0, 1):
        if log[k] and np.nanmin(Y[:, k], initial=np.inf) <= 0:
            raise ValueError(f"plot pareto: {labels[k]} is not above 0 everywhere, so its axis cannot be logarithmic")
    quantities = [Quantity(label, accuracy=False) for label in labels]
    return ParetoPicture(quantities, m, objectives, log).render_static(trace)


def hypervolume_history(
    trace: Trials, *, reference: Sequence[float] | None = None, trials: int | None = None
) -> Figure:
    """What the front covers after each trial. reference: a point worse than all that count; by default a tenth of the
    range beyond the worst value of each objective, so numbers of two traces can only be compared with the same one."""
    m = objectives_of("hypervolume", trace)
    told = trials_of(trace)
    if reference is None:
        Y = points_of(told, m)
        Y = Y[~np.isnan(Y).any(1)]
        if not len(Y):
            raise ValueError("plot hypervolume: no trial has values yet, so give reference=(…, …)")
        span = Y.max(0) - Y.min(0)
        reference = Y.max(0) + 0.1 * np.where(span > 0, span, 1.0)
    if len(reference) != m:
        raise ValueError(
            f"plot hypervolume: the reference point needs {m} numbers, one an objective, not {len(reference)}"
        )
    return HypervolumePicture(reference, trials or len(told) or None).render_static(trace)
