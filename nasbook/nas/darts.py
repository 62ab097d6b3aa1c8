"""DARTS: put every operation on every edge, learn how much of each, keep the strongest.

    ō_ij(x) = Σ_o softmax(α_ij)_o · o(x)                                             the mixed operation
    min_α L_val(w*(α), α)   with   w*(α) = argmin_w L_train(w, α)                    a problem of two levels

    repeat:  α ← α − Adam(∇_α L_val(w', α))                                          on a validation batch
             w ← w − ξ (momentum · buffer + ∇_w L_train(w, α) + decay · w)           on a training batch

First order takes the weights as they are, w' = w. Second order takes them one step ahead, w' = w − ξ (…) as in the line
of w. Then w' depends on α too, and the chain rule adds a Hessian-vector product, taken as a finite difference
(equations 7 and 8):

    ∇_α L_val(w', α) − ξ [∇_α L_train(w⁺, α) − ∇_α L_train(w⁻, α)] / 2ε
    w± = w ± ε ∇_w' L_val(w', α),   ε = 0.01 / ‖∇_w' L_val(w', α)‖

The finite difference errs by O(ε²) for smooth losses. With ReLUs a step of 0.01 crosses many of their kinks,
and the product is rough: on this small supernet the result lies about as far from autograd's second derivative as
first order does.

The derived cell takes, on every edge, the strongest operation except `none`, whose weight the loss hardly determines.
The value of an epoch is the error of the *supernet* on the validation images, from which α has learned. It says little
about how well the derived cell does when it is trained alone: look that up (`digits201-digits`), or train it.
Operations without weights are useful before the convolutions have learned, and α may settle on them: on digits it
drifts towards average pooling. tests/benchmarks/darts_cost.py prints it epoch by epoch. Three repairs are settings:

    stop_free         stop when so many places have no weights (DARTS+, which counts skips); the cell before is kept
    weight_decay      3e-4 times 3, 9, 27 or 81 (R-DARTS)
    stop_eigenvalue   stop when λ̄(now) > 1.3 λ̄(4 epochs ago), and keep the cell of then (R-DARTS); λ̄: the mean over five
                      epochs of the largest eigenvalue of ∇²_α L_val, a sign of how sharp a minimum α sits in

Rates, momentum and decays are those of the authors' code, except the rate of α; epochs, batch and channels are smaller,
as the images are. Their rate of α, 3e-4, is meant for 50 epochs of several hundred steps. A search on digits has 20
epochs of 6 steps, in which Adam would move α by 0.04 at most; so `alpha_lr` is 0.02.

Papers: Liu, Simonyan & Yang, DARTS: Differentiable Architecture Search, ICLR 2019; Liang et al., DARTS+, 2019; Zela et
al., Understanding and Robustifying Differentiable Architecture Search, ICLR 2020. Read first: `architecture_gradient`,
and `epoch` in parts/mixture.py. Left out: training the derived cell, and R-DARTS' adaptive form, which goes back and
raises the decay each time λ grows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from nasbook.kit.checks import one_of, setting, whole, within
from nasbook.kit.lanczos import largest_eigenvalue
from nasbook.kit.start import Images as Batch
from nasbook.kit.state import Parts
from nasbook.nas.parts.mixture import Mixture, MixtureSettings
from nasbook.nas.parts.supernet import SupernetView
from nasbook.nas.spaces.gates import Path

DartsView = SupernetView
Loss = Callable[[Sequence[Tensor], Tensor, Batch], Tensor]
WINDOW, BACK = 5, 4  # of R-DARTS, in evaluations: here epochs


@dataclass(frozen=True)
class DartsSettings(MixtureSettings):
    order: int = setting(1, "1: the weights as they are; 2: one step ahead, at about twice the cost", (1, 2))
    stop_free: int = setting(0, "places without weights (pooling, skips) at which it stops; 0: never")
    stop_eigenvalue: float = setting(0.0, "growth of the eigenvalue at which it stops (1.3 in R-DARTS); 0: never")
    stop_from: int = setting(4, "the first epoch whose cell a stop may keep")

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of("order", self.order, (1, 2))
        whole("stop_free", self.stop_free, 0)
        within("stop_eigenvalue", self.stop_eigenvalue, 0)
        whole("stop_from", self.stop_from, 1)


def architecture_gradient(
    L: Loss,
    w: Sequence[Tensor],
    alpha: Tensor,
    train: Batch,
    val: Batch,
    xi: float = 0.0,
    moment: Sequence[Tensor] | None = None,
    decay: float = 0.0,
    length: float = 0.01,
) -> Tensor:
    """∇_α L_val(w', α) with w' = w − ξ (moment + ∇_w L_train + decay · w); ξ = 0 is first order. The shape is α's.

    L(w, α, batch) is the loss; w and α require gradients. moment: momentum × buffer of the optimiser of w, None
    before its first step. length: of the step ε v of the finite difference. Nothing is changed in place.
    """
    if xi == 0:
        return torch.autograd.grad(L(w, alpha, val), alpha)[0]
    g = torch.autograd.grad(L(w, alpha, train), w)
    moment = moment or [torch.zeros_like(p) for p in w]
    ahead = [p - xi * (m + dp + decay * p) for p, m, dp in zip(w, moment, g, strict=True)]  # w'
    ahead = [p.detach().requires_grad_() for p in ahead]
    d_alpha, *v = torch.autograd.grad(L(ahead, alpha, val), [alpha, *ahead])  # v = ∇_w' L_val
    eps = length / torch.cat([dp.flatten() for dp in v]).norm()

    def at(sign: int) -> Tensor:  # ∇_α L_train(w ± ε v, α)
        moved = [(p + sign * eps * dp).detach() for p, dp in zip(w, v, strict=True)]
        return torch.autograd.grad(L(moved, alpha, train), alpha)[0]

    return d_alpha - xi * (at(+1) - at(-1)) / (2 * eps)


class Darts(Mixture):
    name = "darts"
    Settings = DartsSettings

    def begin(self) -> tuple[Tensor, torch.optim.Optimizer]:
        self.cells: list[Path] = []  # of each epoch
        self.eigenvalues: list[float] = []
        return super().begin()

    def alpha_gradient(self, train: Batch, val: Batch, xi: float) -> Tensor:
        s, buffers = self.settings, [self.w_optimiser.state[p].get("momentum_buffer") for p in self.w]
        moment = None if buffers[0] is None else [s.momentum * b for b in buffers]
        xi = xi if s.order == 2 else 0.0
        return architecture_gradient(self.loss, self.w, self.alpha, train, val, xi, moment, s.weight_decay)

    def chosen(self, val: Batch) -> Path:
        """The cell derived now, or, where a rule stops the search, the earlier one that the rule keeps."""
        s = self.settings
        self.cells.append(self.derive(self.alpha))
        if s.stop_eigenvalue:
            self.eigenvalues.append(self.eigenvalue((val[0][: s.batch], val[1][: s.batch])))
        free = sum(op in ("skip", "noise") or "pool" in op for op in self.places.names(self.cells[-1]))
        back = BACK if self.sharper() else int(0 < s.stop_free <= free)  # by so many epochs it is too late
        self.stopped = back > 0 and len(self.cells) - back >= s.stop_from
        return self.cells[-1 - back * self.stopped]

    def sharper(self) -> bool:
        """Is λ̄(now) > stop_eigenvalue · λ̄(4 epochs ago)?"""
        n = len(self.eigenvalues)
        if n <= BACK:
            return False
        now, before = (np.mean(self.eigenvalues[max(0, end - WINDOW) : end]) for end in (n, n - BACK))
        return bool(now > self.settings.stop_eigenvalue * before)

    def eigenvalue(self, batch: Batch) -> float:
        """The largest one of ∇²_α L of a batch, by its products Hv = ∇_α ⟨∇_α L, v⟩."""
        loss = self.loss([p.detach() for p in self.w], self.alpha, batch)
        (g,) = torch.autograd.grad(loss, self.alpha, create_graph=True)

        def product(v: np.ndarray) -> np.ndarray:
            along = torch.from_numpy(v).to(g).view_as(g)
            return torch.autograd.grad(g, self.alpha, along, retain_graph=True)[0].double().cpu().numpy().ravel()

        return largest_eigenvalue(product, self.alpha.numel(), self.rng)

    def parts(self) -> Parts:
        kept = {"cells": self.cells, "eigenvalues": self.eigenvalues, "stopped": self.stopped}
        return {**super().parts(), **kept}

    def shows(self, view: SupernetView) -> SupernetView:
        known = self.eigenvalues and np.isfinite(self.eigenvalues[-1])
        return replace(view, eigenvalue=self.eigenvalues[-1]) if known else view
