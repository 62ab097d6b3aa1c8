"""The search loop: a method asks, a task answers, the method is told, a step is written down.

    for step in steps("bayesian", "branin", trials=40, seed=0): ...    # one step at a time
    trace = search("bayesian", "branin", trials=40, seed=0)            # all at once

A `Method` knows a space and results. A `Task` knows how to evaluate a configuration. Neither knows the other.
"""

from __future__ import annotations

import glob
import heapq
import importlib
import os
import shutil
import time as clock
import warnings
import weakref
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import asdict, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Any

import numpy as np

from nasbook import registry
from nasbook.evaluation import described, evaluate
from nasbook.method import KNOWN, Method, NoSettings, OneShot, Proposal
from nasbook.other_words import OTHER_WORDS
from nasbook.source import changed, digest
from nasbook.space import Space
from nasbook.task import Fidelity, FunctionTask, Task, needs_checkpoint, trial_seed
from nasbook.trace import Header, Step, Trace, Trial, plain
from nasbook.trace_file import TraceFile, read
from nasbook.views import restored

# ---- one search ----------------------------------------------------------------------------------------


class Run:
    """A search under way: asks the method, tells it, and writes both down.

    `step` makes one trial after the other: on a clock that jumps to the next end of a trial where the task knows its
    cost (what a cluster of `workers` would do, at a table's speed), on this machine's clock otherwise. `now` is that
    clock in seconds; it stands still between two steps. Engines of scale/ drive `ask`, `evaluate` and `tell`.

    pace: on the simulated clock, how many times as long each worker takes; those that are not named take once as long.
    """

    def __init__(
        self,
        method: Method,
        task: Task,
        trace: Trace,
        file: TraceFile | None = None,
        views: bool = False,
        *,
        workers: int = 1,
        timeout: float | None = None,
        pace: Mapping[int, float] | None = None,
    ) -> None:
        self.method, self.task, self.trace, self.file, self.views = method, task, trace, file, views
        self.workers, self.timeout, self.pace = workers, timeout, pace or {}
        self.now, self.free = max((t.end or 0.0 for t in trace.trials), default=0.0), 0
        self._cut_off: list[Trial] | None = None  # what a kill cut off is run again first; known at the first step
        self._ends: list[tuple[float, int, Trial]] = []  # a heap of what is in flight: (end, id, finished trial)
        self._views: dict[int, Any] = {}
        self._objectives = 0  # how many values a result has; 0: not known yet
        self._kept: TemporaryDirectory[str] | None = None  # states of trainings, for those that may go on
        for kind, trial in trace.events:  # a resumed trace is asked and told again, in its own order
            if kind == "ask":
                self._ask_again(trial)
            else:
                method.tell(self._usable(trial))

    def step(self, trials: int | None = None, time: float | None = None) -> Step | None:
        """One more trial to its end. None where the budget is spent, in trials started and in seconds of the clock, or
        where the method has nothing left to ask."""
        self._budget = trials, time
        self._cut_off = self.trace.pending if self._cut_off is None else self._cut_off
        return self._next_end() if self.task.knows_cost else self._one()

    def _may_ask(self) -> bool:
        trials, time = self._budget
        return (trials is None or self.trace.asked < trials) and (time is None or self.now < time)

    def _one(self) -> Step | None:
        begin = clock.perf_counter() - self.now
        if self._cut_off:
            trial = self._once_more(self._cut_off.pop(0))
        elif self._may_ask() and (asked := self.ask(start=self.now)):
            trial = self.evaluate(asked, self.timeout)
        else:
            return None
        self.now = clock.perf_counter() - begin
        return self.tell(replace(trial, end=self.now))

    def _next_end(self) -> Step | None:
        """A trial that is asked while others are in flight is chosen without their results, as it would be in
        reality."""
        while self._cut_off:
            self._launch(self._once_more(self._cut_off.pop(0)))
        busy = {t.worker for _, _, t in self._ends}
        for worker in sorted(set(range(self.workers)) - busy):
            trial = self.ask(start=self.now, worker=worker) if self._may_ask() else None
            if trial is None:
                break
            self._launch(self.evaluate(trial, self.timeout))
        if not self._ends:
            return None
        self.free = self.free + 1 if self._ends[0][0] <= self.now else 0  # trials in a row that took no time
        self.now, _, trial = heapq.heappop(self._ends)
        return self.tell(trial)

    def _launch(self, trial: Trial) -> None:
        end = trial.start + (trial.cost or 0.0) * self.pace.get(trial.worker, 1)
        heapq.heappush(self._ends, (end, trial.id, replace(trial, end=end)))

    def _once_more(self, trial: Trial) -> Trial:
        """Run a trial that a kill has cut off; not for ever, because it may be what ends the process."""
        if (n := self.trace.cut_off(trial)) >= BEGINNINGS:
            reason = f"the process has ended {n} times while this trial was running"
            return replace(trial, status="failed", reason=reason, cost=0.0)
        self.trace.again(trial)
        if self.file:
            self.file.write("again", trial)
        return self.evaluate(trial, self.timeout)

    def ask(self, start: float = 0.0, worker: int = 0) -> Trial | None:
        trial = self._propose()
        if trial is None:
            return None
        trial = replace(trial, start=start, worker=worker)
        if self.views:
            self._views[trial.id] = as_it_is(self.method.view())
        self.trace.started(trial)
        if self.file:
            self.file.write("ask", trial)
        return trial

    def _propose(self) -> Trial | None:
        return self.method.ask()

    def _ask_again(self, trial: Trial) -> None:
        """Bring the method to where it was when it asked for a recorded trial."""
        again = self.method.ask_again(trial)
        if again is None or (again.config, again.fidelity) != (trial.config, trial.fidelity):
            got = "nothing" if again is None else str(again.config)
            raise ValueError(
                f"this trace cannot be continued: for trial {trial.id} the method now asks for {got}, the trace has "
                f"{trial.config}; it was made by another version or with other settings"
            )

    def repeat(self, trial: Trial) -> None:
        """Ask for a recorded trial again, and keep the view that the method had."""
        self._ask_again(trial)
        self._views[trial.id] = as_it_is(self.method.view())
        self.trace.started(trial)

    def evaluate(self, trial: Trial, timeout: float | None = None) -> Trial:
        """Run a trial to its end. One that continues another has its seed and its training, and costs the rest."""
        root = trial.info.get("continues", trial.id)
        seed, stop = trial_seed(self.trace.header.seed, root), self.method.should_stop
        kept = None
        continued = self.task.fidelity is not None and not self.task.knows_cost and self.method.continues
        if continued or needs_checkpoint(self.task):
            self._kept = self._kept or _folder_of_states(self.file)
            kept = Path(self._kept.name) / str(root)
        trial = evaluate(self.task, trial, seed=seed, should_stop=stop, timeout=timeout, checkpoint=kept)
        if self.task.knows_cost and root != trial.id:
            before = [t.cost or 0.0 for t in self.trace.trials if root in (t.id, t.info.get("continues"))]
            trial = replace(trial, cost=max(0.0, (trial.cost or 0.0) - sum(before)))
        return trial

    def know(self, trial: Trial) -> Step:
        """Ask for and tell a trial of an earlier search, at no time."""
        asked = next((t for t in self.trace.pending if KNOWN in t.info), None)  # a kill may fall between ask and tell
        if asked is None:
            self.method._queue.insert(0, Proposal(trial.config, trial.fidelity, {"by": "user", KNOWN: True}))
            asked = self.ask()
        assert asked is not None
        return self.tell(replace(trial, id=asked.id, info=asked.info, worker=0, start=0.0, end=0.0))

    def tell(self, trial: Trial) -> Step:
        step = self.hear(trial)
        if len(self.trace) == ALIKE:
            _warn_of_failures(self.trace.trials)
        return step

    def hear(self, trial: Trial) -> Step:
        """Take in how a trial ended; of a recorded one that is all: its warnings were given when it ran."""
        trial = self._usable(trial)
        if self.file:
            self.file.write("tell", trial)
        self.method.tell(trial)
        return self.trace.ended(trial, self._views.pop(trial.id, None))

    def _usable(self, trial: Trial) -> Trial:
        """The trial, or, where its result does not go with the search, a failed one."""
        if trial.status != "done":
            return trial
        n = len(trial.values or (trial.value,))
        due = len(self.task.objectives) or self._objectives or n
        if n > 1 and not self.method.several:
            reason = f"it has {_MANY.format(n=n, method=self.method.name)}"
        elif n != due:
            reason = f"its result has {n} value{'' if n == 1 else 's'} where this search has {due} objectives"
        elif why := self.method.refuses(trial):
            reason = why
        else:
            self._objectives = n
            return trial
        return replace(trial, status="failed", reason=reason, value=None, values=None)


