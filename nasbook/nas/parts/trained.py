"""A supernet that has been trained once, and what it says of any architecture of its space."""

from __future__ import annotations

from dataclasses import fields

from nasbook import registry
from nasbook.kit.checks import one_of
from nasbook.kit.threads import one_thread
from nasbook.nas.parts.oneshot import SupernetTraining
from nasbook.nas.parts.single_path import STATISTICS, evaluate_path
from nasbook.space import Config
from nasbook.task import HoldsImages, Task


class Trained:
    """The supernet of a strategy, trained when it is first asked; the same arguments give the same answers.

    task: has the images and the space. strategy: a method of the registry that trains a supernet; settings: of it; a
    search behind its training is left out. statistics: as in single_path.py. ValueError for what does not fit,
    before anything is trained."""

    def __init__(
        self, task: Task, strategy: str = "spos", seed: int = 0, statistics: str = "recalibrated", **settings: object
    ) -> None:
        one_of("statistics", statistics, STATISTICS)
        if not isinstance(task, HoldsImages):
            raise ValueError(f"a supernet is trained on images, and {task.name} has none; use 'digits-cells'")
        cls = registry.find("method", strategy).load()
        if not issubclass(cls, SupernetTraining):
            raise ValueError(f"strategy must be one that trains a supernet, such as 'spos', not {strategy!r}")
        if "rounds" in {f.name for f in fields(cls.Settings)}:
            settings = {**settings, "rounds": 0}
        self.task, self.statistics = task, statistics
        self.method: SupernetTraining = cls(task.space, seed=seed, **settings)
        self.ready = False

    @one_thread()
    def train(self) -> None:
        """Train the supernet to the end; RuntimeError if it diverges."""
        for trial, _ in self.method.run(self.task):
            if trial.status == "failed":
                raise RuntimeError(f"the supernet of {self.method.name} has {trial.reason}")
        self.ready = True

    @one_thread()
    def judge(self, config: Config) -> tuple[float, float]:
        """(loss, error) of a configuration on the validation images, with the weights that all share."""
        if not self.ready:
            self.train()
        train, val = self.method.images
        return evaluate_path(self.method.net, self.method.places.path(config), val, train, self.statistics)
