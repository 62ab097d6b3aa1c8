"""Cells: their notations, and how many are really different."""

from itertools import permutations

import networkx as nx
import pytest

from nasbook.nas.spaces.nb201.cell import (
    EDGE_NAMES,
    EDGES,
    OPS,
    all_cells,
    canonical_key,
    cell_space,
    classes,
    graph,
    nb201_key,
    nb201_string,
    parse_nb201,
    to_cell,
    to_config,
)

# The best cell of the benchmark on CIFAR-10 by validation accuracy: digits 333132.
BEST = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_1x1~2|"


def test_space_has_every_cell_once():
    space = cell_space()
    assert space.size == 15_625
    assert list(space.parameters) == ["edge_0_1", "edge_0_2", "edge_1_2", "edge_0_3", "edge_1_3", "edge_2_3"]
    assert {to_cell(config) for config in space.grid()} == set(all_cells())


def test_notations_go_round():
    for cell in all_cells():
        assert to_cell(to_config(cell)) == cell
        assert parse_nb201(nb201_string(cell)) == cell
    assert nb201_string((3, 3, 3, 1, 3, 2)) == BEST
    assert to_cell(["conv3x3"] * 3 + ["skip", "conv3x3", "conv1x1"]) == (3, 3, 3, 1, 3, 2)


@pytest.mark.parametrize("bad", [(1, 2, 3), (5,) * 6, "nonsense", 7, ("conv5x5",) * 6, None])
def test_what_is_no_cell_is_refused(bad):
    with pytest.raises(ValueError, match="six operations"):
        to_cell(bad)


@pytest.mark.parametrize(
    "bad", ["", "|skip_connect~0|", BEST.replace("~2", "~1"), BEST.replace("skip_connect", "skip")]
)
def test_what_is_no_string_of_the_paper_is_refused(bad):
    with pytest.raises(ValueError, match="NAS-Bench-201 reads"):
        parse_nb201(bad)


def test_graph():
    g = graph((3, 0, 1, 2, 0, 4))
    assert sorted(g.nodes) == [0, 1, 2, 3]
    assert {(i, j): op for i, j, op in g.edges(data="op")} == {
        (0, 1): "conv3x3",
        (1, 2): "skip",
        (0, 3): "conv1x1",
        (2, 3): "avgpool",
    }
    assert nx.is_directed_acyclic_graph(g)
    assert len(EDGES) == len(EDGE_NAMES) == 6 and len(OPS) == 5


def test_number_of_distinct_cells():
    """6,466 is the paper's own count; 5,044 is that of this space's weight-aware key, here found by exact
    enumeration."""
    assert len({nb201_key(cell) for cell in all_cells()}) == 6_466
    assert len({canonical_key(cell) for cell in all_cells()}) == 5_044


def test_a_key_is_the_smallest_of_all_orders():
    """By trying them all, for each cell's own sums; on the way only what begins smallest goes on."""
    cells = [cell for cell in all_cells() if sum(op in (2, 3) for op in cell) >= 3]
    for cell in cells[::40]:
        nodes, convs = [((0, -1),)], []
        for j in (1, 2, 3):
            terms = []
            for (i, to), op in zip(EDGES, cell, strict=True):
                if to == j and op == 1:
                    terms += nodes[i]
                elif to == j and op == 4:
                    terms += [(pooled + 1, source) for pooled, source in nodes[i]]
                elif to == j and op > 1 and nodes[i]:
                    terms.append((0, len(convs)))
                    convs.append((op, nodes[i]))
            nodes.append(tuple(terms))
        read = {source for _, source in nodes[3]} - {-1}
        for _ in convs:
            read |= {source for c in read for _, source in convs[c][1]} - {-1}
        keys = []
        for order in permutations(sorted(read)):
            name = {-1: -1, **{c: k for k, c in enumerate(order)}}
            if all(name[s] < k for k, c in enumerate(order) for _, s in convs[c][1]):
                sums = [
                    tuple(sorted((p, name[s]) for p, s in value)) for value in (*(convs[c][1] for c in order), nodes[3])
                ]
                keys.append((tuple((convs[c][0], v) for c, v in zip(order, sums[:-1], strict=True)), sums[-1]))
        assert canonical_key(cell) == min(keys)


def test_classes():
    simplest, index = classes()
    assert len(simplest) == 5_044 and len(index) == 15_625
    assert all(index[cell] == k for k, cell in enumerate(simplest))
    assert simplest[0] == (0,) * 6 and index[(1, 0, 0, 0, 0, 0)] == 0  # one edge that leads nowhere


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ((3, 0, 0, 0, 0, 0), (0, 0, 0, 0, 0, 0), True),  # nothing reaches the output
        ((3, 0, 0, 0, 1, 0), (0, 0, 0, 3, 0, 0), True),  # through a skip, or directly
        ((3, 0, 0, 0, 1, 0), (0, 3, 0, 0, 0, 1), True),  # by way of node 1 or of node 2
        ((1, 0, 4, 0, 0, 4), (4, 0, 1, 0, 0, 4), True),  # pool twice
        ((4, 3, 1, 0, 0, 4), (3, 4, 1, 0, 0, 4), True),  # summands change places
        ((1, 1, 4, 0, 0, 4), (4, 4, 1, 1, 0, 1), False),
        ((3, 3, 1, 0, 0, 1), (3, 1, 3, 0, 0, 1), False),  # conv(x) + conv(x) has two sets of weights in both, but
        ((3, 0, 0, 3, 1, 0), (3, 0, 0, 0, 1, 0), False),  # two convolutions of the input are not one
    ],
)
def test_examples_of_equal_and_different_cells(a, b, same):
    assert (canonical_key(a) == canonical_key(b)) is same
