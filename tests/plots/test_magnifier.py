"""The window opens where what is drawn has become small, and shows all of it."""

import numpy as np
from matplotlib.figure import Figure

from nasbook.plots.magnifier import LEAST, Magnifier


def test_it_opens_on_what_is_small_and_closes_on_what_is_not():
    low, side = np.array([-5.0, 0.0]), np.array([10.0, 20.0])
    seen = Magnifier(Figure((7, 5)), (0.6, 0.5, 4.0), low, side, np.array([[-4.0, 19.0]]))
    small = np.array([[1.0, 2.0], [1.1, 2.3], [1.2, 2.1]])
    seen.look(small, ([1.0], [2.0]))
    assert seen.ax.get_visible() and seen.zoom >= LEAST and seen.zoom.bit_count() == 1
    for column, (a, b) in zip(small.T, (seen.ax.get_xlim(), seen.ax.get_ylim()), strict=True):
        assert a <= column.min() < column.max() <= b
    assert seen.words.get_text() == f"magnified {seen.zoom} times" and not seen.fill.get_visible()
    seen.look(low + side * np.random.default_rng(0).random((9, 2)), ([], []))
    assert not seen.ax.get_visible() and seen.zoom == 1
    seen.look(np.full((3, 2), np.nan), ([], []))
    assert seen.zoom == 1


def test_it_stands_in_the_corner_that_is_farthest_from_what_it_shows():
    low, side = np.zeros(2), np.ones(2)
    marked = Magnifier(Figure((5, 5)), (0.5, 0.5, 4.0), low, side, np.array([[0.9, 0.1]]))
    x, y, *_ = marked.ax.get_position().bounds
    assert x < 0.3 and y > 0.5  # the upper left one
    free = Magnifier(Figure((5, 5)), (0.5, 0.5, 4.0), low, side)
    circle = 0.1 + 0.01 * np.stack([np.cos(t := np.linspace(0, 6, 40)), np.sin(t)], 1)
    free.look(circle[:3], ([], []), [circle, circle])
    x, y, *_ = free.ax.get_position().bounds
    assert x > 0.5 and y > 0.5 and free.fill.get_visible()
