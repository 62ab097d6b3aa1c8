"""The recurrent cell of ENAS and DARTS: nodes that choose a predecessor and an activation.

    s_1 = gated(h_{t−1}; x_t, f_1)        gated(s; f) = s + σ(W^c s) (f(W s) − s)
    s_i = gated(s_j; f_i),  j < i         with x_t added inside both products of the first node
    h_t = the mean of the loose ends (the nodes that no other reads), as in ENAS, or of all nodes, as in DARTS

The network embeds characters, runs the cell from left to right, and predicts from each state the next character.

With n nodes there are 4ⁿ · (n − 1)! cells; ENAS searches n = 12 (about 10¹⁵), here n = 4 gives 1,536. Which cells are
the same does not depend on the numbers of the nodes, so as trees with coloured nodes only 752 of these differ.

Papers: Pham et al., Efficient Neural Architecture Search via Parameter Sharing, ICML 2018; Liu, Simonyan & Yang, DARTS:
Differentiable Architecture Search, ICLR 2019.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nasbook.nas.spaces.architecture import Architectures
from nasbook.nas.spaces.layer import Layer
from nasbook.space import Choice, Config, Space

if TYPE_CHECKING:
    import networkx as nx
    from torch import Tensor

ACTIVATIONS = ("tanh", "relu", "sigmoid", "identity")
OUTPUTS = ("loose ends", "all nodes")


class RecurrentCells(Architectures):
    """Cells of `nodes` nodes of `width` numbers, for sequences of `length` symbols out of `classes`.

    output: "loose ends" or "all nodes", what a state is the mean of."""

    name = "recurrent-cell"

    def __init__(
        self, nodes: int = 4, width: int = 32, output: str = "loose ends", classes: int = 34, length: int = 32
    ) -> None:
        if output not in OUTPUTS:
            raise ValueError(f"{self.name}: output must be one of {', '.join(map(repr, OUTPUTS))}, not {output!r}")
        for label, number in {"nodes": nodes, "width": width, "classes": classes, "length": length}.items():
            if isinstance(number, bool) or not isinstance(number, int) or number < 1:
                raise ValueError(f"{self.name}: {label} must be a whole number of at least 1, not {number!r}")
        self.nodes, self.width, self.output, self.classes, self.shape = nodes, width, output, classes, (length,)
        parameters: dict = {}
        for i in range(1, nodes + 1):
            if i > 2:  # node 1 reads the state, node 2 can only read node 1
                parameters[f"input_{i}"] = Choice(list(range(1, i)))
            parameters[f"activation_{i}"] = Choice(ACTIVATIONS)
        self.space = Space(parameters)

    def predecessors(self, config: Config) -> list[int]:
        """For node 1, 2, … the node that it reads; 0 is the state."""
        return [config.get(f"input_{i}", i - 1) for i in range(1, self.nodes + 1)]

    def wiring(self, config: Config) -> tuple[tuple[str, int], ...]:
        """For node 1, 2, … its activation and the node that it reads."""
        return tuple((config[f"activation_{i}"], j) for i, j in enumerate(self.predecessors(config), 1))

    def ends(self, config: Config) -> tuple[int, ...]:
        """The nodes whose mean is the new state."""
        read = self.predecessors(config) if self.output == "loose ends" else []
        return tuple(i for i in range(1, self.nodes + 1) if i not in read)

    def example(self, n: int = 1) -> Tensor:
        """Random symbols (n, length)."""
        import torch

        return torch.randint(self.classes, (n, *self.shape))

    def layers(self, config: Config) -> list[Layer]:
        return [
            Layer("embedding", "Embedding", (self.classes, self.width), inputs=("x",)),
            Layer("cell", "RecurrentCell", (self.width, self.wiring(config), self.ends(config)), inputs=("embedding",)),
            Layer("head", "Linear", (self.width, self.classes), inputs=("cell",)),
        ]

    def graph(self, config: Config) -> nx.MultiDiGraph:
        """Node 0 is the last state with the symbol, each other node is a node of the cell."""
        import networkx as nx

        graph = nx.MultiDiGraph(inputs=(0,), output=self.ends(config))
        for i, j in enumerate(self.predecessors(config), 1):
            graph.add_edge(j, i, op=config[f"activation_{i}"])
        return graph
