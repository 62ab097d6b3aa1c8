"""Elastic spaces, their supernets and paths."""

import numpy as np
import torch

from nasbook import registry
from nasbook.kit.start import init_weights
from nasbook.nas.spaces.elastic import Elastic
from nasbook.nas.spaces.gates import single

SPACES = Elastic()
PLACES = registry.supernet("ofa", SPACES.space)
LARGEST = PLACES.path(PLACES.largest)


def images(seed=9):
    return torch.randn(6, 1, 8, 8, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def supernet(seed=0):
    """In float64, with running statistics, scales and kernel matrices away from their start."""
    net, rng = PLACES.net(4, 3, 1), torch.Generator().manual_seed(seed)
    init_weights(net, np.random.default_rng(seed))
    net.double().train()
    with torch.no_grad():
        for name, p in net.named_parameters():
            if "norms" in name or "matrices" in name:
                p += 0.3 * torch.randn(p.shape, generator=rng, dtype=p.dtype)
        for path in paths(3):
            net(images(), single(path))
    return net


def paths(n=6):
    rng = np.random.default_rng(4)
    return [LARGEST, *(PLACES.path(SPACES.space.sample(rng)) for _ in range(n))]
