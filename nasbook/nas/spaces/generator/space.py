"""The generators of AutoGAN as a search space of architectures: to sample, draw, edit, count and export."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from nasbook.nas.spaces.architecture import Architectures
from nasbook.nas.spaces.generator.decisions import (
    CONVS,
    DECISIONS,
    MOST,
    NORMS,
    SKIPS,
    UPS,
    depth,
    generator_space,
    skips,
)
from nasbook.nas.spaces.generator.layers import CHANNELS, LATENT, layers
from nasbook.nas.spaces.layer import Layer
from nasbook.space import Config

if TYPE_CHECKING:
    import networkx as nx


class Generators(Architectures):
    """Generators of `cells` cells, each twice as wide and high as the one before: z (n, latent) -> (n, 1, side, side),
    with 4, 8 or 16 pixels a side. Raises ValueError for a number that is none."""

    name = "generator"
    shape = (LATENT,)

    def __init__(self, cells: int = 2, channels: int = CHANNELS, latent: int = LATENT) -> None:
        for label, number, most in (("cells", cells, MOST), ("channels", channels, 1024), ("latent", latent, 1024)):
            if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= most:
                raise ValueError(f"{self.name}: {label} must be a whole number from 1 to {most}, not {number!r}")
        self.cells, self.channels, self.shape = cells, channels, (latent,)
        self.space = generator_space(cells)

    def layers(self, config: Config) -> list[Layer]:
        return layers(config, self.channels, self.shape[0])

    def every_layer(self) -> list[list[Layer]]:
        """A few generators that have, together, every layer that any of them has."""
        found = []
        for chosen in product(CONVS, NORMS, UPS, [True]):
            config = {f"{d}_{s}": o for s in range(1, self.cells + 1) for d, o in zip(DECISIONS, chosen, strict=True)}
            found.append(self.layers(config | {f"skips_{s}": SKIPS[s][-1] for s in range(2, self.cells + 1)}))
        return found

    def graph(self, config: Config) -> nx.MultiDiGraph:
        """Node 0 is the first image, of 2×2 pixels; nodes 2s − 1 and 2s are h and x of cell s."""
        import networkx as nx

        graph = nx.MultiDiGraph(inputs=(0,), output=(2 * depth(config),))
        for s in range(1, depth(config) + 1):
            up, conv = config[f"up_{s}"], f"{config[f'conv_{s}']} {config[f'norm_{s}']}"
            graph.add_edge(2 * s - 2, 2 * s - 1, op=f"{conv} {up}")
            for j in skips(config, s):
                graph.add_edge(2 * j - 1, 2 * s - 1, op=f"1x1 {up}")
            graph.add_edge(2 * s - 1, 2 * s, op=conv)
            if config[f"shortcut_{s}"]:
                graph.add_edge(2 * s - 2, 2 * s, op=f"1x1 {up}")
        return graph
