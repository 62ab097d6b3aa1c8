"""SCARLET-NAS: search the depth of a chain with shared weights, in which a skip is a linear layer while they learn.

    supernet:   skip(x) = W₁ x          a 1×1 convolution without bias, batch norm or activation: the stabilizer
    training:   strictly fair, as FairNAS;  then NSGA-II over (score, number of weights)
    derived:    skip(x) = x             and W₁ is multiplied into the convolution W₂ behind it:

        W[o, c, ·, ·] = Σ_i W₂[o, i, ·, ·] W₁[i, c],      W * x = W₂ * (W₁ x)

With a plain skip, a block sometimes reads what the block before it gives, and sometimes what that one reads; the linear
layer can make the one like the other. It adds nothing to what the derived network can compute, as the merged network
shows: it is the same function. That needs all of "without": a ReLU or a batch norm (in training) between the two is
not linear, and a bias is not zero in the border that W₂ pads with zeros.

It needs a chain whose blocks begin with a convolution. The cell of NAS-Bench-201 is none: its operations begin with a
ReLU, and sums lie between them. Nor can W₁ be merged into a bottleneck that adds its input to its output; such networks
are derived without it, and trained alone. On these 81 chains, over five seeds, supernets with plain skips rank better:
τ .59 ± .04 with the truth, .36 ± .08 with the stabilizer (tests/benchmarks/one_shot_chains.py).

Paper: Chu, Zhang, Li, Lu & Li, SCARLET-NAS: Bridging the Gap between Stability and Scalability in Weight-sharing Neural
Architecture Search, ICCV Workshops 2021. Read first: `merged`, and fairnas.py. Left out: squeeze-and-excitation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from nasbook.kit.checks import one_of, setting
from nasbook.kit.start import blank
from nasbook.nas.fairnas import FairNAS, FairNASSettings
from nasbook.nas.spaces.gates import Path
from nasbook.space import Space

if TYPE_CHECKING:
    from nasbook.nas.spaces.chain_supernet import ChainNet, ChainPlaces
    from nasbook.nas.spaces.program import Program

SKIPS = ("linear", "identity")


@dataclass(frozen=True)
class ScarletSettings(FairNASSettings):
    epochs: int = setting(33, "passes over the training images, each with m paths a step")  # 600 paths of three each
    skip: str = setting("linear", "what a skip is in the supernet: the stabilizer, or nothing at all", SKIPS)

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of("skip", self.skip, SKIPS)


def merge(W2: Tensor, W1: Tensor) -> Tensor:
    """One layer for W₁ (i, c) and then W₂ (o, i, …): (o, c, …)."""
    return torch.einsum("oi...,ic->oc...", W2, W1)


class Scarlet(FairNAS):
    name = "scarlet"
    Settings = ScarletSettings
    places: ChainPlaces
    net: ChainNet

    def check_space(self, space: Space) -> None:
        if not all(name.startswith("block_") for name in space.parameters):
            raise ValueError(
                f"{self.name} searches the depth of a chain of blocks, one of which is 'skip', as in "
                "'digits-block-chain'; for cells use 'fairnas' or 'spos', for another space use 'random'"
            )
        super().check_space(space)

    def network(self, classes: int, in_channels: int) -> ChainNet:
        net = self.places.net(self.settings.channels, classes, in_channels)
        if self.settings.skip == "linear":
            for place in net.places:
                c = weight_of(place).shape[1]
                place.add_module("skip", blank(nn.Conv2d, c, c, 1, bias=False))
        return net

    def merged(self, path: Path) -> Program:
        """The network of a path with the supernet's weights, its stabilizers multiplied into what is behind them.

        ValueError for a block that adds its input to its output."""
        program, cut = self.net.derive(path), self.net.spaces.cut
        blocks = [(f"block{i + 1}" if self.places.ops[op] != "skip" else "", i) for i, op in enumerate(path)]
        waiting = None  # W₁, or the product of several
        for name, i in [*blocks[:cut], ("reduce", 0), *blocks[cut:], ("head", 0)]:  # the mean before the head is linear
            if not name and self.settings.skip == "linear":
                W1 = weight_of(self.net.get_submodule(f"places.{i}.skip")).detach()[:, :, 0, 0]
                waiting = W1 if waiting is None else W1 @ waiting
            elif name and waiting is not None:
                block = program.get_submodule(name)
                if getattr(block, "residual", False):
                    why = "a stabilizer cannot be merged into a block that adds its input"
                    raise ValueError(f"{why}; train the network alone")
                W2 = weight_of(block)
                W2.data, waiting = merge(W2.data, waiting), None
        return program


def weight_of(block: nn.Module) -> Tensor:
    """Of its first convolution or linear layer."""
    return next(m.weight for m in block.modules() if isinstance(m, nn.Conv2d | nn.Linear))
