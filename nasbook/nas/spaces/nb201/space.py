"""The search space of NAS-Bench-201 cells (cell.py) with all that a search space can do.

    x ─▶ stem ─▶ cell (C channels) ─▶ reduce (stride 2) ─▶ cell (2C channels) ─▶ pooled ─▶ head

Paper: Dong & Yang, NAS-Bench-201: Extending the Scope of Reproducible Neural Architecture Search, ICLR 2020.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

from nasbook.nas.spaces.architecture import Architectures
from nasbook.nas.spaces.layer import Layer
from nasbook.nas.spaces.nb201 import cell as cells
from nasbook.nas.spaces.nb201.cell import CONV1, CONV3, EDGES, NONE, OPS, POOL, Cell, cell_space, to_cell
from nasbook.space import Config

if TYPE_CHECKING:
    import networkx as nx


class NB201Cells(Architectures):
    """15,625 cells of six edges; `stages` cells one after the other, each with twice the channels of the one before."""

    name = "nb201-cell"

    def __init__(
        self, channels: int = 8, stages: int = 2, classes: int = 10, shape: tuple[int, ...] = (1, 8, 8)
    ) -> None:
        self.space, self.channels, self.stages, self.classes, self.shape = (
            cell_space(),
            channels,
            stages,
            classes,
            shape,
        )

    def layers(self, config: Config) -> list[Layer]:
        cell, c = to_cell(config), self.channels
        lines = [Layer("stem", "ConvBN", (self.shape[0], c, 3), inputs=("x",))]
        for stage in range(1, self.stages + 1):
            if stage > 1:
                lines.append(Layer(f"reduce{stage - 1}", "ReLUConvBN", (c, 2 * c, 3), {"stride": 2}, (lines[-1].name,)))
                c *= 2
            lines += self._cell(cell, c, f"cell{stage}", lines[-1].name)
        pooled = Layer("pooled", "Pooled", (c,), inputs=(lines[-1].name,))
        return [*lines, pooled, Layer("head", "Linear", (c, self.classes), inputs=("pooled",))]

    @staticmethod
    def _cell(cell: Cell, c: int, name: str, source: str) -> list[Layer]:
        lines: list[Layer] = []
        nodes: list[str | None] = [source, None, None, None]  # None: nothing arrives
        for j in (1, 2, 3):
            terms = []
            for (i, end), op in zip(EDGES, cell, strict=True):
                before = nodes[i]
                if end != j or op == NONE or before is None:
                    continue
                if op in (CONV1, CONV3, POOL):
                    lines.append(_operation(op, c, f"{name}_{i}{j}", before))
                terms.append(lines[-1].name if op in (CONV1, CONV3, POOL) else before)
            if terms:
                lines.append(Layer(f"{name}_node{j}", None, inputs=tuple(terms)))
                nodes[j] = lines[-1].name
        if nodes[3] is None:
            lines.append(Layer(f"{name}_node3", None, inputs=(source,), join="zero"))
        return lines

    def graph(self, config: Config) -> nx.MultiDiGraph:
        import networkx as nx

        graph = nx.MultiDiGraph(cells.graph(config))
        graph.graph.update(inputs=(0,), output=(3,))
        return graph

    def canonical(self, config: Config) -> Hashable:
        return cells.canonical_key(config)


def _operation(op: int, c: int, name: str, source: str) -> Layer:
    if op == POOL:
        options = {"stride": 1, "padding": 1, "count_include_pad": False}
        return Layer(name, "AvgPool2d", (3,), options, (source,))
    return Layer(name, "ReLUConvBN", (c, c, 1 if OPS[op] == "conv1x1" else 3), inputs=(source,))
