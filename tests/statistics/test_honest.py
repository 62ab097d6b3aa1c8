"""Over-tuning by hand, the winner's curse and nested selection on noise, where the truth is known."""

import numpy as np
import pytest

from nasbook.statistics import nested, nested_cross_validation, overtuning, winners_curse
from nasbook.statistics.honest import incumbents

NAN = np.nan


def test_overtuning_by_hand():
    validation = [0.5, NAN, 0.4, 0.45, 0.3]
    test = [0.5, 0.1, 0.35, 0.2, 0.45]
    np.testing.assert_array_equal(incumbents([NAN, *validation]), [-1, 1, 1, 3, 3, 5])
    np.testing.assert_allclose(overtuning(validation, test), [0, 0, 0, 0, 0.1])
    np.testing.assert_allclose(overtuning([NAN, 0.2, 0.2], [0.9, 0.3, 0.1]), [NAN, 0, 0])
    with pytest.raises(ValueError, match="one test value a trial"):
        overtuning([1.0], [1.0, 2.0])


def test_the_winner_of_pure_noise_promises_the_expected_minimum():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(400, 20))  # every candidate is truly 0
    mean, low, high = winners_curse(values.min(1), rng.normal(size=400))
    assert low < 1.867 < high and abs(mean - 1.867) < 0.15  # E max of 20 normal numbers


def test_nested_selection_is_honest_where_the_naive_minimum_is_not():
    rng = np.random.default_rng(1)
    found = np.array([nested(0.5 + 0.1 * rng.normal(size=(30, 5))) for _ in range(300)])
    naive, honest = found.mean(0)
    assert naive < 0.42 and abs(honest - 0.5) < 0.01


def test_nested_by_hand():
    errors = [[0.1, 0.5], [0.4, 0.2]]
    # fold 0 is judged by the choice on fold 1 (candidate 1): 0.4; fold 1 by that on fold 0 (candidate 0): 0.5
    assert nested(errors) == (pytest.approx(0.3), pytest.approx(0.45))
    for wrong in ([[1.0], [2.0]], [1.0, 2.0], [[1.0, NAN]]):
        with pytest.raises(ValueError, match="nested"):
            nested(wrong)


def test_nested_cross_validation_never_shows_the_outer_test_to_the_choice():
    folds = [([0, 1], [2]), ([1, 2], [0]), ([0, 2], [1])]
    seen = []
    errors, chosen = nested_cross_validation(
        folds, lambda train: seen.append(train) or sum(train), lambda c, a, b: c + b[0]
    )
    assert seen == [[0, 1], [1, 2], [0, 2]] and chosen == [1, 3, 2]
    np.testing.assert_array_equal(errors, [3, 3, 3])
    with pytest.raises(ValueError, match="no outer fold"):
        nested_cross_validation([], sum, lambda *a: 0.0)
