"""Freeze-thaw's picture: the curves are the trials', the bands the belief's, and the coloured one is what goes on."""

from dataclasses import replace

import numpy as np
import pytest

import nasbook
from nasbook.plots.data import Quantity
from nasbook.plots.views.freezing import FreezingPicture


@pytest.fixture(scope="module")
def steps():
    return list(nasbook.steps("freeze-thaw", "digits-hpo-messy", trials=30, seed=1))


@pytest.fixture(scope="module")
def view(steps):
    """In which a training goes on that has been trained for some epochs, and others are frozen and whole."""
    R = steps[-1].view.levels[-1]
    kinds = [
        s.view
        for s in steps
        if s.view.next is not None and any(t.curve and t.curve[-1][0] == R for t in s.view.trainings)
    ]
    return kinds[-1]


def drawn(view, **options):
    picture = FreezingPicture(view.levels[-1], **options)
    picture.render_static(view)
    return picture


def test_curves_are_the_trainings(view):
    picture, by_id = drawn(view), {t.id: np.array(t.curve) for t in view.trainings if t.curve}
    segments = picture.curves.get_segments()
    others = [c for i, c in by_id.items() if i != view.next]
    assert len(segments) == len(others) and all(map(np.array_equal, segments, others))
    assert np.array_equal(picture.line.get_xydata(), by_id[view.next])
    ends, R = np.array([c[-1] for c in by_id.values()]), view.levels[-1]
    assert np.array_equal(picture.full.get_xydata(), ends[ends[:, 0] == R])
    assert np.array_equal(picture.ends.get_xydata(), ends[ends[:, 0] < R])
    assert set(picture.best.get_ydata()) == {view.best}


def test_bands_are_80_per_cent_of_the_belief_of_those_that_promise_most(view):
    picture = drawn(view)
    by_gain = sorted((-g, k) for k, g in enumerate(view.gains[0]) if np.isfinite(g))
    assert picture.shown == [view.trainings[k].id for _, k in by_gain[:3]]
    paths = [*picture.beliefs.get_paths(), *picture.belief.get_paths()]
    assert len(paths) == 3 and len(picture.belief.get_paths()) == (view.next in picture.shown)
    first = [i for i in picture.shown if i != view.next][0]
    training, (outline, *_) = next(t for t in view.trainings if t.id == first), picture.beliefs.get_paths()
    at_end = [y for x, y in outline.vertices if x == view.levels[-1]]
    low, high = view.quantiles(training, [view.levels[-1]], 0.1, 0.9)
    assert (min(at_end), max(at_end)) == pytest.approx((low[0], high[0])) and low < high
    assert outline.vertices[0] == pytest.approx(training.curve[-1])


def test_what_is_shown_as_a_share_is_turned_round(view):
    accuracy = Quantity("validation error")
    assert accuracy.higher
    picture = drawn(view, quantity=accuracy)
    expected = accuracy.show(np.array(next(t.curve for t in view.trainings if t.id == view.next))[:, 1])
    assert picture.line.get_ydata() == pytest.approx(expected)


def test_words_say_what_happens(steps, view):
    number = 1 + [t.id for t in view.trainings].index(view.next)
    trained = view.trainings[number - 1]
    before, after = view.levels[trained.level : trained.level + 2]
    assert (
        drawn(view).sentence() == f"Training {number} of {len(view.trainings)} goes on from epoch {before} to {after}"
    )
    assert drawn(steps[0].view).sentence() == "Nothing has been trained yet"
    assert drawn(replace(view, next=None)).sentence().startswith("A new training begins; ")
    failed = replace(view, trainings=(replace(view.trainings[0], status="failed"), *view.trainings[1:]))
    assert "0 failed" in drawn(view).alt() and "1 failed" in drawn(failed).alt()
