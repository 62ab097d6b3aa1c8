"""A graph of any search space: every edge where it belongs, nothing jumps, every word legible."""

import networkx as nx
import numpy as np
import pytest
from plots.legible import assert_legible

from nasbook import registry
from nasbook.nas.spaces.edits import edits
from nasbook.nas.spaces.nb201.cell import to_config
from nasbook.plots.graph import GraphPicture, GraphState, Stage, graph, stage

NAMES = [entry.name for entry in registry.SPACES]
CELLS = registry.make("space", "nb201-cell")


def valid(spaces, rng):
    while True:
        config = spaces.space.sample(rng)
        if spaces.is_valid(config):
            return config


def shown(picture):
    """{(place of the start, place of the end): (label, alpha, dash)} of what is drawn."""
    found = {}
    for line, label in zip(picture.lines, picture.labels, strict=True):
        if line.get_visible():
            points = line.get_xydata()
            ends = tuple(tuple(np.round(p, 6)) for p in (points[0], points[-1]))
            found[ends] = label.get_text(), line.get_alpha(), line.get_linestyle()
    return found


@pytest.mark.parametrize("name", NAMES)
def test_every_space_is_drawn_edge_by_edge_and_legibly(name):
    spaces, rng = registry.make("space", name), np.random.default_rng(5)
    picture = GraphPicture(stage(spaces))
    for _ in range(8):
        config = valid(spaces, rng)
        found = edits(spaces, config)
        fig = picture.render_static(GraphState(spaces.graph(config), frozenset(found.offers)))
        drawn = sum(line.get_visible() for line in picture.lines)
        assert drawn == len(found.edges) and len(picture.hints.get_xdata()) == len(found.offers)
        for i, j, _ in found.edges:
            assert picture.at[i][0] < picture.at[j][0], "an edge leads to the right"
        labels = {label.get_text() for label in picture.labels if label.get_visible()}
        for op in found.edges.values():
            assert op in fig.alt and op in labels  # not cut
        assert_legible(fig)


def test_what_one_edit_leaves_alone_stays_where_it_is():
    picture = GraphPicture(stage(CELLS))
    picture.render_static(GraphState(CELLS.graph(to_config("333132"))))
    nodes, before = dict(picture.at), shown(picture)
    picture.update(GraphState(CELLS.graph(to_config("330132"))))  # without the edge from 1 to 2
    after = shown(picture)
    assert picture.at == nodes and len(before) == 6 and len(after) == 5
    assert all(before[ends] == after[ends] for ends in after)


def test_none_is_not_drawn_and_what_is_cut_off_is_pale():
    picture = GraphPicture(stage(CELLS))
    fig = picture.render_static(GraphState(CELLS.graph(to_config("030003"))))  # 0→2 and 2→3, both conv3x3
    assert [alpha for _, alpha, _ in shown(picture).values()] == [1.0, 1.0] and picture.unused == 0
    fig = picture.render_static(GraphState(CELLS.graph(to_config("300100"))))  # 0→1 leads nowhere, 0→3 skips
    by_label = {label: (alpha, dash) for label, alpha, dash in shown(picture).values()}
    assert by_label["conv3x3"][0] < 0.5 and by_label["skip"] == (1.0, "--")
    assert picture.unused == 1 and "1 edge without effect" in fig.sentence
    fig = picture.render_static(GraphState(CELLS.graph(to_config("000000"))))
    assert not shown(picture) and "Nothing reaches the output." in fig.alt


def test_parallel_edges_are_arcs_apart_and_unconnected_parts_have_rows():
    g = nx.MultiDiGraph(inputs=(0, 3), output=(1, 5))
    g.add_edge(0, 1, op="conv3x3")
    g.add_edge(0, 1, op="skip")
    g.add_node(3, cell="second")
    g.add_edge(3, 5, op="avgpool")
    picture = GraphPicture(Stage.of([g]))
    picture.render_static(GraphState(g))
    assert picture.stage.rows == ((0, 1), (3, 5))
    straight, arc = picture.arc((0, 1, 0)), picture.arc((0, 1, 1))
    assert abs(straight[20, 1] - arc[20, 1]) > 0.3 and np.allclose(straight[[0, -1]], arc[[0, -1]])
    assert picture.at[0][1] > picture.at[3][1] and picture.at[0][0] == picture.at[3][0]
    assert picture.cells[1].get_text() == "second"


def test_a_click_finds_its_edge_and_nothing_far_from_all():
    picture = GraphPicture(stage(CELLS))
    config = to_config("330132")
    found = edits(CELLS, config)
    picture.render_static(GraphState(CELLS.graph(config), frozenset(found.offers)))
    for slot in (*found.edges, *found.offers):
        assert picture.nearest(*picture.arc(slot)[20]) == slot
    assert picture.nearest(0.1, picture.stage.height - 0.02) is None


def test_a_longer_graph_than_the_one_before_needs_no_new_picture():
    spaces = registry.make("space", "conv-chain")
    layer = {"kind": "conv", "kernel": 3, "channels": 8, "skip": True, "stride": 1}
    picture = GraphPicture(stage(spaces))
    for depth in (1, 5, 2):
        config = {"depth": depth} | {f"{k}_{i}": v for i in range(1, depth + 1) for k, v in layer.items()}
        frame = picture.frame(GraphState(spaces.graph(config)))
        assert sum(line.get_visible() for line in picture.lines) == 2 * depth
        assert frame.shape[:2] == tuple(round(100 * s) for s in picture.figsize[::-1])


def test_graph_takes_a_name_and_refuses_what_is_no_architecture():
    fig = graph("nb201-cell", to_config("333132"))
    assert "in to 1 conv3x3" in fig.alt
    with pytest.raises(ValueError, match="missing"):
        graph("nb201-cell", {"edge_0_1": "conv3x3"})


def test_a_title_that_is_too_long_names_fewer_operations():
    from nasbook.plots.graph import count

    ops = ["conv"] * 3 + ["skip"] * 2 + ["pool", "none"]
    assert count(ops) == "3 × conv, 2 × skip, 1 × pool, 1 × none"
    assert count(ops, 2) == "3 × conv, 2 × skip, 2 others" and count(ops, 1) == "3 × conv, 4 others"
