"""What strategies share that learn a number α for each operation of each place, whose probability is softmax(α)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from nasbook.kit.checks import setting, within
from nasbook.nas.parts.oneshot import SupernetTraining
from nasbook.nas.parts.single_path import Batch, evaluate_path
from nasbook.nas.parts.supernet import SupernetSettings, SupernetView
from nasbook.nas.spaces.gates import Path, single
from nasbook.task import Task
from nasbook.trace import Trial


@dataclass(frozen=True)
class RelaxedSettings(SupernetSettings):
    alpha_lr: float = setting(0.02, "rate of Adam for α")

    def __post_init__(self) -> None:
        super().__post_init__()
        within("alpha_lr", self.alpha_lr, 0, above=True)


class Relaxed(SupernetTraining):
    """Keeps `alpha`, `counts` (places, ops), how often the weights of each operation were trained on a path, and the
    optimiser of α, which a strategy makes."""

    Settings = RelaxedSettings
    alpha_optimiser: torch.optim.Optimizer

    def start(self, task: Task) -> tuple[Batch, Batch]:
        images = super().start(task)
        alpha = torch.from_numpy(1e-3 * self.rng.standard_normal(self.places.allowed.shape)).float()
        self.alpha = alpha.to(self.w[0].device).requires_grad_()
        self.counts = torch.zeros(alpha.shape, dtype=torch.int64)
        return images

    def gumbel(self) -> Tensor:
        """A draw g ~ Gumbel(0, 1) for each α, NumPy's, from the search's own generator."""
        return torch.from_numpy(self.rng.gumbel(size=tuple(self.alpha.shape))).to(self.alpha)

    def step_path(self, batch: Batch, path: Path) -> float:
        """A step of the weights of one path, and of no others; returns the loss before it."""
        self.counts[range(len(path)), path] += 1
        return self.step_w(batch, single(path))

    def step_alpha(self, loss: Tensor) -> None:
        """A step of α down the gradient of a loss; a loss that does not depend on α has a gradient of 0."""
        (gradient,) = torch.autograd.grad(loss, self.alpha, allow_unused=True)
        self.alpha.grad = torch.zeros_like(self.alpha) if gradient is None else gradient
        self.alpha_optimiser.step()

    def after(self, losses: Sequence[float]) -> tuple[Trial, SupernetView]:
        """An epoch with these training losses has ended: at each place the likeliest operation but `none` is derived,
        and judged with the shared weights and recalibrated batch norms."""
        (train, val), path = self.images, self.places.strongest(self.alpha)
        return self.ended(sum(losses) / len(losses), path, *evaluate_path(self.net, path, val, train))

    def parts(self) -> dict[str, Any]:
        return {"alpha": self.alpha, "alpha_optimiser": self.alpha_optimiser, "counts": self.counts}

    def believe(self) -> Tensor:
        return self.places.softmax(self.alpha.detach().cpu())

    def shows(self) -> dict[str, Any]:
        return {"counts": tuple(map(tuple, self.counts.tolist()))} if self.counts.any() else {}
