"""Dolan and Moré's profiles on numbers that can be counted by hand."""

import numpy as np
import pytest

from nasbook.statistics import profile
from nasbook.statistics.profiles import first_hits


def test_by_hand():
    costs = [[1, 2], [4, 2], [3, 3], [np.inf, 5], [np.inf, np.inf]]  # five problems, two methods
    tau, rho = profile(costs)
    np.testing.assert_array_equal(tau, [1, 2])
    np.testing.assert_allclose(rho, [[2 / 5, 3 / 5], [3 / 5, 4 / 5]])


def test_a_profile_rises_and_the_fastest_is_somewhere():
    costs = np.random.default_rng(0).integers(1, 50, (30, 4)).astype(float)
    _, rho = profile(costs)
    assert (np.diff(rho) >= 0).all() and rho[:, 0].sum() >= 1 and (rho[:, -1] == 1).all()


def test_when_a_curve_reaches_its_target():
    curves = [[3, 2, 1], [3, 3, 3], [np.nan, 1, 1]]
    np.testing.assert_array_equal(first_hits(curves, [2, 2, 1]), [2, np.inf, 2])


def test_what_is_no_cost():
    for wrong in ([[0, 1]], [[np.nan, 1]], [1, 2]):
        with pytest.raises(ValueError, match="numbers above 0"):
            profile(wrong)
