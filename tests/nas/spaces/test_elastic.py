"""Elastic networks: each is a part of the largest one, with the weights of that."""

import numpy as np
import pytest
import torch
from nas.elastic import PLACES, SPACES, images, paths, supernet
from torch import nn

from nasbook.nas.parts.single_path import statistics
from nasbook.nas.spaces.elastic import Elastic
from nasbook.nas.spaces.gates import single


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


def test_bad_input_is_one_sentence():
    with pytest.raises(ValueError, match="partial must be 1, not 2"):
        PLACES.net(4, 3, 1, partial=2)
    with pytest.raises(ValueError, match="elastic: stages must be a whole number of at least 1"):
        Elastic(stages=0)
