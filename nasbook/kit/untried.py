"""A configuration that has not been tried, for the methods that do not try one twice."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import numpy as np

from nasbook.space import Config, Space

LISTED = 2048  # where so many are left at most, they are looked through one by one


def fresh(order: Iterable[Config], space: Space, tried: Collection[tuple], rng: np.random.Generator) -> Config | None:
    """The first configuration of an order whose key is not in `tried`; where there is none, any other such one."""
    return next((c for c in order if space.key(c) not in tried), None) or untried(space, tried, rng)


def untried(space: Space, tried: Collection[tuple], rng: np.random.Generator) -> Config | None:
    """A configuration whose key is not in `tried`; None if there is none."""
    for _ in range(64):
        if space.key(config := space.sample(rng)) not in tried:
            return config
    if not space.at_most(len(tried) + LISTED):
        return config
    every = space.grid({name: int(p.size) for name, p in space.parameters.items()})
    return next((c for c in every if space.key(c) not in tried), None)
