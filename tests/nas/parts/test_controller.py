"""The controller against exact enumeration of small spaces."""

from itertools import product

import numpy as np
import pytest
import torch
from nas.policies import TINY, TREE, everything, moved

from nasbook import Choice, Space
from nasbook.nas.parts.controller import Controller

# ---- the controller -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("space", [TINY, TREE], ids=["tiny", "tree"])
def test_probabilities_of_all_configurations_sum_to_one(space):
    controller = moved(space)
    configs = everything(space)
    assert len(configs) == space.size
    p = controller.read(controller.actions(configs)).log_p.exp().detach().numpy()
    assert p.sum() == pytest.approx(1, abs=1e-12) and p.max() > 3 / len(p)  # far from uniform
    u = np.random.default_rng(0).random((10_000, len(controller.names)))
    drawn = controller.sample(u)
    index = {tuple(row): i for i, row in enumerate(controller.actions(configs).tolist())}
    counts = np.bincount([index[tuple(row)] for row in drawn.actions.tolist()], minlength=len(p))
    assert (np.abs(counts / len(u) - p) < 4.5 * np.sqrt(p * (1 - p) / len(u)) + 1e-9).all()
    again = controller.read(drawn.actions).log_p.detach()
    torch.testing.assert_close(again, drawn.log_p, atol=1e-12, rtol=0)


def test_entropy_along_the_sequences_averages_to_the_entropy_of_the_whole():
    controller = moved(TREE)
    read = controller.read(controller.actions(everything(TREE)))
    log_p, along = read.log_p.detach(), read.entropy.detach()
    p = log_p.exp()
    assert float(p @ along) == pytest.approx(float(-p @ log_p), abs=1e-12)


def test_configurations_survive_the_way_to_actions_and_back():
    for space in (TINY, TREE):
        controller = Controller(space)
        for config in everything(space):
            assert controller.config(controller.actions([config])[0]) == config


def test_order_of_everything_is_the_order_of_the_product():
    assert [tuple(c.values()) for c in everything(TINY)] == list(product("pq", [1, 2, 3], [True, False]))


def test_a_bound_on_the_logits_keeps_the_policy_undecided():
    """c · tanh(logits / T): of V options none is likelier than e^2c / (e^2c + V − 1), however large the weights."""
    space = Space({"a": Choice(list(range(5)))})
    controller = Controller(space)
    with torch.no_grad():
        controller.heads[0].weight.zero_()
        controller.heads[0].bias.copy_(torch.tensor([1e3, -1e3, -1e3, -1e3, -1e3]))
    largest = lambda: float(controller.sample(np.full((1, 1), 0.5)).probabilities[0].max())  # noqa: E731
    assert largest() == 1
    for cap, most in ((2.5, 0.974), (1.5, 0.834), (1.1, 0.693), (0.44, 0.376)):
        controller.cap = cap
        assert largest() == pytest.approx(most, abs=5e-4)
    with torch.no_grad():
        controller.heads[0].bias.copy_(torch.arange(5.0))
    controller.cap, controller.temperature = 2.5, 5.0
    expected = torch.softmax(2.5 * torch.tanh(torch.arange(5.0).double() / 5), 0).max()
    assert largest() == pytest.approx(float(expected))
