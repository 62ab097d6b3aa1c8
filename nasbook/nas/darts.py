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
drifts towards average pooling while the derived cell gets worse. tests/benchmarks/darts_cost.py prints it epoch by
epoch.

Rates, momentum and decays are those of the authors' code, except the rate of α; epochs, batch and channels are smaller,
as the images are. Their rate of α, 3e-4, is meant for 50 epochs of several hundred steps. A search on digits has 20
epochs of 6 steps, in which Adam would move α by 0.04 at most; so `alpha_lr` is 0.02.

Paper: Liu, Simonyan & Yang, DARTS: Differentiable Architecture Search, ICLR 2019. Read first: `architecture_gradient`.
The training around it is in oneshot.py, the supernet in spaces/networks.py. Left out: two kinds of cell, keeping two
edges a node (in this space every edge stays), training the derived cell.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from nasbook.nas.parts.oneshot import Batch, SupernetSearch
from nasbook.nas.parts.supernet import SupernetSettings, SupernetView, setting
from nasbook.nas.spaces.nb201.cell import EDGES, NONE, OPS, Cell

DartsView = SupernetView
Loss = Callable[[Sequence[Tensor], Tensor, Batch], Tensor]


@dataclass(frozen=True)
class DartsSettings(SupernetSettings):
    order: int = setting(1, "1: the weights as they are; 2: one step ahead, at about twice the cost", (1, 2))
    alpha_lr: float = setting(0.02, "rate of Adam for α")
    alpha_weight_decay: float = setting(1e-3, "of α")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.order not in (1, 2):
            raise ValueError(f"order must be 1 or 2, not {self.order!r}")
        self.check("alpha_lr", positive=True)
        self.check("alpha_weight_decay")


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


class Darts(SupernetSearch):
    name = "darts"
    Settings = DartsSettings

    def begin(self) -> tuple[Tensor, torch.optim.Optimizer]:
        alpha = torch.from_numpy(1e-3 * self.rng.standard_normal((len(EDGES), len(OPS)))).float()
        alpha = alpha.to(self.w[0].device).requires_grad_()
        s = self.settings
        return alpha, torch.optim.Adam([alpha], s.alpha_lr, betas=(0.5, 0.999), weight_decay=s.alpha_weight_decay)

    def epoch(self, train: Batch, val: Batch, xi: float) -> float:
        s, losses = self.settings, []
        val_batches = self.batches(val)
        for step, batch in enumerate(self.batches(train)):
            buffers = [self.w_optimiser.state[p].get("momentum_buffer") for p in self.w]
            moment = None if buffers[0] is None else [s.momentum * b for b in buffers]
            self.alpha.grad = architecture_gradient(
                self.loss, self.w, self.alpha, batch, val_batches[step % len(val_batches)],
                xi if s.order == 2 else 0.0, moment, s.weight_decay,
            )  # fmt: skip
            self.alpha_optimiser.step()
            losses.append(self.step_w(batch))
        return sum(losses) / len(losses)

    def derive(self, alpha: Tensor) -> Cell:
        """On each edge the operation with the largest α, `none` excluded."""
        rest = [op for op in range(len(OPS)) if op != NONE]
        return tuple(rest[int(best)] for best in alpha[:, rest].argmax(1))
