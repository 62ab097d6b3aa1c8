"""Compound scaling as a space: the built network has the sizes of the rule, and FLOPs grow by α·β²·γ²."""

import numpy as np
import pytest
import torch
from torch import nn

from nasbook.nas.spaces.compound import Compound


def counted(spaces, config):
    """(blocks, channels, pixels a side, multiply-adds of their convolutions) of the built network, seen in a pass."""
    net, seen = spaces.build(config), []
    for name, module in net.named_modules():
        if isinstance(module, nn.Conv2d) and name.startswith("block"):
            module.register_forward_hook(lambda m, x, y: seen.append((m.in_channels, m.out_channels, *y.shape[2:])))
    with torch.no_grad():
        assert net.eval()(spaces.example(2)).shape == (2, 10)
    (shape,) = set(seen)
    c_in, c_out, height, width = shape
    assert c_in == c_out and height == width
    return len(seen), c_out, height, len(seen) * 9 * c_in * c_out * height * width


def rule(alpha, beta, gamma, phi):
    return {"alpha": float(alpha), "beta": float(beta), "gamma": float(gamma), "phi": phi}


@pytest.mark.parametrize("base", [(5, 10, 5), (2, 4, 8)])
def test_the_built_network_has_the_sizes_of_the_rule(base):
    spaces = Compound(*base)
    for config in [rule(1.2, 1.1, 1.2, p) for p in range(4)] + [rule(1.7, 1, 1.5, 2), rule(1, 1.35, 1, 1)]:
        sizes = [
            int(np.floor(size * config[name] ** config["phi"] + 0.5))
            for size, name in zip(base, ("alpha", "beta", "gamma"), strict=True)
        ]
        assert list(counted(spaces, config)[:3]) == sizes == list(spaces.sizes(config))
        d, w, r = sizes
        assert spaces.paths(config) == {(f"{r}×{r} pixels", f"{w} channels", f"{d} blocks")}


@pytest.mark.parametrize("factors", [(2, 1, 1), (1, 1.5, 1), (1, 1, 1.5), (2, 1.5, 1), (1, 1.5, 1.5), (1.5, 1.5, 1.5)])
def test_without_roundings_flops_grow_by_exactly_the_rule(factors):
    spaces = Compound(4, 4, 4, phi=2)  # whole numbers at φ = 0, 1 and 2
    alpha, beta, gamma = factors
    flops = [counted(spaces, rule(*factors, phi))[3] for phi in range(3)]
    for before, after in zip(flops, flops[1:], strict=False):
        assert after == before * alpha * beta**2 * gamma**2


def test_with_roundings_they_grow_within_them_and_the_whole_network_about_as_much():
    spaces = Compound(depth=5, width=10, resolution=5)
    for factors in [(1.2, 1.1, 1.15), (1.4, 1.2, 1.0), (1.1, 1.1, 1.3), (1.9, 1, 1)]:
        for phi in (1, 2, 3):
            exact = np.array([5, 10, 5]) * np.array(factors) ** phi
            low, high = (np.prod(np.maximum(exact + e, 1) ** [1, 2, 2]) * 9 for e in (-0.5, 0.5))
            config = rule(*factors, phi)
            blocks = counted(spaces, config)[3]
            assert low <= blocks <= high
            assert blocks < spaces.flops(config) < 1.25 * blocks  # stem, head, batch norm and ReLU


def test_phi_0_is_the_base_whatever_the_others_and_the_resizing_shows_nothing_new():
    spaces = Compound()
    assert {spaces.sizes(rule(*f, 0)) for f in [(1, 1, 1), (2, 1.5, 1.5)]} == {(5, 10, 5)}
    assert spaces.flops(rule(1, 1, 1, 0)) == spaces.flops(rule(2, 1.5, 1.5, 0)) == 119_850
    net = spaces.build(rule(1, 1, 1.4, 2))
    assert net.resize(torch.zeros(1, 1, 8, 8)).shape[2:] == (10, 10)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"depth": 0}, "depth must be a whole number of at least 1, not 0"),
        ({"width": 2.5}, "width must be a whole number"),
        ({"resolution": 1000}, "resolution must be at most 32"),
        ({"phi": 0}, "phi must be a whole number of at least 1"),
        ({"phi": 9}, "phi must be at most 5"),
    ],
)
def test_a_base_that_is_none_is_refused(options, says):
    with pytest.raises(ValueError, match=says):
        Compound(**options)
