"""α: a number for each operation of each place. The largest derive an architecture, and softmax(α) is believed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor
from torch.func import functional_call

from nasbook.kit import learner
from nasbook.kit.checks import setting, within
from nasbook.kit.optimisers import Adam
from nasbook.kit.start import Images as Batch
from nasbook.kit.state import Parts
from nasbook.nas.parts.oneshot import SupernetTraining
from nasbook.nas.parts.supernet import SupernetSettings
from nasbook.nas.spaces.gates import Gates, Path
from nasbook.task import Task


@dataclass(frozen=True)
class AlphaSettings(SupernetSettings):
    alpha_lr: float = setting(0.02, "rate of Adam for α")
    alpha_weight_decay: float = setting(1e-3, "of α")

    def __post_init__(self) -> None:
        super().__post_init__()
        within("alpha_lr", self.alpha_lr, 0, above=True)
        within("alpha_weight_decay", self.alpha_weight_decay, 0)


class Alphas(SupernetTraining):
    """Keeps `alpha` (places, ops) and its optimiser, beside the weights."""

    Settings: ClassVar[type[SupernetSettings]] = AlphaSettings
    betas = (0.5, 0.999)  # of Adam

    def start(self, task: Task) -> tuple[Batch, Batch]:
        images = super().start(task)
        self.alpha, self.alpha_optimiser = self.begin()
        return images

    def begin(self) -> tuple[Tensor, torch.optim.Optimizer]:
        """α at the start, and its optimiser."""
        alpha = torch.from_numpy(self.first()).float().to(self.w[0].device).requires_grad_()
        return alpha, self.adam(alpha)

    def first(self) -> np.ndarray:
        """The numbers of α at the start."""
        return 1e-3 * self.rng.standard_normal(self.places.allowed.shape)

    def adam(self, alpha: Tensor) -> torch.optim.Optimizer:
        s = self.settings
        return Adam([alpha], s.alpha_lr, betas=self.betas, weight_decay=s.alpha_weight_decay)

    def step_alpha(self, loss: Tensor) -> None:
        """A step of α down the gradient of a loss; a loss that does not depend on α has a gradient of 0."""
        (gradient,) = torch.autograd.grad(loss, self.alpha, allow_unused=True)
        self.alpha.grad = torch.zeros_like(self.alpha) if gradient is None else gradient
        self.alpha_optimiser.step()

    def alternate(self, train: Batch, val: Batch) -> Iterator[tuple[Batch, Batch]]:
        """All training batches in a new order, each with a validation batch; those come again where they are fewer."""
        looks = self.batches(val)
        for step, batch in enumerate(self.batches(train)):
            yield batch, looks[step % len(looks)]

    def look(self, w: Sequence[Tensor], gates: Gates, batch: Batch) -> Tensor:
        """L(w, gates): cross-entropy of a batch with the weights w. Only a look: running statistics stay as they are.

        Its gradient goes to w and to whatever the gates' coefficients were made of."""
        names = [name for name, _ in self.net.named_parameters()]
        state = {**dict(zip(names, w, strict=True)), **{name: b.clone() for name, b in self.net.named_buffers()}}
        return learner.cross_entropy(functional_call(self.net, state, (batch[0], gates)), batch[1])

    def derive(self, alpha: Tensor) -> Path:
        """At each place the operation with the largest α, `none` excluded."""
        return self.places.strongest(alpha)

    def parts(self) -> Parts:
        return {"alpha": self.alpha, "alpha_optimiser": self.alpha_optimiser}

    def believe(self) -> Tensor:
        return self.places.softmax(self.alpha.detach().cpu())
