"""One network at many learning rates and with many seeds, trained side by side: how the loss depends on rate and width.

    train, validation = losses(width=256, rates=[2**-8, 2**-7, 2**-6], seeds=(0, 1, 2))      # (3, 3), in nats

    h₁ = relu(x W₁ + b₁),   h₂ = relu(h₁ W₂ + b₂),   logits = h₂ W₃ + b₃              of all M = rates × seeds at once
    L = Σ_m mean_i cross-entropy(logits_mi, y_mi)                         so ∂L/∂W_m is that of network m alone

8×8 digits, two hidden layers of the same width, first weights of He as in 'digits-mlp', SGD with momentum 0.9 or Adam,
a constant rate, no decay. "standard" gives every parameter the same rate; "mup" scales first weights and rates by
nasbook.tasks.mup against the network of the base width. Networks of one seed start alike and see the same images.
In exact arithmetic each is what it would be alone. (packed.py packs networks that differ in more than their rate.)

Left out: widths that differ in one pack, and more than some 512 units: a width of 1,024 takes ten seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nasbook.kit.optimisers import SGD, Adam
from nasbook.kit.threads import one_thread
from nasbook.space import Json
from nasbook.tasks import images
from nasbook.tasks.mup import parametrise

TRAIN, VALIDATION = 1200, 597  # images
PARAMETRISATIONS = ("standard", "mup")
OPTIMIZERS = ("adam", "sgd")
BASE = 32


def network(width: int, seed: int) -> nn.Sequential:
    """64 pixels, two hidden layers, 10 classes; first weights of He, drawn by the seed."""
    rng = torch.Generator().manual_seed(seed)
    layers = nn.Linear(64, width), nn.Linear(width, width), nn.Linear(width, 10)
    for layer in layers:
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu", generator=rng)
        nn.init.zeros_(layer.bias)
    return nn.Sequential(layers[0], nn.ReLU(), layers[1], nn.ReLU(), layers[2])


def optimiser(groups: list[Json], kind: str) -> torch.optim.Optimizer:
    """Adam or SGD for groups that bring their rates."""
    if kind == "adam":
        return Adam(groups, fused=True)
    return SGD(groups, lr=0.0, momentum=0.9, fused=True)


def orders(seed: int, steps: int, batch: int) -> Tensor:
    """(steps, batch) rows of the images of each step: every image once, in random order, then all of them anew."""
    rng = torch.Generator().manual_seed(seed)
    epochs = -(-steps * batch // TRAIN)
    return torch.cat([torch.randperm(TRAIN, generator=rng) for _ in range(epochs)])[: steps * batch].view(steps, batch)


def losses(
    width: int,
    rates: Sequence[float],
    seeds: Sequence[int],
    *,
    parametrisation: str = "standard",
    optimizer: str = "adam",
    steps: int = 80,
    batch: int = 32,
    base: int = BASE,
    double: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """Cross-entropy after the last step, over the images that were learned from and over others, each (rates, seeds),
    in nats; inf where a training has diverged. double: 64 bits instead of 32.

    What was computed once in this process is not computed again. ValueError for names that there are not.
    """
    for name, value, known in (
        ("parametrisation", parametrisation, PARAMETRISATIONS),
        ("optimizer", optimizer, OPTIMIZERS),
    ):
        if value not in known:
            raise ValueError(f"{name} must be one of {', '.join(known)}, not {value!r:.60}")
    for name, number in (("width", width), ("steps", steps), ("batch", batch), ("base", base)):
        if isinstance(number, bool) or not isinstance(number, int) or number < 1:
            raise ValueError(f"{name} must be a whole number from 1 on, not {number!r:.60}")
    if batch > TRAIN:
        raise ValueError(f"batch may be at most {TRAIN:,}, the images that there are, not {batch}")
    if not len(rates) or not len(seeds):
        raise ValueError("rates and seeds must hold at least one each")
    if not all(0 < rate < float("inf") for rate in rates):
        raise ValueError(f"rates must be positive numbers, not {list(rates)!r:.60}")
    if width == base:
        parametrisation = "standard"  # the two are the same there, bit for bit
    given = tuple(map(float, rates)), tuple(map(int, seeds))
    train, validation = _losses(width, *given, parametrisation, optimizer, steps, batch, base, double)
    return train.copy(), validation.copy()


@lru_cache(maxsize=256)
@one_thread()
def _losses(
    width: int,
    rates: tuple[float, ...],
    seeds: tuple[int, ...],
    parametrisation: str,
    optimizer: str,
    steps: int,
    batch: int,
    base: int,
    double: bool,
) -> tuple[np.ndarray, np.ndarray]:
    pack = Pack(width, rates, seeds, parametrisation, optimizer, base, double)
    rows = torch.stack([orders(seed, steps, batch) for seed in seeds], 1)  # (steps, seeds, batch)
    for step in rows:
        pack.step(step)
    return pack.loss("train"), pack.loss("val")


class Pack:
    """Networks that differ in their rate and seed. Layer: W (rates · seeds, in, out), b (rates · seeds, 1, out)."""

    def __init__(
        self,
        width: int,
        rates: Sequence[float],
        seeds: Sequence[int],
        parametrisation: str,
        optimizer: str,
        base: int,
        double: bool,
    ) -> None:
        self.rates, self.seeds = len(rates), len(seeds)
        kind = torch.float64 if double else torch.float32
        splits = images.digits(TRAIN, VALIDATION, 0)
        middle = splits["train"][0].mean(0)  # of each pixel
        self.data = {
            k: (torch.tensor(x - middle, dtype=kind).flatten(1), torch.tensor(y)) for k, (x, y) in splits.items()
        }

        nets, scales = [network(width, seed).to(kind) for seed in seeds], [1.0] * 6
        if parametrisation == "mup":
            plain = network(base, 0)
            for net in nets:
                of = {p: g["scale"] for g in parametrise(net, plain, 1.0, optimizer) for p in g["params"]}
                scales = [of[p] for p in net.parameters()]
        self.theta = []
        for alike in zip(*(net.parameters() for net in nets), strict=True):
            one = torch.stack([p.detach().T if p.ndim == 2 else p.detach()[None] for p in alike])
            self.theta.append(one.repeat(self.rates, 1, 1).requires_grad_())
        # one parameter of the optimiser for each layer and rate: a view of the networks that learn at this rate
        self.parts = [[nn.Parameter(part) for part in theta.detach().chunk(self.rates)] for theta in self.theta]
        groups = [
            {"params": [part], "lr": rate * scale}
            for parts, scale in zip(self.parts, scales, strict=True)
            for part, rate in zip(parts, rates, strict=True)
        ]
        self.optimiser = optimiser(groups, optimizer)

    def logits(self, x: Tensor) -> Tensor:
        """Images (M, B, 64) -> (M, B, 10)."""
        w1, b1, w2, b2, w3, b3 = self.theta
        h = torch.baddbmm(b1, x, w1).relu()
        h = torch.baddbmm(b2, h, w2).relu()
        return torch.baddbmm(b3, h, w3)

    def step(self, rows: Tensor) -> None:
        """One step of every network on its batch; rows (seeds, batch)."""
        x, y = self.data["train"]
        rows = rows.repeat(self.rates, 1)
        found = F.cross_entropy(self.logits(x[rows]).mT, y[rows], reduction="none").mean(1).sum()
        for parts, gradient in zip(self.parts, torch.autograd.grad(found, self.theta), strict=True):
            for part, own in zip(parts, gradient.chunk(self.rates), strict=True):
                part.grad = own
        self.optimiser.step()

    @torch.no_grad()
    def loss(self, split: str) -> np.ndarray:
        """(rates, seeds), in nats; inf where it is no number."""
        x, y = self.data[split]
        m, found = self.rates * self.seeds, []
        for a, b in zip(x.split(200), y.split(200), strict=True):
            logits = self.logits(a.expand(m, -1, -1))
            found.append(F.cross_entropy(logits.mT, b.expand(m, -1), reduction="none"))
        mean = torch.cat(found, 1).double().mean(1).view(self.rates, self.seeds)
        return np.nan_to_num(mean.numpy(), nan=np.inf, posinf=np.inf)
