"""A trial on its way through workers, and the file from which it goes on after a kill."""

from __future__ import annotations

import json
import time as clock
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from nasbook.files import write_text
from nasbook.meter import added
from nasbook.trace import Trial


@dataclass
class Job:
    """A trial on its way: what it has reported, what it took before, how often its process died."""

    trial: Trial
    folder: Path
    curve: list[tuple[float, float]] = field(default_factory=list)
    seconds: float = 0.0  # in earlier processes
    before: dict[str, float] = field(default_factory=dict)  # what it used in earlier processes (see meter.py)
    running: dict[str, float] = field(default_factory=dict)  # and in this one, until its last report
    deaths: int = 0  # of its process, while it ran alone
    together: int = 0  # of its process, while others ran with it, of which one may be to blame
    shares: int = 1  # how many share the seconds of its process
    begin: float = 0.0  # on this process' clock

    @classmethod
    def load(cls, trial: Trial, folder: Path) -> Job:
        job = cls(trial, folder)
        with suppress(OSError, ValueError, KeyError, TypeError):
            row = json.loads((folder / "progress.json").read_text())
            job.curve = [(float(f), float(v)) for f, v in row["curve"]]
            job.seconds, job.deaths = float(row["seconds"]), int(row["deaths"])
            job.together = int(row.get("together", 0))
            job.before = {str(name): float(x) for name, x in dict(row.get("used", {})).items()}
        return job

    def save(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        row = {"curve": self.curve, "seconds": self.spent, "deaths": self.deaths}
        row |= {"together": self.together} if self.together else {}
        row |= {"used": self.used} if self.used else {}
        write_text(self.folder / "progress.json", json.dumps(row))

    @property
    def spent(self) -> float:
        return self.seconds + ((clock.perf_counter() - self.begin) / self.shares if self.begin else 0.0)

    @property
    def used(self) -> dict[str, float]:
        return added(self.before, self.running)

    def start(self, shares: int = 1) -> None:
        """A process begins with it."""
        self.begin, self.shares, self.running = clock.perf_counter(), shares, {}

    def cut_off(self) -> None:
        """Its process has ended, and it has not."""
        self.seconds, self.before, self.begin, self.running = self.spent, self.used, 0.0, {}

    def report(self, fidelity: float, value: float, used: dict[str, float]) -> None:
        """A training that goes on from a checkpoint may report its first epochs again. used: in this process so far."""
        self.running = used
        self.curve = [(f, v) for f, v in self.curve if f < fidelity] + [(fidelity, value)]
        self.save()