def _folder_of_states(file: TraceFile | None) -> TemporaryDirectory[str]:
    """A folder for states of trainings: beside the trace, or in the system's. It goes with the search; what a killed
    one has left goes here."""
    if file is not None:
        prefix, within = f".{file.path.name}.states-", file.path.parent
        old = list(within.glob(f"{glob.escape(prefix)}*"))  # nobody else writes this trace
    else:
        prefix, within = "nasbook-", Path(gettempdir())
        old = [folder for folder in within.glob("nasbook-*-*") if _is_orphan(folder)]
    for folder in old:
        shutil.rmtree(folder, ignore_errors=True)
    return TemporaryDirectory(prefix=f"{prefix}{os.getpid()}-", dir=within, ignore_cleanup_errors=True)


def _is_orphan(folder: Path) -> bool:
    """Has the process of our own that made this folder of states ended?"""
    pid = folder.name.split("-")[1]
    if os.name == "nt" or not pid.isdigit() or folder.is_symlink():
        return False
    try:
        if folder.stat().st_uid != os.getuid():
            return False
        os.kill(int(pid), 0)  # asks, and does nothing
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        pass
    return False


def as_it_is(view: Any) -> Any:
    """A method's view as it is now, apart from the method's own state; one that cannot be copied as it stands."""
    try:
        return deepcopy(view)
    except Exception:
        return view


