"""A convolutional chain of variable length: what each layer does, its kernel, its channels, and whether it is skipped.

    x ─▶ layer 1 ─▶ … ─▶ layer d ─▶ mean over pixels ─▶ linear

    conv:  h_i = ReLU(BN(conv_k×k(h_{i-1})))  [+ h_{i-1}, if it is skipped over]
    pool:  h_i = the maximum or the mean over 3×3 pixels

A skip adds the input as it is where the shapes agree, and through a 1×1 convolution where they do not, so every
configuration is a network. The parameters of layer i exist only where the chain is at least i layers long, and those of
a convolution only where the layer is one: depth, kind_i, kernel_i, channels_i, skip_i, stride_i.

Sizes: a convolution has 3 kernels × 3 widths × 2 (skip), a pooling has two kinds; both have stride 1 or 2. That makes
(18 + 2) · 2 = 40 layers and Σ_{d=1}^{5} 40^d ≈ 1.05 · 10^8 chains.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nasbook.nas.spaces.architecture import Architectures
from nasbook.nas.spaces.layer import Layer
from nasbook.space import Choice, Config, Constant, Int, Space

if TYPE_CHECKING:
    import networkx as nx

KINDS, KERNELS, CHANNELS = ("conv", "maxpool", "avgpool"), (1, 3, 5), (8, 16, 32)


class ConvChain(Architectures):
    """1 … `depth` layers on images of `shape` (channels, height, width)."""

    name = "conv-chain"

    def __init__(self, depth: int = 5, classes: int = 10, shape: tuple[int, ...] = (1, 8, 8)) -> None:
        self.depth, self.classes, self.shape = depth, classes, shape
        if depth < 1:
            raise ValueError(f"{self.name}: depth must be at least 1, not {depth}")
        parameters: dict = {"depth": Int(1, depth) if depth > 1 else Constant(1)}
        for i in range(1, depth + 1):
            exists = {"depth": list(range(i, depth + 1))}
            conv = {f"kind_{i}": "conv"}
            parameters[f"kind_{i}"] = Choice(KINDS, when=exists)
            parameters[f"kernel_{i}"] = Choice(KERNELS, ordered=True, when=conv)
            parameters[f"channels_{i}"] = Choice(CHANNELS, ordered=True, when=conv)
            parameters[f"skip_{i}"] = Choice([False, True], when=conv)
            parameters[f"stride_{i}"] = Choice([1, 2], ordered=True, when=exists)
        self.space = Space(parameters)

    def layers(self, config: Config) -> list[Layer]:
        lines: list[Layer] = []
        c, at = self.shape[0], "x"
        for i in range(1, config["depth"] + 1):
            stride, kind = config[f"stride_{i}"], config[f"kind_{i}"]
            if kind != "conv":
                pool = "MaxPool2d" if kind == "maxpool" else "AvgPool2d"
                lines.append(Layer(f"pool{i}", pool, (3,), {"stride": stride, "padding": 1}, (at,)))
            else:
                before, c = c, config[f"channels_{i}"]
                lines.append(Layer(f"conv{i}", "ConvBNReLU", (before, c, config[f"kernel_{i}"], stride), {}, (at,)))
                if config[f"skip_{i}"]:
                    if (before, stride) != (c, 1):
                        lines.append(Layer(f"project{i}", "ConvBN", (before, c, 1, stride), {}, (at,)))
                        at = f"project{i}"
                    lines.append(Layer(f"sum{i}", None, inputs=(f"conv{i}", at)))
            at = lines[-1].name
        return [
            *lines,
            Layer("mean", "MeanPixels", inputs=(at,)),
            Layer("head", "Linear", (c, self.classes), {}, ("mean",)),
        ]

    def graph(self, config: Config) -> nx.MultiDiGraph:
        """Node i is what layer i gives."""
        import networkx as nx

        graph, c = nx.MultiDiGraph(inputs=(0,), output=(config["depth"],)), self.shape[0]
        for i in range(1, config["depth"] + 1):
            kind, stride = config[f"kind_{i}"], config[f"stride_{i}"]
            half = " /2" if stride == 2 else ""
            if kind != "conv":
                graph.add_edge(i - 1, i, op=f"{kind}{half}")
                continue
            before, c, k = c, config[f"channels_{i}"], config[f"kernel_{i}"]
            graph.add_edge(i - 1, i, op=f"conv{k}x{k} {c}{half}")
            if config[f"skip_{i}"]:
                graph.add_edge(i - 1, i, op="skip" if (before, stride) == (c, 1) else f"project {c}{half}")
        return graph
