"""Small trainings whose validation loss can be differentiated by their hyperparameters.

    task = RidgeDigits()
    task.evaluate({"lr": 1.0, "weight_decay": 0.01}).value       # validation loss after 100 steps of gradient descent
    task.train_loss(w, h), task.val_loss(w)                      # w (p,) weights; h (m,) logarithms, lr first

Everything is a float64 tensor on the CPU and smooth, so that second derivatives exist and finite differences agree. The
training is plain gradient descent on all images at once. The training sets are small: regularisation must matter.
"""

from __future__ import annotations

import math
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from nasbook.kit.threads import one_thread
from nasbook.space import Config, Float, Space
from nasbook.task import Evaluation, Fidelity, Report, Task
from nasbook.tasks import bundled

Split = dict[str, tuple[Tensor, Tensor]]


HYPERPARAMETERS = ("lr", "weight_decay", "decay_mean", "decay_error", "decay_worst", "decay_1", "decay_2")


class Differentiable(Task):
    """Gradient descent on `train_loss`. A subclass gives `space` (logarithmic Floats, lr first), data and losses.

    steps: of the full training, and the highest fidelity. train: how many rows to learn from.
    """

    value_label = "validation loss"
    data_name = "digits"
    train = 200
    limits = dict.fromkeys(HYPERPARAMETERS, (0, math.inf))

    def __init__(self, steps: int = 100, train: int | None = None) -> None:
        train = self.train if train is None else train
        for label, number in (("steps", steps), ("train", train)):
            if isinstance(number, bool) or not isinstance(number, int | np.integer) or number < 1:
                raise ValueError(f"{self.name}: {label} must be a whole number of at least 1, not {number!r}")
            if number > 1_000_000:
                raise ValueError(f"{self.name}: {label} must be at most 1,000,000, not {number:,}")
        given = {"steps": (steps, 100), "train": (train, self.train)}
        self.arguments = {k: v for k, (v, default) in given.items() if v != default}
        self.steps, self.train = int(steps), int(train)
        self.fidelity = Fidelity("step", 1, self.steps)
        self.splits = load(self.data_name, self.train)

    def start(self, seed: int) -> Tensor:
        """The first weights (p,)."""
        return torch.zeros(self.splits["train"][0].shape[1], dtype=torch.float64)

    def answers(self, w: Tensor, x: Tensor) -> Tensor:
        """What the model says of rows x (n, k)."""
        return x @ w

    def loss(self, w: Tensor, split: str) -> Tensor:
        """Mean loss of a split without regularisation: a scalar."""
        raise NotImplementedError

    def penalty(self, w: Tensor, h: Tensor) -> Tensor:
        """½ Σ decay · w², a scalar."""
        return h[1].exp() / 2 * (w @ w)

    def train_loss(self, w: Tensor, h: Tensor) -> Tensor:
        return self.loss(w, "train") + self.penalty(w, h)

    def val_loss(self, w: Tensor) -> Tensor:
        return self.loss(w, "val")

    def error(self, w: Tensor, split: str) -> float:
        """Fraction of the rows of a split that are classified wrongly."""
        x, y = self.splits[split]
        return float((self.answers(w, x).argmax(1) != y).double().mean())

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
        """Validation loss after `fidelity` steps, reported ten times on the way."""
        steps = self.steps if fidelity is None else max(1, round(fidelity))
        h, w = self.logs(config), self.start(seed)
        for t in range(1, steps + 1):
            w = self.descended(w, h)
            if report is not None and t % max(1, self.steps // 10) == 0:
                report(t, float(self.val_loss(w)))
        metrics = {"train_loss": float(self.train_loss(w, h)), "error": self.error(w, "val")}
        return Evaluation(float(self.val_loss(w)), metrics=metrics if math.isfinite(metrics["train_loss"]) else {})

    @one_thread()
    def test(self, config: Config, *, seed: int = 0) -> float:
        """Train as `evaluate` does and return the error on the test rows, which no search has seen."""
        h, w = self.logs(self.space.validate(config)), self.start(seed)
        for _ in range(self.steps):
            w = self.descended(w, h)
        return self.error(w, "test")

    def descended(self, w: Tensor, h: Tensor) -> Tensor:
        """The weights (p,) after one step of gradient descent."""
        at = w.detach().requires_grad_()
        (g,) = torch.autograd.grad(self.train_loss(at, h), at)
        return w - h[0].exp() * g

    def logs(self, config: Config) -> Tensor:
        """h (m,) of a configuration."""
        return torch.tensor([math.log(config[name]) for name in self.space.parameters], dtype=torch.float64)


class RidgeDigits(Differentiable):
    """Ridge regression of the ten digits' indicator variables (n, 10) on the pixels; W is (64, 10)."""

    name = "ridge-digits"
    space = Space(lr=Float(0.01, 10.0, log=True), weight_decay=Float(1e-5, 1.0, log=True))

    def start(self, seed: int) -> Tensor:
        return torch.zeros(640, dtype=torch.float64)

    def answers(self, w: Tensor, x: Tensor) -> Tensor:
        return x @ w.reshape(64, 10) + 0.1  # a digit is each of the ten with probability 0.1

    def loss(self, w: Tensor, split: str) -> Tensor:
        x, y = self.splits[split]
        return ((self.answers(w, x) - one_hot(y, 10)) ** 2).sum() / (2 * len(y))


class LogisticCancer(Differentiable):
    """Logistic regression on the breast-cancer data: thirty features, three groups of ten, each with its own decay.

    The groups are the means, the standard errors and the worst values of ten measures of the cells."""

    name = "logistic-cancer"
    data_name = "cancer"
    train = 100
    space = Space(
        lr=Float(0.01, 10.0, log=True),
        decay_mean=Float(1e-5, 1.0, log=True),
        decay_error=Float(1e-5, 1.0, log=True),
        decay_worst=Float(1e-5, 1.0, log=True),
    )

    def start(self, seed: int) -> Tensor:
        return torch.zeros(31, dtype=torch.float64)  # the last one is the intercept

    def answers(self, w: Tensor, x: Tensor) -> Tensor:
        z = x @ w[:30] + w[30]
        return torch.stack([torch.zeros_like(z), z], 1)

    def loss(self, w: Tensor, split: str) -> Tensor:
        return cross_entropy(self.answers(w, self.splits[split][0]), self.splits[split][1])

    def penalty(self, w: Tensor, h: Tensor) -> Tensor:
        return (h[1:].exp() / 2 * (w[:30].reshape(3, 10) ** 2).sum(1)).sum()


class MLPDecays(Differentiable):
    """An MLP of 64, 16 and 10 units (tanh) on the digits, with a decay for each of its two layers of weights."""

    name = "mlp-decays"
    space = Space(
        lr=Float(0.01, 10.0, log=True), decay_1=Float(1e-5, 1.0, log=True), decay_2=Float(1e-5, 1.0, log=True)
    )
    sizes = (64 * 16, 16, 16 * 10, 10)  # W1, b1, W2, b2

    def start(self, seed: int) -> Tensor:
        rng = torch.Generator().manual_seed(seed)
        W1, b1, W2, b2 = (torch.randn(n, generator=rng, dtype=torch.float64) for n in self.sizes)
        return torch.cat([W1, 0 * b1, W2 / 4, 0 * b2])  # rows of x are about unit length

    def answers(self, w: Tensor, x: Tensor) -> Tensor:
        W1, b1, W2, b2 = w.split(self.sizes)
        return torch.tanh(x @ W1.reshape(64, 16) + b1) @ W2.reshape(16, 10) + b2

    def loss(self, w: Tensor, split: str) -> Tensor:
        return cross_entropy(self.answers(w, self.splits[split][0]), self.splits[split][1])

    def penalty(self, w: Tensor, h: Tensor) -> Tensor:
        W1, _, W2, _ = w.split(self.sizes)
        return h[1].exp() / 2 * (W1 @ W1) + h[2].exp() / 2 * (W2 @ W2)


def cross_entropy(logits: Tensor, y: Tensor) -> Tensor:
    """Mean of ln Σ_c e^{z_c} - z_y, for logits (n, classes) and labels (n,)."""
    return (torch.logsumexp(logits, 1) - (logits * one_hot(y, logits.shape[1])).sum(1)).mean()


@lru_cache(8)
def load(name: str, train: int) -> Split:
    """A fifth to test, a fifth to validate, the first `train` rows of the rest to learn from; always the same draw.

    Columns are standardised by the training rows and divided by the square root of their number, so that a row has
    about length 1."""
    x, y = bundled.digits() if name == "digits" else bundled.breast_cancer()
    x, fifth = x.reshape(len(y), -1), len(y) // 5
    if train > len(y) - 2 * fifth:
        raise ValueError(f"train={train}, but of {len(y)} rows {len(y) - 2 * fifth} are left to learn from")
    order = np.random.default_rng(0).permutation(len(y))
    rows = {"test": order[:fifth], "val": order[fifth : 2 * fifth], "train": order[2 * fifth :][:train]}
    mean, std = x[rows["train"]].mean(0), x[rows["train"]].std(0)
    x = (x - mean) / np.where(std > 0, std, 1) / math.sqrt(x.shape[1])
    return {k: (torch.tensor(x[i]), torch.tensor(y[i])) for k, i in rows.items()}
