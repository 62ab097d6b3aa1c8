"""The hypergradient lab: differentiate a training, and walk downhill.

    lab = nasbook.lab("hypergradient", task="ridge-digits", mode="reverse", unroll=20, lr=5.0)
    lab.step(); lab.unroll.error("reverse")      # of 1 … 100 differentiated steps, at the first hyperparameters

Above: what the length of the unroll does to the gradient at the hyperparameters where the walk begins: its error, its
norm, and the memory that each mode holds at its peak (measured). The error is the distance to the gradient of the
optimum, found by Newton's method and a linear solve; for ridge regression that is its closed form. The small network
has no such optimum; its error is the distance to a training of 400 steps.

Below: the walk. Each round's gradient is checked against central differences of the same training, and the
hyperparameters of each round are also tried in a whole training of 100 steps, because a short horizon is greedy.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache, partial
from typing import ClassVar

import numpy as np
from torch import Tensor

import nasbook
from nasbook.hpo.parts.unroll_length import by_length, central, optimum
from nasbook.hpo.parts.unrolling import forward, implicit, reverse, step
from nasbook.kit.memory import peak_bytes
from nasbook.plots.picture import Stack
from nasbook.plots.style import number, plural
from nasbook.plots.views.hypergradient import Unroll, UnrollPicture, WalkPicture, share
from nasbook.space import Float, Space
from nasbook.trace import Step
from nasbook.widgets.shell import Lab, Setting, Values, choose, count, slide

TASKS = [("ridge regression", "ridge-digits"), ("logistic regression", "logistic-cancer"), ("small MLP", "mlp-decays")]
MODES = ["reverse", "truncated", "forward", "implicit", "online"]
STEPS = 100  # of a whole training
LONG = 400  # where there is no optimum to compare with


class HypergradientLab(Lab[Step]):
    """Gradients of the validation loss by the learning rate and the weight decays of a training.

    Arguments are settings: task ('ridge-digits', 'logistic-cancer', 'mlp-decays'), mode ('reverse', 'truncated',
    'forward', 'implicit', 'online'), unroll, lr, decay, rounds, rate, seed.
    """

    name = "hypergradient"
    telling = ("unroll", (1, 5, 20))
    shown_with: ClassVar[Values] = {"rounds": 15}
    lines = 4
    unit = "round"

    def settings(self) -> list[Setting]:
        return [
            choose("task", "Training", TASKS, "ridge-digits", "What is trained: all three are smooth and small."),
            choose("mode", "Mode", MODES, "reverse",
                   "How the gradient is found: back through the steps, through the last of them only, along with them, "
                   "at the optimum by a Neumann series, or not at all (online, which follows the training loss)."),
            slide("unroll", "Unroll", 20, 1, STEPS, 1,
                  "Steps that are differentiated; terms of the series for implicit; steps of a round for online."),
            slide("lr", "Learning rate", 5.0, 0.05, 50.0, 0.05,
                  "Learning rate of the training where the walk begins.", log=True),
            slide("decay", "Decay", 0.03, 0.0001, 0.5, 0.1,
                  "Weight decay where the walk begins; several decays begin equal.", log=True, more=True),
            slide("rounds", "Rounds", 30, 5, 100, 5, "How many steps the walk takes.", more=True),
            slide("rate", "Rate of the walk", 0.1, 0.01, 1.0, 0.1,
                  "How far a round may move the logarithm of a hyperparameter (Adam).", log=True, more=True),
            count("seed", "Seed", 0, 0, 9999, "Another seed draws other first weights, where they are random (MLP).",
                  more=True),
        ]  # fmt: skip

    @property
    def total(self) -> int | None:
        return self.values["rounds"]

    def prepare(self) -> None:
        v = self.values
        mode, unroll = v["mode"], v["unroll"]
        self.task = nasbook.task(v["task"])
        names = list(self.task.space.parameters)
        self.space = Space(lr=Float(0.01, 100.0, log=True), **{n: self.task.space.parameters[n] for n in names[1:]})
        start = {n: float(v["lr"] if n == "lr" else v["decay"]) for n in names}
        length = {"truncated": {"steps": STEPS, "last": unroll}, "implicit": {"steps": STEPS, "terms": unroll}}
        self.method = nasbook.method(
            "hypergradient",
            self.space,
            seed=v["seed"],
            mode=mode,
            epochs=v["rounds"],
            rate=v["rate"],
            start=start,
            **length.get(mode, {"steps": unroll}),
        )
        self.first, self.h = self.task.start(v["seed"]), self.task.logs(start)
        at = v["task"], v["seed"], tuple(self.h.tolist())
        found, exact = lengths(*at)
        self.memory: dict[str, list[tuple[int, int]]] | None = None
        self.unroll = Unroll(found, exact, None, mode, unroll, start["lr"])
        self.checks: list[float | None] = []
        self.full: list[float] = []
        convex = v["task"] != "mlp-decays"
        self.upper = UnrollPicture(STEPS, "the optimum" if convex else f"a training of {LONG} steps")
        untrained = float(self.task.val_loss(self.first))
        self.use(Stack([self.upper, WalkPicture(self.space, v["rounds"], untrained, STEPS)]))

    def make_search(self) -> Iterator[Step]:
        checks, full = self.checks, self.full
        self.memory = memory(self.values["task"])
        for made in self.search(self.method, self.task):
            h = self.task.logs({n: math.exp(x) for n, x in zip(made.view.names, made.view.h, strict=True)})
            checks.append(self._check(h, made.view.gradient))
            full.append(self._loss(STEPS, h))
            yield made

    def _loss(self, T: int, h: Tensor) -> float:
        """Validation loss of T steps from the first weights."""
        w = self.first
        for _ in range(T):
            w = step(self.task, w, h)
        return float(self.task.val_loss(w))

    def _check(self, h: Tensor, gradient: tuple[float, ...] | None) -> float | None:
        """Distance of a round's gradient to central differences of its training, as a part of their length."""
        if gradient is None or self.values["mode"] == "implicit":
            return None
        true = central(partial(self._loss, self.method.settings.steps), h).numpy()
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            return float(np.linalg.norm(np.array(gradient) - true) / np.linalg.norm(true))

    # ---- picture and words -----------------------------------------------------------------------------------

    def frame(self, n: int) -> tuple[Unroll, tuple[list[Step], list[float]]]:
        u = self.unroll
        upper = Unroll(u.found, u.exact, self.memory, u.mode, u.length, u.rate)
        return upper, (self.steps[:n], self.full[:n])

    def begin(self) -> str:
        u = self.unroll
        norm, error = u.norm("reverse"), u.error("reverse")
        ends = f"{number(float(norm[0]), 2)} after 1 step and {number(float(norm[-1]), 2)} after {STEPS}"
        if u.explodes:
            return f"The gradient's norm is {ends}: too high a learning rate for so long an unroll."
        if u.exact is None:
            return f"The gradient's norm is {ends}."
        return (
            f"Held against {self.upper.exact}, the gradient of 1 step is off by {share(error[0])}, of 20 steps by "
            f"{share(error[19])}, of {STEPS} steps by {share(error[-1])}. Play walks downhill."
        )

    def sentence(self, n: int) -> str:
        made, mode = self.steps[n - 1], self.values["mode"]
        view = made.view
        if made.trial.status == "failed":
            return f"Round {n}: {made.trial.reason}. A smaller learning rate or a shorter unroll helps."
        unroll, steps = self.values["unroll"], self.method.settings.steps
        how = {
            "reverse": f"went back through {plural(steps, 'step')}",
            "truncated": f"trained {STEPS} steps and went back through the last {min(unroll, STEPS)}",
            "forward": f"carried {len(view.h)} tangents through {plural(steps, 'step')}",
            "implicit": f"trained {STEPS} steps more and summed {plural(unroll, 'term')}",
            "online": f"trained {plural(steps, 'step')} more, changing the rate at each",
        }[mode]
        told = f"Round {n} {how}"
        if view.gradient is not None:
            slopes = [f"{number(g + 0.0, 2)} by ln {name}" for name, g in zip(view.names, view.gradient, strict=True)]
            told += f": dL = {', '.join(slopes)}"
        check = self.checks[n - 1]
        if check is not None:
            told += f" (central differences: off by {share(check)})"
        values = [f"{name} {number(math.exp(x))}" for name, x in zip(view.names, view.h, strict=True)]
        told += f". At {', '.join(values)} its loss was {number(view.val_loss)}"
        return f"{told}; a whole training of {STEPS} steps gives {number(self.full[n - 1])}."


