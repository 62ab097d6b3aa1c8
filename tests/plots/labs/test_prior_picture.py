"""The picture of a prior-fitted network: its artists hold both beliefs, and its words the numbers."""

import numpy as np
import pytest
from plots.legible import assert_legible

from nasbook.plots.labs.prior import VALUES, PriorPicture, PriorState, Shown, X

POINTS = np.array([[0.2, 1.0], [0.7, -2.0]])


def belief(shift=0.0):
    mean = np.sin(6 * X) + shift
    t = np.linspace(-3.5, 3.5, VALUES)
    return Shown(mean, mean - 1, mean + 1, np.exp(-((t - shift) ** 2)))


def state(**changes):
    return PriorState(**{"prior": "steps", "points": POINTS, "at": 0.65, "network": belief(), **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {"kept": 0.1, "least": 0.05, "other": belief(0.5), "exact": True, "chosen": 1},
        {"points": POINTS[:0], "draws": np.zeros((3, len(X)))},
        {"steps": (0, 10), "nll": (1.6, 1.2), "other": belief(0.5), "prior": "curves of any length scale (GP)"},
        {"steps": (0,), "nll": (7.0,), "least": 0.0, "kept": 0.01},
    ],
)
def test_words_are_legible_and_the_artists_hold_the_beliefs(changes):
    picture, shown = PriorPicture(-3.5, 3.5, 800), state(**changes)
    fig = picture.render_static(shown)
    assert_legible(fig)
    np.testing.assert_allclose(picture.mean.get_ydata(), belief().mean)
    assert (len(picture.other.get_xdata()) > 0) == (shown.other is not None)
    np.testing.assert_allclose(np.array(picture.dots.get_data()).T, shown.points)
    np.testing.assert_allclose(picture.line.get_ydata(), shown.nll)
    assert shown.prior in fig.alt
    assert ("0.5 from" in fig.alt) == (shown.other is not None)
    assert ("exact posterior on average" in fig.alt) == bool(shown.exact)
    low, high = picture.track.get_ylim()
    assert all(low < v < high for v in (*shown.nll, shown.least, shown.kept) if v is not None)


def test_the_limits_only_grow():
    picture = PriorPicture(-3.5, 3.5, 800)
    picture.render_static(state(least=0.0, kept=0.1))
    first = picture.track.get_ylim()
    assert not picture.update(state(least=0.0, kept=0.1, steps=(0,), nll=(1.5,)))
    assert picture.update(state(least=0.0, kept=0.1, steps=(0,), nll=(9.0,)))
    assert picture.track.get_ylim()[1] > 9 > first[1] and picture.track.get_ylim()[0] <= first[0]


def test_places_and_positions_are_inverse():
    picture = PriorPicture(100.0, 300.0, 800)
    picture.render_static(state())
    points = np.array([[0.0, 100.0], [0.4, 250.0], [1.0, 300.0]])
    for (px, py), point in zip(picture.handles(points), points, strict=True):
        assert picture.at(px, py) == pytest.approx(tuple(point))
