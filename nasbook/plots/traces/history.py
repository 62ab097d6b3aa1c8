"""How a search went on: the best value so far, the learning curves of its trials, and a race of several methods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import SubFigure
from matplotlib.ticker import MaxNLocator

from nasbook.plots import style
from nasbook.plots.data import (
    VERY_FAR,
    Baseline,
    Quantity,
    as_baseline,
    baseline_for,
    bootstrap,
    drawable,
    label_of,
    near,
    steps_of,
    trials_of,
    values_of,
)
from nasbook.plots.picture import Picture
from nasbook.plots.scales import power
from nasbook.plots.style import Figure, Limits, nice_ceiling, number, plural
from nasbook.task import Task
from nasbook.trace import Step, Trace, Trial, best_of


class HistoryPicture(Picture):
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

    def entries(self) -> list[tuple[str, Any]]:
        """Of the key."""
        entries: list[tuple[str, Any]] = [
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
            wanted: Any = [] if self.fixed else near(seen, self.quantity.higher, self.pool)
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


class CurvesPicture(Picture):
    """The learning curve of every trial: value against fidelity (epochs), the best one orange.

    State: a Trace, or a sequence of Steps or Trials. unit: of the fidelity. end: the full fidelity, for the x-axis.
    running: trials that are still running may be among them, and stand out.
    """

    figsize = (style.WIDTH, 4.0)

    def __init__(
        self,
        unit: str = "epoch",
        end: float | None = None,
        quantity: Quantity = Quantity(),  # noqa: B008
        limits: tuple[float, float] | None = None,
        running: bool = False,
    ) -> None:
        super().__init__()
        self.unit, self.end, self.quantity, self.shows_running = unit, end, quantity, running
        self.x = Limits(0, end) if end else Limits(0, 1e-9, room=0)
        self.y = Limits(*sorted(quantity.show(np.array(limits)))) if limits else Limits()

    def build(self, fig: Figure | SubFigure) -> None:
        entries = [
            ("one trial", style.line(style.INK, alpha=0.45, lw=1.2, marker="o", ms=4)),
            ("failed or stopped", style.line(style.INK, alpha=0.6, lw=1.2, marker="o", ms=5, **style.HOLLOW)),
            ("best trial", style.line(style.INCUMBENT, marker="*", ms=9, mec=style.INK, mew=0.7)),
        ]
        if self.shows_running:
            entries.insert(1, ("still running", style.line(style.NEXT, style.DASH, lw=1.8)))
        rows = style.key(fig, entries)
        self.ax = ax = style.axes(fig, self.quantity.left, 0.5, 0.2, 0.5 + 0.2 * rows)
        ax.set(xlabel=self.unit, ylabel=self.quantity.axis)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
        self.title(fig)
        self.lines = self.live(LineCollection([], colors=style.INK, linewidths=1.1, alpha=0.35, zorder=2))
        ax.add_collection(self.lines, autolim=False)
        self.young = self.live(LineCollection([], colors=style.NEXT, linewidths=1.8, linestyles=[style.DASH], zorder=3))
        ax.add_collection(self.young, autolim=False)
        (self.ends,) = ax.plot([], [], "o", color=style.TRIAL, ms=3.5, mew=0, zorder=3, clip_on=False)
        (self.stops,) = ax.plot([], [], "o", ms=5, zorder=3.1, clip_on=False, **style.HOLLOW)
        (self.best,) = ax.plot([], [], color=style.INCUMBENT, lw=2.4, zorder=4)
        (self.star,) = ax.plot([], [], ms=14, ls="none", zorder=5, clip_on=False, **style.STAR)
        for artist in (self.ends, self.stops, self.best, self.star):
            self.live(artist)

    def _inside(self, points: Any) -> np.ndarray:
        """(n, 2) the points that are on the axes: one far above would be drawn over the title."""
        xy = np.array(points, float).reshape(-1, 2)
        low, high = self.y.pair
        return xy[(xy[:, 1] >= low) & (xy[:, 1] <= high)]

    def update(self, state: Any) -> bool:
        q, trials = self.quantity, [t for t in trials_of(state) if t.curve]
        curves = [np.array([(f, np.nan if v is None else v) for f, v in t.curve], float) for t in trials]
        for c in curves:
            c[:, 1] = q.show(drawable(c[:, 1]))
        changed = False
        if curves:
            changed = self.x.include(np.array([c[-1, 0] for c in curves]), pad=0)
            lasts, everything = np.array([c[-1, 1] for c in curves]), np.concatenate([c[:, 1] for c in curves])
            seen = everything[np.isfinite(everything)]
            if len(seen):  # a first epoch far off does not flatten the rest
                seen = near(seen, q.higher)
                edges = np.quantile(seen, [0.05, 1.0] if q.higher else [0.0, 0.95])
                changed |= self.y.include(np.r_[edges, near(lasts, q.higher, seen)])
        if changed:
            self.ax.set(xlim=(0, self.x.pair[1] * 1.02), ylim=self.y.pair)
        self.ax.tick_params(labelbottom=self.y.known, labelleft=self.y.known)  # no numbers before there are any
        done = [(t, c) for t, c in zip(trials, curves, strict=True) if t.status == "done" and t.value is not None]
        cut = [c[-1] for t, c in zip(trials, curves, strict=True) if t.status in ("failed", "pruned")]
        young = [c for t, c in zip(trials, curves, strict=True) if t.status == "running"]
        self.lines.set_segments([c for t, c in zip(trials, curves, strict=True) if t.status != "running"])
        self.young.set_segments(young)
        self.ends.set_data(*self._inside([c[-1] for _, c in done]).T)
        self.stops.set_data(*self._inside(cut).T)
        self.n, self.cut, self.under_way = len(trials), len(cut), len(young)
        self.winner: Trial | None = None
        if done:
            self.winner = best_of(t for t, _ in done)
            curve = next(c for t, c in done if t is self.winner)
            self.best.set_data(*curve.T)
            self.star.set_data(*self._inside(curve[-1:]).T)
        else:
            self.best.set_data([], [])
            self.star.set_data([], [])
        self.say(self._sentence())
        return changed

    def _sentence(self) -> str:
        if not self.n:
            return "No trial has reported a learning curve yet"
        text = plural(self.n, "learning curve")
        if self.under_way:
            text += f", {self.under_way} still running"
        if self.winner is None:
            return text if self.under_way == self.n else f"{text}, none of a trial that has succeeded"
        text += f": the best ends at {self.quantity.text(self.winner.value)} {self.quantity.name}"
        return text + (f"; {self.cut} stopped early" if self.cut else "")

    def alt(self) -> str:
        if self.winner is None:
            return f"Learning curves of {plural(self.n, 'trial')}; none has succeeded."
        last = self.winner.curve[-1][0]
        return (
            f"Learning curves of {plural(self.n, 'trial')}, {self.cut} failed or stopped early. The best, trial "
            f"{self.winner.id + 1}, ends at {self.unit} {last:g} with {self.quantity.name} "
            f"{self.quantity.text(self.winner.value)}."
        )


class RacePicture(Picture):
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
            self.second, word = _clock(self.x_end)
            self.ax.set_xlabel(f"{word} since the search began")
        self.ax.set(xlim=(0, self.x_end * self.second), ylim=self.y.pair)

    def _curves(self, runs: Sequence[Any]) -> tuple[np.ndarray, np.ndarray]:
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

    def update(self, state: Mapping[str, Sequence[Any]]) -> bool:
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
        second, word = _clock(x)
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


def _clock(seconds: float) -> tuple[float, str]:
    """The unit in which a time of this length is read: (units per second, its name)."""
    if seconds > 7200:
        return 1 / 3600, "hours"
    return (1 / 60, "minutes") if seconds > 300 else (1.0, "seconds")


# ---- still pictures --------------------------------------------------------------------------------------------------


def history(
    trace: Trace | Sequence[Step],
    *,
    baseline: Any = "auto",
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


def learning_curves(
    trace: Any, *, unit: str = "epoch", task: Task | None = None, label: str | None = None, end: float | None = None
) -> Figure:
    """Every trial's value against its fidelity."""
    if task is not None and task.fidelity is not None:
        unit, end = task.fidelity.unit, end or task.fidelity.max
    q = Quantity(label or label_of(trace if isinstance(trace, Trace) else None, task))
    return CurvesPicture(unit, end, q).render_static(trace)


def race(
    runs: Mapping[str, Sequence[Any]] | Sequence[Trace],
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
