"""What every search space of architectures can do.

    spaces = nasbook.registry.make("space", "conv-chain")
    config = spaces.space.sample(rng)        # an ordinary Space: every HPO method works on it
    net = spaces.build(config)               # a torch module with fresh weights
    print(spaces.source(config))             # the same network as readable PyTorch

A subclass sets `space` and writes two things: `layers`, the network as a list of layers, each of which names what it
reads; and `graph`, the part that is searched, drawn as a graph with an operation on each edge. All else follows from
these: the torch module (`program.py`), its source, its costs, which architectures are equal (`graphs.py`), the paths by
which a predictor sees an architecture (`paths`), neighbours, mutation and crossover.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from nasbook.nas.spaces.graphs import canonical, terms
from nasbook.nas.spaces.layer import Layer
from nasbook.space import Config, Space

if TYPE_CHECKING:
    import networkx as nx
    from torch import Tensor

    from nasbook.nas.spaces.program import Program

__all__ = ["Architectures", "Path", "canonical", "terms"]

Path = tuple[str, ...]


class Architectures:
    """A search space of architectures. `shape` is that of one input, (channels, height, width) for images. What does
    not classify, such as a generator, has its own kind of output."""

    registered_as: ClassVar[str] = "space"
    name: ClassVar[str]
    space: Space
    shape: tuple[int, ...] = (1, 8, 8)
    classes: int = 10

    # ---- written by each space -----------------------------------------------------------------------------

    def layers(self, config: Config) -> list[Layer]:
        """The network from the input "x" to its last layer, in the order in which it is computed."""
        raise NotImplementedError

    def graph(self, config: Config) -> nx.MultiDiGraph:
        """The searched part: nodes 0, 1, … in the order of computation, an edge with attribute `op` for each operation.

        A node is the sum of what its edges bring. `graph.graph["inputs"]` lists the nodes that have no edge into them,
        `graph.graph["output"]` those that are read from outside: added, or, where `graph.graph["join"]` is "cat", one
        behind the other. With several inputs each has a name: its attribute `label`."""
        raise NotImplementedError

    def check(self, config: Config) -> Config:
        """The validated configuration; ValueError, in one sentence, for one that is no network of this space."""
        return self.space.validate(config)

    # ---- the network ---------------------------------------------------------------------------------------

    def build(self, config: Config) -> Program:
        """A torch module with fresh weights from torch's generator: a batch of inputs -> (B, classes)."""
        from nasbook.nas.spaces.program import Program

        return Program(self.layers(self.check(config)))

    def source(self, config: Config, name: str = "Network") -> str:
        """The network as a file of PyTorch that needs nothing of nasbook; its state_dict has the names of `build`'s."""
        from nasbook.nas.spaces.program import source

        title = f"A network of the search space {self.name}, found with nasbook: {dict(config)}"
        return source(self.layers(self.check(config)), name, title)

    def example(self, n: int = 1) -> Tensor:
        """A batch of `n` inputs such as the networks read: random numbers (n, *shape)."""
        import torch

        return torch.randn(n, *self.shape)

    def parameters(self, config: Config) -> int:
        """Number of weights."""
        return sum(p.numel() for p in self.build(config).parameters())

    def flops(self, config: Config) -> int:
        """Multiply-adds of one input's forward pass."""
        from nasbook.nas.spaces.cost import flops

        return flops(self.build(config), self.example())

    def latency(self, config: Config, repeats: int = 20) -> float:
        """Seconds of one forward pass of one input on this machine's CPU, on one thread: the median of `repeats`."""
        from nasbook.nas.spaces.cost import latency

        return latency(self.build(config), self.example(), repeats=repeats)

    # ---- the graph -----------------------------------------------------------------------------------------

    def canonical(self, config: Config) -> Hashable:
        """Equal for architectures that are the same graph once names and skips are taken away (see `canonical`)."""
        return canonical(self.graph(self.check(config)))

    def paths(self, config: Config) -> frozenset[Path]:
        """The operations along each way from an input to the output: the path encoding of White et al. (2021)."""
        graph = self.graph(self.check(config))
        inputs = graph.graph["inputs"]
        into: dict[int, set[Path]] = {n: {(graph.nodes[n]["label"],) if len(inputs) > 1 else ()} for n in inputs}
        for node in sorted(set(graph) - set(inputs)):
            into[node] = {(*way, edge["op"]) for a, _, edge in graph.in_edges(node, data=True) for way in into[a]}
        return frozenset(way for node in graph.graph["output"] for way in into[node])

    # ---- steps ---------------------------------------------------------------------------------------------

    def neighbours(self, config: Config) -> list[Config]:
        """All valid architectures that differ in one decision."""
        return [c for c in self.space.neighbours(self.check(config)) if self.is_valid(c)]

    def mutate(self, config: Config, rng: np.random.Generator) -> Config:
        """A valid architecture in which one decision, chosen at random, is another."""
        while True:
            child = self.space.mutate(config, rng)
            if self.is_valid(child):
                return child

    def crossover(self, a: Config, b: Config, rng: np.random.Generator) -> Config:
        """A valid child: each decision from one parent or the other, drawn until it is a network."""
        while True:
            child: Config = {}
            for name in self.space.parameters:
                if self.space.is_active(name, child):
                    donors = [p for p in (a, b) if name in p]
                    fill = donors[int(rng.integers(len(donors)))] if donors else self.space.sample(rng)
                    child[name] = fill[name] if name in fill else self.space.parameters[name].levels(1)[0]
            if self.is_valid(child):
                return child

    def is_valid(self, config: Config) -> bool:
        try:
            self.check(config)
        except ValueError:
            return False
        return True