def steps(
    method: str | Method | OneShot | type,
    task: str | Task | Callable[..., Any],
    *,
    trials: int | None = None,
    time: float | None = None,
    seed: int = 0,
    space: Space | None = None,
    workers: int = 1,
    timeout: float | None = None,
    first: Sequence[Mapping[str, Any]] = (),
    warm_start: Trace | str | Path | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    views: bool = True,
    fidelity: Fidelity | None = None,
    on_step: Callable[[Step], Any] | None = None,
    **settings: Any,
) -> Generator[Step, None, Trace]:
    """Search step by step: a generator of `Step`s whose return value is the `Trace`.

    method, task: names of the registry or objects; a plain function is a task if `space` is given. `settings` go to the
    method. fidelity: what a function's argument `fidelity` means, e.g. Fidelity("epoch", 1, 27). trials, time: the
    budget, in trials started and in seconds; at least one. Tasks that know their cost run on a simulated clock, and
    then `workers` trials may be in flight; `time` is in seconds of that clock. timeout: seconds after which one trial
    is given up; Python code is interrupted then, one long call of C code (a fit, a query) only when it returns
    (`nasbook run` ends it). first: configurations to try before the method chooses, e.g. `trace.top(5)` of a related
    task. warm_start: an earlier trace of the same task and space (or its file); its trials are told to the method
    before it chooses, stand first in the new trace and do not count in the budget. out: a file that receives the trace
    while it grows; with `resume=True` it is read first and the search goes on. views: keep the method's view in each
    step (what pictures are drawn from). on_step: a function that is called with each Step, e.g. to log it; if it
    raises, the search warns and goes on without it.

    Raises ValueError for whatever cannot be searched, before the first trial.
    """
    _check_words(method, settings)
    if on_step is not None and not callable(on_step):
        raise ValueError(f"on_step is a function that is called with each step, not {on_step!r:.60}")
    task = as_task(task, space, fidelity)
    method = as_method(method, space or task.space, seed, settings, task.fidelity)
    task.check_space(method.space)
    header = header_of(method, task, workers)
    one_shot = isinstance(method, OneShot)
    if isinstance(method, Method) and method.continues and task.fidelity is None:
        warnings.warn(_without_fidelity(task, method), stacklevel=2)
    _check_budget(trials, time, workers, task, one_shot, timeout)
    _check_objectives(method, task)
    if first and one_shot:
        raise ValueError(f"{method.name} trains one network that holds all configurations, so none can be tried first")
    first = [method.space.validate(config) for config in first]
    known = [] if warm_start is None else _earlier(warm_start, method, task)
    if isinstance(method, Method) and not resume:
        method.check_budget(None if trials is None else trials + len(known), task.fidelity)
        _say_repeats(method, trials)
    if resume and out is None:
        raise ValueError("resume=True goes on with a file: say which with out='trace.jsonl'")
    trace, file = Trace(header), None
    if out is not None:
        trace, file = TraceFile.open(out, header, resume=resume)
        try:
            _same_start(trace, known, Path(out))
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
            if isinstance(method, OneShot):
                yield from map(heard, train(method, task, trace, file, trials, time))
                return trace
            for config in first:
                method.enqueue(config)
            run = Run(method, task, trace, file, views, workers=workers, timeout=timeout)
            told = sum(KNOWN in t.info for t in trace.trials)
            for trial in known[told:]:
                yield heard(run.know(trial))
            budget = None if trials is None else trials + max(told, len(known))
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


