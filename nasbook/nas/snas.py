"""SNAS: mix the operations by a random sample, nearly a choice, and let one loss teach weights and probabilities.

    z = softmax((log p + g) / τ),   p = softmax(α),   g ~ Gumbel(0, 1)                parts/gumbel.py
    ō(x) = Σ_o z_o · o(x)

    repeat:  ∇_w, ∇_α of E_z[L_train(w, z)], from one sample, on one training batch
             w ← w − ξ ∇_w,   α ← α − Adam(∇_α)
    derive:  on every edge the likeliest operation except `none`

DARTS mixes by p itself, and is left at the end with a mixture that no single cell is. Here the sample is a mixture at
first, while τ is high, and close to one cell at the end, while its gradient stays defined throughout. It is not the
gradient of the discrete problem: E[z] is p only as τ → 0, where the gradient's variance grows without bound. All
operations run in every step, so a step costs what one of DARTS' costs.

There is one level: α learns from the training images, like the weights, and no validation image is used but to judge.

Defaults after the authors' code: τ falls from 1 to 0.03 by equal steps; Adam's β = (0.5, 0.999) and decay for α. Their
rates are 3e-4 for α and 0.025 for the weights, over 150 epochs of several hundred steps. An epoch on digits has six,
and the weights learn more slowly from samples than from a mixture: so here are 40 epochs at rates of 0.02 and 0.1.

Paper: Xie, Zheng, Liu & Lin, SNAS: Stochastic Neural Architecture Search, ICLR 2019. Read first: `run`. Left out: the
penalty for resources (`fbnet` and `proxylessnas` have one).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nasbook.kit.checks import setting
from nasbook.kit.start import Images as Batch
from nasbook.kit.threads import one_thread_a_step
from nasbook.nas.parts.gumbel import Gumbel, GumbelSettings
from nasbook.nas.parts.single_path import evaluate_path
from nasbook.nas.parts.supernet import SupernetView
from nasbook.nas.spaces.gates import mixed
from nasbook.task import Task
from nasbook.trace import Trial


@dataclass(frozen=True)
class SnasSettings(GumbelSettings):
    epochs: int = setting(40, "passes over the training images")
    lr: float = setting(0.1, "rate of the weights at first")
    tau: float = setting(1.0, "temperature of the samples in the first epoch")
    tau_min: float = setting(0.03, "and in the last")


class Snas(Gumbel):
    name = "snas"
    Settings = SnasSettings

    @one_thread_a_step
    def run(self, task: Task) -> Iterator[tuple[Trial, SupernetView]]:
        """Search, and yield after each epoch. ValueError if the task has no images."""
        train, val = self.start(task)
        for _ in self.epochs():
            losses = [self.step(batch) for batch in self.batches(train)]
            path = self.derive(self.alpha)
            yield self.ended(sum(losses) / len(losses), path, *evaluate_path(self.net, path, val, train))

    def step(self, batch: Batch) -> float:
        """One step of weights and α, from one pass forwards and backwards; returns the loss before it."""
        self.alpha_optimiser.zero_grad()
        loss = self.step_w(batch, mixed(self.sample()))
        self.alpha_optimiser.step()
        return loss
