"""Chains of layers: how many there are, what they cost, and that each is a network."""

import numpy as np
import pytest
import torch

import nasbook
from nasbook.nas.spaces.conv_chain import ConvChain
from nasbook.nas.spaces.mlp_chain import MLPChain


def test_sizes():
    """A layer has 4 widths × 3 activations, or (3 kernels × 3 widths × 2 skips + 2 poolings) × 2 strides."""
    assert MLPChain().space.size == sum((4 * 3) ** d for d in (1, 2, 3, 4)) == 22_620
    assert MLPChain(depth=1).space.size == 12 and ConvChain(depth=1).space.size == 40
    assert ConvChain().space.size == sum(((3 * 3 * 2 + 2) * 2) ** d for d in range(1, 6)) == 105_025_640


@pytest.mark.parametrize("spaces", [MLPChain(depth=2), ConvChain(depth=2)], ids=lambda s: s.name)
def test_no_two_chains_are_equal(spaces):
    keys = [spaces.canonical(config) for config in spaces.space.grid()]
    assert len(set(keys)) == len(keys) == spaces.space.size


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


def test_costs_of_a_perceptron_by_hand():
    spaces = MLPChain()
    config = {"depth": 2, "width_1": 16, "activation_1": "relu", "width_2": 32, "activation_2": "gelu"}
    assert spaces.parameters(config) == (64 * 16 + 16 + 32) + (16 * 32 + 32 + 64) + 32 * 10 + 10
    assert spaces.flops(config) == 64 * 16 + 3 * 16 + 16 * 32 + 3 * 32 + 32 * 10


def test_a_space_by_name():
    assert {entry.name for entry in nasbook.spaces()} >= {"mlp-chain", "conv-chain", "darts-cells", "macro"}
    assert nasbook.architectures("conv-chain", depth=3).space.parameters["depth"].high == 3
    with pytest.raises(ValueError, match="there is no space 'conv-chian'; did you mean 'conv-chain'?"):
        nasbook.architectures("conv-chian")
    with pytest.raises(ValueError, match="space conv-chain: .*unexpected keyword argument 'colour'"):
        nasbook.architectures("conv-chain", colour=3)
    for name in ("conv-chain", "mlp-chain"):
        with pytest.raises(ValueError, match=f"{name}: depth must be at least 1, not 0"):
            nasbook.architectures(name, depth=0)


def test_a_configuration_of_another_space_is_refused():
    chain = MLPChain().space.sample(np.random.default_rng(0))
    for table in ("nb201-cifar10", "digits201-digits"):
        with pytest.raises(ValueError, match="unknown parameter 'depth': the space has edge_0_1"):
            nasbook.task(table).evaluate(chain)
    with pytest.raises(ValueError, match="unknown parameter 'edge_0_1'"):
        ConvChain().build({"edge_0_1": "skip"})
    with pytest.raises(ValueError, match="kind_1 must be one of 'conv', 'maxpool', 'avgpool', not 'dense'"):
        ConvChain().build({"depth": 1, "kind_1": "dense", "stride_1": 1})
    with pytest.raises(ValueError, match="kernel_1 exists only when kind_1 in .'conv'."):
        ConvChain().build({"depth": 1, "kind_1": "maxpool", "kernel_1": 3, "stride_1": 1})
