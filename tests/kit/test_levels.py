"""Rungs that grow by a factor, in whole numbers."""

import pytest

from nasbook.kit.levels import fitting, listed, rung_levels, way_out
from nasbook.task import Fidelity


@pytest.mark.parametrize(
    ("r", "R", "eta", "levels"),
    [(1, 243, 3, (1, 3, 9, 27, 81, 243)), (1, 12, 3, (1, 4, 12)), (5, 12, 3, (12,)), (2, 9, 2, (2, 4, 9))],
)
def test_levels_count_down_from_the_end(r, R, eta, levels):
    assert rung_levels(r, R, eta) == levels
    assert all(level >= r for level in levels)


def test_what_fits_a_task_is_found_or_it_is_said_that_nothing_does():
    assert fitting(Fidelity("epoch", 1, 27, levels=tuple(range(1, 28)))) == (1, 2)
    coarse = Fidelity("epoch", 3, 12, levels=(3, 12))
    assert fitting(coarse) == (3, 4) and way_out(coarse) == "min_fidelity=3 with eta=4 fits"
    one = Fidelity("epoch", 10, 13, levels=(10, 13))
    assert fitting(one) is None and way_out(one).endswith("which evaluates each trial whole")
    assert listed([1, 2.5, 10]) == "1, 2.5, 10" and listed(range(30)).count(",") == 9


@pytest.mark.parametrize(
    ("r", "R", "eta", "levels"),
    [
        (1, 243, 3, (1, 3, 9, 27, 81, 243)),
        (1, 1000, 10, (1, 10, 100, 1000)),
        (1, 125, 5, (1, 5, 25, 125)),
        (1, 12, 3, (1, 4, 12)),
        (2, 12, 3, (4, 12)),
        (5, 12, 3, (12,)),
    ],
)
def test_rungs_are_counted_in_whole_numbers(r, R, eta, levels):
    assert rung_levels(r, R, eta) == levels
