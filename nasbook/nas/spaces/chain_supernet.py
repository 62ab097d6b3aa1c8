"""The supernet of a chain of blocks: at every place all operations, `skip` among them, so that the depth can vary."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from nasbook.nas.spaces.block_chain import BlockChain, MBConvChain, block
from nasbook.nas.spaces.gates import Gated, Gates, Path, Places
from nasbook.nas.spaces.partial import Make, place
from nasbook.nas.spaces.place import total
from nasbook.nas.spaces.program import Program
from nasbook.nas.spaces.supernet_layers import filled, made
from nasbook.space import Config, Space

REST = 300.0  # µs for 50 images on one core of a small machine, in the mean over the places, as the operations'
LATENCIES = {
    "skip": 0.0,
    "conv3x3": 198.0,
    "conv5x5": 253.0,
    "mb3e2": 471.0,
    "mb3e6": 1180.0,
    "mb5e2": 508.0,
    "mb5e6": 1184.0,
}


class ChainNet(Gated):
    """images (B, in_channels, H, W) and gates -> logits (B, classes)."""

    def __init__(self, spaces: BlockChain, partial: int = 1) -> None:
        super().__init__()
        self.spaces, empty = spaces, dict.fromkeys(spaces.space.parameters, "skip")
        around = {line.name: line for line in spaces.layers(empty)}
        self.stem, self.reduce = made(around["stem"]), made(around["reduce"])
        self.places = nn.ModuleList()
        for i in range(spaces.blocks):
            c = spaces.channels * (1 if i < spaces.cut else 2)
            ops: Make = lambda c: {op: made(block("", op, c, "x"), affine=False) for op in spaces.ops}  # noqa: E731
            self.places.append(place(ops, c, partial))
        self.mean, self.head = made(around["mean"]), made(around["head"])

    def forward(self, x: Tensor, gates: Gates) -> Tensor:
        x = self.stem(x)
        for i, choice in enumerate(self.places):
            if i == self.spaces.cut:
                x = self.reduce(x)
            y = total(choice(x, gates[i]))
            x = torch.zeros_like(x) if y is None else y
        return self.head(self.mean(x))

    def derive(self, path: Path) -> Program:
        """The network of one path, with copies of this network's weights and running statistics."""
        config = dict(zip(self.spaces.space.parameters, (self.spaces.ops[op] for op in path), strict=True))
        at = {f"block{i}": f"places.{i - 1}.{op}" for i, op in enumerate(config.values(), 1)}
        return filled(Program(self.spaces.layers(config)), self, lambda layer: at.get(layer, layer))


class ChainPlaces(Places):
    """The blocks of a chain; the edges are (0, 1), (1, 2), …"""

    def __init__(self, spaces: BlockChain) -> None:
        self.spaces, self.space, self.ops = spaces, spaces.space, spaces.ops
        self.edges = tuple((i, i + 1) for i in range(spaces.blocks))
        self.allowed = self.kept = np.ones((spaces.blocks, len(self.ops)), bool)
        self.choices = dict.fromkeys(self.space.parameters, self.ops)
        self.latencies = (REST, *(LATENCIES[op] for op in self.ops))

    @classmethod
    def of(cls, space: Space) -> ChainPlaces | None:
        n = len(space.parameters)
        if n < 2 or not all(name == f"block_{i}" for i, name in enumerate(space.parameters, 1)):
            return None
        known = (kind(blocks=n) for kind in (BlockChain, MBConvChain))
        return next((cls(spaces) for spaces in known if spaces.space == space), None)

    def net(self, channels: int, classes: int, in_channels: int, partial: int = 1) -> ChainNet:
        chain = BlockChain(channels, self.spaces.blocks, classes, (in_channels, 8, 8), self.ops)
        with torch.random.fork_rng(devices=[]):  # blocks draw first weights, which are drawn anew
            return ChainNet(chain, partial)

    def config(self, path: Path) -> Config:
        return dict(zip(self.space.parameters, self.names(path), strict=True))

    def path(self, config: Config) -> Path:
        return tuple(self.ops.index(op) for op in self.space.validate(config).values())
