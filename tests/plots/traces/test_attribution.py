"""Bars of Shapley values and the staircase of an ablation path hold the numbers of nasbook.explain."""

import warnings

import numpy as np
import pytest
from plots.legible import assert_legible

import nasbook
from nasbook import Choice, Float, Int, Space
from nasbook.explain import explain
from nasbook.explain.path import path
from nasbook.plots import AblationPicture, AttributionPicture, plot
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


@pytest.mark.parametrize("options", [{}, {"truth": False}, {"default": "first"}, {"game": "sensitivity"}])
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


def test_many_parameters_are_summed_up():
    space = Space({f"a_parameter_{i}": Float(0, 1) for i in range(16)})
    trace = nasbook.search("random", lambda c: sum(c.values()), space=space, trials=30, seed=0)
    fig = legible(plot(trace, "attribution", orders=5, trees=4))
    assert len(fig.axes[0].get_yticklabels()) == MOST + 1
    assert "4 others together" in [t.get_text() for t in fig.axes[0].get_yticklabels()]
    legible(plot(trace, "ablation", trees=4))


def constant(c):
    return 1.0


def huge(c):
    return 1e300 * c["x"]


@pytest.mark.parametrize("objective", [constant, huge])
@pytest.mark.parametrize("kind", ["attribution", "ablation"])
def test_equal_huge_and_conditional(objective, kind):
    trace = nasbook.search("random", objective, space=NESTED, trials=15, seed=1)
    fig = legible(plot(trace, kind, default="first"))
    if objective is constant:
        assert "No parameter changes" in fig.sentence or "No step changes" in fig.sentence


@pytest.mark.parametrize("kind", ["attribution", "ablation"])
def test_what_cannot_be_drawn_is_one_sentence(kind, trace):
    failed = nasbook.search("random", lambda c: 1 / 0, space=NESTED, trials=3)
    single = nasbook.search("random", huge, space=NESTED, trials=1)
    for wrong in (failed, single):
        with pytest.raises(ValueError, match="needs at least 4 trials that succeeded, not"):
            plot(wrong, kind)
    with pytest.raises(ValueError, match="give a whole trace"):
        plot(trace.steps, kind)
    with pytest.raises(ValueError, match="the same as trial|the same as another"):
        plot(trace, kind, default=trace.best.id)
