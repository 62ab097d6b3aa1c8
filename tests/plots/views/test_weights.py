"""Lines are the weights, and their limits grow only."""

import numpy as np
import pytest
from plots.legible import assert_legible
from plots.supernets import view

from nasbook.nas.spaces.nb201.cell import OPS
from nasbook.plots import (
    WeightsPicture,
)


@pytest.fixture(scope="module")
def views():
    return [view(e, np.random.default_rng(5)) for e in range(1, 21)]


def test_lines_are_the_weights(views):
    picture = WeightsPicture(20)
    fig = picture.render_static(views[:12])
    w = np.array([v.weights for v in views[:12]])
    for k in range(6):
        for o in range(5):
            np.testing.assert_array_equal(picture.lines[k][o].get_ydata(), w[:, k, o])
            np.testing.assert_array_equal(picture.lines[k][o].get_xdata(), np.arange(1, 13))
    assert "after epoch 12" in fig.alt
    assert f"in to 1 {OPS[w[-1, 0].argmax()]} {w[-1, 0].max():.2f}" in fig.alt
    assert_legible(fig)


def test_limits_of_weights_grow_only_and_stay_a_share(views):
    picture = WeightsPicture(20)
    picture.make_figure()
    top = 0.0
    for k in range(21):
        picture.update(views[:k])
        assert picture.panels[0].get_xlim() == (0, 20)
        now = picture.panels[0].get_ylim()[1]
        assert top <= now <= 1
        top = now
    assert np.max([v.weights for v in views]) <= top
