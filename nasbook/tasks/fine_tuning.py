"""Transfer of weights: a network that has learned one task goes on with another, wholly or in part.

    net = fine_tune(net, (x, y), freeze=FREEZE["partly"], lr=0.03)

    θ = (θ_kept, θ_free, head):   θ_kept stays;   θ_free goes on from what it was;   the head begins anew

What is frozen computes what it did: its weights get no gradient, and its batch norms keep the statistics of the old
images. "frozen" trains the head alone, "partly" the second half of a cell's network, "all" everything.

Paper: Yosinski, Clune, Bengio & Lipson, How Transferable Are Features in Deep Neural Networks?, NeurIPS 2014.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from copy import deepcopy

import numpy as np
import torch
from torch import Tensor, nn

from nasbook.kit import learner
from nasbook.kit.checks import whole, within
from nasbook.kit.optimisers import SGD
from nasbook.kit.start import blank
from nasbook.kit.threads import one_thread
from nasbook.tasks.architectures import MOMENTUM, WEIGHT_DECAY

FREEZE = {"frozen": ("stem", "cell1", "reduce", "cell2", "norm"), "partly": ("stem", "cell1"), "all": ()}


class Frozen(nn.Module):
    """A network whose parts of these names do not learn, in training mode either."""

    def __init__(self, net: nn.Module, freeze: Collection[str]) -> None:
        super().__init__()
        self.net, self.kept = net, tuple(freeze)
        parts = dict(net.named_children())
        if unknown := [name for name in self.kept if name not in parts]:
            raise ValueError(f"freeze: the network has no part {unknown[0]!r}; it has {', '.join(parts)}")
        for name in self.kept:
            parts[name].requires_grad_(False)

    def train(self, mode: bool = True) -> Frozen:
        super().train(mode)
        for name in self.kept:
            getattr(self.net, name).eval()
        return self

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x)


@one_thread()
def fine_tune(
    net: nn.Module,
    train: tuple[Tensor, Tensor],
    freeze: Collection[str] = (),
    classes: int | None = None,
    steps: int = 120,
    batch: int = 25,
    lr: float = 0.03,
    head: str = "head",
    seed: int = 0,
) -> nn.Module:
    """A copy of the network, trained on inputs (n, …) and labels (n,); the old one stays as it is.

    classes: of the new head; None: as many as there were. An epoch's last batch may be a smaller one, of two rows at
    least. SGD with Nesterov momentum 0.9, weight decay 5·10⁻⁴ and a rate that falls from `lr` to 0 as half a cosine.
    ValueError for parts that the network does not have, and for no or one row."""
    x, y = train
    whole("steps", steps, 1)
    whole("batch", batch, 2)
    within("lr", lr, 0, above=True)
    if len(y) < 2 or len(x) != len(y):
        raise ValueError(f"fine-tuning needs two rows at least, and a label for each, not {len(x)} and {len(y)}")
    net, rng = deepcopy(net), np.random.default_rng(seed)
    old = getattr(net, head, None)
    if not isinstance(old, nn.Linear):
        raise ValueError(f"head: the network has no linear layer of the name {head!r}")
    if head in freeze:
        raise ValueError(f"freeze: the new head {head!r} has to learn")
    new = blank(nn.Linear, old.in_features, classes or old.out_features)
    with torch.no_grad():
        new.weight.copy_(torch.from_numpy(rng.standard_normal(tuple(new.weight.shape)) / math.sqrt(old.in_features)))
        new.bias.zero_()
    setattr(net, head, new.to(old.weight))
    whole_net = Frozen(net, freeze)
    free = [p for p in whole_net.parameters() if p.requires_grad]
    optimiser = SGD(free, lr, momentum=MOMENTUM, nesterov=True, weight_decay=WEIGHT_DECAY)
    done = 0
    while done < steps:
        rows = [r for r in torch.from_numpy(rng.permutation(len(y))).split(batch) if len(r) > 1][: steps - done]
        begin = done
        learner.epoch(whole_net, optimiser, x, y, rows, rate=lambda t: learner.cosine(lr, begin + t, steps))  # noqa: B023
        done += len(rows)
    return net.requires_grad_(True).eval()
