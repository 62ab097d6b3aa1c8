"""How a network learns: the one loop over batches that every training here goes through, and how it is judged.

for the rows of each batch:   loss = L(net(x_rows), y_rows);   ∇ loss;   a step of the optimiser
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nasbook.kit import parallel
from nasbook.kit.threads import one_thread


class Batches(Protocol):
    """Inputs by their rows: a tensor, or what fetches a batch when it is asked for one."""

    def __getitem__(self, rows: Tensor | slice, /) -> Tensor: ...


class Parts(Protocol):
    """Inputs one part after the other, as a tensor splits."""

    def split(self, n: int, /) -> Iterable[Tensor]: ...


Loss = Callable[[Tensor, Tensor], Tensor]  # (outputs, targets) -> mean over everything that is predicted


def cross_entropy(logits: Tensor, y: Tensor) -> Tensor:
    """Mean over everything that is predicted, in nats; logits (…, classes), y (…)."""
    return F.cross_entropy(logits.flatten(0, -2), y.flatten())


def step(optimiser: torch.optim.Optimizer, loss: Tensor, clip: float | None = None) -> Tensor:
    """One step down the gradient of a loss, averaged over the processes that learn together, whose norm is cut to
    `clip`; returns the loss, detached."""
    optimiser.zero_grad()
    loss.backward()
    parameters = [p for group in optimiser.param_groups for p in group["params"]]
    parallel.average_gradients(parameters)
    if clip is not None:
        nn.utils.clip_grad_norm_(parameters, clip)
    optimiser.step()
    return loss.detach()


@one_thread()
def epoch(
    net: nn.Module,
    optimiser: torch.optim.Optimizer,
    x: Batches,
    y: Tensor,
    batches: Iterable[Tensor | slice],
    rate: Callable[[int], float] | None = None,
    loss: Loss = cross_entropy,
    clip: float | None = None,
) -> list[Tensor]:
    """Learn from these batches in their order, each the rows of x and y to take; returns the loss of each.

    rate(t): the learning rate of the t-th of them, from 0, which a group multiplies with its "scale" if it has one;
    None leaves the optimiser's. clip: the longest gradient."""
    net.train()
    losses = []
    for t, rows in enumerate(batches):
        if rate is not None:
            for group in optimiser.param_groups:
                group["lr"] = rate(t) * group.get("scale", 1.0)
        losses.append(step(optimiser, loss(net(x[rows]), y[rows]), clip))
    return losses


def cosine(highest: float, t: float, end: float, lowest: float = 0.0) -> float:
    """A rate that falls from `highest` at t = 0 to `lowest` at `end`, as half a cosine."""
    return lowest + (highest - lowest) / 2 * (1 + math.cos(math.pi * t / end))


@one_thread()
@torch.no_grad()
def measure(
    net: Callable[[Tensor], Tensor], x: Parts, y: Tensor, chunk: int = 300, loss: Loss = cross_entropy
) -> tuple[float, float]:
    """(mean loss, fraction classified wrongly); a module is asked as it stands, with its running statistics."""
    if isinstance(net, nn.Module):
        net.eval()
    logits = torch.cat([net(part) for part in x.split(chunk)])
    return loss(logits, y).item(), (logits.argmax(-1) != y).double().mean().item()
