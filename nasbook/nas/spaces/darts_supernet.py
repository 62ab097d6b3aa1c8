"""The supernet of DARTS' two cells: between each pair of nodes j < i all operations, and `none`.

    node_i = Σ_{j < i} Σ_{o in gates_ji} c_o · o(node_j)          i = 2 …; the places of the normal cell come first

All normal cells share their gates, and so do all reductions. A cell that is derived keeps for each node its two
strongest places, each with its strongest operation except `none`. A path has `none` at all other places.

Paper: Liu, Simonyan & Yang, DARTS: Differentiable Architecture Search, ICLR 2019. Left out: the batch norms that their
supernet has behind poolings.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor, nn

from nasbook.nas.spaces.blocks import Noise
from nasbook.nas.spaces.darts_cells import KINDS, DartsCells, RobustDartsS2, RobustDartsS4, operation
from nasbook.nas.spaces.gates import Gated, Gates, Path, Places
from nasbook.nas.spaces.layer import Layer
from nasbook.nas.spaces.partial import Make, place
from nasbook.nas.spaces.place import total
from nasbook.nas.spaces.program import Program
from nasbook.nas.spaces.supernet_layers import filled, made
from nasbook.space import Config, Space

NONE = 0


def pairs(nodes: int) -> list[tuple[int, int]]:
    """(from, to) of the places of one cell, node by node."""
    return [(j, i) for i in range(2, nodes + 2) for j in range(i)]


class DartsCell(nn.Module):
    """All operations between all nodes: what the two cells before gave, and gates -> (B, nodes · C, H, W)."""

    def __init__(self, spaces: DartsCells, before: Iterable[Layer], c: int, reduction: bool, partial: int = 1) -> None:
        super().__init__()
        self.node0, self.node1 = map(made, before)
        self.pairs, self.stride = pairs(spaces.nodes), 2 if reduction else 1
        self.places = nn.ModuleDict()
        for j, i in self.pairs:
            stride = self.stride if j < 2 else 1
            self.places[f"{j}_{i}"] = place(operations(spaces.ops, stride), c, partial, stride)

    def forward(self, x: Tensor, y: Tensor, gates: Gates) -> Tensor:
        first = self.node0(x)
        nodes: list[Tensor | None] = [first, self.node1(y)]
        terms: list[Tensor] = []
        for (j, i), gate in zip(self.pairs, gates, strict=True):
            if (node := nodes[j]) is not None:
                terms += self.places[f"{j}_{i}"](node, gate)
            if j == i - 1:  # the last that leads there
                nodes.append(total(terms))
                terms = []
        blank = torch.zeros_like(first[..., :: self.stride, :: self.stride])
        return torch.cat([blank if node is None else node for node in nodes[2:]], 1)


def operations(names: Iterable[str], stride: int) -> Make:
    """All operations and `none`, for so many channels."""
    return lambda c: {"none": None, **{op: made(operation(op, c, stride, "", "x"), affine=False) for op in names}}


class DartsNet(Gated):
    """images (B, in_channels, H, W) and gates of both kinds of cell -> logits (B, classes)."""

    def __init__(self, places: DartsPlaces, spaces: DartsCells, partial: int = 1) -> None:
        super().__init__()
        self.places, self.spaces = places, spaces
        lines = {line.name: line for line in spaces.layers(spaces.space.sample(np.random.default_rng(0)))}
        self.stem, self.cells = made(lines["stem"]), nn.ModuleList()
        for n in range(1, spaces.cells + 1):
            before = [lines[f"cell{n}_node{k}"] for k in (0, 1)]
            reduction = n - 1 in (spaces.cells // 3, 2 * spaces.cells // 3)
            self.cells.append(DartsCell(spaces, before, before[1].args[1], reduction, partial))
        self.mean, self.head = made(lines["mean"]), made(lines["head"])
        for k, m in enumerate(m for m in self.modules() if isinstance(m, Noise)):
            m.draws.fill_(k)

    def forward(self, x: Tensor, gates: Gates) -> Tensor:
        half = len(gates) // 2
        last = before = self.stem(x)
        for cell in self.cells:
            own = gates[half:] if cell.stride == 2 else gates[:half]
            before, last = last, cell(before, last, own)
        return self.head(self.mean(last))

    def derive(self, path: Path) -> Program:
        """The network of one path, with copies of this network's weights and running statistics."""
        config = self.places.config(path)
        at: dict[str, str] = {}
        for n, cell in enumerate(self.cells):
            at |= {f"cell{n + 1}_node{k}": f"cells.{n}.node{k}" for k in (0, 1)}
            seen: dict[int, int] = {}
            for j, i, op in self.spaces.edges(config, KINDS[cell.stride == 2]):
                seen[i] = seen.get(i, 0) + 1
                at[f"cell{n + 1}_node{i}_op{seen[i]}"] = f"cells.{n}.places.{j}_{i}.{op}"
        return filled(Program(self.spaces.layers(config)), self, lambda layer: at.get(layer, layer))


