"""ENAS: a controller writes paths through a supernet; their weights and its policy take turns in learning.

    repeat:  1. θ as it is:  for every training batch  m ~ π(m; θ),   w ← w − ξ ∇_w L_train(w(m))
             2. w as it is:  for s steps  m_1 … m_M ~ π,   R_i = accuracy of w(m_i) on one validation batch,
                             θ ← Adam(mean_i (R_i − b) ∇ log π(m_i; θ) + c ∇H),   b ← a moving mean of R
    derive:  of n paths drawn from π, the best on all validation images

The second step is `reinforce` as it stands; only the reward is new. Batch norms take their statistics from the
validation batch, as the authors' do, and nothing of the supernet moves.

R rises while w learns, whether or not the policy gets better: in tests/benchmarks/one_shot.csv it rose in every search,
and the true accuracy of the policy's cells rose in some and fell in others. Most of these searches settled on cells
with few weights: paths without any are good before the others have learned. Look the derived cell up.

The authors also bound the controller's logits, by c · tanh(logits / T): with c = 2.5 and T = 5 in the recurrent cell,
so that none of four options is likelier than 0.98, and with c = 1.1 in cells of convolutions. Here that is off: where
it bounds the policy, one cannot see whether it has settled.

The recurrent cell of `characters` is searched as in the paper, with R = 1 / perplexity = e^(−loss) (they have 80 /
perplexity; Adam does not see the factor). Its weights need a larger rate than those of images, such as lr = 0.5.

Paper: Pham, Guan, Zoph, Le & Dean, Efficient Neural Architecture Search via Parameter Sharing, ICML 2018. Read first:
`run`. Left out: the macro space. The authors take 30 steps of 10 paths.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from nasbook import registry
from nasbook.kit.checks import setting, whole, within
from nasbook.kit.start import Images as Batch
from nasbook.kit.state import Parts
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
    tanh_constant: float = setting(
        0.0, "largest of the controller's logits (c; 2.5 or 1.1 of the authors); 0: no bound"
    )
    temperature: float = setting(1.0, "by which its logits are divided (T; the authors: 5)")

    def __post_init__(self) -> None:
        super().__post_init__()
        whole("steps", self.steps, 1)
        whole("samples", self.samples, 2)
        within("controller_lr", self.controller_lr, 0, 1, above=True)
        within("entropy", self.entropy, 0)
        within("decay", self.decay, 0, 1)
        within("tanh_constant", self.tanh_constant, 0)
        within("temperature", self.temperature, 0, above=True)


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
            "method",
            "reinforce",
            self.space,
            seed=self.seed,
            batch=s.samples,
            lr=s.controller_lr,
            entropy=s.entropy,
            decay=s.decay,
            reward="accuracy",
        )
        self.policy.rng = self.rng
        self.policy.controller.cap, self.policy.controller.temperature = s.tanh_constant, s.temperature
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
            loss, error = evaluate_path(self.net, path, batch, self.images[0], self.settings.statistics)
            if self.places.text:  # R = 1 / perplexity, and 0 where the loss has overflowed
                error = 1 - math.exp(-loss) if loss < math.inf else 1.0
            policy.tell(replace(trial, status="done", value=error))
            rewards.append(1 - error)
        self.learned = policy.b, policy.lowest
        return float(np.mean(rewards))

    def parts(self) -> Parts:
        own = {"controller": self.policy.controller, "adam": self.policy.adam, "learned": self.learned}
        return super().parts() | own

    def believe(self) -> np.ndarray:
        """π(o at p), over 256 paths drawn from the policy."""
        table = np.zeros(self.places.allowed.shape)
        for path in self.draw(256, np.random.default_rng(self.seed)):
            table[range(len(path)), path] += 1 / 256
        return table
