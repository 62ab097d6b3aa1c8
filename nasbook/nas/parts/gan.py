"""A generator and a discriminator that learn against each other, and the score by which generators are compared.

    L_D = mean max(0, 1 − D(x)) + mean max(0, 1 + D(G(z)))         the hinge loss; x: real images, z ~ N(0, 1)
    L_G = −mean D(G(z))

    IS = exp(mean_i KL(p_i ‖ mean_i p_i))          p_i: what a classifier says of image i, a probability for each class

The Inception Score is large where each image is clearly of a class (p_i is sharp) and all classes are there (their mean
is flat): 1 if all p_i are alike, the number of classes at best. From n images it comes out too low, because even sharp
ones rarely show all classes equally often: compare scores of equal n alone.

One generator holds the weights of many architectures: `Generator` has each layer once, by its name, and a forward pass
runs those of one architecture. Layers that are not run have no gradient, and Adam leaves them where they are.

Papers: Goodfellow et al., Generative Adversarial Nets, NIPS 2014; Miyato et al., Spectral Normalization for Generative
Adversarial Networks, ICLR 2018; Salimans et al., Improved Techniques for Training GANs, NIPS 2016 (the score).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nasbook.kit import learner
from nasbook.kit.optimisers import Adam
from nasbook.kit.start import blank
from nasbook.nas.spaces.layer import Layer

if TYPE_CHECKING:
    from nasbook.kit.state import State

Lines = Sequence[Layer]  # one architecture
BETAS = (0.0, 0.9)  # of Adam, for both


class Generator(nn.Module):
    """The layers of all these architectures."""

    def __init__(self, architectures: Iterable[Lines]) -> None:
        super().__init__()
        for line in (line for lines in architectures for line in lines):
            if line.layer and line.name not in self._modules:
                cls = getattr(nn, line.layer)
                drawn = issubclass(cls, nn.Linear | nn.Conv2d | nn.ConvTranspose2d)  # torch's generator stays as it is
                made = blank(cls, *line.args, **line.options) if drawn else cls(*line.args, **line.options)
                self.add_module(line.name, made)

    def forward(self, z: Tensor, lines: Lines) -> Tensor:
        """Images (n, 1, side, side) of one of the architectures, from z (n, latent)."""
        known = {"x": z}
        for line in lines:
            value = known[line.inputs[0]]
            for name in line.inputs[1:]:
                value = value + known[name]
            known[line.name] = self.get_submodule(line.name)(value) if line.layer else value
        return known[lines[-1].name]


class SpectralConv(nn.Conv2d):
    """x * W/σ, with σ the largest singular value of W (out, in · k · k); the power method takes a step a training pass:

    v = Wᵀu / ‖Wᵀu‖,   u = Wv / ‖Wv‖,   σ = uᵀWv"""

    u: Tensor

    def __init__(self, c_in: int, c_out: int, k: int, device: torch.device | None = None) -> None:
        super().__init__(c_in, c_out, k, padding=k // 2, device=device)
        self.register_buffer("u", torch.ones(c_out, device=device))

    def forward(self, x: Tensor) -> Tensor:
        W = self.weight.flatten(1)
        with torch.no_grad():
            v = F.normalize(W.T @ self.u, dim=0)
            u = F.normalize(W @ v, dim=0)
            if self.training:
                self.u = u
        return F.conv2d(x, self.weight / (u @ W @ v), self.bias, padding=self.padding)


class Discriminator(nn.Module):
    """Images (n, 1, side, side) of any even side -> (n,), positive for real ones."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        c = channels
        sizes = [(1, c, 3), (c, 2 * c, 3), (2 * c, 2 * c, 3), (2 * c, 1, 1)]
        self.convs = nn.ModuleList(blank(SpectralConv, *size) for size in sizes)

    def forward(self, x: Tensor) -> Tensor:
        conv1, conv2, conv3, head = self.convs
        x = F.avg_pool2d(F.relu(conv2(F.relu(conv1(x)))), 2)
        return head(F.relu(conv3(x))).sum((1, 2, 3))


def draw_weights(net: nn.Module, rng: np.random.Generator) -> None:
    """Glorot and Bengio's uniform weights, no biases, norms as the identity."""
    generator = torch.Generator().manual_seed(int(rng.integers(2**31)))
    with torch.no_grad():
        for name, p in net.named_parameters():
            if p.ndim > 1:
                nn.init.xavier_uniform_(p, generator=generator)
            else:
                p.fill_(float(name.endswith("_batch.weight")))
        for u in net.buffers():  # of SpectralConv
            u.normal_(generator=generator)


class GAN:
    """Both networks with their optimisers."""

    def __init__(self, architectures: Iterable[Lines], latent: int, channels: int, lr: float, rng: np.random.Generator):
        self.latent, self.G, self.D = latent, Generator(architectures), Discriminator(channels)
        draw_weights(self.G, rng)
        draw_weights(self.D, rng)
        self.G_optimiser, self.D_optimiser = (Adam(n.parameters(), lr, BETAS) for n in (self.G, self.D))

    def step_D(self, x: Tensor, lines: Lines, rng: np.random.Generator) -> float:
        fake = self.images(len(x), lines, rng)
        loss = F.relu(1 - self.D(x)).mean() + F.relu(1 + self.D(fake)).mean()
        return learner.step(self.D_optimiser, loss).item()

    def step_G(self, n: int, lines: Lines, rng: np.random.Generator) -> float:
        z = rng.standard_normal((n, self.latent)).astype(np.float32)
        return learner.step(self.G_optimiser, -self.D(self.G(torch.from_numpy(z), lines)).mean()).item()

    @torch.no_grad()
    def images(self, n: int, lines: Lines, rng: np.random.Generator) -> Tensor:
        """n new images (n, 1, side, side) of one architecture, in ±1."""
        return self.G(torch.from_numpy(rng.standard_normal((n, self.latent)).astype(np.float32)), lines)

    def state_dict(self) -> State:
        return {name: getattr(self, name).state_dict() for name in ("G", "D", "G_optimiser", "D_optimiser")}

    def load_state_dict(self, state: State) -> None:
        for name, kept in state.items():
            getattr(self, name).load_state_dict(kept)


def inception_score(p: Tensor) -> float:
    """exp(mean_i Σ_c p_ic ln(p_ic / p̄_c)) of predictions p (n, classes), each row of sum 1; 0 ln 0 is 0."""
    p = p.double()
    mean = p.mean(0)
    return float((torch.xlogy(p, p) - torch.xlogy(p, mean)).sum(1).mean().exp())
