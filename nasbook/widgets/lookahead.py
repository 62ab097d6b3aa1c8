"""A lab that looks one step ahead: what a method believes after n trials, and the trial that comes next.

To know the next trial, the lab asks a copy of the method. Step then keeps that copy, so what was promised is what is
done, and a search in the lab leaves the same trace as `nasbook.search`.

When the belief is changed, a new method is told the trials so far as if the learner had chosen them. The trace says so
too: the settings in its header are those in force, and it can be replayed and resumed like any other.
"""

from __future__ import annotations

import copy
from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Generic, TypeVar

from nasbook.loop import Run
from nasbook.method import Method
from nasbook.prepare import header_of
from nasbook.space import Config
from nasbook.task import Task
from nasbook.trace import Step, Trace, Trial
from nasbook.widgets.shell import Lab

if TYPE_CHECKING:
    from nasbook.hpo.bayesian import BayesianView
    from nasbook.hpo.tpe import TPEView

View = TypeVar("View", "BayesianView", "TPEView")  # what the method believes


class AheadLab(Lab[Step], Generic[View]):
    """A subclass has the setting "trials", sets `task` and calls `_begin_search` in `prepare`, and writes `_method` and
    `_past`."""

    trace: Trace
    task: Task
    method: Method
    chosen: Config | None = None  # what the learner wants to try next

    def _method(self) -> Method:
        """A new method with the settings in force."""
        raise NotImplementedError

    def _past(self, n: int) -> View:
        """The view of such a method after n of the trials, with the trial that came next."""
        raise NotImplementedError

    def _looked(self, view: View) -> None:
        """The next trial is known; `view` is what the method believes."""

    def _begin_search(self) -> None:
        self.chosen = None
        self.views: list[View | None] = []  # None where the belief has changed since: made again when it is looked at
        self._use(self._method())

    def _use(self, method: Method) -> None:
        """Search with this method from now on, in a trace of its own."""
        self.method, self.trace = method, Trace(header_of(method, self.task))
        self.searching: Foreseen[View] = Foreseen(method, self.task, self.trace)

    def make_search(self) -> Generator[Step, None, Trace]:
        while step := self.searching.step(self.values["trials"]):
            self.method, self.chosen = self.searching.method, None
            self._look()
            yield step
        return self.trace

    def _look(self) -> None:
        """Ask a copy of the method what comes next, and keep what it believes."""
        view = self.searching.look(self.chosen)
        self.next = self.searching.next
        if len(self.trace) >= self.values["trials"]:
            view = replace(view, next=None)
        self.views[len(self.trace) :] = [view]
        self._looked(view)

    def _believe_anew(self) -> None:
        """A new method with the settings in force, and a trace in which it is told every trial so far."""
        trials = self.trace.trials
        self._use(self._method())
        for trial in self._retell(trials):
            self.trace.started(Trial(trial.id, trial.config, info=trial.info, start=trial.start))
            self.trace.ended(trial)
            self.searching.now = trial.end or 0.0
        self.runner.steps[:] = self.trace.steps
        self.views[:] = [None] * len(trials)
        self._look()

    def _retell(self, trials: Sequence[Trial]) -> list[Trial]:
        """Tell the new method the trials as if they had been chosen by hand; each says who really chose it."""
        kept = [replace(t, info={**t.info, "by": "user", "kept": t.info.get("kept") or who(t)}) for t in trials]
        self.method.remember(kept)
        return kept

    def frame(self, n: int) -> View:
        view = self.views[n]
        if view is None:
            view = self.views[n] = self._past(n)
        return view


class Foreseen(Run, Generic[View]):
    """A search whose next trial is known: a copy of the method has been asked for it. What the picture promised is what
    is done, because the copy then takes the method's place."""

    next: Trial | None = None
    view: View

    def look(self, chosen: Config | None) -> View:
        """What the method believes; `next` is what it, or the learner, chooses."""
        self.ahead = copy.deepcopy(self.method, {id(self.task.space): self.task.space})
        if chosen is not None:
            self.ahead.enqueue(chosen)
        self.next, self.view = self.ahead.ask(), self.ahead.view()
        return self.view

    def _propose(self) -> Trial | None:
        self.method = self.ahead
        if self.next is not None:
            self._views[self.next.id] = self.view
        return self.next


def who(trial: Trial) -> str:
    return "you" if trial.info.get("by") == "user" else "the method"
