"""A hierarchical skeleton: stages of equal blocks, as in MnasNet and Once-for-all.

    x ─▶ stem ─▶ stage 1 ─▶ stage 2 (half the size) ─▶ stage 3 (half again) ─▶ mean over pixels ─▶ linear

What is searched is not the wiring of a cell but the shape of the whole. Each stage has a block (a plain convolution,
or an inverted bottleneck "mbconv", which expands the channels, filters each by itself and shrinks them again), a
kernel, an expansion (bottlenecks only), a number of channels and a depth; one width multiplies the channels of all
stages. All blocks of a stage are alike, but the first one changes size and channels. Input and output of a block are
added where their shapes agree.

Per stage 2 kernels · 3 channels · 3 depths · (1 + 3 expansions) = 72 shapes, and with 3 widths 72³ · 3 = 1,119,744.

Papers: Tan et al., MnasNet: Platform-Aware Neural Architecture Search for Mobile, CVPR 2019; Cai et al., Once-for-All:
Train One Network and Specialize It for Efficient Deployment, ICLR 2020.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nasbook.nas.spaces.architecture import Architectures
from nasbook.nas.spaces.layer import Layer
from nasbook.space import Choice, Config, Int, Space

if TYPE_CHECKING:
    import networkx as nx

BLOCKS, KERNELS, EXPANSIONS = ("conv", "mbconv"), (3, 5), (2, 3, 4)
CHANNELS, WIDTHS, DEPTH = (8, 16, 24), (0.5, 1.0, 1.5), 3


class Macro(Architectures):
    """Networks of `stages` stages on images of `shape` (channels, height, width)."""

    name = "macro"

    def __init__(self, stages: int = 3, classes: int = 10, shape: tuple[int, ...] = (1, 8, 8)) -> None:
        if stages < 1:
            raise ValueError(f"{self.name}: stages must be at least 1, not {stages}")
        self.stages, self.classes, self.shape = stages, classes, shape
        parameters: dict = {"width": Choice(WIDTHS, ordered=True)}
        for i in range(1, stages + 1):
            parameters[f"block_{i}"] = Choice(BLOCKS)
            parameters[f"kernel_{i}"] = Choice(KERNELS, ordered=True)
            parameters[f"expansion_{i}"] = Choice(EXPANSIONS, ordered=True, when={f"block_{i}": "mbconv"})
            parameters[f"channels_{i}"] = Choice(CHANNELS, ordered=True)
            parameters[f"depth_{i}"] = Int(1, DEPTH)
        self.space = Space(parameters)

    def blocks(self, config: Config) -> list[tuple[int, str, int, int, int, int, int]]:
        """(stage, block, channels in, channels out, kernel, expansion, stride) of each block, from first to last."""
        found, c = [], self.stem(config)
        for i in range(1, self.stages + 1):
            kernel, expansion = config[f"kernel_{i}"], config.get(f"expansion_{i}", 1)
            for first in [True, *[False] * (config[f"depth_{i}"] - 1)]:
                before, c = c, scaled(config[f"channels_{i}"], config["width"])
                found.append((i, config[f"block_{i}"], before, c, kernel, expansion, 2 if first and i > 1 else 1))
        return found

    def stem(self, config: Config) -> int:
        """Channels of the stem."""
        return scaled(CHANNELS[0], config["width"])

    def layers(self, config: Config) -> list[Layer]:
        c = self.stem(config)
        lines = [Layer("stem", "ConvBNReLU", (self.shape[0], c, 3), inputs=("x",))]
        for n, (stage, block, before, c, kernel, expansion, stride) in enumerate(self.blocks(config), 1):
            name, source = f"stage{stage}_block{n}", lines[-1].name
            if block == "mbconv":
                lines.append(Layer(name, "MBConv", (before, c, kernel, expansion, stride), {}, (source,)))
                continue
            lines.append(Layer(name, "ConvBNReLU", (before, c, kernel, stride), {}, (source,)))
            if (before, stride) == (c, 1):
                lines.append(Layer(f"{name}_sum", None, inputs=(name, source)))
        mean = Layer("mean", "MeanPixels", inputs=(lines[-1].name,))
        return [*lines, mean, Layer("head", "Linear", (c, self.classes), inputs=("mean",))]

    def graph(self, config: Config) -> nx.MultiDiGraph:
        """Node 0 is the image, node 1 what the stem gives, and each further one what a block gives."""
        import networkx as nx

        blocks = self.blocks(config)
        graph = nx.MultiDiGraph(inputs=(0,), output=(len(blocks) + 1,))
        graph.add_edge(0, 1, op=f"stem {self.stem(config)}")
        for n, (stage, block, before, c, kernel, expansion, stride) in enumerate(blocks, 1):
            wide = f" ×{expansion}" if block == "mbconv" else ""
            graph.add_edge(n, n + 1, op=f"{block}{kernel}x{kernel}{wide} {c}{' /2' if stride == 2 else ''}")
            graph.nodes[n + 1]["stage"] = stage
            if (before, stride) == (c, 1):
                graph.add_edge(n, n + 1, op="skip")
        return graph


def scaled(channels: int, width: float) -> int:
    """The nearest multiple of 4, as in MobileNets, and at least 4."""
    return max(4, round(channels * width / 4) * 4)
