"""Paths: how often each operation is drawn, and that a judgement depends on the path and the weights alone."""

from collections import Counter

import numpy as np
import pytest
import torch
from scipy.stats import chisquare

from nasbook import registry
from nasbook.kit.start import init_weights
from nasbook.nas.fairnas import fair
from nasbook.nas.parts.single_path import evaluate_path, statistics
from nasbook.nas.proxylessnas import likely
from nasbook.nas.spaces.gates import mixed, single
from nasbook.nas.spaces.nb201.cell import cell_space

CELLS = registry.supernet("spos", cell_space())


def data(n, seed):
    g = torch.Generator().manual_seed(seed)
    return torch.randn(n, 1, 8, 8, generator=g) + 1, torch.randint(0, 3, (n,), generator=g)


TRAIN, VAL = data(100, 0), data(60, 1)


@pytest.fixture
def net():
    net = CELLS.net(4, 3, 1)
    init_weights(net, np.random.default_rng(0))
    net.train()
    with torch.no_grad():
        for _ in range(5):
            net(TRAIN[0][:30] * 3, mixed(torch.full((6, 5), 0.2)))
    return net


def counts(drawn):
    table = np.zeros((6, 5), int)
    for path in drawn:
        table[range(6), path] += 1
    return table


def test_uniform_counts_pass_the_test_for_uniform_counts():
    rng = np.random.default_rng(0)
    table = counts(CELLS.draw(rng) for _ in range(2000))
    assert chisquare(table, axis=1).pvalue.min() > 0.01
    rare = [0.17, 0.17, 0.22, 0.22, 0.22]
    skewed = counts(likely(np.tile(rare, (6, 1)), rng) for _ in range(2000))
    assert chisquare(skewed, axis=1).pvalue.max() < 0.01  # so the bar above can be missed


def test_fair_counts_are_equal_after_every_step_and_the_orders_differ():
    rng = np.random.default_rng(0)
    steps = [fair(CELLS, rng) for _ in range(40)]
    for k in range(1, 41):
        assert (counts(p for step in steps[:k] for p in step) == k).all()
    assert all(len(set(ops)) == 5 for step in steps for ops in zip(*step, strict=True))  # disjoint at every edge
    pairs = Counter(path[:2] for step in steps for path in step)
    assert len(pairs) == 25  # not always the same two together
    uniformly = counts(CELLS.draw(rng) for _ in range(200))
    assert (uniformly != 40).any()


def test_likely_draws_have_their_probabilities():
    rng = np.random.default_rng(1)
    p = rng.dirichlet(np.ones(5), size=6)
    p[0] = [0, 0, 1, 0, 0]
    table = counts(likely(p, rng) for _ in range(4000))
    assert table[0].tolist() == [0, 0, 4000, 0, 0]
    assert min(chisquare(row, 4000 * q).pvalue for row, q in zip(table[1:], p[1:], strict=True)) > 0.001
    assert likely(np.array([[0.1] * 9 + [0.0999999]]), _Last())[0] == 9  # a sum that misses 1


class _Last:
    def random(self, n):
        return np.full(n, np.nextafter(1, 0))


def test_the_searchs_generator_is_the_only_source():
    torch.manual_seed(0)
    expected = torch.rand(2)
    torch.manual_seed(0)
    assert CELLS.draw(np.random.default_rng(3)) == CELLS.draw(np.random.default_rng(3))
    assert fair(CELLS, np.random.default_rng(3)) == fair(CELLS, np.random.default_rng(3))
    assert torch.equal(torch.rand(2), expected)


# ---- what a path is worth --------------------------------------------------------------------------------


def state(net):
    return {k: v.clone() for k, v in net.state_dict().items()}


@pytest.mark.parametrize("how", ["recalibrated", "running", "batch"])
def test_a_judgement_leaves_everything_as_it_was(net, how):
    before = state(net)
    evaluate_path(net, (3, 1, 2, 4, 0, 3), VAL, TRAIN, how)
    assert all(torch.equal(v, before[k]) for k, v in net.state_dict().items())
    assert net.training
    assert {m.momentum for m in net.modules() if isinstance(m, torch.nn.BatchNorm2d)} == {0.3}
    net.eval()
    with pytest.raises(ZeroDivisionError), statistics(net, single((3,) * 6), TRAIN[0], how):
        raise ZeroDivisionError
    assert not net.training and all(torch.equal(v, before[k]) for k, v in net.state_dict().items())


@pytest.mark.parametrize("how", ["recalibrated", "running", "batch"])
def test_a_judgement_does_not_depend_on_the_one_before(net, how):
    paths = [(3, 1, 2, 4, 0, 3), (2, 2, 2, 2, 2, 2), (3, 3, 3, 3, 3, 3)]
    first = {path: evaluate_path(net, path, VAL, TRAIN, how) for path in paths}
    again = {path: evaluate_path(net, path, VAL, TRAIN, how) for path in reversed(paths)}
    assert first == again and len(set(first.values())) == 3


def test_recalibrated_statistics_are_those_of_the_path_alone(net):
    """The mean and the variance of all that reaches a norm, computed on the network that holds the path alone; with the
    moving average of the training, the start at 0 and 1 would remain."""
    path = (3, 1, 2, 4, 2, 3)
    alone = net.derive(path).double().train()
    net.double()
    seen = {}
    for name, m in alone.named_modules():
        if isinstance(m, torch.nn.BatchNorm2d):
            m.register_forward_hook(lambda _, args, __, name=name: seen.update({name: args[0]}))
    x = TRAIN[0].double()
    with torch.no_grad():
        alone(x)
    with statistics(net, single(path), x):
        for name, read in seen.items():
            part, *rest = name.split(".")
            names = ["conv3x3", "skip", "conv1x1", "avgpool", "conv1x1", "conv3x3"]
            if part in ("cell1", "cell2"):
                edge = ("01", "02", "12", "03", "13", "23").index(rest[1])
                name = ".".join([part, "edges", rest[1], names[edge], *rest[2:]])
            norm = net.get_submodule(name)
            torch.testing.assert_close(norm.running_mean, read.mean((0, 2, 3)))
            torch.testing.assert_close(norm.running_var, read.transpose(0, 1).flatten(1).var(1))


def test_recalibration_matters_and_a_wrong_name_is_a_sentence(net):
    path = (3, 1, 2, 4, 0, 3)
    values = {how: evaluate_path(net, path, VAL, TRAIN, how)[0] for how in ("recalibrated", "running", "batch")}
    assert len(set(values.values())) == 3
    with pytest.raises(ValueError, match="statistics must be one of recalibrated, running, batch, not 'none'"):
        evaluate_path(net, path, VAL, TRAIN, "none")
