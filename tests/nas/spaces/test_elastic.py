"""Elastic networks: each is a part of the largest one, with the weights of that."""

import numpy as np
import pytest
import torch
from torch import nn

from nasbook import registry
from nasbook.kit.start import init_weights
from nasbook.nas.parts.single_path import statistics
from nasbook.nas.spaces.blocks import MBConv
from nasbook.nas.spaces.elastic import Elastic
from nasbook.nas.spaces.elastic_supernet import ElasticBlock
from nasbook.nas.spaces.gates import mixed, single

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


def test_how_many_there_are():
    assert SPACES.space.size == 258**2 == 66_564
    assert len(PLACES.ops) == 7 and PLACES.allowed.shape == (6, 7)
    assert PLACES.allowed[:, 0].tolist() == [False, True, True] * 2


def test_paths_and_configurations_are_the_same_thing():
    rng = np.random.default_rng(0)
    for _ in range(50):
        config = SPACES.space.sample(rng)
        assert PLACES.config(PLACES.path(config)) == config
    assert PLACES.config((1, 0, 3, 2, 2, 0)) == PLACES.config((1, 0, 0, 2, 2, 0))  # a stage ends at its first skip


@pytest.mark.parametrize("mode", ["train", "eval"])
def test_a_path_is_the_plain_network_of_that_path(mode):
    """The full setting as much as a small one, in its output and in the statistics that it leaves behind."""
    for path in paths():
        net = supernet()
        alone = net.derive(path)
        assert sum(p.numel() for p in alone.parameters()) == sum(
            p.numel() for p in Elastic(4, classes=3).build(PLACES.config(path)).parameters()
        )
        getattr(net, mode)(), getattr(alone, mode)()
        with torch.no_grad():
            torch.testing.assert_close(net(images(), single(path)), alone(images()), atol=1e-12, rtol=0)
            net.eval(), alone.eval()
            torch.testing.assert_close(net(images(1), single(path)), alone(images(1)), atol=1e-12, rtol=0)


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


def test_recalibrated_statistics_are_put_back_and_do_not_depend_on_the_path_before():
    net, (a, b) = supernet(), paths()[1:3]
    before = {k: v.clone() for k, v in net.state_dict().items()}

    def judged(path):
        with statistics(net, single(path), images(2)), torch.no_grad():
            return net(images(3), single(path))

    first = judged(a)
    judged(b)
    assert torch.equal(judged(a), first)
    assert all(torch.equal(v, before[k]) for k, v in net.state_dict().items())
    alone = net.derive(a)
    for m in alone.modules():
        if isinstance(m, nn.BatchNorm2d):
            m.reset_running_stats()
            m.momentum = None
    with torch.no_grad():
        alone.train()(images(2))
        torch.testing.assert_close(alone.eval()(images(3)), first, atol=1e-10, rtol=0)


def test_a_mixture_runs():
    net = supernet()
    table = PLACES.softmax(torch.randn(PLACES.allowed.shape)).double().requires_grad_()
    net(images(), mixed(table)).square().sum().backward()
    assert (table.grad.abs() > 0).sum() == PLACES.allowed.sum()


def test_bad_input_is_one_sentence():
    with pytest.raises(ValueError, match="partial must be 1, not 2"):
        PLACES.net(4, 3, 1, partial=2)
    with pytest.raises(ValueError, match="elastic: stages must be a whole number of at least 1"):
        Elastic(stages=0)
