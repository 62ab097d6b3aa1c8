"""Equal graphs have equal keys, against networkx."""

import networkx as nx
import numpy as np

from nasbook.nas.spaces.graphs import _used, canonical, terms
from nasbook.nas.spaces.nb201 import cell
from nasbook.nas.spaces.nb201.space import NB201Cells


def drawn(*edges, inputs=(0,), output=None):
    graph = nx.MultiDiGraph(inputs=inputs)
    graph.add_edges_from((a, b, {"op": op}) for a, b, op in edges)
    graph.graph["output"] = (max(graph),) if output is None else output
    return canonical(graph)


def test_names_skips_and_dead_ends_do_not_matter():
    chain = drawn((0, 1, "conv"), (1, 2, "pool"))
    assert chain == drawn((0, 3, "conv"), (3, 7, "pool"))
    assert chain == drawn((0, 1, "skip"), (1, 2, "conv"), (2, 3, "pool"), (3, 4, "skip"))
    assert chain == drawn((0, 1, "conv"), (0, 2, "conv"), (1, 3, "pool"), output=(3,)), "nothing reads node 2"
    assert chain != drawn((0, 1, "pool"), (1, 2, "conv"))


def test_an_operation_read_twice_is_not_two_operations():
    shared = drawn((0, 1, "conv"), (1, 2, "relu"), (1, 2, "tanh"))
    twice = drawn((0, 1, "conv"), (0, 2, "conv"), (1, 3, "relu"), (2, 3, "tanh"))
    assert shared != twice
    swapped = drawn((0, 1, "conv"), (0, 2, "conv"), (2, 3, "relu"), (1, 3, "tanh"))
    assert twice == swapped


def test_inputs_keep_their_places():
    assert drawn((0, 2, "a"), (1, 2, "b"), inputs=(0, 1)) != drawn((1, 2, "a"), (0, 2, "b"), inputs=(0, 1))


def test_against_isomorphism_by_networkx():
    """On random graphs without skips, equal keys if and only if networkx finds the used parts isomorphic."""
    rng = np.random.default_rng(0)

    def graph():
        g = nx.MultiDiGraph(inputs=(0,), output=(4,))
        g.add_nodes_from(range(5))
        for b in range(1, 5):
            for a in range(b):
                if rng.random() < 0.5:
                    g.add_edge(a, b, op="ab"[int(rng.integers(2))])
        return g

    def as_operations(g):
        ops, (output,) = terms(g)
        h = nx.MultiDiGraph()
        h.add_node("in", op="in")
        h.add_node("out", op="out")
        used = _used(ops, output)
        h.add_nodes_from((i, {"op": ops[i][0]}) for i in used)
        h.add_edges_from((s if s >= 0 else "in", i) for i in used for s in ops[i][1])
        h.add_edges_from((s if s >= 0 else "in", "out") for s in output)
        return h

    graphs = [graph() for _ in range(60)]
    keys, plain = [canonical(g) for g in graphs], [as_operations(g) for g in graphs]
    same = [
        (keys[i] == keys[j], nx.is_isomorphic(plain[i], plain[j], node_match=lambda a, b: a["op"] == b["op"]))
        for i in range(60)
        for j in range(i)
    ]
    assert {a == b for a, b in same} == {True} and sum(a for a, _ in same) > 20


def test_the_general_key_never_joins_two_classes_of_nb201():
    """The cell's own key also moves pooling through sums, so it has fewer classes; it never splits a general one."""
    spaces = NB201Cells()
    own = {}
    for row in np.random.default_rng(0).choice(15625, 1500, replace=False):
        config = cell.to_config(np.base_repr(row, 5).zfill(6))
        own.setdefault(canonical(spaces.graph(config)), set()).add(spaces.canonical(config))
    assert max(len(keys) for keys in own.values()) == 1 and len(own) < 1500
