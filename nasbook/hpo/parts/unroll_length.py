"""What the length of an unroll does to a hypergradient: all lengths at once, and what to hold them against.

    found = by_length(problem, w, h, 100)          # {"reverse": (100, m), "truncated": …, "implicit": …}
    w_star, exact = optimum(problem, w, h)          # the gradient that an endless training would have
    np.linalg.norm(found["reverse"] - exact, axis=1)

Row k of each array is the hypergradient that differentiates k + 1 steps. They come from the recursions of unrolling.py,
looked at after every step:

reverse    a training of k + 1 steps, differentiated whole (forward mode gives the same numbers)
truncated  a training of T steps, of which the last k + 1 are differentiated
implicit   the same training, then k + 1 terms of the Neumann series

Whether they approach the exact gradient depends on the same condition as the training does: |1 - η μ| < 1 for every
eigenvalue μ of the Hessian. The error falls like the largest of these numbers to the power k, or it grows like that.
Read first: `by_length`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from nasbook.hpo.parts.unrolling import Problem, back, gradient, pull, push, step, variables
from nasbook.kit.threads import one_thread


@one_thread()
def by_length(problem: Problem, w: Tensor, h: Tensor, T: int) -> dict[str, np.ndarray]:
    """dL_val/dh (T, m) of each mode for 1 … T differentiated steps, from first weights w (p,)."""
    Z, whole, path = torch.zeros(len(h), len(w), dtype=w.dtype), [], [w]
    for _ in range(T):
        Z = push(problem, path[-1], h, Z)
        path.append(step(problem, path[-1], h))
        whole.append(Z @ gradient(problem.val_loss, path[-1]))

    v = gradient(problem.val_loss, path[-1])
    alpha, d, truncated = v, torch.zeros_like(h), []
    for w_t in reversed(path[:-1]):
        alpha, alpha_B = back(problem, w_t, h, alpha)
        d = d + alpha_B
        truncated.append(d)

    w_T, at = variables(path[-1], h)
    slope, eta, p, series = gradient(problem.train_loss, w_T, at), h[0].exp(), torch.zeros_like(v), []
    for _ in range(T):
        p = p + v
        v = v - eta * pull(slope, (w_T,), v)[0]
        series.append(-eta * pull(slope, (at,), p)[0])
    found = {"reverse": whole, "truncated": truncated, "implicit": series}
    return {mode: torch.stack(rows).numpy() for mode, rows in found.items()}


@one_thread()
def optimum(problem: Problem, w: Tensor, h: Tensor, most: int = 100) -> tuple[Tensor, Tensor]:
    """The weights w* (p,) that minimise the training loss, and dL_val(w*)/dh (m,), both to rounding.

    For a strictly convex training loss of up to about a thousand weights: Newton's method with step halving, then the
    implicit function theorem with a linear solve in place of the series. For ridge regression one step of Newton's
    method is the closed form. RuntimeError where `most` steps do not suffice."""
    for _ in range(most):
        at = variables(w, h)
        slope = gradient(problem.train_loss, *at)
        g = slope.detach()
        H = torch.stack([pull(slope, at[:1], e)[0] for e in torch.eye(len(w), dtype=w.dtype)])
        if g.norm() < 1e-13:
            break
        move, size, before = torch.linalg.solve(H, g), 1.0, problem.train_loss(w, h)
        while problem.train_loss(w - size * move, h) > before + 1e-15 and size > 1e-6:
            size /= 2
        w = w - size * move
    else:
        raise RuntimeError(f"the training loss has no minimum that {most} steps of Newton's method could find")
    (d,) = pull(slope, at[1:], torch.linalg.solve(H, gradient(problem.val_loss, w)))
    return w, -d


def central(value: Callable[[Tensor], float], h: Tensor, eps: float = 1e-4) -> Tensor:
    """(m,) central differences of a function of h."""
    ways = eps * torch.eye(len(h), dtype=h.dtype)
    return torch.tensor([(value(h + e) - value(h - e)) / (2 * eps) for e in ways], dtype=h.dtype)
