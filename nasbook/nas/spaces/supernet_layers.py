"""What supernets of spaces with `layers` share: a layer as a module, and the network of one path with copied weights.

The batch norms inside the places of a supernet have no scale and shift, as in DARTS: they could undo the weights of a
mixture. All else are the layers from which the space builds its networks, so a path computes what its network would.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from nasbook.nas.spaces.layer import Layer
from nasbook.nas.spaces.program import Program, find


def made(line: Layer | None, affine: bool = True) -> nn.Module:
    """The module of a layer, an identity where there is none; its batch norms like those of every supernet."""
    if line is None or line.layer is None:
        return nn.Identity()
    module = find(line.layer)(*line.args, **line.options)
    for m in module.modules():
        if isinstance(m, nn.BatchNorm2d):
            m.momentum = 0.3  # an epoch here may have only six steps
            if not affine:
                m.affine = False
                m.register_parameter("weight", None)
                m.register_parameter("bias", None)
    return module


def filled(program: Program, net: nn.Module, names: Callable[[str], str]) -> Program:
    """A network of one path with copies of the supernet's weights and statistics: names("block1") is where the layer
    `block1` of the program stands in the supernet. Scales and shifts that the supernet lacks are 1 and 0.

    ValueError where the supernet has weights for a part of the channels only."""
    there = net.state_dict()
    program = program.to(net.head.weight)  # type: ignore
    for name, value in program.state_dict().items():
        layer, _, rest = name.partition(".")
        if (source := f"{names(layer)}.{rest}") in there:
            if there[source].shape != value.shape:
                raise ValueError("only a part of the channels has weights in this supernet: train the network alone")
            value.copy_(there[source])
        elif value.is_floating_point():
            value.fill_(float(name.endswith("weight")))
    for m in program.modules():
        if isinstance(m, nn.BatchNorm2d):
            m.momentum = 0.3
    return program
