"""A run in this process: a table on its simulated clock, or a method that is one training.

The search loop does all the work. Between two of its steps the run looks for orders (control.py): a pause holds the
loop there, a stop ends it as Ctrl-C would, and a table's search tries what it is told to. A thread gives the sign of
life, because an epoch may take minutes.
"""

from __future__ import annotations

import sys
import threading
import time as clock
import warnings
from collections.abc import Generator, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from nasbook.kit import browser
from nasbook.method import Method, OneShot
from nasbook.scale.control import Desk, front
from nasbook.scale.machine import environment
from nasbook.scale.progress import Bar
from nasbook.scale.pulse import EVERY
from nasbook.scale.run_folder import begun
from nasbook.scale.study import Study
from nasbook.search import steps
from nasbook.task import Task
from nasbook.trace import Step, Trace
from nasbook.trace_file import read

LOOK = 0.2  # seconds between two looks at the orders of a run that pauses


def run_inside(study: Study, task: Task, method: Method | OneShot, out: Path, bar: Bar) -> Trace:
    """The whole search, and its trace; `trace.interrupted` where it was stopped."""
    path = out / "trace.jsonl"
    before = read(path)[0] if begun(path) else None
    if before is not None:
        bar.resumed(before)
    one_shot = isinstance(method, OneShot)
    if study.seeds.training is not None:
        evaluate, seed = task.evaluate, study.seeds.training
        task.evaluate = lambda config, **context: evaluate(config, **{**context, "seed": seed})  # type: ignore[method-assign]
    going = steps(
        method,
        task,
        trials=study.budget.trials,
        time=None if study.budget.hours is None else study.budget.hours * 3600,
        workers=1 if one_shot else study.workers,
        timeout=study.budget.timeout,
        first=study.first,
        out=path,
        resume=path.exists(),
        views=one_shot,  # a view of a training cannot be computed again
    )
    now = _Clock(max((t.end or 0.0 for t in before.trials), default=0.0) if before else 0.0, stands=not one_shot)
    put = None if isinstance(method, OneShot) else lambda configs: front(method, configs)
    desk = Desk(out, method.space, before, put, bar.say, now)
    with environment(study, 0) if one_shot else nullcontext(), warnings.catch_warnings(), _beating(desk):
        if one_shot and (torch := sys.modules.get("torch")):
            torch.set_num_threads(study.resources.cpus)  # it has read its variables already
        warnings.filterwarnings("ignore", message="interrupted after")
        state = "failed"
        try:
            trace = _to_the_end(going, desk, now, bar)
            state = "stopped" if trace.interrupted else "ended"
        finally:
            desk.end(state)
    return trace


def _to_the_end(going: Generator[Step, None, Trace], desk: Desk, now: _Clock, bar: Bar) -> Trace:
    try:
        while True:
            try:
                desk.turn()
                while desk.paused:
                    now.since = clock.perf_counter()
                    clock.sleep(LOOK)
                    desk.turn()
                now.since = clock.perf_counter()
                step = next(going)
            except KeyboardInterrupt:
                step = going.throw(KeyboardInterrupt())  # ends with a valid trace
            now.end = step.trial.end or now.end
            bar.ended(step)
    except StopIteration as end:
        trace: Trace = end.value
        return trace


class _Clock:
    """Seconds of the search, as its trials count them. That of a table stands still between their ends; that of a
    training does so in pauses."""

    def __init__(self, end: float, stands: bool) -> None:
        self.end, self.stands, self.since = end, stands, clock.perf_counter()

    def __call__(self) -> float:
        return self.end + (0.0 if self.stands else clock.perf_counter() - self.since)


@contextmanager
def _beating(desk: Desk) -> Iterator[None]:
    if browser.inside():  # which has no threads, and nobody who could watch the folder
        yield
        return
    over = threading.Event()

    def beat() -> None:
        while not over.wait(EVERY):
            desk.beat()

    thread = threading.Thread(target=beat, name="nasbook-pulse", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
