"""A path's network with a supernet's weights: it computes what the supernet does along the path."""

import numpy as np
import pytest
import torch
from torch import nn

from nasbook import registry
from nasbook.kit.start import init_weights
from nasbook.nas.spaces.block_chain import BlockChain
from nasbook.nas.spaces.gates import single
from nasbook.nas.spaces.layer import Layer
from nasbook.nas.spaces.supernet_layers import made


def norms(net):
    return [m for m in net.modules() if isinstance(m, nn.BatchNorm2d)]


def test_a_layer_is_its_class_and_none_an_identity():
    assert isinstance(made(None), nn.Identity) and isinstance(made(Layer("x", None)), nn.Identity)
    conv = made(Layer("x", "Conv2d", (3, 4, 5), {"padding": 2}))
    assert isinstance(conv, nn.Conv2d) and (conv.in_channels, conv.out_channels, conv.kernel_size) == (3, 4, (5, 5))


def test_norms_inside_a_place_have_no_scale_and_forget_faster():
    for affine in (True, False):
        (norm,) = norms(made(Layer("x", "BatchNorm2d", (4,)), affine=affine))
        assert norm.momentum == 0.3 and (norm.weight is not None) == (norm.bias is not None) == affine == norm.affine
        assert norm(torch.randn(9, 4, 2, 2)).shape == (9, 4, 2, 2)


@pytest.fixture
def net():
    """A supernet of a chain whose weights and statistics are all other numbers than those of a new network."""
    net = registry.supernet("spos", BlockChain(blocks=3).space).net(4, 5, 1)
    init_weights(net, np.random.default_rng(0))
    net.train()
    with torch.no_grad():
        for op in range(len(net.spaces.ops)):
            for _ in range(4):
                net(torch.randn(30, 1, 8, 8) * 3 + 1, single((op,) * 3))
    return net


def test_a_path_alone_computes_what_the_supernet_does_along_it(net):
    x = torch.randn(20, 1, 8, 8) * 3 + 1
    for path in ((0, 1, 2), (1, 1, 1), (2, 0, 1)):
        alone = net.derive(path)
        assert all(m.momentum == 0.3 for m in norms(alone)) and norms(alone)
        for mode in (False, True):  # with running statistics, and with the batch's
            net.train(mode), alone.train(mode)
            torch.testing.assert_close(alone(x), net(x, single(path)), atol=1e-5, rtol=1e-5)
        net.train(False)


def test_the_weights_are_copies(net):
    alone = net.derive((1, 1, 1))
    before = {name: value.clone() for name, value in net.state_dict().items()}
    with torch.no_grad():
        for p in alone.parameters():
            p.add_(1.0)
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())


def test_a_part_of_the_channels_is_refused():
    net = registry.supernet("pc-darts", BlockChain(blocks=3).space).net(4, 5, 1, partial=2)
    init_weights(net, np.random.default_rng(0))
    with pytest.raises(ValueError, match="train the network alone"):
        net.derive((1, 1, 1))
