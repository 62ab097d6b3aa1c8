"""What is known of the architectures of a search space: what they cost, what lies one edit away, and what a table says.

Parameters, FLOPs and seconds are those of the space's own small network, not of the network that a table was made with.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from functools import cache

import numpy as np

import nasbook
from nasbook import registry
from nasbook.nas.spaces.architecture import Architectures
from nasbook.nas.spaces.edits import Edits, edits
from nasbook.plots.style import number, plural
from nasbook.space import Config
from nasbook.task import KnowsOutcomes

COUNTED = 16_000  # architectures: in a space of at most so many, equal ones are counted one by one


class Known:
    """What is known of a space's architectures; nothing is measured twice. `use` takes a table of true accuracies."""

    def __init__(self, spaces: Architectures) -> None:
        self.spaces = spaces
        self._costs: dict[Hashable, tuple[int, int, float]] = {}
        self._edits: tuple[Hashable, Edits] | None = None  # those of the architecture that was asked for last
        self.use("")

    def use(self, table: str) -> None:
        """Know what the table of this name knows; "" for none."""
        self.table = nasbook.task(table) if table else None
        self.all = np.empty(0) if self.table is None else 100 * (1 - self.table.outcomes()[:, 0])

    def facts(self, config: Config) -> dict[str, str]:
        """All of it, in words."""
        space, around = self.spaces.space, self.edits(config)
        own = self.spaces.canonical(config)
        same = sum(self.spaces.canonical(c) == own for c in around.neighbours)
        equal = equals(self.spaces.name).get(own)
        parameters, flops, seconds = self.cost(config)
        facts = {
            "in the space": f"{size(space.size)} architectures",
            "decisions": f"{sum(n in config for n in space.free)} of {len(space.free)} in force",
            "this network": f"{plural(equal, 'time')} in the space" if equal else "perhaps more than once in the space",
            "one edit away": f"{len(around.neighbours)}, and {same} of them the same network",
            "parameters": f"{parameters:,}",
            "FLOPs": f"{flops:,} for an input of {'×'.join(map(str, self.spaces.shape))}",
            "latency": f"{1e3 * seconds:.2g} ms on this machine, one thread",
        }
        if self.table is not None:
            accuracy = self.accuracy(config)
            rank = 1 + int((self.all > accuracy + 1e-9).sum())
            facts["true accuracy"] = f"{accuracy:.2f} %, rank {rank:,} of {len(self.all):,}"
        return facts

    def accuracy(self, config: Config) -> float:
        """Mean validation accuracy in the table, in per cent."""
        assert self.table is not None
        return 100 * self.table.accuracy(config)

    def cost(self, config: Config) -> tuple[int, int, float]:
        """Parameters, FLOPs and seconds."""
        key = self.spaces.space.key(config)
        if key not in self._costs:
            self._costs[key] = (
                self.spaces.parameters(config),
                self.spaces.flops(config),
                self.spaces.latency(config, repeats=7),
            )
        return self._costs[key]

    def edits(self, config: Config) -> Edits:
        """What one edit leads to."""
        key = self.spaces.space.key(config)
        if self._edits is None or self._edits[0] != key:
            self._edits = key, edits(self.spaces, config)
        return self._edits[1]


def size(n: float) -> str:
    """A whole number with commas, and from a million million on as a power of ten."""
    if n < 1e12:
        return f"{int(n):,}"
    exponent = int(np.floor(np.log10(n)))
    power = str(exponent).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"about {number(n / 10**exponent, 2)} · 10{power}" if np.isfinite(n) else "infinitely many"


@cache
def tables(space: str) -> tuple[str, ...]:
    """The names of the tables that hold the architectures of a search space."""
    parameters = registry.make("space", space).space
    found = [e.name for e in registry.TASKS if e.family == "table" and getattr(e.load(), "space", None) == parameters]
    return tuple(name for name in found if issubclass(registry.find("task", name).load(), KnowsOutcomes))


@cache
def equals(space: str) -> Counter[Hashable]:
    """Canonical form -> how many architectures have it; empty for a space with more than COUNTED."""
    spaces = registry.make("space", space)
    if not spaces.space.size <= COUNTED:
        return Counter()
    return Counter(spaces.canonical(config) for config in spaces.space.grid(10**6) if spaces.is_valid(config))
