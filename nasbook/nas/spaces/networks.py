"""How a cell becomes a network: one with the operations it names, or one with all of them at once.

    image ─▶ stem ─▶ cell (C channels) ─▶ reduce (stride 2) ─▶ cell (2C channels) ─▶ BN, ReLU, mean over pixels ─▶
    linear

A `CellNet` runs the chosen operation on each edge. A `SuperNet` has all five, and gates say which of them run and what
multiplies them; both cells of a network are alike, so the same gates serve both. The convolutions are ReLU-conv-BN, as
in NAS-Bench-201; pooling does not count the border.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nasbook.kit.start import blank, init_weights, pick_device
from nasbook.nas.spaces.gates import Gated, Gates, Path, Places, mixed
from nasbook.nas.spaces.nb201.cell import (
    CONV1,
    CONV3,
    EDGES,
    NONE,
    OPS,
    POOL,
    SKIP,
    Cell,
    CellLike,
    cell_space,
    to_cell,
    to_config,
)
from nasbook.nas.spaces.partial import place
from nasbook.nas.spaces.place import total
from nasbook.space import Config, Space

__all__ = [
    "CellModule",
    "CellNet",
    "CellPlaces",
    "Conv",
    "MixedCell",
    "SuperNet",
    "init_weights",
    "operation",
    "pick_device",
]


class Conv(nn.Sequential):
    """ReLU (if `relu`), convolution k×k without bias, batch norm."""

    def __init__(
        self, c_in: int, c_out: int, k: int, stride: int = 1, relu: bool = True, affine: bool = True, bn: float = 0.3
    ) -> None:
        conv = blank(nn.Conv2d, c_in, c_out, k, stride=stride, padding=k // 2, bias=False)
        norm = nn.BatchNorm2d(c_out, momentum=bn, affine=affine)
        super().__init__(*([nn.ReLU()] if relu else []), conv, norm)


def operation(op: int, channels: int, affine: bool = True, bn: float = 0.3) -> nn.Module | None:
    """The module of a place in OPS; None for `none`."""
    if op == SKIP:
        return nn.Identity()
    if op == POOL:
        return nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False)
    if op in (CONV1, CONV3):
        return Conv(channels, channels, 1 if op == CONV1 else 3, affine=affine, bn=bn)
    return None


class CellModule(nn.Module):
    """One operation an edge: (B, C, H, W) -> (B, C, H, W). A node that nothing reaches is zero, and so is what only
    reads it."""

    def __init__(self, cell: Cell, channels: int, affine: bool = True, bn: float = 0.3) -> None:
        super().__init__()
        self.edges = nn.ModuleDict()
        for (i, j), op in zip(EDGES, cell, strict=True):
            if (module := operation(op, channels, affine, bn)) is not None:
                self.edges[f"{i}{j}"] = module

    def forward(self, x: Tensor) -> Tensor:
        nodes: list[Tensor | None] = [x]
        for j in (1, 2, 3):
            into = [(nodes[i], self.edges[f"{i}{j}"]) for i in range(j) if f"{i}{j}" in self.edges]
            nodes.append(total([op(node) for node, op in into if node is not None]))
        return torch.zeros_like(x) if nodes[3] is None else nodes[3]


class MixedCell(nn.Module):
    """All operations on every edge, of which gates say what runs: (B, C, H, W) -> (B, C, H, W)."""

    def __init__(self, channels: int, partial: int = 1, affine: bool = True, bn: float = 0.3) -> None:
        super().__init__()
        self.edges = nn.ModuleDict()
        for i, j in EDGES:
            self.edges[f"{i}{j}"] = place(
                lambda c: {name: operation(op, c, affine, bn) for op, name in enumerate(OPS)}, channels, partial
            )

    def forward(self, x: Tensor, gates: Gates) -> Tensor:
        nodes: list[Tensor | None] = [x]
        for j in (1, 2, 3):
            terms = []
            for i in range(j):
                if (node := nodes[i]) is not None:
                    terms += self.edges[f"{i}{j}"](node, gates[EDGES.index((i, j))])
            nodes.append(total(terms))
        return torch.zeros_like(x) if nodes[3] is None else nodes[3]


class CellNet(nn.Module):
    """The network of a cell: images (B, in_channels, H, W) -> logits (B, classes).

    affine: do the batch norms inside the cells learn a scale and a shift? bn: momentum of the batch norms' running
    statistics (0.3, because an epoch here may have only six steps)."""

    def __init__(
        self,
        cell: CellLike,
        channels: int = 8,
        classes: int = 10,
        in_channels: int = 1,
        affine: bool = True,
        bn: float = 0.3,
    ) -> None:
        super().__init__()
        self.cell, self.shape = to_cell(cell), (channels, classes, in_channels)
        self._build(lambda c: CellModule(self.cell, c, affine=affine, bn=bn), bn)

    def _build(self, cell: Callable[[int], nn.Module], bn: float) -> None:
        c, classes, c_in = self.shape
        self.stem = Conv(c_in, c, 3, relu=False, bn=bn)
        self.cell1 = cell(c)
        self.reduce = Conv(c, 2 * c, 3, stride=2, bn=bn)
        self.cell2 = cell(2 * c)
        self.norm = nn.BatchNorm2d(2 * c, momentum=bn)
        self.head = blank(nn.Linear, 2 * c, classes)

    def forward(self, x: Tensor, *gates: Any) -> Tensor:
        x = self.cell1(self.stem(x), *gates)
        x = self.cell2(self.reduce(x), *gates)
        return self.head(F.relu(self.norm(x)).mean((2, 3)))


class SuperNet(CellNet, Gated):
    """All cells in one network: images (B, in_channels, H, W) and gates -> logits (B, classes).

    Weights (6, 5) instead of gates mix all operations.

    The batch norms inside the cells have no scale and shift of their own, as in DARTS: they could undo the weights.
    partial: only 1/partial of the channels go through the operations, as in PC-DARTS."""

    def __init__(
        self,
        channels: int = 8,
        classes: int = 10,
        in_channels: int = 1,
        affine: bool = False,
        bn: float = 0.3,
        partial: int = 1,
    ) -> None:
        nn.Module.__init__(self)
        self.shape, self.partial = (channels, classes, in_channels), partial
        self._build(lambda c: MixedCell(c, partial, affine=affine, bn=bn), bn)

    def forward(self, x: Tensor, gates: Gates | Tensor) -> Tensor:
        return super().forward(x, mixed(gates) if isinstance(gates, Tensor) else gates)

    def derive(self, cell: CellLike) -> CellNet:
        """The network of one cell, with copies of this network's weights and running statistics.

        ValueError where only a part of the channels has weights."""
        if self.partial > 1:
            raise ValueError("only a part of the channels has weights in this supernet: train the network alone")
        net = CellNet(cell, *self.shape).to(self.head.weight)  # its device and type
        op = {f"{i}{j}": OPS[o] for (i, j), o in zip(EDGES, net.cell, strict=True)}
        mixed = self.state_dict()
        for name, value in net.state_dict().items():
            part, *rest = name.split(".")
            if part in ("cell1", "cell2"):  # cell1.edges.01.… is cell1.edges.01.conv3x3.… here
                name = ".".join([part, "edges", rest[1], op[rest[1]], *rest[2:]])
            if name in mixed:  # the scales and shifts that a supernet lacks stay 1 and 0
                value.copy_(mixed[name])
        return net


class CellPlaces(Places):
    """The six edges of the cell, the same in both cells of a network."""

    ops, edges = OPS, EDGES
    allowed = np.ones((len(EDGES), len(OPS)), bool)
    kept = allowed & (np.arange(len(OPS)) != NONE)
    latencies = (69.8, 0.0, 6.9, 41.0, 49.7, 15.8)  # as Digits-201 has them: one image, each edge in both cells

    def __init__(self) -> None:
        self.space = cell_space()
        self.choices = dict.fromkeys(self.space.parameters, OPS)

    @classmethod
    def of(cls, space: Space) -> CellPlaces | None:
        return cls() if space == cell_space() else None

    def net(self, channels: int, classes: int, in_channels: int, partial: int = 1) -> SuperNet:
        return SuperNet(channels, classes, in_channels, partial=partial)

    def config(self, path: Path) -> Config:
        return to_config(path)

    def path(self, config: Config) -> Path:
        return to_cell(config)
