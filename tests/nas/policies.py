"""Small spaces that can be enumerated, and policies on them."""

from dataclasses import replace

import torch

from nasbook import Choice, Constant, Int, Space
from nasbook.nas.parts.controller import Controller

TINY = Space(a=Choice(["p", "q"]), b=Int(1, 3), c=Choice([True, False]))  # 12 configurations
TREE = Space(
    kind=Choice(["conv", "pool", "none"]),
    kernel=Int(3, 6, when={"kind": "conv"}),
    cache=Constant(7, when={"kind": ["conv", "pool"]}),
    bias=Choice([True, False], when={"cache": 7}),
    wide=Choice(["u", "v"], when={"kernel": [5, 6]}),
)


def moved(space, seed=0, size=1.0):
    """A controller far from uniform."""
    controller = Controller(space, hidden=5, seed=seed)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for p in controller.parameters():
            p += size * torch.randn(p.shape, generator=generator, dtype=p.dtype)
    return controller


def everything(space):
    return list(space.grid({name: 99 for name in space.parameters}))


def reward_of(config):
    return {"p": 0.2, "q": 0.9}[config["a"]] * config["b"] - (0.5 if config["c"] else 0.0)


def batch_for(method, values):
    """Ask for as many trials as there are values, and tell them."""
    asked = [method.ask() for _ in values]
    for trial, value in zip(asked, values, strict=True):
        status = "failed" if value is None else "done"
        method.tell(replace(trial, status=status, value=value))
    return asked
