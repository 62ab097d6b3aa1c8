"""How a predictor sees an architecture: as the set of its paths, if its space is one of architectures.

    paths(space)(config)  ->  frozenset of the ways from input to output, each a tuple of operations

Paper: White, Neiswanger & Savani, BANANAS, AAAI 2021 (the path encoding); each space computes its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from nasbook import registry
from nasbook.fits import misfit
from nasbook.space import Choice, Config, Float, Parameter, Scalar, Space

if TYPE_CHECKING:
    from nasbook.nas.spaces.architecture import Architectures


def of(space: Space) -> Architectures | None:
    """The registered search space of architectures that has these parameters, or None."""
    for entry in registry.entries("space"):
        known = registry.make("space", entry.name)
        if known.space == space:
            return known
    return None


def inside(space: Space) -> Architectures | None:
    """The registered search space of architectures of which this space holds every parameter, with its values or some
    of them, whatever else it holds; None if there is none. Of several the one with the most parameters, and the fewest
    values that this space has not."""
    found = [known for entry in registry.entries("space") if _holds(space, known := registry.make("space", entry.name))]
    return max(found, key=lambda known: (len(known.space.parameters), -known.space.size), default=None)


def _holds(space: Space, known: Architectures) -> bool:
    part = {name: p for name, p in space.parameters.items() if name in known.space.parameters}
    if len(part) < len(known.space.parameters):
        return False
    try:
        return misfit(known.space, {}, Space(part)) is None
    except ValueError:  # a condition that names a parameter of another part
        return False


def paths(space: Space) -> Callable[[Config], frozenset]:
    """A function from a configuration to its set of paths; of what is no architecture, such as a learning rate beside
    it, its values: (name, value) of a choice, and of a number (name, k) for each k/8 of its axis that it has passed."""
    known = inside(space)
    if known is not None and known.space == space:
        return known.paths
    architecture = known.space.parameters if known else {}
    rest = {name: p for name, p in space.parameters.items() if name not in architecture}

    def seen(config: Config) -> frozenset:
        values = {value for name, p in rest.items() if name in config for value in _values(name, p, config[name])}
        ways = known.paths({k: v for k, v in config.items() if k in architecture}) if known else frozenset()
        return frozenset({*(("path", *way) for way in ways), *values})

    return seen


def _values(name: str, p: Parameter, value: Scalar) -> list[tuple]:
    if isinstance(p, Float) or (isinstance(p, Choice) and p.ordered):
        steps = 8 if isinstance(p, Float) else int(p.size)
        return [(name, str(k)) for k in range(int(p.encode(value) * steps) + 1)]
    return [(name, str(value))]
