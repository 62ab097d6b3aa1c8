"""Neighbours stand at their values, are counted and clicked."""

import numpy as np
import pytest
from plots.legible import assert_legible

from nasbook.plots.labs.neighbours import AroundPicture, AroundState


def around(**options):
    return AroundPicture("true accuracy (%)", np.linspace(10, 90, 2000), **options)


def test_neighbours_stand_at_their_values_and_are_counted():
    picture = around(higher=True)
    values = np.array([50.0, 70.0, 60.0, 5.0])
    fig = picture.render_static(AroundState([("parameters", "1,234")], 60.0, values))
    assert picture.dots.get_xdata()[:3].tolist() == [50, 70, 60]
    assert picture.dots.get_xdata()[3] == picture.ax.get_xlim()[0]  # far away: at the border
    assert "1 better, 2 worse, 1 as good" in fig.sentence and "parameters 1,234" in fig.alt
    assert list(picture.own.get_xdata()) == [60]
    assert_legible(fig)


def test_a_click_finds_the_neighbour():
    picture = around(higher=True)
    picture.render_static(AroundState([], 60.0, np.array([50.0, 70.0])))
    assert picture.nearest(picture.x[1], picture.y[1]) == 1 and picture.nearest(20, 0.5) is None


def test_sizes_are_logarithmic_with_round_ticks_and_neither_good_nor_bad():
    for others in (np.array([100.0, 30_000.0]), np.array([5000.0, 12_000.0]), np.array([12_514.0] * 3)):
        picture = AroundPicture("parameters", others, log=True)
        fig = picture.render_static(AroundState([], float(others[0]), others, of=30))
        fig.canvas.draw()
        assert len([t for t in picture.ax.get_xticklabels() if t.get_text()]) >= 2
        assert "larger" in fig.sentence and "better" not in fig.sentence and "of 30 neighbours" in fig.sentence
        assert picture.own.get_xdata()[0] == pytest.approx(np.log10(others[0]))
        assert_legible(fig)
