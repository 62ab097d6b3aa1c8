"""A lab that looks one step ahead: what a method believes after n trials, and the trial that comes next.

To know the next trial, the lab asks a copy of the method. Step then keeps that copy, so what was promised is what is
done, and a search in the lab leaves the same trace as `nasbook.search`.

When the belief is changed, a new method is told the trials so far as if the learner had chosen them. The trace says so
too: the settings in its header are those in force, and it can be replayed and resumed like any other.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import Any

from nasbook.evaluation import evaluate
from nasbook.method import Method
from nasbook.search import header_of
from nasbook.space import Config
from nasbook.task import Task, trial_seed
from nasbook.trace import Step, Trace, Trial
from nasbook.widgets.shell import Lab


class AheadLab(Lab):
    """A subclass has the setting "trials", sets `task` and calls `_begin_search` in `prepare`, and writes `_method` and
    `_past`."""

    trace: Trace  # type: ignore[assignment]
    task: Task
    method: Any  # the subclass knows which
    chosen: Config | None = None  # what the learner wants to try next

    def _method(self) -> Method:
        """A new method with the settings in force."""
        raise NotImplementedError

    def _past(self, n: int) -> Any:
        """The view of such a method after n of the trials, with the trial that came next."""
        raise NotImplementedError

    def _looked(self, view: Any) -> None:
        """The next trial is known; `view` is what the method believes."""

    def _begin_search(self) -> None:
        self.chosen = None
        self.method = self._method()
        self.trace = Trace(header_of(self.method, self.task))
        self.views: list[Any] = []  # None where the belief has changed since: made again when it is looked at
        self._begun = time.perf_counter()

    def make_search(self) -> Generator[Step, None, Trace]:
        while len(self.trace) < self.values["trials"] and self.next is not None:
            asked = replace(self.next, start=time.perf_counter() - self._begun)
            view = self.views[-1]
            self.method, self.chosen = self.ahead, None  # what the picture promised is what is done
            self.trace.started(asked)
            trial = evaluate(self.task, asked, seed=trial_seed(self.method.seed, asked.id))
            trial = replace(trial, end=time.perf_counter() - self._begun)
            self.method.tell(trial)
            step = self.trace.ended(trial, view)
            self._look()
            yield step
        return self.trace

    def _look(self) -> None:
        """Ask a copy of the method what comes next, and keep what it believes."""
        self.ahead = copy.deepcopy(self.method, {id(self.task.space): self.task.space})
        if self.chosen is not None:
            self.ahead.enqueue(self.chosen)
        self.next = self.ahead.ask()
        view = self.ahead.view()
        if len(self.trace) >= self.values["trials"]:
            view = replace(view, next=None)
        self.views[len(self.trace) :] = [view]
        self._looked(view)

    def _believe_anew(self) -> None:
        """A new method with the settings in force, and a trace in which it is told every trial so far."""
        trials = self.trace.trials
        self.method = self._method()
        self.trace = Trace(header_of(self.method, self.task))
        for trial in self._retell(trials):
            self.trace.started(Trial(trial.id, trial.config, info=trial.info, start=trial.start))
            self.trace.ended(trial)
        self.runner.steps[:] = self.trace.steps
        self.views[:] = [None] * len(trials)
        self._look()

    def _retell(self, trials: Sequence[Trial]) -> list[Trial]:
        """Tell the new method the trials as if they had been chosen by hand; each says who really chose it."""
        kept = [replace(t, info={**t.info, "by": "user", "kept": t.info.get("kept") or who(t)}) for t in trials]
        self.method.remember(kept)
        return kept

    def frame(self, n: int) -> Any:
        if self.views[n] is None:
            self.views[n] = self._past(n)
        return self.views[n]


def who(trial: Trial) -> str:
    return "you" if trial.info.get("by") == "user" else "the method"
