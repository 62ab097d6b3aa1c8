"""How a cell becomes a network: one with the operations it names, or one with all of them at once.

    image ─▶ stem ─▶ cell (C channels) ─▶ reduce (stride 2) ─▶ cell (2C channels) ─▶ BN, ReLU, mean over pixels ─▶
    linear

A `CellNet` runs the chosen operation on each edge. A `SuperNet` runs all five and adds them with weights (Liu et al.
2019):

    ō_ij(x) = Σ_o w_ij,o · o(x)

Both cells of a network are alike, so one table of weights (6, 5) serves both. The convolutions are ReLU-conv-BN, as in
NAS-Bench-201; pooling does not count the border.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nasbook.nas.spaces.nb201.cell import CONV1, CONV3, EDGES, OPS, POOL, SKIP, Cell, to_cell


class Conv(nn.Sequential):
    """ReLU (if `relu`), convolution k×k without bias, batch norm."""

    def __init__(
        self, c_in: int, c_out: int, k: int, stride: int = 1, relu: bool = True, affine: bool = True, bn: float = 0.3
    ) -> None:
        conv = nn.utils.skip_init(nn.Conv2d, c_in, c_out, k, stride=stride, padding=k // 2, bias=False)
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

    def __init__(self, cell: Cell, channels: int, **options: Any) -> None:
        super().__init__()
        self.edges = nn.ModuleDict()
        for (i, j), op in zip(EDGES, cell, strict=True):
            if (module := operation(op, channels, **options)) is not None:
                self.edges[f"{i}{j}"] = module

    def forward(self, x: Tensor) -> Tensor:
        nodes: list[Tensor | None] = [x]
        for j in (1, 2, 3):
            into = [(nodes[i], self.edges[f"{i}{j}"]) for i in range(j) if f"{i}{j}" in self.edges]
            terms = [op(node) for node, op in into if node is not None]
            nodes.append(_sum(terms) if terms else None)
        return torch.zeros_like(x) if nodes[3] is None else nodes[3]


class MixedCell(nn.Module):
    """All operations on every edge, mixed with weights (6, 5): (B, C, H, W) -> (B, C, H, W)."""

    def __init__(self, channels: int, **options: Any) -> None:
        super().__init__()
        self.edges = nn.ModuleDict()
        for i, j in EDGES:
            ops = {name: operation(op, channels, **options) for op, name in enumerate(OPS)}
            self.edges[f"{i}{j}"] = nn.ModuleDict({name: m for name, m in ops.items() if m is not None})

    def forward(self, x: Tensor, weights: Tensor) -> Tensor:
        nodes = [x]
        for j in (1, 2, 3):
            terms = []
            for i in range(j):
                w = weights[EDGES.index((i, j))]
                ops = self.edges[f"{i}{j}"].items()  # type: ignore[operator]
                terms += [w[OPS.index(name)] * op(nodes[i]) for name, op in ops]  # `none` adds nothing
            nodes.append(_sum(terms))
        return nodes[3]


def _sum(terms: list[Tensor]) -> Tensor:
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total


class CellNet(nn.Module):
    """The network of a cell: images (B, in_channels, H, W) -> logits (B, classes).

    affine: do the batch norms inside the cells learn a scale and a shift? bn: momentum of the batch norms' running
    statistics (0.3, because an epoch here may have only six steps)."""

    def __init__(
        self,
        cell: Any,
        channels: int = 8,
        classes: int = 10,
        in_channels: int = 1,
        affine: bool = True,
        bn: float = 0.3,
    ) -> None:
        super().__init__()
        self.cell, self.shape = to_cell(cell), (channels, classes, in_channels)
        self._build(lambda c: CellModule(self.cell, c, affine=affine, bn=bn), bn)

    def _build(self, cell: Any, bn: float) -> None:
        c, classes, c_in = self.shape
        self.stem = Conv(c_in, c, 3, relu=False, bn=bn)
        self.cell1 = cell(c)
        self.reduce = Conv(c, 2 * c, 3, stride=2, bn=bn)
        self.cell2 = cell(2 * c)
        self.norm = nn.BatchNorm2d(2 * c, momentum=bn)
        self.head = nn.utils.skip_init(nn.Linear, 2 * c, classes)

    def forward(self, x: Tensor, *weights: Tensor) -> Tensor:
        x = self.cell1(self.stem(x), *weights)
        x = self.cell2(self.reduce(x), *weights)
        return self.head(F.relu(self.norm(x)).mean((2, 3)))


class SuperNet(CellNet):
    """All cells in one network: images (B, in_channels, H, W) and weights (6, 5) -> logits (B, classes).

    The batch norms inside the cells have no scale and shift of their own, as in DARTS: they could undo the weights."""

    def __init__(
        self, channels: int = 8, classes: int = 10, in_channels: int = 1, affine: bool = False, bn: float = 0.3
    ) -> None:
        nn.Module.__init__(self)
        self.shape = (channels, classes, in_channels)
        self._build(lambda c: MixedCell(c, affine=affine, bn=bn), bn)

    def derive(self, cell: Any) -> CellNet:
        """The network of one cell, with copies of this network's weights and running statistics."""
        net = CellNet(cell, *self.shape).to(self.head.weight.device)
        op = {f"{i}{j}": OPS[o] for (i, j), o in zip(EDGES, net.cell, strict=True)}
        mixed = self.state_dict()
        for name, value in net.state_dict().items():
            part, *rest = name.split(".")
            if part in ("cell1", "cell2"):  # cell1.edges.01.… is cell1.edges.01.conv3x3.… here
                name = ".".join([part, "edges", rest[1], op[rest[1]], *rest[2:]])
            if name in mixed:  # the scales and shifts that a supernet lacks stay 1 and 0
                value.copy_(mixed[name])
        return net


def init_weights(net: nn.Module, rng: np.random.Generator) -> None:
    """He et al. (2015) for convolutions, 1/√fan-in for the linear layer; norms start as the identity.

    The numbers are drawn with NumPy, layer by layer, so they are the same on every device and every version of
    torch."""
    with torch.no_grad():
        for m in net.modules():
            if isinstance(m, nn.Conv2d):
                c_out, c_in, k, _ = m.weight.shape
                draw = rng.standard_normal((k, k, c_in, c_out)) * math.sqrt(2 / (c_in * k * k))
                m.weight.copy_(torch.from_numpy(draw.transpose(3, 2, 0, 1).astype(np.float32)))
            elif isinstance(m, nn.Linear):
                draw = rng.standard_normal(m.weight.shape) / math.sqrt(m.in_features)
                m.weight.copy_(torch.from_numpy(draw.astype(np.float32)))
                m.bias.zero_()
            elif isinstance(m, nn.BatchNorm2d):
                m.reset_running_stats()
                m.reset_parameters()


def pick_device(name: str = "auto") -> torch.device:
    """'auto' is the GPU where there is one, else the CPU. ValueError for a device that torch does not know or have."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        return torch.empty(0, device=name).device
    except (RuntimeError, AssertionError, TypeError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(
            f"device must be 'auto', 'cpu' or one that torch finds here, not {name!r} ({reason})"
        ) from None
