"""A prior of learning curves: errors that fall from guessing, for a network to learn from (prior_fitted.py).

    y(t) = end + (start - end) Σ_k w_k g_k(r_k t / T) + noise,      t = 1 … T epochs,  errors within 0 … 1

    pow        g = (1 + x)^-p               exp    g = e^-(x^p)
    MMF        g = 1 / (1 + x^p)            ilog   g = 1 / (1 + log(1 + x))

with random weights, rates and powers. Some trainings gain at the end and become quieter, as where the learning rate
falls; some never learn, some overfit, jump back for an epoch, or break and stay at guessing. The noise is that of a
share that was counted, of random size.

A training of T epochs of which n were seen is shown as points: where the epoch lies (`when`) and its error (`seen`).
`linear` is a small prior whose predictive is known exactly; tests and the benchmark `curves` use it.

After: Adriaensen, Rakotoarison, Müller & Hutter, Efficient Bayesian Learning Curve Extrapolation using Prior-Data
Fitted Networks, 2023, whose curves are mixtures of the first three for a rising accuracy; what happens at the end of a
training, spikes and breaks are added here.
"""

from __future__ import annotations

import math

import torch
from torch import Generator, Tensor

from nasbook.hpo.parts.curve_belief import FEWEST, MOST, seen, when
from nasbook.hpo.parts.problems import Batch, Dice


def curves(b: int, n: int, m: int, rng: Generator, epochs: int | None = None) -> Batch:
    """b trainings of which the first n epochs are shown; m that follow are asked about, every fourth time the last.

    epochs: of each whole training; drawn for each, up to 100, if None."""
    dice = Dice(rng)
    least = max(n + 1, FEWEST)
    T = (least * (MOST / least) ** dice.uniform(b, 1)).round() if epochs is None else torch.full((b, 1), float(epochs))
    t = torch.arange(1, MOST + 1, device=dice.device).expand(b, -1)
    y = errors(t, T, dice)
    later = n + 1 + ((T - n) * dice.uniform(b, m)).floor()
    later = torch.where(dice.coin(0.25, b, m), T, torch.minimum(later, T))
    points, queries = when(t[:, :n].float(), T.expand(-1, n)), when(later, T.expand(-1, m))
    return points, seen(y[:, :n]), queries, y.gather(1, later.long() - 1)


def errors(t: Tensor, T: Tensor, dice: Dice) -> Tensor:
    """Errors (b, k) of b trainings of T (b, 1) epochs, after epochs t (b, k)."""
    b = len(t)
    u = (t / T).clamp(max=1)

    def power(spread: float) -> Tensor:
        return torch.exp(spread * dice.normal(b, 1))

    # where the learning rate falls along a cosine, as much is learned as steps are made, and the noise dies away
    anneals = dice.coin(0.6, b, 1)
    done = torch.where(anneals, u + torch.sin(math.pi * u) / math.pi, u)
    rate = torch.where(anneals, (1 + torch.cos(math.pi * u)) / 2, 1.0)
    speed = 4 * power(1.2)
    x = [speed * power(0.5) * done for _ in range(4)]
    g = torch.stack([
        (1 + x[0]) ** -power(0.5),
        torch.exp(-(x[1] ** power(0.4))),
        1 / (1 + x[2] ** (1.5 * power(0.5))),
        1 / (1 + torch.log1p(4 * x[3])),
    ])  # fmt: skip
    w = torch.softmax(2 * dice.normal(4, b, 1), 0)
    start = 0.3 + 0.67 * dice.uniform(b, 1) ** 0.7
    end = start * torch.sigmoid(1.7 * dice.normal(b, 1) - 1.5)
    end = torch.where(dice.coin(0.08, b, 1), start, end)
    gain = torch.where(dice.coin(0.4, b, 1), 0.6 * dice.uniform(b, 1), 0.0)  # at the end, as the rate falls
    y = end + (start - end) * (w * g).sum(0) * (1 - gain * (1 - rate))
    overfits = torch.where(dice.coin(0.15, b, 1), 0.2 * dice.uniform(b, 1) * start, 0.0)
    y = y + overfits * torch.relu(u - dice.uniform(b, 1)) * rate
    sigma = 10 ** (-2.7 + 1.9 * dice.uniform(b, 1))
    steady = 0.2 * dice.uniform(b, 1)
    y = y + sigma * (steady + (1 - steady) * rate) * (y * (1 - y)).clamp(min=1e-4).sqrt() * dice.normal(*t.shape)
    spikes = dice.coin(0.15, b, 1) & (dice.uniform(*t.shape) < 0.06 * rate)
    y = torch.where(spikes, y + (start - y) * dice.uniform(*t.shape), y)
    breaks = torch.where(dice.coin(0.04, b, 1), 1.5 * dice.uniform(b, 1), 2.0)
    y = torch.where(u > breaks, start + 0.2 * sigma * dice.normal(*t.shape), y)
    return y.clamp(0, 1)


def linear(b: int, n: int, m: int, rng: Generator, T: int = 20, noise: float = 0.1) -> Batch:
    """Curves y(t) = a + c e^(-3 t / T), a and c ~ N(0, 1), with noise; m random epochs are asked about, without it."""
    dice = Dice(rng)
    weights, t = dice.normal(b, 2, 1), torch.arange(1, T + 1, device=dice.device).float()
    f = (linear_design(t, T) @ weights)[..., 0]
    asked = (T * dice.uniform(b, m)).long()
    y = f[:, :n] + noise * dice.normal(b, n)
    return t[:n].expand(b, -1)[..., None] / T, y, t[asked][..., None] / T, f.gather(1, asked)


def linear_exactly(y: Tensor, t: Tensor, T: int = 20, noise: float = 0.1) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation (m,) of the exact belief at epochs t (m,), after the first values y (n,)."""
    A, Q = linear_design(torch.arange(1, len(y) + 1), T), linear_design(t, T)
    S = torch.linalg.inv(A.T @ A / noise**2 + torch.eye(2))  # of a and c
    return Q @ S @ A.T @ y / noise**2, (Q @ S * Q).sum(1).sqrt()


def linear_design(t: Tensor, T: int) -> Tensor:
    """(k, 2): what a and c are multiplied by."""
    return torch.stack([torch.ones_like(t), torch.exp(-3 * t / T)], -1)
