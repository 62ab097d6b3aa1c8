"""Validation against test along a search: does the best by validation go on getting better where nobody looks?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from matplotlib.figure import SubFigure
from matplotlib.ticker import MaxNLocator

from nasbook.plots import style
from nasbook.plots.data import Quantity, drawable, known_task, label_of, near
from nasbook.plots.picture import Picture
from nasbook.plots.style import Figure, Limits, plural
from nasbook.space import Config
from nasbook.statistics import bootstrap
from nasbook.task import KnowsTest
from nasbook.trace import Trace

TestValue: TypeAlias = Callable[[Config], float] | str  # of a configuration, or the name of a metric that holds it

METRICS = ("test_error", "test_loss", "test_value")  # of a trial, lower is better
ACCURACIES = ("test_accuracy", "test_acc")


@dataclass(frozen=True)
class Promises:
    """validation, test: (n, T) of the best so far (by validation) of n searches; NaN before a success. lost: (n,) by
    how much the last one's test value lies above the lowest that a best so far has had."""

    validation: np.ndarray
    test: np.ndarray
    lost: np.ndarray


class OvertuningPicture(Picture[Promises]):
    """Blue: validation of the best so far, which the search sees; vermilion, dashed: its test value, which it does not.
    Means over the searches, with 95 % bootstrap bands. State: Promises."""

    figsize = (style.WIDTH, 4.0)

    def __init__(self, trials: int, quantity: Quantity = Quantity()) -> None:  # noqa: B008
        super().__init__()
        self.trials, self.quantity, self.y = trials, quantity, Limits()

    def build(self, fig: Figure | SubFigure) -> None:
        q = self.quantity
        rows = style.key(
            fig,
            [
                ("validation of the best so far", style.line(style.BELIEF)),
                ("its test value, which no search sees", style.line(style.NEXT, style.DASH)),
                ("95 % band over searches", style.patch(style.GREY, 0.3)),
            ],
        )
        self.ax = ax = style.axes(fig, q.left, 0.5, 0.2, 0.5 + 0.2 * rows)
        name = q.name.replace("validation ", "")
        ax.set(xlabel="trial", ylabel=f"{name} (%)" if q.percent else name, xlim=(0, self.trials + 0.5))
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
        self.title(fig)
        looks = [(style.BELIEF, "-"), (style.NEXT, style.DASH)]
        self.bands = [self.live(style.polygon(ax, c, 0.18)) for c, _ in looks]
        self.lines = [self.live(ax.plot([], [], color=c, ls=ls, lw=2, drawstyle="steps-post")[0]) for c, ls in looks]

    def update(self, state: Promises) -> bool:
        self.state, shown = state, []
        for curves, line, band in zip((state.validation, state.test), self.lines, self.bands, strict=True):
            known = np.isfinite(curves).all(0) if len(curves) else np.zeros(0, bool)
            x, y = np.flatnonzero(known) + 1, drawable(curves[:, known])
            mean = self.quantity.show(y.mean(0)) if len(x) else np.empty(0)
            line.set_data(x, mean)
            low, high = bootstrap(y) if len(x) else (np.empty(0), np.empty(0))
            style.set_band(band, x, self.quantity.show(low), self.quantity.show(high), step=True)
            shown.append(near(np.asarray(mean, float), self.quantity.higher))
        changed = self.y.include(np.concatenate(shown))
        self.ax.set_ylim(self.y.pair)
        self.say(self._sentence())
        return changed

    @property
    def share(self) -> float:
        """Of the searches, how many end worse on test than they were before."""
        return float((self.state.lost > 1e-12).mean()) if len(self.state.lost) else 0.0

    def _ends(self) -> tuple[float, float]:
        validation, test = (c[:, -1][np.isfinite(c[:, -1])] for c in (self.state.validation, self.state.test))
        return (float(validation.mean()) if len(validation) else np.nan, float(test.mean()) if len(test) else np.nan)

    def _sentence(self) -> str:
        n = len(self.state.lost)
        validation, test = self._ends()
        if np.isnan(validation):
            return "No trial has succeeded yet"
        q = self.quantity
        text = f"Promised {q.text(validation)}, on test {q.text(test)}"
        if n == 1:
            return text + ("; it was better on test before" if self.share else "; on test it was never better before")
        return f"{text}; {100 * self.share:.0f} % of {n} searches end worse on test than they had been"

    def alt(self) -> str:
        n, q = len(self.state.lost), self.quantity
        validation, test = self._ends()
        known = self.state.lost[np.isfinite(self.state.lost)]
        lost = float(known.mean()) if len(known) else np.nan
        unit = f"{100 * lost:.2f} points" if q.percent else style.number(lost)
        return (
            f"Validation against test over {plural(self.trials, 'trial')}, "
            f"{'one search' if n == 1 else f'mean of {n} searches'}: the best by validation ends at "
            f"{q.text(validation)}, "
            f"on test at {q.text(test)}. In {100 * self.share:.0f} % an earlier best was better on test, on average by "
            f"{unit}."
        )


