"""How a prior-fitted network is trained: on problems that are drawn anew for each step, once, before any search."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from nasbook.hpo.parts.bars import HALF
from nasbook.hpo.parts.prior_fitted import PriorFitted
from nasbook.hpo.parts.problems import Batch
from nasbook.kit.optimisers import AdamW


def edges_of(values: Tensor, bars: int, rare: float = 0.002) -> Tensor:
    """Edges (bars + 1,) between which values (k,) of the prior lie equally often; a `rare` share is beyond each end."""
    values = values.double().flatten().cpu()
    some = values[torch.randperm(len(values))[:1_000_000]]
    return torch.quantile(some, torch.linspace(rare, 1 - rare, bars + 1).double()).unique().float()


def nll(logits: Tensor, y: Tensor, edges: Tensor) -> Tensor:
    """-log q(y) of each answer, whose bars have these edges (B + 1,): (b, m)."""
    e, width = edges, edges.diff()
    y = y.clamp(e[0] - width[0], e[-1] + width[-1])  # what lies further out counts as if it lay there
    b = (torch.bucketize(y.contiguous(), e[1:-1].contiguous())).clamp(max=len(width) - 1)
    log_density = -width.log()[b]
    for bar, edge in ((0, e[1]), (len(width) - 1, e[-2])):  # half normals
        s = width[bar] / HALF
        tail = math.log(2 / math.sqrt(2 * math.pi)) - s.log() - ((y - edge) / s) ** 2 / 2
        log_density = torch.where(b == bar, tail, log_density)
    return -(logits.log_softmax(-1).gather(-1, b[..., None])[..., 0] + log_density)


def fit(
    net: PriorFitted,
    draw: Callable[[], Batch],
    steps: int,
    rate: float = 1e-3,
    warm: float = 0.05,
    half: bool = False,
    done: Callable[[int], float] | None = None,
) -> Iterator[Tensor]:
    """Train the network on batches that `draw` makes, and tell the mean -log q of each step.

    Adam; the rate rises for the first `warm` of the steps and falls along a cosine. half: bfloat16 where it can.
    done: which share of the training is over after so many steps, where that is not step / steps."""
    optimiser = AdamW(net.parameters(), lr=rate, weight_decay=1e-4)
    for step in range(steps):
        over = done(step) if done else (step + 0.5) / steps
        if over >= 1:
            return
        for group in optimiser.param_groups:
            falling = (1 + math.cos(math.pi * (over - warm) / (1 - warm))) / 2
            group["lr"] = rate * (over / warm if over < warm else falling)
        X, y, query, target = draw()
        with torch.autocast(X.device.type, torch.bfloat16, enabled=half):
            logits = net(X, y, query)
        loss = nll(logits.float(), target, net.edges).mean()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        yield loss
