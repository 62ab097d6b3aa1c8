"""DARTS' cells against the paper's counts, the published network's size, and functions computed by brute force."""

from itertools import combinations, permutations

import numpy as np
import pytest
import torch

import nasbook
from nasbook import registry
from nasbook.nas.spaces.cost import flops
from nasbook.nas.spaces.darts_cells import DartsCells, RobustDartsS2, RobustDartsS4

# the paper's own best cells (DARTS, second order)
NORMAL = [("sep_conv_3x3", 0), ("sep_conv_3x3", 1), ("sep_conv_3x3", 0), ("sep_conv_3x3", 1)]
NORMAL += [("sep_conv_3x3", 1), ("skip_connect", 0), ("skip_connect", 0), ("dil_conv_3x3", 2)]
REDUCE = [("max_pool_3x3", 0), ("max_pool_3x3", 1), ("skip_connect", 2), ("max_pool_3x3", 1)]
REDUCE += [("max_pool_3x3", 0), ("skip_connect", 2), ("skip_connect", 2), ("max_pool_3x3", 1)]


def test_sizes():
    """Π (i choose 2) · |ops|² over four nodes, for each of two cells: 180 · 7⁸ ≈ 10⁹ in the paper."""
    assert DartsCells().space.size == (1 * 3 * 6 * 10 * 7**8) ** 2
    for spaces in (RobustDartsS2(), RobustDartsS4()):
        assert spaces.space.size == (180 * 2**8) ** 2


def test_the_published_network_has_its_published_size():
    """3.3 million: 36 channels, 20 cells, without the auxiliary head."""
    spaces = DartsCells(channels=36, cells=20, shape=(3, 32, 32))
    assert spaces.parameters(spaces.from_genotype(NORMAL, REDUCE)) == 3_349_342


def test_a_network_counted_by_hand():
    """Every operation a 3×3 separable convolution, 4 channels, three cells: normal, reduction, reduction."""
    spaces = RobustDartsS2()
    config = dict.fromkeys(spaces.space.parameters, "sepconv3x3")
    config |= {name: "0 1" for name in config if name.endswith("inputs")}
    norm = lambda c: 2 * c  # noqa: E731
    weights = 9 * 12 + norm(12)  # stem
    work = 64 * (9 * 12 + 2 * 12)
    # cell: channels, pixels before and after, channels of its two inputs, pixels of the first input
    for c, before, after, c0, c1, p0 in ((4, 64, 64, 12, 12, 64), (8, 64, 16, 12, 16, 64), (16, 16, 4, 16, 32, 64)):
        weights += c0 * c + norm(c) + c1 * c + norm(c) + 8 * 2 * (9 * c + c * c + norm(c))
        work += p0 * c0 + before * (c0 * c + 2 * c)  # ReLU before, convolution and norm after (a reduction if smaller)
        work += before * (c1 + c1 * c + 2 * c)
        work += 8 * (before * c + after * (9 * c + c * c + 2 * c) + after * (c + 9 * c + c * c + 2 * c))
    assert spaces.parameters(config) == weights + 64 * 10 + 10
    assert flops(spaces.build(config), (1, 8, 8)) == work + 640


def test_equal_keys_are_equal_functions_and_no_others():
    """All 48 normal cells of two nodes, with random functions in place of the convolutions: the cells are equal if and
    only if some exchange of the functions makes their outputs the same."""
    spaces = RobustDartsS2(nodes=2)
    reduction = {f"reduction_{k}": v for k, v in {"2_first": "skip", "2_second": "skip"}.items()}
    reduction |= {"reduction_3_inputs": "0 1", "reduction_3_first": "skip", "reduction_3_second": "skip"}
    cells = [c for c in spaces.space.grid() if all(c[k] == v for k, v in reduction.items())]
    assert len(cells) == 48
    weights = np.random.default_rng(0).standard_normal((4, 2))

    def outputs(config, order):
        functions = iter(order)
        nodes = [0.3, -1.1]
        for i in (2, 3):
            edges = [(j, op) for j, end, op in spaces.edges(config, "normal") if end == i]
            f = lambda x, k: np.tanh(weights[k, 0] * x + weights[k, 1])  # noqa: E731
            nodes.append(sum(nodes[j] if op == "skip" else f(nodes[j], next(functions)) for j, op in edges))
        return sorted(nodes[2:])

    def convolutions(config):
        return sum(op != "skip" for _, _, op in spaces.edges(config, "normal"))

    keys = [spaces.canonical(c) for c in cells]
    equal = 0
    for a, b in combinations(range(48), 2):
        n = convolutions(cells[a])
        same = n == convolutions(cells[b]) and any(
            np.allclose(outputs(cells[a], range(n)), outputs(cells[b], order), rtol=1e-12)
            for order in permutations(range(n))
        )
        assert (keys[a] == keys[b]) is same, (cells[a], cells[b])
        equal += same
    assert equal > 5


