"""Gates: which operations of a supernet run, and what multiplies them. One forward serves every strategy.

    ō_p(x) = Σ_{g ∈ gates_p} c_g · o_g(x)            p: a place, where one of several operations is to stand

    mixed         every operation, times its weight          DARTS and its relatives: softmax(α), σ(α), a Gumbel sample
    single        one operation, as it is                    SPOS, FairNAS, ENAS; every evaluation of a child

Others are made where they are used: one operation times 1 + z − z' by GDAS, two times 1 and 0 by ProxylessNAS.

What is not in the gates does not run: it costs nothing, its weights get no gradient (None, so that not even momentum or
decay move them), and the running statistics of its batch norms stay. A place without gates, or with `none` alone, adds
nothing, and what only reads such places is not there either. How networks obey is in place.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from nasbook.space import Config, Space
from nasbook.task import Task

Path = tuple[int, ...]  # one operation for each place, as its number in `Places.ops`


class Gate(NamedTuple):
    op: int
    by: Tensor | None = None  # the coefficient, a number; None: as it is
    live: bool = True  # False: without a graph; the coefficient alone gets a gradient


Gates = Sequence[Sequence[Gate]]  # of every place


def mixed(weights: Iterable[Iterable[Tensor]]) -> Gates:
    """Every operation times its weight; weights (places, ops)."""
    return [[Gate(op, w) for op, w in enumerate(row)] for row in weights]


def single(path: Path) -> Gates:
    """The path and nothing else."""
    return [[Gate(op)] for op in path]


class Gated(nn.Module):
    """A supernet: (images, Gates) -> logits."""

    def derive(self, path: Path) -> nn.Module:
        """The network of a path, with copied weights."""
        raise NotImplementedError


class Places:
    """The places of a space's supernet: all that a strategy needs to know of the space.

    A subclass sets the attributes, builds the `net` and says which path a configuration is, and the other way round.
    nasbook.catalogue.SUPERNETS lists the subclasses."""

    space: Space
    ops: tuple[str, ...]  # names of the operations
    edges: tuple[tuple[int, int], ...]  # of each place: (from node, to node)
    allowed: np.ndarray  # (places, ops): may this operation stand there?
    kept: np.ndarray  # (places, ops): may a derived architecture have it there? `none` is often only for the supernet
    choices: Mapping[str, Sequence[str]]  # the parameters of the space that choose an operation, and their options
    text = False  # do the networks read symbols? Then they run one path at a time
    latencies: tuple[float, ...] = ()  # µs of the rest of the network, then of each operation at a place; () if unknown

    @classmethod
    def of(cls, space: Space) -> Places | None:
        """The places of this space; None for a space of another kind."""
        raise NotImplementedError

    def know(self, task: Task) -> None:
        """Take from a task what its space does not say of the networks."""

    def net(self, channels: int, classes: int, in_channels: int, partial: int = 1) -> Gated:
        """The supernet. partial: 1/partial of the channels go through the operations (partial.py)."""
        raise NotImplementedError

    def config(self, path: Path) -> Config:
        raise NotImplementedError

    def path(self, config: Config) -> Path:
        raise NotImplementedError

    def draw(self, rng: np.random.Generator) -> Path:
        """A path; all architectures of the space are equally likely. NumPy's draws are the same on every device."""
        return self.path(self.space.sample(rng))

    def names(self, path: Path) -> tuple[str, ...]:
        return tuple(self.ops[op] for op in path)

    def softmax(self, alpha: Tensor) -> Tensor:
        """softmax(α) (places, ops) over the operations that may stand at each place; 0 for the others."""
        never = torch.from_numpy(~self.allowed).to(alpha.device)
        return torch.softmax(alpha.masked_fill(never, -torch.inf), 1)

    def strongest(self, weights: Tensor) -> Path:
        """The path of the largest weights (places, ops), of those that may be kept."""
        w = weights.detach().cpu().masked_fill(torch.from_numpy(~self.kept), -torch.inf)
        return tuple(w.argmax(1).tolist())
