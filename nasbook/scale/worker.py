"""A worker: a process that evaluates one pack of trials after the other, started by process.py; they speak JSON lines.

    to it      {"task": …, "arguments": …, "space": …, "trust": …, "sys_path": […]}      once, at the beginning
               {"trials": [{"trial": …, "seed": …, "checkpoint": …}], "fidelity": …,
                "timeout": …, "vetoes": …}                                               evaluate these
               {"stop": reason or null}                                                  the answer to reports
    from it    {"ready": true}, {"problem": sentence}, {"ended": [trial, …]},
               {"reports": [[number of the trial, fidelity, value], …], "used": {…}}     by each of its trials, so far

A trial waits at each report for the answer, so that pruning does not depend on who is faster; where the method never
stops one (`vetoes` is false), those of a pack go together, once an epoch. The worker ends with its parent, however
that ends: the end of its input stops it, on Linux the kernel does where it could not look, and what the objective has
started is stopped by a process that waits for that end.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from nasbook.evaluation import evaluate_many
from nasbook.kit.watchdog import watch_over_group
from nasbook.meter import Meter, forget_peak, part_of
from nasbook.scale.machine import SCRATCH
from nasbook.scale.target import make_task
from nasbook.scale.trust import Trust
from nasbook.space import Json, Space
from nasbook.task import Task
from nasbook.trace import Trial


def main() -> None:
    _die_with_parent(int(sys.argv[1]))
    watch_over_group(0, os.environ.pop(SCRATCH, None))
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what the task prints goes to the log
    inbox: queue.Queue[Json] = queue.Queue()
    threading.Thread(target=_listen, args=(inbox,), daemon=True).start()

    def send(message: Json) -> None:
        out.write(json.dumps(message) + "\n")
        out.flush()

    try:
        task = _prepare(inbox.get())
    except Exception as error:
        send({"problem": str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"})
        return
    send({"ready": True})

    def ask(reports: list[Report], used: dict[str, float]) -> str | None:
        send({"reports": reports, "used": used})
        return inbox.get()["stop"]

    while True:
        send({"ended": [trial.to_dict() for trial in _evaluate(task, inbox.get(), ask)]})


Report: TypeAlias = tuple[int, float, float]  # number of the trial, fidelity, value
Ask: TypeAlias = Callable[[list[Report], dict[str, float]], str | None]


def _evaluate(task: Task, order: Json, ask: Ask) -> list[Trial]:
    asked = [Trial.from_dict(one["trial"]) for one in order["trials"]]
    full = order["fidelity"]  # the study's full effort, where the method leaves the fidelity to it
    trials = [replace(t, fidelity=full) if t.fidelity is None else t for t in asked]
    at_once = len(trials) == 1 or order["vetoes"]
    heard: dict[int, Report] = {}  # in this epoch of the pack

    def used() -> dict[str, float]:
        return part_of(meter.so_far(), 1 / len(trials))

    def should_stop(trial: Trial, curve: Sequence[tuple[float, float]]) -> str | None:
        report = (trial.id, *curve[-1])
        if at_once:
            return ask([report], used())
        if trial.id in heard:  # the next epoch has begun
            ask(list(heard.values()), used())
            heard.clear()
        heard[trial.id] = report
        return None

    forget_peak()
    with Meter() as meter:
        try:
            ended = evaluate_many(
                task,
                trials,
                seeds=[one["seed"] for one in order["trials"]],
                should_stop=should_stop,
                timeout=order["timeout"],
                checkpoints=[Path(one["checkpoint"]) for one in order["trials"]],
            )
        except KeyboardInterrupt as error:
            reason = f"{type(error).__name__}: {error}"
            ended = [replace(t, status="failed", reason=reason, used=used()) for t in trials]
    return [replace(t, fidelity=before.fidelity) for t, before in zip(ended, asked, strict=True)]


def _prepare(order: Json) -> Task:
    sys.path += [p for p in order["sys_path"] if p not in sys.path]
    trust = Trust.from_dict(order["trust"])
    return make_task(order["task"], order["arguments"], Space.from_dict(order["space"]), trust)


def _listen(inbox: queue.Queue[Json]) -> None:
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
