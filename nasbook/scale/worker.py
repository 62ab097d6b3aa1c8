"""A worker: a process that evaluates one trial after the other, started by process.py; they speak JSON lines.

    to it      {"task": …, "arguments": …, "space": …, "trust": …, "sys_path": […]}      once, at the beginning
               {"trial": …, "seed": …, "fidelity": …, "checkpoint": …, "timeout": …}     evaluate this
               {"stop": reason or null}                                                  the answer to a report
    from it    {"ready": true}, {"problem": sentence}, {"report": [fidelity, value]}, {"ended": trial}

A trial waits at each report for the answer, so that pruning does not depend on who is faster. The worker ends with its
parent, however that ends: the end of its input stops it, on Linux the kernel does where it could not look, and what the
objective has started is stopped by a process that waits for that end.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from nasbook.evaluation import evaluate
from nasbook.kit.watchdog import watch_over_group
from nasbook.meter import forget_peak
from nasbook.scale.target import make_task
from nasbook.scale.trust import Trust
from nasbook.space import Space
from nasbook.task import Task
from nasbook.trace import Trial


def main() -> None:
    _die_with_parent(int(sys.argv[1]))
    watch_over_group(0)
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what the task prints goes to the log
    inbox: queue.Queue[dict[str, Any]] = queue.Queue()
    threading.Thread(target=_listen, args=(inbox,), daemon=True).start()

    def send(message: dict[str, Any]) -> None:
        out.write(json.dumps(message) + "\n")
        out.flush()

    try:
        task = _prepare(inbox.get())
    except Exception as error:
        send({"problem": str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"})
        return
    send({"ready": True})

    def should_stop(trial: Trial, curve: Sequence[tuple[float, float]]) -> str | None:
        send({"report": curve[-1]})
        return inbox.get()["stop"]

    while True:
        send({"ended": _evaluate(task, inbox.get(), should_stop).to_dict()})


def _evaluate(task: Task, order: dict[str, Any], should_stop: Any) -> Trial:
    asked = Trial.from_dict(order["trial"])
    full = order["fidelity"]  # the study's full effort, where the method leaves the fidelity to it
    trial = replace(asked, fidelity=full) if asked.fidelity is None else asked
    forget_peak()
    try:
        ended = evaluate(
            task,
            trial,
            seed=order["seed"],
            should_stop=should_stop,
            timeout=order["timeout"],
            checkpoint=Path(order["checkpoint"]),
        )
    except KeyboardInterrupt as error:
        ended = replace(trial, status="failed", reason=f"{type(error).__name__}: {error}")
    return replace(ended, fidelity=asked.fidelity)


def _prepare(order: dict[str, Any]) -> Task:
    sys.path += [p for p in order["sys_path"] if p not in sys.path]
    trust = Trust.from_dict(order["trust"])
    return make_task(order["task"], order["arguments"], Space.from_dict(order["space"]), trust)


def _listen(inbox: queue.Queue[dict[str, Any]]) -> None:
    for line in sys.stdin:
        inbox.put(json.loads(line))
    os._exit(1)


def _die_with_parent(parent: int) -> None:
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None, use_errno=True).prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG
    if os.getppid() != parent:  # it died before the kernel was asked
        os._exit(1)


if __name__ == "__main__":
    main()
