"""A trained supernet as a task: every method that asks and tells can search its paths.

    task = SupernetTask()                                            # trains when it is first asked, some seconds
    trace = nasbook.search("regularized-evolution", task, trials=100)
    nasbook.search("random", task, trials=100)                       # its natural baseline
    nasbook.task("digits201-digits").test_accuracy(trace.best.config)

A trial costs what it takes to judge a path: some forward passes, no training; the first one trains the supernet.
Architectures are ranked by the weights that they share. What a search finds here should be trained alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nasbook import registry
from nasbook.nas.parts.trained import Trained
from nasbook.nas.spaces.cost import flops
from nasbook.space import Config
from nasbook.task import Evaluation, Report, Task
from nasbook.tasks.objectives import weigh, weighed


class SupernetTask(Task):
    """Validation error of a path, with shared weights.

    task: the name of a task whose architectures are trained alone, and data its images ("digits", "messy" or
    "textures"). strategy: a method that trains a
    supernet. seed: of its training; that of an evaluation changes nothing. statistics: of the batch norms of a path:
    "recalibrated", "running" or "batch". objectives: "error" with "parameters" or "flops" (millions) of the path's
    network, to be minimised together. Further settings go to the strategy; metrics have the loss, too.

    Raises ValueError for what does not fit."""

    name = "digits-supernet"
    value_label = "validation error with shared weights"
    limits = {}

    def __init__(
        self,
        task: str = "digits-cells",
        data: str = "digits",
        strategy: str = "spos",
        seed: int = 0,
        statistics: str = "recalibrated",
        objectives: Sequence[str] = (),
        **settings: object,
    ) -> None:
        given = {
            "task": (task, "digits-cells"),
            "data": (data, "digits"),
            "strategy": (strategy, "spos"),
            "seed": (seed, 0),
        }
        given["statistics"] = (statistics, "recalibrated")
        for name in ("task", "data", "strategy"):
            if not isinstance(given[name][0], str):
                raise ValueError(f"{self.name}: {name} is a name, not {given[name][0]!r:.60}")
        self.alone: Any = registry.make("task", task, **({} if data == "digits" else {"data": data}))
        self.space = self.alone.space
        self.supernet = Trained(self.alone, strategy, seed, statistics, **settings)
        self.arguments = {k: v for k, (v, default) in given.items() if v != default} | settings
        self._weighed = weigh(self, objectives, ("parameters", "flops"))

    def evaluate(
        self,
        config: Config,
        *,
        fidelity: float | None = None,
        seed: int = 0,
        report: Report | None = None,
        checkpoint: Path | None = None,
    ) -> Evaluation:
        """The error of one path. Metrics: accuracy, loss; with several objectives also what they need."""
        loss, error = self.supernet.judge(config)
        answer = Evaluation(error, metrics={"accuracy": 1 - error, "loss": loss})
        return weighed(answer, self._weighed, self._costs(config) if self._weighed else {})

    def _costs(self, config: Config) -> dict[str, float]:
        net = self.alone.network(config, 0)
        x = self.alone.tensors["train"][0][:1]
        return {"parameters": sum(p.numel() for p in net.parameters()), "flops": flops(net.to(x.device), x) / 1e6}
