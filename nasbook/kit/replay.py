"""A network whose forward and backward pass are one call each: recorded once on a GPU, then played with other inputs.

A pass of hundreds of small operations costs hundreds of calls, each of which takes longer than its work. A CUDA graph
holds them all, for inputs of one shape; whatever else the pass reads must stay at its place in memory. What PyTorch
keeps for recordings came to about 2 GB on an H100, however many there were.
"""

from __future__ import annotations

from contextlib import suppress

import torch
from torch import Tensor, nn

RECORD = True


def recorded(net: nn.Module, x: Tensor) -> None:
    """Record what `net` does with inputs such as x while it trains; asked for anything else, it does as before. On a
    CPU nothing happens, and nothing where the GPU cannot record, for instance as another thread uses it."""
    if not (RECORD and x.is_cuda):
        return
    before, mode = {k: v.clone() for k, v in net.state_dict().items()}, net.training
    net.train()
    with suppress(RuntimeError):
        torch.cuda.make_graphed_callables(net, (x,), allow_unused_input=True)
    if quiet := getattr(torch.autograd.graph, "set_warn_on_accumulate_grad_stream_mismatch", None):
        quiet(False)  # its gradients are made on a stream of their own, which newer versions remark on
    net.train(mode)
    net.load_state_dict(before)  # recording runs it a few times, which moves running statistics
    for p in net.parameters():
        p.grad = None
