"""Every layer and the deepest chains are networks on images of 8 × 8."""

import numpy as np
import torch

from nasbook.nas.spaces.conv_chain import ConvChain


def test_every_layer_and_the_deepest_chains_are_networks_on_8x8_images():
    x = torch.randn(2, 1, 8, 8)
    for config in ConvChain(depth=1).space.grid():
        assert ConvChain(depth=1).build(config)(x).shape == (2, 10)
    spaces, rng = ConvChain(), np.random.default_rng(0)
    smallest = {"depth": 5, **{f"{k}_{i}": v for i in range(1, 6) for k, v in (("kind", "maxpool"), ("stride", 2))}}
    assert spaces.build(smallest)(x).shape == (2, 10), "five halvings"
    deep = [config for config in (spaces.space.sample(rng) for _ in range(200)) if config["depth"] == 5]
    assert len(deep) > 20
    for config in deep:
        assert spaces.build(config)(x).shape == (2, 10)
