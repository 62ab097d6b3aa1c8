"""A front is what nobody beats, and its hypervolume grows by areas one can count."""

import numpy as np
import pytest
from plots.legible import assert_legible
from plots.told import told

from nasbook.plots import ParetoPicture, plot
from nasbook.plots.data import Quantity
from nasbook.plots.traces.pareto_front import HypervolumePicture


@pytest.fixture
def two():
    Y = [(1.0, 4.0), (2.0, 2.0), (3.0, 3.0), (4.0, 1.0), (2.0, 3.0)]
    rows = [{"values": y, "value": y[0]} for y in Y]
    return told([*rows[:3], {"status": "failed", "reason": "no memory"}, *rows[3:]])


def test_the_front_is_what_nobody_beats_and_its_steps_are_its_edge(two):
    picture = ParetoPicture([Quantity("a"), Quantity("b")])
    fig = picture.render_static(two)
    np.testing.assert_array_equal(np.transpose(picture.first.get_data()), [(1, 4), (2, 2), (4, 1)])
    np.testing.assert_array_equal(np.transpose(picture.dots.get_data()), [(3, 3), (2, 3)])
    assert len(picture.lost.get_xdata()) == 1
    corners = np.transpose(picture.steps.get_data())
    np.testing.assert_array_equal(corners[1:-1], [(1, 4), (2, 4), (2, 2), (4, 2), (4, 1)])
    assert "(1, 4), (2, 2), (4, 1)" in fig.alt and "1 failed" in fig.alt
    assert_legible(fig)


def test_the_hypervolume_grows_by_the_areas_one_can_count(two):
    picture = HypervolumePicture((5, 5))
    fig = picture.render_static(two)
    # (1,4): 4·1.  (2,2) adds 3·2.  (3,3) nothing.  A failure nothing.  (4,1) adds 1·1.  (2,3) nothing.
    np.testing.assert_allclose(picture.line.get_ydata(), [4, 10, 10, 10, 11, 11])
    np.testing.assert_array_equal(picture.dots.get_xdata(), [1, 2, 5])
    np.testing.assert_array_equal(picture.lost.get_xdata(), [4])
    assert_legible(fig)
    assert_legible(plot(two, "hypervolume"))


def test_one_objective_is_refused_with_a_sentence():
    trace = told([{"value": 1.0}])
    for kind in ("pareto", "hypervolume"):
        with pytest.raises(ValueError, match="two objectives"):
            plot(trace, kind)


def test_short_ticks():
    from nasbook.plots.traces.pareto_front import short

    assert [short(x) for x in (0.25, 9999, 250_000, 1_500_000)] == ["0.25", "9999", "250k", "1.5M"]
