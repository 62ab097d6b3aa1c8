"""A chain of linear layers: how many, how wide, with which activation.

    x ─▶ flatten ─▶ [linear ─▶ batch norm ─▶ activation] × depth ─▶ linear

With d = 1 … 4 layers, 4 widths and 3 activations there are Σ_d 4^d · 3^d = 22,620 of them.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from nasbook.nas.spaces.architecture import Architectures
from nasbook.nas.spaces.layer import Layer
from nasbook.space import Choice, Config, Constant, Int, Space

if TYPE_CHECKING:
    import networkx as nx

WIDTHS, ACTIVATIONS = (16, 32, 64, 128), {"relu": "ReLU", "tanh": "Tanh", "gelu": "GELU"}


class MLPChain(Architectures):
    """1 … `depth` layers of a perceptron for images or vectors of `shape`."""

    name = "mlp-chain"

    def __init__(self, depth: int = 4, classes: int = 10, shape: tuple[int, ...] = (1, 8, 8)) -> None:
        self.classes, self.shape = classes, shape
        if depth < 1:
            raise ValueError(f"{self.name}: depth must be at least 1, not {depth}")
        parameters: dict = {"depth": Int(1, depth) if depth > 1 else Constant(1)}
        for i in range(1, depth + 1):
            exists = {"depth": list(range(i, depth + 1))}
            parameters[f"width_{i}"] = Choice(WIDTHS, ordered=True, when=exists)
            parameters[f"activation_{i}"] = Choice(list(ACTIVATIONS), when=exists)
        self.space = Space(parameters)

    def layers(self, config: Config) -> list[Layer]:
        lines = [Layer("flat", "Flatten", inputs=("x",))]
        width = math.prod(self.shape)
        for i in range(1, config["depth"] + 1):
            before, width = width, config[f"width_{i}"]
            lines += [
                Layer(f"linear{i}", "Linear", (before, width), inputs=(lines[-1].name,)),
                Layer(f"norm{i}", "BatchNorm1d", (width,), inputs=(f"linear{i}",)),
                Layer(f"active{i}", ACTIVATIONS[config[f"activation_{i}"]], inputs=(f"norm{i}",)),
            ]
        return [*lines, Layer("head", "Linear", (width, self.classes), inputs=(lines[-1].name,))]

    def graph(self, config: Config) -> nx.MultiDiGraph:
        import networkx as nx

        depth = config["depth"]
        graph = nx.MultiDiGraph(inputs=(0,), output=(depth,))
        for i in range(1, depth + 1):
            graph.add_edge(i - 1, i, op=f"{config[f'width_{i}']} {config[f'activation_{i}']}")
        return graph
