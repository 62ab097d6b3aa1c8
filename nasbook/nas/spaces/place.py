"""A place of a supernet, where the gates say which of several operations run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce

import torch
from torch import Tensor, nn

from nasbook.nas.spaces.gates import Gate


class Place(nn.ModuleDict):
    """The operations of one place, by name; None for one that gives nothing."""

    def __init__(self, ops: Mapping[str, nn.Module | None]) -> None:
        super().__init__({name: op for name, op in ops.items() if op is not None})
        self.names = tuple(ops)

    def forward(self, x: Tensor, gates: Sequence[Gate]) -> list[Tensor]:
        """What is added where the place leads to: nothing, or a summand for each gate."""
        terms = []
        for op, by, live in gates:
            if (name := self.names[op]) in self:
                if live:
                    y = self[name](x)
                else:
                    with torch.no_grad():
                        y = self[name](x)
                terms.append(y if by is None else by * y)
        return terms


def total(terms: Sequence[Tensor]) -> Tensor | None:
    """Their sum, in their order; None where there are none."""
    return reduce(torch.add, terms) if terms else None
