"""Worker processes: how one is started and spoken to, and how it dies. What it does is in worker.py."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from nasbook.kit.watchdog import MARK, kill_marked, new_mark
from nasbook.scale.job import Job
from nasbook.scale.machine import environment
from nasbook.scale.workers import Inbox, Site
from nasbook.space import Json


class Processes:
    """The local engine: processes on this machine."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def __enter__(self) -> Processes:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def room(self) -> int:
        return self.site.study.workers

    def start(self, index: int, inbox: Inbox) -> Process:
        return Process(index, self.site, inbox)


class Process:
    """One worker process and the threads that read what it says and bury it."""

    def __init__(self, index: int, site: Site, inbox: Inbox) -> None:
        self.index, self.inbox = index, inbox
        self.ready, self.deadline = False, math.inf
        self.jobs: list[Job] = []
        with environment(site.study, index):
            self.child = Child(site.log(index))
        threading.Thread(target=self._listen, daemon=True).start()
        threading.Thread(target=self.child.bury, daemon=True).start()
        self.send(**task_of(site))

    def _listen(self) -> None:
        for message in self.child.messages():
            self.inbox.put((self, message))
        self.inbox.put((self, None))

    def send(self, **message: object) -> None:
        self.child.send(message)

    def kill(self) -> None:
        self.child.kill()

    def fate(self) -> str:
        return self.child.fate()


class Child:
    """A process that runs worker.py; what it writes besides its messages goes to the end of `log`."""

    def __init__(self, log: Path, variables: Mapping[str, str] | None = None) -> None:
        self.mark = new_mark()
        log.parent.mkdir(exist_ok=True)
        root = str(Path(__file__).parents[2])  # where nasbook lies, if it is not installed
        path = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
        with open(log, "ab") as errors:
            self.process: subprocess.Popen[str] = subprocess.Popen(
                [sys.executable, "-P", "-m", "nasbook.scale.worker", str(os.getpid())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                encoding="utf-8",
                env={**os.environ, **(variables or {}), "PYTHONPATH": path, MARK: self.mark},
                start_new_session=True,  # Ctrl-C in the terminal is for the parent
            )

    def messages(self) -> Iterator[Json]:
        """What it says, until it ends."""
        assert self.process.stdout
        for line in self.process.stdout:
            with suppress(ValueError):  # a line cut off by a kill
                yield json.loads(line)

    def send(self, message: Json) -> None:
        assert self.process.stdin
        with suppress(OSError):  # it has died, which its end of output will tell
            self.process.stdin.write(json.dumps(message) + "\n")
            self.process.stdin.flush()

    def bury(self) -> None:
        """What a task has started ends with the worker; it could hold the worker's output open for ever."""
        self.process.wait()
        self._kill_group()

    def kill(self) -> None:
        self._kill_group()
        self.process.wait()

    def _kill_group(self) -> None:
        """The worker and all that it has started, whether in its session or in one of their own."""
        with suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(self.process.pid, signal.SIGKILL)
            else:
                self.process.kill()
        kill_marked(self.mark)

    def fate(self) -> str:
        """How the process ended."""
        code = self.process.wait()
        if code < 0:
            with suppress(ValueError):
                name = signal.Signals(-code).name
                return f"was killed by {name}" + (", perhaps because memory ran out" if name == "SIGKILL" else "")
        return f"ended with code {code}"


def task_of(site: Site) -> Json:
    """The first message to a worker: the task that it shall make."""
    task, where = site.study.task, [p or os.getcwd() for p in sys.path]
    return {
        "task": task.name,
        "arguments": task.arguments,
        "space": site.space.to_dict(),
        "trust": site.trust.to_dict(),
        "sys_path": where,
    }
