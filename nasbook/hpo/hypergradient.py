"""Hypergradient descent: walk down the gradient of the validation loss by the hyperparameters.

    repeat:  train T steps;  d ← dL_val/dh;  h ← h - Adam(d), held inside the space

h are logarithms, of the learning rate and, say, of weight decays, so a step multiplies. The walk begins in the middle
of the space, or at `start`. How d is found is a choice of five, which unrolling.py has with their formulae and papers:

reverse, forward   the exact derivative of T steps; every round trains anew from the same first weights
truncated          the same, but only the last K of the T steps are differentiated
implicit           the derivative of the optimum; a round goes on with the weights of the one before
online             no d: during one training the learning rate follows the training loss; decays stay as they are

A trial is one round, its value the validation loss after it. With implicit and online the values also fall because the
training gets longer. A short horizon is greedy: T steps like a larger rate and a smaller decay than a long training.
Only continuous hyperparameters of a smooth training have a hypergradient; the task must offer its losses (`Problem`).

Papers: Maclaurin et al. 2015, Franceschi et al. 2017, Lorraine et al. 2020, Baydin et al. 2018; see unrolling.py. Read
first: `run`. Left out: minibatches, and hyperparameters of thousands of dimensions, for which implicit was made.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import cast

import torch

from nasbook.hpo.parts.unrolling import Problem, forward, implicit, online, reverse, step
from nasbook.kit.checks import one_of, setting, whole, within
from nasbook.kit.optimisers import Adam
from nasbook.kit.state import Resumable
from nasbook.kit.threads import one_thread_a_step
from nasbook.space import Float, Json, Space
from nasbook.task import Task
from nasbook.trace import Trial
from nasbook.views import equally_long

MODES = ("reverse", "truncated", "forward", "implicit", "online")


@dataclass(frozen=True)
class HypergradientSettings:
    mode: str = setting("reverse", "How the gradient is computed.", MODES)
    epochs: int = setting(30, "Rounds; each is a trial.")
    steps: int = setting(100, "Training steps of a round (T).")
    rate: float = setting(0.1, "Rate of Adam, for logarithms of hyperparameters.")
    last: int = setting(20, "Steps that are differentiated (K), counted from the end; truncated only.")
    terms: int = setting(50, "Terms of the Neumann series (k); implicit only.")
    beta: float = setting(0.1, "How fast the learning rate adapts (β); online only.")
    start: dict[str, float] | None = setting(None, "The first configuration; None: the middle of the space.")

    def __post_init__(self) -> None:
        one_of("mode", self.mode, MODES)
        for name in ("epochs", "steps", "last", "terms"):
            whole(name, getattr(self, name), 1)
        within("rate", self.rate, 0, above=True)
        within("beta", self.beta, 0)


@dataclass(frozen=True)
class HypergradientView:
    """One round: where it was, and the way down that it saw."""

    epoch: int  # 1 after the first
    names: tuple[str, ...]
    h: tuple[float, ...]  # (m,) natural logarithms, as in the trial
    gradient: tuple[float, ...] | None  # (m,) dL_val/dh; None for online
    train_loss: float | None
    val_loss: float | None
    stored: int  # numbers that the mode keeps for its gradient

    def __post_init__(self) -> None:
        equally_long(self, "names", "h", "gradient")

    def to_dict(self) -> Json:
        return asdict(self)

    @classmethod
    def from_dict(cls, row: Json) -> HypergradientView:
        tuples: Json = {k: tuple(v) for k, v in row.items() if isinstance(v, list)}
        return cls(**{**row, **tuples})


class Hypergradient(Resumable):
    name = "hypergradient"
    Settings = HypergradientSettings
    View = HypergradientView
    always = ("w", "h", "last", "epoch", "adam")

    def check_space(self, space: Space) -> None:
        names = list(space.parameters)
        served = [p for p in _floats(space) if p.log and not p.when]
        if names[0] != "lr" or len(served) < len(names):
            raise ValueError(
                "hypergradient moves in logarithms: every parameter must be a Float with log=True, the first of them "
                "the learning rate lr, as in 'ridge-digits'; for other spaces use 'bayesian' or 'tpe'"
            )

    @one_thread_a_step
    def run(self, task: Task) -> Iterator[tuple[Trial, HypergradientView]]:
        """Walk, and yield after each round. ValueError if the task has no losses to differentiate."""
        if not isinstance(task, Problem):
            raise ValueError(
                f"hypergradient differentiates a training, and {task.name} offers none; use 'ridge-digits'"
            )
        self.begin(cast(Problem, task))
        while self.epoch < self.settings.epochs:
            begin = time.perf_counter()
            d = self.round()
            used = self.h.clone()
            if d is not None:
                self.h.grad = d
                self.adam.step()
                self.h.clamp_(self.low, self.high)
            self.epoch += 1
            trial, view = self._record(used, d)
            yield replace(trial, cost=time.perf_counter() - begin), view
            if trial.status == "failed":
                return

    def begin(self, problem: Problem) -> None:
        """h (m,), the weights w (p,), and what else a round depends on, at the start or as in a saved state."""
        self.problem, self.first = problem, problem.start(self.seed)
        bounds = [(p.low, p.high) for p in _floats(self.space)]
        self.low, self.high = torch.tensor(bounds, dtype=torch.float64).log().T
        self.h = (self.low + self.high) / 2
        if self.settings.start is not None:
            start = self.space.validate(self.settings.start)
            self.h = torch.tensor([start[name] for name in self.space.parameters], dtype=torch.float64).log()
        self.w, self.last, self.epoch = self.first.clone(), torch.zeros_like(self.first), 0
        self.adam = Adam([self.h], self.settings.rate)
        if self.saved:
            self.take_back()

    def round(self) -> torch.Tensor | None:
        """Train T steps; dL_val/dh (m,), or None where the mode has moved h itself."""
        s, problem, first, h, d = self.settings, self.problem, self.first, self.h, None
        if s.mode == "reverse":
            self.w, d = reverse(problem, first, h, s.steps)
        elif s.mode == "truncated":
            self.w, d = reverse(problem, first, h, s.steps, last=s.last)
        elif s.mode == "forward":
            self.w, d = forward(problem, first, h, s.steps)
        elif s.mode == "implicit":
            for _ in range(s.steps):
                self.w = step(problem, self.w, h)
            d = implicit(problem, self.w, h, s.terms)
        else:
            self.w, moved, self.last = online(problem, self.w, h, s.steps, s.beta, self.last)
            h.copy_(moved.clamp(self.low, self.high))
        return d

    @property
    def stored(self) -> int:
        """Numbers that the mode keeps for its gradient."""
        s, m = self.settings, len(self.h)
        kept = {"reverse": s.steps + 1, "truncated": min(s.last, s.steps) + 1, "forward": m + 1, "implicit": 3}
        return kept.get(s.mode, 2) * len(self.w)

    def _record(self, used: torch.Tensor, d: torch.Tensor | None) -> tuple[Trial, HypergradientView]:
        losses = float(self.problem.train_loss(self.w, used)), float(self.problem.val_loss(self.w))
        slope = None if d is None else tuple(d.tolist())
        names, at = tuple(self.space.parameters), tuple(used.tolist())
        view = HypergradientView(self.epoch, names, at, slope, *losses, self.stored)
        values = [p.cast(min(p.high, max(p.low, x))) for p, x in zip(_floats(self.space), used.exp(), strict=True)]
        trial = Trial(self.epoch - 1, dict(zip(names, values, strict=True)))
        if not all(map(math.isfinite, (*losses, *(slope or ())))):
            return replace(trial, status="failed", reason="diverged: a loss or its gradient is not finite"), view
        return replace(trial, status="done", value=losses[1], metrics={"train_loss": losses[0]}), view


def _floats(space: Space) -> list[Float]:
    return [p for p in space.parameters.values() if isinstance(p, Float)]
