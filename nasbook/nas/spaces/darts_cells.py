"""The two cells of DARTS, and the two small versions of them on which RobustDARTS shows how DARTS fails.

    nodes 0, 1:  the outputs of the two cells before, each brought to the cell's channels by a 1×1 convolution
    node i:      first(node_j) + second(node_k),   j < k < i         i = 2 … 5
    output:      nodes 2 … 5, one behind the other along the channels

A network is a chain of *normal* cells, with a *reduction* cell after one and after two thirds of it, which halves
height and width (its operations on nodes 0 and 1 have stride 2) and has twice the channels. A configuration names for
both cells the two predecessors of each node, "0 2", and the two operations. The first node has no choice of
predecessors.

A cell is one of Π_{i=2}^{5} (i choose 2) · 7² = 180 · 7⁸ ≈ 10⁹, a pair of cells one of 10¹⁸, as in the paper. The
operation `none` belongs to the supernet alone, since no found cell has it. Left out against the paper's evaluation:
auxiliary head, drop path, and most of the 36 channels and 20 cells.

Papers: Liu, Simonyan & Yang, DARTS: Differentiable Architecture Search, ICLR 2019; Zela et al., Understanding and
Robustifying Differentiable Architecture Search, ICLR 2020 (S2, S4).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from nasbook.nas.spaces.architecture import Architectures, canonical
from nasbook.nas.spaces.layer import Layer
from nasbook.space import Choice, Config, Space

if TYPE_CHECKING:
    import networkx as nx

OPS = ("skip", "maxpool3x3", "avgpool3x3", "sepconv3x3", "sepconv5x5", "dilconv3x3", "dilconv5x5")
PAPER = ("skip_connect", "max_pool_3x3", "avg_pool_3x3", "sep_conv_3x3", "sep_conv_5x5", "dil_conv_3x3", "dil_conv_5x5")
KINDS = ("normal", "reduction")


class DartsCells(Architectures):
    """Pairs of cells of `nodes` nodes each; networks of `cells` cells, the first of them with `channels` channels."""

    name = "darts-cells"
    ops: tuple[str, ...] = OPS

    def __init__(
        self, channels: int = 4, cells: int = 3, nodes: int = 4, classes: int = 10, shape: tuple[int, ...] = (1, 8, 8)
    ) -> None:
        if cells < 3:
            raise ValueError(f"{self.name}: cells must be at least 3 (two of them are reductions), not {cells}")
        if nodes < 1 or channels < 2:
            raise ValueError(
                f"{self.name}: a cell has at least 1 node and 2 channels, not nodes={nodes}, channels={channels}"
            )
        if shape[1] % 4 or shape[2] % 4:
            raise ValueError(f"{self.name}: height and width are halved twice, so 4 must divide them, not {shape[1:]}")
        self.channels, self.cells, self.nodes, self.classes, self.shape = channels, cells, nodes, classes, shape
        parameters: dict = {}
        for kind in KINDS:
            for i in range(2, nodes + 2):
                if i > 2:
                    parameters[f"{kind}_{i}_inputs"] = Choice([f"{j} {k}" for j, k in combinations(range(i), 2)])
                parameters |= {f"{kind}_{i}_{place}": Choice(self.ops) for place in ("first", "second")}
        self.space = Space(parameters)

    def edges(self, config: Config, kind: str) -> list[tuple[int, int, str]]:
        """(from, to, operation) of the normal or of the reduction cell."""
        found = []
        for i in range(2, self.nodes + 2):
            j, k = map(int, config.get(f"{kind}_{i}_inputs", "0 1").split())
            found += [(j, i, config[f"{kind}_{i}_first"]), (k, i, config[f"{kind}_{i}_second"])]
        return found

    def layers(self, config: Config) -> list[Layer]:
        c = self.channels
        lines = [Layer("stem", "ConvBN", (self.shape[0], 3 * c, 3), inputs=("x",))]
        before, last = ("stem", 3 * c, False), ("stem", 3 * c, False)  # name, channels, was it a reduction
        for n in range(1, self.cells + 1):
            reduction = n - 1 in (self.cells // 3, 2 * self.cells // 3)
            c = 2 * c if reduction else c
            name = f"cell{n}"
            if last[2]:  # two cells back, the image was twice as large
                lines.append(Layer(f"{name}_node0", "FactorizedReduce", (before[1], c), inputs=(before[0],)))
            else:
                lines.append(Layer(f"{name}_node0", "ReLUConvBN", (before[1], c, 1), inputs=(before[0],)))
            lines.append(Layer(f"{name}_node1", "ReLUConvBN", (last[1], c, 1), inputs=(last[0],)))
            edges = self.edges(config, KINDS[reduction])
            for i in range(2, self.nodes + 2):
                terms = []
                for place, (j, op) in enumerate([(j, op) for j, end, op in edges if end == i], 1):
                    stride = 2 if reduction and j < 2 else 1
                    line = operation(op, c, stride, f"{name}_node{i}_op{place}", f"{name}_node{j}")
                    lines += [line] if line else []
                    terms.append(line.name if line else f"{name}_node{j}")
                lines.append(Layer(f"{name}_node{i}", None, inputs=tuple(terms)))
            parts = tuple(f"{name}_node{i}" for i in range(2, self.nodes + 2))
            lines.append(Layer(name, None, inputs=parts, join="cat"))
            before, last = last, (name, self.nodes * c, reduction)
        return [
            *lines,
            Layer("mean", "MeanPixels", inputs=(last[0],)),
            Layer("head", "Linear", (last[1], self.classes), inputs=("mean",)),
        ]

    def graph(self, config: Config) -> nx.MultiDiGraph:
        """Both cells: nodes 0 … nodes + 1 of the normal one, behind them those of the reduction. Attributes of a node
        are `label`, as in the paper, and `cell`."""
        import networkx as nx

        size = self.nodes + 2
        starts = dict(zip(KINDS, (0, size), strict=True))
        graph = nx.MultiDiGraph(inputs=(0, 1, size, size + 1), join="cat")
        graph.graph["output"] = tuple(start + i for start in starts.values() for i in range(2, size))
        for kind, start in starts.items():
            for i in range(size):
                label = f"{kind} c_(k-{2 - i})" if i < 2 else str(i - 2)
                graph.add_node(start + i, label=label, cell=kind)
            for j, i, op in self.edges(config, kind):
                half = " /2" if kind == "reduction" and j < 2 else ""
                graph.add_edge(start + j, start + i, op=f"{op}{half}")
        return graph

    def canonical(self, config: Config) -> Hashable:
        """As for every graph, and a noise is the same whichever node it takes the place of."""
        graph = self.graph(self.check(config))
        for j, i, key, op in list(graph.edges(keys=True, data="op")):
            if op.startswith("noise"):
                graph.remove_edge(j, i, key)
                graph.add_edge(0 if graph.nodes[i]["cell"] == "normal" else self.nodes + 2, i, op="noise")
        return canonical(graph)

    def from_genotype(
        self, normal: Sequence[tuple[str, int]], reduce: Sequence[tuple[str, int]], **concat: object
    ) -> Config:
        """The configuration of the paper's notation: for each node two pairs such as ("sep_conv_3x3", 0).

        ValueError for an operation, a predecessor or a number of pairs that no cell of this space has."""
        config: Config = {}
        for kind, pairs in zip(KINDS, (normal, reduce), strict=True):
            if len(pairs) != 2 * self.nodes:
                raise ValueError(f"{self.name}: the {kind} cell has {2 * self.nodes} pairs, not {len(pairs)}")
            for i in range(2, self.nodes + 2):
                two = sorted(pairs[2 * (i - 2) : 2 * (i - 1)], key=lambda pair: pair[1])
                j, k = (pair[1] for pair in two)
                if not 0 <= j < k < i:
                    raise ValueError(
                        f"{self.name}: node {i} of the {kind} cell reads two different nodes before it, not {j} and {k}"
                    )
                if i > 2:
                    config[f"{kind}_{i}_inputs"] = f"{j} {k}"
                for place, (op, _) in zip(("first", "second"), two, strict=True):
                    own = dict(zip(PAPER, OPS, strict=True)).get(op, op)
                    if own not in self.ops:
                        raise ValueError(f"{self.name}: there is no operation {op!r}; there are {', '.join(self.ops)}")
                    config[f"{kind}_{i}_{place}"] = own
        return self.check(config)


class RobustDartsS2(DartsCells):
    """Only skips and separable convolutions: skips win the search, although the convolutions are better."""

    name = "robustdarts-s2"
    ops = ("skip", "sepconv3x3")


class RobustDartsS4(DartsCells):
    """Only noise and separable convolutions: noise can never be right."""

    name = "robustdarts-s4"
    ops = ("noise", "sepconv3x3")


def operation(op: str, c: int, stride: int, name: str, source: str) -> Layer | None:
    """The layer of an operation on c channels; None for a skip, which passes its input on."""
    if op == "skip":
        return None if stride == 1 else Layer(name, "FactorizedReduce", (c, c), inputs=(source,))
    if op == "noise":
        return Layer(name, "Noise", (stride,), inputs=(source,))
    if op == "maxpool3x3":
        return Layer(name, "MaxPool2d", (3,), {"stride": stride, "padding": 1}, (source,))
    if op == "avgpool3x3":
        return Layer(name, "AvgPool2d", (3,), {"stride": stride, "padding": 1, "count_include_pad": False}, (source,))
    return Layer(name, "SepConv" if op.startswith("sep") else "DilConv", (c, int(op[-1]), stride), inputs=(source,))
