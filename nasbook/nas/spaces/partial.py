"""Partial channels, as in PC-DARTS: only the first 1/K of the channels that reach a place go through its operations.

    ō(x) = shuffle_K [ Σ_o w_o o(S x),  Σ_o w_o · (1 − S) x ]             S: the first C/K channels; [ , ]: concatenated

The rest passes by (max-pooled where the place halves the image), times the sum of the weights, which is 1 for a softmax
and β for a softmax times β. The shuffle deals the channels out, so that the next place sees others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nasbook.nas.spaces.gates import Gate
from nasbook.nas.spaces.place import Place, total

Make = Callable[[int], Mapping[str, nn.Module | None]]  # the operations of a place for so many channels, by name


def place(make: Make, channels: int, partial: int = 1, stride: int = 1) -> Place:
    """A place for `channels` channels, of which 1/`partial` go through its operations; 1 is a plain place.

    ValueError where `partial` does not divide the channels."""
    if partial < 1 or channels % partial:
        raise ValueError(f"partial must divide the {channels} channels of a place, and {partial} does not")
    return Place(make(channels)) if partial == 1 else PartialPlace(make(channels // partial), partial, stride)


class PartialPlace(Place):
    def __init__(self, ops: Mapping[str, nn.Module | None], partial: int, stride: int = 1) -> None:
        super().__init__(ops)
        self.partial, self.stride = partial, stride

    def forward(self, x: Tensor, gates: Sequence[Gate]) -> list[Tensor]:
        """One summand, or none where there are no gates."""
        if not gates:
            return []
        c = x.shape[1] // self.partial
        part, rest = x[:, :c], x[:, c:]
        rest = F.max_pool2d(rest, 2, self.stride) if self.stride > 1 else rest
        mixed = total(super().forward(part, gates))
        mixed = torch.zeros_like(part[:, :, :: self.stride, :: self.stride]) if mixed is None else mixed
        weights = [1.0 if gate.by is None else gate.by for gate in gates]
        return [shuffle(torch.cat([mixed, sum(weights[1:], weights[0]) * rest], 1), self.partial)]


def shuffle(x: Tensor, groups: int) -> Tensor:
    """The channels of (B, C, H, W) dealt out: the first of each group, the second of each, and so on."""
    b, c, h, w = x.shape
    return x.view(b, groups, c // groups, h, w).transpose(1, 2).reshape(b, c, h, w)
