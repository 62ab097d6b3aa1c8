"""Recurrent cells against counts of coloured trees, a step written out by hand, and functions found by brute force."""

import math
from itertools import combinations

import numpy as np
import pytest
import torch

from nasbook.nas.spaces.blocks import RecurrentCell
from nasbook.nas.spaces.cost import flops
from nasbook.nas.spaces.recurrent_cell import RecurrentCells

CELL = {"activation_1": "tanh", "activation_2": "relu", "input_3": 1, "activation_3": "sigmoid"}


@pytest.mark.parametrize("n", [1, 2, 4, 12])
def test_size(n):
    """4ⁿ (n − 1)!, ENAS' own count; 12 nodes give its 10¹⁵."""
    assert RecurrentCells(nodes=n).space.size == 4**n * math.factorial(n - 1)
    if n == 12:
        assert round(math.log10(RecurrentCells(nodes=n).space.size)) == 15


@pytest.mark.parametrize(("n", "trees"), [(1, 4), (2, 16), (3, 104), (4, 752)])
def test_different_cells_are_rooted_trees_of_four_colours(n, trees):
    """t₁ = 4; a root over a multiset of trees: t₃ = 4 (t₂ + (5 choose 2)), t₄ = 4 (t₃ + t₁t₂ + (6 choose 3))."""
    spaces = RecurrentCells(nodes=n)
    assert len({spaces.canonical(config) for config in spaces.space.grid()}) == trees


def test_one_step_by_hand():
    """Two time steps of x_t W_x, h W_h and the gates, with NumPy, for a cell whose nodes 2 and 3 read node 1."""
    torch.manual_seed(0)
    spaces = RecurrentCells(nodes=3, width=5, length=2)
    net = spaces.build(CELL)
    x = torch.randn(2, 2, 5)
    with torch.no_grad():
        got = net.cell(x).numpy()
    weights = [step.weight.detach().numpy() for step in net.cell.steps]
    enter, bias = net.cell.enter.weight.detach().numpy(), net.cell.enter.bias.detach().numpy()
    sigmoid = lambda a: 1 / (1 + np.exp(-a))  # noqa: E731
    for b in range(2):
        h = np.zeros(5)
        for t in range(2):
            both = enter @ x[b, t].numpy() + bias + weights[0] @ h
            s1 = h + sigmoid(both[:5]) * (np.tanh(both[5:]) - h)
            both = weights[1] @ s1
            s2 = s1 + sigmoid(both[:5]) * (np.maximum(both[5:], 0) - s1)
            both = weights[2] @ s1
            s3 = s1 + sigmoid(both[:5]) * (sigmoid(both[5:]) - s1)
            h = (s2 + s3) / 2
            np.testing.assert_allclose(got[b, t], h, atol=1e-6)


def test_equal_keys_are_equal_functions_and_no_others():
    """All 128 cells of three nodes: equal keys if and only if the outputs agree after some exchange of the weights of
    nodes 2 and 3."""
    torch.manual_seed(1)
    spaces = RecurrentCells(nodes=3, width=3, length=3)
    cells = list(spaces.space.grid())
    x = torch.randn(2, 3, 3)
    enter, steps = torch.randn(6, 3), torch.randn(3, 6, 3)

    def output(config, order):
        line = spaces.layers(config)[1]
        cell = RecurrentCell(*line.args)
        with torch.no_grad():
            cell.enter.weight.copy_(enter)
            cell.enter.bias.zero_()
            for step, k in zip(cell.steps, order, strict=True):
                step.weight.copy_(steps[k])
            return cell(x)

    straight, crossed = ([output(c, order) for c in cells] for order in ((0, 1, 2), (0, 2, 1)))
    keys = [spaces.canonical(c) for c in cells]
    same = 0
    for a, b in combinations(range(len(cells)), 2):
        equal = torch.allclose(straight[a], straight[b], atol=1e-6) or torch.allclose(
            straight[a], crossed[b], atol=1e-6
        )
        assert (keys[a] == keys[b]) is equal, (cells[a], cells[b])
        same += equal
    assert same == 128 - 104, "24 pairs"


def test_costs_by_hand():
    spaces = RecurrentCells(nodes=3, width=8, classes=10, length=6)
    node, embedding, head = 8 * 16, 10 * 8, 8 * 10 + 10
    assert spaces.parameters(CELL) == embedding + (node + 16) + 3 * node + head
    # a step: four products, in each node a gate and an activation, and the prediction
    assert spaces.flops(CELL) == flops(spaces.build(CELL), spaces.example()) == 6 * (4 * node + 3 * (8 + 8) + 80)


def test_what_comes_later_is_not_seen():
    spaces = RecurrentCells()
    net = spaces.build(spaces.space.sample(np.random.default_rng(0)))
    x = spaces.example(3)
    other = x.clone()
    other[:, 20:] = (other[:, 20:] + 1) % spaces.classes
    with torch.no_grad():
        a, b = net(x), net(other)
    assert torch.equal(a[:, :20], b[:, :20]) and not torch.allclose(a[:, 20:], b[:, 20:])


def test_loose_ends_or_all_nodes():
    loose, every = RecurrentCells(nodes=3), RecurrentCells(nodes=3, output="all nodes")
    assert loose.ends(CELL) == (2, 3) and every.ends(CELL) == (1, 2, 3)
    assert loose.paths(CELL) == {("tanh", "relu"), ("tanh", "sigmoid")}
    assert every.paths(CELL) == loose.paths(CELL) | {("tanh",)}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"activation_2": "swish"}, "activation_2 must be one of 'tanh', 'relu', 'sigmoid', 'identity', not 'swish'"),
        ({"input_3": 3}, "input_3 must be one of 1, 2, not 3"),
        ({"input_2": 1}, "unknown parameter 'input_2': did you mean 'input_3'"),
    ],
)
def test_what_is_no_cell_is_refused(change, says):
    with pytest.raises(ValueError, match=says):
        RecurrentCells(nodes=3).build({**CELL, **change})


def test_arguments_are_checked():
    with pytest.raises(ValueError, match="output must be one of 'loose ends', 'all nodes', not 'last'"):
        RecurrentCells(output="last")
    with pytest.raises(ValueError, match="nodes must be a whole number of at least 1, not 0"):
        RecurrentCells(nodes=0)
