"""Networks that one larger network contains: stages of bottlenecks, elastic in depth, kernel and expansion.

    x ─▶ stem ─▶ stage 1 (C channels) ─▶ stage 2 (2C channels, half the size) ─▶ mean over pixels ─▶ linear

Each stage has 1 … `depth` inverted bottlenecks (MBConv), each with a kernel and an expansion of its own. A smaller
network is a part of the largest: the first blocks of a stage, the middle of a kernel, the first of the expanded
channels. So weights can be shared inside an operation, not only between networks.

A stage of up to three blocks with 2 kernels and 3 expansions has 6 + 6² + 6³ = 258 forms, two stages 66,564.

Paper: Cai et al., Once-for-All: Train One Network and Specialize It for Efficient Deployment, ICLR 2020.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nasbook.kit.checks import whole
from nasbook.nas.spaces.architecture import Architectures
from nasbook.nas.spaces.layer import Layer
from nasbook.space import Choice, Config, Space

if TYPE_CHECKING:
    import networkx as nx

DEPTHS, KERNELS, EXPANSIONS = (1, 2, 3), (3, 5), (2, 3, 4)


class Elastic(Architectures):
    """Networks of `stages` stages. depths, kernels, expansions: the options of each stage and each block, rising; with
    fewer of them the space is a part of the whole."""

    name = "elastic"

    def __init__(
        self,
        channels: int = 8,
        stages: int = 2,
        classes: int = 10,
        shape: tuple[int, ...] = (1, 8, 8),
        depths: Sequence[int] = DEPTHS,
        kernels: Sequence[int] = KERNELS,
        expansions: Sequence[int] = EXPANSIONS,
    ) -> None:
        whole(f"{self.name}: channels", channels, 1)
        whole(f"{self.name}: stages", stages, 1, 8)
        self.channels, self.stages, self.classes, self.shape = channels, stages, classes, shape
        self.depths, self.kernels, self.expansions = tuple(depths), tuple(kernels), tuple(expansions)
        parameters: dict = {}
        for s in range(1, stages + 1):
            parameters[f"depth_{s}"] = Choice(self.depths, ordered=True)
            for b in range(1, self.depths[-1] + 1):
                exists = {f"depth_{s}": [d for d in self.depths if d >= b]}
                exists = exists if len(exists[f"depth_{s}"]) < len(self.depths) else {}
                parameters[f"kernel_{s}_{b}"] = Choice(self.kernels, ordered=True, when=exists)
                parameters[f"expansion_{s}_{b}"] = Choice(self.expansions, ordered=True, when=exists)
        self.space = Space(parameters)

    def blocks(self, config: Config) -> list[tuple[int, int, int, int, int, int, int]]:
        """(stage, block, channels in, channels out, kernel, expansion, stride) of each block, from first to last."""
        found, c = [], self.channels
        for s in range(1, self.stages + 1):
            for b in range(1, config[f"depth_{s}"] + 1):
                before, c = c, self.channels * 2 ** (s - 1)
                stride = 2 if b == 1 and s > 1 else 1
                found.append((s, b, before, c, config[f"kernel_{s}_{b}"], config[f"expansion_{s}_{b}"], stride))
        return found

    def layers(self, config: Config) -> list[Layer]:
        lines = [Layer("stem", "ConvBNReLU", (self.shape[0], self.channels, 3), inputs=("x",))]
        c = self.channels
        for s, b, before, c, kernel, expansion, stride in self.blocks(config):
            args = (before, c, kernel, expansion, stride)
            lines.append(Layer(f"block{s}_{b}", "MBConv", args, inputs=(lines[-1].name,)))
        mean = Layer("mean", "MeanPixels", inputs=(lines[-1].name,))
        return [*lines, mean, Layer("head", "Linear", (c, self.classes), inputs=("mean",))]

    def graph(self, config: Config) -> nx.MultiDiGraph:
        """Node 0 is the image, node 1 what the stem gives, and each further one what a block gives."""
        import networkx as nx

        blocks = self.blocks(config)
        graph = nx.MultiDiGraph(inputs=(0,), output=(len(blocks) + 1,))
        graph.add_edge(0, 1, op="stem")
        for n, (s, _, before, c, kernel, expansion, stride) in enumerate(blocks, 1):
            graph.add_edge(n, n + 1, op=f"mb{kernel}e{expansion} {c}{' /2' if stride == 2 else ''}")
            graph.nodes[n + 1]["stage"] = s
            if (before, stride) == (c, 1):
                graph.add_edge(n, n + 1, op="skip")
        return graph
