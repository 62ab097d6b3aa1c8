"""Asking a network: logits and gradients of images, as it stands after training, and what may be asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

Network: TypeAlias = Callable[[Tensor], Tensor]
TensorLike: TypeAlias = Tensor | ArrayLike
CHUNK = 256  # images that are asked for at once


def gradient(net: Network, X: Tensor, target: int) -> Tensor:
    """(n, …, H, W) the gradient of the logit of one class at each image."""
    found = []
    with _as_trained(net):
        for part in X.split(CHUNK):
            part = part.detach().clone().requires_grad_(True)
            with torch.enable_grad():
                (slope,) = torch.autograd.grad(net(part)[:, target].sum(), part)
            found.append(slope)
    return torch.cat(found)


@torch.no_grad()
def logits(net: Network, X: Tensor) -> Tensor:
    """(n, classes)."""
    with _as_trained(net):
        return torch.cat([net(part) for part in X.split(CHUNK)])


def hiding(net: Network, x: Tensor, b: Tensor, hidden: Tensor) -> Tensor:
    """(n, classes) logits of the image with the baseline where `hidden` (n, H, W)."""
    over = hidden.reshape(len(hidden), *[1] * (x.ndim - 2), *x.shape[-2:])
    return logits(net, torch.where(over, b, x))


@contextmanager
def _as_trained(net: Network) -> Iterator[None]:
    """Modules in eval mode, each left as it was."""
    modes = [(m, m.training) for m in net.modules()] if isinstance(net, nn.Module) else []
    for module, _ in modes:
        module.training = False
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode


def as_tensor(x: TensorLike) -> Tensor:
    x = torch.as_tensor(x)
    return x if x.is_floating_point() else x.float()


def asked(net: Network, x: TensorLike, target: int | None) -> tuple[Tensor, int]:
    """The image as a tensor, and the class; ValueError for what is no image and for a class that there is not."""
    x = as_tensor(x).detach()
    if x.ndim < 2 or not x.numel() or not bool(torch.isfinite(x).all()):
        raise ValueError(f"an image is numbers (…, H, W), all finite, not {tuple(x.shape)}")
    answer = logits(net, x[None])
    if answer.ndim != 2:
        raise ValueError(f"a network gives logits (n, classes), not {tuple(answer.shape)}")
    classes = answer.shape[1]
    if target is None:
        return x, int(answer[0].argmax())
    if isinstance(target, bool) or not isinstance(target, int | np.integer) or not 0 <= target < classes:
        raise ValueError(f"target is a class from 0 to {classes - 1}, not {target!r}")
    return x, int(target)


def baseline_of(x: Tensor, baseline: TensorLike) -> Tensor:
    b = torch.as_tensor(baseline, dtype=x.dtype, device=x.device)
    try:
        return b.expand(x.shape)
    except RuntimeError:
        raise ValueError(f"a baseline is a number or an image {tuple(x.shape)}, not {tuple(b.shape)}") from None
