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
Descent, 2018; Pearlmutter, Fast Exact Multiplication by the Hessian, 1994 (`push`). Read first: `reverse`. Left out:
momentum, minibatches, reversing the training instead of storing it. The method that walks along these gradients stands
in hypergradient.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor


@runtime_checkable
class Problem(Protocol):
    """What a task must offer. h (m,): natural logarithms of the space's parameters in their order, lr first."""

    def start(self, seed: int) -> Tensor: ...  # the first weights (p,)
    def train_loss(self, w: Tensor, h: Tensor) -> Tensor: ...  # a scalar, twice differentiable
    def val_loss(self, w: Tensor) -> Tensor: ...  # a scalar


def gradient(f: Callable[..., Tensor], w: Tensor, *rest: Tensor) -> Tensor:
    """∇_w f(w, …) (p,), which can be differentiated again by what is a variable."""
    with torch.enable_grad():
        at = w if w.requires_grad else variables(w)[0]
        return pull(f(at, *rest), (at,), again=any(x.requires_grad for x in (w, *rest)))[0]


def pull(y: Tensor, by: tuple[Tensor, ...], alpha: Tensor | None = None, again: bool = False) -> tuple[Tensor, ...]:
    """αᵀ ∂y/∂x for each x of `by`, 0 where y does not depend on it. A scalar y needs no α."""
    if not y.requires_grad:
        return tuple(map(torch.zeros_like, by))
    y = y if alpha is None else alpha @ y
    return torch.autograd.grad(y, by, retain_graph=True, create_graph=again, materialize_grads=True)


def variables(*at: Tensor) -> tuple[Tensor, ...]:
    """The same point, by which can be differentiated."""
    return tuple(x.detach().requires_grad_() for x in at)


def step(problem: Problem, w: Tensor, h: Tensor) -> Tensor:
    """Φ(w, h): one step of gradient descent."""
    return w - h[0].exp() * gradient(problem.train_loss, w, h)


def reverse(problem: Problem, w: Tensor, h: Tensor, T: int, last: int | None = None) -> tuple[Tensor, Tensor]:
    """w_T (p,) from w_0 = w, and dL_val(w_T)/dh (m,); with `last` = K, truncated to the last K steps."""
    K = T if last is None else min(last, T)
    for _ in range(T - K):
        w = step(problem, w, h)
    path = [w]
    for _ in range(K):
        path.append(step(problem, path[-1], h))
    alpha, d = gradient(problem.val_loss, path[-1]), torch.zeros_like(h)
    for w_t in reversed(path[:-1]):
        alpha, alpha_B = back(problem, w_t, h, alpha)
        d = d + alpha_B
    return path[-1], d


def back(problem: Problem, w: Tensor, h: Tensor, alpha: Tensor) -> tuple[Tensor, ...]:
    """αᵀ A_t (p,) and αᵀ B_t (m,) of a step at w."""
    at = variables(w, h)
    return pull(step(problem, *at), at, alpha)


def forward(problem: Problem, w: Tensor, h: Tensor, T: int) -> tuple[Tensor, Tensor]:
    """The same as `reverse`, carrying Z = ∂w_t/∂h along, here as rows (m, p)."""
    Z = torch.zeros(len(h), len(w), dtype=w.dtype)
    for _ in range(T):
        Z, w = push(problem, w, h, Z), step(problem, w, h)
    return w, Z @ gradient(problem.val_loss, w)


def push(problem: Problem, w: Tensor, h: Tensor, Z: Tensor) -> Tensor:
    """A_t Z + B_t, as rows (m, p): where a step at w leads, if w moves along a row z and h along e, the same row of 1.

    A_t z + B_t e = z - η e_0 ∇_w L - η ∇_w (∇_w L · z + ∇_h L · e),   as second derivatives commute."""
    at, eta, rows = variables(w, h), h[0].exp(), []
    g, g_h = pull(problem.train_loss(*at), at, again=True)
    for z, e in zip(Z, torch.eye(len(h), dtype=h.dtype), strict=True):
        rows.append(z - eta * (e[0] * g + pull(g @ z + g_h @ e, at[:1])[0]))
    return torch.stack(rows).detach()


def implicit(problem: Problem, w: Tensor, h: Tensor, k: int) -> Tensor:
    """dL_val/dh (m,) at weights w that minimise the training loss, with k terms of the Neumann series."""
    w, h = variables(w, h)
    g, eta = gradient(problem.train_loss, w, h), h[0].exp().detach()
    v = gradient(problem.val_loss, w.detach())
    p = torch.zeros_like(v)
    for _ in range(k):
        p = p + v
        v = v - eta * pull(g, (w,), v)[0]  # (I - η H) v, as H is symmetric
    return -eta * pull(g, (h,), p)[0]


def online(problem: Problem, w: Tensor, h: Tensor, T: int, beta: float, last: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """T steps in which η adapts; `last` (p,) is the gradient of the step before, 0 at first. (w, h, last) after."""
    for _ in range(T):
        g = gradient(problem.train_loss, w, h)
        eta = torch.clamp(h[0].exp() + beta * g @ last, min=1e-12)
        h = torch.cat([eta.log()[None], h[1:]])
        w, last = w - eta * g, g
    return w, h, last
