"""The supernet of the recurrent cell of ENAS: one matrix W_ij for each pair of nodes j < i, whatever the activation.

    s_i = s_j + σ(c) (f(a) − s_j),   c, a = s_j W_ij           for the node j and the activation f that the path says

A place leads from node j to node i, 0 being the state; its operations are `none` and the activations, which share the
matrix. On a path each node reads one other: the other places that lead to it have `none`. The new state is the mean of
the nodes that no other reads, or of all nodes where the task says so.

One path runs at a time. A mixture is not offered: a node would be a sum of several, and grow from symbol to symbol.

Paper: Pham et al., Efficient Neural Architecture Search via Parameter Sharing, ICML 2018, section 2.1. Left out: the
batch norms that the authors' code has while it searches, and the final cell has not; nor has a matrix there one
part for each activation.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from nasbook.nas.spaces.blocks import RecurrentCell
from nasbook.nas.spaces.gates import Gated, Gates, Path, Places
from nasbook.nas.spaces.program import Program
from nasbook.nas.spaces.recurrent_cell import ACTIVATIONS, RecurrentCells
from nasbook.space import Config, Space
from nasbook.task import Task, TrainsForReal

WIDE = 4  # numbers of a state for each channel of the settings: their 8 channels are the 32 of the task


class RecurrentNet(Gated):
    """symbols (B, T) and the gates of one path -> logits (B, T, classes)."""

    def __init__(self, places: RecurrentPlaces, spaces: RecurrentCells) -> None:
        super().__init__()
        self.of, self.spaces, w = places, spaces, spaces.width
        self.embedding = nn.Embedding(spaces.classes, w)
        self.cell = RecurrentCell(w, (), ())
        self.places = nn.ModuleDict({f"{j}_{i}": nn.Linear(w, 2 * w, bias=False) for j, i in places.edges})
        self.head = nn.Linear(w, spaces.classes)

    def forward(self, x: Tensor, gates: Gates) -> Tensor:
        config = self.of.config(tuple(gate.op for (gate,) in gates))
        nodes = self.spaces.wiring(config)
        steps = [self.places[f"{j}_{i}"] for i, (_, j) in enumerate(nodes, 1)]
        return self.head(self.cell.run(self.embedding(x), nodes, steps, self.spaces.ends(config)))

    def derive(self, path: Path) -> Program:
        """The network of one path, with copies of this network's weights."""
        config = self.of.config(path)
        net, there = Program(self.spaces.layers(config)).to(self.head.weight), self.state_dict()  # its device and type
        at = {f"cell.steps.{i}": f"places.{j}_{i + 1}" for i, (_, j) in enumerate(self.spaces.wiring(config))}
        for name, value in net.state_dict().items():
            layer, _, rest = name.rpartition(".")
            value.copy_(there[f"{at.get(layer, layer)}.{rest}"])
        return net


class RecurrentPlaces(Places):
    """The places of the nodes, one node after the other."""

    ops, text = ("none", *ACTIVATIONS), True

    def __init__(self, nodes: int) -> None:
        self.spaces = RecurrentCells(nodes)
        self.space = self.spaces.space
        self.edges = tuple((j, i) for i in range(1, nodes + 1) for j in range(i > 1, i))
        self.allowed = np.ones((len(self.edges), len(self.ops)), bool)
        for p, (_, i) in enumerate(self.edges):
            self.allowed[p, 0] = i > 2  # nodes 1 and 2 have nothing to choose from
        self.kept = self.allowed
        self.choices = {name: ACTIVATIONS for name in self.space.parameters if name.startswith("activation_")}

    @classmethod
    def of(cls, space: Space) -> RecurrentPlaces | None:
        nodes = sum(name.startswith("activation_") for name in space.parameters)
        places = cls(nodes) if nodes else None
        return places if places and places.space == space else None

    def know(self, task: Task) -> None:
        """What a state is the mean of."""
        if isinstance(task, TrainsForReal) and isinstance(task.architectures, RecurrentCells):
            self.spaces = task.architectures

    def net(self, channels: int, classes: int, in_channels: int, partial: int = 1) -> RecurrentNet:
        with torch.random.fork_rng(devices=[]):  # layers draw first weights, which are drawn anew
            return RecurrentNet(self, RecurrentCells(self.spaces.nodes, WIDE * channels, self.spaces.output, classes))

    def config(self, path: Path) -> Config:
        """ValueError for a path on which a node does not read exactly one other."""
        found: Config = {}
        for i in range(1, self.spaces.nodes + 1):
            into = [(j, op) for (j, to), op in zip(self.edges, path, strict=True) if to == i and op]
            if len(into) != 1:
                raise ValueError(f"node {i} reads {len(into)} nodes on this path, not one")
            found |= {f"activation_{i}": self.ops[into[0][1]], **({f"input_{i}": into[0][0]} if i > 2 else {})}
        return self.space.validate(found)

    def path(self, config: Config) -> Path:
        read = {
            (j, i): self.ops.index(f) for i, (f, j) in enumerate(self.spaces.wiring(self.space.validate(config)), 1)
        }
        return tuple(read.get(edge, 0) for edge in self.edges)
