"""The search loop: a method asks, a task answers, the method is told, a step is written down.

`Run` is a search of an ask/tell method, trial by trial; `train` iterates a method that owns its training loop.
"""

from __future__ import annotations

import heapq
import time as clock
import warnings
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from nasbook.evaluation import evaluate, evaluate_many
from nasbook.meter import Meter
from nasbook.method import KNOWN, MANY, Method, OneShot, Proposal
from nasbook.states import folder_of_states
from nasbook.task import Task, needs_checkpoint, trial_seed
from nasbook.trace import Step, Trace, Trial
from nasbook.trace_file import TraceFile

View = TypeVar("View")
BEGINNINGS = 5  # a trial whose process has ended so often has failed
ALIKE = 5  # so many failures at the beginning, all for one reason, are worth a warning


class Run:
    """A search under way: asks the method, tells it, and writes both down.

    `step` makes one trial after the other: on a clock that jumps to the next end of a trial where the task knows its
    cost (what a cluster of `workers` would do, at a table's speed), on this machine's clock otherwise. `now` is that
    clock in seconds; it stands still between two steps. Engines of scale/ drive `ask`, `evaluate` and `tell`.

    packed: how many trials a task that can evaluate several at once is given together, as long as the method would
    choose them alike without their results. Their ends are told together, and each lasts for its share of the seconds.
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
        packed: int = 1,
        pace: Mapping[int, float] | None = None,
    ) -> None:
        self.method, self.task, self.trace, self.file, self.views = method, task, trace, file, views
        self.workers, self.timeout, self.packed, self.pace = workers, timeout, packed, pace or {}
        self.now, self.free = max((t.end or 0.0 for t in trace.trials), default=0.0), 0
        self._cut_off: list[Trial] | None = None  # what a kill cut off is run again first; known at the first step
        self._ends: list[tuple[float, int, Trial]] = []  # a heap of what is in flight: (end, id, finished trial)
        self._told: deque[Step] = deque()  # of a pack, the steps that have not been handed out
        self._views: dict[int, object] = {}
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
        if self._told:
            return self._told.popleft()
        if self.task.knows_cost:
            return self._next_end()
        return self._one() if self.packed == 1 else self._several()

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

    def _several(self) -> Step | None:
        """A pack of trials to their ends. One that a kill has cut off is filled up again, as it would have been."""
        begin, start = clock.perf_counter() - self.now, self.now
        if any(self.trace.begun(t) > 1 for t in self._cut_off or ()):
            return self._one()  # the pack has ended the process twice: which of its trials does?
        pack = [self._begin_again(t) for t in self._cut_off or ()]
        self._cut_off = []
        while len(pack) < self.packed and self._may_ask() and (not pack or self.method.settled()):
            if (trial := self.ask(start=start)) is None:
                break
            pack.append(trial)
        ended = self.evaluate_many(pack, self.timeout)
        self.now = clock.perf_counter() - begin
        for trial in ended:  # one after the other, each for its share
            end = min(start + (trial.cost or 0.0), self.now)
            self._told.append(self.tell(replace(trial, start=start, end=end)))
            start = end
        return self._told.popleft() if self._told else None

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
        return self.evaluate(self._begin_again(trial), self.timeout)

    def _begin_again(self, trial: Trial) -> Trial:
        self.trace.again(trial)
        if self.file:
            self.file.write("again", trial)
        return trial

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
        (seed,), (kept,) = self._seeds([trial]), self._states([trial])
        stop = self.method.should_stop
        trial = evaluate(self.task, trial, seed=seed, should_stop=stop, timeout=timeout, checkpoint=kept)
        root = _root(trial)
        if self.task.knows_cost and root != trial.id:
            before = [t.cost or 0.0 for t in self.trace.trials if root in (t.id, t.info.get("continues"))]
            trial = replace(trial, cost=max(0.0, (trial.cost or 0.0) - sum(before)))
        return trial

    def evaluate_many(self, trials: Sequence[Trial], timeout: float | None = None) -> list[Trial]:
        """Run trials to their ends at once, those of each fidelity together."""
        return evaluate_many(
            self.task,
            trials,
            seeds=self._seeds(trials),
            should_stop=self.method.should_stop,
            timeout=timeout,
            checkpoints=self._states(trials),
        )

    def _seeds(self, trials: Sequence[Trial]) -> list[int]:
        return [trial_seed(self.trace.header.seed, _root(t)) for t in trials]

    def _states(self, trials: Sequence[Trial]) -> list[Path | None]:
        """Where the trainings of these trials are kept; None where nothing goes on with them."""
        continued = self.task.fidelity is not None and not self.task.knows_cost and self.method.continues
        if not continued and not needs_checkpoint(self.task):
            return [None] * len(trials)
        self._kept = self._kept or folder_of_states(self.file)
        return [Path(self._kept.name) / str(_root(t)) for t in trials]

    def know(self, trial: Trial) -> Step:
        """Ask for and tell a trial of an earlier search, at no time."""
        asked = next((t for t in self.trace.pending if KNOWN in t.info), None)  # a kill may fall between ask and tell
        if asked is None:
            self.method.queue.insert(0, Proposal(trial.config, trial.fidelity, {"by": "user", KNOWN: True}))
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
            reason = f"it has {MANY.format(n=n, method=self.method.name)}"
        elif n != due:
            reason = f"its result has {n} value{'' if n == 1 else 's'} where this search has {due} objectives"
        elif why := self.method.refuses(trial):
            reason = why
        else:
            self._objectives = n
            return trial
        return replace(trial, status="failed", reason=reason, value=None, values=None)


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
    meter = Meter()
    meter.begin()
    for trial, view in method.run(task):
        trial = replace(trial, used=meter.lap())
        if trial.id < known:  # trained again after a kill between the trace and the state
            continue
        if trial.id > trace.asked:
            raise ValueError(f"{saved} is ahead of its trace; delete it, and the search trains again from its start")
        end = before + clock.perf_counter() - begin
        trial = replace(trial, start=trace.trials[-1].end or 0.0 if len(trace) else 0.0, end=end)
        if trial.id not in trace.running:  # it is there after a kill between the two lines
            trace.started(replace(trial, status="running", value=None, metrics={}, cost=None, end=None, used={}))
            if file:
                file.write("ask", trace.pending[-1])
        if file and saved:
            file.write("tell", trial, view)
            method.save(saved)
        step, paused = trace.ended(trial, as_it_is(view)), clock.perf_counter()
        yield step
        begin += clock.perf_counter() - paused  # the clock stands still while nobody trains
        meter.lap()
        if (trials is not None and trace.asked >= trials) or (time is not None and end >= time):
            return


def _root(trial: Trial) -> int:
    """The first trial of the training that it goes on with."""
    return trial.info.get("continues", trial.id)


def _warn_of_failures(trials: Sequence[Trial]) -> None:
    kinds = {(t.status, (t.reason or "").partition(":")[0], t.place) for t in trials}
    if len(kinds) == 1 and trials[0].status == "failed":
        at = f" ({trials[0].place})" if trials[0].place else ""
        reason = " ".join((trials[0].reason or "no reason is known").split())
        warnings.warn(f"all of the first {len(trials)} trials have failed alike: {reason}{at}", stacklevel=3)


def as_it_is(view: View) -> View:
    """A method's view as it is now, apart from the method's own state; one that cannot be copied as it stands."""
    try:
        return deepcopy(view)
    except Exception:
        return view
