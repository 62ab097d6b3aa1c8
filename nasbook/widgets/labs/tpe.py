"""The TPE lab: which trials count as good, where they lie, where the others lie, and what that says about the next.

    lab = nasbook.lab("tpe", task="cancer-svm", axis="gamma", trials=40, seed=0)
    lab.step(15); lab.set(gamma=0.5); lab.method.view().densities("C")

The picture after n steps shows the split of n trials and the trial that comes next; ahead.py says how that is known,
and what happens to the trace when γ or the number of candidates is changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import nasbook
from nasbook.hpo.tpe import TPE, TPEView
from nasbook.plots.data import Quantity, label_of
from nasbook.plots.scales import value_label
from nasbook.plots.style import plural
from nasbook.plots.traces.tree import TreePicture
from nasbook.plots.views.tpe import TPEPicture
from nasbook.prepare import as_task
from nasbook.space import Arguments, Config, Space
from nasbook.task import Task, TaskLike
from nasbook.tasks.functions import Function
from nasbook.trace import Trial
from nasbook.widgets.lookahead import AheadLab
from nasbook.widgets.shell import LIVE, Setting, choose, count, slide

OBJECTIVES: dict[str, tuple[str, Arguments]] = {
    "forrester": ("Forrester (1-D)", {}),
    "ackley": ("Ackley (1-D)", {"d": 1}),
    "branin": ("Branin (2-D)", {}),
    "cancer-svm": ("Cancer SVM", {}),
}


class TPELab(AheadLab[TPEView]):
    """TPE, one trial and one parameter at a time.

    task: a name of nasbook.tasks(), a Task, or a function of a configuration together with `space`. The other arguments
    are settings: show ('densities', or in a space with conditions 'tree'), axis (the parameter whose densities are
    drawn), gamma, candidates, trials, startup, seed.
    """

    name = "tpe"
    telling = ("gamma", (0.05, 0.1, 0.25, 0.5))

    def __init__(self, task: TaskLike = "forrester", space: Space | None = None, **values: object):
        self._own = task if isinstance(task, str) and task in OBJECTIVES else as_task(task, space)
        self._preparing = False
        super().__init__(task=self._own, **values)

    def settings(self) -> list[Setting]:
        objectives: list[tuple[str, str | Task]] = [(label, name) for name, (label, _) in OBJECTIVES.items()]
        if isinstance(self._own, Task):
            objectives.append((self._own.name or "my objective", self._own))
        names = list(_task(self._own).space.free)
        return [
            choose("task", "Objective", objectives, "forrester", "What is minimised; the method sees only its trials."),
            choose("show", "Picture", [("densities", "densities"), ("tree of the space", "tree")], "densities",
                   "The densities of one parameter, or which of them exist when, and where good trials lie.", **LIVE),
            choose("axis", "Parameter", names, names[0], "The parameter whose densities are drawn.", **LIVE),
            slide("gamma", "γ: share", 0.1, 0.02, 0.98, 0.02,
                  "The share of the trials that count as good: small looks at the very best only. "
                  "At most 25 count.", **LIVE),
            slide("candidates", "Candidates", 24, 1, 200, 1,
                  "How many points are drawn from l; the one with the largest l/g is tried.", **LIVE),
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
            self._begin_search()
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
        quantity, space = Quantity(label_of(None, self.task), accuracy=False), self.task.space
        tree = any(space.conditions[name] for name in space.free)
        self._settings["show"].enable(None if tree else "In this space no parameter depends on another.")
        self.picture: TPEPicture | TreePicture
        if tree and self.values["show"] == "tree":
            self.picture = TreePicture(space, self.total, quantity)
        else:
            self.picture = TPEPicture(space, self.values["axis"], self.total, quantity, truth)
        self.use(self.picture)

    # ---- γ is moved ------------------------------------------------------------------------------------------

    def changed(self, name: str) -> None:
        if self._preparing:
            return
        with self.changing():
            if name in ("axis", "show"):
                self._picture()
            else:
                self._believe_anew()
        self.redraw()
        if name not in ("axis", "show"):
            kept = " The trials so far are kept." if self.steps else ""
            label = self._settings[name].label.partition(":")[0]
            self.note(f"{label} changed: the next step uses it.{kept}")

    def _retell(self, trials: Sequence[Trial]) -> list[Trial]:
        """Random trials do not depend on γ: the new method asks for them itself."""
        if sum(t.status != "failed" for t in trials) >= self.values["startup"]:
            return super()._retell(trials)
        for trial in trials:
            self.method.ask()
            self.method.tell(trial)
        return list(trials)

    def _past(self, n: int) -> TPEView:
        """What the method, with the settings in force, would have believed after n of the trials."""
        method = self._method()
        method.remember(self.trace.trials[:n])
        method.ask()
        return replace(method.view(), next=self.task.space.encode(self.trace[n].trial.config))

    # ---- words -----------------------------------------------------------------------------------------------

    def begin(self) -> str:
        n = self.values["startup"]
        first = "The first trial is random" if n == 1 else f"The first {n} trials are random"
        return (
            f"Nothing has been tried yet. {first}; then the best "
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
