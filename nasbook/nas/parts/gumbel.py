"""Samples of operations that have a gradient, and the temperature at which they are drawn.

    p = softmax(α)
    z = softmax((log p + g) / τ),   g ~ Gumbel(0, 1)        for each place

The largest of z is at operation o with probability p_o, at any temperature τ; as τ falls, z becomes that choice. But
the mean of z is p only in the limit: with a high τ it is nearer to equal shares.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from nasbook.kit.checks import setting, within
from nasbook.nas.parts.alphas import Alphas, AlphaSettings
from nasbook.nas.parts.supernet import SupernetView


@dataclass(frozen=True)
class GumbelSettings(AlphaSettings):
    tau: float = setting(10.0, "temperature of the samples in the first epoch")
    tau_min: float = setting(0.1, "and in the last")

    def __post_init__(self) -> None:
        super().__post_init__()
        within("tau", self.tau, 0, above=True)
        within("tau_min", self.tau_min, 1e-3)
        if self.tau_min > self.tau:
            raise ValueError(f"tau_min must not be above tau = {self.tau:g}, since samples cool, not {self.tau_min!r}")


class Gumbel(Alphas):
    def temperature(self, epoch: int) -> float:
        """From `tau` in epoch 0 to `tau_min` in the last, by the same difference from each to the next."""
        s = self.settings
        return s.tau + (s.tau_min - s.tau) * epoch / max(1, s.epochs - 1)

    def sample(self) -> Tensor:
        """z (places, ops) at the temperature of this epoch; its gradient goes to α.

        α stands for log p: they differ by the same number at all operations of a place, which softmax does not see."""
        g = torch.from_numpy(self.rng.gumbel(size=tuple(self.alpha.shape))).to(self.alpha)
        return self.places.softmax((self.alpha + g) / self.temperature(self.done_epochs))

    def shows(self, view: SupernetView) -> SupernetView:
        return replace(super().shows(view), temperature=self.temperature(self.done_epochs - 1))
