"""πBO's product, by hand, for every kind of acquisition."""

import numpy as np
import pytest

from nasbook.hpo.parts.prior_weighted import weighted

A, DA = np.array([0.5, -2.0]), np.array([[1.0, 2.0], [3.0, 4.0]])
W, DW = np.log([0.5, 2.0]), np.array([[0.1, 0.0], [0.0, 0.2]])


def test_a_logarithm_is_added_to_and_a_value_multiplied():
    a, da = weighted(A, DA, W, DW, "log_ei", 0.0)
    assert a == pytest.approx(A + W) and da == pytest.approx(DA + DW)
    a, da = weighted(A, DA, W, DW, "pi", 0.0)
    assert a == pytest.approx([0.25, -4.0])
    assert da == pytest.approx(np.array([[0.5 * 1.05, 0.5 * 2.0], [2 * 3.0, 2 * (4.0 - 0.4)]]))


def test_a_bound_counts_as_what_it_leaves_below_the_best():
    a, da = weighted(A, DA, W, DW, "ucb", 1.0)
    assert a == pytest.approx([0.75, 0.0])  # max(a + f*, 0), times π
    assert da[1].tolist() == [0, 0] and da[0] == pytest.approx([0.5 * (1.0 + 1.5 * 0.1), 1.0])
