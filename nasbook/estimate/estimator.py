"""What every estimator is: a task that wraps a task and answers an estimate of its value, for less.

    cheap = nasbook.estimate.estimator("low-fidelity", "digits201-digits", epochs=2)
    trace = nasbook.search("regularized-evolution", cheap, trials=100)      # any strategy
    sum(t.cost for t in trace.trials)                                       # what the estimates have cost
    cheap.task.test_accuracy(trace.best.config)                             # how good the choice really is

The space is that of the task, so every method works on it. The value of a trial is the estimate, in the estimator's own
units: an error after two epochs, a negative score. Lower is better, and only the order is meant to be right. A trial's
cost is what the estimate has cost: told by the table behind it, or measured. `metrics` say what was estimated, by what.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nasbook import registry
from nasbook.answer import read
from nasbook.space import Arguments, Config, Space
from nasbook.task import Evaluation, Report, Task

MAKER = "nasbook.estimate:estimator"  # by which a trace, a study and another process make an estimator again


class Estimator(Task):
    """A cheap stand-in for `task`, a Task or the name of one. A subclass writes `estimate`.

    ValueError for a task with several objectives: an estimate is one number.
    """

    registered_as = "estimator"
    spent: float = 0.0  # seconds that the first answer costs more than the others

    def __init__(self, task: Task | str, **options: object) -> None:
        self.task: Any = registry.make("task", task) if isinstance(task, str) else task
        if not isinstance(self.task, Task):
            raise ValueError(f"{self.kind}: what is estimated must be a task or the name of one, not {task!r:.60}")
        if self.task.objectives:
            many = len(self.task.objectives)
            raise ValueError(f"{self.kind} estimates one value, but {self.task.name} has {many} objectives")
        self.space, self.also, self.knows_cost = self.task.space, self.task.also, self.task.knows_cost
        self.name, self.value_label = f"{self.kind} of {self.task.name}", f"estimate by {self.kind}"
        if self.task.name in {entry.name for entry in registry.TASKS}:
            self.name, made = MAKER, {"arguments": dict(self.task.arguments)} if self.task.arguments else {}
            self.arguments = {"kind": self.kind, "task": self.task.name, **made, **options}

    @property
    def kind(self) -> str:
        """The estimator's name in the registry."""
        raise NotImplementedError

    def check_space(self, space: Space) -> None:
        self.task.check_space(space)

    def misfit(self, space: Space) -> tuple[str, str] | None:
        return self.task.misfit(space)

    def estimate(self, config: Config, seed: int, report: Report | None) -> Evaluation:
        """An Evaluation with the estimate as its value; with its cost if `knows_cost`."""
        raise NotImplementedError

    def evaluate(
        self,
        config: Config,
        *,
        fidelity: float | None = None,
        seed: int = 0,
        report: Report | None = None,
        checkpoint: Path | None = None,
    ) -> Evaluation:
        """The estimate for one configuration; ValueError for a fidelity, since an estimator has only its own."""
        if fidelity is not None:
            raise ValueError(f"{self.kind} of {self.task.name} has no fidelity to choose")
        return self.estimate(config, seed, report)


def full(
    task: Task, config: Config, seed: int, fidelity: float | None = None, report: Report | None = None
) -> Evaluation:
    """The task's own answer as an Evaluation, for estimators that train."""
    answer = task.evaluate(config, fidelity=fidelity, seed=seed, report=report)
    return answer if isinstance(answer, Evaluation) else read(answer)[0]


def estimator(kind: str, task: Task | str, arguments: Arguments | None = None, **options: object) -> Estimator:
    """An estimator by its name in the registry; `arguments` are those of the task, where that is a name."""
    if isinstance(task, str):
        task = registry.make("task", task, **(arguments or {}))
    elif arguments:
        raise ValueError(f"{task.name} is made already, so it takes no arguments ({', '.join(arguments)})")
    return registry.make("estimator", kind, task, **options)
