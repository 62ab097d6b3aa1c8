"""A search from its beginning to its end: what `nasbook.search`, `nasbook.steps` and `nasbook.replay` do.

    for step in steps("bayesian", "branin", trials=40, seed=0): ...    # one step at a time
    trace = search("bayesian", "branin", trials=40, seed=0)            # all at once

A `Method` knows a space and results. A `Task` knows how to evaluate a configuration. Neither knows the other. What is
checked before the first trial stands in prepare.py, the loop in loop.py.
"""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from nasbook import registry
from nasbook.loop import Run, train
from nasbook.method import KNOWN, Method, OneShot
from nasbook.prepare import prepared, same_start
from nasbook.space import Config, Space
from nasbook.task import Fidelity, Task, TaskLike
from nasbook.trace import Step, Trace
from nasbook.trace_file import TraceFile
from nasbook.trial import described
from nasbook.views import restored

FREE_TRIALS = 1000  # so many in a row at no cost end a search whose only budget is time


def steps(
    method: str | Method | OneShot | type,
    task: TaskLike,
    *,
    trials: int | None = None,
    time: float | None = None,
    seed: int = 0,
    space: Space | None = None,
    workers: int = 1,
    timeout: float | None = None,
    packed: int = 1,
    first: Sequence[Config] = (),
    warm_start: Trace | str | Path | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    views: bool = True,
    fidelity: Fidelity | None = None,
    on_step: Callable[[Step], object] | None = None,
    **settings: object,
) -> Generator[Step, None, Trace]:
    """Search step by step: a generator of `Step`s whose return value is the `Trace`.

    method, task: names of the registry or objects; a plain function is a task if `space` is given. `settings` go to the
    method. fidelity: what a function's argument `fidelity` means, e.g. Fidelity("epoch", 1, 27). trials, time: the
    budget, in trials started and in seconds; at least one. Tasks that know their cost run on a simulated clock, and
    then `workers` trials may be in flight; `time` is in seconds of that clock. timeout: seconds after which one trial
    is given up; Python code is interrupted then, one long call of C code (a fit, a query) only when it returns
    (`nasbook run` ends it). packed: up to so many trials at once, where the task can train several networks as one
    (digits-mlp; digits-cells, for a GPU) and the method chooses several without each other's results (random, grid, a
    rung of halving); then `timeout` is that of a trial's share, and a pack may pass the budget of time. first:
    configurations to try before the method chooses, e.g. `trace.top(5)` of a related task. warm_start: an earlier trace
    of the same task and space (or its file); its trials are told to the method before it chooses, stand first in the
    new trace and do not count in the budget. out: a file that receives the trace while it grows; with `resume=True` it
    is read first and the search goes on. views: keep the method's view in each step (what pictures are drawn from).
    on_step: a function that is called with each Step, e.g. to log it; if it raises, the search warns and goes on
    without it.

    Raises ValueError for whatever cannot be searched, before the first trial.
    """
    ready = prepared(
        method, task, trials=trials, time=time, seed=seed, space=space, workers=workers, timeout=timeout, packed=packed,
        first=first, warm_start=warm_start, out=out, resume=resume, fidelity=fidelity, on_step=on_step,
        settings=settings,
    )  # fmt: skip
    trace, file = Trace(ready.header), None
    if out is not None:
        trace, file = TraceFile.open(out, ready.header, resume=resume)
        try:
            same_start(trace, ready.known, Path(out))
        except ValueError:
            file.close()
            raise

    def heard(step: Step) -> Step:
        nonlocal on_step
        if on_step is not None:
            try:
                on_step(step)
            except Exception as error:
                warnings.warn(f"on_step has raised {described(error)}; the search goes on without it", stacklevel=3)
                on_step = None
        return step

    def go() -> Generator[Step, None, Trace]:
        try:
            if isinstance(ready.method, OneShot):
                yield from map(heard, train(ready.method, ready.task, trace, file, trials, time))
                return trace
            for config in ready.first:
                ready.method.enqueue(config)
            run = Run(ready.method, ready.task, trace, file, views, workers=workers, timeout=timeout, packed=packed)
            told = sum(KNOWN in t.info for t in trace.trials)
            for trial in ready.known[told:]:
                yield heard(run.know(trial))
            budget = None if trials is None else trials + max(told, len(ready.known))
            while step := run.step(budget, time):
                yield heard(step)
                if budget is None and run.free >= FREE_TRIALS:
                    words = f"{run.free} trials in a row cost nothing, so time={time:g} would never be over"
                    warnings.warn(words, stacklevel=3)
                    break
        except KeyboardInterrupt:
            trace.interrupted = True
            warnings.warn(f"interrupted after {len(trace)} trials; the trace up to here is valid", stacklevel=2)
        finally:
            if file:
                file.close()
        return trace

    going = go()
    if file:
        file.search = weakref.ref(going)
    return going


def search(method: str | Method | OneShot | type, task: TaskLike, *, views: bool = False, **options: Any) -> Trace:
    """Search to the end of the budget and return the `Trace`. Options: those of `steps`.

    An interrupt (Ctrl-C, or the stop button of a notebook) ends the search early and leaves a valid trace."""
    running = steps(method, task, views=views, **options)
    while True:
        try:
            next(running)
        except StopIteration as end:
            return end.value


def replay(trace: Trace) -> Iterator[Step]:
    """The steps of a trace again, this time with the method's views: what pictures and a scrubber need.

    The method is made anew and asked and told in the trace's order; nothing is evaluated. A training's views are those
    of its file; ValueError names the trial whose view is damaged."""
    entry = registry.find("method", trace.header.method)
    cls = entry.load()
    if issubclass(cls, OneShot):
        for step in trace:
            yield replace(step, view=restored(cls.View, step.view, step.trial.id))
        return
    method = cls(trace.space, seed=trace.header.seed, **trace.header.settings)
    run = Run(method, Task(), Trace(trace.header), views=True)
    for kind, trial in trace.events:
        if kind == "ask":
            run.repeat(trial)
        else:
            yield run.hear(trial)
