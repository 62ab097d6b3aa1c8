"""Hypergradients: the derivative of the validation loss by the hyperparameters, through the training.

    w_{t+1} = Φ(w_t, h) = w_t - η ∇_w L_train(w_t, h),   η = e^{h_0};   h: logarithms of the hyperparameters (m,)
    wanted:   dL_val(w_T(h)) / dh

With A_t = ∂Φ/∂w and B_t = ∂Φ/∂h at w_t, and g = ∇_w L_val(w_T), the chain rule gives Σ_t gᵀ A_{T-1} ⋯ A_{t+1} B_t.

reverse   from the left:   α ← g;  for t = T-1 … 0:  d += αᵀ B_t,  α ← αᵀ A_t       keeps all T + 1 weight vectors
truncated the same sweep, ended K steps before the beginning: what happened earlier is left out. Keeps K + 1 vectors
forward   from the right:  Z ← 0;  for t = 0 … T-1:  Z ← A_t Z + B_t;  then gᵀ Z     keeps m tangents, whatever T is
implicit  at an optimum of L_train, where ∇_w L_train(w*(h), h) = 0, by the implicit function theorem:
              -gᵀ H⁻¹ ∂²L_train/∂w∂h,   H⁻¹ ≈ η Σ_{j<k} (I - η H)^j                  (Neumann series, k terms)
          It keeps a few vectors. Not at an optimum it is wrong, and the learning rate has no part in it. The series
          needs η < 2 / (largest eigenvalue of H), as the training itself does.
online    another question: the learning rate that lowers the *training* loss, during one training:
              η ← η + β ∇L_train(w_t) · ∇L_train(w_{t-1})

Papers: Maclaurin, Duvenaud & Adams, Gradient-based Hyperparameter Optimization through Reversible Learning, 2015
(reverse); Shaban et al., Truncated Back-propagation for Bilevel Optimization, 2019; Franceschi et al., Forward and
Reverse Gradient-Based Hyperparameter Optimization, 2017; Lorraine, Vicol & Duvenaud, Optimizing Millions of
Hyperparameters by Implicit Differentiation, 2020; Baydin et al., Online Learning Rate Adaptation with Hypergradient
Descent, 2018. Read first: `reverse`. Left out: momentum, minibatches, reversing the
training instead of storing it. The method that walks along these gradients stands in hypergradient.py.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor, func
from torch.func import grad, vjp, vmap

FORWARD_MODE = threading.RLock()  # torch counts the levels of forward mode for the whole process, not for each thread


@runtime_checkable
class Problem(Protocol):
    """What a task must offer. h (m,): natural logarithms of the space's parameters in their order, lr first."""

    def start(self, seed: int) -> Tensor: ...  # the first weights (p,)
    def train_loss(self, w: Tensor, h: Tensor) -> Tensor: ...  # a scalar, twice differentiable
    def val_loss(self, w: Tensor) -> Tensor: ...  # a scalar


def jvp(f: Callable[..., Tensor], at: tuple[Tensor, ...], along: tuple[Tensor, ...]) -> Tensor:
    """The derivative of f at a point along a direction; safe in several threads, of which one differentiates at a
    time."""
    with FORWARD_MODE:
        return func.jvp(f, at, along)[1]


def step(problem: Problem, w: Tensor, h: Tensor) -> Tensor:
    """Φ(w, h): one step of gradient descent."""
    return w - h[0].exp() * grad(problem.train_loss)(w, h)


def reverse(problem: Problem, w: Tensor, h: Tensor, T: int, last: int | None = None) -> tuple[Tensor, Tensor]:
    """w_T (p,) from w_0 = w, and dL_val(w_T)/dh (m,); with `last` = K, truncated to the last K steps."""
    K = T if last is None else min(last, T)
    for _ in range(T - K):
        w = step(problem, w, h)
    path = [w]
    for _ in range(K):
        path.append(step(problem, path[-1], h))
    alpha, d = grad(problem.val_loss)(path[-1]), torch.zeros_like(h)
    for w_t in reversed(path[:-1]):
        back = vjp(partial(step, problem), w_t, h)[1]
        alpha, alpha_B = back(alpha)  # αᵀ A_t, αᵀ B_t
        d = d + alpha_B
    return path[-1], d


def forward(problem: Problem, w: Tensor, h: Tensor, T: int) -> tuple[Tensor, Tensor]:
    """The same as `reverse`, carrying Z = ∂w_t/∂h along, here as rows (m, p)."""
    Z, E = torch.zeros(len(h), len(w), dtype=w.dtype), torch.eye(len(h), dtype=h.dtype)
    for _ in range(T):
        Z, w = vmap(partial(push, problem, w, h))(Z, E), step(problem, w, h)
    return w, Z @ grad(problem.val_loss)(w)


def push(problem: Problem, w: Tensor, h: Tensor, z: Tensor, e: Tensor) -> Tensor:
    """A_t z + B_t e: where a step at w leads, if w moves along z (p,) and h along e (m,)."""
    return jvp(partial(step, problem), (w, h), (z, e))


def implicit(problem: Problem, w: Tensor, h: Tensor, k: int) -> Tensor:
    """dL_val/dh (m,) at weights w that minimise the training loss, with k terms of the Neumann series."""
    slope = grad(problem.train_loss)
    v = grad(problem.val_loss)(w)
    p = torch.zeros_like(v)
    for _ in range(k):
        p = p + v
        v = v - h[0].exp() * jvp(lambda w: slope(w, h), (w,), (v,))  # (I - η H) v
    back = vjp(lambda h: slope(w, h), h)[1]
    return -h[0].exp() * back(p)[0]


def online(problem: Problem, w: Tensor, h: Tensor, T: int, beta: float, last: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """T steps in which η adapts; `last` (p,) is the gradient of the step before, 0 at first. (w, h, last) after."""
    for _ in range(T):
        g = grad(problem.train_loss)(w, h)
        eta = torch.clamp(h[0].exp() + beta * g @ last, min=1e-12)
        h = torch.cat([eta.log()[None], h[1:]])
        w, last = w - eta * g, g
    return w, h, last
