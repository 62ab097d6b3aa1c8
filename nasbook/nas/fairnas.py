"""FairNAS: train every operation of a supernet equally often, on the same images and at the same weights.

    1. repeat:  one batch;  at every place a random permutation of its m operations
                for k = 1 … m:  g ← g + ∇_w L_train(w(path of the k-th of each permutation))       no step yet
                w ← w − ξ g                                                                        one step
    2. NSGA-II over (score of a path, number of its weights, its multiply-adds) with the supernet as it is

After K steps each operation was trained exactly K times (strict fairness). Uniform draws (SPOS) give K in the mean
only: after Km paths a count has variance K (m − 1) / m, and all counts of a place are equal with probability
(Km)! / (K!^m m^{Km}): .038 for m = 5 and K = 1, and .00002 for K = 60.

The sum of m gradients is m times as long for what every path shares, and as long as ever for the operations: `clip`
bounds it. A step costs m paths, so for the cost of SPOS there are m times fewer steps: 12 epochs of digits are its 60.
Multiply-adds are left out unless `madds` is set: here they order cells nearly as weights do (τ .92 over Digits-201).

Paper: Chu, Zhang & Xu, FairNAS: Rethinking Evaluation Fairness of Weight Sharing Neural Architecture Search, ICCV 2021.
Read first: `run`. NSGA-II is the method `nsga2`, asked and told.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from nasbook import registry
from nasbook.kit.checks import flag, setting, whole
from nasbook.kit.state import Parts
from nasbook.kit.threads import one_thread_a_step
from nasbook.nas.parts.sampling import PathSettings, PathTraining
from nasbook.nas.parts.supernet import SupernetView
from nasbook.nas.spaces.gates import Path, Places
from nasbook.task import Task
from nasbook.trace import Trial


@dataclass(frozen=True)
class FairNASSettings(PathSettings):
    epochs: int = setting(12, "passes over the training images, each with m paths a step")
    rounds: int = setting(5, "of NSGA-II, behind the training; 0 leaves it out")
    population: int = setting(20, "architectures a round")
    madds: bool = setting(False, "weigh the multiply-adds of a path, too")

    def __post_init__(self) -> None:
        super().__post_init__()
        whole("rounds", self.rounds, 0)
        whole("population", self.population, 2)
        flag("madds", self.madds)


def fair(places: Places, rng: np.random.Generator) -> list[Path]:
    """m paths in which each of the m operations stands once at every place; what else a configuration says, such as
    which nodes are read, is the same in all of them.

    ValueError where the operations of different places differ in number."""
    base, choices = places.space.sample(rng), places.choices
    if len({len(options) for options in choices.values()}) > 1:
        raise ValueError("strictly fair sampling needs places with equally many operations")
    orders = {name: [options[k] for k in rng.permutation(len(options))] for name, options in choices.items()}
    columns = zip(*orders.values(), strict=True)
    return [places.path({**base, **dict(zip(orders, ops, strict=True))}) for ops in columns]


class FairNAS(PathTraining):
    name = "fairnas"
    Settings = FairNASSettings

    @property
    def total(self) -> int:
        return self.settings.epochs + self.settings.rounds

    @one_thread_a_step
    def run(self, task: Task) -> Iterator[tuple[Trial, SupernetView]]:
        """Train, then search; yields after each epoch and each round. ValueError if the task has no images, or where
        places have different numbers of operations."""
        train, _ = self.start(task)
        self.told: list[tuple[float, ...]] = []  # what NSGA-II was told, one after the other
        for _ in self.epochs():
            losses = [self.step_paths(batch, fair(self.places, self.rng)) for batch in self.batches(train)]
            self.train_loss = sum(losses) / len(losses)
            yield self.ended(self.train_loss, *self.judge_some())
        for n in self.searching(self.settings.rounds):
            self.search(self.settings.population * (n + 1))
            yield self.ended(self.train_loss, *self.best())

    def search(self, trials: int) -> None:
        """NSGA-II up to so many trials. It is asked from its beginning, and what it was told before is told again: so
        a stopped search goes on as it would have."""
        nsga2 = registry.make("method", "nsga2", self.space, seed=self.seed, population=self.settings.population)
        for n in range(trials):
            trial = nsga2.ask()
            path = self.places.path(trial.config)
            if n == len(self.told):
                self.judge(path)
                self.told.append((self.score(path), *self.costs(path)))
            values = self.told[n]
            nsga2.tell(replace(trial, status="done", value=values[0], values=values))

    def costs(self, path: Path) -> list[float]:
        """The number of weights of the path's network, and its multiply-adds."""
        weights = sum(p.numel() for p in self.net.derive(path).parameters())
        return [float(weights), float(self.flops(path))] if self.settings.madds else [float(weights)]

    def parts(self) -> Parts:
        return {**super().parts(), "told": self.told}
