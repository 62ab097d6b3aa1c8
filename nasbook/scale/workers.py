"""What an engine is: a way to start workers. dispatch.py asks, hands out and tells; the kinds of workers are these.

    local   nasbook/scale/process.py      processes on this machine
    ray     nasbook/scale/ray_engine.py   the same processes inside actors of Ray, on any node of a cluster

A worker is spoken to as worker.py says: it is sent a job, and its reports and its end come back through the inbox of
the engine, None when it has died. A new kind needs a Crew, and a line in ENGINES.
"""

from __future__ import annotations

import queue
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Protocol, TypeAlias

from nasbook.scale.job import Job
from nasbook.scale.study import Study
from nasbook.scale.trust import Trust
from nasbook.space import Json, Space

ENGINES = {
    "local": "nasbook.scale.process:Processes",
    "ray": "nasbook.scale.ray_engine:Actors",
}
OPTUNA = "optuna"  # whose workers ask for themselves: see storage_engine.py


class Worker(Protocol):
    """What evaluates one pack of trials after the other. The engine keeps `ready`, `deadline` and `jobs`."""

    index: int
    ready: bool  # it has made the task
    deadline: float  # on this process' clock; then it is killed
    jobs: list[Job]  # the pack that it has; empty: it is idle

    def send(self, **message: object) -> None:
        """A pack, or the answer to a report. One that has died takes no notice; the inbox tells that."""

    def kill(self) -> None:
        """End it and all that it has started. Nothing that it said before is in the way of what comes next."""

    def fate(self) -> str:
        """Once the inbox has said that it died: how, as the end of a sentence ('was killed by SIGKILL')."""


Inbox: TypeAlias = "queue.Queue[tuple[Worker, Json | None]]"


class Crew(Protocol):
    """The workers of one run."""

    def room(self) -> int:
        """How many may be up at once, now; at least 1."""

    def start(self, index: int, inbox: Inbox) -> Worker:
        """A worker that begins to make the study's task, and says so when it is ready; RunError where none can be."""


@dataclass(frozen=True)
class Site:
    """What a crew must know of its run."""

    study: Study
    space: Space
    trust: Trust
    out: Path  # the folder of the run
    say: Callable[[str], None]  # to whoever watches
    address: str | None = None  # of a cluster

    def log(self, index: int) -> Path:
        return self.out / "logs" / f"worker-{index}.log"


def crew(engine: str, site: Site) -> AbstractContextManager[Crew]:
    """The workers of an engine, which end with the context."""
    module, _, name = ENGINES[engine].partition(":")
    made: AbstractContextManager[Crew] = getattr(import_module(module), name)(site)
    return made


def check_engine(engine: str, address: str | None, storage: str | None = None) -> None:
    """ValueError for an engine that there is not, and for the address or the storage of none."""
    if engine not in (*ENGINES, OPTUNA):
        raise ValueError(f"there is no engine {engine!r:.40}; there are {', '.join((*ENGINES, OPTUNA))}")
    if storage is not None and engine != OPTUNA:
        raise ValueError("a storage is what workers of --engine optuna share; take that engine, or leave it out")
    if address is not None and engine == OPTUNA:
        raise ValueError("an address names a cluster of Ray; with --engine optuna, --storage names a database")
    if address is not None and engine == "local":
        raise ValueError("an address names a cluster, and the local engine has none; take --engine ray")
