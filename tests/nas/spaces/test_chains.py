"""Chains of layers: how many there are, what they cost, and that each is a network."""

import numpy as np
import pytest

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
