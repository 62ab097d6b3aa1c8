"""One edit of an architecture, and the edge of its graph that shows it.

    where = edits(spaces, config)
    where.decisions[0, 1, 0]       # ("kernel_1", "kind_1", …): what can be changed about that edge
    where.offers[0, 2, 0]          # the architecture with an edge in a place where there is none now
    change(spaces, config, "kernel_1", 5)

A *slot* (i, j, k) is the place of the k-th edge from node i to node j. Which decision belongs to which slot is found by
trying every neighbour and comparing the graphs, so it works for every search space of architectures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nasbook.nas.spaces.architecture import Architectures
from nasbook.space import Config, Constant, Scalar

if TYPE_CHECKING:
    import networkx as nx

Slot = tuple[int, int, int]


@dataclass(frozen=True)
class Edits:
    """edges: slot -> operation. decisions: slot of an edge -> parameters that change it, the most specific first.
    offers: slot without an edge -> a neighbour that has one there. neighbours: all of them."""

    edges: dict[Slot, str]
    decisions: dict[Slot, tuple[str, ...]]
    offers: dict[Slot, Config]
    neighbours: list[Config]


def edges(graph: nx.MultiDiGraph) -> dict[Slot, str]:
    """Slot -> operation, for every edge that is not `none`."""
    return {(i, j, k): data["op"] for i, j, k, data in graph.edges(keys=True, data=True) if data["op"] != "none"}


def edits(spaces: Architectures, config: Config) -> Edits:
    now = edges(spaces.graph(spaces.check(config)))
    changes: dict[str, set[Slot]] = {}  # parameter -> slots that it changes
    offers: dict[Slot, Config] = {}
    neighbours = spaces.neighbours(config)
    for other in neighbours:
        then = edges(spaces.graph(other))
        changed = {slot for slot in now.keys() | then.keys() if now.get(slot) != then.get(slot)}
        changes.setdefault(changed_by(spaces, config, other), set()).update(changed)
        for slot in sorted(changed - now.keys()):
            offers.setdefault(slot, other)
    names = sorted(changes, key=lambda name: len(changes[name]))  # sorting is stable: then the order of the space
    decisions = {slot: tuple(name for name in names if slot in changes[name]) for slot in now}
    return Edits(now, decisions, offers, neighbours)


def changed_by(spaces: Architectures, config: Config, other: Config) -> str:
    """The decision in which two neighbours differ: the first, since what it brings to life stands after it."""
    return next(name for name in spaces.space.parameters if config.get(name) != other.get(name))


def change(spaces: Architectures, config: Config, name: str, value: Scalar) -> Config:
    """The architecture with one decision changed; decisions that come to life take the middle of their options.

    ValueError says why there is no such architecture."""
    new: Config = {}
    for n, p in spaces.space.parameters.items():
        if spaces.space.is_active(n, new):
            fresh = p.value if isinstance(p, Constant) else p.decode(0.5)
            new[n] = value if n == name else config.get(n, fresh)
    if name not in new:
        spaces.space.validate({**new, name: value})  # says when it exists
    return spaces.check(new)


def following(spaces: Architectures, config: Config, name: str) -> Config:
    """The next valid option of a decision, and after the last the first again. ValueError where there is only one."""
    options = spaces.space.parameters[name].levels(64)
    at = options.index(config[name])
    for value in [*options[at + 1 :], *options[:at]]:
        try:
            return change(spaces, config, name, value)
        except ValueError:
            continue
    raise ValueError(f"{name} has no other valid option here")