@lru_cache(maxsize=16)
def lengths(task: str, seed: int, h: tuple[float, ...]) -> tuple[dict[str, np.ndarray], np.ndarray | None]:
    """Hypergradients of 1 … STEPS steps, and what they should come to; None where a long training explodes too."""
    import torch

    problem, at = nasbook.task(task), torch.tensor(h, dtype=torch.float64)
    w = problem.start(seed)
    found = by_length(problem, w, at, STEPS)
    if task != "mlp-decays":
        return found, optimum(problem, w, at)[1].numpy()
    long = reverse(problem, w, at, LONG)[1].numpy()
    with np.errstate(over="ignore"):
        norm = np.linalg.norm(long)
    return found, long if np.isfinite(norm) and norm < 100 else None


@lru_cache(maxsize=8)
def memory(task: str) -> dict[str, list[tuple[int, int]]]:
    """Mode -> [(length, bytes held at the peak)], measured; the same for all hyperparameters."""
    problem = nasbook.task(task)
    w, h = problem.start(0), problem.logs({name: 0.03 for name in problem.space.parameters})
    runs = {
        "reverse": lambda T: reverse(problem, w, h, T),
        "forward": lambda T: forward(problem, w, h, T),
        "implicit": lambda T: implicit(problem, w, h, T),
    }
    half = STEPS // 2
    at = {"reverse": (1, half, STEPS), "forward": (1, STEPS), "implicit": (1, STEPS)}
    held = {mode: [(T, peak_bytes(partial(run, T))) for T in at[mode]] for mode, run in runs.items()}
    cut = [(K, peak_bytes(partial(reverse, problem, w, h, K + 5, last=K))) for K in (1, half)]
    return {**held, "truncated": [*cut, held["reverse"][-1]]}  # all the steps: that is reverse
