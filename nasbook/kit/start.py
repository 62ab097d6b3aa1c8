"""How a network begins: its first weights, the device that it stands on, and the images that it is shown."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from nasbook.task import HoldsImages, Task

Images = tuple[Tensor, Tensor]  # images (n, channels, height, width), labels (n,)
M = TypeVar("M", bound=nn.Module)


def blank(layer: Callable[..., M], *args: Any, **options: Any) -> M:
    """A layer whose weights are still to be written: nothing is drawn from torch's generator. (torch's own skip_init
    does the same, and loads SymPy for it.)"""
    made = layer(*args, **options, device="meta")
    for m in made.modules():
        for name, x in [*m.named_parameters(recurse=False), *m.named_buffers(recurse=False)]:
            empty = torch.empty(x.shape, dtype=x.dtype)
            setattr(m, name, nn.Parameter(empty) if isinstance(x, nn.Parameter) else empty)
    return made


def init_weights(net: nn.Module, rng: np.random.Generator) -> None:
    """He et al. (2015) for convolutions, 1/√fan-in for linear layers and symbols; norms start as the identity.

    The numbers are drawn with NumPy, layer by layer, so they are the same on every device and every version of
    torch."""
    with torch.no_grad():
        for m in net.modules():
            if isinstance(m, nn.Conv2d):
                c_out, c_in, k, _ = m.weight.shape
                draw = rng.standard_normal((k, k, c_in, c_out)) * math.sqrt(2 / (c_in * k * k))
                m.weight.copy_(torch.from_numpy(draw.transpose(3, 2, 0, 1).astype(np.float32)))
            elif isinstance(m, nn.Linear):
                draw = rng.standard_normal(m.weight.shape) / math.sqrt(m.in_features)
                m.weight.copy_(torch.from_numpy(draw.astype(np.float32)))
                if m.bias is not None:
                    m.bias.zero_()
            elif isinstance(m, nn.Embedding):
                draw = rng.standard_normal(m.weight.shape) / math.sqrt(m.embedding_dim)
                m.weight.copy_(torch.from_numpy(draw.astype(np.float32)))
            elif isinstance(m, nn.BatchNorm2d):
                m.reset_running_stats()
                m.reset_parameters()


def pick_device(name: str = "auto") -> torch.device:
    """'auto' is the GPU where there is one, else the CPU. ValueError for a device that torch does not know or have."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        return torch.empty(0, device=name).device
    except (RuntimeError, AssertionError, TypeError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(
            f"device must be 'auto', 'cpu' or one that torch finds here, not {name!r} ({reason})"
        ) from None


def images_of(task: HoldsImages, device: str = "auto") -> dict[str, Images]:
    """{"train", "val", …} of task.data() as tensors: images (n, h, w) or (n, c, h, w) float32 and labels (n,); or, of a
    text, symbols (n, T) and those that follow."""
    found, there = {}, pick_device(device)
    for part, (x, y) in task.data().items():
        given = torch.from_numpy(x if x.ndim == 2 else x.reshape(len(x), -1, *x.shape[-2:]))
        found[part] = (given if x.ndim == 2 else given.float()).to(there), torch.from_numpy(y).to(there)
    return found


def splits_of(task: Task, method: str, batch: int, device: str = "auto", text: bool = False) -> tuple[Images, Images]:
    """The training and the validation images of a task, or its text. ValueError for the method's user, if the task has
    none, or less than a batch."""
    found = images_of(task, device) if isinstance(task, HoldsImages) else {}
    if not found or any((x.ndim == 2) != text for x, _ in found.values()):
        what, known = ("a text", "characters") if text else ("images", "digits-cells")
        raise ValueError(f"{method} trains a supernet on {what}, and {task.name} has none; use {known!r}")
    for part in ("train", "val"):
        if (n := len(found[part][1])) < batch:
            kind = "pieces of text" if text else "images"
            raise ValueError(f"{method}: batch is {batch}, but {task.name} has {n} {kind} in {part!r}")
    return found["train"], found["val"]
