"""A task as other packages call it: a configuration goes in, values come back epoch by epoch, and the trial at the end.

    OBJECTIVE = Objective("digits-mlp", {"epochs": 20}, seed=3, fidelity=20, when={"momentum": {"optimizer": ["sgd"]}})
    trial = OBJECTIVE({"lr": 0.1, …}, number=7, report=lambda epoch, value: stop)

What `nasbook export --to …` writes evaluates its trials so.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from zlib import crc32

from nasbook.evaluation import evaluate
from nasbook.scale.target import make_task
from nasbook.scale.trust import Trust
from nasbook.space import Arguments, Config, Constant, Scalar, Space
from nasbook.task import Task, trial_seed
from nasbook.trace import Trial


class TrialFailed(RuntimeError):
    """A trial without a value; the text says why."""


@dataclass
class Objective:
    """A task by its name, made when it is first called.

    when: the conditions of the space; a parameter that does not exist is left out before the task sees it.
    seed, training: as in a study, of the search and of all trainings. fidelity: the full effort, e.g. epochs.
    timeout: seconds for one trial. folder, trust: where the task's module lies, and what else may be imported.
    """

    name: str
    arguments: Arguments = field(default_factory=dict)
    when: Mapping[str, Mapping[str, Sequence[Scalar]]] = field(default_factory=dict)
    seed: int = 0
    training: int | None = None
    fidelity: float | None = None
    timeout: float | None = None
    folder: str | Path = "."
    trust: Sequence[str] = ()
    _task: Task | None = field(default=None, repr=False)

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_task": None}  # another process makes its own

    def __call__(
        self,
        config: Mapping[str, Scalar],
        *,
        number: int | None = None,
        fidelity: float | None = None,
        report: Callable[[float, float], object] | None = None,
        checkpoint: Path | None = None,
    ) -> Trial:
        """The trial, done or pruned, of a configuration; TrialFailed says why there is none.

        number: of the trial, which gives its seed; without, the configuration does. fidelity: instead of the full one.
        report: called with each epoch's value; what is true of its answer stops the trial. checkpoint: a file from
        which the training goes on."""
        config = self.active(config)
        if number is None:
            number = crc32(json.dumps(config, sort_keys=True).encode())
        if self._task is None:
            trust = Trust(Path(self.folder).resolve(), tuple(self.trust))
            space = Space({name: Constant(value) for name, value in config.items()})
            self._task = make_task(self.name, self.arguments, space, trust)

        def should_stop(_: Trial, curve: Sequence[tuple[float, float]]) -> str | None:
            return "stopped by its scheduler" if report is not None and report(*curve[-1]) else None

        trial = evaluate(
            self._task,
            Trial(number, config, self.fidelity if fidelity is None else fidelity),
            seed=trial_seed(self.seed, number) if self.training is None else self.training,
            should_stop=should_stop,
            timeout=self.timeout,
            checkpoint=checkpoint,
        )
        if trial.status == "failed":
            raise TrialFailed(trial.reason or "the trial failed")
        return replace(trial, fidelity=fidelity)

    def active(self, config: Mapping[str, Scalar]) -> Config:
        """The parameters that exist, given the values of those that they depend on, in whatever order they come."""

        def exists(name: str) -> bool:
            conditions = self.when.get(name, {}).items()
            return all(
                parent in config and config[parent] in values and exists(parent) for parent, values in conditions
            )

        return {name: value for name, value in config.items() if exists(name)}
