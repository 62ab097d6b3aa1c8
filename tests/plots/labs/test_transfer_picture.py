"""The transfer picture shows the curves, the weight and the cells that it is given, in readable words."""

import numpy as np
import pytest
from plots.legible import assert_legible

from nasbook.plots.labs.transfer import TransferPicture, TransferState, verdict

RNG = np.random.default_rng(0)
CELLS = np.column_stack([90 - RNG.exponential(5, 3000) ** 1.5, RNG.uniform(20, 40, 3000)])  # a long tail and none
LABELS = ("accuracy on CIFAR-100 (%)", "accuracy on ImageNet16-120 (%)")


def state(n, T=20):
    warm = RNG.uniform(1, 2, (n, T))
    weights = np.where(np.arange(T) < 10, np.nan, 0.25) * np.ones((n, 1))
    return TransferState(warm, warm + 0.5, weights, CELLS[:T] if n else np.empty((0, 2)), 5)


@pytest.mark.parametrize("n", [0, 1, 4])
def test_every_word_can_be_read(n):
    assert_legible(TransferPicture(CELLS, 20, LABELS, 5.0).render_static(state(n)))


def test_lines_and_marks_are_the_numbers():
    picture, s = TransferPicture(CELLS, 20, LABELS, 5.0), state(4)
    fig = picture.render_static(s)
    assert picture.lines["warm"].get_ydata() == pytest.approx(s.warm.mean(0))
    assert list(picture.weight.get_xdata()) == list(range(11, 21)) and set(picture.weight.get_ydata()) == {0.25}
    shown = np.maximum(s.tried, [np.quantile(CELLS[:, 0], 0.3), -np.inf])
    assert (shown != s.tried).any()
    assert np.allclose(np.array(picture.first.get_data()).T, shown[:5])
    assert np.allclose(np.array(picture.later.get_data()).T, shown[5:])
    mean, low, high = picture.difference(5)
    assert (mean, low, high) == pytest.approx((-0.5, -0.5, -0.5)) and "head start at the end" in fig.sentence
    assert f"after 20 trials {s.warm[:, -1].mean():.3g} with the source" in fig.alt


def test_the_correlations_are_of_ranks():
    x = np.arange(1000.0)
    bent = np.column_stack([x, np.where(x < 950, x, 1900 - x)])  # alike, but for the best 5 %, which are reversed
    picture = TransferPicture(bent, 20, LABELS, 5.0)
    assert picture.rho > 0.9 and picture.rho_top == pytest.approx(-1)


def test_verdicts():
    assert verdict(-1, -2, -0.1) == "head start" and verdict(1, 0.1, 2) == "negative transfer"
    assert verdict(1, -0.1, 2) == "no clear difference" and "luck" in verdict(1, np.nan, np.nan)
