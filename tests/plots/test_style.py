"""Limits, labels and numbers as pictures show them."""

import numpy as np
import pytest

from nasbook.plots.style import Limits, nice_ceiling, number, plus_minus, spread


def test_limits_grow_only():
    limits = Limits()
    assert limits.include([1.0, 2.0])
    low, high = limits.pair
    assert low < 1 and high > 2
    assert not limits.include([1.5, np.nan])
    assert limits.include([3.0]) and limits.pair[0] == low and limits.pair[1] > 3


def test_labels_are_spread_and_keep_their_order():
    want = [0.5, 0.52, 0.1, 0.51]
    at = spread(want, 0.1, 0.0, 1.0)
    assert list(np.argsort(at)) == list(np.argsort(want))
    assert np.diff(np.sort(at)).min() >= 0.1 - 1e-9
    assert at[2] == pytest.approx(0.1)  # one that is in nobody's way stays
    crowd = spread([0.99] * 5, 0.1, 0.0, 1.0)
    assert crowd.max() <= 1.0 and np.diff(np.sort(crowd)).min() >= 0.1 - 1e-9
    assert len(spread([], 0.1, 0, 1)) == 0


@pytest.mark.parametrize(
    ("x", "text"), [(-0.372, "−0.372"), (1234567.0, "1.23e+06"), (12345, "12,345"), (None, "–"), (float("nan"), "–")]
)
def test_numbers_read_well(x, text):
    assert number(x) == text


def test_means_are_as_precise_as_their_spread():
    assert plus_minus(-0.0149, 0.4) == "−0.01 ± 0.40"
    assert plus_minus(123.4, 17) == "123 ± 17"


def test_growing_axes_take_round_steps():
    assert [nice_ceiling(n) for n in (3, 11, 21, 51, 101, 999)] == [10, 20, 50, 100, 200, 1000]
