"""Which graphs of operations are the same, whatever their nodes are called?

    canonical(graph) == canonical(other)

`graph` is what `Architectures.graph` gives: operations on the edges, "skip" among them, and a node is the sum of what
its edges bring. The key is found by colour refinement: operations get a colour by what they are, what they read and
what reads them, until no colour splits any more; where several still share one, each is tried in turn, and the smallest
description wins.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import networkx as nx

Sources = tuple[int, ...]  # inputs (-1, -2, …) and operations (0, 1, …) that are added
Operation = tuple[str, Sources]
Seen = tuple[int, list[int], list[int]]  # colours: its own, of what it reads, of what reads it
T = TypeVar("T", str, Seen)


def canonical(graph: nx.MultiDiGraph) -> tuple[Operation, ...]:
    """The same for two graphs if and only if one becomes the other by renaming nodes, passing sums through skips and
    leaving out what the output does not read.

    The operations that are used, in an order that does not depend on names; an operation called "" is an output."""
    ops, parts = terms(graph)
    ops = [*ops, *(("", part) for part in parts)]
    used = _used(ops, range(len(ops) - len(parts), len(ops)))
    readers: dict[int, list[int]] = {i: [] for i in used}
    for i in used:
        for s in ops[i][1]:
            if s >= 0:
                readers[s].append(i)

    def refine(colour: dict[int, int]) -> dict[int, int]:
        while True:
            seen: dict[int, Seen] = {
                i: (colour[i], sorted(colour.get(s, s) for s in ops[i][1]), sorted(colour[r] for r in readers[i]))
                for i in used
            }
            new = _ranks(seen)
            if len(set(new.values())) == len(set(colour.values())):
                return new
            colour = new

    def smallest(colour: dict[int, int]) -> tuple[Operation, ...]:
        colour = refine(colour)
        groups: dict[int, list[int]] = {}
        for i in used:
            groups.setdefault(colour[i], []).append(i)
        ties = [groups[c] for c in sorted(groups) if len(groups[c]) > 1]
        if not ties:
            order = sorted(used, key=lambda i: colour[i])
            name = {i: k for k, i in enumerate(order)}
            return tuple((ops[i][0], tuple(sorted(name.get(s, s) for s in ops[i][1]))) for i in order)
        twins = {(ops[i][1], tuple(readers[i])): i for i in ties[0]}.values()  # of exact twins, one stands for all
        apart = [{j: 2 * c + (j != first) for j, c in colour.items()} for first in twins]
        return min(smallest(colour) for colour in apart)

    return smallest(_ranks({i: ops[i][0] for i in used}))


def terms(graph: nx.MultiDiGraph) -> tuple[list[Operation], list[Sources]]:
    """Operations in the order of computation, and what the output reads: one sum, or one for each part of a
    concatenation (`graph.graph["join"] == "cat"`)."""
    inputs = list(graph.graph["inputs"])
    sums: dict[int, list[int]] = {node: [-1 - inputs.index(node)] if node in inputs else [] for node in sorted(graph)}
    ops: list[Operation] = []
    for node in sorted(graph):
        for a, _, edge in sorted(graph.in_edges(node, data=True), key=lambda e: (e[0], e[2]["op"])):
            if not sums[a]:
                continue  # nothing arrives there
            if edge["op"] == "skip":
                sums[node] += sums[a]
            else:
                ops.append((edge["op"], tuple(sorted(sums[a]))))
                sums[node].append(len(ops) - 1)
    parts = [tuple(sorted(sums[node])) for node in graph.graph["output"]]
    return ops, parts if graph.graph.get("join") == "cat" else [tuple(sorted(s for part in parts for s in part))]


def _used(ops: Sequence[Operation], wanted: Iterable[int]) -> list[int]:
    found: set[int] = set()
    todo = list(wanted)
    while todo:
        i = todo.pop()
        if i >= 0 and i not in found:
            found.add(i)
            todo += ops[i][1]
    return sorted(found)


def _ranks(keys: dict[int, T]) -> dict[int, int]:
    """Each key's place among the different ones."""
    order: list[T] = []
    for key in sorted(keys.values()):
        if not order or key != order[-1]:
            order.append(key)
    place = {repr(key): k for k, key in enumerate(order)}
    return {i: place[repr(key)] for i, key in keys.items()}
