"""The run lab: a run of `nasbook run` is followed from a notebook, while it works or when it is over.

    lab = nasbook.lab("run", "runs/mlp")       # without a folder: the newest run below runs/
    lab.look()                                 # read what is new now; it is read twice a second anyway
    lab.ask(pause=True); lab.ask(pause=False); lab.ask(stop=True); lab.ask(then={"lr": 0.01})

A step of the lab is a trial that has ended. While `follow` is on, what the run does is shown as soon as it does it; the
scrubber and Reset go back in it. Only files are read, so the folder may lie on a disk that another machine writes to;
and only control.json in it is written, by which the run is asked to pause, to stop, or to try a configuration next.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ipywidgets as W

import nasbook
from nasbook.cost import CORE_WATTS, Cost, cost
from nasbook.plots.data import Quantity, baseline_for, label_of
from nasbook.plots.labs.run import RunPicture, RunState
from nasbook.plots.style import number, plural
from nasbook.scale.control import order
from nasbook.scale.watch import Watched
from nasbook.space import Config, Json
from nasbook.trace import Step
from nasbook.trial import Trial
from nasbook.widgets.asking import LIVE, Asking, duration, typed
from nasbook.widgets.shell import Lab, Setting, choose, count, tick
from nasbook.widgets.watcher import Watcher

SHOWS = [("learning curves", "curves"), ("workers over time", "workers"), ("processor and memory", "load")]
WORDS = {  # of a run, by its state
    "absent": "Ready: waiting for a run",
    "running": "Following: {}",
    "paused": "The run is paused: {}",
    "silent": "The run gives no sign of life: {}",
    "stopped": "The run was stopped: {}",
    "failed": "The run failed: {}",
}


class RunLab(Lab[Step]):
    """Follows a run. Arguments: folder (of the run; by default the newest below runs/), and the settings show
    ('curves', 'workers', 'load'), follow, watts (of a core at work)."""

    name = "run"
    telling = ("show", ("curves", "workers"))
    drawn_only = ("show",)
    lines = 3

    _borrowed: tempfile.TemporaryDirectory[str] | None = None  # the folder of a run that was made to be shown

    def __init__(self, folder: str | Path = "", **values: object) -> None:
        self._looking = threading.Lock()
        self._watcher = Watcher(self)
        self._told: tuple[object, ...] = ()  # what was shown of the run last
        self._problem = ""
        super().__init__(folder=str(folder) or newest(), **values)
        self.add_class("nb-own-left")
        self._speed.value = float("inf")

    @classmethod
    def to_show(cls, **values: Any) -> Lab:
        """A small run of its own, unless there is a folder."""
        if "folder" in values:
            return cls(**values)
        folder = tempfile.TemporaryDirectory(prefix="nasbook-run-")
        nasbook.search("tpe", "digits-hpo-messy", trials=24, workers=3, out=Path(folder.name, "trace.jsonl"))
        made = cls(folder=folder.name, **values)
        made._borrowed = folder
        return made

    def copy(self, **values: object) -> Lab:
        """A lab of the same run. A run that is at work or about to begin is awaited, so that it is shown whole."""
        patience = time.monotonic() + 60
        while (state := self.watched.state()) in LIVE or (state == "absent" and time.monotonic() < patience):
            time.sleep(0.5)
            self.look()
        return super().copy(**values)

    def settings(self) -> list[Setting]:
        folder = W.Text(
            "runs", description="Run", continuous_update=False, tooltip="The folder of the run, as nasbook run --out."
        )
        return [
            Setting("folder", folder),
            choose("show", "Below", SHOWS, "curves", "What is drawn below the history.", effect="live"),
            tick("follow", "follow the run", True, "Show what the run does as soon as it does it.", effect="live"),
            count(
                "watts",
                "Watts a core",
                int(CORE_WATTS),
                1,
                1_000,
                "What a core draws while it works, for the estimate of energy where the machine counts none.",
                effect="live",
                more=True,
            ),
        ]

    def prepare(self) -> None:
        if not self.below.children:
            self._build_own()
        self.watched, self._problem = Watched(self.values["folder"].strip() or "runs"), ""
        self._read()
        self._picture()
        self._meter()
        self._look_again()
        self._go_on()

    # ---- looking --------------------------------------------------------------------------------------------

    def look(self) -> bool:
        """Read what is new in the folder and show it; True if there was something."""
        with self._looking:
            watched, begun = self.watched, self.watched.begun
            news = self._read()
        if watched is not self.watched:
            return True
        if watched.begun != begun:
            self.restart("A run has begun in this folder.")
            return True
        told = (watched.state(), self._problem)
        if not news and told == self._told:
            return False
        if told[:1] != self._told[:1]:
            self._note = ""  # what was asked for has been done, or is of no use any more
        self._told = told
        if self._shape() != self._shaped:
            with self.exchanging():
                self._picture()
        self._meter()
        if not self._go_on() and self.runner.state != "playing" and self._seen is None:
            self.redraw()
        self._state()
        return True

    def _read(self) -> bool:
        try:
            news = self.watched.read()
        except ValueError as error:
            news, self._problem = True, str(error)
        else:
            self._problem = "" if news else self._problem
        self.trace = self.watched.trace
        return news

    def _go_on(self) -> bool:
        """Show the trials that have ended since, unless somebody has paused the lab. True if there are some."""
        fresh = self.trace is not None and len(self.trace) > len(self.steps)
        if not (fresh and self.values["follow"]) or self.runner.state in ("paused", "stopped", "failed"):
            return False
        self.runner.reopen()
        self.runner.play()
        return True

    def _look_again(self) -> None:
        """Look twice a second from now on; without threads only `look` does."""
        if self.runner.driver == "thread":
            self._watcher.begin()

    def stop(self, why: str) -> None:
        self._watcher.end()
        super().stop(why)

    def close(self) -> None:
        self._watcher.end()
        super().close()
        if self._borrowed is not None:
            self._borrowed.cleanup()

    def _paged(self, _widget: object, content: Json, _buffers: object) -> None:
        """A lab that no page shows looks at nothing."""
        if content.get("kind") == "opened":
            self._look_again()
        elif self._keyboard.unseen:
            self._watcher.end()

    # ---- what is drawn --------------------------------------------------------------------------------------

    def _shape(self) -> tuple[int | None, int, bool, str]:
        """What the picture is made for."""
        w = self.watched
        return w.total, w.workers, any(b.gpu is not None for b in w.beats[-1:]), self.values["show"]

    def _picture(self) -> None:
        self._shaped = total, workers, gpu, show = self._shape()
        trace, fidelity = self.watched.trace, self.watched.study.fidelity if self.watched.study else None
        self.quantity = Quantity(label_of(trace))
        baseline = baseline_for(trace) if trace is not None else None
        known = [] if trace is None else [*trace.trials, *trace.pending]
        workers = max([workers, *(t.worker + 1 for t in known)])
        unit, end = (fidelity.unit or "epoch", fidelity.max) if fidelity else ("epoch", None)
        self.use(RunPicture(show, self.quantity, total, baseline, unit, end, workers, gpu))

    def changed(self, name: str) -> None:
        if name == "show":
            with self.exchanging():
                self._picture()
        elif name == "follow":
            self._go_on()
        self._meter()
        self.redraw()
        self._state()

    @property
    def total(self) -> int | None:
        return self.watched.total if hasattr(self, "watched") else None

    def make_search(self) -> Iterator[Step]:
        n = len(self.steps)
        while self.trace is not None and n < len(self.trace):
            yield self.trace[n]
            n += 1

    def frame(self, n: int) -> RunState:
        w, steps = self.watched, self.steps[:n]
        if w.trace is None:
            return RunState()
        if n == len(w.trace):
            return RunState(steps, w.running(), list(w.beats), w.now)
        now = steps[-1].trial.end or 0.0 if steps else 0.0
        return RunState(steps, running_after(w.trace.events, n), [b for b in w.beats if b.at <= now], now)

    # ---- words ----------------------------------------------------------------------------------------------

    def status(self, state: str) -> str | None:
        if not hasattr(self, "watched") or not self.values["follow"] or state in ("paused", "failed", "stopped"):
            return None
        how = self.watched.state()
        if how not in WORDS or (state == "ready" and self.trace and len(self.trace)):  # it was reset to its beginning
            return None
        n, going = len(self.steps), len(self.watched.pending)
        so_far = f"{n} of {plural(self.total, 'trial')}" if self.total else plural(n, "trial")
        return WORDS[how].format(so_far + (f", {going} running" if going and how in LIVE else ""))

    def _over(self) -> str | None:
        if self.runner.state == "done":
            return "All that the run has done so far is shown; Reset shows it from its beginning."
        if self.runner.state == "ready" and not self._unready and not (self.trace and len(self.trace)):
            return "No trial of this run has ended yet."
        return super()._over()

    def begin(self) -> str:
        if self._problem:
            return f"{self._problem[:1].upper()}{self._problem[1:]}."
        w = self.watched
        if w.state() == "absent":
            return f"There is no run in {w.folder} yet: nasbook run study.yaml --out {w.folder} begins one."
        if self.trace and len(self.trace):
            return "The beginning of the run. Step shows how the first trial ended, Play all that have ended."
        return f"No trial has ended yet; {plural(len(w.pending), 'trial')} running.{self._warning()}"

    def sentence(self, n: int) -> str:
        step = self.steps[n - 1]
        t = step.trial
        text = f"Trial {t.id + 1} ({in_words(t)}) "
        if t.status == "failed":
            text += f"failed: {t.reason}"
        elif t.status == "pruned":
            text += f"was stopped early{'' if t.reason is None else f': {t.reason}'}"
        else:
            text += f"ended with {self.quantity.name} {self.quantity.text(t.value)}"
            text += ", the best so far" if step.incumbent is t else ""
        text += f" after {duration(t.cost)}." if t.cost is not None else "."
        return text + (f" {self._problem}." if self._problem else self._warning())

    def _warning(self) -> str:
        said = self.watched.said()
        return f" The run says: {said}." if said else ""

    def _meter(self) -> None:
        self.asking.follow(self.watched, self.work, self.cost)

    @property
    def work(self) -> float:
        """Seconds in which workers were at work, those of running trials included."""
        w = self.watched
        running = sum(max(0.0, w.now - t.start) for t in w.pending)
        return sum(t.cost or 0.0 for t in ([] if w.trace is None else w.trace.trials)) + running

    @property
    def cost(self) -> Cost | None:
        """What the trials that have ended have cost, as `nasbook cost` says it; None where there is no run."""
        trace = self.watched.trace
        return None if trace is None else cost(trace, core_watts=self.values["watts"])

    # ---- asking the run -------------------------------------------------------------------------------------

    def _build_own(self) -> None:
        self.asking = Asking(self.ask, self.entered, self._guarded)
        self.below.children = self.asking.row
        self.below.add_class("nb-run")
        self._keyboard.on_msg(self._paged)

    def entered(self, text: str) -> None:
        if (button := self.asking.buttons["next"]).disabled:
            raise ValueError(f"nothing can be tried next: {button.tooltip}")
        self.ask(then=typed(text))

    def ask(self, *, pause: bool | None = None, stop: bool | None = None, then: Config | None = None) -> None:
        """Ask the run to pause or go on, to stop, or to try a configuration next. ValueError for a configuration that
        is none of its space, and where the folder cannot be written."""
        if self.trace is None:
            raise ValueError(f"there is no run in {self.watched.folder} yet, so there is nothing to ask for")
        if then is not None:
            then = self.trace.space.validate(then)
        order(self.watched.folder, pause=pause, stop=stop, then=then)
        if stop:
            self.note("The run was asked to stop; nasbook run --resume goes on with it.")
        elif then is not None:
            self.note("The run was asked to try this configuration next.")
        elif pause is not None:
            self.note(
                "The run was asked to pause; what runs goes on to its end." if pause else "It was asked to go on."
            )


def newest() -> str:
    """The folder below runs/ whose trace was written last; 'runs' where there is none."""
    traces = [p for p in Path("runs").glob("*/trace.jsonl") if p.is_file()]
    return str(max(traces, key=lambda p: p.stat().st_mtime).parent) if traces else "runs"


def running_after(events: list[tuple[str, Trial]], n: int) -> list[Trial]:
    """The trials that were running when the n-th had just ended."""
    running: dict[int, Trial] = {}
    for kind, trial in events:
        if kind == "ask":
            running[trial.id] = trial
        else:
            if not n:
                break
            n -= 1
            running.pop(trial.id, None)
    return list(running.values())


def in_words(trial: Trial, most: int = 4) -> str:
    """The first parameters of a configuration."""
    items = list(trial.config.items())
    parts = [f"{k} = {number(v) if isinstance(v, float) else v}" for k, v in items[:most]]
    return ", ".join(parts) + (f" and {len(items) - most} more" if len(items) > most else "")
