"""Latencies: expected ones against autograd and a table, and what is asked of those that are given."""

import numpy as np
import pytest
import torch

import nasbook
from nasbook.nas.fbnet import FBNet
from nasbook.nas.parts.latency import Latency
from nasbook.nas.proxylessnas import ProxylessNAS
from nasbook.nas.spaces.nb201.cell import cell_space
from nasbook.nas.spaces.networks import CellPlaces

SHORT = {"epochs": 2, "channels": 2, "batch": 50, "device": "cpu"}
SECONDS = [7e-5, 0.0, 7e-6, 4e-5, 5e-5, 2e-5]


def test_the_gradient_of_the_expected_latency():
    """∂E/∂α_i = p_i (t_i − Σ_o p_o t_o) for each place."""
    latency = Latency("fbnet", CellPlaces(), ())
    alpha = torch.randn(6, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64).requires_grad_()
    p = torch.softmax(alpha, 1)
    (found,) = torch.autograd.grad(latency(p), alpha)
    t, p = latency.times, p.detach()
    torch.testing.assert_close(found, p * (t - (p * t).sum(1, keepdim=True)), atol=1e-14, rtol=0)
    assert found.sum(1).abs().max() < 1e-13 < 1 < found.abs().max()
    one = torch.eye(5, dtype=torch.float64)[[3] * 6]
    assert float(latency(one)) == pytest.approx(69.8 + 6 * 49.7) and latency.least == 69.8


def test_the_table_is_that_of_digits_201():
    """For cells without `none`: each edge counts. Some equal others as functions, and the table timed one of them."""
    table, latency, rng = nasbook.task("digits201-digits"), Latency("fbnet", CellPlaces(), ()), np.random.default_rng(0)
    cells = rng.integers(1, 5, (500, 6))
    added = np.array([latency(torch.eye(5, dtype=torch.float64)[list(cell)]).item() for cell in cells])
    off = np.abs(added / [1e6 * table.cost(tuple(cell))["latency"] for cell in cells] - 1)
    assert np.mean(off < 0.005) > 0.9 and off.max() < 0.08


@pytest.mark.parametrize(
    ("Strategy", "settings", "says"),
    [
        (FBNet, {"latencies": SECONDS}, "the shortest latency is 7e-05; give latencies in a smaller unit, such as µs"),
        (FBNet, {"latencies": [1.0, 0, 1, 2, 3, 4]}, "the shortest latency is 1; "),
        (ProxylessNAS, {"objective": "multiply", "latencies": SECONDS}, "the shortest latency is 7e-05; "),
        (ProxylessNAS, {"objective": "multiply", "reference": 0.2}, "the reference is 0.2; give"),
        (ProxylessNAS, {"objective": "multiply", "reference": 1.0}, "the reference is 1; give"),
        (ProxylessNAS, {"latencies": [0] * 6}, "no operation takes any time; give latencies above 0"),
        (ProxylessNAS, {"objective": "both"}, "objective must be one of add, multiply, not 'both'"),
        (ProxylessNAS, {"price": -1}, "price must be at least 0, not -1"),
        (ProxylessNAS, {"reference": -3}, "reference must be at least 0, not -3"),
        (ProxylessNAS, {"every": 0}, "every must be a whole number of at least 1"),
        (ProxylessNAS, {"warm_up": -1}, "warm_up must be a whole number of at least 0"),
        (ProxylessNAS, {"alpha_lr": 0}, "alpha_lr must be above 0"),
        (FBNet, {"power": -0.1}, "power must be at least 0"),
        (FBNet, {"scale": 0}, "scale must be above 0"),
        (FBNet, {"tau_min": 6}, "tau_min must not be above tau = 5"),
        (FBNet, {"warm_up": 1.5}, "warm_up must be a whole number"),
        *(
            (Strategy, {"latencies": given}, says)
            for Strategy in (FBNet, ProxylessNAS)
            for given, says in (
                ([70, 1, 2], "latencies must be 6 numbers, of the rest of the network, then of none, skip, .*, not 3"),
                ([70, -1, 2, 3, 4, 5], "latencies must be a list of numbers of at least 0"),
                ([70, float("nan"), 2, 3, 4, 5], "latencies must be a list of numbers of at least 0"),
                ("fast", "latencies must be a list of numbers of at least 0, not 'fast'"),
                (70.0, "latencies must be a list of numbers of at least 0, not 70.0"),
            )
        ),
    ],
)
def test_what_cannot_be_a_latency_is_one_sentence(Strategy, settings, says):
    with pytest.raises(ValueError, match=says) as caught:
        Strategy(cell_space(), **{**SHORT, **settings})
    assert str(caught.value).startswith(Strategy.name) and "\n" not in str(caught.value)


def test_added_latencies_may_have_any_unit():
    a, b = ProxylessNAS(cell_space()), ProxylessNAS(cell_space(), latencies=[1e-6 * t for t in CellPlaces.latencies])
    p = torch.softmax(torch.randn(6, 5, dtype=torch.float64), 1)
    ce = torch.tensor(1.3)
    torch.testing.assert_close(a.charged(ce, a.latency(p)), b.charged(ce, b.latency(p)))


def test_a_space_that_nobody_has_measured(monkeypatch):
    monkeypatch.setattr(CellPlaces, "latencies", ())
    for Strategy in (FBNet, ProxylessNAS):
        with pytest.raises(ValueError, match="nobody has measured this space .*; latencies must be 6 numbers"):
            Strategy(cell_space())
        Strategy(cell_space(), latencies=(70, 0, 7, 41, 50, 16))


def test_the_price_moves_the_expected_latency_of_a_chain():
    found = []
    for price in (0.0, 5.0):
        options = {"epochs": 4, "warm_up": 0, "channels": 2, "every": 1, "price": price}
        *_, last = nasbook.steps("proxylessnas", "digits-mbconv-chain", seed=0, **options)
        found.append(last.view.expected_cost)
    assert found[1] < found[0] - 100
