"""Training the weights of a supernet along drawn paths, and remembering what was judged."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from nasbook.kit.checks import one_of, setting, whole
from nasbook.kit.flops import flops
from nasbook.kit.start import Images as Batch
from nasbook.kit.state import Parts
from nasbook.nas.parts.oneshot import SupernetTraining
from nasbook.nas.parts.single_path import STATISTICS, evaluate_path
from nasbook.nas.parts.supernet import SupernetSettings, SupernetView
from nasbook.nas.spaces.gates import Path

if TYPE_CHECKING:
    from nasbook.task import Task

SCORES = ("loss", "accuracy")


@dataclass(frozen=True)
class PathSettings(SupernetSettings):
    epochs: int = setting(60, "passes over the training images")
    lr: float = setting(0.1, "rate of the weights at first")
    lr_min: float = setting(0.0, "rate of the weights at the end")
    weight_decay: float = setting(5e-4, "of the weights")
    looks: int = setting(4, "paths that are judged after each epoch, drawn anew")
    score: str = setting("loss", "of the validation images, by which paths are ranked", SCORES)
    statistics: str = setting("recalibrated", "what the batch norms of a judged path expect", STATISTICS)

    def __post_init__(self) -> None:
        super().__post_init__()
        whole("looks", self.looks, 1)
        one_of("score", self.score, SCORES)
        one_of("statistics", self.statistics, STATISTICS)


class PathTraining(SupernetTraining):
    """Keeps `judged`: path -> (loss, error)."""

    Settings, mixes = PathSettings, False
    reward: float | None = None  # of a policy that draws the paths, in the last epoch

    def start(self, task: Task) -> tuple[Batch, Batch]:
        found = super().start(task)
        self.judged: dict[Path, tuple[float, float]] = {}
        self.train_loss = 0.0  # of the last epoch
        return found

    def searching(self, rounds: int) -> Iterator[int]:
        """The rounds of a search behind the training, from 0, that are still to come; it begins with no path judged."""
        for n in self.rounds(self.settings.epochs + rounds):
            if n == self.settings.epochs:
                self.judged = {}
            yield n - self.settings.epochs

    def judge(self, path: Path) -> tuple[float, float]:
        """(loss, error) on the validation images, with the weights as they are; remembered in `judged`."""
        if path not in self.judged:
            train, val = self.images
            self.judged[path] = evaluate_path(self.net, path, val, train, self.settings.statistics)
        return self.judged[path]

    def judge_some(self, paths: Sequence[Path] = ()) -> tuple[Path, float, float]:
        """After an epoch, whose weights are new: judge these paths, or some drawn uniformly; the best, its loss and
        error."""
        self.judged = {}
        for path in paths or [self.places.draw(self.rng) for _ in range(self.settings.looks)]:
            self.judge(path)
        return self.best()

    def score(self, path: Path) -> float:
        """What is minimised."""
        score = self.judged[path][SCORES.index(self.settings.score)]
        return math.inf if math.isnan(score) else score

    def flops(self, path: Path) -> int:
        """Multiply-adds of the path's network, for one image."""
        return flops(self.net.derive(path), self.images[0][0][:1])

    def best(self) -> tuple[Path, float, float]:
        path = min(self.judged, key=self.score)
        return (path, *self.judged[path])

    def parts(self) -> Parts:
        return {"judged": self.judged, "train_loss": self.train_loss}

    def believe(self) -> np.ndarray:
        """The mean accuracy of the judged paths through each operation; 0 where there is none."""
        total, n = np.zeros(self.places.allowed.shape), np.zeros(self.places.allowed.shape)
        for path, (_, error) in self.judged.items():
            total[range(len(path)), path] += 1 - error
            n[range(len(path)), path] += 1
        return total / np.maximum(n, 1)

    def shows(self, view: SupernetView) -> SupernetView:
        seen = tuple((self.places.names(path), self.score(path)) for path in self.judged)
        return replace(super().shows(view), scatter=seen, reward=self.reward)
