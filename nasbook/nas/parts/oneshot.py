"""What searches on a supernet share: its data, its weights' optimiser, measuring, stopping and going on.

A strategy keeps something beside the weights w of the supernet (α, a controller, counts, nothing), and its `run` reads

    train, val = self.start(task)                     the net, its weights and their optimiser
    …                                                 what the strategy keeps, at its beginning
    for xi in self.epochs():                          with the weights' rate ξ; it goes on where a saved state ends
        for batch in self.batches(train):
            …                                         its step, and the weights': self.step_w(batch, gates)
        yield self.ended(train_loss, path, *evaluate_path(…))

It says by two hooks what that is: `parts`, all that the next epoch depends on besides the net, and `believe`, the table
that its view shows. `counts` (places, ops) says how often the weights of each operation were trained on a path.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from nasbook import registry
from nasbook.kit import learner
from nasbook.kit.optimisers import SGD
from nasbook.kit.start import Images as Batch
from nasbook.kit.start import init_weights, splits_of
from nasbook.kit.state import Resumable
from nasbook.nas.parts.supernet import SupernetSettings, SupernetView
from nasbook.nas.spaces.gates import Gated, Gates, Path, Places, single
from nasbook.space import Space
from nasbook.task import Task
from nasbook.trace import Trial


class SupernetTraining(Resumable):
    """A training of `self.net`, the supernet of `self.places`, epoch by epoch."""

    Settings = SupernetSettings
    View = SupernetView
    always = ("done_epochs", "net", "w_optimiser", "counts")
    mixes = True  # does it run several operations of a place at once?
    done_epochs, failed, stopped = 0, False, False

    # ---- what a strategy says, besides `parts` ----------------------------------------------------------------

    def believe(self) -> np.ndarray | Tensor:
        """A number for each place and operation (places, ops): what a view shows as weights."""
        raise NotImplementedError

    def shows(self, view: SupernetView) -> SupernetView:
        """The view with its further fields."""
        return replace(view, counts=tuple(map(tuple, self.counts.tolist()))) if self.counts.any() else view

    def network(self, classes: int, in_channels: int) -> Gated:
        return self.places.net(self.settings.channels, classes, in_channels)

    def check_space(self, space: Space) -> None:
        self.places: Places = registry.supernet(self.name, space, self.mixes)

    # ---- a run ---------------------------------------------------------------------------------------------

    def start(self, task: Task) -> tuple[Batch, Batch]:
        """The training and the validation images; makes the net, its weights `w` and their optimiser.

        task.data() is {"train": (x, y), "val": (x, y), …}: images (n, h, w) or (n, c, h, w) float32, labels (n,); for
        recurrent cells symbols (n, T) and those that follow.
        ValueError if the task has no images, or fewer than a batch."""
        s = self.settings
        train, val = splits_of(task, self.name, s.batch, s.device, self.places.text)
        classes = 1 + int(max(part.max() for part in (*train, *val) if not part.is_floating_point()))
        self.places.know(task)
        self.net = self.network(classes, train[0].shape[1])
        init_weights(self.net, self.rng)
        self.net.to(train[0].device)
        self.w = list(self.net.parameters())
        self.w_optimiser = SGD(self.w, s.lr, momentum=s.momentum, weight_decay=s.weight_decay)
        self.counts = torch.zeros(self.places.allowed.shape, dtype=torch.int64)
        self.images, self.begin_from = (train, val), self.saved
        self.done_epochs, self.failed, self.stopped = 0, False, False
        return train, val

    def epochs(self) -> Iterator[float]:
        """The weights' rate ξ of each epoch that is still to come; a saved state is taken back before the first."""
        s = self.settings
        for _ in self.rounds(s.epochs):
            xi = learner.cosine(s.lr, *self.at, s.lr_min)
            self.w_optimiser.param_groups[0]["lr"] = xi
            self.net.train()
            yield xi

    def rounds(self, end: int) -> Iterator[int]:
        """The numbers of the epochs that are still to come, up to `end`; those of a search behind the training count
        on from it."""
        if self.begin_from:
            self.take_back()
            self.begin_from = None
        while self.done_epochs < end and not (self.failed or self.stopped):
            self.began = time.perf_counter()
            yield self.done_epochs

    @property
    def at(self) -> tuple[int, int]:
        """How many epochs of training are done, and how many there are; where it begins anew in stages, of this one."""
        return self.done_epochs, self.settings.epochs

    @property
    def total(self) -> int:
        """How many epochs the search has."""
        return self.settings.epochs

    # ---- tools of an epoch ---------------------------------------------------------------------------------

    def step_w(self, batch: Batch, *gates: Gates) -> float:
        """One step of SGD for the weights, along the sum of the gradients of each of these gates; returns the mean of
        their losses before it."""
        losses = [learner.cross_entropy(self.net(batch[0], one), batch[1]) for one in gates]
        total = losses[0] if len(losses) == 1 else torch.stack(losses).sum()
        return learner.step(self.w_optimiser, total, self.settings.clip).item() / len(gates)

    def step_paths(self, batch: Batch, paths: Sequence[Path]) -> float:
        """A step of the weights along the sum of these paths' gradients, and of no others; returns the mean of their
        losses before it."""
        for path in paths:
            self.counts[range(len(path)), path] += 1
        return self.step_w(batch, *map(single, paths))

    def batches(self, data: Batch) -> list[Batch]:
        """Full batches of the images in a new order."""
        x, y = data
        order = torch.from_numpy(self.rng.permutation(len(y))).to(x.device)
        return [(x[i], y[i]) for i in order.split(self.settings.batch) if len(i) == self.settings.batch]

    def ended(self, train_loss: float, path: Path, val_loss: float, error: float) -> tuple[Trial, SupernetView]:
        """An epoch has ended: its trial, whose configuration is the path that would be derived now, and its view."""
        self.done_epochs += 1
        accuracy, ops, weights = 1 - error, self.places.names(path), np.asarray(self.believe(), float)
        train, val = (x if math.isfinite(x) else None for x in (train_loss, val_loss))
        view = self.shows(SupernetView(
            self.done_epochs, self.total, tuple(map(tuple, weights.tolist())), self.places.ops,
            self.places.edges, ops, ops.count("skip"), train, val, accuracy,
        ))  # fmt: skip
        metrics = {"accuracy": accuracy, "train_loss": train, "val_loss": val, "skips": view.skips}
        cost = time.perf_counter() - self.began
        trial = Trial(self.done_epochs - 1, self.places.config(path), metrics=metrics, cost=cost)
        self.failed = train is None or val is None or not np.isfinite(weights).all()
        if self.failed:
            return replace(trial, status="failed", reason="diverged: a loss or α is not finite"), view
        return replace(trial, status="done", value=1 - accuracy), view
