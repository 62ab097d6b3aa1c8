"""Trackers beside a run: each follows it in a thread, told of every trial that has ended, and at last of all that is
missing. One that fails is left out with one warning; the run goes on, and `nasbook track` can add the rest."""

from __future__ import annotations

import json
import queue
import threading
import time as clock
import warnings
from collections.abc import Mapping
from pathlib import Path

from nasbook.kit.browser import refusal
from nasbook.scale.trackers import PACKAGES, Tracker, row_of_study, row_of_trial, said, tell, tracker, usual_place
from nasbook.trace import Header, Trace, Trial
from nasbook.trace_file import load

PATIENCE = 60.0  # seconds without a sign of life that a finished run waits for a tracker


class Live:
    """The trackers of one run. ValueError where one is not installed, or cannot run."""

    def __init__(self, places: Mapping[str, str | bool], out: Path) -> None:
        """places: tracker → where it keeps what it is told, or True for its usual place. out: the run's folder."""
        if places and (said := refusal("a tracker")):
            raise ValueError(said)
        made = {to: tracker(to, usual_place(to, out) if at is True else str(at)) for to, at in places.items()}
        self.followers = [_Follower(to, one, out) for to, one in made.items()]
        for follower in self.followers:
            follower.start()

    def ended(self, trial: Trial) -> None:
        for follower in self.followers:
            follower.inbox.put(trial)
            follower.complain()

    def close(self) -> None:
        for follower in self.followers:
            follower.inbox.put(None)
        for follower in self.followers:
            follower.wait()
            follower.complain()


class _Follower(threading.Thread):
    def __init__(self, to: str, made: Tracker, out: Path) -> None:
        super().__init__(name=f"tracker {to}", daemon=True)
        self.to, self.made, self.out = to, made, out
        self.inbox: queue.Queue[Trial | None] = queue.Queue()
        self.sorrow: str | None = None
        self.alive = clock.monotonic()  # when it last got something done

    def run(self) -> None:
        try:
            self._follow(self.out / "trace.jsonl")
        except BaseException as error:  # whatever somebody else's package throws
            self.sorrow = f"has failed ({said(error)})"

    def _follow(self, path: Path) -> None:
        header: Header | None = None
        while (trial := self.inbox.get()) is not None:
            if header is None:
                with open(path, encoding="utf-8") as file:
                    header = Header.from_dict(json.loads(file.readline()))
                self.made.begin(row_of_study(Trace(header)))
            self.made.trial(row_of_trial(header, trial))
            self.alive = clock.monotonic()
        if path.exists():
            tell(self.made, load(path), [f for f in (path, self.out / "study.yaml") if f.exists()])

    def wait(self) -> None:
        self.alive = clock.monotonic()
        try:
            while self.is_alive() and clock.monotonic() - self.alive < PATIENCE:
                self.join(0.2)
        except KeyboardInterrupt:
            self.sorrow = "was not waited for"
        if self.is_alive():
            self.sorrow = self.sorrow or f"does not answer (for {PATIENCE:g} s)"

    def complain(self) -> None:
        """Once."""
        sorrow, self.sorrow = self.sorrow, None
        if sorrow:
            warnings.warn(
                f"{PACKAGES[self.to][0]} {sorrow}; the run does without it, and `nasbook track {self.out} --to "
                f"{self.to}` adds what is missing",
                stacklevel=4,
            )
