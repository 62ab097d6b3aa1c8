"""Parameters and FLOPs against NAS-Bench-201's published numbers and against counting by hand."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from nasbook.nas.spaces.cost import flops, latency, parameters
from nasbook.nas.spaces.networks import CellModule, CellNet, Conv, init_weights


class NB201Net(nn.Module):
    """The network of the paper on CIFAR-10: three stages of five cells with 16, 32 and 64 channels, and two residual
    blocks of stride 2 between them."""

    def __init__(self, cell):
        super().__init__()
        self.stem = Conv(3, 16, 3, relu=False)
        self.stages = nn.ModuleList(
            nn.Sequential(*(CellModule(tuple(map(int, cell)), c) for _ in range(5))) for c in (16, 32, 64)
        )
        self.blocks = nn.ModuleList(nn.Sequential(Conv(c, 2 * c, 3, stride=2), Conv(2 * c, 2 * c, 3)) for c in (16, 32))
        self.shortcuts = nn.ModuleList(
            nn.Sequential(nn.AvgPool2d(2, 2), nn.Conv2d(c, 2 * c, 1, bias=False)) for c in (16, 32)
        )
        self.norm, self.head = nn.BatchNorm2d(64), nn.Linear(64, 10)

    def forward(self, x):
        x = self.stages[0](self.stem(x))
        for stage, block, shortcut in zip(self.stages[1:], self.blocks, self.shortcuts, strict=True):
            x = stage(block(x) + shortcut(x))
        return self.head(F.relu(self.norm(x)).mean((2, 3)))


# the benchmark adds 5,184 for its mean over the last 8×8 pixels of 64 channels; here a mean costs nothing
MEAN = 64 * 81


@pytest.mark.parametrize("cell", ["000000", "333333", "222222", "444444", "111111", "333132", "131422"])
def test_the_exact_costs_of_nas_bench_201(cell):
    n = {digit: cell.count(digit) for digit in "1234"}
    net = NB201Net(cell)
    assert parameters(net) == 73_306 + 243_040 * n["3"] + 28_000 * n["2"]
    published = 7_943_872 + 35_819_520 * n["3"] + 4_362_240 * n["2"] + 1_290_240 * n["4"]
    assert flops(net, (3, 32, 32)) == published - MEAN


def test_operations_whose_input_is_cut_off_do_not_run():
    """Edge 0→1 is `none`, so the convolution on 1→3 reads nothing: its parameters exist, its FLOPs do not."""
    dead, clean = CellNet("000130"), CellNet("000100")
    assert parameters(dead) > parameters(clean) and flops(dead, (1, 8, 8)) == flops(clean, (1, 8, 8))


def test_counting_leaves_the_network_as_it_was():
    net = CellNet("031322").train()
    init_weights(net, np.random.default_rng(0))
    net.stem.eval()
    modes, state = [m.training for m in net.modules()], {k: v.clone() for k, v in net.state_dict().items()}
    flops(net, (1, 8, 8)), latency(net, (1, 8, 8), repeats=1)
    assert modes == [m.training for m in net.modules()]
    assert all(torch.equal(v, state[k]) for k, v in net.state_dict().items())


def test_latency_grows_with_the_work_and_threads_come_back():
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        small, large = nn.Linear(8, 8), nn.Sequential(*(nn.Linear(600, 600) for _ in range(20)))
        assert 0 < latency(small, (8,), repeats=5) < latency(large, (600,), repeats=5) < 10
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)
    with pytest.raises(ValueError, match="repeats must be at least 1, not 0"):
        latency(small, (8,), repeats=0)
