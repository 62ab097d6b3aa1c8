"""Monte-Carlo dropout: a network that says how sure it is, by leaving out units at random.

    h_0 = x,   h_l = relu(W_l h_{l-1} + b_l) ⊙ z_l / (1 − p),   z_l ~ Bernoulli(1 − p),   f(x, z) = W h_L + b

    training:    each architecture and each step its own z; squared error, weight decay
    prediction:  z_1 … z_T, the same for all architectures:  mean_t f(x, z_t),  std_t f(x, z_t)

Dropout stays on when it predicts. The spread over the masks z is an approximation of what a Bayesian network would not
know; as p → 0 it vanishes, whether or not the network is right. It grows where inputs switch on units that the training
data did not tie down. Left out: the paper's constant noise of the observations, which would be added to the variance.

Paper: Gal & Ghahramani, Dropout as a Bayesian Approximation, ICML 2016.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from nasbook.kit.optimisers import Adam
from nasbook.kit.threads import one_thread


class DropoutNet:
    """`depth` hidden layers of `width` units; fit(X (n, m), y (n,)), predict(X) -> (mean (n,), std (n,))."""

    def __init__(
        self, p: float = 0.1, depth: int = 2, width: int = 64, epochs: int = 300, lr: float = 0.01, decay: float = 1e-3
    ) -> None:
        if not 0 <= p < 1:
            raise ValueError(f"the dropout rate p must lie in [0, 1), not {p!r}")
        self.p, self.depth, self.width, self.epochs, self.lr, self.decay = p, depth, width, epochs, lr, decay
        self.mean, self.scale = 0.0, 1.0

    @one_thread()
    def fit(self, X: np.ndarray, y: np.ndarray, seed: int = 0) -> DropoutNet:
        chance = torch.Generator().manual_seed(seed)
        inputs = torch.tensor(X, dtype=torch.float32)
        self.mean, self.scale = float(y.mean()), float(y.std()) or 1.0
        target = torch.tensor((y - self.mean) / self.scale, dtype=torch.float32)
        sizes = [X.shape[1], *[self.width] * self.depth, 1]
        self.W = [
            (torch.randn(a, b, generator=chance) * math.sqrt(2 / max(a, 1))).requires_grad_()
            for a, b in zip(sizes, sizes[1:], strict=False)
        ]
        self.b = [torch.zeros(b, requires_grad=True) for b in sizes[1:]]
        optimiser = Adam([*self.W, *self.b], lr=self.lr, foreach=True)
        for epoch in range(self.epochs):
            for group in optimiser.param_groups:
                group["lr"] = self.lr * (1 + math.cos(math.pi * epoch / self.epochs)) / 2
            z = self.masks((len(X),), chance)
            loss = ((self.f(inputs, z) - target) ** 2).mean() + self.decay * sum((W**2).sum() for W in self.W)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        return self

    def masks(self, shape: tuple[int, ...], chance: torch.Generator) -> list[Tensor]:
        """z_1 … z_L, each (*shape, width): 1 with probability 1 − p."""
        return [(torch.rand(*shape, self.width, generator=chance) >= self.p).float() for _ in range(self.depth)]

    def f(self, x: Tensor, z: list[Tensor]) -> Tensor:
        """The network with these units left in; standardised values, of the shape of x and z without the last axis."""
        h = x
        for W, b, z_l in zip(self.W, self.b, z, strict=False):
            h = torch.relu(h @ W + b) * z_l / (1 - self.p)
        return (h @ self.W[-1] + self.b[-1])[..., 0]

    @one_thread()
    @torch.no_grad()
    def predict(self, X: np.ndarray, samples: int = 100, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation over `samples` masks, in the units of y."""
        z = self.masks((samples, 1), torch.Generator().manual_seed(seed))
        found = self.f(torch.tensor(X, dtype=torch.float32), z).double().numpy()  # (samples, n)
        return self.mean + self.scale * found.mean(0), self.scale * found.std(0)
