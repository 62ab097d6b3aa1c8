"""Worker processes: how one is started and spoken to, and how it dies. What it does is in worker.py."""

from __future__ import annotations

import json
import math
import os
import queue
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeAlias

from nasbook.kit.watchdog import MARK, kill_marked, new_mark
from nasbook.scale.job import Job
from nasbook.scale.machine import environment
from nasbook.scale.study import Study
from nasbook.scale.trust import Trust
from nasbook.space import Space

Inbox: TypeAlias = "queue.Queue[tuple[Worker, dict[str, Any] | None]]"


class Worker:
    """One worker process and the thread that reads what it says."""

    def __init__(self, index: int, study: Study, space: Space, trust: Trust, log: Path, inbox: Inbox) -> None:
        """The process begins to make the study's task; all that it says goes to `inbox`, None when it has ended."""
        self.index, self.inbox = index, inbox
        self.ready, self.deadline = False, math.inf
        self.job: Job | None = None
        self.mark = new_mark()
        log.parent.mkdir(exist_ok=True)
        root = str(Path(__file__).parents[2])  # where nasbook lies, if it is not installed
        with open(log, "ab") as errors, environment(study, index):
            path = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
            self.process: subprocess.Popen[str] = subprocess.Popen(
                [sys.executable, "-P", "-m", "nasbook.scale.worker", str(os.getpid())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                encoding="utf-8",
                env={**os.environ, "PYTHONPATH": path, MARK: self.mark},
                start_new_session=True,  # Ctrl-C in the terminal is for the parent
            )
        threading.Thread(target=self._listen, daemon=True).start()
        threading.Thread(target=self._bury, daemon=True).start()
        task, where = study.task, [p or os.getcwd() for p in sys.path]
        self.send(
            task=task.name, arguments=task.arguments, space=space.to_dict(), trust=trust.to_dict(), sys_path=where
        )

    def _listen(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            with suppress(ValueError):  # a line cut off by a kill
                self.inbox.put((self, json.loads(line)))
        self.inbox.put((self, None))

    def _bury(self) -> None:
        """What a task has started ends with the worker; it could hold the worker's output open for ever."""
        self.process.wait()
        self._kill_group()

    def send(self, **message: Any) -> None:
        assert self.process.stdin
        with suppress(OSError):  # it has died, which its end of output will tell
            self.process.stdin.write(json.dumps(message) + "\n")
            self.process.stdin.flush()

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
