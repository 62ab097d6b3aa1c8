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
The training around it is in parts/oneshot.py; the supernets, and what is derived, are in spaces/. Left out: training
the derived cell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from nasbook.kit.checks import one_of, setting, within
from nasbook.kit.threads import one_thread_a_step
from nasbook.nas.parts.oneshot import SupernetTraining
from nasbook.nas.parts.single_path import Batch, evaluate_gates
from nasbook.nas.parts.supernet import SupernetSettings, SupernetView
from nasbook.nas.spaces.gates import Gates, Path, mixed
from nasbook.task import Task
from nasbook.trace import Trial

DartsView = SupernetView
Loss = Callable[[Sequence[Tensor], Tensor, Batch], Tensor]


@dataclass(frozen=True)
class DartsSettings(SupernetSettings):
    order: int = setting(1, "1: the weights as they are; 2: one step ahead, at about twice the cost", (1, 2))
    alpha_lr: float = setting(0.02, "rate of Adam for α")
    alpha_weight_decay: float = setting(1e-3, "of α")

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of("order", self.order, (1, 2))
        within("alpha_lr", self.alpha_lr, 0, above=True)
        within("alpha_weight_decay", self.alpha_weight_decay, 0)


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


class Darts(SupernetTraining):
    name = "darts"
    Settings = DartsSettings

    def begin(self) -> tuple[Tensor, torch.optim.Optimizer]:
        """α (places, ops) at the start, and its optimiser."""
        alpha = torch.from_numpy(1e-3 * self.rng.standard_normal(self.places.allowed.shape)).float()
        alpha = alpha.to(self.w[0].device).requires_grad_()
        s = self.settings
        return alpha, torch.optim.Adam([alpha], s.alpha_lr, betas=(0.5, 0.999), weight_decay=s.alpha_weight_decay)

    @one_thread_a_step
    def run(self, task: Task) -> Iterator[tuple[Trial, SupernetView]]:
        """Search, and yield after each epoch. ValueError if the task has no images."""
        train, val = self.start(task)
        self.alpha, self.alpha_optimiser = self.begin()
        for xi in self.epochs():
            train_loss = self.epoch(train, val, xi)
            now = evaluate_gates(self.net, self.gates(self.alpha.detach()), val, how="running")
            yield self.ended(train_loss, self.derive(self.alpha), *now)

    def epoch(self, train: Batch, val: Batch, xi: float) -> float:
        """One pass over the training images with the weights' rate ξ; returns the mean training loss."""
        s, losses = self.settings, []
        for batch, val_batch in self.alternate(train, val):
            buffers = [self.w_optimiser.state[p].get("momentum_buffer") for p in self.w]
            moment = None if buffers[0] is None else [s.momentum * b for b in buffers]
            self.alpha.grad = architecture_gradient(
                self.loss, self.w, self.alpha, batch, val_batch, xi if s.order == 2 else 0.0, moment, s.weight_decay
            )
            self.alpha_optimiser.step()
            losses.append(self.step_w(batch, self.gates(self.alpha.detach())))
        return sum(losses) / len(losses)

    def gates(self, alpha: Tensor) -> Gates:
        """ō = Σ_o softmax(α)_o o(x) on every edge."""
        return mixed(self.places.softmax(alpha))

    def loss(self, w: Sequence[Tensor], alpha: Tensor, batch: Batch) -> Tensor:
        """L(w, α) of a batch."""
        return self.look(w, self.gates(alpha), batch)

    def derive(self, alpha: Tensor) -> Path:
        """On each edge the operation with the largest α, `none` excluded."""
        return self.places.strongest(alpha)

    def parts(self) -> dict[str, Any]:
        return {"alpha": self.alpha, "alpha_optimiser": self.alpha_optimiser}

    def believe(self) -> Tensor:
        return self.places.softmax(self.alpha.detach().cpu())
