"""Who worked when: a bar for each trial, a row for each worker, and the time in which a worker had nothing to do."""

from __future__ import annotations

import numpy as np
from matplotlib.collections import PatchCollection
from matplotlib.figure import SubFigure
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import MaxNLocator

from nasbook.plots import style
from nasbook.plots.data import Trials, trials_of
from nasbook.plots.picture import Picture
from nasbook.plots.scales import clock
from nasbook.plots.style import Figure, Looks, number, plural
from nasbook.trace import Trace, Trial, best_of

LOOKS: dict[str, Looks] = {
    "done": {"facecolor": style.ENDED, "edgecolor": "white"},
    "pruned": {"facecolor": style.STOPPED, "edgecolor": style.INK, "hatch": "////"},
    "failed": {"facecolor": "white", "edgecolor": style.RED},
    "running": {"facecolor": "white", "edgecolor": style.GREY, "linestyle": (0, (2, 1.5))},
}
WORDS = {"done": "done", "pruned": "stopped early", "failed": "failed", "running": "still running"}
HEIGHT = 0.64  # of a row


def idle_shares(trials: list[Trial], workers: int, end: float) -> np.ndarray:
    """(workers,) share of the time from 0 to `end` in which each worker had no trial."""
    busy = np.zeros(workers)
    for w in range(workers):
        reached = 0.0
        for start, stop in sorted((t.start, end if t.end is None else t.end) for t in trials if t.worker == w):
            busy[w] += max(0.0, min(stop, end) - max(start, reached))  # bars may overlap
            reached = max(reached, stop)
    return 1 - busy / end if end > 0 else np.zeros(workers)


class TimelinePicture(Picture[Trials]):
    """A Gantt chart: rows are workers, bars are trials, and the grey that shows through is idle time.

    State: a Trace (its trials in flight are drawn up to the last event), or a sequence of Steps or Trials.
    """

    def __init__(self, workers: int = 1, end: float | None = None) -> None:
        super().__init__()
        self.workers, self.end = workers, end
        self.figsize = (style.WIDTH, min(8.0, 1.75 + 0.34 * max(2, workers)))

    def build(self, fig: Figure | SubFigure) -> None:
        entries: style.Entries = [(WORDS[s], Patch(linewidth=1, **look)) for s, look in LOOKS.items()]
        entries += [("best", style.dot(ms=10, **style.STAR)), ("idle", style.patch(style.LIGHT, 0.6))]
        rows = style.key(fig, entries, gap=0.14)
        self.ax = ax = style.axes(fig, 0.95, 0.5, 0.95, 0.5 + 0.2 * rows)
        ax.grid(False, axis="y")
        rows_of_text = max(2, int(ax.bbox.height / fig.figure.dpi / 0.17))
        every = max(1, -(-self.workers // min(20, rows_of_text)))
        at = range(0, self.workers, every)
        ax.set_yticks(list(at), [f"worker {w + 1}" for w in at])
        ax.set_ylim(self.workers - 0.4, -0.6)
        ax.xaxis.set_major_locator(MaxNLocator(nbins=8))
        self.title(fig)
        self.tracks = [
            ax.barh(w, 0, HEIGHT, color=style.LIGHT, alpha=0.6, linewidth=0, zorder=1)[0] for w in range(self.workers)
        ]
        self.bars = {s: self.live(ax.add_collection(PatchCollection([], zorder=2), autolim=False)) for s in LOOKS}
        (self.star,) = ax.plot([], [], ms=12, ls="none", zorder=4, clip_on=False, **style.STAR)
        self.live(self.star)
        self.shares = [
            self.live(ax.text(1.01, w, "", transform=ax.get_yaxis_transform(), va="center", fontsize=style.SMALL))
            for w in at
        ]
        self.every = every

    def update(self, state: Trials) -> bool:
        ended = trials_of(state)
        trials = ended + (state.pending if isinstance(state, Trace) else [])
        self.counts = {s: sum(t.status == s for t in trials) for s in LOOKS}
        self.now = max([t.end for t in trials if t.end is not None] + [t.start for t in trials], default=0.0)
        end = max(self.now, self.end or 0.0) or 1.0
        second, word = clock(end)
        for status, look in LOOKS.items():
            of = [t for t in trials if t.status == status]
            spans = [(t.start, self.now if t.end is None else t.end, t.worker) for t in of]
            boxes = [Rectangle((a * second, w - HEIGHT / 2), (b - a) * second, HEIGHT) for a, b, w in spans]
            self.bars[status].set_paths(boxes)  # type: ignore[arg-type]
            self.bars[status].set(**look, linewidth=1)
        for track in self.tracks:
            track.set_width(self.now * second)
        self.best = best_of(ended)
        if self.best is not None:
            self.star.set_data([(self.best.start + (self.best.end or self.now)) / 2 * second], [self.best.worker])
        else:
            self.star.set_data([], [])
        self.idle = idle_shares(trials, self.workers, self.now)
        for text, share in zip(self.shares, self.idle[:: self.every], strict=True):
            text.set_text(f"{100 * share:.0f} % idle")
        self.clock = f"{number(self.now * second)} {word}"
        self.ax.set(xlim=(0, end * second), xlabel=f"time since the search began ({word})")
        self.say(self._sentence())
        return True

    def _sentence(self) -> str:
        n = sum(self.counts.values())
        if not n:
            return "No trial has started yet"
        who = "one worker" if self.workers == 1 else f"{self.workers} workers"
        idle = 100 * float(self.idle.mean())
        return f"{plural(n, 'trial')} by {who} in {self.clock}: idle {idle:.0f} % of the time"

    def alt(self) -> str:
        parts = [f"{count} {WORDS[s]}" for s, count in self.counts.items() if count]
        text = f"Timeline of {plural(sum(self.counts.values()), 'trial')} ({', '.join(parts) or 'none'}) by "
        text += f"{plural(self.workers, 'worker')} over {self.clock}."
        if self.workers > 1:
            worst = int(np.argmax(self.idle))
            text += f" Worker {worst + 1} is idle longest, {100 * self.idle[worst]:.0f} % of the time."
        if self.best is not None:
            text += f" The best trial, {self.best.id + 1}, ran on worker {self.best.worker + 1}."
        return text


def timeline(trace: Trials, *, workers: int | None = None, end: float | None = None) -> Figure:
    """Trials over time, a row for each worker. Time is that of the trace: real seconds, or those of a simulated clock.
    end: seconds that the axis shows at least. ValueError where the trials have no times."""
    trials = trials_of(trace) + (trace.pending if isinstance(trace, Trace) else [])
    if trials and all(not t.end for t in trials):
        raise ValueError("plot timeline: none of these trials says when it ended, so there is no time to show")
    given = trace.header.workers if isinstance(trace, Trace) else 1
    return TimelinePicture(workers or max([given, *(t.worker + 1 for t in trials)]), end).render_static(trace)
