"""PPO: learn several times from the same batch, and stop where the policy has moved far enough.

    r_i = p_θ(a_i) / p_old(a_i)           A_i = R_i − b
    L(θ) = mean of min(r_i A_i, clip(r_i, 1 − ε, 1 + ε) A_i) + w H

    repeat:  draw m configurations from p_old;  K times:  θ ← Adam(θ, ∇L)

At θ = θ_old every r_i is 1, ∇r = ∇ log p, and the gradient of L is that of REINFORCE. After the first step REINFORCE
would need a new batch; here r_i corrects for the move, and min takes the gradient of a configuration away once its
probability has changed by more than ε in the direction in which it was pushed. It is not pushed back: others may still
carry it further.

A reward comes for a whole configuration, so r_i is the ratio of whole configurations. p_old is the policy that asked
for the trial, so trials of several workers are weighed rightly. A configuration that was not drawn from the policy
(enqueued, warm start) counts as drawn when it is told. Baseline, rewards and failures are those of reinforce.py.

Paper: Schulman et al., Proximal Policy Optimization Algorithms, 2017 (equation 7); for architectures Zoph et al.,
Learning Transferable Architectures for Scalable Image Recognition, CVPR 2018, with Adam at 0.00035 for 20,000 networks.
Read first: `surrogate`. Left out: a learned value function (a moving mean serves, as in the second paper), minibatches.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from nasbook.kit.checks import setting, whole, within
from nasbook.nas.reinforce import Reinforce, ReinforceSettings
from nasbook.trace import Trial


@dataclass(frozen=True)
class PPOSettings(ReinforceSettings):
    lr: float = setting(0.005, "Rate of Adam.")
    clip: float = setting(0.2, "How far a probability may move before its gradient is taken away (ε).")
    epochs: int = setting(5, "Steps with the same batch (K).")

    def __post_init__(self) -> None:
        super().__post_init__()
        within("clip", self.clip, 0, 1, above=True)
        whole("epochs", self.epochs, 1)


class PPO(Reinforce):
    name = "ppo"
    Settings: ClassVar[type] = PPOSettings

    def learn(self, told: list[Trial], actions: Tensor, A: Tensor, g: Tensor) -> float:
        s = self.settings
        now = self.controller.read(actions).log_p.tolist()
        old = torch.tensor([t.info.get("log_p", p) for t, p in zip(told, now, strict=True)], dtype=torch.float64)
        clipped = 0.0
        for _ in range(s.epochs):
            read = self.controller.read(actions)
            r = (read.log_p - old).exp()
            objective = surrogate(r, A, s.clip).mean() + s.entropy * read.entropy.mean()
            self.adam.zero_grad()
            (-objective).backward()
            self.adam.step()
            clipped += float(is_clipped(r.detach(), A, s.clip).double().mean()) / s.epochs
        return clipped


def surrogate(r: Tensor, A: Tensor, eps: float) -> Tensor:
    """(n,) min(r A, clip(r, 1 − ε, 1 + ε) A)."""
    return torch.minimum(r * A, r.clamp(1 - eps, 1 + eps) * A)


def is_clipped(r: Tensor, A: Tensor, eps: float) -> Tensor:
    """(n,) has the clip made the gradient of the surrogate zero?"""
    return ((A > 0) & (r > 1 + eps)) | ((A < 0) & (r < 1 - eps))
