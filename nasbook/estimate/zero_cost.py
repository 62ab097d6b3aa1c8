"""Zero-cost proxies: how good does a network look before it has learned anything?

    score = PROXIES["synflow"](net, x, y)        # larger is better

x is one batch of images (N, …), y their labels (N,), L the cross-entropy of the batch, w a weight of a convolution or a
linear layer, g = ∂L/∂w. Every proxy is a function of the network as it stands, usually just initialised:

    parameters   how many numbers are learned          the baseline: a proxy that does no better is not worth its price
    flops        multiply-adds for one image
    grad_norm    Σ_layers ‖g‖
    snip         Σ |w g|                               what the loss would change by if w were cut out
    grasp        −Σ w (H g)                            … and the length of the gradient; H is the Hessian of L
    synflow      Σ |w ∂R/∂w|,  R = Σ outputs           of the network with |w|, for an input of ones: needs no data
    fisher       Σ_channels ½ mean_n (Σ a ∂L_n/∂a)²    what the loss would change by if a channel were cut out
    jacov        −Σ_i [log(λ_i + k) + 1/(λ_i + k)]     λ: eigenvalues of the correlations of the images' gradients
    naswot       log |K|                               K_mn: how many ReLUs agree (on or off) on images m and n

A proxy is computed in training mode: at the start the running statistics of batch norms say nothing. Dropout is off. It
works on a copy, so the network stays as it was, and the same network and batch give the same score.

Papers: Abdelfattah et al., Zero-Cost Proxies for Lightweight NAS, ICLR 2021, gathers snip (Lee et al. 2019), grasp
(Wang et al. 2020), synflow (Tanaka et al. 2020), fisher (Theis et al. 2018; Turner et al. 2020) and jacov. naswot:
Mellor et al., Neural Architecture Search without Training, ICML 2021; its first version has jacov.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd
from torch.nn.modules.dropout import _DropoutNd
from torch.utils._python_dispatch import TorchDispatchMode

from nasbook.nas.spaces import cost

A = TypeVar("A")
B = TypeVar("B")
Proxy = Callable[[nn.Module, Tensor, Tensor], float]


def parameters(net: nn.Module, x: Tensor, y: Tensor) -> float:
    return float(cost.parameters(net))


def flops(net: nn.Module, x: Tensor, y: Tensor) -> float:
    return float(cost.flops(net, x[:1]))


def grad_norm(net: nn.Module, x: Tensor, y: Tensor) -> float:
    net = _ready(net)
    return float(sum(g.norm() for g in gradients(F.cross_entropy(net(x), y), _weights(net))))


def snip(net: nn.Module, x: Tensor, y: Tensor) -> float:
    net = _ready(net)
    w = _weights(net)
    return total((w_i * g_i).abs() for w_i, g_i in pairs(w, gradients(F.cross_entropy(net(x), y), w)))


def grasp(net: nn.Module, x: Tensor, y: Tensor) -> float:
    net = _ready(net)
    w = _weights(net)
    g = gradients(F.cross_entropy(net(x), y), w, create_graph=True)
    hg = gradients(sum((g_i * g_i.detach()).sum() for g_i in g), w)  # ∂(gᵀc)/∂w = Hc, here with c = g
    return -total(w_i * hg_i for w_i, hg_i in pairs(w, hg))


def synflow(net: nn.Module, x: Tensor, y: Tensor) -> float:
    """Without norms, which would undo the scale of what flows; in double precision, because it grows with depth. Of x
    only the shape of one image is used, of y nothing."""
    net = _without_norms(_ready(net)).double()
    with torch.no_grad():
        for p in net.parameters():
            p.abs_()
    w = _weights(net)
    ones = torch.ones_like(x[:1], dtype=torch.double if x.is_floating_point() else None)
    return total((w_i * g_i).abs() for w_i, g_i in pairs(w, gradients(net(ones).sum(), w)))


def fisher(net: nn.Module, x: Tensor, y: Tensor) -> float:
    """a: the output of a convolution or linear layer, one number a pixel; L_n: the loss of image n alone."""
    net = _ready(net)
    outputs: list[tuple[bool, Tensor]] = []
    for module in net.modules():
        if isinstance(module, _ConvNd | nn.Linear):
            module.register_forward_hook(lambda m, _, out: outputs.append((isinstance(m, nn.Linear), out)))
    loss = F.cross_entropy(net(x), y, reduction="sum")  # Σ L_n, so that row n of ∂/∂a belongs to image n
    total = 0.0
    for (linear, a), g in pairs(outputs, gradients(loss, [a for _, a in outputs])):
        flow = (a * g).movedim(-1 if linear else 1, -1)  # channels last
        total += flow.reshape(len(a), -1, flow.shape[-1]).sum(1).square().mean(0).sum().item() / 2
    return total


def jacov(net: nn.Module, x: Tensor, y: Tensor, k: float = 1e-5) -> float:
    """−∞ where some image has no influence on the outputs. ValueError if x are not real numbers."""
    if not x.is_floating_point():
        raise ValueError(f"jacov differentiates by the inputs, so they must be real numbers, not {x.dtype}")
    x = x.detach().clone().requires_grad_()
    return log_spread(gradients(_ready(net)(x).sum(), [x])[0], k)


def log_spread(jacobian: Tensor, k: float = 1e-5) -> float:
    """The score of jacov from the images' gradients (N, …)."""
    rows = jacobian.reshape(len(jacobian), -1).double().cpu().numpy()
    if (rows.std(1) == 0).any():
        return -math.inf
    eigenvalues = np.linalg.eigvalsh(np.corrcoef(rows))
    return float(-(np.log(eigenvalues + k) + 1 / (eigenvalues + k)).sum())


