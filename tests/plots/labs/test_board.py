"""A surface that ranks its values, and the board on it."""

import numpy as np
import pytest

import nasbook
from nasbook.plots.labs.board import Surface


def uneven():
    return nasbook.task("uneven-axes", importance=0.1, seed=3)


def test_the_surface_ranks_its_lowest_and_its_highest_point():
    surface = Surface(uneven())
    assert surface.rank([surface.z.min(), surface.z.max()]) == pytest.approx([0, 1], abs=1e-3)
    assert surface.rank(np.median(surface.z)) == pytest.approx(0.5, abs=0.01)
    assert surface.z[3, 7] == pytest.approx(surface.task([[7 / 120, 3 / 120]])[0])  # rows are x2
