"""A run as its folder tells it: what a watcher reads, and no more than that. Nothing is locked, written or executed.

    run = Watched("runs/mlp")
    run.read()                    # True if there was something new
    run.trace, run.running()      # what has ended; the running trials with the curves that they have reported
    run.state()                   # 'running', 'paused', 'silent', 'stopped', 'ended', 'failed', 'unknown' or 'absent'
    run.left()                    # seconds, by the pace of the last trials

It may be at work, over, or lie on a disk that another machine writes to.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from nasbook.files import parse_json
from nasbook.scale import pulse
from nasbook.scale.job import Job
from nasbook.scale.study import Study, load_study
from nasbook.trace import Trace
from nasbook.trace_file import Growing
from nasbook.trial import Trial

Signature: TypeAlias = tuple[tuple[int, ...], ...]  # of each file of a folder: which it is, when written, its size
GONE = 20.0  # seconds beyond three beats after which a run that says nothing is doubted
PACE = 20  # trials whose ends tell how fast it goes


@dataclass(frozen=True)
class Beat:
    """A line of pulse.jsonl; None is what was not measured."""

    at: float
    state: str
    every: float = pulse.EVERY
    date: float = 0.0
    host: str = ""
    pid: int = 0
    cpu: float | None = None
    memory: float | None = None
    gpu: float | None = None
    gpu_memory: float | None = None
    said: str = ""
    hears: tuple[str, ...] = pulse.HEARS


class Watched:
    """The folder of a run. What it holds is read by `read`, which raises ValueError in one sentence where the trace is
    damaged, of a newer version, or may not be read; what was read before stays. `begun` counts the traces that lay
    there."""

    def __init__(self, folder: str | Path) -> None:
        folder = Path(folder)
        if folder.is_file():
            if folder.name != "trace.jsonl":
                raise ValueError(f"{folder} is a file; a run is a folder, e.g. runs/first, with a trace.jsonl in it")
            folder = folder.parent
        self.folder = folder
        self.study: Study | None = None
        self.beats: list[Beat] = []
        self.begun = 0
        self._growing = Growing(self.folder / "trace.jsonl")
        self._pulse_at = 0
        self._seen: Signature = ()
        self._heard = -float("inf")  # when a file was last seen to change, on this machine's clock
        self._curves: dict[int, list[tuple[float, float]]] = {}
        self._reading = threading.Lock()

    # ---- reading --------------------------------------------------------------------------------------------

    def read(self) -> bool:
        """Read what is new. True if something has changed since the last time."""
        with self._reading:
            seen = self._signature()
            if seen == self._seen:
                return False
            if self._seen:
                self._heard = time.monotonic()
            self._read(self._seen, seen)
            return True

    def _read(self, before: Signature, seen: Signature) -> None:
        self._seen, trace = seen, self.trace
        try:
            self._growing.read()
        except (FileNotFoundError, NotADirectoryError):
            self._growing.trace = None
        except OSError as error:
            raise ValueError(f"{self._growing.path} cannot be read: {error.strerror or type(error).__name__}") from None
        if self.trace is not trace:
            self.begun += 1
            self.beats, self._pulse_at = [], 0
        if self.study is None or seen[1] != before[1]:
            with suppress(ValueError, OSError):
                self.study = load_study(self.folder / "study.yaml", check=False)
        self._read_pulse()
        self._curves = {t.id: Job.load(t, self.folder / "checkpoints" / str(t.id)).curve for t in self.pending}

    def _signature(self) -> Signature:
        """By which a change of the folder is known."""
        running = [self.folder / "checkpoints" / str(t.id) / "progress.json" for t in self.pending]
        files = (self.folder / "trace.jsonl", self.folder / "study.yaml", self.folder / pulse.FILE, *running)
        return tuple(_signature(path) for path in files)

    def _read_pulse(self) -> None:
        path = self.folder / pulse.FILE
        if not path.is_file():
            return
        with suppress(OSError), open(path, "rb") as file:
            if os.fstat(file.fileno()).st_size < self._pulse_at:
                self._pulse_at, self.beats = 0, []
            file.seek(self._pulse_at)
            data = file.read()
            whole = data[: data.rfind(b"\n") + 1]
            self._pulse_at += len(whole)
            self.beats += [beat for line in whole.splitlines() if (beat := _beat(line))]

    # ---- what it tells --------------------------------------------------------------------------------------

    @property
    def trace(self) -> Trace | None:
        return self._growing.trace

    @property
    def pending(self) -> list[Trial]:
        return self.trace.pending if self.trace is not None else []

    def running(self) -> list[Trial]:
        """The trials that have started and not ended, each with the curve that it has reported so far."""
        return [replace(t, curve=tuple(self._curves.get(t.id, ()))) for t in self.pending]

    @property
    def total(self) -> int | None:
        """Trials of the whole run, where its study tells."""
        return self.study.budget.trials if self.study else None

    @property
    def workers(self) -> int:
        if self.study:
            return self.study.workers
        return self.trace.header.workers if self.trace is not None else 1

    @property
    def now(self) -> float:
        """Seconds since the search began: the last that is known of it."""
        trials = [] if self.trace is None else [*self.trace.trials, *self.pending]
        return max([b.at for b in self.beats[-1:]] + [t.end or t.start for t in trials], default=0.0)

    def state(self) -> str:
        """How the run is. 'silent': it should be at work, and gives no sign of life; 'unknown': this run has no pulse,
        as those of older versions and of searches in a notebook."""
        if self.trace is None and not self.beats:
            return "absent"
        if not self.beats:
            done = self.total is not None and self.trace is not None and len(self.trace) >= self.total
            return "ended" if done else "unknown"
        last = self.beats[-1]
        if last.state in pulse.OVER:
            return last.state
        if _has_died(last):
            return "silent"
        heard, patience = time.monotonic() - self._heard, 3 * last.every + GONE
        return last.state if heard < patience or time.time() - last.date < patience else "silent"

    def left(self) -> float | None:
        """Seconds until the budget is spent, if the trials go on as the last ones did; None where nobody can know."""
        if self.trace is None or self.study is None:
            return None
        ends = [0.0, *(t.end for t in self.trace.trials if t.end is not None)][-PACE - 1 :]
        bounds = []
        if self.total is not None and len(ends) > 1:
            bounds.append((self.total - len(self.trace)) * (ends[-1] - ends[0]) / (len(ends) - 1))
        if (hours := self.study.budget.hours) is not None:
            bounds.append(hours * 3600 - self.now)
        return max(0.0, min(bounds)) if bounds else None

    @property
    def hears(self) -> tuple[str, ...]:
        """What of control.json the run honours."""
        return self.beats[-1].hears if self.beats else ()

    def said(self) -> str:
        """The last warning of the run."""
        return next((b.said for b in reversed(self.beats) if b.said), "")


def _signature(path: Path) -> tuple[int, ...]:
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_ino, found.st_mtime_ns, found.st_size


def _beat(line: bytes) -> Beat | None:
    """A line of the pulse; None for one that cannot be read, which harms nobody."""
    try:
        row = parse_json(line)
        numbers = {k: float(row[k]) for k in ("at", "every", "date", "cpu", "memory", "gpu", "gpu_memory") if k in row}
        words = {k: str(row[k]) for k in ("state", "host", "said") if k in row}
        hears = tuple(str(name) for name in row.get("hears", pulse.HEARS))
        return Beat(**numbers, **words, pid=int(row.get("pid", 0)), hears=hears)  # type: ignore[arg-type]
    except (ValueError, TypeError, AttributeError, OverflowError):
        return None


def _has_died(beat: Beat) -> bool:
    """Is the process of a run on this machine gone?"""
    if os.name == "nt" or beat.host != socket.gethostname() or beat.pid <= 0:
        return False
    try:
        os.kill(beat.pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        pass
    return False