def search(
    method: str | Method | OneShot | type, task: str | Task | Callable[..., Any], *, views: bool = False, **options: Any
) -> Trace:
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


BEGINNINGS = 5  # a trial whose process has ended so often has failed
ALIKE = 5  # so many failures at the beginning, all for one reason, are worth a warning
MOST_WORKERS = 1024  # of one search
FREE_TRIALS = 1000  # so many in a row at no cost end a search whose only budget is time

# ---- one-shot methods ------------------------------------------------------------------------------------


def train(
    method: OneShot,
    task: Task,
    trace: Trace,
    file: TraceFile | None = None,
    trials: int | None = None,
    time: float | None = None,
) -> Iterator[Step]:
    """Iterate a training into a trace; its state is saved beside the file after every epoch."""
    saved = file.path.with_name(file.path.name + ".state") if file else None
    if saved is not None and saved.exists() and len(trace):
        method.restore(saved)
    before = max((t.end or 0.0 for t in trace.trials), default=0.0)
    begin = clock.perf_counter()
    known = len(trace)
    if trials is not None and known >= trials:
        return
    for trial, view in method.run(task):
        if trial.id < known:  # trained again after a kill between the trace and the state
            continue
        if trial.id > trace.asked:
            raise ValueError(f"{saved} is ahead of its trace; delete it, and the search trains again from its start")
        end = before + clock.perf_counter() - begin
        trial = replace(trial, start=trace.trials[-1].end or 0.0 if len(trace) else 0.0, end=end)
        if trial.id not in trace.running:  # it is there after a kill between the two lines
            trace.started(replace(trial, status="running", value=None, metrics={}, cost=None, end=None))
            if file:
                file.write("ask", trace.pending[-1])
        if file and saved:
            file.write("tell", trial, view)
            method.save(saved)
        step, paused = trace.ended(trial, as_it_is(view)), clock.perf_counter()
        yield step
        begin += clock.perf_counter() - paused  # the clock stands still while nobody trains
        if (trials is not None and trace.asked >= trials) or (time is not None and end >= time):
            return


def _warn_of_failures(trials: Sequence[Trial]) -> None:
    kinds = {(t.status, (t.reason or "").partition(":")[0], t.place) for t in trials}
    if len(kinds) == 1 and trials[0].status == "failed":
        at = f" ({trials[0].place})" if trials[0].place else ""
        reason = " ".join((trials[0].reason or "no reason is known").split())
        warnings.warn(f"all of the first {len(trials)} trials have failed alike: {reason}{at}", stacklevel=3)


# ---- from names to objects, and checks -----------------------------------------------------------------


def as_task(
    task: str | Task | Callable[..., Any], space: Space | None = None, fidelity: Fidelity | None = None
) -> Task:
    """A task from a registry name, a Task, or a function together with a space and, if it takes one, its fidelity."""
    if fidelity is not None:
        if not isinstance(fidelity, Fidelity):
            raise ValueError(
                f'fidelity says what is counted, e.g. nasbook.Fidelity("epoch", 1, 27), not {fidelity!r:.60}'
            )
        if isinstance(task, FunctionTask) and task.fidelity is None:
            return FunctionTask(task.function, space or task.space, task.name, fidelity)
        if isinstance(task, str | Task):
            raise ValueError(f"fidelity= is for functions; {getattr(task, 'name', task)} has its own")
    if isinstance(task, str):
        return registry.make("task", task)
    if isinstance(task, Task):
        return task
    if callable(task):
        if space is None:
            raise ValueError("a function needs a space to be searched in: add space=Space(x=Float(0, 1), …)")
        return FunctionTask(task, space, fidelity=fidelity)
    raise ValueError(f"a task is a name, a Task or a function of a configuration, not {task!r}")


