"""Small networks whose maps are known, and an image for them."""

import numpy as np
import torch
from torch import nn

SHAPE = (1, 8, 8)


def linear(seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 10)).double()


def curved(seed=0):
    torch.manual_seed(seed)
    net = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.Tanh(), nn.Dropout(0.5), nn.Flatten(), nn.Linear(256, 10)
    )
    return net.double()


def image(seed=0):
    return torch.from_numpy(np.random.default_rng(seed).normal(size=SHAPE))


def weights(net, target):
    return net[1].weight[target].detach().numpy().reshape(8, 8)
