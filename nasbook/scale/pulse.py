"""The pulse of a run: a line in pulse.jsonl now and then, by which a watcher knows that it is alive, and what it uses.

    {"at": 12.4, "state": "running", "every": 1.0, "date": 1790000000.0, "host": "n1", "pid": 4711,
     "cpu": 1.9, "memory": 812646400, "gpu": 0.7, "gpu_memory": 5368709120}

at: seconds since the search began, as the trials of the trace count them. state: 'running', 'paused', and at last
'ended', 'stopped' (it can be resumed) or 'failed'. every: seconds until the next line at most. cpu: cores in use by
the run and all its workers on this machine, on average since the line before; memory: bytes that they hold (what two
processes share is counted twice); gpu: the mean use of the GPUs, from 0 to 1. What cannot be measured is left out:
processor and memory need psutil, GPUs need nvidia-ml-py. hears: what of control.json the run honours, where that is
not all of it.
"""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nasbook.space import Json

FILE = "pulse.jsonl"
HEARS = ("pause", "stop", "next")
OVER = ("ended", "stopped", "failed")
EVERY, LINES = 1.0, 2000  # seconds between two lines; a run of days writes about so many in all


class Pulse:
    """Writes the lines. A run goes on where they cannot be written."""

    def __init__(self, folder: Path, now: Callable[[], float], hears: Sequence[str] = HEARS) -> None:
        """now: seconds since the search began, as its trials count them."""
        self.path, self.now, self.hears = folder / FILE, now, tuple(hears)
        self.state, self.sentence = "", ""
        self._begin, self._due = time.perf_counter(), -1.0
        self._usage, self._one = _Usage(), threading.Lock()

    def say(self, sentence: str) -> None:
        """Write this sentence into the next line, which is due at once."""
        self.sentence, self._due = sentence, -1.0

    def beat(self, state: str) -> None:
        """Write a line, if one is due or the state has changed. A run that is over uses nothing."""
        with self._one:
            self._beat(state)

    def _beat(self, state: str) -> None:
        passed = time.perf_counter() - self._begin
        if (state == self.state and passed < self._due) or self.state in OVER:
            return
        self.state, every = state, max(EVERY, passed / LINES)
        self._due = passed + every
        row: Json = {
            "at": round(self.now(), 3),
            "state": state,
            "every": round(every, 3),
            "date": time.time(),
        }
        row |= {"host": socket.gethostname(), "pid": os.getpid()}
        if self.hears != HEARS:
            row["hears"] = self.hears
        if state not in OVER:
            row |= self._usage.measure()
        if self.sentence:
            row["said"], self.sentence = self.sentence, ""
        with suppress(OSError), open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")


class _Usage:
    """What this process and its children use."""

    def __init__(self) -> None:
        self._before: dict[int, float] = {}  # seconds of processor of each process
        self._when = time.perf_counter()

    def measure(self) -> dict[str, float]:
        return {**self._processes(), **_gpus()}

    def _processes(self) -> dict[str, float]:
        try:
            import psutil
        except ImportError:
            return {}
        seconds, memory = {}, 0
        with suppress(psutil.Error):
            me = psutil.Process()
            for process in (me, *me.children(recursive=True)):
                with suppress(psutil.Error), process.oneshot():  # it may have ended just now
                    times = process.cpu_times()
                    seconds[process.pid] = times.user + times.system
                    memory += process.memory_info().rss
        when = time.perf_counter()
        new = sum(max(0.0, s - self._before.get(pid, 0.0)) for pid, s in seconds.items())
        first, passed = not self._before, when - self._when
        self._before, self._when = seconds, when
        return {"memory": memory} if first or passed < 0.05 else {"cpu": round(new / passed, 3), "memory": memory}


def _gpus() -> dict[str, float]:
    """The use of all GPUs of this machine, where there are some."""
    try:
        pynvml = import_module("pynvml")
    except ImportError:
        return {}
    try:
        pynvml.nvmlInit()
        handles = [pynvml.nvmlDeviceGetHandleByIndex(i) for i in range(pynvml.nvmlDeviceGetCount())]
        use = [pynvml.nvmlDeviceGetUtilizationRates(h).gpu / 100 for h in handles]
        memory = [pynvml.nvmlDeviceGetMemoryInfo(h).used for h in handles]
    except pynvml.NVMLError:
        return {}
    return {"gpu": round(sum(use) / len(use), 3), "gpu_memory": float(sum(memory))} if handles else {}
