"""Median stopping: learning curves, where each was given up, and the median of the running means that judges them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import SubFigure
from matplotlib.ticker import MaxNLocator

from nasbook.plots import style
from nasbook.plots.data import Quantity, drawable, known_task, label_of, near, trials_of
from nasbook.plots.picture import Picture
from nasbook.plots.style import Figure, Looks, plural
from nasbook.plots.viewed import STOPPING, method_after, step_of
from nasbook.plots.views.halving import WRONG, whole_training
from nasbook.task import Task
from nasbook.trace import Trace, Trial

if TYPE_CHECKING:
    from nasbook.hpo.median_stopping import StoppingView


class StoppingPicture(Picture["tuple[Sequence[Trial], StoppingView | None]"]):
    """Curves of trials that ran to their end, of those that were stopped (pale, with a hollow end), the best, and,
    under the rule "median", the medians below which a trial that begins now must come.

    State: (trials, view): those that have ended, and the method's StoppingView after them. hidden: trial -> the values
    of its whole training, or None where nobody knows; then the rest of the stopped is drawn, too. limits: the values
    that the axis shows, by default those seen. epochs: of a whole training. warmup: epochs that everybody is given.

    After an update, `best` is the best of those that ran to their end, `stopped` the trials that were stopped, and
    `wrong` those of them that would have ended below the best.
    """

    figsize = (style.WIDTH, 4.4)
    depicts = STOPPING

    def __init__(
        self,
        quantity: Quantity = Quantity(),  # noqa: B008
        median: bool = True,
        hidden: Callable[[Trial], np.ndarray | None] | None = None,
        limits: tuple[float, float] | None = None,
        epochs: int | None = None,
        warmup: int = 0,
        show_hidden: bool = True,
    ) -> None:
        super().__init__()
        self.quantity, self.median, self.hidden, self.show_hidden = quantity, median, hidden, show_hidden
        self.warmup = warmup
        self.x = style.Limits(0.5, epochs + 0.5) if epochs else style.Limits()
        shown = None if limits is None else sorted(np.asarray(quantity.show(np.array(limits)), float).tolist())
        self.y = style.Limits(*shown) if shown else style.Limits()
        self.fixed = shown is not None
        self.best: Trial | None = None
        self.stopped: list[int] = []
        self.wrong: list[int] = []

    def build(self, fig: Figure | SubFigure) -> None:
        entries: style.Entries = [
            ("ran to its end", style.line(style.INK, lw=1.2, alpha=0.75)),
            ("stopped", style.dot(ms=5.5, **style.HOLLOW)),
            ("best", style.line(style.INCUMBENT, lw=2.4)),
        ]
        lost: Looks = {"marker": "D", "ms": 5.5, "mec": style.INK, "mew": 0.6}
        if self.hidden is not None:
            entries += [
                ("its hidden rest", style.line(style.HIDDEN, style.DASH, lw=1.1)),
                ("stopped, yet better", style.line(WRONG, style.DASH, lw=1.6, **lost)),
            ]
        if self.median:
            entries.append(("median of the running means", style.line(style.BELIEF, style.DASH, lw=2)))
        rows = style.key(fig, entries)
        self.title(fig)
        self.ax = style.axes(fig, self.quantity.left, 0.5, 0.2, 0.45 + 0.2 * rows)
        grace = " (dotted: the grace period)" if self.warmup else ""
        self.ax.set(xlabel=f"epochs{grace}", ylabel=self.quantity.axis)
        self.ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=9))
        if self.warmup:
            self.ax.axvline(self.warmup, color=style.GREY, lw=1.1, ls=style.DOT, zorder=1.5)

        def lines(zorder: float, **options: object) -> LineCollection:
            made = self.live(LineCollection([], zorder=zorder, **options))
            self.ax.add_collection(made, autolim=False)
            return made

        plot = partial(self.plotted, self.ax)
        self.unseen = lines(1.8, colors=style.HIDDEN, linewidths=0.9, linestyles=[style.DASH], alpha=0.6)
        self.cut = lines(2.0, colors=style.INK, linewidths=0.8, alpha=0.35)
        self.whole = lines(2.2, colors=style.INK, linewidths=1.2, alpha=0.75)
        self.lost = lines(2.4, colors=WRONG, linewidths=1.4, linestyles=[style.DASH])
        self.line = plot(color=style.INCUMBENT, lw=2.4, zorder=3)
        self.judge = plot(color=style.BELIEF, ls=style.DASH, lw=2, zorder=3.2)
        self.lost_ends = plot(ls="none", color=WRONG, zorder=3.3, clip_on=False, **lost)
        self.ends = plot("o", ls="none", ms=5.5, zorder=3.4, **style.HOLLOW)
        self.star = plot(ls="none", ms=14, zorder=4, clip_on=False, **style.STAR)

    def update(self, state: tuple[Sequence[Trial], StoppingView | None]) -> bool:
        trials = list(state[0])
        medians_of = self.view_of(state[1]).medians if state[1] is not None else ()

        def shown(points: Iterable[tuple[float, float | None]]) -> np.ndarray:
            at = np.array([(x, np.nan if y is None else y) for x, y in points], float).reshape(-1, 2)
            return np.column_stack([at[:, 0], np.asarray(self.quantity.show(drawable(at[:, 1])), float)])

        curves = {t.id: shown(t.curve) for t in trials if t.curve}
        stopped = [t for t in trials if t.status == "pruned" and t.curve]
        whole = [t for t in trials if t.status == "done" and t.curve]
        self.stopped, self.n = [t.id for t in stopped], len(trials)
        self.failed = sum(t.status == "failed" for t in trials)
        self.best = min(whole, key=lambda t: t.value or 0.0, default=None)
        rest = self._rest(stopped)
        medians = shown(medians_of) if self.median else np.empty((0, 2))
        drawn = [shown(points) for points in rest.values()] if self.show_hidden else []
        seen = np.concatenate([*curves.values(), medians, *drawn, np.empty((0, 2))])
        changed = self.x.include(seen[:, 0], pad=0.03)
        if not self.fixed:
            changed |= self.y.include(near(seen[:, 1][np.isfinite(seen[:, 1])], self.quantity.higher, far=3.0))
        self.ax.set(xlim=self.x.pair, ylim=self.y.pair)
        hidden = {k: shown(points) for k, points in rest.items()} if self.show_hidden else {}
        self.unseen.set_segments([c for k, c in hidden.items() if k not in self.wrong])
        self.lost.set_segments([hidden[k] for k in self.wrong if k in hidden])
        self.lost_ends.set_data(*np.array([hidden[k][-1] for k in self.wrong if k in hidden]).reshape(-1, 2).T)
        self.cut.set_segments([curves[k] for k in self.stopped])
        self.whole.set_segments([curves[t.id] for t in whole])
        self.ends.set_data(*np.array([curves[k][-1] for k in self.stopped]).reshape(-1, 2).T)
        best = curves[self.best.id] if self.best is not None else np.empty((0, 2))
        self.line.set_data(*best.T)
        self.star.set_data(*best[-1:].T)
        self.judge.set_data(*medians.T)
        whole_length = max((t.curve[-1][0] for t in whole), default=0.0)
        spent = sum(t.curve[-1][0] for t in trials if t.curve)
        self.saved = 1 - spent / (whole_length * len(curves)) if whole_length and len(curves) else 0.0
        self.say(self._sentence())
        return changed

    def _rest(self, stopped: list[Trial]) -> dict[int, list[tuple[float, float]]]:
        """Trial id -> (epoch, value) from where it was stopped to the end of its training, where somebody knows."""
        known = {t.id: v for t in stopped if self.hidden and (v := self.hidden(t)) is not None}
        best = None if self.best is None else self.best.value
        self.wrong = [k for k, v in known.items() if best is not None and v[-1] < best]
        self.known = len(known)
        at = {t.id: round(t.curve[-1][0]) for t in stopped}
        return {
            k: [(float(x), float(y)) for x, y in enumerate(v[at[k] - 1 :], at[k])] for k, v in known.items() if at[k]
        }

    def _sentence(self) -> str:
        if not self.n:
            return "Nothing has been trained yet"
        text = f"{len(self.stopped)} of {plural(self.n, 'trial')} stopped"
        if self.best is None:
            return f"{text}, none ran to its end yet"
        wrong = f" ({len(self.wrong) or 'none'} wrongly)" if self.known else ""
        saved = f", which saved {100 * self.saved:.0f} % of the epochs" if self.saved > 0 else ""
        return f"{text}{wrong}{saved}; the best ends at {self.quantity.text(self.best.value)}"

    def alt(self) -> str:
        return f"Learning curves of {plural(self.n, 'trial')}, {self.failed} of them failed. {self._sentence()}."


def stopping(trace: Trace, *, step: int = -1, task: Task | None = None, label: str | None = None) -> Figure:
    """Learning curves, and where they were given up. What the stopped would have reached is drawn where a table of the
    task knows it. trace: of the method "median-stopping"; step: −1 is the last."""
    if not isinstance(trace, Trace):
        raise ValueError(f"plot stopping: it draws a whole Trace of {STOPPING}, not a {type(trace).__name__}")
    STOPPING.check_method(trace.header.method, "stopping")
    if not len(trace):
        raise ValueError("stopping: this trace has no trials yet")
    last = step_of(range(len(trace)), step, "stopping")
    method = method_after(trace, last)
    task = task if task is not None else known_task(trace)
    epochs = getattr(getattr(task, "fidelity", None), "max", None)
    hidden = None if epochs is None else whole_training(task, int(epochs), trace.header.seed)
    quantity = Quantity(label or label_of(trace, task))
    picture = StoppingPicture(quantity, method.settings.rule == "median", hidden, warmup=method.settings.warmup)
    return picture.render_static((trials_of(trace)[: last + 1], method.view()))
