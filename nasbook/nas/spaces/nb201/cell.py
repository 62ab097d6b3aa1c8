"""The cell of NAS-Bench-201: four nodes, six edges, one of five operations on each edge.

    node_0 = input,   node_j = Σ_{i<j} op_ij(node_i),   output = node_3

    0 ──▶ 1 ──▶ 2 ──▶ 3      and the short cuts 0 ▶ 2, 0 ▶ 3, 1 ▶ 3

5^6 = 15,625 cells. Many of them are the same network under another name, because `none` cuts a path, `skip` passes a
sum on and the names of the nodes mean nothing; `nb201_key` and `canonical_key` count the distinct ones in two ways.

A *cell* is a tuple of six places in OPS, one for each edge in the order of EDGES. A *configuration* names them.
No network is built here; that is `networks.py`.

Paper: Dong & Yang, NAS-Bench-201: Extending the Scope of Reproducible Neural Architecture Search, ICLR 2020.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, TypeAlias

from nasbook.space import Choice, Config, Space

if TYPE_CHECKING:
    import networkx as nx

OPS = ("none", "skip", "conv1x1", "conv3x3", "avgpool")
NONE, SKIP, CONV1, CONV3, POOL = range(5)
EDGES = ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))  # node by node, as in the paper
EDGE_NAMES = tuple(f"edge_{i}_{j}" for i, j in EDGES)
NB201_OPS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")  # the paper's names of OPS

Cell: TypeAlias = tuple[int, ...]
CellLike: TypeAlias = str | Mapping[str, str] | Iterable[int | str]  # any way of naming a cell that `to_cell` reads


# ---- a cell, in its several notations --------------------------------------------------------------------


def cell_space() -> Space:
    """Six choices out of OPS, named edge_0_1, edge_0_2, edge_1_2, edge_0_3, edge_1_3, edge_2_3."""
    return Space({name: Choice(OPS) for name in EDGE_NAMES})


CELL_SPACE = cell_space()
PLACE_DIGITS = frozenset("01234")
_PLACE: dict[int | str, int] = {op: i for names in (OPS, NB201_OPS) for i, op in enumerate(names)}


def to_cell(cell: CellLike) -> Cell:
    """Six places in OPS, from any way of naming a cell; ValueError if it names none.

    A configuration {"edge_0_1": "conv3x3", …}; six operations as numbers or names (ours or the paper's); the key
    "333132"; or the paper's
    "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_1x1~2|"."""
    if isinstance(cell, Mapping):
        return tuple(OPS.index(op) for op in CELL_SPACE.validate(cell).values())
    if isinstance(cell, str) and "|" in cell:
        return parse_nb201(cell)
    try:
        ops = tuple(int(op) if str(op) in PLACE_DIGITS else _PLACE[op] for op in cell)
    except (KeyError, TypeError):
        ops = ()
    if len(ops) != len(EDGES):
        raise ValueError(f"a cell has six operations out of {', '.join(OPS)} (or 0 … 4), not {cell!r}")
    return ops


def to_row(cell: CellLike) -> int:
    """The place of a cell among `all_cells`: its six operations read as the digits of a number in base 5."""
    row = 0
    for op in to_cell(cell):
        row = 5 * row + op
    return row


def to_config(cell: CellLike) -> Config:
    """The configuration of a cell: {"edge_0_1": "conv3x3", …}."""
    return {name: OPS[op] for name, op in zip(EDGE_NAMES, to_cell(cell), strict=True)}


def nb201_string(cell: CellLike) -> str:
    """The paper's notation: |op~0|+|op~0|op~1|+|op~0|op~1|op~2|, where ~i names the node an edge comes from."""
    nodes = {j: "|" for _, j in EDGES}
    for (i, j), op in zip(EDGES, to_cell(cell), strict=True):
        nodes[j] += f"{NB201_OPS[op]}~{i}|"
    return "+".join(nodes.values())


def parse_nb201(text: str) -> Cell:
    """The cell of a string in the paper's notation; ValueError if it is none."""
    parts = [part.partition("~") for part in text.replace("+", "").split("|") if part]
    ops, sources = [op for op, _, _ in parts], [source for _, _, source in parts]
    if sources != [str(i) for i, _ in EDGES] or not set(ops) <= set(NB201_OPS):
        raise ValueError(f"a cell of NAS-Bench-201 reads {nb201_string((SKIP,) * 6)!r}, not {text!r}")
    return tuple(NB201_OPS.index(op) for op in ops)


def all_cells() -> Iterator[Cell]:
    """The 15,625 cells; the last edge changes fastest."""
    return product(range(len(OPS)), repeat=len(EDGES))


def graph(cell: CellLike) -> nx.DiGraph:
    """Nodes 0 … 3, and an edge with attribute `op` wherever the operation is not `none`."""
    import networkx as nx

    g: nx.DiGraph = nx.DiGraph()
    g.add_nodes_from(range(4))
    g.add_edges_from((i, j, {"op": OPS[op]}) for (i, j), op in zip(EDGES, to_cell(cell), strict=True) if op != NONE)
    return g


# ---- which cells are the same? ---------------------------------------------------------------------------


def nb201_key(cell: CellLike) -> str:
    """The benchmark's own key: a formula of the output, written as text. 6,466 values.

    It sorts the summands and sees through skips, but keeps zeros as summands and does not flatten a sum that a skip
    passes on, so some equal networks still have different keys."""
    nodes = ["0"]
    for j in (1, 2, 3):
        terms = []
        for i, op in _into(j, to_cell(cell)):
            if op == NONE or nodes[i] == "#":
                terms.append("#")
            else:
                terms.append(nodes[i] if op == SKIP else f"({nodes[i]})@{OPS[op]}")
        nodes.append("+".join(sorted(terms)))
    return nodes[-1]


Value = tuple[tuple[int, int], ...]  # a node: a sum of terms (times pooled, source); source -1 is the cell's input
Key = tuple[tuple[tuple[int, Value], ...], Value]  # the convolutions, (operation, what it reads) each; the output
INPUT = -1


def canonical_key(cell: CellLike) -> Key:
    """Equal keys if and only if two cells are the same family of functions of their weights. 5,044 values.

    A node is a sum of terms. Pooling is linear, pool(a + b) = pool(a) + pool(b), so a term is a source and how many
    times it was pooled. A source is the input or a convolution; two convolutions have weights of their own, so even
    over the same input they are two sources. What nothing reads is dropped; of all orders in which the convolutions
    can be named, the one with the smallest key counts."""
    nodes: list[Value] = [((0, INPUT),)]
    convs: list[tuple[int, Value]] = []  # (operation, what it reads)
    ops = to_cell(cell)
    for j in (1, 2, 3):
        terms: list[tuple[int, int]] = []
        for i, op in _into(j, ops):
            if op == NONE or not nodes[i]:
                continue
            if op == SKIP:
                terms += nodes[i]
            elif op == POOL:
                terms += [(pooled + 1, source) for pooled, source in nodes[i]]
            else:
                terms.append((0, len(convs)))
                convs.append((op, nodes[i]))
        nodes.append(tuple(sorted(terms)))

    return _smallest(tuple(convs), nodes[3])


@cache
def _smallest(convs: tuple[tuple[int, Value], ...], output: Value) -> Key:
    """The smallest key over all orders in which each convolution is named after what it reads."""
    found: list[tuple[tuple, dict[int, int]]] = [((), {INPUT: INPUT})]  # the beginning of a key, the names given so far
    read = _reachable(output, convs)
    for k in range(len(read)):  # keys are compared from the front, so only what begins smallest goes on
        longer = [
            ((*key, (convs[conv][0], _renamed(convs[conv][1], name))), {**name, conv: k})
            for key, name in found
            for conv in read
            if conv not in name and all(source in name for _, source in convs[conv][1])
        ]
        least = min(key for key, _ in longer)
        found = [(key, name) for key, name in longer if key == least]
    return found[0][0], min(_renamed(output, name) for _, name in found)


def _renamed(value: Value, name: dict[int, int]) -> Value:
    return tuple(sorted([(pooled, name[source]) for pooled, source in value]))


def _reachable(value: Value, convs: tuple[tuple[int, Value], ...]) -> list[int]:
    """The convolutions on which a value depends."""
    found: set[int] = set()
    todo = [source for _, source in value]
    while todo:
        source = todo.pop()
        if source != INPUT and source not in found:
            found.add(source)
            todo += [s for _, s in convs[source][1]]
    return sorted(found)


def _into(node: int, cell: Cell) -> list[tuple[int, int]]:
    """(source node, operation) of the edges into a node."""
    return [(i, op) for (i, j), op in zip(EDGES, cell, strict=True) if j == node]


def classes() -> tuple[list[Cell], dict[Cell, int]]:
    """The simplest cell of each of the 5,044 classes, and the class of every cell.

    Simplest: fewest operations, then fewest convolutions; such a cell has no edge that does nothing."""
    groups: dict[Key, list[Cell]] = {}
    for cell in all_cells():
        groups.setdefault(canonical_key(cell), []).append(cell)

    def effort(c: Cell) -> tuple[int, int, Cell]:
        return sum(op != NONE for op in c), sum(op in (CONV1, CONV3) for op in c), c

    ordered = sorted((min(group, key=effort), group) for group in groups.values())
    return [cell for cell, _ in ordered], {cell: k for k, (_, group) in enumerate(ordered) for cell in group}
