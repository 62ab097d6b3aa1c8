"""Fronts against brute force, crowding by hand, hypervolume by counting cells."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasbook.hpo.parts.pareto import crowding, crowding_by_front, dominance, front, hypervolume, ranks


def points(least=0, most=14, dims=(1, 2, 3, 4), high=5):
    """Small whole numbers, so that ties and equal points are common."""
    return st.sampled_from(dims).flatmap(
        lambda m: st.lists(st.tuples(*[st.integers(0, high)] * m), min_size=least, max_size=most).map(
            lambda rows: np.array(rows, float).reshape(len(rows), m)
        )
    )


def beats(a, b):
    return all(x <= y for x, y in zip(a, b, strict=True)) and any(x < y for x, y in zip(a, b, strict=True))


@given(points(least=1))
def test_fronts_equal_brute_force(Y):
    rows = [tuple(y) for y in Y]
    assert dominance(Y).tolist() == [[beats(a, b) for b in rows] for a in rows]
    left, r, expected = set(range(len(rows))), 0, [0] * len(rows)
    while left:
        now = {i for i in left if not any(beats(rows[j], rows[i]) for j in left)}
        for i in now:
            expected[i] = r
        left, r = left - now, r + 1
    assert ranks(Y).tolist() == expected
    assert front(Y).tolist() == [r == 0 for r in expected]


def test_crowding_by_hand():
    """Ranges 4 and 4; the inner gaps are (2-0, 4-1), (3-1, 2-0) … along the two axes."""
    Y = [(0, 4), (1, 2), (2, 1), (4, 0)]
    assert crowding(Y).tolist() == [np.inf, 2 / 4 + 3 / 4, 3 / 4 + 2 / 4, np.inf]
    assert crowding([(0, 3), (1, 2.5), (3, 0)]).tolist() == [np.inf, 2.0, np.inf]
    assert crowding([(1, 7), (1, 7)]).tolist() == [np.inf, np.inf]
    assert crowding([(0, 5), (1, 5), (4, 5)]).tolist() == [np.inf, 1.0, np.inf]  # a flat objective adds nothing
    rank, distance = crowding_by_front([(0, 4), (9, 9), (1, 2), (2, 1), (4, 0)])
    assert rank.tolist() == [0, 1, 0, 0, 0] and distance.tolist() == [np.inf, np.inf, 1.25, 1.25, np.inf]


def test_the_hypervolume_of_three_points_is_six():
    assert hypervolume([(1, 3), (2, 2), (3, 1)], (4, 4)) == 6
    assert hypervolume([(1, 3), (2, 2), (3, 1), (3, 3), (4, 0), (9, 9)], (4, 4)) == 6  # the rest covers nothing more
    assert hypervolume([(1, 1, 1), (0, 2, 2)], (3, 3, 3)) == 8 + 3 - 2
    assert hypervolume(np.zeros((0, 2)), (1, 1)) == 0


@given(points(high=4))
def test_the_hypervolume_equals_the_count_of_covered_cells(Y):
    """On whole numbers the covered volume is a number of unit cells: [z, z + 1] is covered if some point is ≤ z."""
    m = Y.shape[1]
    cells = itertools.product(range(5), repeat=m)
    assert hypervolume(Y, [5] * m) == sum(any((y <= z).all() for y in Y) for z in map(np.array, cells))


def test_bad_shapes_are_refused_in_a_sentence():
    with pytest.raises(ValueError, match=r"one finite number for each of 2 objectives, not \(1, 1, 1\)"):
        hypervolume([(0, 0)], (1, 1, 1))
    with pytest.raises(ValueError, match=r"points are numbers of shape \(n, objectives\), not \(3,\)"):
        front([1, 2, 3])
    with pytest.raises(ValueError, match="with NaN"):
        ranks([(1, np.nan)])
