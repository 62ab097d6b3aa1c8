"""The layers of found networks that are more than one layer of torch. Their source is copied into exported networks, so
each stands on its own."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn


class ReLUConvBN(nn.Sequential):
    """ReLU, a convolution k×k without bias, batch norm."""

    def __init__(self, c_in: int, c_out: int, k: int, stride: int = 1) -> None:
        conv = nn.Conv2d(c_in, c_out, k, stride=stride, padding=k // 2, bias=False)
        super().__init__(nn.ReLU(), conv, nn.BatchNorm2d(c_out))


class ConvBN(nn.Sequential):
    """A convolution k×k without bias, batch norm."""

    def __init__(self, c_in: int, c_out: int, k: int, stride: int = 1) -> None:
        conv = nn.Conv2d(c_in, c_out, k, stride=stride, padding=k // 2, bias=False)
        super().__init__(conv, nn.BatchNorm2d(c_out))


class Pooled(nn.Module):
    """Batch norm, ReLU, the mean over all pixels: (B, C, H, W) -> (B, C)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.norm(x)).mean((2, 3))


class ConvBNReLU(nn.Sequential):
    """A convolution k×k without bias, batch norm, ReLU."""

    def __init__(self, c_in: int, c_out: int, k: int, stride: int = 1) -> None:
        conv = nn.Conv2d(c_in, c_out, k, stride=stride, padding=k // 2, bias=False)
        super().__init__(conv, nn.BatchNorm2d(c_out), nn.ReLU())


class MeanPixels(nn.Module):
    """The mean over all pixels: (B, C, H, W) -> (B, C)."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean((2, 3))
