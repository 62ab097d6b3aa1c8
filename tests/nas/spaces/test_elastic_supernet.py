"""An elastic block: its identity, its largest network, its sorted channels, and what a small one leaves alone."""

import numpy as np
import torch
from nas.elastic import LARGEST, PLACES, images, supernet

from nasbook.kit.start import init_weights
from nasbook.nas.spaces.blocks import MBConv
from nasbook.nas.spaces.elastic_supernet import ElasticBlock
from nasbook.nas.spaces.gates import mixed, single


def block(kernels=(3, 5, 7), expansion=4):
    made = ElasticBlock(3, 3, 1, kernels, expansion)
    init_weights(made, np.random.default_rng(0))
    return made.double()


def test_the_identity_is_the_middle_of_a_kernel():
    made = block()
    W = made.spatial.weight
    assert torch.equal(made.kernel(7), W)
    assert torch.equal(made.kernel(5), W[:, :, 1:-1, 1:-1]) and torch.equal(made.kernel(3), W[:, :, 2:-2, 2:-2])
    with torch.no_grad():
        made.matrices["5"][0, 1] = 2.0  # the first pixel of 5×5 takes twice its neighbour as well
    assert torch.allclose(made.kernel(5)[..., 0, 0], W[:, :, 1, 1] + 2 * W[:, :, 1, 2])
    assert torch.equal(made.kernel(3), W[:, :, 2:-2, 2:-2])  # its pixels are not in the middle


def test_the_largest_block_is_an_mbconv_with_its_weights():
    made, plain = block(), MBConv(3, 3, 7, 4).double()
    for part, conv, norm in zip(
        (plain.expand, plain.spatial, plain.project), (made.expand, made.spatial, made.project), made.norms, strict=True
    ):
        part[0].load_state_dict(conv.state_dict())
        part[1].load_state_dict(norm.state_dict())
        part[1].momentum = norm.momentum
    x = torch.randn(5, 3, 8, 8, dtype=torch.float64)
    assert torch.equal(made(x, 7, 4), plain(x))
    assert torch.equal(made.eval()(x, 7, 4), plain.eval()(x))


def test_sorting_channels_changes_nothing_in_the_largest_network():
    net = supernet().eval()
    small = single(PLACES.path({**PLACES.largest, "expansion_1_1": 2, "expansion_2_2": 3}))
    with torch.no_grad():
        full, narrow = net(images(), single(LARGEST)), net(images(), small)
        before = [b.project.weight.abs().sum((0, 2, 3)) for b in net.blocks]
        for b in net.blocks:
            b.sort()
        torch.testing.assert_close(net(images(), single(LARGEST)), full, atol=1e-12, rtol=0)
        assert (net(images(), small) - narrow).abs().max() > 1e-3  # a narrow one has other channels now
    for b, old in zip(net.blocks, before, strict=True):
        now = b.project.weight.abs().sum((0, 2, 3))
        assert (now.diff() <= 0).all() and not torch.equal(now, old)
        torch.testing.assert_close(now, old.sort(descending=True).values)


def test_what_a_small_network_does_not_use_gets_no_gradient():
    net = supernet()
    second = ("kernel_1_2", "expansion_1_2", "kernel_1_3", "expansion_1_3")
    config = {name: value for name, value in PLACES.largest.items() if name not in second}
    path = PLACES.path({**config, "depth_1": 1, "kernel_1_1": 3, "expansion_1_1": 2})
    net(images(), single(path)).square().sum().backward()
    assert all(p.grad is None for b in net.blocks[1:3] for p in b.parameters())
    first = net.blocks[0]
    assert first.expand.weight.grad[8:].abs().max() == 0 < first.expand.weight.grad[:8].abs().min()
    kernel = first.spatial.weight.grad[:8]
    assert kernel[:, :, 0].abs().max() == 0 < kernel[:, :, 1:-1, 1:-1].abs().min()
    assert first.matrices["3"].grad.abs().max() > 0


def test_a_mixture_runs():
    net = supernet()
    table = PLACES.softmax(torch.randn(PLACES.allowed.shape)).double().requires_grad_()
    net(images(), mixed(table)).square().sum().backward()
    assert (table.grad.abs() > 0).sum() == PLACES.allowed.sum()
