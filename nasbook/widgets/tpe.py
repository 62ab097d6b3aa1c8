"""The TPE lab: which trials count as good, where they lie, where the others lie, and what that says about the next.

    lab = nasbook.lab("tpe", task="cancer-svm", axis="gamma", trials=40, seed=0)
    lab.step(15); lab.set(gamma=0.5); lab.method.view().densities("C")

The picture after n steps shows the split of n trials and the trial that comes next. To know it, the lab asks a copy of
the method; Step then keeps that copy, so a search in the lab leaves the same trace as `nasbook.search`.

A change of γ or of the number of candidates makes a new method that is told the trials so far as if they had been
chosen by hand, and the trace says so.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Generator
from dataclasses import replace
from typing import Any

import nasbook
from nasbook.hpo.tpe import TPE, TPEView
from nasbook.plots.data import Quantity, label_of
from nasbook.plots.scales import value_label
from nasbook.plots.style import plural
from nasbook.plots.tpe import TPEPicture
from nasbook.search import Step, Task, Trace, Trial, as_task, evaluate, header_of, trial_seed
from nasbook.space import Config, Space
from nasbook.tasks.functions import Function
from nasbook.widgets.shell import Lab, Setting, choose, count, slide

OBJECTIVES: dict[str, tuple[str, dict[str, Any]]] = {
    "forrester": ("Forrester (1-D)", {}),
    "ackley": ("Ackley (1-D)", {"d": 1}),
    "branin": ("Branin (2-D)", {}),
    "cancer-svm": ("Cancer SVM", {}),
}


class TPELab(Lab):
    """TPE, one trial and one parameter at a time.

    task: a name of nasbook.tasks(), a Task, or a function of a configuration together with `space`. The other arguments
    are settings: axis (the parameter that is drawn), gamma, candidates, trials, startup, seed.
    """

    name = "tpe"
    trace: Trace  # type: ignore[assignment]

    def __init__(self, task: str | Task | Callable[..., Any] = "forrester", space: Space | None = None, **values: Any):
        self._own = task if isinstance(task, str) and task in OBJECTIVES else as_task(task, space)
        self._preparing = False
        super().__init__(task=self._own, **values)

    def settings(self) -> list[Setting]:
        objectives: list[tuple[str, Any]] = [(label, name) for name, (label, _) in OBJECTIVES.items()]
        if isinstance(self._own, Task):
            objectives.append((self._own.name or "my objective", self._own))
        names = list(_task(self._own).space.free)
        live: dict[str, Any] = {"effect": "live"}
        return [
            choose("task", "Objective", objectives, "forrester", "What is minimised; the method sees only its trials."),
            choose("axis", "Parameter", names, names[0], "The parameter whose densities are drawn.", **live),
            slide("gamma", "γ: share", 0.1, 0.02, 0.98, 0.02,
                  "The share of the trials that count as good: small looks at the very best only. "
                  "At most 25 count.", **live),
            slide("candidates", "Candidates", 24, 1, 200, 1,
                  "How many points are drawn from l; the one with the largest l/g is tried.", **live),
            slide("trials", "Trials", 40, 2, 100, 1, "How many trials the search may make.", more=True),
            slide("startup", "Random first", 10, 1, 30, 1, "Random trials before the first split.", more=True),
            count("seed", "Seed", 0, 0, 9999, "Another seed draws other trials.", more=True),
        ]  # fmt: skip

    def prepare(self) -> None:
        self._preparing = True
        try:
            self.task = _task(self.values["task"])
            chooser, names = self.controls["axis"], tuple(self.task.space.free)
            if tuple(chooser.options) != names:
                chooser.options = names
            self.method = self._method()
            self.trace = Trace(header_of(self.method, self.task, 1))
            self.views: list[TPEView | None] = []
            self._begun = time.perf_counter()
            self._picture()
            self._look()
        finally:
            self._preparing = False

    def _method(self) -> TPE:
        v = self.values
        return TPE(self.task.space, v["seed"], **{name: v[name] for name in ("gamma", "candidates", "startup")})

    def _picture(self) -> None:
        truth = None
        if isinstance(self.task, Function):
            function, names = self.task, list(self.task.space.parameters)
            truth = lambda config: float(function([[config[n] for n in names]])[0])  # noqa: E731
        quantity = Quantity(label_of(None, self.task), accuracy=False)
        self.picture = TPEPicture(self.task.space, self.values["axis"], self.total, quantity, truth)
        self.use(self.picture)

    def make_search(self) -> Generator[Step, None, Trace]:
        while len(self.trace) < self.values["trials"] and self.next is not None:
            asked = replace(self.next, start=time.perf_counter() - self._begun)
            view = self.views[-1]
            self.method = self.ahead  # what the picture promised is what is done
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
        self.next = self.ahead.ask()
        view = self.ahead.view()
        if len(self.trace) >= self.values["trials"]:
            view = replace(view, next=None)
        self.views[len(self.trace) :] = [view]

    # ---- γ is moved ------------------------------------------------------------------------------------------

    def changed(self, name: str) -> None:
        if self._preparing:
            return
        with self.runner.between:
            if name == "axis":
                self._picture()
            else:
                self._believe_anew()
        self.redraw()
        if name != "axis":
            kept = " The trials so far are kept." if self.steps else ""
            label = self._settings[name].label.partition(":")[0]
            self.note(f"{label} changed: the next step uses it.{kept}")

    def _believe_anew(self) -> None:
        """A new method with the settings in force, and a trace in which it is told every trial so far."""
        trials = self.trace.trials
        self.method = self._method()
        self.trace = Trace(header_of(self.method, self.task, 1))
        random = sum(t.status != "failed" for t in trials) < self.values["startup"]
        for trial in trials:
            kept = trial
            if not random:  # random trials do not depend on γ, so the new method would have asked for them itself
                kept = replace(trial, info={**trial.info, "by": "user", "kept": True})
            else:
                self.method.ask()
                self.method.tell(trial)
            self.trace.started(Trial(kept.id, kept.config, info=kept.info, start=kept.start))
            self.trace.ended(kept)
        if not random:
            self.method.remember(self.trace.trials)
        self.runner.steps[:] = self.trace.steps
        self.views[:] = [None] * len(trials)
        self._look()

    def _past(self, n: int) -> TPEView:
        """What the method, with the settings in force, would have believed after n of the trials."""
        method = self._method()
        method.remember(self.trace.trials[:n])
        method.ask()
        return replace(method.view(), next=self.task.space.encode(self.trace[n].trial.config))

    def frame(self, n: int) -> TPEView:
        view = self.views[n]
        if view is None:
            view = self.views[n] = self._past(n)
        return view

    # ---- words -----------------------------------------------------------------------------------------------

    def begin(self) -> str:
        return (
            f"Nothing has been tried yet. The first {self.values['startup']} trials are random; then the best "
            f"γ = {self.values['gamma']:.0%} of the trials are called good."
        )

    def sentence(self, n: int) -> str:
        trial: Trial = self.steps[n - 1].trial
        q, view = self.picture.quantity, self.steps[n - 1].view
        found = f"found {q.text(trial.value)}" if trial.value is not None else f"failed ({trial.reason})"
        where = self._where(trial.config)
        if "kept" in trial.info:
            told = f"Trial {n}, at {where}, {found}; it was chosen before γ or the candidates were changed."
        elif view is None or not view.draws:
            told = f"Tried {where} at random: it {found}."
        else:
            told = (
                f"Chose {where}, the best l/g of {plural(self.values['candidates'], 'candidate')} drawn from l, which "
                f"{plural(len(view.below), 'good trial')} made: it {found}."
            )
        return told + (" That is the best so far." if self.steps[n - 1].incumbent is trial and n > 1 else "")

    def _where(self, config: Config) -> str:
        space = self.task.space
        return ", ".join(f"{n} = {value_label(space.parameters[n], v)}" for n, v in config.items() if n in space.free)


def _task(name: str | Task) -> Task:
    return name if isinstance(name, Task) else nasbook.task(name, **OBJECTIVES[name][1])
