"""AutoGAN: a controller writes generators cell by cell, and all of them share the weights of one GAN.

    stage s = 1, 2, …:  cell s is searched; images have 2^(s+1) pixels a side
        repeat:  for every batch:  a ~ p_θ;  a step of D and one of G_a, by the hinge loss         shared weights learn
                 for every controller step:  a_1 … a_m ~ p_θ;  R_i = IS of n images of G_{a_i}
                     θ ← Adam(∇[mean_i (R_i − b) log p_θ(a_i) + w H(p_θ)]);   b ← decay · b + (1 − decay) mean R
                 where the variance of the last losses of D or of G is below a threshold: weights anew, θ stays
        grow:    draw candidates; keep the k of the highest IS, each with the controller's state (h, c) behind it; the
                 new controller of cell s + 1 begins from one of them, at random, and what they decided stays decided

The value of an epoch is −IS of the best candidate, evaluated again. Its configuration has the decided cells; each later
one is written as the last of them, without skips. `fidelity` is the pixels a side: stages do not compare.

Not as in the authors' code: the entropy is a term of the objective (theirs is in the reward with its gradient, which
lowers it); R and log p have the shape (m,) (their product has T² entries); b lives on from round to round; equal
candidates count once; batch norms use the images at hand, not running statistics that mix all architectures; the
discriminator does not grow. Training what was found from scratch is left to the task: `task.evaluate(config)`.

Paper: Gong et al., AutoGAN: Neural Architecture Search for Generative Adversarial Networks, ICCV 2019. Read first:
`epoch` and `grow`. Networks and score are in parts/gan.py, settings and view in parts/gan_view.py.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from nasbook import registry
from nasbook.kit import learner
from nasbook.kit.optimisers import Adam
from nasbook.kit.state import Resumable, State
from nasbook.kit.threads import one_thread_a_step
from nasbook.nas.parts.controller import Controller, Rollout
from nasbook.nas.parts.gan import GAN, Lines, inception_score
from nasbook.nas.parts.gan_view import DRAWS, SHOWN, AutoGANSettings, AutoGANView
from nasbook.nas.spaces.generator.decisions import cell_space, complete, depth
from nasbook.space import Config, Space
from nasbook.task import JudgesImages, Task
from nasbook.trace import Trial

Pair = tuple[Tensor, Tensor]


class Prefix(NamedTuple):
    """The decided cells, and the controller's state after it has written them (hidden,)."""

    config: Config
    h: Tensor
    c: Tensor


