"""Gates: what is on the path runs as the network of that path alone would, and nothing else does."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from nasbook import registry
from nasbook.kit.start import init_weights
from nasbook.nas.gdas import hard
from nasbook.nas.proxylessnas import two
from nasbook.nas.spaces.block_chain import BlockChain, MBConvChain
from nasbook.nas.spaces.darts_cells import DartsCells, RobustDartsS2, RobustDartsS4
from nasbook.nas.spaces.gates import mixed, single
from nasbook.nas.spaces.nb201.cell import cell_space

SPACES = {
    "cells": cell_space(),
    "darts": DartsCells(nodes=1).space,
    "s2": RobustDartsS2(nodes=2).space,
    "s4": RobustDartsS4(nodes=3).space,
    "chain": BlockChain().space,
    "mbconv": MBConvChain(blocks=3).space,
}
PLACES = {name: registry.supernet("spos", space) for name, space in SPACES.items()}
BATCH = 6


def supernet(kind, seed=0):
    net = PLACES[kind].net(4, 3, 1)
    init_weights(net, np.random.default_rng(seed))
    net.double().train()
    with torch.no_grad():  # running statistics that differ from the start
        for k in range(2):
            alpha = torch.randn(PLACES[kind].allowed.shape, generator=torch.Generator().manual_seed(k))
            net(images(k), mixed(PLACES[kind].softmax(alpha).double()))
    return net


def images(seed=9):
    return torch.randn(BATCH, 1, 8, 8, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def paths(kind, n=3):
    places, rng = PLACES[kind], np.random.default_rng(4)
    return [places.path(places.space.sample(rng)) for _ in range(n)]


def norms(net):
    return {name: [b.clone() for b in m.buffers()] for name, m in net.named_modules() if isinstance(m, nn.BatchNorm2d)}


def moved(net, before):
    return {name for name, old in before.items() if not all(map(torch.equal, norms(net)[name], old))}


@pytest.mark.parametrize("kind", PLACES)
@pytest.mark.parametrize("mode", ["train", "eval"])
def test_a_path_is_the_network_of_that_path(kind, mode):
    """Bit for bit, in its output and in the running statistics that it leaves behind."""
    for path in paths(kind):
        net = supernet(kind)
        alone = net.derive(path).double()
        before, before_alone = norms(net), norms(alone)
        getattr(net, mode)(), getattr(alone, mode)()
        with torch.no_grad():
            assert torch.equal(net(images(), single(path)), alone(images()))
        assert len(moved(net, before)) == len(moved(alone, before_alone))
        for _ in range(2):  # the statistics that the step has left: the next output in eval mode
            net.eval(), alone.eval()
            with torch.no_grad():
                assert torch.equal(net(images(1), single(path)), alone(images(1)))


@pytest.mark.parametrize("kind", PLACES)
def test_a_one_hot_mixture_gives_the_same_but_moves_every_batch_norm(kind):
    net, path = supernet(kind), paths(kind)[0]
    before = norms(net)
    table = F.one_hot(torch.tensor(path), len(PLACES[kind].ops)).double()
    with torch.no_grad():
        as_mixture = net(images(), mixed(table))
    assert moved(net, before) == set(before)
    other = supernet(kind)
    with torch.no_grad():
        as_path = other(images(), single(path))
    torch.testing.assert_close(as_mixture, as_path, atol=1e-12, rtol=0)
    assert 0 < len(moved(other, before)) < len(before)


def test_the_norms_that_move_are_those_of_the_path():
    net, path = supernet("cells"), (1, 3, 2, 4, 3, 1)
    before = norms(net)
    net(images(), single(path))
    convolutions = ("02.conv3x3", "12.conv1x1", "13.conv3x3")
    inside = {f"cell{c}.edges.{at}.2" for c in (1, 2) for at in convolutions}
    assert moved(net, before) == inside | {"stem.1", "reduce.2", "norm"}


@pytest.mark.parametrize("kind", PLACES)
def test_what_is_off_the_path_does_not_move(kind):
    """Although the optimiser has momentum and weight decay, and has moved all of it before."""
    net = supernet(kind)
    sgd = torch.optim.SGD(net.parameters(), 0.1, momentum=0.9, weight_decay=0.1)
    y = torch.tensor([0, 1, 2] * 2)

    def step(gates):
        sgd.zero_grad()
        F.cross_entropy(net(images(), gates), y).backward()
        sgd.step()

    step(mixed(PLACES[kind].softmax(torch.zeros(PLACES[kind].allowed.shape)).double()))
    path = paths(kind)[0]
    before = {name: p.detach().clone() for name, p in net.named_parameters()}
    step(single(path))
    changed = {name for name, p in net.named_parameters() if not torch.equal(p, before[name])}
    on_path = {name for name, p in net.named_parameters() if p.grad is not None}
    assert changed == on_path and 0 < len(changed) < len(before)
    assert sum(before[n].numel() for n in changed) <= sum(p.numel() for p in net.derive(path).parameters())


@pytest.mark.parametrize("kind", PLACES)
def test_a_hard_sample_has_the_value_of_the_path_and_the_gradient_of_z(kind):
    """GDAS: z_k multiplies the one operation that runs, ∂L/∂z_k = ⟨∂L/∂ō, o_k(x)⟩, and nothing else has a gradient."""
    path = paths(kind)[1]
    net, other = supernet(kind), supernet(kind)
    z = torch.rand(PLACES[kind].allowed.shape, dtype=torch.float64, requires_grad=True)
    out = net(images(), hard(z, path))
    assert torch.equal(out, other(images(), single(path)))
    (gradient,) = torch.autograd.grad(out.square().sum(), z)
    taken = torch.zeros_like(gradient, dtype=torch.bool)
    taken[range(len(path)), path] = True
    assert gradient[~taken].abs().max() == 0 < gradient[taken].abs().max()
    scale = torch.ones(z.shape, dtype=torch.float64)
    at = int(gradient[taken].abs().argmax())
    h = 1e-6

    def value(delta):
        c = scale.clone()
        c[at, path[at]] += delta
        gates = [[(op, c[p, op], True)] for p, op in enumerate(path)]
        with torch.no_grad():
            return float(supernet(kind)(images(), gates).square().sum())

    assert gradient[at, path[at]] == pytest.approx((value(h) - value(-h)) / (2 * h), rel=1e-4)


def test_two_paths_need_the_graph_of_one():
    """∂L/∂g = ⟨∂L/∂ō, o(x)⟩ of both operations, though the inactive one adds nothing and keeps no graph."""
    net = supernet("cells")
    active, other = (3, 2, 3, 4, 2, 3), (2, 3, 1, 3, 3, 2)
    g = torch.zeros(6, 5, dtype=torch.float64)
    g[range(6), active] = 1
    g.requires_grad_()
    out = net(images(), two(g, active, other))
    out.square().sum().backward()
    assert (g.grad[range(6), other] != 0).all() and (g.grad[range(6), active] != 0).all()
    edge = net.cell1.edges["01"]
    assert edge["conv3x3"][1].weight.grad is not None and edge["conv1x1"][1].weight.grad is None
    assert torch.equal(out, supernet("cells")(images(), single(active)))
    whole = torch.zeros(6, 5, dtype=torch.float64)
    whole[range(6), active] = 1
    whole.requires_grad_()
    supernet("cells")(images(), mixed(whole)).square().sum().backward()
    taken = torch.zeros(6, 5, dtype=torch.bool)
    taken[range(6), active] = taken[range(6), other] = True
    torch.testing.assert_close(g.grad[taken], whole.grad[taken])


@pytest.mark.parametrize("kind", PLACES)
def test_partial_channels_in_every_supernet(kind):
    """Half of the channels have a smaller net's weights; nothing else changes with them but the values."""
    places, path = PLACES[kind], paths(kind)[0]
    nets = {k: places.net(4, 3, 1, partial=k) for k in (1, 2)}
    for net in nets.values():
        init_weights(net, np.random.default_rng(0))
        net.double().train()
    assert torch.equal(nets[1](images(), single(path)), supernet_without_steps(kind)(images(), single(path)))
    assert nets[2](images(), single(path)).shape == (BATCH, 3)
    sizes = {k: sum(p.numel() for p in net.parameters()) for k, net in nets.items()}
    assert sizes[2] < sizes[1]
    if any(name in op for op in places.names(path) for name in ("conv", "mb")):
        with pytest.raises(ValueError, match="only a part of the channels has weights"):
            nets[2].derive(path)
    with pytest.raises(ValueError, match="partial must divide the"):
        places.net(4, 3, 1, partial=3)


def supernet_without_steps(kind):
    net = PLACES[kind].net(4, 3, 1)
    init_weights(net, np.random.default_rng(0))
    return net.double().train()
