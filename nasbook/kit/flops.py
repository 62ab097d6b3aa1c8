"""Multiply-adds of a network, counted while it runs.

A multiplication with its addition counts once, so a k×k convolution costs k²·C_in an output element; pooling costs k²,
a batch norm two and an activation one an element; sums cost nothing. Conventions differ: the numbers that were
published with NAS-Bench-201 (`NB201.flops`) count the convolutions and the linear layer alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode


def flops(net: nn.Module, example: Sequence[int] | Tensor) -> int:
    """Multiply-adds of one forward pass, counted while it runs, by the convention above.

    example: the shape of one input without the batch, such as (1, 8, 8), or a batch to be passed through (token
    numbers, for instance); a batch of n costs n times as much."""
    with evaluating(net), torch.no_grad(), _Counter() as counter:
        net(batch_of(example, net))
    return counter.total


class evaluating:
    """The network in evaluation mode; afterwards every part is in the mode it was in."""

    def __init__(self, net: nn.Module) -> None:
        self.net, self.modes = net, {module: module.training for module in net.modules()}

    def __enter__(self) -> None:
        self.net.eval()

    def __exit__(self, *_: object) -> None:
        for module, mode in self.modes.items():
            module.training = mode


def batch_of(example: Sequence[int] | Tensor, net: nn.Module) -> Tensor:
    if isinstance(example, Tensor):
        return example
    weight = next(net.parameters(), torch.empty(0))
    return torch.zeros(1, *example, device=weight.device, dtype=weight.dtype)


def _convolution(out: Tensor, x: Tensor, weight: Tensor, *rest: object) -> int:
    transposed = rest[4]
    return (x if transposed else out).numel() * weight[0].numel()  # each output element reads one filter


def _pool(out: Tensor | tuple[Tensor, ...], x: Tensor, kernel: Sequence[int], *rest: object) -> int:
    out = out[0] if isinstance(out, tuple) else out
    return out.numel() * int(np.prod(kernel)) ** (2 if len(kernel) == 1 else 1)


aten = torch.ops.aten
RULES: dict[object, Callable[..., int]] = {
    aten.convolution: _convolution,
    aten.mm: lambda out, a, b: out.numel() * a.shape[-1],
    aten.bmm: lambda out, a, b: out.numel() * a.shape[-1],
    aten.addmm: lambda out, bias, a, b, **_: out.numel() * a.shape[-1],
    aten.avg_pool2d: _pool,
    aten.max_pool2d_with_indices: _pool,
}
NORMS = ("native_batch_norm", "_native_batch_norm_legit_no_training", "cudnn_batch_norm", "native_layer_norm")
RULES |= {getattr(aten, name): lambda out, x, *_: 2 * x.numel() for name in (*NORMS, "native_group_norm")}
ACTIVATIONS = ("relu", "relu_", "tanh", "sigmoid", "gelu", "elu", "silu", "leaky_relu", "hardtanh")
RULES |= {getattr(aten, name): lambda out, x, *_, **__: x.numel() for name in ACTIVATIONS}


class _Counter(TorchDispatchMode):
    """Sees every operation of torch that runs inside the `with` block, however the network calls it."""

    total = 0

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # nothing is compiled here, and torch's compiler takes two seconds to load

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        if rule := RULES.get(func.overloadpacket):
            self.total += int(rule(out, *args, **(kwargs or {})))
        return out