def test_sharing_between_the_parts_of_a_concatenation_matters():
    """a + b beside c + d is not a + c beside b + d, though the sums of all are the same."""
    spaces = DartsCells(nodes=2)
    base = {"normal_2_first": "sepconv3x3", "normal_2_second": "maxpool3x3", "normal_3_inputs": "0 1"}
    a = {**base, "normal_3_first": "dilconv3x3", "normal_3_second": "avgpool3x3"}
    b = {**base, "normal_2_second": "avgpool3x3", "normal_3_first": "dilconv3x3", "normal_3_second": "maxpool3x3"}
    rest = {k: ("0 1" if k.endswith("inputs") else "skip") for k in spaces.space.parameters if k.startswith("red")}
    assert spaces.canonical(a | rest) != spaces.canonical(b | rest)
    assert spaces.parameters(a | rest) == spaces.parameters(b | rest)
    assert {path[0] for path in spaces.paths(a | rest)} == {
        f"{kind} c_(k-{i})" for kind in ("normal", "reduction") for i in (1, 2)
    }


def test_noise_is_the_same_from_every_node():
    spaces = RobustDartsS4()
    config = dict.fromkeys(spaces.space.parameters, "noise")
    config |= {name: "0 1" for name in config if name.endswith("inputs")}
    other = {**config, "normal_5_inputs": "2 3", "reduction_4_inputs": "1 2"}
    assert spaces.canonical(config) == spaces.canonical(other)
    conv = {"normal_5_first": "sepconv3x3"}
    assert spaces.canonical(config | conv) != spaces.canonical(other | conv), "node 0 is not node 2"


def test_noise_is_standard_normal_new_each_batch_and_repeatable():
    block = registry.make("space", "robustdarts-s4")
    config = dict.fromkeys(block.space.parameters, "noise")
    config |= {name: "0 1" for name in config if name.endswith("inputs")}
    net = block.build(config)
    noise = net.cell2_node2_op1.train()
    a, b = noise(torch.zeros(50, 8, 8, 8)), noise(torch.ones(50, 8, 8, 8))
    assert a.shape == (50, 8, 4, 4) and not torch.equal(a, b)
    assert abs(float(a.mean())) < 0.05 and abs(float(a.std()) - 1) < 0.05
    noise.eval()
    assert torch.equal(noise(torch.zeros(50, 8, 8, 8)), b)


def test_a_training_with_noise_repeats_and_goes_on(tmp_path):
    task = nasbook.task("digits-s4", epochs=3)
    config = task.space.sample(np.random.default_rng(1))
    assert "noise" in config.values()
    whole = task.evaluate(config, seed=5)
    torch.manual_seed(99)
    task.evaluate(config, seed=5, fidelity=1, checkpoint=tmp_path / "t.pt")
    assert task.evaluate(config, seed=5, checkpoint=tmp_path / "t.pt").curve == whole.curve


def test_a_genotype_goes_round():
    spaces = DartsCells()
    config = spaces.from_genotype(NORMAL, REDUCE)
    assert spaces.edges(config, "normal")[4:6] == [(0, 4, "skip"), (1, 4, "sepconv3x3")]
    assert spaces.edges(config, "reduction")[2:4] == [(1, 3, "maxpool3x3"), (2, 3, "skip")]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({7: ("dil_conv_3x3", 5)}, "node 5 of the normal cell reads two different nodes before it, not 0 and 5"),
        ({7: ("dil_conv_3x3", 0)}, "node 5 of the normal cell reads two different nodes before it, not 0 and 0"),
        ({0: ("conv_7x7", 0)}, "darts-cells: there is no operation 'conv_7x7'; there are skip, maxpool3x3"),
    ],
)
def test_what_is_no_cell_is_refused(change, says):
    pairs = [change.get(i, pair) for i, pair in enumerate(NORMAL)]
    with pytest.raises(ValueError, match=says):
        DartsCells().from_genotype(pairs, REDUCE)


def test_a_cell_that_is_too_short_cyclic_or_of_another_space_is_refused():
    with pytest.raises(ValueError, match="the reduction cell has 8 pairs, not 2"):
        DartsCells().from_genotype(NORMAL, REDUCE[:2])
    with pytest.raises(ValueError, match="there is no operation 'dil_conv_3x3'; there are skip, sepconv3x3"):
        RobustDartsS2().from_genotype(NORMAL, REDUCE)
    config = DartsCells().from_genotype(NORMAL, REDUCE)
    with pytest.raises(ValueError, match="normal_3_inputs must be one of '0 1', '0 2', '1 2', not '2 3'"):
        DartsCells().build(config | {"normal_3_inputs": "2 3"})
    with pytest.raises(ValueError, match="unknown parameter 'normal_2_first'"):
        nasbook.task("nb201-cifar10").evaluate(config)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"cells": 2}, "cells must be at least 3"),
        ({"nodes": 0}, "at least 1 node and 2 channels, not nodes=0"),
        ({"shape": (1, 6, 8)}, "4 must divide them, not .6, 8."),
    ],
)
def test_arguments_are_checked(arguments, says):
    with pytest.raises(ValueError, match=says):
        DartsCells(**arguments)
