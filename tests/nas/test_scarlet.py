"""SCARLET: a stabilizer and the convolution behind it are one convolution, and what would break that."""

import numpy as np
import pytest
import torch
from nas.pictures import Pictures, stopped_and_gone_on
from torch import nn

import nasbook
from nasbook import Float, Space
from nasbook.nas.scarlet import Scarlet, merge
from nasbook.nas.spaces.block_chain import BlockChain, MBConvChain
from nasbook.nas.spaces.elastic import Elastic
from nasbook.nas.spaces.gates import single
from nasbook.nas.spaces.nb201.cell import cell_space

SHORT = {"epochs": 2, "rounds": 2, "channels": 4, "batch": 50, "looks": 2, "population": 6, "device": "cpu"}


CHAINS = Pictures(space=BlockChain().space)


def trained(space=CHAINS.space, **settings):
    """An epoch has passed; the net is in float64."""
    method, task = Scarlet(space, seed=1, **{**SHORT, **settings}), CHAINS
    next(iter(method.run(task)))
    method.net.double().eval()
    return method


def images():
    return torch.randn(20, 1, 8, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(3))


# ---- one layer for two -----------------------------------------------------------------------------------


def layers(between=(), bias=False):
    """x, what the two layers give with `between` in the middle, what the merged layer gives."""
    torch.manual_seed(0)
    first, second = nn.Conv2d(6, 6, 1, bias=bias).double(), nn.Conv2d(6, 4, 3, padding=1, bias=False).double()
    one = nn.Conv2d(6, 4, 3, padding=1, bias=bias).double()
    one.weight.data = merge(second.weight.data, first.weight.data[:, :, 0, 0])
    if bias:  # what is right away from the border
        one.bias.data = second.weight.data.sum((2, 3)) @ first.bias.data
    x = torch.randn(5, 6, 8, 8, dtype=torch.float64)
    with torch.no_grad():
        return nn.Sequential(first, *between, second).double()(x), one(x)


def off(pair):
    return float((pair[0] - pair[1]).abs().max())


def test_two_linear_layers_are_one():
    assert off(layers()) < 1e-12


@pytest.mark.parametrize("between", [nn.ReLU(), nn.BatchNorm2d(6)])
def test_they_are_not_with_something_between(between):
    assert off(layers([between])) > 0.05


def test_a_bias_is_wrong_at_the_border_and_only_there():
    both = layers(bias=True)
    assert off(both) > 0.05
    assert off([out[:, :, 1:-1, 1:-1] for out in both]) < 1e-12


def test_several_in_a_row_are_one():
    torch.manual_seed(1)
    A, B, C = (torch.randn(4, 4, dtype=torch.float64) for _ in range(3))
    W = torch.randn(5, 4, 3, 3, dtype=torch.float64)
    torch.testing.assert_close(merge(merge(merge(W, C), B), A), merge(W, C @ B @ A))


# ---- the network of a path -------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [(0, 0, 0, 0), (0, 1, 0, 2), (1, 0, 0, 1), (2, 2, 1, 0), (1, 0, 2, 0), (1, 2, 1, 2)])
def test_the_merged_network_is_the_path(path):
    method = trained()
    with torch.no_grad():
        there, merged = method.net(images(), single(path)), method.merged(path).double().eval()(images())
        plain = method.net.derive(path).double().eval()(images())
    assert (there - merged).abs().max() < 1e-12 * max(1.0, float(there.abs().max()))
    if 0 in path:
        assert (there - plain).abs().max() > 1e-3  # without its stabilizers it is another network
    sizes = [sum(p.numel() for p in net.parameters()) for net in (method.merged(path), method.net.derive(path))]
    assert sizes[0] == sizes[1]


def test_a_stabilizer_that_is_not_linear_cannot_be_merged():
    method = trained()
    for place in method.net.places:
        place["skip"] = nn.Sequential(place["skip"], nn.ReLU())
        place["skip"].weight = place["skip"][0].weight
    with torch.no_grad():
        there, merged = (
            method.net(images(), single((0, 1, 0, 2))),
            method.merged((0, 1, 0, 2)).double().eval()(images()),
        )
    assert (there - merged).abs().max() > 1e-3


def test_a_plain_skip_has_nothing_to_merge():
    method, path = trained(skip="identity"), (0, 1, 0, 2)
    with torch.no_grad():
        assert torch.equal(method.net(images(), single(path)), method.merged(path).double().eval()(images()))


def test_a_bottleneck_that_adds_its_input_takes_no_stabilizer():
    method = trained(MBConvChain().space)
    with pytest.raises(ValueError, match="cannot be merged into a block that adds its input"):
        method.merged((0, 1, 1, 1))
    assert method.merged((1, 0, 1, 1)) is not None  # the reduction behind it takes it


# ---- the search ------------------------------------------------------------------------------------------


def test_a_stabilizer_is_a_convolution_without_anything():
    method = trained()
    for place, c in zip(method.net.places, (4, 4, 8, 8), strict=True):
        skip = place["skip"]
        assert isinstance(skip, nn.Conv2d) and skip.kernel_size == (1, 1) and skip.bias is None
        assert skip.weight.shape == (c, c, 1, 1)


def test_counts_are_exactly_fair_and_stabilizers_learn():
    method = Scarlet(CHAINS.space, seed=1, **SHORT)
    steps = list(nasbook.steps("scarlet", CHAINS, seed=1, **SHORT))
    assert len(steps) == 4 and set(np.array(steps[1].view.counts).ravel()) == {4}  # two epochs of two batches
    train, _ = method.start(CHAINS)
    before = [place["skip"].weight.detach().clone() for place in method.net.places]
    method.step_paths(method.batches(train)[0], [(0, 1, 0, 1)])
    moved = [not torch.equal(p["skip"].weight, w) for p, w in zip(method.net.places, before, strict=True)]
    assert moved == [True, False, True, False]


def test_a_stopped_search_goes_on_bit_for_bit(tmp_path):
    gone_on, whole = stopped_and_gone_on("scarlet", CHAINS, tmp_path, (0, 2), seed=3, **SHORT)
    assert gone_on == whole


def test_what_it_cannot_search():
    with pytest.raises(ValueError, match="searches the depth of a chain of blocks.* 'digits-block-chain'") as caught:
        Scarlet(cell_space())
    assert "\n" not in str(caught.value)
    with pytest.raises(ValueError, match="searches the depth .* for another space use 'random'"):
        Scarlet(Space(x=Float(0, 1)))
    with pytest.raises(ValueError, match="searches the depth"):
        Scarlet(Elastic().space)
    with pytest.raises(ValueError, match="skip must be one of linear, identity"):
        Scarlet(CHAINS.space, skip="relu")