def naswot(net: nn.Module, x: Tensor, y: Tensor) -> float:
    """−∞ where two images switch all ReLUs alike. ValueError if the network has no ReLU."""
    with torch.no_grad(), ReLUs() as relus:
        _ready(net)(x)
    if not relus.on:
        raise ValueError("naswot compares which ReLUs are on, and this network has none")
    return log_agreement(relus.on)


def log_agreement(states: list[Tensor]) -> float:
    """The score of naswot from which ReLUs are on, one tensor (N, …) a layer."""
    c = torch.cat([on.reshape(len(on), -1) for on in states], 1).float()  # (N, ReLUs), 1 = on
    k = c @ c.T + (1 - c) @ (1 - c).T  # whole numbers, exact in single precision up to 2²⁴ ReLUs
    return torch.linalg.slogdet(k.double()).logabsdet.item()


PROXIES: dict[str, Proxy] = {
    f.__name__: f for f in (parameters, flops, grad_norm, snip, grasp, synflow, fisher, jacov, naswot)
}


# ---- what the proxies share ------------------------------------------------------------------------------


def _ready(net: nn.Module) -> nn.Module:
    """A copy in training mode, with dropout off."""
    net = copy.deepcopy(net).train().requires_grad_()
    for module in net.modules():
        if isinstance(module, _DropoutNd):
            module.eval()
    return net


def _weights(net: nn.Module) -> list[Tensor]:
    """The matrices and kernels; neither biases nor the scales and shifts of norms."""
    return [p for p in net.parameters() if p.dim() > 1]


def gradients(loss: Any, w: list[Tensor], **options: Any) -> tuple[Tensor, ...]:
    """∂loss/∂w, 0 for what the loss does not depend on."""
    return torch.autograd.grad(loss, w, allow_unused=True, materialize_grads=True, **options)


def pairs(a: Iterable[A], b: Iterable[B]) -> Iterator[tuple[A, B]]:
    return zip(a, b, strict=True)


def total(terms: Iterable[Tensor]) -> float:
    return float(sum(term.sum().item() for term in terms))


def _without_norms(net: nn.Module) -> nn.Module:
    for module in list(net.modules()):
        for name, child in module.named_children():
            if isinstance(child, _BatchNorm | nn.GroupNorm | nn.LayerNorm):
                setattr(module, name, nn.Identity())
    return net


class ReLUs(TorchDispatchMode):
    """Notes which ReLUs are on, whether they are modules or functions."""

    def __init__(self) -> None:
        super().__init__()
        self.on: list[Tensor] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        if func.overloadpacket in (torch.ops.aten.relu, torch.ops.aten.relu_):
            self.on.append(out > 0)
        return out
