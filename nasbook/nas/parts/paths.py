"""How a predictor sees an architecture: as the set of its paths, if its space is one of architectures.

    paths(space)(config)  ->  frozenset of the ways from input to output, each a tuple of operations

Paper: White, Neiswanger & Savani, BANANAS, AAAI 2021 (the path encoding); each space computes its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nasbook import registry
from nasbook.space import Space

if TYPE_CHECKING:
    from nasbook.nas.spaces.architecture import Architectures


def of(space: Space) -> Architectures | None:
    """The registered search space of architectures that has these parameters, or None."""
    for entry in registry.entries("space"):
        known = registry.make("space", entry.name)
        if known.space == space:
            return known
    return None


def paths(space: Space) -> Any:
    """A function from a configuration to its set of paths; for a space of no architectures, its (name, value) pairs."""
    known = of(space)
    return known.paths if known else lambda config: frozenset((name, str(value)) for name, value in config.items())
