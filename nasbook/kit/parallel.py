"""Data parallel: n processes that torchrun has started learn one network, each from its part of every batch.

    torchrun --standalone --nproc_per_node=4 -m nasbook train runs/first --out winner --task images

    ∇L(n·b images) = 1/n Σ_r ∇L(the b images of process r)          so n processes learn as one with batches of n·b

All begin with the same weights and take their parts of the same order. Process 0 alone writes and reports, and what it
meets, the others are told. A batch norm works within its process: mean and variance are those of b images, as with one
process and batches of b; its running statistics are averaged after each epoch, so that all judge the same network.

Without torchrun, or with one process, nothing here does anything.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

from nasbook.kit import torchrun

T = TypeVar("T")


def start(device: torch.device) -> None:
    """Meet the other processes, if there are some. On GPUs each takes its own, which is "cuda" from then on."""
    if torchrun.processes() == 1 or dist.is_initialized():
        return
    if device.type == "cuda":
        here = int(os.environ.get("LOCAL_WORLD_SIZE", torchrun.processes()))
        if here > torch.cuda.device_count():
            raise ValueError(
                f"torchrun has started {here} processes on this machine, which shows {torch.cuda.device_count()} GPUs, "
                "and each needs one: lower --nproc_per_node, or take device cpu"
            )
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", 0)))
    dist.init_process_group("cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo")


def world() -> int:
    """How many processes learn together."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def rank() -> int:
    """The number of this process among them, from 0."""
    return dist.get_rank() if world() > 1 else 0


# ---- numbers that they share -----------------------------------------------------------------------------


@torch.no_grad()
def average(tensors: Iterable[Tensor]) -> None:
    """Put the mean over all processes in the place of each tensor. All go in one message."""
    if world() == 1:
        return
    tensors = list(tensors)
    sent = torch.cat([t.flatten() for t in tensors])
    dist.all_reduce(sent)
    for t, mean in zip(tensors, (sent / world()).split([t.numel() for t in tensors]), strict=True):
        t.copy_(mean.view_as(t))


def average_gradients(parameters: Iterable[Tensor]) -> None:
    """What a step needs between backward and the optimiser."""
    average(p.grad for p in parameters if p.grad is not None)


def same(value: T) -> T:
    """What process 0 has here."""
    if world() == 1:
        return value
    box = [value]
    dist.broadcast_object_list(box)
    return box[0]


def agree(value: object, otherwise: str) -> None:
    """ValueError, in the words of `otherwise`, unless all processes have the same value here."""
    if world() > 1:
        found: list[object] = [None] * world()
        dist.all_gather_object(found, value)
        if any(other != found[0] for other in found):
            raise ValueError(otherwise)


# ---- what process 0 does for all ---------------------------------------------------------------------------


def lead(work: Callable[[], T]) -> T:
    """Work of process 0 alone: its result, or the exception that it has met, is that of all."""
    if world() == 1:
        return work()
    result: Any = None
    error: BaseException | None = None
    if rank() == 0:
        try:
            result = work()
        except BaseException as met:
            error = met
    told, said = same((result, None if error is None else (type(error), str(error))))
    if error is not None:
        raise error
    if said is not None:
        kind, text = said
        raise kind(text)
    return told


@contextmanager
def held(context: AbstractContextManager[object]) -> Iterator[None]:
    """A context that process 0 alone enters and leaves."""
    with ExitStack() as stack:

        def enter() -> None:
            stack.enter_context(context)

        lead(enter)
        yield
