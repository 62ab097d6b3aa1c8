"""Weight sharing: one supernet, trained once, judges every architecture by the path through it.

    w ← train all paths together, one drawn at each step                         once, before the first estimate
    ŷ(a) = L_val(w(a))                the loss of a's path, its batch norms recalibrated on 100 training images

Cheap where training one architecture alone costs as much as judging very many paths: on images of 8×8 pixels a judged
path costs a twentieth to a thirtieth of a training, on larger ones far less. The loss ranks better than the error, of
which a few hundred images give few different values.

A table's cells are judged on the images that they were trained on, and the cost is told in its steps of training: a
step along one path is one step of a cell of average cost, and a judgement `JUDGE` of that cell's own.

Paper: Guo et al., Single Path One-Shot Neural Architecture Search with Uniform Sampling, ECCV 2020.
"""

from __future__ import annotations

import time

from nasbook import registry
from nasbook.estimate.estimator import Estimator
from nasbook.nas.parts.trained import Trained
from nasbook.space import Config
from nasbook.task import Evaluation, KnowsScores, Report, Task

JUDGE = 2.7  # steps: 100 images in training mode and 300 forward, against 50 forward and backward


class WeightSharing(Estimator):
    """The loss of a path through a trained supernet. strategy: a method that trains one; seed: of that training;
    statistics: of the batch norms, "recalibrated", "running" or "batch"; further settings go to the strategy.

    metrics: error, that of the path. ValueError where there is no supernet of the task's space, or no images."""

    kind = "weight-sharing"

    def __init__(
        self,
        task: Task | str,
        strategy: str = "spos",
        seed: int = 0,
        statistics: str = "recalibrated",
        **settings: object,
    ) -> None:
        given = {"strategy": (strategy, "spos"), "seed": (seed, 0), "statistics": (statistics, "recalibrated")}
        super().__init__(task, **{k: v for k, (v, default) in given.items() if v != default}, **settings)
        images, self.looks_up = self.task, isinstance(self.task, KnowsScores)
        if self.looks_up:
            images = registry.make("task", "digits-cells", data=self.task.dataset)
        try:
            self.supernet = Trained(images, strategy, seed, statistics, **settings)
        except ValueError as error:
            raise ValueError(f"{self.kind}: {error}") from None
        self.spent = 0.0  # on the training, seconds

    def estimate(self, config: Config, seed: int, report: Report | None) -> Evaluation:
        begin, new = time.perf_counter(), not self.supernet.ready
        if new:
            self.supernet.train()
            self.spent = time.perf_counter() - begin
        loss, error = self.supernet.judge(config)
        cost = time.perf_counter() - begin if self.knows_cost else None
        if self.looks_up:
            step = self.task.columns["step"]
            if new:
                method = self.supernet.method
                steps = method.settings.epochs * (len(method.images[0][1]) // method.settings.batch)
                self.spent = steps * float(step.mean())
            cost = self.spent * new + JUDGE * float(step[self.task.row(config)])
        return Evaluation(loss, metrics={"estimator": self.kind, "error": error}, cost=cost)
