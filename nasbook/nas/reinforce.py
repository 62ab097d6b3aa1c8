"""REINFORCE: a controller writes architectures, and good ones make their own writing more likely.

    J(θ) = E_{a∼p_θ}[R(a)]        ∇J = E[(R − b) ∇ log p_θ(a)]        for every b that does not depend on a

    repeat:  draw m configurations a_1 … a_m from the controller;  R_i: the smaller the value of a_i, the larger
             g_i = (R_i − b) ∇ log p_θ(a_i)                            one row of `gradients`
             θ ← Adam(θ, mean of the g_i + w ∇H)                       H: entropy; ∇H along what was drawn
             b ← decay · b + (1 − decay) · mean of the R_i

b changes nothing on average, because E[∇ log p] = 0, and nearly everything in the spread: (R − b) ∇ log p is long only
for architectures that surprise. The first batch uses its own mean, which shortens its mean gradient by 1 − 1/m.

Reward: "standardised" is R = (μ − value) / σ with μ and σ of the first batch whose values differ, so that the unit of
the value does not matter; "accuracy" is R = 1 − value, the paper's for errors. A failed or pruned trial gets the lowest
reward so far; while no reward is known it is left out.

A trial of an older policy (workers), or of none (enqueued, a warm start), is taken as if drawn from the present one.
The defaults are for a few hundred queries of a table; the paper trains 12,800 networks, with Adam at 0.0006.

Paper: Zoph & Le, Neural Architecture Search with Reinforcement Learning, ICLR 2017; Williams, Simple Statistical
Gradient-Following Algorithms for Connectionist Reinforcement Learning, 1992. Read first: `learn`. Left out: skips.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from nasbook.kit.checks import flag, needs_options, one_of, setting, whole, within
from nasbook.kit.optimisers import Adam
from nasbook.kit.threads import one_thread
from nasbook.kit.values import exponent
from nasbook.method import Method, Proposal
from nasbook.nas.parts.controller import Controller, spread
from nasbook.space import Config, Scalar, Space
from nasbook.trace import Trial

REWARDS = ("standardised", "accuracy")
MOST = 100.0  # no reward is larger, so that one trial whose value has exploded does not move the policy for ever
DRAWS = 256  # sequences from which a view estimates the policy


@dataclass(frozen=True)
class ReinforceSettings:
    batch: int = setting(10, "Trials between two updates of the policy (m).")
    lr: float = setting(0.02, "Rate of Adam.")
    entropy: float = setting(0.01, "Weight of the entropy bonus: larger keeps the policy undecided for longer.")
    baseline: bool = setting(True, "Subtract a moving mean of the rewards; if not, b = 0.")
    decay: float = setting(0.9, "How much of the baseline is kept at an update; 0 is the last batch's mean.")
    reward: str = setting("standardised", "In the spread of the first batch, or 1 − value: accuracy.", REWARDS)
    hidden: int = setting(32, "Units of the LSTM.")

    def __post_init__(self) -> None:
        whole("batch", self.batch, 2)
        whole("hidden", self.hidden, 1, 1024)
        within("lr", self.lr, 0, 1, above=True)
        within("entropy", self.entropy, 0)
        within("decay", self.decay, 0, 1)
        one_of("reward", self.reward, REWARDS)
        flag("baseline", self.baseline)


@dataclass(frozen=True)
class Update:
    """What one batch did to the policy. Gradients are of all weights of the controller, flattened."""

    number: int  # 1 is the first
    trials: tuple[int, ...]  # ids
    rewards: tuple[float, ...]  # R_i
    baseline: float  # b that was subtracted; 0 without a baseline
    norm: float  # ‖mean of the g_i‖, before the entropy bonus
    variance: float  # of one g_i, summed over the weights, estimated from this batch
    variance_without: float  # the same with b = 0
    variance_with: float  # the same with the moving mean as b, whether or not it was used
    ratios: tuple[float, ...]  # p_new(a_i) / p_old(a_i) after the update
    clipped: float  # part of the terms whose gradient PPO's clip has made zero; 0 for REINFORCE


@dataclass(frozen=True)
class ControllerView:
    """The policy when the method chose."""

    names: tuple[str, ...]  # of the decisions
    options: tuple[tuple[Scalar, ...], ...]
    probabilities: tuple[tuple[float, ...], ...]  # P(decision takes option), mean over 256 sequences drawn from p_θ
    entropy: float  # nats, mean over these sequences; log(number of configurations) if all are equally likely
    baseline: float | None  # the moving mean of the rewards; None before the first update
    updates: int
    last: Update | None  # the latest update


class Reinforce(Method):
    name = "reinforce"
    View = ControllerView
    Settings: ClassVar[type] = ReinforceSettings

    def __init__(self, space: Space, seed: int = 0, **settings: object) -> None:
        super().__init__(space, seed, **settings)
        self.controller = Controller(space, self.settings.hidden, int(self.rng.integers(2**31)))
        self.weights = list(self.controller.parameters())
        self.adam = Adam(self.weights, self.settings.lr)
        self.batch: list[Trial] = []  # told since the last update
        self.drawn: list[tuple[Config, float]] = []  # from the present policy, with log p, and not yet asked for
        self.b: float | None = None
        self.lowest: float | None = None  # reward so far
        self.scale: tuple[float, float, int] | None = None  # μ, σ of "standardised", in units of 2^e
        self.updates = 0
        self.last: Update | None = None
        self._view: ControllerView | None = None

    def check_space(self, space: Space) -> None:
        needs_options(self.name, space)

    def propose(self) -> Proposal:
        if not self.drawn:  # a batch at once, because the policy stays for so long
            with one_thread():
                new = self.controller.sample(self.rng.random((self.settings.batch, len(self.controller.names))))
            self.drawn = list(zip(map(self.controller.config, new.actions), new.log_p.tolist(), strict=True))
        config, log_p = self.drawn.pop(0)
        return Proposal(config, info={"log_p": log_p})

    def observe(self, trial: Trial) -> None:
        self.batch.append(trial)
        if len(self.batch) < self.settings.batch:
            return
        told, R = self.rewards(self.batch)
        self.batch = []
        if len(told) >= 2:
            with one_thread():
                self.update(told, R)
            self.drawn, self._view = [], None

    def rewards(self, batch: list[Trial]) -> tuple[list[Trial], np.ndarray]:
        """The trials of a batch that have a reward, and their rewards (n,)."""
        value = np.array([np.nan if t.status != "done" or t.value is None else t.value for t in batch])
        if self.scale is None and len(set(value[np.isfinite(value)])) > 1:
            e = exponent(value)
            mu, sigma = np.nanmean(np.ldexp(value, -e)), np.nanstd(np.ldexp(value, -e))
            self.scale = float(mu), float(sigma), e
        mu, sigma, e = (1.0, 1.0, 0) if self.settings.reward == "accuracy" else self.scale or (0.0, np.inf, 0)
        with np.errstate(over="ignore"):
            R = ((mu - np.ldexp(value, -e)) / sigma).clip(-MOST, MOST)
        if np.isfinite(R).any():
            self.lowest = float(np.nanmin(R if self.lowest is None else [*R, self.lowest]))
        return ([], R[:0]) if self.lowest is None else (batch, np.where(np.isnan(R), self.lowest, R))

    # ---- learning -----------------------------------------------------------------------------------------------

    def update(self, told: list[Trial], R: np.ndarray) -> None:
        actions = self.controller.actions([t.config for t in told])
        mean = float(R.mean()) if self.b is None else self.b
        b = mean if self.settings.baseline else 0.0
        scores = gradients(self.controller, actions)
        g = (torch.from_numpy(R) - b)[:, None] * scores  # g_i = (R_i − b) ∇ log p(a_i)
        before = self.controller.read(actions).log_p.detach()
        clipped = self.learn(told, actions, torch.from_numpy(R - b), g)
        after = self.controller.read(actions).log_p.detach()
        self.b = self.settings.decay * mean + (1 - self.settings.decay) * float(R.mean())
        self.updates += 1
        self.last = Update(
            self.updates, tuple(t.id for t in told), tuple(R.tolist()), b, float(g.mean(0).norm()),
            spread(g), spread(torch.from_numpy(R)[:, None] * scores),
            spread((torch.from_numpy(R) - mean)[:, None] * scores), tuple((after - before).exp().tolist()), clipped,
        )  # fmt: skip

    def learn(self, told: list[Trial], actions: Tensor, A: Tensor, g: Tensor) -> float:
        """Change the weights. A: advantages R − b (n,); g: (n, weights). Returns the clipped part."""
        bonus = self.settings.entropy * self.controller.read(actions).entropy.mean()
        up = g.mean(0) + torch.cat([d.flatten() for d in torch.autograd.grad(bonus, self.weights)])
        for p, d in zip(self.weights, up.split([p.numel() for p in self.weights]), strict=True):
            p.grad = -d.reshape(p.shape)  # Adam goes down
        self.adam.step()
        return 0.0

    def view(self) -> ControllerView:
        if self._view is None:
            u = np.random.default_rng(self.seed).random((DRAWS, len(self.controller.names)))
            with one_thread():
                drawn = self.controller.sample(u)
            self._view = ControllerView(*self.controller.shown(drawn), self.b, self.updates, self.last)
        return self._view


def gradients(controller: Controller, actions: Tensor) -> Tensor:
    """∇_θ log p_θ(a_i), one row (weights,) for each of the n configurations (n, T)."""
    log_p, weights = controller.read(actions).log_p, list(controller.parameters())
    rows = torch.autograd.grad(log_p, weights, torch.eye(len(log_p), dtype=log_p.dtype), is_grads_batched=True)
    return torch.cat([d.flatten(1) for d in rows], 1)
