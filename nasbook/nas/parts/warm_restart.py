"""A short training that may begin with weights that know something: for network_morphism.py.

    λ_t = λ/2 (1 + cos(π t / T)),   t = 0, 1, … T − 1 steps of SGD with Nesterov momentum and a fresh optimiser

One cycle of Loshchilov & Hutter's warm restarts (SGDR, ICLR 2017): the rate jumps to λ and falls to 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from nasbook.kit import learner
from nasbook.kit.checks import setting, whole, within
from nasbook.kit.optimisers import SGD
from nasbook.kit.start import Images


@dataclass(frozen=True)
class RestartSettings:
    """How each network is trained."""

    epochs: int = setting(3, "Epochs of each training.")
    lr: float = setting(0.1, "Rate at the beginning of each training; it falls to 0.")
    momentum: float = setting(0.9, "Of Nesterov's kind.")
    weight_decay: float = setting(5e-4, "Of all weights.")
    batch: int = setting(50, "Images a step.")

    def __post_init__(self) -> None:
        whole("epochs", self.epochs, 1)
        whole("batch", self.batch, 2)
        within("lr", self.lr, 0, above=True)
        within("momentum", self.momentum, 0, 0.999, above=True)
        within("weight_decay", self.weight_decay, 0)


@dataclass(frozen=True)
class Learned:
    """What a training leaves behind, epoch by epoch."""

    losses: tuple[float, ...]  # mean training loss
    errors: tuple[float, ...]  # on the validation images
    val_loss: float  # after the last epoch

    @property
    def finite(self) -> bool:
        return all(map(math.isfinite, (*self.losses, self.val_loss)))


def learn(net: nn.Module, train: Images, val: Images, s: RestartSettings, rng: np.random.Generator) -> Learned:
    """Train the network in place. The images come in the order that `rng` draws; an epoch drops a last part batch.
    Stops early where a loss is not finite."""
    x, y = train
    optimiser = SGD(net.parameters(), s.lr, s.momentum, weight_decay=s.weight_decay, nesterov=True)
    steps, losses, errors = len(y) // s.batch, [], []
    for epoch in range(s.epochs):
        order = torch.from_numpy(rng.permutation(len(y))).to(x.device)
        fall = lambda t, done=epoch * steps: learner.cosine(s.lr, done + t, s.epochs * steps)  # noqa: E731
        each = learner.epoch(net, optimiser, x, y, order[: steps * s.batch].split(s.batch), rate=fall)
        losses.append(sum(loss.item() for loss in each) / steps)
        val_loss, error = learner.measure(net, *val)
        errors.append(error)
        if not math.isfinite(losses[-1]):
            break
    return Learned(tuple(losses), tuple(errors), val_loss)
