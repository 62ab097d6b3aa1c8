"""A list of layers becomes a torch module, or the source of one.

Program(layers)             runs them line by line
source(layers, "Network")   writes the same lines as Python
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from nasbook.nas.spaces import blocks
from nasbook.nas.spaces.layer import Layer


def find(layer: str) -> type[nn.Module]:
    """A class of blocks.py, or else of torch.nn."""
    return getattr(blocks, layer, None) or getattr(nn, layer)


class Program(nn.Module):
    """The network of a list of layers; the first reads "x", the last is the answer."""

    def __init__(self, layers: Sequence[Layer]) -> None:
        super().__init__()
        self.lines = list(layers)
        for line in self.lines:
            if line.layer:
                self.add_module(line.name, find(line.layer)(*line.args, **line.options))

    def forward(self, x: Tensor) -> Tensor:
        return self.values(x)[self.lines[-1].name]

    def values(self, x: Tensor) -> dict[str, Tensor]:
        """What every line gives, by its name, and the input "x"."""
        known = {"x": x}
        for line in self.lines:
            value = join([known[name] for name in line.inputs], line.join)
            known[line.name] = getattr(self, line.name)(value) if line.layer else value
        return known


def join(values: list[Tensor], how: str) -> Tensor:
    if how == "zero":
        return torch.zeros_like(values[0])
    if how == "cat":
        return torch.cat(values, dim=1)
    total = values[0]
    for value in values[1:]:
        total = total + value
    return total


HEAD = "import torch\nimport torch.nn.functional as F\nfrom torch import Tensor, nn\n"


def sequence(net: nn.Module, name: str, title: str) -> str:
    """Python that defines the module `name`, the same layers of torch one after the other as an nn.Sequential holds."""
    lines = [f"            nn.{type(layer).__name__}({layer.extra_repr()})," for layer in net.children()]
    init = ["    def __init__(self) -> None:", "        super().__init__(", *lines, "        )"]
    return "\n".join([f'"""{title}"""\n\n{HEAD}\n', f"class {name}(nn.Sequential):", *init]) + "\n"


def source(layers: Sequence[Layer], name: str, title: str) -> str:
    """Python that defines the module `name`, and above it the blocks that it uses."""
    used = {line.layer: find(line.layer) for line in layers if line.layer}
    own = "\n\n\n".join(inspect.getsource(c).rstrip() for k, c in used.items() if hasattr(blocks, k))
    init = [f"        self.{line.name} = {_call(line)}" for line in layers if line.layer]
    steps = [f"        {line.name} = {_step(line)}" for line in layers]
    body = "\n".join([
        f"class {name}(nn.Module):", "    def __init__(self) -> None:", "        super().__init__()", *init, "",
        "    def forward(self, x: Tensor) -> Tensor:", *steps, f"        return {layers[-1].name}",
    ])  # fmt: skip
    head = f'"""{title}"""\n\n{HEAD}'
    return "\n\n".join(part for part in (head, f"{own}\n" if own else "", body) if part) + "\n"


def _call(line: Layer) -> str:
    words = ", ".join([*map(repr, line.args), *(f"{k}={v!r}" for k, v in line.options.items())])
    return f"{'' if hasattr(blocks, line.layer or '') else 'nn.'}{line.layer}({words})"


def _step(line: Layer) -> str:
    first = line.inputs[0]
    if line.join == "zero":
        value = f"torch.zeros_like({first})"
    elif line.join == "cat" and len(line.inputs) > 1:
        value = f"torch.cat(({', '.join(line.inputs)}), dim=1)"
    else:
        value = " + ".join(line.inputs)
    return f"self.{line.name}({value})" if line.layer else value
