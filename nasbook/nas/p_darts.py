"""P-DARTS: DARTS in three stages; after each, every place keeps only its strongest operations, and all starts anew.

    stage 1: all operations      stage 2: the ⅝ with the largest softmax(α)      stage 3: the ⅜, and no `none`
    in each: new weights, new α; only the weights learn for some epochs, then both in turn, as in DARTS
    skips are dropped out:  o(x) = x · m / (1 − p),  m ~ Bernoulli(1 − p) for each number,  E[o(x)] = x
    p = p_stage · e^{−d t}                                t: epochs of the stage behind its warm-up

At the end the weakest skips above a limit give way to the next best operation. Dropout makes a skip a worse way out for
the gradient while the convolutions have not learned yet, and leaves what it gives in the mean as it is.

The paper's supernet also grows from 5 to 11 to 17 cells, towards the 20 of the network that is trained in the end. Here
that network has two cells, as many as the supernet, so there is no gap in depth to close, and nothing grows.

The authors' code keeps 8, 5 and 3 operations; of five that makes 5, 3 and 2. Its rates of dropout on CIFAR-10 are 0.1,
0.4 and 0.7 in the three stages. Its stages have 25 epochs, 10 of them warm-up, and d = 0.2; here they have 8 and 3, and
d = 0.6, so that p falls by about as much within a stage. It has a rate of 6e-4 for α; here 0.02, as in `darts`.

Paper: Chen, Xie, Wu & Tian, Progressive Differentiable Architecture Search: Bridging the Depth Gap between Search and
Evaluation, ICCV 2019. Read first: `epoch` and `next_stage`. The alternation is in parts/mixture.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from nasbook.kit.checks import setting, whole, within
from nasbook.kit.start import Images as Batch
from nasbook.kit.start import init_weights
from nasbook.kit.state import Parts
from nasbook.nas.parts.mixture import Mixture, MixtureSettings
from nasbook.nas.parts.stages import Stages
from nasbook.nas.parts.supernet import SupernetView
from nasbook.nas.spaces.gates import Gated, Gates, Path, mixed

KEEP, DROPOUT = (8, 5, 3), (1, 4, 7)  # in each stage: operations, of 8; the rate of dropout, as a ratio


@dataclass(frozen=True)
class PDartsSettings(MixtureSettings):
    epochs: int = setting(24, "passes over the training images, in three stages of equal length")
    warmup: int = setting(3, "epochs at the start of each stage in which only the weights learn")
    dropout: float = setting(0.7, "rate at which skips are dropped in the last stage; before, 1/7 and 4/7 of it")
    decay: float = setting(0.6, "of that rate, an epoch (d)")
    skips: int = setting(2, "that the derived architecture may have at most (2 in the paper's normal cell)")

    def __post_init__(self) -> None:
        super().__post_init__()
        within("dropout", self.dropout, 0, 0.99)
        within("decay", self.decay, 0)
        whole("skips", self.skips, 0)


class Dropped(nn.Module):
    """A skip with dropout, drawn from the search's generator; x itself outside of training."""

    def __init__(self, rng: np.random.Generator) -> None:
        super().__init__()
        self.rng, self.p = rng, 0.0

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return x
        m = self.rng.random(tuple(x.shape), dtype=np.float32) >= self.p
        return x * torch.from_numpy(m).to(x) / (1 - self.p)


class PDarts(Stages, Mixture):
    name = "p-darts"
    Settings = PDartsSettings
    stages = len(KEEP)

    def network(self, classes: int, in_channels: int) -> Gated:
        net = super().network(classes, in_channels)
        for place in [m for m in net.modules() if isinstance(m, nn.ModuleDict) and "skip" in m]:
            if isinstance(place["skip"], nn.Identity):
                place["skip"] = Dropped(self.rng)
        return net

    def begin(self) -> tuple[Tensor, torch.optim.Optimizer]:
        self.stage, self.alive = 0, torch.from_numpy(self.places.allowed.copy())
        return super().begin()

    def epoch(self, train: Batch, val: Batch, xi: float) -> float:
        self.enter()
        behind = max(0, self.at[0] - self.settings.warmup)
        p = self.settings.dropout * DROPOUT[self.stage] / DROPOUT[-1] * math.exp(-self.settings.decay * behind)
        for m in self.net.modules():
            if isinstance(m, Dropped):
                m.p = p
        return super().epoch(train, val, xi)

    def next_stage(self) -> None:
        """Prune, and begin anew with what is left."""
        super().next_stage()
        w = self.weights(self.alpha.detach()).cpu()
        if self.stage == len(KEEP) - 1:
            w = w.masked_fill(torch.from_numpy(~self.places.kept), -1.0)
        for p, row in enumerate(w):
            k = max(2, round(KEEP[self.stage] / KEEP[0] * self.places.allowed[p].sum()))
            strongest = row.argsort(descending=True, stable=True)[:k]
            keep = torch.zeros_like(self.alive[p])
            keep[strongest] = True
            self.alive[p] &= keep
        init_weights(self.net, self.rng)
        self.alpha.detach().copy_(torch.from_numpy(self.first()))
        for optimiser in (self.w_optimiser, self.alpha_optimiser):
            optimiser.state.clear()

    def weights(self, alpha: Tensor) -> Tensor:
        """softmax(α) over the operations that are left."""
        return torch.softmax(alpha.masked_fill(~self.alive.to(alpha.device), -torch.inf), 1)

    def gates(self, alpha: Tensor) -> Gates:
        """ō = Σ_o softmax(α)_o o(x), the sum over what is left."""
        return [[g for g in row if self.alive[p, g.op]] for p, row in enumerate(mixed(self.weights(alpha)))]

    def derive(self, alpha: Tensor) -> Path:
        """The strongest operation of each place; of the skips only the surest, up to the limit."""
        w, ops = self.weights(alpha.detach()).cpu(), self.places.ops
        while True:
            path = self.places.strongest(w)
            skips = sorted((float(w[p, op]), p, op) for p, op in enumerate(path) if ops[op] == "skip" and w[p, op] > 0)
            if len(skips) <= self.settings.skips:
                return path
            _, p, op = skips[0]
            w[p, op] = 0

    def parts(self) -> Parts:
        return {**super().parts(), "alive": self.alive}

    def believe(self) -> Tensor:
        return self.weights(self.alpha.detach()).cpu()

    def shows(self, view: SupernetView) -> SupernetView:
        left = int(self.alive.sum(1).max())
        return replace(view, stage=f"stage {self.stage + 1} of {len(KEEP)}: {left} operations are left at each place")