class DartsPlaces(Places):
    """The places of the normal cell, then those of the reduction, whose nodes are numbered on."""

    def __init__(self, kind: type[DartsCells], nodes: int) -> None:
        self.kind, self.nodes = kind, nodes
        self.spaces = kind(nodes=nodes)
        self.space, self.ops = self.spaces.space, ("none", *self.spaces.ops)
        self.edges = tuple((j + start, i + start) for start in (0, nodes + 2) for j, i in pairs(nodes))
        self.allowed = np.ones((len(self.edges), len(self.ops)), bool)
        self.kept = self.allowed & (np.arange(len(self.ops)) != NONE)
        chosen = [name for name in self.space.parameters if not name.endswith("_inputs")]
        self.choices = dict.fromkeys(chosen, self.spaces.ops)

    @classmethod
    def of(cls, space: Space) -> DartsPlaces | None:
        nodes = sum(name.startswith("normal_") and name.endswith("_first") for name in space.parameters)
        known = (cls(kind, nodes) for kind in (DartsCells, RobustDartsS2, RobustDartsS4) if nodes)
        return next((places for places in known if places.space == space), None)

    def net(self, channels: int, classes: int, in_channels: int, partial: int = 1) -> DartsNet:
        spaces = self.kind(channels, nodes=self.nodes, classes=classes, shape=(in_channels, 8, 8))
        with torch.random.fork_rng(devices=[]):  # layers draw first weights, which are drawn anew
            return DartsNet(self, spaces, partial)

    def strongest(self, weights: Tensor) -> Path:
        """For each node its two strongest places, each with its strongest operation except `none`."""
        best, w = super().strongest(weights), weights.detach().cpu().tolist()
        path = [NONE] * len(best)
        for end in {i for _, i in self.edges}:
            into = [p for p, (_, i) in enumerate(self.edges) if i == end]
            for p in sorted(into, key=lambda p: -w[p][best[p]])[:2]:
                path[p] = best[p]
        return tuple(path)

    def config(self, path: Path) -> Config:
        """ValueError for a path on which a node does not read exactly two others."""
        found: Config = {}
        half = pairs(self.nodes)
        for kind, ops in zip(KINDS, (path[: len(half)], path[len(half) :]), strict=True):
            for end in range(2, self.nodes + 2):
                into = [(j, self.ops[op]) for (j, i), op in zip(half, ops, strict=True) if i == end and op != NONE]
                if len(into) != 2:
                    raise ValueError(f"node {end} of the {kind} cell reads {len(into)} nodes on this path, not two")
                if end > 2:
                    found[f"{kind}_{end}_inputs"] = f"{into[0][0]} {into[1][0]}"
                found[f"{kind}_{end}_first"], found[f"{kind}_{end}_second"] = into[0][1], into[1][1]
        return self.space.validate(found)

    def path(self, config: Config) -> Path:
        config, path = self.space.validate(config), []
        for kind in KINDS:
            ops = {(j, i): self.ops.index(op) for j, i, op in self.spaces.edges(config, kind)}
            path += [ops.get(pair, NONE) for pair in pairs(self.nodes)]
        return tuple(path)