def _say_repeats(method: Method, trials: int | None) -> None:
    """Say so where a budget is larger than the space: the method goes on, with configurations that were tried."""
    new = 0 if trials is None else method.new_configurations(int(trials))
    if new > 1 and method.space.at_most(new - 1) and not method.space.at_most(1):
        size = int(method.space.size)
        warnings.warn(
            f"this space has {size} configurations, so at least {new - size} of the {trials} trials repeat one; "
            "'grid' ends when all are tried",
            stacklevel=3,
        )


def _without_fidelity(task: Task, method: Method) -> str:
    if isinstance(task, FunctionTask) and "fidelity" in task.context:
        return (
            f"{task.name} takes a fidelity, and the search does not know what it counts: {method.name} asks for its "
            "own numbers; say it with fidelity=nasbook.Fidelity('epoch', 1, 27)"
        )
    return f"{task.name} has no fidelity, so {method.name} evaluates it whole every time"


def _check_words(method: Any, settings: Mapping[str, Any]) -> None:
    """Other libraries' words for what a search is given, where the method has no such setting."""
    foreign = [word for word in settings if word in OTHER_WORDS]
    if foreign:
        cls = registry.find("method", method).load() if isinstance(method, str) else method
        own = {f.name for f in fields(getattr(cls, "Settings", NoSettings))}
        for word in foreign:
            if word not in own:
                raise ValueError(f"there is no argument {word!r} here: {OTHER_WORDS[word]}")


def as_method(
    method: Any, space: Space, seed: int, settings: Mapping[str, Any], fidelity: Fidelity | None = None
) -> Method | OneShot:
    """A method from a registry name, a class, or an object that has not been asked yet.

    `package.module:Class` is imported. A method of several fidelities, made here, takes the task's range and levels
    where its settings say nothing."""
    if isinstance(method, str) and ":" in method:
        _import(method)
    if fidelity is not None and isinstance(method, str | type):
        cls = registry.find("method", method).load() if isinstance(method, str) else method
        if isinstance(cls, type) and issubclass(cls, Method):
            settings = cls.suited(settings, fidelity)
    if isinstance(method, str):
        return registry.make("method", method, space, seed=seed, **settings)
    if isinstance(method, type) and issubclass(method, Method | OneShot):
        registry.remember(method)
        return method(space, seed=seed, **settings)
    if isinstance(method, Method | OneShot):
        if settings:
            raise ValueError(f"settings ({', '.join(settings)}) go to the method where it is made, not to search()")
        if isinstance(method, Method) and (method.trials or method.pending):
            raise ValueError(f"this {method.name} has been used; make a new one for a new search")
        registry.remember(type(method))
        return method
    raise ValueError(f"a method is a name of nasbook.methods(), a Method class or a new Method, not {method!r}")


def _import(name: str) -> None:
    module = name.partition(":")[0]
    try:
        importlib.import_module(module)
    except Exception as error:
        raise ValueError(f"the method {name} cannot be imported: {type(error).__name__}: {error}") from error


def header_of(method: Method | OneShot, task: Task, workers: int = 1) -> Header:
    """The header of a trace of this method on this task."""
    from nasbook import __version__

    return Header(
        method=method.name,
        task=task.name,
        space=method.space,
        seed=method.seed,
        settings=plain(asdict(method.settings)),
        arguments=plain(task.arguments),
        workers=workers,
        provenance={
            "nasbook": __version__,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            **told_of(task),
            **({"code": code} if (code := _code(task)) else {}),
        },
    )


def told_of(task: Task) -> dict[str, Any]:
    """What an export must know of a user's own task, whose code it does not run; for the header's provenance."""
    told: dict[str, Any] = {"knows_cost": True} if task.knows_cost else {}
    if task.fidelity:
        told |= {"fidelity": task.fidelity.to_dict()}
    return {"task": told} if told and (":" in task.name or isinstance(task, FunctionTask)) else {}


