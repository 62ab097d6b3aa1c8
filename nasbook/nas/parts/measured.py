"""What the operations of a supernet take on this machine: for the setting `latencies` of `fbnet` and `proxylessnas`.

    nasbook.search("fbnet", "digits-cells", latencies=latencies(nasbook.task("digits-cells").space))

Each operation is timed at all places at once, against a network that has nothing there. Measure a batch: with a single
image, what it costs to call an operation hides what it computes. Two measurements of a busy machine may differ by a
third, so a search takes its latencies as a setting, which its trace keeps, and never measures on its way.
"""

from __future__ import annotations

import numpy as np
import torch

from nasbook import registry
from nasbook.kit.checks import whole
from nasbook.kit.start import init_weights
from nasbook.nas.spaces.cost import seconds
from nasbook.nas.spaces.gates import Gate
from nasbook.space import Space


def latencies(
    space: Space, channels: int = 8, shape: tuple[int, int, int] = (1, 8, 8), images: int = 50, repeats: int = 15
) -> tuple[float, ...]:
    """µs of a forward pass of so many images on one thread: of the rest of the network, then of each operation at a
    place, each the median of so many passes. ValueError where the space has no supernet."""
    for name, value in (("channels", channels), ("images", images), ("repeats", repeats)):
        whole(name, value, 1)
    places = registry.supernet("latencies", space)
    net = places.net(channels, 10, shape[0])
    init_weights(net, np.random.default_rng(0))
    net.eval()
    x = torch.zeros(images, *shape)

    def passes(op: int | None) -> float:
        gates = [[Gate(op)] if op is not None and row[op] else [] for row in places.allowed]
        with torch.no_grad():
            return 1e6 * seconds(lambda: net(x, gates), repeats)

    rest = passes(None)
    often = places.allowed.sum(0)
    return rest, *(max(0.0, float((passes(op) - rest) / max(1, often[op]))) for op in range(len(places.ops)))
