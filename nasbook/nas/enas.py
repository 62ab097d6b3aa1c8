"""ENAS: a controller writes paths through a supernet; their weights and its policy take turns in learning.

    repeat:  1. θ as it is:  for every training batch  m ~ π(m; θ),   w ← w − ξ ∇_w L_train(w(m))
             2. w as it is:  for s steps  m_1 … m_M ~ π,   R_i = accuracy of w(m_i) on one validation batch,
                             θ ← Adam(mean_i (R_i − b) ∇ log π(m_i; θ) + c ∇H),   b ← a moving mean of R
    derive:  of n paths drawn from π, the best on all validation images

The second step is `reinforce` as it stands; only the reward is new. Batch norms take their statistics from the
validation batch, as the authors' do, and nothing of the supernet moves.

R rises while w learns, whether or not the policy gets better; and paths without weights are good before the others have
learned, so they are drawn, and trained, more and more. Reward and truth may part: look the derived cell up.

Paper: Pham, Guan, Zoph, Le & Dean, Efficient Neural Architecture Search via Parameter Sharing, ICML 2018. Read first:
`run`. Left out: a cap (tanh) on the controller's logits, the macro space. The authors take 30 steps of 10 paths.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nasbook import registry
from nasbook.kit.checks import setting, whole, within
from nasbook.kit.start import Images as Batch
from nasbook.kit.threads import one_thread_a_step
from nasbook.nas.parts.sampling import PathSettings, PathTraining
from nasbook.nas.parts.single_path import evaluate_path
from nasbook.nas.parts.supernet import SupernetView
from nasbook.nas.spaces.gates import Path
from nasbook.task import Task
from nasbook.trace import Trial


@dataclass(frozen=True)
class EnasSettings(PathSettings):
    epochs: int = setting(20, "of weight steps and controller steps")
    looks: int = setting(10, "paths drawn at the end of an epoch, of which the best is derived (n)")
    statistics: str = setting("batch", "what the batch norms expect", ("recalibrated", "running", "batch"))
    steps: int = setting(10, "of the controller, in an epoch (s)")
    samples: int = setting(5, "paths a step (M)")
    controller_lr: float = setting(0.0035, "rate of Adam for θ")
    entropy: float = setting(1e-4, "weight of the entropy of the policy (c)")
    decay: float = setting(0.95, "how much of the baseline is kept at a step")

    def __post_init__(self) -> None:
        super().__post_init__()
        whole("steps", self.steps, 1)
        whole("samples", self.samples, 2)
        within("controller_lr", self.controller_lr, 0, 1, above=True)
        within("entropy", self.entropy, 0)
        within("decay", self.decay, 0, 1)


class Enas(PathTraining):
    name = "enas"
    Settings = EnasSettings

    @one_thread_a_step
    def run(self, task: Task) -> Iterator[tuple[Trial, SupernetView]]:
        """Search, and yield after each epoch. ValueError if the task has no images."""
        train, val = self.start(task)
        self.begin()
        for _ in self.epochs():
            losses = [self.step_paths(batch, self.draw(1, self.rng)) for batch in self.batches(train)]
            looks = self.batches(val)
            steps = range(self.settings.steps)
            self.reward = float(np.mean([self.step_controller(looks[k % len(looks)]) for k in steps]))
            yield self.ended(sum(losses) / len(losses), *self.judge_some(self.draw(self.settings.looks, self.rng)))

    def begin(self) -> None:
        """The controller: a `reinforce` of the same space, which draws with the search's own random numbers."""
        s = self.settings
        self.policy = registry.make(
            "method", "reinforce", self.space, seed=self.seed, batch=s.samples, lr=s.controller_lr, entropy=s.entropy,
            decay=s.decay, reward="accuracy",
        )  # fmt: skip
        self.policy.rng = self.rng
        self.learned: tuple[float | None, float | None] = None, None  # its baseline, its lowest reward

    def draw(self, n: int, rng: np.random.Generator) -> list[Path]:
        """m_1 … m_n ~ π(m; θ)."""
        controller = self.policy.controller
        rows = controller.sample(rng.random((n, len(controller.names)))).actions
        return [self.places.path(controller.config(actions)) for actions in rows]

    def step_controller(self, batch: Batch) -> float:
        """One step of θ by M paths; returns their mean reward. The weights and the running statistics stay."""
        rewards, policy = [], self.policy
        policy.b, policy.lowest = self.learned
        for _ in range(self.settings.samples):
            trial = policy.ask()
            path = self.places.path(trial.config)
            _, error = evaluate_path(self.net, path, batch, self.images[0], self.settings.statistics)
            policy.tell(replace(trial, status="done", value=error))
            rewards.append(1 - error)
        self.learned = policy.b, policy.lowest
        return float(np.mean(rewards))

    def parts(self) -> dict[str, Any]:
        own = {"controller": self.policy.controller, "adam": self.policy.adam, "learned": self.learned}
        return super().parts() | own

    def believe(self) -> np.ndarray:
        """π(o at p), over 256 paths drawn from the policy."""
        table = np.zeros(self.places.allowed.shape)
        for path in self.draw(256, np.random.default_rng(self.seed)):
            table[range(len(path)), path] += 1 / 256
        return table
