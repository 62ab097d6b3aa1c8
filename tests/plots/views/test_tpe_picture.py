"""The picture of TPE: its artists hold the split, the densities, the candidates and the next point of the view."""

import numpy as np
import pytest
from plots.legible import assert_legible

import nasbook
from nasbook.plots.data import Quantity
from nasbook.plots.views.tpe import TPEPicture


def after(n, task="forrester", seed=0, **settings):
    space = nasbook.task(task).space
    method = nasbook.method("tpe", space, seed=seed, **settings)
    method.remember(nasbook.search("tpe", task, trials=n, seed=seed).trials)
    method.ask()
    return space, method.view()


def test_the_artists_hold_the_view():
    space, view = after(20, gamma=0.2)
    picture = TPEPicture(space, trials=30)
    fig = picture.render_static(view)
    assert_legible(fig)
    assert sorted(picture.good.get_xdata()) == sorted(t.config["x"] for t in view.below)
    assert sorted(picture.others.get_ydata()) == sorted(t.value for t in view.above)
    assert len(view.below) == 4 and max(picture.good.get_ydata()) == picture.threshold.get_ydata()[0]
    x = picture.l.get_xdata()
    for line in (picture.l, picture.g):
        assert np.trapezoid(line.get_ydata(), x) == pytest.approx(1, abs=1e-3)
    # candidates of a single parameter lie on the curve, and the next is the highest of them
    u, score = picture.ticks.get_data()
    np.testing.assert_allclose(score, np.interp(u, x, picture.line.get_ydata()), atol=0.01)
    assert picture.mark.get_xdata()[0] == pytest.approx(u[np.argmax(score)], abs=1e-6)
    assert "4 of 20 trials are good" in fig.sentence and "4 best are called good" in fig.alt


def test_before_the_first_split_there_are_no_densities():
    space, view = after(5)
    picture = TPEPicture(space)
    fig = picture.render_static(view)
    assert_legible(fig)
    assert len(picture.l.get_xdata()) == 0 and len(picture.others.get_xdata()) == 5
    assert "no densities yet" in fig.alt and "random" in fig.sentence


@pytest.mark.parametrize("axis", ["kernel", "C", "gamma", "degree"])
def test_a_conditional_parameter_shows_the_trials_that_have_it(axis):
    space, view = after(20, "cancer-svm")
    picture = TPEPicture(space, axis, quantity=Quantity("cross-validated error", accuracy=False))
    assert_legible(picture.render_static(view))
    told = [*view.below, *view.above]
    have = [t for t in told if axis in t.config]
    assert len(picture.good.get_xdata()) + len(picture.others.get_xdata()) == len(have)
    assert (f"exists in {len(have)} of 20 trials" in picture.caption.get_text()) == (len(have) < 20)
    drawn = any(axis in d.names for d in view.draws)
    assert (len(picture.ticks.get_xdata()) == 24) == drawn
    assert (f"has no {axis}" in picture.note.get_text()) == np.isnan(view.next[space.free.index(axis)])


def test_an_axis_that_does_not_exist_is_one_sentence():
    with pytest.raises(ValueError, match="'y' is not a parameter to draw; the space has x"):
        TPEPicture(nasbook.task("forrester").space, "y")
    with pytest.raises(ValueError, match="has no view"):
        TPEPicture(nasbook.task("forrester").space).render_static(None)
