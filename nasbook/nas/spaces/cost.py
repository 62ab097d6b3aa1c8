"""What a network costs: parameters, FLOPs, seconds.

parameters(net)               # numbers that are learned
flops(net, (1, 8, 8))         # multiply-adds for one image of one channel, 8×8: kit/flops.py
latency(net, (1, 8, 8))       # seconds for one such image
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from nasbook.kit.flops import batch_of, evaluating, flops

__all__ = ["flops", "latency", "parameters", "seconds"]


def parameters(net: nn.Module) -> int:
    """How many numbers are learned."""
    return sum(p.numel() for p in net.parameters())


def latency(net: nn.Module, example: Sequence[int] | Tensor, repeats: int = 20) -> float:
    """Median seconds of a forward pass on one thread, after two that do not count; `example` as in `flops`.

    On the CPU these are seconds of processor time, which other programs disturb less than a clock on the wall."""
    if repeats < 1:
        raise ValueError(f"latency: repeats must be at least 1, not {repeats}")
    x = batch_of(example, net)
    with evaluating(net), torch.no_grad():
        return seconds(lambda: net(x), repeats, wait=x.is_cuda)


def seconds(work: Callable[[], object], repeats: int, wait: bool = False) -> float:
    """Median seconds of `work()` on one thread. wait: it runs on a GPU, so wait for its end and read the wall clock."""
    clock = time.perf_counter if wait else time.process_time
    threads, times = torch.get_num_threads(), []
    torch.set_num_threads(1)
    try:
        for _ in range(2 + repeats):
            begin = clock()
            work()
            if wait:
                torch.cuda.synchronize()
            times.append(clock() - begin)
    finally:
        torch.set_num_threads(threads)
    return float(np.median(times[2:]))