def _code(task: Task) -> str | None:
    """The digest of a task's code; None for those that come with nasbook, whose version tells it."""
    thing = task.function if isinstance(task, FunctionTask) else type(task)
    own = str(getattr(thing, "__module__", "")).partition(".")[0] != "nasbook"
    return digest(thing) if own else None


def _earlier(trace: Trace | str | Path, method: Method | OneShot, task: Task) -> list[Trial]:
    """The ended trials of an earlier search of the same task; ValueError where they mean something else or lie outside
    the space."""
    if isinstance(method, OneShot):
        raise ValueError(f"{method.name} trains one network that holds all configurations, so it starts without trials")
    trace = trace if isinstance(trace, Trace) else read(trace)[0]
    trials = trace.trials if trace.space == method.space else [_within(method.space, t) for t in trace.trials]
    was, now = (trace.header.task, trace.header.arguments), (task.name, plain(task.arguments))
    if was != now:
        then, here = (f"{name} with {arguments}" if arguments else name for name, arguments in (was, now))
        raise ValueError(
            f"warm_start: the earlier trace has values of {then}, not of {here}; try its best configurations first "
            "instead, with first=trace.top(5)"
        )
    if changed(trace.header.provenance.get("code"), _code(task)):
        warnings.warn(
            f"warm_start: the code of {task.name} was edited after the earlier trace was begun, so its values may mean "
            "something else than the new ones",
            stacklevel=3,
        )
    return trials


def _same_start(trace: Trace, known: Sequence[Trial], path: Path) -> None:
    """ValueError where a resumed search had begun with the trials of another trace than `known`."""
    told = [t for t in trace.trials if KNOWN in t.info]
    for was, now in zip(told, known, strict=False):
        if (was.config, was.value) != (now.config, now.value):
            raise ValueError(
                f"{path} holds another search: it had begun with another warm_start, whose trial {was.id} is "
                f"{was.config} with {was.value}, not {now.config} with {now.value}"
            )


def _within(space: Space, trial: Trial) -> Trial:
    """The trial of a smaller space in this one; ValueError names the parameter that keeps it out."""
    try:
        return replace(trial, config=space.validate(trial.config))
    except ValueError as error:
        raise ValueError(
            f"warm_start: the earlier trace has another space; only trials of this space can be told, and trial "
            f"{trial.id} is none: {error}"
        ) from None


def _check_objectives(method: Method | OneShot, task: Task) -> None:
    """ValueError where it is known before the first trial that the method cannot use what the task answers."""
    objectives = len(task.objectives)
    one = objectives < 2 and type(task).__module__.startswith("nasbook.tasks.")  # others may answer more than they tell
    if one and isinstance(method, Method) and (reason := method.refuses(Trial(0, {}, status="done", value=0.0))):
        raise ValueError(f"{task.name} has one objective: {reason}")
    if objectives > 1 and not getattr(method, "several", False):
        raise ValueError(f"{task.name} has {_MANY.format(n=objectives, method=method.name)}")


_MANY = (
    "{n} objectives and {method} minimises one; nsga2 and parego weigh several, and random, grid and the quasi-random "
    "methods do not look at them"
)


def _check_budget(
    trials: int | None, time: float | None, workers: int, task: Task, one_shot: bool, timeout: float | None
) -> None:
    if trials is None and time is None and not one_shot:
        raise ValueError("a search needs a budget: trials=40, or time=60 (seconds)")
    for name, number in (("trials", trials), ("workers", workers)):
        if number is not None and (isinstance(number, bool) or not isinstance(number, int | np.integer) or number < 1):
            raise ValueError(f"{name} must be a whole number of at least 1, not {number!r}")
    if workers > MOST_WORKERS:
        raise ValueError(f"workers must be at most {MOST_WORKERS}, not {workers}")
    for name, seconds in (("time", time), ("timeout", timeout)):
        if seconds is not None and (
            isinstance(seconds, bool) or not isinstance(seconds, int | float | np.number) or not seconds > 0
        ):
            raise ValueError(f"{name} must be a positive number of seconds, not {seconds!r}")
    if workers > 1 and not task.knows_cost:
        raise ValueError(
            f"{task.name} does not know its cost, so {workers} workers cannot be simulated; use workers=1, a table, "
            "or export a study and run it with real workers (nasbook run)"
        )
