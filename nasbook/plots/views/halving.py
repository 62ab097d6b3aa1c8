"""Successive halving and its kin: learning curves cut at rungs, and what the stopped ones would have reached."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import SubFigure
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from nasbook.hpo.dehb import DEHBView
from nasbook.hpo.parts.brackets import Rung
from nasbook.hpo.successive_halving import HalvingView
from nasbook.plots import style
from nasbook.plots.data import Quantity, known_task, label_of, near
from nasbook.plots.picture import Picture
from nasbook.plots.style import Figure, Looks, plural
from nasbook.plots.viewed import RUNGS, method_after, step_of
from nasbook.task import KnowsCurves, Task, trial_seed
from nasbook.trace import Trace, Trial

if TYPE_CHECKING:
    from nasbook.plots.viewed import RungsView

WRONG = style.PURPLE


@dataclass(frozen=True)
class HalvingState:
    """The trials that have ended, in that order; those that run; and the method's view of its rungs
    (Halving-, ASHA-, BOHB- or DEHBView)."""

    trials: tuple[Trial, ...] = ()
    running: tuple[Trial, ...] = ()
    view: RungsView | None = None


def root(trial: Trial) -> int:
    """The number of the training that a trial belongs to: that of its first trial."""
    return trial.info.get("continues", trial.id)


def order(state: HalvingState) -> list[int]:
    """The trainings in the order of their start: network 1 is the first."""
    return sorted({root(t) for t in state.trials + state.running})


def rungs_of(view: RungsView | None) -> list[tuple[int | None, int, Rung]]:
    """(bracket or None, number of the rung, Rung) of every rung of a view; ValueError for a view without rungs."""
    if view is None:
        return []
    RUNGS.of(view, "the picture of rungs")
    if isinstance(view, DEHBView):  # after one round of brackets its best are parents, and do not go on

        def ended(rung: Rung) -> Rung:
            return replace(rung, promoted=(), stopped=rung.promoted + rung.stopped)

        first = len(view.tables)
        return [
            (b.number, i, r if b.number < first else ended(r)) for b in view.brackets for i, r in enumerate(b.rungs)
        ]
    if isinstance(view, HalvingView):
        return [(b.number, i, rung) for b in view.brackets for i, rung in enumerate(b.rungs)]
    return [(None, i, rung) for i, rung in enumerate(view.rungs)]


class HalvingPicture(Picture[HalvingState]):
    """Validation curves up to where each training stands, rungs as vertical lines, and at the right how full they are.

    State: a HalvingState. levels: the rungs in epochs, the last one a full training. tables: (n_i, r_i) of the rungs of
    each bracket, empty for a method without brackets. hidden: trial -> the values of its whole training (levels[-1],),
    or None where nobody knows. limits: the values that the axis shows.

    After an update, `best` is the fully trained trial with the lowest value, `stopped` the trainings that were stopped,
    and `wrong` those of them that would have ended below the best.
    """

    figsize = (style.WIDTH, 4.3)
    depicts = RUNGS

    def __init__(
        self,
        levels: Sequence[int],
        tables: Sequence[Sequence[tuple[int, int]]] = (),
        hidden: Callable[[Trial], np.ndarray | None] | None = None,
        quantity: Quantity = Quantity(),  # noqa: B008
        limits: tuple[float, float] = (0.0, 1.0),
        show_hidden: bool = True,
    ) -> None:
        super().__init__()
        self.levels, self.tables, self.hidden, self.quantity = tuple(levels), tuple(tables), hidden, quantity
        self.limits, self.show_hidden = limits, show_hidden
        self.best: Trial | None = None
        self.stopped: list[int] = []
        self.wrong: list[int] = []
        self.n = 0

    def build(self, fig: Figure | SubFigure) -> None:
        wrong: Looks = {"marker": "D", "ms": 5.5, "mec": style.INK, "mew": 0.6}
        entries = [
            ("waits", style.dot(style.GREY, ms=4.5)),
            ("promoted", style.dot(ms=5)),
            ("stopped", style.dot(ms=5.5, **style.HOLLOW)),
            ("its hidden rest", style.line(style.HIDDEN, style.DASH, lw=1.1)),
            ("stopped, yet better", style.line(WRONG, style.DASH, lw=1.6, **wrong)),
            ("best", style.line(style.INCUMBENT, ms=11, **{k: v for k, v in style.STAR.items() if k != "color"})),
        ]
        rows = style.key(fig, entries, gap=0.14)
        top = 0.5 + 0.2 * rows
        self.ax = ax = style.axes(fig, 0.7, 0.5, 2.75, top)
        ticks = sorted({1, *self.levels})
        ax.set_xscale("log")
        ax.set(xlabel="epochs (rungs are dotted)", ylabel=self.quantity.axis, xlim=(0.92, self.levels[-1] * 1.08))
        ax.xaxis.set_major_locator(FixedLocator(ticks))
        ax.xaxis.set_major_formatter(FixedFormatter([str(t) for t in ticks]))
        ax.xaxis.set_minor_locator(NullLocator())
        ax.set_ylim(*sorted(np.asarray(self.quantity.show(np.array(self.limits)), float)))
        for level in self.levels:
            ax.axvline(level, color=style.GREY, lw=1.1, ls=style.DOT, zorder=1.5)
        self.title(fig)

        def lines(zorder: float, **options: object) -> LineCollection:
            made = self.live(LineCollection([], zorder=zorder, **options))
            ax.add_collection(made, autolim=False)
            return made

        self.unseen = lines(2.0, colors=style.HIDDEN, linewidths=0.9, linestyles=[style.DASH], alpha=0.75)
        self.cut = lines(2.2, colors=style.INK, linewidths=0.8, alpha=0.35)
        self.lost = lines(2.4, colors=WRONG, linewidths=1.4, linestyles=[style.DASH])
        self.alive = lines(2.6, colors=style.INK, linewidths=1.2, alpha=0.75)
        (self.waiting,) = ax.plot([], [], "o", ls="none", color=style.GREY, ms=4, mew=0, zorder=2.9, clip_on=False)
        (self.dots,) = ax.plot([], [], "o", ls="none", color=style.TRIAL, ms=4, mew=0, zorder=3, clip_on=False)
        (self.hollow,) = ax.plot([], [], "o", ls="none", ms=5, zorder=3.1, clip_on=False, **style.HOLLOW)
        (self.ends,) = ax.plot([], [], ls="none", color=WRONG, zorder=3.2, clip_on=False, **wrong)
        (self.line,) = ax.plot([], [], color=style.INCUMBENT, lw=2.4, zorder=4)
        (self.star,) = ax.plot([], [], ls="none", ms=14, zorder=5, clip_on=False, **style.STAR)
        for artist in (self.waiting, self.dots, self.hollow, self.ends, self.line, self.star):
            self.live(artist)
        self._build_panel(style.bare(style.axes(fig, style.WIDTH - 2.45, 0.3, 0.12, top)))

    def _build_panel(self, ax: Axes) -> None:
        """The brackets: for each the places of its rungs, and how many of them have ended."""
        columns, rows = len(self.levels), max(1, len(self.tables))
        tall = max(rows, 4)
        ax.set(xlim=(0, columns), ylim=(tall, -0.8))
        ax.text(0, -0.75, "ended / places, by epochs", fontsize=style.SMALL, va="top")
        for i, level in enumerate(self.levels):
            ax.text(i + 0.46, -0.08, str(level), fontsize=style.SMALL, ha="center", va="center", color=style.INK)
        self.fills: dict[tuple[int, int], Rectangle] = {}
        self.counts: dict[tuple[int, int], Text] = {}
        self.places: dict[tuple[int, int], int | None] = {}
        self.names = []
        for row in range(rows):
            text = ax.text(0, row + 0.3, "", fontsize=style.SMALL, va="center")
            self.names.append(self.live(text))
            table = self.tables[row] if self.tables else [(None, level) for level in self.levels]
            for i, (size, level) in enumerate(table):
                x = self.levels.index(level)
                ax.add_patch(Rectangle((x + 0.02, row + 0.47), 0.9, 0.4, color=style.LIGHT, alpha=0.35, lw=0))
                fill = Rectangle((x + 0.02, row + 0.47), 0.0, 0.4, color=style.BELIEF, alpha=0.3, lw=0)
                ax.add_patch(fill)
                self.fills[row, i] = self.live(fill)
                self.counts[row, i] = self.live(
                    ax.text(x + 0.47, row + 0.68, "", fontsize=style.SMALL, ha="center", va="center")
                )
                self.places[row, i] = size

    def update(self, state: HalvingState) -> bool:
        show, R = self.quantity.show, self.levels[-1]
        rungs = rungs_of(state.view)
        by_id = {t.id: t for t in state.trials}
        latest: dict[int, Trial] = {root(t): t for t in state.trials}  # the last trial of each training
        self.n = len(latest)
        self.order = order(state)
        promoted = {k for _, _, rung in rungs for k in rung.promoted}
        given_up = {k for _, _, rung in rungs if rung.fidelity < R for k in rung.stopped}
        self.failed = [k for k, t in latest.items() if t.status != "done"]
        self.stopped = [k for k, t in latest.items() if t.id in given_up and t.status == "done"]
        full = [t for t in latest.values() if t.status == "done" and t.fidelity == R]
        self.best = min(full, key=lambda t: t.value or 0.0, default=None)

        def curve(t: Trial) -> np.ndarray:
            points = np.array([(f, np.nan if v is None else v) for f, v in t.curve], float).reshape(-1, 2)
            points[:, 1] = show(points[:, 1])
            return points

        seen = {k: curve(t) for k, t in latest.items()}
        whole = {k: self.hidden(latest[k]) for k in self.stopped} if self.hidden else {}
        self.wrong = [
            k
            for k, values in whole.items()
            if values is not None and self.best is not None and values[-1] < self.best.value
        ]
        self.known = sum(v is not None for v in whole.values())
        rest = {}
        for k, values in whole.items():
            if self.show_hidden and values is not None:
                a = round(latest[k].fidelity or 1)
                rest[k] = np.c_[np.arange(a, R + 1), show(np.asarray(values[a - 1 :], float))]
        self.unseen.set_segments([c for k, c in rest.items() if k not in self.wrong])
        self.lost.set_segments([rest[k] for k in self.wrong if k in rest])
        self.ends.set_data(*np.array([rest[k][-1] for k in self.wrong if k in rest]).reshape(-1, 2).T)
        cut = set(self.stopped) | set(self.failed)
        self.cut.set_segments([c for k, c in seen.items() if k in cut])
        self.alive.set_segments([c for k, c in seen.items() if k not in cut])
        went_on = [
            (t.fidelity, float(show(t.value))) for k, t in by_id.items() if k in promoted and t.value is not None
        ]
        went_on += [tuple(seen[root(t)][-1]) for t in full]
        self.dots.set_data(*np.array(went_on).reshape(-1, 2).T)
        undecided = [c[-1] for k, c in seen.items() if k not in cut and len(c)]  # drawn under the other dots
        self.waiting.set_data(*np.array(undecided).reshape(-1, 2).T)
        self.hollow.set_data(*np.array([seen[k][-1] for k in cut if len(seen[k])]).reshape(-1, 2).T)
        best = seen[root(self.best)] if self.best else np.empty((0, 2))
        self.line.set_data(*best.T)
        self.star.set_data(*best[-1:].T)
        self._update_panel(state, rungs)
        self.say(self._sentence())
        return False

    def _update_panel(self, state: HalvingState, rungs: list[tuple[int | None, int, Rung]]) -> None:
        cycle = max(1, len(self.tables))
        current: dict[int, int] = {}  # row -> the latest bracket that took this table
        for bracket, _, _ in rungs:
            if bracket is not None:
                current[bracket % cycle] = max(bracket, current.get(bracket % cycle, 0))
        last = max(current.values(), default=None)
        for row, name in enumerate(self.names):
            if not self.tables:
                name.set_text("no brackets: rungs fill as they come")
                continue
            n, r = self.tables[row][0]
            number = current.get(row, row)
            name.set_text(f"{'▸ ' if number == last else ''}bracket {number + 1}: {n} begin, {plural(r, 'epoch')}")
            name.set_color(style.INK if row in current else style.GREY)
        most = max([sum(v is not None for v in rung.values) for _, _, rung in rungs], default=0) or 1
        ended = {}
        for bracket, i, rung in rungs:
            row = 0 if bracket is None else bracket % cycle
            if bracket is None or bracket == current[row]:
                ended[row, i] = sum(v is not None for v in rung.values)
        for cell, text in self.counts.items():
            size, n = self.places[cell], ended.get(cell, 0)
            text.set_text(str(n) if size is None else f"{n}/{size}")
            self.fills[cell].set_width(0.9 * min(1.0, n / (size or most)))

    def _sentence(self) -> str:
        if not self.n:
            return "Nothing has been trained yet"
        text = f"{len(self.stopped)} of {plural(self.n, 'network')} stopped"
        if self.best is None:
            return text + f", none trained for {self.levels[-1]} epochs yet"
        text += f", best {self.quantity.text(self.best.value)}"
        if not self.known:
            return text
        return text + f"; {len(self.wrong) or 'none'} of the stopped would have beaten it"

    def alt(self) -> str:
        if not self.n:
            return f"Empty axes for learning curves with rungs at {', '.join(map(str, self.levels))} epochs."
        text = (
            f"Learning curves of {plural(self.n, 'network')} with rungs at {', '.join(map(str, self.levels))} epochs: "
        )
        text += f"{len(self.stopped)} stopped, {len(self.failed)} failed."
        if self.best is not None:
            number = 1 + self.order.index(root(self.best))
            text += f" The best, network {number}, ends at {self.quantity.text(self.best.value)}."
            if self.known:
                text += f" {len(self.wrong)} of the stopped ones would have ended better."
        return text


def rungs(trace: Trace, *, step: int = -1, task: Task | None = None, label: str | None = None) -> Figure:
    """Learning curves cut at rungs. What the stopped would have reached is drawn where a table of the task knows it.

    trace: of a method with rungs; step: up to which of its steps, −1 the last. ValueError for anything else.
    """
    if not isinstance(trace, Trace):
        raise ValueError(f"plot rungs: it draws a whole Trace of {RUNGS}, not a {type(trace).__name__}")
    RUNGS.check_method(trace.header.method, "rungs")
    if not len(trace):
        raise ValueError("rungs: this trace has no trials yet")
    last = step_of(range(len(trace)), step, "rungs")
    method, trials = method_after(trace, last), tuple(trace.trials[: last + 1])
    levels = method.settings.levels
    hidden = whole_training(task if task is not None else known_task(trace), levels[-1], trace.header.seed)
    quantity = Quantity(label or label_of(trace, task))
    seen = np.array([v for t in trials for _, v in t.curve if v is not None], float)
    if hidden is not None:  # what is drawn of the stopped, too
        ends = [whole[-1:] for t in trials if (whole := hidden(t)) is not None]
        seen = np.concatenate([seen, *ends])
    shown = near(seen, among=None, far=3.0)
    low, high = (float(shown.min()), float(shown.max())) if len(shown) else (0.0, 1.0)
    pad = 0.06 * (high - low) or 0.1 * abs(high) or 1.0
    limits = (max(low - pad, 0.0), min(high + pad, 1.0)) if quantity.percent else (low - pad, high + pad)
    running = tuple(trace.pending) if last == len(trace) - 1 else ()
    picture = HalvingPicture(levels, getattr(method, "tables", ()), hidden, quantity, limits)
    return picture.render_static(HalvingState(trials, running, method.view()))


def whole_training(task: Task | None, epochs: int, seed: int) -> Callable[[Trial], np.ndarray | None] | None:
    """Of a table of learning curves: trial -> the errors of the whole training (epochs,) that it is a part of."""
    if not isinstance(task, KnowsCurves) or task.val.ndim != 3 or task.val.shape[-1] < epochs:
        return None
    val = task.val

    def whole(trial: Trial) -> np.ndarray:
        run = task.run if task.run is not None else trial_seed(seed, root(trial)) % val.shape[1]
        return 1 - val[task.row(trial.config), run, :epochs]

    return whole
