"""The picture of a GP: its artists hold the belief, and its words the numbers."""

import numpy as np
import pytest
from plots.legible import assert_legible

from nasbook.hpo.parts.belief import Belief
from nasbook.plots.labs.gp import DEPTH, GPPicture, GPState, X, gp

x = np.array([0.1, 0.3, 0.42, 0.7, 0.9])
y = np.sin(8 * x)


def truth(at):
    return np.sin(8 * np.asarray(at))


@pytest.mark.parametrize("ell", [0.02, 0.2, 3.0])
@pytest.mark.parametrize("n", [0, 1, 5])
def test_words_are_legible_and_the_artists_hold_the_belief(n, ell):
    belief = Belief(x[:n], y[:n], "rbf", ell)
    picture = GPPicture()
    fig = picture.render_static(GPState(belief, truth, chosen=0 if n else None))
    assert_legible(fig)
    mean, std = belief.predict(X)
    np.testing.assert_allclose(picture.mean.get_ydata(), mean)
    ys = picture.band.get_xy()[:, 1]
    assert ys.max() == pytest.approx((mean + 2 * std).max()) and ys.min() == pytest.approx((mean - 2 * std).min())
    np.testing.assert_allclose(np.array(picture.dots.get_data()), [x[:n], y[:n]])
    inside = np.mean(np.abs(truth(X) - mean) <= 2 * std)
    assert f"on {100 * inside:.0f} % of the axis" in fig.alt
    assert f"± {2 * std.mean():.2g}" in fig.sentence
    assert bool(len(picture.line.get_xdata())) == (n > 1)


def test_the_curve_is_the_evidence_below_its_best():
    belief = Belief(x, y, "rbf", 0.1)
    picture = GPPicture()
    picture.render_static(belief)
    at, height = (np.asarray(v) for v in picture.line.get_data())
    evidence = belief.evidence(at)
    shown = height > -2 * DEPTH
    np.testing.assert_allclose(
        height[shown], (evidence - belief.evidence(np.geomspace(0.02, 3, 3000)).max())[shown], atol=1e-3
    )
    assert picture.top.get_xdata()[0] == pytest.approx(at[height.argmax()])
    assert picture.now.get_ydata()[0] == pytest.approx(height[np.abs(at - 0.1).argmin()])


def test_a_length_scale_far_below_the_best_is_marked_at_the_edge():
    picture = GPPicture()
    picture.render_static(Belief(x, y, "rbf", 3.0))
    assert picture.now.get_ydata()[0] == -DEPTH and picture.now.get_marker() == "v"


def test_places_and_positions_are_inverse():
    picture = GPPicture()
    picture.render_static(Belief(x, y))
    for (px, py), point in zip(picture.handles(np.c_[x, y]), np.c_[x, y], strict=True):
        assert picture.at(px, py) == pytest.approx(tuple(point))
        _, *hit = picture.locate(px, py)
        assert hit == pytest.approx(list(point))
    assert picture.at(0, 0) == (0.0, 4.0)


def test_a_frame_after_others_equals_a_still():
    picture, states = GPPicture(), [Belief(x[:n], y[:n], "rbf", 0.2) for n in (5, 0, 3)]
    for state in states:
        frame = np.array(picture.frame(GPState(state)))
    fresh = np.array(GPPicture().frame(GPState(states[-1])))
    assert (frame == fresh).all()


def test_the_still_picture():
    assert "5 points" in gp(Belief(x, y), truth).alt