def overtuning_picture(
    traces: Trace | Sequence[Trace],
    *,
    test: TestValue | None = None,
    label: str | None = None,
) -> Figure:
    """The best so far by validation, and what it is worth on test, along one search or several of one task.

    test: a function of a configuration that gives its test value (lower is better), or the name of a metric of the
    trials; by default a metric test_error, test_loss or test_accuracy, or what a table of ours knows. ValueError where
    there is nothing of these."""
    runs = [traces] if isinstance(traces, Trace) else list(traces)
    if not runs or not all(isinstance(t, Trace) for t in runs):
        raise ValueError("plot overtuning: give a whole trace, or several traces of one task")
    T = min(len(t) for t in runs)
    if not T:
        raise ValueError("plot overtuning: this trace has no trials yet")
    rows = [_curves(trace, test, T) for trace in runs]
    found = Promises(*(np.array(column) for column in zip(*rows, strict=True)))
    return OvertuningPicture(T, Quantity(label or label_of(runs[0]))).render_static(found)


def _curves(trace: Trace, test: TestValue | None, T: int) -> tuple[np.ndarray, np.ndarray, float]:
    """(validation, test) of the best so far, (T,) each, and what is lost at the end."""
    place = {id(trial): i for i, trial in enumerate(trace.trials)}
    at = np.array([-1 if s.incumbent is None else place[id(s.incumbent)] for s in trace.steps[:T]], int)
    validation, truth = (np.where(at < 0, np.nan, values[at]) for values in (trace.values, _tests(trace, test)))
    return validation, truth, float((truth - np.fmin.accumulate(truth))[-1])


def _tests(trace: Trace, test: TestValue | None) -> np.ndarray:
    """(n,) test value of each trial, NaN where it has none; ValueError where none has."""
    trials = trace.trials
    if callable(test):
        return np.array([float(test(t.config)) if t.status == "done" else np.nan for t in trials])
    names = {name for t in trials for name in t.metrics}
    metric = test or next((m for m in (*METRICS, *ACCURACIES) if m in names), None)
    if metric is not None:
        if metric not in names:
            has = f"they have {', '.join(sorted(names))}" if names else "they have none"
            raise ValueError(f"plot overtuning: no trial has the metric {metric!r}; {has}")
        sign = (lambda v: 1.0 - v) if metric in ACCURACIES else (lambda v: v)
        return np.array([sign(v) if isinstance(v := t.metrics.get(metric), int | float) else np.nan for t in trials])
    task = known_task(trace)
    if not isinstance(task, KnowsTest):
        raise ValueError(
            "plot overtuning: these trials have no test value; give test=… (a function of a configuration, or the name "
            "of a metric), or let the objective return a metric test_error"
        )
    return np.array([1 - task.test_accuracy(t.config) if t.status == "done" else np.nan for t in trials])
