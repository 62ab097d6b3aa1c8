"""torch's optimisers without torch's compiler.

For its first optimiser and its first step torch loads what compiles networks, and SymPy with it, into a kernel in which
nothing is compiled; tests/benchmarks/first_picture.py prints what that costs. Here the methods that torch wraps for its
compiler are unwrapped. The numbers are the same, bit for bit, and so are the states.
"""

from __future__ import annotations

import inspect

import torch


class Optimiser(torch.optim.Optimizer):
    """The base of all; for one of your own, `step` is still to be written."""

    add_param_group = inspect.unwrap(torch.optim.Optimizer.add_param_group)
    zero_grad = inspect.unwrap(torch.optim.Optimizer.zero_grad)
    state_dict = inspect.unwrap(torch.optim.Optimizer.state_dict)
    load_state_dict = inspect.unwrap(torch.optim.Optimizer.load_state_dict)


class SGD(Optimiser, torch.optim.SGD):
    step = torch.no_grad()(inspect.unwrap(torch.optim.SGD.step))


class Adam(Optimiser, torch.optim.Adam):
    step = torch.no_grad()(inspect.unwrap(torch.optim.Adam.step))


class AdamW(Optimiser, torch.optim.AdamW):
    step = torch.no_grad()(inspect.unwrap(torch.optim.AdamW.step))
