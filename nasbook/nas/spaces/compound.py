"""A convolutional network whose depth, width and resolution grow together by one rule, as in EfficientNet.

    image ─▶ resized to r × r ─▶ stem ─▶ d blocks of w channels ─▶ BN, ReLU, mean over pixels ─▶ linear

    d = d₀ α^φ,   w = w₀ β^φ,   r = r₀ γ^φ,   each rounded to the next whole number
    FLOPs of the blocks = 9 d w² r²,   so from φ to φ + 1 they grow by the factor α·β²·γ²

A block is h + BN(conv3×3(ReLU(h))), with w channels before and behind. With φ = 0 this is the base
network: 5 blocks of 10 channels on 5×5 pixels. The digits have 8×8 pixels: below that the resizing takes something
away, above it shows nothing new. Roundings: α, β and γ may change without another network, e.g. at φ = 1 as long as
10 β is nearest to the same whole number.

Paper: Tan & Le, EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks, ICML 2019. Their base network
was itself found by a search, and has seven stages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nasbook.kit.checks import whole
from nasbook.nas.spaces.architecture import Architectures
from nasbook.nas.spaces.layer import Layer
from nasbook.space import Config, Float, Int, Space

if TYPE_CHECKING:
    import networkx as nx


class Compound(Architectures):
    """Networks of `depth` blocks, `width` channels and `resolution` pixels at φ = 0, on images of `shape` (channels,
    height, width); φ is at most `phi`."""

    name = "compound"

    def __init__(
        self,
        depth: int = 5,
        width: int = 10,
        resolution: int = 5,
        phi: int = 3,
        classes: int = 10,
        shape: tuple[int, ...] = (1, 8, 8),
    ) -> None:
        for name, value, most in (("depth", depth, 20), ("width", width, 64), ("resolution", resolution, 32)):
            whole(f"{self.name}: {name}", value, 1, most)
        whole(f"{self.name}: phi", phi, 1, 5)
        self.base, self.classes, self.shape = (depth, width, resolution), classes, shape
        alpha, beta, gamma = (Float(1, high, step=0.05) for high in (2, 1.5, 1.5))
        self.space = Space(alpha=alpha, beta=beta, gamma=gamma, phi=Int(0, phi))

    def sizes(self, config: Config) -> tuple[int, int, int]:
        """(d, w, r) of a configuration: blocks, channels, pixels a side."""
        factors = (config[name] ** config["phi"] for name in ("alpha", "beta", "gamma"))
        d, w, r = (int(size * factor + 0.5) for size, factor in zip(self.base, factors, strict=True))
        return d, w, r

    def layers(self, config: Config) -> list[Layer]:
        d, w, r = self.sizes(config)
        resize = {"size": (r, r), "mode": "bilinear"}
        lines = [
            Layer("resize", "Upsample", (), resize, ("x",)),
            Layer("stem", "ConvBN", (self.shape[0], w, 3), {}, ("resize",)),
        ]
        for i in range(1, d + 1):
            at = lines[-1].name
            lines.append(Layer(f"block{i}", "ReLUConvBN", (w, w, 3), {}, (at,)))
            lines.append(Layer(f"sum{i}", None, inputs=(f"block{i}", at)))
        mean = Layer("mean", "Pooled", (w,), inputs=(lines[-1].name,))
        return [*lines, mean, Layer("head", "Linear", (w, self.classes), inputs=("mean",))]

    def graph(self, config: Config) -> nx.MultiDiGraph:
        """Its three sizes, one behind the other: block by block, 40 of them would be no picture, and 2⁴⁰ paths."""
        import networkx as nx

        d, w, r = self.sizes(config)
        graph = nx.MultiDiGraph(inputs=(0,), output=(3,))
        for i, size in enumerate((f"{r}×{r} pixels", f"{w} channels", f"{d} blocks")):
            graph.add_edge(i, i + 1, op=size)
        return graph