class AutoGAN(Resumable):
    name = "autogan"
    Settings = AutoGANSettings
    View = AutoGANView
    always = ("done_epochs", "resets", "stage", "b", "window", "gan", "controller", "adam")
    window: list[list[float]]

    def check_space(self, space: Space) -> None:
        self.stages = depth(space)
        if not self.stages:
            others = "for another space use 'reinforce' or 'regularized-evolution'"
            raise ValueError(f"{self.name} searches generators of one to three cells, as in 'digits-gan'; {others}")
        if self.settings.epochs < self.stages:
            raise ValueError(f"{self.name}: {self.stages} stages need as many epochs, not {self.settings.epochs}")
        sizes = {"channels": self.settings.channels, "latent": self.settings.latent}
        self.generators = registry.find("space", "generator").load()(self.stages, **sizes)

    @one_thread_a_step
    def run(self, task: Task) -> Iterator[tuple[Trial, AutoGANView]]:
        """Search, and yield after each epoch. ValueError if the task has no real images and no judge.

        task.real(side): images (n, 1, side, side) in ±1; task.predictions(images): (n, classes), rows of sum 1."""
        if not isinstance(task, JudgesImages):
            raise ValueError(f"{self.name} needs real images and a judge, and {task.name} has none; use 'digits-gan'")
        self.task: JudgesImages = task
        self.x = [task.real(2 ** (n + 1)) for n in range(1, self.stages + 1)]
        self.done_epochs = self.resets = 0
        self.begin_gan()
        zeros = torch.zeros(self.settings.hidden, dtype=torch.float64)
        self.begin_stage(1, [Prefix({}, zeros, zeros)])
        if self.saved:
            self.begin_stage(self.saved["stage"], [Prefix(**p) for p in self.saved["prefixes"]])
            self.take_back()
        while self.done_epochs < self.settings.epochs:
            begin = time.perf_counter()
            if self.stage < 1 + self.done_epochs * self.stages // self.settings.epochs:
                self.begin_stage(self.stage + 1, self.grow()[: self.settings.top])
            losses, rewards = self.epoch()
            self.done_epochs += 1
            trial, view = self._record(losses, rewards)
            yield replace(trial, cost=time.perf_counter() - begin), view
            if trial.status == "failed":
                return

    def begin_gan(self) -> None:
        s, self.window = self.settings, [[], []]  # the last losses of D and of G
        self.gan = GAN(self.generators.every_layer(), s.latent, s.channels, s.lr, self.rng)

    def begin_stage(self, stage: int, prefixes: list[Prefix]) -> None:
        self.stage, self.prefixes, self.b = stage, prefixes, math.nan
        self.controller = Controller(cell_space(stage), self.settings.hidden, int(self.rng.integers(2**31)))
        self.adam = Adam(self.controller.parameters(), self.settings.ctrl_lr, (0.0, 0.9))

    # ---- an epoch ------------------------------------------------------------------------------------------

    def epoch(self) -> tuple[list[float], list[float]]:
        """(mean losses of D and G, mean reward of each controller step)."""
        s, x, D, G, rewards = self.settings, self.x[self.stage - 1], [], [], []
        if any(len(last) == s.window and np.var(last) < s.threshold for last in self.window):  # of the epochs before
            self.begin_gan()
            self.resets += 1
        for step in range(s.steps):
            a = self.lines(self.draw(1, self.rng)[0][0])
            rows = torch.from_numpy(self.rng.integers(len(x), size=s.batch))
            D.append(self.gan.step_D(x[rows], a, self.rng))
            if step % s.critic == 0:
                G.append(self.gan.step_G(s.batch, a, self.rng))
        self.window = [(last + new)[-s.window :] for last, new in zip(self.window, (D, G), strict=True)]
        for _ in range(s.ctrl_steps):
            configs, drawn, state = self.draw(s.ctrl_batch, self.rng)
            R = torch.tensor([self.reward(config) for config in configs], dtype=torch.float64)
            self.learn(drawn.actions, state, R)
            rewards.append(float(R.mean()))
        return [sum(D) / len(D), sum(G) / len(G)], rewards

    def draw(self, m: int, rng: np.random.Generator) -> tuple[list[Config], Rollout, Pair]:
        """m architectures up to this stage, how this stage was written, and the states (m, hidden) it began from."""
        begun = [self.prefixes[i] for i in rng.integers(len(self.prefixes), size=m)]
        state = torch.stack([p.h for p in begun]), torch.stack([p.c for p in begun])
        drawn = self.controller.sample(rng.random((m, len(self.controller.names))), state)
        configs = [p.config | self.controller.config(a) for p, a in zip(begun, drawn.actions, strict=True)]
        return configs, drawn, state

    def lines(self, config: Config) -> Lines:
        return self.generators.layers(config)

    def reward(self, config: Config) -> float:
        images = self.gan.images(self.settings.images, self.lines(config), self.rng)
        return inception_score(self.task.predictions(images))

    def learn(self, actions: Tensor, state: Pair, R: Tensor) -> None:
        """One step of REINFORCE; R (m,)."""
        b = float(R.mean()) if math.isnan(self.b) else self.b
        drawn = self.controller.read(actions, state)
        learner.step(self.adam, -((R - b) * drawn.log_p).mean() - self.settings.entropy * drawn.entropy.mean())
        self.b = self.settings.decay * b + (1 - self.settings.decay) * float(R.mean())

    def grow(self) -> list[Prefix]:
        """New candidates, equal ones once, the best first, each with the state after its last decision."""
        configs, drawn, _ = self.draw(self.settings.candidates, self.rng)
        ends = zip(configs, *drawn.state, strict=True)
        found = {tuple(config.items()): Prefix(config, h, c) for config, h, c in ends}
        return sorted(found.values(), key=lambda p: -self.reward(p.config))

    # ---- what an epoch leaves behind, stopping and going on ------------------------------------------------

    def _record(self, losses: list[float], rewards: list[float]) -> tuple[Trial, AutoGANView]:
        cell, s = self.grow()[0].config, self.settings
        scores = tuple(self.reward(cell) for _ in range(s.repeats))
        look = np.random.default_rng(self.seed)  # the same z in every epoch
        images = self.gan.images(SHOWN, self.lines(cell), look)
        policy = self.draw(DRAWS, look)[1]
        view = AutoGANView(
            self.done_epochs, s.epochs, self.stage, self.stages, *self.controller.shown(policy), tuple(rewards), scores,
            s.images, cell, tuple(p.config for p in self.prefixes),
            tuple(map(tuple, (8 * images + 8).flatten(1).nan_to_num().round().int().tolist())), self.resets,
            *(x if math.isfinite(x) else None for x in losses),
        )  # fmt: skip
        metrics = {"score": view.score, "error": view.error, "stage": self.stage}
        trial = Trial(self.done_epochs - 1, complete(cell, self.stages), float(view.side), metrics=metrics)
        if all(map(math.isfinite, losses)):
            return replace(trial, status="done", value=-view.score), view
        return replace(trial, status="failed", reason="diverged: a loss is not finite"), view

    def state(self) -> State:
        return {**super().state(), "prefixes": [p._asdict() for p in self.prefixes]}
