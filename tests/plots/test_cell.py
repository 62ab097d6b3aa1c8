"""Cells, supernets and architecture weights are drawn as their numbers say."""

import networkx as nx
import numpy as np
import pytest
from plots.legible import assert_legible
from plots.supernets import view

import nasbook
from nasbook.nas.spaces.nb201.cell import EDGES, OPS
from nasbook.plots import (
    CellPicture,
    SupernetPicture,
    TrainingPicture,
    cell,
    supernet,
    training,
    weights,
)
from nasbook.plots.cell import arc, used_edges


@pytest.fixture(scope="module")
def views():
    return [view(e, np.random.default_rng(5)) for e in range(1, 21)]


# ---- cells -------------------------------------------------------------------------------------------------------


def test_the_edges_know_what_has_an_effect():
    # only in → 2 (conv3x3) and 1 → out (skip): both lead nowhere
    assert used_edges("030010") == {(0, 2): False, (1, 3): False}
    assert used_edges("333132") == dict.fromkeys(EDGES, True)


def test_used_means_on_a_path_from_input_to_output():
    rng = np.random.default_rng(0)
    for _ in range(40):
        cell = tuple(rng.integers(0, 2, 6).tolist())
        used, there = used_edges(cell), [e for e, op in zip(EDGES, cell, strict=True) if op]
        plain = nx.DiGraph(there)
        plain.add_nodes_from(range(4))
        on_paths = {e for path in nx.all_simple_edge_paths(plain, 0, 3) for e in path}
        assert list(used) == there and {e for e in used if used[e]} == on_paths


def test_edges_are_named_none_is_not_drawn_and_skip_is_dashed():
    picture = CellPicture()
    picture.render_static("310402")
    shown = {e: (picture.lines[e].get_visible(), picture.labels[e].get_text()) for e in EDGES}
    assert shown == {
        (0, 1): (True, "conv3x3"),
        (0, 2): (True, "skip"),
        (1, 2): (False, ""),
        (0, 3): (True, "avgpool"),
        (1, 3): (False, ""),
        (2, 3): (True, "conv1x1"),
    }
    assert picture.lines[0, 2].is_dashed() and not picture.lines[0, 1].is_dashed()


def test_edges_that_do_nothing_are_pale():
    picture = CellPicture()
    fig = picture.render_static("030010")
    assert picture.lines[0, 2].get_alpha() < 0.5
    assert "2 edges without effect" in fig.alt and "No path leads from the input to the output" in fig.alt
    assert "2 edges cut off" in fig.sentence


def test_a_trials_cell_says_how_good_it_is():
    trace = nasbook.search("random", "nb201-cifar10", trials=5, seed=0)
    fig = cell(trace)
    assert f"Trial {trace.best.id + 1}: validation accuracy {100 * (1 - trace.best.value):.1f} %" in fig.sentence
    assert trace.best.config["edge_0_1"] in fig.alt
    assert cell(trace, step=0).sentence.startswith("Trial 1:")


def test_weights_make_a_cells_edges_thick(views):
    picture = CellPicture()
    picture.render_static(views[-1])
    w = np.array(views[-1].weights)
    chosen = [w[k, OPS.index(op)] for k, op in enumerate(views[-1].cell)]
    wide = [picture.lines[e].get_linewidth() for e in EDGES]
    assert list(np.argsort(chosen)) == list(np.argsort(wide))
    assert picture.labels[0, 1].get_text() == f"{views[-1].cell[0]} {chosen[0]:.2f}"


def test_arcs_join_their_nodes_and_do_not_cross():
    for i, j in EDGES:
        points = arc(i, j, 0.3)
        assert tuple(points[0]) == (i, 0) and points[-1] == pytest.approx((j, 0), abs=1e-9)
    x = np.linspace(0.05, 1.95, 50)
    outer, inner = arc(0, 3), arc(0, 2)
    assert (np.interp(x, *outer.T) > np.interp(x, *inner.T)).all()
    assert (arc(1, 3)[1:-1, 1] < 0).all() and (arc(0, 2)[1:-1, 1] > 0).all()


@pytest.mark.parametrize("key", ["333132", "030010", "000000", "111111", "444444", "222222"])
def test_cells_are_legible(key):
    assert_legible(cell(key))


# ---- the supernet ------------------------------------------------------------------------------------------------


def test_the_supernets_lines_are_as_thick_as_their_weights(views):
    picture = SupernetPicture(20)
    fig = picture.render_static(views[10])
    w = np.array(views[10].weights)
    for k, edge in enumerate(EDGES):
        wide = [picture.lines[*edge, op].get_linewidth() for op in OPS[1:]]
        np.testing.assert_allclose(np.diff(wide), 7.5 * np.diff(w[k, 1:]))
        best = OPS[1 + int(np.argmax(w[k, 1:]))]
        assert picture.labels[edge].get_text() == f"{best} {w[k, 1:].max():.2f}"
        assert f"{best} {w[k, 1:].max():.2f} (none {w[k, 0]:.2f})" in fig.alt
    assert (0, 1, "none") not in picture.lines
    assert_legible(fig)


def test_training_shows_the_true_accuracy_where_a_table_knows_it(views):
    asked = []

    def truth(names):
        asked.append(names)
        return 0.1 + 0.01 * list(names).count("skip")

    picture = TrainingPicture(20, truth)
    fig = picture.render_static(views)
    np.testing.assert_allclose(picture.own.get_ydata(), [100 * v.val_accuracy for v in views])
    np.testing.assert_allclose(picture.true.get_ydata(), [90 - v.skips for v in views])
    free = [sum(op in ("skip", "avgpool") for op in v.cell) for v in views]
    np.testing.assert_allclose(picture.free.get_ydata(), free)
    assert len(asked) == len({v.cell for v in views})  # each cell is asked for once
    peak = max(90 - v.skips for v in views)
    assert f"with {peak:.1f} %" in fig.alt
    assert_legible(fig)
    assert_legible(training(views))


def test_before_the_first_epoch_there_is_a_picture():
    assert "No epoch has ended yet" in weights([]).sentence
    assert "No epoch has ended yet" in training([]).sentence
    assert_legible(weights([], epochs=10))


def test_a_real_training_is_drawn_and_so_is_its_saved_trace(tmp_path):
    trace = nasbook.search("darts", "digits-cells", trials=2, seed=0, views=True)
    trace.save(tmp_path / "darts.jsonl")
    again = nasbook.Trace.load(tmp_path / "darts.jsonl")
    for draw in (weights, supernet, training):
        fig = draw(trace)
        assert "poch 2 of 2" in fig.sentence and draw(again).alt == fig.alt
        assert_legible(fig)
