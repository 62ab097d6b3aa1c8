"""Small generative adversarial networks that draw 8×8 digits, and a classifier that scores what they draw.

    task = nasbook.task("digits-gan")
    task.evaluate(config, seed=0).value        # minus the Inception Score of 1,000 images, after 160 steps

The score needs a classifier. ImageNet's Inception knows no digits, so a small convolutional network learns them first,
once a process: 1,397 digits and the same ones at half the resolution, with a little noise. Real digits score about 9 of
10, uniform noise well above 1: the scale does not begin at 1 here.

What a search sees is that score. `frechet` compares the classifier's features of the images with those of digits that
nobody has learned from; it is not used in any search here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nasbook.kit import learner
from nasbook.kit.checks import whole
from nasbook.kit.optimisers import Adam
from nasbook.kit.start import blank
from nasbook.kit.threads import one_thread
from nasbook.nas.parts.gan import GAN, draw_weights, inception_score
from nasbook.nas.spaces.generator.layers import CHANNELS, LATENT
from nasbook.nas.spaces.generator.space import Generators
from nasbook.space import Config, Json
from nasbook.task import Evaluation, Fidelity, Report, Task
from nasbook.tasks import bundled
from nasbook.tasks.learner import Learner

if TYPE_CHECKING:
    from nasbook.kit.state import State

CELLS, BATCH, LR, PART = 2, 32, 2e-3, 20  # PART: steps between two looks
TRAIN = 1397  # digits that are learned from; the other 400 are the test


class DigitsGAN(Task):
    """Minus the Inception Score of a generator that is trained alone against a discriminator on 8×8 digits.

    steps: of the full training, the highest fidelity, in parts of 20. images: how many are scored; compare scores of
    equal numbers alone. Both whole numbers; ValueError for others. On the CPU the same seed gives the same numbers."""

    name = "digits-gan"
    value_label = "−Inception Score"
    limits = {}

    def __init__(self, steps: int = 160, images: int = 1000) -> None:
        whole(f"{self.name}: steps", steps, PART, 100_000)
        whole(f"{self.name}: images", images, 10, 100_000)
        if steps % PART:
            raise ValueError(f"{self.name}: steps must be a multiple of {PART}, not {steps}")
        self.steps, self.images = steps, images
        self.arguments = {
            k: v for k, (v, default) in {"steps": (steps, 160), "images": (images, 1000)}.items() if v != default
        }
        self.architectures = Generators(CELLS)
        self.space = self.architectures.space
        self.fidelity = Fidelity("step", PART, steps)

    # ---- what a search of generators needs ---------------------------------------------------------------------

    def real(self, side: int, part: str = "train") -> Tensor:
        """The digits (n, 1, side, side) in ±1: of 8 pixels a side, or 4. ValueError for others."""
        if side not in (4, 8):
            raise ValueError(f"{self.name} has digits of 4 and 8 pixels a side, not of {side}")
        x = _digits()[0]
        x = x[:TRAIN] if part == "train" else x[TRAIN:]
        return x if side == 8 else F.avg_pool2d(x, 2)

    @one_thread()
    def predictions(self, images: Tensor) -> Tensor:
        """What the classifier says of images (n, 1, side, side): a probability for each digit (n, 10)."""
        return torch.softmax(_judge()(images)[0], 1)

    @one_thread()
    def score(self, images: Tensor) -> float:
        """The Inception Score of images (n, 1, side, side), between 1 and 10."""
        return inception_score(self.predictions(images))

    @one_thread()
    def frechet(self, images: Tensor) -> float:
        """‖μ − μ'‖² + tr(Σ + Σ' − 2(ΣΣ')^½) of the classifier's 32 features, against the test digits; 0 is alike."""
        a, b = (_judge()(x)[1].double() for x in (images, self.real(8, "test")))
        cov = [torch.cov(f.T) + 1e-6 * torch.eye(f.shape[1]) for f in (a, b)]  # a collapsed generator's is singular
        root = torch.linalg.cholesky(cov[1])
        cross = torch.linalg.eigvalsh(root.T @ cov[0] @ root).clamp(min=0).sqrt().sum()  # tr (ΣΣ')^½
        return float(((a.mean(0) - b.mean(0)) ** 2).sum() + cov[0].trace() + cov[1].trace() - 2 * cross)

    # ---- a generator alone --------------------------------------------------------------------------------------

    @one_thread()
    def evaluate(
        self,
        config: Config,
        *,
        fidelity: float | None = None,
        seed: int = 0,
        report: Report | None = None,
        checkpoint: Path | None = None,
    ) -> Evaluation:
        """Minus the Inception Score after `fidelity` steps, reported every 20. Metrics: score, frechet, steps.

        With `checkpoint`, a training that was cut off goes on from that file, to the same result."""
        steps = self.steps if fidelity is None else round(fidelity)
        if not PART <= steps <= self.steps:
            raise ValueError(f"{self.name}: fidelity must lie in {PART} … {self.steps} steps, not {fidelity:g}")
        training = Alone(self, self.architectures.check(config), seed)
        told = None if report is None else lambda n, value: report(n * PART, value)
        done = training.learn(math.ceil(steps / PART), told, checkpoint)
        curve = [(n * PART, value) for n, (_, value) in enumerate(training.found[:done], 1)]
        metrics = {"score": -curve[-1][1], "frechet": training.frechet[done - 1], "steps": done * PART}
        return Evaluation(curve[-1][1], metrics=metrics, curve=curve)


class Alone(Learner):
    """One generator and its discriminator while they learn, in parts of 20 steps."""

    def __init__(self, task: DigitsGAN, config: Config, seed: int) -> None:
        self.task, self.config, self.seed = task, config, seed
        self.lines = task.architectures.layers(config)
        self.rng = np.random.default_rng([seed, crc32(repr(task.space.key(config)).encode())])
        self.gan = GAN([self.lines], LATENT, CHANNELS, LR, self.rng)
        self.x = task.real(8)
        self.losses: list[float] = []
        self.values: list[float] = []
        self.frechet: list[float] = []

    @property
    def found(self) -> Sequence[tuple[float, float]]:
        return list(zip(self.losses, self.values, strict=True))

    @property
    def what(self) -> Json:
        return {"config": self.config, "seed": self.seed, "images": self.task.images}

    def epoch(self) -> None:
        losses = []
        for _ in range(PART):
            x = self.x[torch.from_numpy(self.rng.integers(len(self.x), size=BATCH))]
            losses += [self.gan.step_D(x, self.lines, self.rng), self.gan.step_G(BATCH, self.lines, self.rng)]
        images = self.gan.images(self.task.images, self.lines, self.rng)
        self.losses.append(sum(losses) / len(losses))
        self.values.append(-self.task.score(images))
        self.frechet.append(self.task.frechet(images))

    def state(self) -> State:
        kept = {"losses": self.losses, "values": self.values, "frechet": self.frechet}
        return {**kept, "gan": self.gan.state_dict(), "rng": self.rng.bit_generator.state}

    def load(self, state: State) -> None:
        self.losses, self.values, self.frechet = state["losses"], state["values"], state["frechet"]
        self.gan.load_state_dict(state["gan"])
        self.rng.bit_generator.state = state["rng"]


# ---- digits, and who judges them -------------------------------------------------------------------------------


@lru_cache(1)
def _digits() -> tuple[Tensor, Tensor]:
    """Images (1797, 1, 8, 8) in ±1 and labels, in an order that is always the same."""
    x, y = bundled.digits()
    order = np.random.default_rng(0).permutation(len(y))
    return torch.from_numpy((x[order] / 8 - 1).astype(np.float32))[:, None], torch.from_numpy(y[order])


class Classifier(nn.Module):
    """Images (n, 1, side, side), smaller ones enlarged to 8 pixels -> logits (n, 10), features (n, 32)."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = blank(nn.Conv2d, 1, 16, 3, padding=1)
        self.conv2 = blank(nn.Conv2d, 16, 32, 3, padding=1, stride=2)
        self.hidden = blank(nn.Linear, 512, 32)
        self.head = blank(nn.Linear, 32, 10)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        if x.shape[-1] != 8:
            x = F.interpolate(x, size=8)
        h = F.relu(self.hidden(F.relu(self.conv2(F.relu(self.conv1(x)))).flatten(1)))
        return self.head(h), h


@lru_cache(1)
@one_thread()
def _judge() -> Classifier:
    """Learned from the training digits, large and small: the same in every process."""
    x, y = (part[:TRAIN] for part in _digits())
    x, y = torch.cat([x, F.interpolate(F.avg_pool2d(x, 2), size=8)]), torch.cat([y, y])
    net, rng = Classifier(), np.random.default_rng(0)
    draw_weights(net, rng)
    optimiser = Adam(net.parameters(), 0.003)
    for _ in range(6):
        noisy = x + 0.1 * torch.from_numpy(rng.standard_normal(x.shape).astype(np.float32))
        for rows in torch.from_numpy(rng.permutation(len(y))).split(64):
            learner.step(optimiser, F.cross_entropy(net(noisy[rows])[0], y[rows]))
    return net.eval().requires_grad_(False)
