"""PC-DARTS: what becomes of it without its parts, the shuffle, the edges' weights, and what channels it takes."""

import numpy as np
import pytest
import torch
from nas.mixture_cases import SHORT
from nas.pictures import Pictures, history

import nasbook
from nasbook.kit.start import init_weights
from nasbook.nas.pc_darts import PcDarts
from nasbook.nas.spaces.gates import mixed, single
from nasbook.nas.spaces.nb201.cell import cell_space
from nasbook.nas.spaces.networks import SuperNet
from nasbook.nas.spaces.partial import place

NONE_OF_IT = {"partial": 1, "edge_normalisation": False, "warmup": 0}


def test_without_its_parts_it_is_darts_bit_for_bit():
    plain = history(nasbook.steps("darts", Pictures(), seed=3, **SHORT))
    assert history(nasbook.steps("pc-darts", Pictures(), seed=3, **SHORT, **NONE_OF_IT)) == plain
    for part in ({"partial": 2}, {"edge_normalisation": True}, {"warmup": 1}):
        other = history(nasbook.steps("pc-darts", Pictures(), seed=3, **SHORT, **{**NONE_OF_IT, **part}))
        assert [v.weights for *_, v in other] != [v.weights for *_, v in plain]


def test_a_whole_of_one_part_is_the_plain_supernet():
    nets = [SuperNet(4, 3), SuperNet(4, 3, partial=1)]
    for net in nets:
        init_weights(net, np.random.default_rng(0))
    x, table = torch.randn(2, 1, 8, 8), torch.softmax(torch.randn(6, 5), 1)
    assert torch.equal(nets[0](x, mixed(table)), nets[1](x, mixed(table)))
    assert nets[1].derive((1,) * 6) is not None
    with pytest.raises(ValueError, match="only a part of the channels has weights"):
        SuperNet(4, 3, partial=2).derive((1,) * 6)
    assert SuperNet(4, 3, partial=2)(x, single((3, 2, 1, 4, 3, 3))).shape == (2, 3)


def begun():
    method = PcDarts(cell_space(), seed=1, **SHORT)
    method.start(Pictures())
    method.alpha, method.alpha_optimiser = method.begin()
    return method


def test_the_weights_of_the_edges_into_a_node_sum_to_one():
    method = begun()
    beta = torch.randn(6)
    per_edge = method.beta(beta)
    into = [j for _, j in method.places.edges]
    for node in (1, 2, 3):
        at = [p for p, j in enumerate(into) if j == node]
        torch.testing.assert_close(per_edge[at], torch.softmax(beta[at], 0))
        assert float(per_edge[at].sum()) == pytest.approx(1)
    torch.testing.assert_close(method.weights(method.alpha).sum(1), method.beta(method.alpha[:, -1]))
    assert per_edge[into.index(1)] == 1  # the only edge into its node: β does nothing there


def test_both_alpha_and_beta_learn_but_not_in_the_warm_up():
    steps = list(nasbook.steps("pc-darts", Pictures(), seed=0, **{**SHORT, "epochs": 4, "warmup": 2}))
    tables = [np.array(s.view.weights) for s in steps]
    assert np.array_equal(tables[0], tables[1]) and not np.array_equal(tables[1], tables[2])
    assert not np.allclose(tables[1].sum(1)[3:], tables[3].sum(1)[3:], atol=1e-4)  # β of node 3
    first = np.array(steps[0].view.weights)
    assert first.sum(1) == pytest.approx([1, 0.5, 0.5, 1 / 3, 1 / 3, 1 / 3], abs=2e-3)  # 1e-3 · randn


def test_what_is_kept_has_the_largest_product():
    method = begun()
    both = torch.zeros(6, 6)
    both[:, :5] = torch.tensor([9.0, 0, 1, 2, 0])
    assert method.derive(both) == (3,) * 6


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"partial": 3}, "partial must divide channels = 8, so be one of 1, 2, 4, 8, not 3"),
        ({"partial": 4, "channels": 6}, "one of 1, 2, 3, 6, not 4"),
        ({"partial": 0}, "partial must be a whole number of at least 1"),
        ({"edge_normalisation": "yes"}, "edge_normalisation must be True or False"),
        ({"warmup": -1}, "warmup must be a whole number of at least 0"),
    ],
)
def test_settings_are_checked(settings, says):
    with pytest.raises(ValueError, match=says) as caught:
        PcDarts(cell_space(), **settings)
    assert "\n" not in str(caught.value)
    with pytest.raises(ValueError, match="partial must divide the 6 channels of a place, and 4 does not"):
        place(dict, 6, 4)
