"""Multiply-adds of layers, counted by hand; counting leaves a network as it was."""

import subprocess
import sys

import numpy as np
import torch
from torch import nn

from nasbook.nas.spaces.cost import flops, parameters
from nasbook.nas.spaces.networks import CellNet


def test_layers_counted_by_hand():
    assert flops(nn.Linear(7, 5), (7,)) == 35 == flops(nn.Linear(7, 5, bias=False), (7,))
    assert flops(nn.Linear(7, 5), torch.zeros(4, 3, 7)) == 4 * 3 * 35  # a batch of 4, three places each
    assert flops(nn.Conv2d(4, 6, 3, padding=1, groups=2, bias=False), (4, 8, 8)) == 6 * 64 * 2 * 9
    assert flops(nn.Conv2d(4, 6, 5, stride=2), (4, 9, 9)) == 6 * 9 * 4 * 25
    assert flops(nn.ConvTranspose2d(4, 6, 2, stride=2), (4, 5, 5)) == 4 * 25 * 6 * 4
    assert flops(nn.MaxPool2d(2), (3, 8, 8)) == 3 * 16 * 4 == flops(nn.AvgPool2d(2), (3, 8, 8))
    assert flops(nn.MaxPool2d((1, 3)), (3, 9, 9)) == 3 * 27 * 3
    assert flops(nn.BatchNorm2d(3), (3, 8, 8)) == 2 * 3 * 64 and flops(nn.Tanh(), (3, 8, 8)) == 3 * 64
    assert flops(nn.LayerNorm(6), (6,)) == 12 and flops(nn.GELU(), (6,)) == 6
    assert flops(nn.Identity(), (5,)) == 0 == parameters(nn.ReLU())


def test_flops_do_not_depend_on_the_values():
    rng, net = np.random.default_rng(0), CellNet("031322")
    x = torch.from_numpy(rng.standard_normal((5, 1, 8, 8)).astype(np.float32))
    assert flops(net, x) == 5 * flops(net, (1, 8, 8))


def test_counting_does_not_load_torchs_compiler():
    code = (
        "import sys; from torch import nn; from nasbook.nas.spaces.cost import flops\n"
        "print(flops(nn.Conv2d(1, 2, 3, padding=1), (1, 8, 8)), 'torch._dynamo' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1152", "False"]
