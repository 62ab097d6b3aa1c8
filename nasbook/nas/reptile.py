"""Reptile: learn weights from which a new small task is learned in a few steps.

    repeat:  for each of n tasks τ drawn at random:
                 φ_τ ← φ,  then k times  φ_τ ← φ_τ - lr ∇L_τ(φ_τ)                  inner steps, on the few images of τ
             φ ← φ + ε · mean_τ (φ_τ - φ)                                          towards where the tasks have gone

φ = (w, α): the weights of a supernet and its architecture parameters, as in MetaNAS (Elsken et al. 2020), with a rate
for each. With one task and k = 1 it is SGD with the rate ε · lr. With more steps φ_τ - φ also holds second derivatives,
which pull φ to a place from which the tasks' gradients agree; no second derivative is ever computed. ε falls linearly
to 0 over the search.

The value of an epoch is the error on tasks of *held-out classes*, after k steps on their few images. Batch norms use
the statistics of the batch at hand, in the authors' words "transductive": the query images share their statistics.

Paper: Nichol, Achiam & Schulman, On First-Order Meta-Learning Algorithms, 2018 (algorithm 2). Read first: `adapt` and
`meta_step`. Inner steps see all images of a task at once; Adam with β1 = 0, the authors' inner optimiser, is left out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.func import functional_call

from nasbook import registry
from nasbook.kit.checks import setting, whole, within
from nasbook.kit.start import init_weights
from nasbook.kit.state import Resumable, State
from nasbook.kit.threads import one_thread_a_step
from nasbook.nas.spaces.gates import Places, mixed
from nasbook.space import Space
from nasbook.task import ManyTasks, Task
from nasbook.trace import Trial
from nasbook.views import Kept, equally_long

Phi = list[Tensor]
Batch = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class ReptileSettings:
    epochs: int = setting(15, "How often the held-out tasks are looked at.")
    meta_steps: int = setting(10, "Outer steps in an epoch.")
    tasks: int = setting(3, "Tasks in an outer step (n).")
    inner_steps: int = setting(5, "Steps on each task (k).")
    lr: float = setting(0.1, "Rate of an inner step for the weights.")
    alpha_lr: float = setting(1.0, "Rate of an inner step for the architecture parameters; 0 leaves them equal.")
    epsilon: float = setting(1.0, "Outer rate ε at first.")
    channels: int = setting(4, "Of the supernet's first cell; the second has twice as many.")
    judges: int = setting(10, "Held-out tasks on which it is measured.")

    def __post_init__(self) -> None:
        for name in ("epochs", "meta_steps", "tasks", "inner_steps", "channels", "judges"):
            whole(name, getattr(self, name), 1)
        within("lr", self.lr, 0, above=True)
        within("alpha_lr", self.alpha_lr, 0)
        within("epsilon", self.epsilon, 0, 1, above=True)


@dataclass(frozen=True)
class ReptileView(Kept):
    """After an epoch: errors on the held-out tasks, as shares of their query images."""

    epoch: int
    epochs: int
    error: float  # after k steps from φ
    unadapted: float  # from φ itself, without a step
    scratch: float  # after k steps from the random weights of the beginning
    weights: tuple[tuple[float, ...], ...]  # softmax(α) (6, 5)
    cell: tuple[str, ...]  # the operation that each edge would keep

    def __post_init__(self) -> None:
        equally_long(self, "weights", "cell")
        if len({len(row) for row in self.weights}) > 1:
            raise ValueError("the rows of weights must be equally long")


def adapt(loss: Callable[[Phi], Tensor], phi: Sequence[Tensor], rates: Sequence[float], k: int) -> Phi:
    """φ after k steps of SGD on one task; φ itself stays as it is."""
    now = [p.detach().clone() for p in phi]
    for _ in range(k):
        now = [p.requires_grad_() for p in now]
        now = [p.detach() - lr * g for p, lr, g in zip(now, rates, torch.autograd.grad(loss(now), now), strict=True)]
    return now


def meta_step(phi: Sequence[Tensor], adapted: Sequence[Phi], epsilon: float) -> Phi:
    """φ + ε · mean_τ (φ_τ - φ)."""
    return [p + epsilon * (torch.stack(ends).mean(0) - p) for p, *ends in zip(phi, *adapted, strict=True)]


class Reptile(Resumable):
    name = "reptile"
    Settings = ReptileSettings
    View = ReptileView

    def check_space(self, space: Space) -> None:
        self.places: Places = registry.supernet(self.name, space)

    @one_thread_a_step
    def run(self, task: Task) -> Iterator[tuple[Trial, ReptileView]]:
        """Meta-train, and yield after each epoch. ValueError if the task is no family of small tasks."""
        if not isinstance(task, ManyTasks):
            raise ValueError(f"{self.name} learns from many small tasks, and {task.name} is one; use 'digits-few-shot'")
        s = self.settings
        held_out = [task.episode(i, held_out=True) for i in range(s.judges)]
        self.net = self.places.net(s.channels, task.ways, 1)
        init_weights(self.net, self.rng)
        self.phi = [*(p.detach().clone() for p in self.net.parameters()), torch.zeros(self.places.allowed.shape)]
        self.rates = [s.lr] * (len(self.phi) - 1) + [s.alpha_lr]
        self.done_epochs = 0
        self.scratch = self.measure(held_out, s.inner_steps)
        if self.saved:
            self.phi, self.done_epochs = self.saved["phi"], self.saved["done_epochs"]
            self.rng.bit_generator.state = self.saved["rng"]
        while self.done_epochs < s.epochs:
            begin = time.perf_counter()
            for step in range(s.meta_steps):
                progress = (self.done_epochs * s.meta_steps + step) / (s.epochs * s.meta_steps)
                drawn = [task.episode(int(self.rng.integers(2**31))) for _ in range(s.tasks)]
                ends = [adapt(self.loss(e["support"]), self.phi, self.rates, s.inner_steps) for e in drawn]
                self.phi = meta_step(self.phi, ends, s.epsilon * (1 - progress))
            error = self.measure(held_out, s.inner_steps)
            self.done_epochs += 1
            yield self._record(error, self.measure(held_out, 0), time.perf_counter() - begin)

    def loss(self, batch: Batch) -> Callable[[Phi], Tensor]:
        """L_τ of φ: cross-entropy of a batch."""
        return lambda phi: F.cross_entropy(self.logits(phi, batch[0]), batch[1])

    def logits(self, phi: Sequence[Tensor], x: Tensor) -> Tensor:
        names = [name for name, _ in self.net.named_parameters()]
        buffers = {name: b.clone() for name, b in self.net.named_buffers()}
        self.net.train()
        weights = dict(zip(names, phi[:-1], strict=True))
        return functional_call(self.net, {**weights, **buffers}, (x, mixed(self.places.softmax(phi[-1]))))

    def measure(self, episodes: Sequence[Mapping[str, Batch]], k: int) -> float:
        """Mean error on the query images of these tasks, after k steps on their few images."""
        errors = []
        for episode in episodes:
            end = adapt(self.loss(episode["support"]), self.phi, self.rates, k)
            with torch.no_grad():
                x, y = episode["query"]
                errors.append(float((self.logits(end, x).argmax(1) != y).double().mean()))
        return sum(errors) / len(errors)

    def _record(self, error: float, unadapted: float, seconds: float) -> tuple[Trial, ReptileView]:
        alpha = self.phi[-1]
        path, weights = self.places.strongest(alpha), tuple(map(tuple, self.places.softmax(alpha).tolist()))
        ops = self.places.names(path)
        view = ReptileView(self.done_epochs, self.settings.epochs, error, unadapted, self.scratch, weights, ops)
        metrics = {"accuracy": 1 - error, "unadapted": unadapted, "scratch": self.scratch}
        trial = Trial(self.done_epochs - 1, self.places.config(path), metrics=metrics, cost=seconds)
        if not all(bool(p.isfinite().all()) for p in self.phi):
            return replace(trial, status="failed", reason="diverged: φ is not finite"), view
        return replace(trial, status="done", value=error), view

    def state(self) -> State:
        """φ, the random numbers, and how far it is."""
        return {"phi": self.phi, "done_epochs": self.done_epochs, "rng": self.rng.bit_generator.state}
