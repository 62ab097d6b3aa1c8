"""SPOS: train a supernet one path at a time, each as likely as the others; then let evolution find the best path.

    1. repeat:  a ~ U(A);   w ← w − ξ ∇_w L_train(w(a))                    only what is on the path learns
    2. P ← n random architectures;  a rounds times:
           score all of P by the loss on the validation images, the batch norms recalibrated for each
           P ← n/2 children of two of the k best so far, each choice from either,
               n/2 mutants of one of them, each choice drawn anew with probability p,  none seen before;
               what tries cannot find is filled up at random

The k best are those of all rounds, so nothing good is lost. What is found should be trained alone: the loss with shared
weights ranks architectures only roughly, and evolution finds what the supernet errs on, too.

The trial of an epoch of training is the best of a few paths drawn and judged after it; of a round, the best of all so
far. The authors' n, k and rounds are 50, 10 and 20, for a space of billions; here they are 20, 5 and 5. They rank by
accuracy, on tens of thousands of images; on 300 many paths have the same, and the loss tells them apart.

`max_flops` bounds what is judged, and so what is found: a child beyond it is drawn again. The authors' bound is 330
million; here there is none unless it is set, for a path costs between 0.01 and 0.5.

Paper: Guo et al., Single Path One-Shot Neural Architecture Search with Uniform Sampling, ECCV 2020. Read first: `run`.
Left out: label smoothing, and training the supernet along paths of like FLOPs only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from nasbook.kit.checks import setting, whole, within
from nasbook.kit.threads import one_thread_a_step
from nasbook.nas.parts.sampling import PathSettings, PathTraining
from nasbook.nas.parts.supernet import SupernetView
from nasbook.nas.spaces.gates import Path
from nasbook.space import Config
from nasbook.task import Task
from nasbook.trace import Trial


@dataclass(frozen=True)
class SposSettings(PathSettings):
    rounds: int = setting(5, "of evolution, behind the training; 0 leaves it out")
    population: int = setting(20, "architectures a round (n)")
    top: int = setting(5, "the best of all so far, which are parents (k)")
    mutation: float = setting(0.1, "probability that a choice of a mutant is drawn anew (p)")
    tries: int = setting(10, "draws for each child, until it is one that was not seen")
    max_flops: float = setting(0.0, "most multiply-adds for an image, in millions; 0: no bound")

    def __post_init__(self) -> None:
        super().__post_init__()
        whole("rounds", self.rounds, 0)
        for name in ("population", "top", "tries"):
            whole(name, getattr(self, name), 1)
        within("mutation", self.mutation, 0, 1)
        within("max_flops", self.max_flops, 0)


class Spos(PathTraining):
    name = "spos"
    Settings = SposSettings

    @property
    def total(self) -> int:
        return self.settings.epochs + self.settings.rounds

    @one_thread_a_step
    def run(self, task: Task) -> Iterator[tuple[Trial, SupernetView]]:
        """Train, then search; yields after each epoch and each round. ValueError if the task has no images."""
        train, _ = self.start(task)
        self.spare = self.smallest()
        for _ in self.epochs():
            losses = [self.step_paths(batch, [self.places.draw(self.rng)]) for batch in self.batches(train)]
            self.train_loss = sum(losses) / len(losses)
            self.judged, look = {}, lambda: self.space.sample(self.rng)
            some = self.fill([], self.settings.looks, look) if self.settings.max_flops else []
            yield self.ended(self.train_loss, *self.judge_some(some or self.spare))
        for _ in self.searching(self.settings.rounds):
            for path in self.population() or self.spare:
                self.judge(path)
            yield self.ended(self.train_loss, *self.best())

    def population(self) -> list[Path]:
        """The architectures of a round, none of which was seen before."""
        n, new = self.settings.population, list[Path]()
        if parents := [self.places.config(path) for path in sorted(self.judged, key=self.score)[: self.settings.top]]:
            self.fill(new, n // 2, lambda: self.crossover(parents))
            self.fill(new, 2 * (n // 2), lambda: self.mutant(parents))
        return self.fill(new, n, lambda: self.space.sample(self.rng))

    def fill(self, new: list[Path], up_to: int, make: Callable[[], Config]) -> list[Path]:
        """Add what is made, was not seen and lies within the bound, as far as tries find such."""
        for _ in range(self.settings.tries * self.settings.population):
            if len(new) >= up_to:
                break
            path = self.places.path(make())
            if path not in self.judged and path not in new and self.fits(path):
                new.append(path)
        return new

    def fits(self, path: Path) -> bool:
        most = self.settings.max_flops
        return not most or self.flops(path) <= 1e6 * most

    def smallest(self) -> list[Path]:
        """The cheapest of some paths, if there is a bound. ValueError where that lies beyond it."""
        s, rng = self.settings, np.random.default_rng(self.seed)
        drawn = [self.places.draw(rng) for _ in range(s.tries * s.population if s.max_flops else 0)]
        best = sorted(drawn, key=self.flops)[:1]
        if best and not self.fits(best[0]):
            least = self.flops(best[0]) / 1e6
            raise ValueError(
                f"{self.name}: max_flops must be at least some {least:.3g} million here, not {s.max_flops:g}"
            )
        return best

    def crossover(self, parents: list[Config]) -> Config:
        a, b = (parents[k] for k in self.rng.integers(len(parents), size=2))
        return {name: (a if self.rng.random() < 0.5 else b)[name] for name in a}

    def mutant(self, parents: list[Config]) -> Config:
        parent, fresh = parents[self.rng.integers(len(parents))], self.space.sample(self.rng)
        return {name: (fresh if self.rng.random() < self.settings.mutation else parent)[name] for name in parent}
