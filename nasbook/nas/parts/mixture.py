"""What DARTS and its relatives share: α, a number for each operation of each place, and weights, learned in turn.

    repeat:  α ← α − Adam(∇_α L_val(w, α))                    on a validation batch, after the epochs of the warm-up
             w ← w − ξ ∇_w L_train(w, α)                      on a training batch

A relative says how α becomes gates (`gates`), where it starts (`first`), what is derived of it (`derive`) and shown
(`believe`), and what else its loss has (`loss`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from nasbook.kit import learner
from nasbook.kit.checks import setting, whole
from nasbook.kit.start import Images as Batch
from nasbook.kit.threads import one_thread_a_step
from nasbook.nas.parts.alphas import Alphas, AlphaSettings
from nasbook.nas.parts.supernet import SupernetView
from nasbook.nas.spaces.gates import Gates, Path, mixed
from nasbook.task import Task
from nasbook.trace import Trial


@dataclass(frozen=True)
class MixtureSettings(AlphaSettings):
    warmup: int = setting(0, "epochs at the start in which only the weights learn")

    def __post_init__(self) -> None:
        super().__post_init__()
        whole("warmup", self.warmup, 0)


class Mixture(Alphas):
    Settings = MixtureSettings

    @one_thread_a_step
    def run(self, task: Task) -> Iterator[tuple[Trial, SupernetView]]:
        """Search, and yield after each epoch. ValueError if the task has no images."""
        train, val = self.start(task)
        for xi in self.epochs():
            train_loss = self.epoch(train, val, xi)
            yield self.ended(train_loss, self.chosen(val), *self.measure(val))

    def epoch(self, train: Batch, val: Batch, xi: float) -> float:
        """One pass over the training images with the weights' rate ξ; returns the mean training loss."""
        losses = []
        for batch, val_batch in self.alternate(train, val):
            if self.at[0] >= self.settings.warmup:
                self.alpha.grad = self.alpha_gradient(batch, val_batch, xi)
                self.alpha_optimiser.step()
            losses.append(self.step_w(batch, self.gates(self.alpha.detach())))
        return sum(losses) / len(losses)

    def measure(self, data: Batch) -> tuple[float, float]:
        """(loss, error) of the mixture."""
        gates = self.gates(self.alpha.detach())
        self.net.eval()
        return learner.measure(lambda x: self.net(x, gates), *data)

    def alpha_gradient(self, train: Batch, val: Batch, xi: float) -> Tensor:
        """∇_α L_val(w, α), with the weights as they are."""
        return torch.autograd.grad(self.loss(self.w, self.alpha, val), self.alpha)[0]

    def gates(self, alpha: Tensor) -> Gates:
        """ō = Σ_o softmax(α)_o o(x) at every place."""
        return mixed(self.places.softmax(alpha))

    def loss(self, w: Sequence[Tensor], alpha: Tensor, batch: Batch) -> Tensor:
        """L(w, α) of a batch."""
        return self.look(w, self.gates(alpha), batch)

    def chosen(self, val: Batch) -> Path:
        """What is derived after an epoch."""
        return self.derive(self.alpha)
