"""A run that is watched: its history above, and below the curves of its trials, its workers, or what it uses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from matplotlib.figure import SubFigure
from matplotlib.ticker import MaxNLocator

from nasbook.plots import style
from nasbook.plots.data import Baseline, Quantity
from nasbook.plots.picture import Picture, Stack
from nasbook.plots.scales import clock
from nasbook.plots.style import Figure, number
from nasbook.plots.traces.history import HistoryPicture
from nasbook.plots.traces.learning_curves import CurvesPicture
from nasbook.plots.traces.timeline import TimelinePicture
from nasbook.trace import Step
from nasbook.trial import Trial

BELOW = ("curves", "workers", "load")


class Use(Protocol):
    """What a run used at some time; None is what was not measured."""

    @property
    def at(self) -> float:
        """Seconds since the search began."""

    @property
    def cpu(self) -> float | None:
        """Cores."""

    @property
    def memory(self) -> float | None:
        """Bytes."""

    @property
    def gpu(self) -> float | None:
        """From 0 to 1."""

    @property
    def gpu_memory(self) -> float | None:
        """Bytes."""


@dataclass(frozen=True)
class RunState:
    """A run at one moment: the steps that have ended, the trials that run, what was used until then."""

    steps: Sequence[Step] = ()
    running: Sequence[Trial] = ()
    use: Sequence[Use] = ()
    now: float = 0.0  # seconds since the search began


PANELS = {  # of the load: what of a Use, its factor, label, colour
    "cpu": (1.0, "cores in use", style.BLUE),
    "memory": (1e-9, "memory (GB)", style.PURPLE),
    "gpu": (100.0, "GPU in use (%)", style.GREEN),
    "gpu_memory": (1e-9, "GPU memory (GB)", style.RED),
}


class LoadPicture(Picture[Sequence[Use]]):
    """Cores and memory over time, and the GPUs' where there are some: a panel each, side by side.

    State: a sequence of Use."""

    figsize = (style.WIDTH, 2.3)

    def __init__(self, gpu: bool = False) -> None:
        super().__init__()
        self.shows = list(PANELS) if gpu else list(PANELS)[:2]
        self.tops = dict.fromkeys(self.shows, 0.0)
        self.end = 0.0

    def build(self, fig: Figure | SubFigure) -> None:
        self.title(fig)
        w, _ = style.size(fig)
        n, left, gap = len(self.shows), 0.75, 0.8
        wide = (w - left - 0.2 - gap * (n - 1)) / n
        self.axes, self.lines = {}, {}
        for k, name in enumerate(self.shows):
            x = left + k * (wide + gap)
            ax = self.axes[name] = style.axes(fig, x, 0.5, w - x - wide, 0.44)
            ax.set_ylabel(PANELS[name][1], labelpad=2)
            ax.xaxis.set_major_locator(MaxNLocator(nbins=4 if n > 2 else 6))
            ax.yaxis.set_major_locator(MaxNLocator(nbins=4))
            (line,) = ax.plot([], [], color=PANELS[name][2], lw=1.8, zorder=2)
            self.lines[name] = self.live(line)

    def update(self, state: Sequence[Use]) -> bool:
        changed = not self.end
        last = max((u.at for u in state), default=0.0)
        if last > self.end or not self.end:
            self.end, changed = max(10.0, 1.3 * last), True
        second, word = clock(self.end)
        self.now: dict[str, float] = {}
        for name in self.shows:
            seen = [(u.at, v) for u in state if (v := getattr(u, name)) is not None]
            x, y = np.array(seen, float).reshape(-1, 2).T
            y = y * PANELS[name][0]
            self.lines[name].set_data(x * second, y)
            if len(y):
                self.now[name] = float(y[-1])
                if y.max() > self.tops[name]:
                    self.tops[name], changed = 1.25 * float(y.max()), True
        if changed:
            for name, ax in self.axes.items():
                ax.set(xlim=(0, self.end * second), ylim=(0, self.tops[name] or 1.0), xlabel=f"time ({word})")
                ax.tick_params(labelleft=bool(self.tops[name]))
        self.say(self._sentence())
        return changed

    def _sentence(self) -> str:
        if not self.now:
            return "What this run uses has not been measured"
        parts = []
        if "cpu" in self.now:
            parts.append(f"{number(self.now['cpu'], 2)} cores")
        if "memory" in self.now:
            parts.append(f"{number(self.now['memory'], 2)} GB of memory")
        if "gpu" in self.now:
            parts.append(f"{self.now['gpu']:.0f} % of the GPUs")
        used = " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
        return f"The run and its workers last used {used}"

    def alt(self) -> str:
        return f"{self._sentence()}."


class RunPicture(Stack):
    """The history of a run, and below it one of BELOW. State: a RunState.

    trials: the budget. unit and end: of the fidelity. workers: rows of the timeline. gpu: whether GPUs were measured.
    """

    def __init__(
        self,
        below: str,
        quantity: Quantity,
        trials: int | None = None,
        baseline: Baseline | None = None,
        unit: str = "epoch",
        end: float | None = None,
        workers: int = 1,
        gpu: bool = False,
    ) -> None:
        self.below = below
        self.timeline = TimelinePicture(workers, 10.0)
        pictures: dict[str, Picture] = {
            "curves": CurvesPicture(unit, end, quantity, running=True),
            "workers": self.timeline,
            "load": LoadPicture(gpu),
        }
        super().__init__([HistoryPicture(trials, quantity, baseline), pictures[below]], sizes=[2.6, 2.5])

    def update(self, state: Any) -> bool:
        if state.now > self.timeline.end:  # the axis grows rarely
            self.timeline.end = 1.25 * state.now
        until_now = [replace(t, end=state.now) for t in state.running]
        of = {"curves": [*state.steps, *state.running], "workers": [*state.steps, *until_now], "load": state.use}
        return super().update([state.steps, of[self.below]])
