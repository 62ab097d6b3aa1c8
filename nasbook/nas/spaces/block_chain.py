"""A chain of blocks, of which each place takes one: a convolution, an inverted bottleneck, or nothing.

    x ─▶ stem ─▶ b_1 ─▶ b_2 ─▶ reduce (half the size, 2C channels) ─▶ b_3 ─▶ b_4 ─▶ mean over pixels ─▶ linear

A place that takes `skip` passes its input on, so the number of blocks is searched as well, from none to all. Every
block begins with a convolution and keeps size and channels. The convolutions "conv3x3" and "conv5x5" are conv-BN-ReLU;
"mb3e2" is a bottleneck with kernel 3 that expands the channels twice.

With the operations skip, conv3x3 and conv5x5 and four places there are 3⁴ = 81 networks, which can all be trained: 81
times a third of a second. The bottlenecks ("mbconv-chain") make 5⁴ = 625.

Papers: Chu et al., SCARLET-NAS, ICCV Workshops 2021, where a skip among the choices is the subject; Cai, Zhu & Han,
ProxylessNAS, ICLR 2019, whose chains are of such bottlenecks.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nasbook.kit.checks import whole
from nasbook.nas.spaces.architecture import Architectures
from nasbook.nas.spaces.layer import Layer
from nasbook.space import Choice, Config, Space

if TYPE_CHECKING:
    import networkx as nx

OPS = ("skip", "conv3x3", "conv5x5")
MBCONV = ("skip", "mb3e2", "mb3e6", "mb5e2", "mb5e6")


class BlockChain(Architectures):
    """Networks of `blocks` places with `channels` channels, in the second half twice as many. ops: what a place can
    take: "skip", "conv3x3", "conv5x5", "mb3e2" and other kernels and expansions. ValueError for others."""

    name = "block-chain"
    default: tuple[str, ...] = OPS

    def __init__(
        self,
        channels: int = 8,
        blocks: int = 4,
        classes: int = 10,
        shape: tuple[int, ...] = (1, 8, 8),
        ops: Sequence[str] = (),
    ) -> None:
        whole(f"{self.name}: channels", channels, 1)
        whole(f"{self.name}: blocks", blocks, 2, 64)
        self.channels, self.blocks, self.classes, self.shape = channels, blocks, classes, shape
        self.ops = tuple(ops) or self.default
        for op in self.ops:
            block("check", op, 1, "x")
        self.space = Space({f"block_{i}": Choice(self.ops) for i in range(1, blocks + 1)})

    @property
    def cut(self) -> int:
        """How many places stand before the reduction."""
        return self.blocks // 2

    def layers(self, config: Config) -> list[Layer]:
        c = self.channels
        lines = [Layer("stem", "ConvBNReLU", (self.shape[0], c, 3), inputs=("x",))]
        for i in range(1, self.blocks + 1):
            if i == self.cut + 1:
                lines.append(Layer("reduce", "ConvBNReLU", (c, 2 * c, 3, 2), inputs=(lines[-1].name,)))
                c *= 2
            if line := block(f"block{i}", config[f"block_{i}"], c, lines[-1].name):
                lines.append(line)
        mean = Layer("mean", "MeanPixels", inputs=(lines[-1].name,))
        return [*lines, mean, Layer("head", "Linear", (c, self.classes), inputs=("mean",))]

    def graph(self, config: Config) -> nx.MultiDiGraph:
        """Node 0 is what the stem gives; an edge for each place, with its operation and channels."""
        import networkx as nx

        graph = nx.MultiDiGraph(inputs=(0,), output=(self.blocks,))
        for n, op in enumerate(config[f"block_{i}"] for i in range(1, self.blocks + 1)):
            wide = self.channels if n < self.cut else 2 * self.channels
            graph.add_edge(n, n + 1, op=op if op == "skip" else f"{op} {wide}")
        return graph


class MBConvChain(BlockChain):
    """Inverted bottlenecks of two kernels and two expansions, or a skip."""

    name = "mbconv-chain"
    default = MBCONV


def block(name: str, op: str, c: int, source: str) -> Layer | None:
    """The layer of an operation on c channels; None for a skip. ValueError for what is none of them."""
    if op == "skip":
        return None
    if found := re.fullmatch(r"conv([13579])x\1", op):
        return Layer(name, "ConvBNReLU", (c, c, int(found[1])), inputs=(source,))
    if found := re.fullmatch(r"mb([13579])e([1-9])", op):
        return Layer(name, "MBConv", (c, c, int(found[1]), int(found[2])), inputs=(source,))
    raise ValueError(f"a block is 'skip', 'conv3x3', 'mb3e2' or one with another odd kernel, not {op!r}")
