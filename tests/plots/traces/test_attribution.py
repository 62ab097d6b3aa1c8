"""Bars of Shapley values and the staircase of an ablation path hold the numbers of nasbook.explain."""

import warnings

import numpy as np
import pytest
from plots.legible import assert_legible

import nasbook
from nasbook import Choice, Float, Int, Space
from nasbook.explain import explain
from nasbook.explain.coalitions import main_effects
from nasbook.explain.dependence import dependences
from nasbook.explain.path import path
from nasbook.nas.spaces.nb201.cell import EDGES
from nasbook.plots import (
    AblationPicture,
    AttributionPicture,
    CellAttributionPicture,
    DependencePicture,
    InteractionsPicture,
    plot,
)
from nasbook.plots.cell import arc
from nasbook.plots.traces.attribution import MOST, Worth

NESTED = Space(kind=Choice(["a", "b"]), depth=Int(1, 4, when={"kind": "b"}), x=Float(0, 1))


@pytest.fixture(scope="module")
def trace():
    return nasbook.search("random", "digits-hpo-messy", trials=40, seed=0)


def legible(fig):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert_legible(fig)
    assert fig.alt and fig.sentence and "nan" not in fig.alt
    return fig


@pytest.mark.parametrize("options", [{}, {"truth": False, "trees": 8}, {"default": "first"}, {"game": "sensitivity"}])
def test_bars_hold_the_numbers(trace, options):
    found = explain(trace, **options)
    picture = AttributionPicture(len(found.names), Worth("validation error", found.game))
    fig = legible(picture.render_static(found))
    unit = 1 if found.game == "sensitivity" else 100
    np.testing.assert_allclose([b.get_width() for b in picture.bars], unit * found.phi[found.order])
    first = found.names[found.order[0]]
    assert first in fig.sentence and picture.ax.get_yticklabels()[0].get_text().startswith(first)
    if "truth" in options:
        np.testing.assert_allclose(np.ptp(picture.errors[0].get_xdata()), 200 * found.errors[found.order[0]])
        assert "Guessed by a forest on 40 trials" in fig.alt and "points" in fig.alt


def test_the_staircase_holds_the_path(trace):
    found = path(trace, default="first")
    picture = AblationPicture(len(found.names), Worth("validation error"))
    fig = legible(picture.render_static(found))
    tops = [b.get_y() + b.get_height() for b in picture.bars[1:]]
    np.testing.assert_allclose(tops, 100 * np.maximum(found.values[1:], found.values[:-1]))
    assert "mean over all orders" in fig.sentence and "greedy" in fig.alt
    legible(plot(trace, "ablation", order="best"))


def test_the_graph_holds_the_interactions(trace):
    found = explain(trace)
    picture = InteractionsPicture(len(found.names), Worth("validation error"))
    fig = legible(picture.render_static(found))
    alone = main_effects(found.phi, found.interactions)
    first = int(np.argmax(np.abs(alone)))
    assert max(picture.dots, key=lambda d: d.get_markersize()) is picture.dots[first]
    i, j = np.unravel_index(np.argmax(np.abs(found.interactions)), found.interactions.shape)
    widest = max(picture.lines.values(), key=lambda line: line.get_linewidth())
    assert widest is picture.lines[max(i, j), min(i, j)]
    assert found.names[i] in fig.sentence and found.names[j] in fig.sentence


@pytest.mark.parametrize("truth", [True, False])
def test_the_panels_hold_the_dependences(trace, truth):
    found = dependences(trace, truth=truth, trees=8)[:6]
    picture = DependencePicture(6)
    fig = legible(picture.render_static(found))
    for line, one in zip(picture.means, found, strict=True):
        np.testing.assert_allclose(line.get_ydata(), one.mean)
    assert fig.sentence.startswith(found[0].name) and all(band.get_visible() for band in picture.bands)
    legible(plot(trace, "dependence", parameters="lr", truth=truth, trees=8))


@pytest.mark.parametrize("cell", ["333132", "000000", "111111", "300303"])
def test_the_cell_holds_its_edges(cell):
    from nasbook.nas.spaces.nb201.cell import to_config

    cells = nasbook.search("random", "digits201-messy", trials=4, seed=0)
    found = explain(cells, to_config(cell))
    picture = CellAttributionPicture(Worth("validation error"))
    fig = legible(picture.render_static(found))
    values = dict(zip(found.names, found.phi, strict=True))
    for (i, j), label in picture.labels.items():
        assert label.get_text().startswith(found.config[f"edge_{i}_{j}"])
        assert Worth("validation error").change(values[f"edge_{i}_{j}"]) in label.get_text()
    assert [picture.edge_at(*arc(*edge)[16]) for edge in EDGES] == list(range(6))
    assert picture.edge_at(-0.2, 2.0) is None and "Exact" in fig.alt


def test_a_cell_against_itself_changes_nothing(trace):
    cells = nasbook.search("random", "digits201-messy", trials=4, seed=0)
    fig = legible(plot(cells, "cell-attribution", default=cells.best.config))
    assert "No edge changes the validation error" in fig.sentence
    with pytest.raises(ValueError, match="cells of NAS-Bench-201, and this trace has none"):
        plot(trace, "cell-attribution")


def test_many_parameters_are_summed_up():
    space = Space({f"a_parameter_{i}": Float(0, 1) for i in range(16)})
    trace = nasbook.search("random", lambda c: sum(c.values()), space=space, trials=30, seed=0)
    fig = legible(plot(trace, "attribution", orders=5, trees=4))
    assert len(fig.axes[0].get_yticklabels()) == MOST + 1
    assert "4 others together" in [t.get_text() for t in fig.axes[0].get_yticklabels()]
    legible(plot(trace, "ablation", trees=4))
    with pytest.raises(ValueError, match="at most twelve, and 16 differ here"):
        plot(trace, "interactions", orders=5, trees=4)


def constant(c):
    return 1.0


def huge(c):
    return 1e300 * c["x"]


@pytest.mark.parametrize("objective", [constant, huge])
@pytest.mark.parametrize("kind", ["attribution", "ablation", "interactions", "dependence"])
def test_equal_huge_and_conditional(objective, kind):
    trace = nasbook.search("random", objective, space=NESTED, trials=15, seed=1)
    fig = legible(plot(trace, kind))
    if objective is constant:
        told = ("No parameter changes", "No step changes", "No two parameters act together", "does not depend on")
        assert any(words in fig.sentence for words in told)


@pytest.mark.parametrize("kind", ["attribution", "ablation", "interactions", "dependence"])
def test_what_cannot_be_drawn_is_one_sentence(kind, trace):
    failed = nasbook.search("random", lambda c: 1 / 0, space=NESTED, trials=3)
    single = nasbook.search("random", huge, space=NESTED, trials=1)
    for wrong in (failed, single):
        with pytest.raises(ValueError, match="needs at least 4 trials that succeeded, not"):
            plot(wrong, kind)
    with pytest.raises(ValueError, match="give a whole trace"):
        plot(trace.steps, kind)
    if kind != "dependence":
        with pytest.raises(ValueError, match="the same as trial"):
            plot(trace, kind, default=trace.best.id)
