"""The layers of found networks that are more than one layer of torch. Their source is copied into exported networks, so
each stands on its own."""

from __future__ import annotations

import torch
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


class SepConv(nn.Sequential):
    """Twice: ReLU, a k×k convolution in each channel by itself, a 1×1 convolution across them, batch norm."""

    def __init__(self, c: int, k: int, stride: int = 1) -> None:
        layers: list[nn.Module] = []
        for step in (stride, 1):
            layers += [
                nn.ReLU(),
                nn.Conv2d(c, c, k, stride=step, padding=k // 2, groups=c, bias=False),
                nn.Conv2d(c, c, 1, bias=False),
                nn.BatchNorm2d(c),
            ]
        super().__init__(*layers)


class DilConv(nn.Sequential):
    """ReLU, a k×k convolution that leaves out every second pixel, in each channel by itself, a 1×1 convolution across
    them, batch norm."""

    def __init__(self, c: int, k: int, stride: int = 1) -> None:
        super().__init__(
            nn.ReLU(),
            nn.Conv2d(c, c, k, stride=stride, padding=k - 1, dilation=2, groups=c, bias=False),
            nn.Conv2d(c, c, 1, bias=False),
            nn.BatchNorm2d(c),
        )


class FactorizedReduce(nn.Module):
    """Half the height and the width: two 1×1 convolutions of stride 2, one of them shifted by a pixel, each for half of
    the channels."""

    def __init__(self, c_in: int, c_out: int) -> None:
        super().__init__()
        self.even = nn.Conv2d(c_in, c_out // 2, 1, stride=2, bias=False)
        self.odd = nn.Conv2d(c_in, c_out - c_out // 2, 1, stride=2, bias=False)
        self.norm = nn.BatchNorm2d(c_out)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(x)
        return self.norm(torch.cat((self.even(x), self.odd(x[:, :, 1:, 1:])), dim=1))


class Noise(nn.Module):
    """Standard normal noise of the input's shape (each side divided by `stride`); the input itself is not used.

    Each batch of the training draws anew; evaluation repeats the last draw's seed, so a training can be repeated. With
    `held`, the noise (1, C, H, W) of one input, evaluation adds that to every input, as an exported network must."""

    draws: Tensor
    held: Tensor | None = None

    def __init__(self, stride: int = 1) -> None:
        super().__init__()
        self.stride = stride
        self.register_buffer("draws", torch.randint(2**31, ()))

    def forward(self, x: Tensor) -> Tensor:
        x = x[:, :, :: self.stride, :: self.stride]
        if self.training:
            self.draws += 1
        elif self.held is not None:
            return self.held.expand(x.shape)
        generator = torch.Generator(x.device).manual_seed(int(self.draws))
        return torch.randn(x.shape, generator=generator, device=x.device, dtype=x.dtype)


class MBConv(nn.Module):
    """A 1×1 convolution to `expand` times the channels, k×k in each of them by itself, 1×1 to `c_out`; batch norm after
    each, ReLU after the first two. The input is added where the shapes agree."""

    def __init__(self, c_in: int, c_out: int, k: int, expand: int, stride: int = 1) -> None:
        super().__init__()
        c, self.residual = expand * c_in, stride == 1 and c_in == c_out
        self.expand = nn.Sequential(nn.Conv2d(c_in, c, 1, bias=False), nn.BatchNorm2d(c), nn.ReLU())
        spatial = nn.Conv2d(c, c, k, stride=stride, padding=k // 2, groups=c, bias=False)
        self.spatial = nn.Sequential(spatial, nn.BatchNorm2d(c), nn.ReLU())
        self.project = nn.Sequential(nn.Conv2d(c, c_out, 1, bias=False), nn.BatchNorm2d(c_out))

    def forward(self, x: Tensor) -> Tensor:
        y = self.project(self.spatial(self.expand(x)))
        return x + y if self.residual else y


class RecurrentCell(nn.Module):
    """A cell of nodes, one time step after the other: (B, T, width) -> (B, T, width).

        c, a = x_t W_x + h_{t−1} W_h,    s_1 = h_{t−1} + σ(c) (f_1(a) − h_{t−1})
        c, a = s_j W_i,                  s_i = s_j + σ(c) (f_i(a) − s_j)
        h_t = the mean of the nodes in `output`

    nodes: for each node i its activation f_i and its predecessor j; the first node's predecessor, 0, is the state."""

    def __init__(self, width: int, nodes: tuple[tuple[str, int], ...], output: tuple[int, ...]) -> None:
        super().__init__()
        self.width, self.nodes, self.output = width, nodes, output
        self.enter = nn.Linear(width, 2 * width)
        self.steps = nn.ModuleList(nn.Linear(width, 2 * width, bias=False) for _ in nodes)

    def forward(self, x: Tensor) -> Tensor:
        return self.run(x, self.nodes, self.steps, self.output)

    def run(
        self, x: Tensor, nodes: tuple[tuple[str, int], ...], steps: nn.ModuleList | list, output: tuple[int, ...]
    ) -> Tensor:
        f = {"tanh": torch.tanh, "relu": torch.relu, "sigmoid": torch.sigmoid, "identity": lambda a: a}
        h, states = x.new_zeros(x.shape[0], self.width), []
        for entered in self.enter(x).unbind(1):
            s = [h]
            for (activation, j), step in zip(nodes, steps, strict=True):
                both = step(s[j]) + entered if j == 0 else step(s[j])
                gate, a = both.chunk(2, dim=1)
                s.append(torch.lerp(s[j], f[activation](a), torch.sigmoid(gate)))
            h = torch.stack([s[i] for i in output]).mean(0)
            states.append(h)
        return torch.stack(states, dim=1)
