"""A network is a list of layers, each of which names what it reads. Plain data: it needs no torch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from nasbook.space import Arguments


@dataclass(frozen=True)
class Layer:
    """One line of a network: `name = layer(join of inputs)`.

    `layer` is a class of `blocks.py` or of torch.nn by name, with its arguments; None passes the joined inputs on.
    `join` says how the inputs become one: "sum", "cat" along the channels, or "zero", zeros of its shape."""

    name: str
    layer: str | None
    args: tuple[Any, ...] = ()
    options: Arguments = field(default_factory=dict)
    inputs: tuple[str, ...] = ()
    join: str = "sum"
