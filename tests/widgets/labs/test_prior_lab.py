"""The prior lab without a page: the shipped belief, a training that is watched, points by hand, one's own prior."""

import re

import numpy as np
import pytest

import nasbook
from nasbook.hpo.parts.learned_prior import learn, shipped
from nasbook.hpo.parts.priors_1d import PRIORS
from nasbook.plots.labs.prior import X
from nasbook.widgets.dragged import Point
from nasbook.widgets.labs.prior import EVERY, FIRST, PriorLab


def words(widget):
    return re.sub(r"<[^>]*>", "", widget.value)


@pytest.fixture(scope="module")
def lab():
    return PriorLab(prior="smooth", steps=100)


@pytest.fixture(autouse=True)
def as_it_began(lab):
    yield
    lab.set(prior="smooth", gp=True, draws=False, at=0.65, seed=0)
    lab.reset()
    with lab.holding():
        lab.kept[:] = [Point(*at) for at in FIRST]
    lab.redraw()


def drag(lab, *path):
    for place, kind in zip(path, ("grab", *["drag"] * (len(path) - 2), "drop"), strict=True):
        px, py = lab.picture.ax.transData.transform(place)
        lab.image.inject(px / lab.image.width, 1 - py / lab.image.height, kind)


def test_at_first_it_shows_what_the_shipped_network_believes(lab):
    assert np.array_equal(lab.points, FIRST) and lab.error is None
    mean, _ = shipped("smooth").predict(*lab.points.T, X)
    np.testing.assert_allclose(lab.picture.mean.get_ydata(), mean)
    exact = PRIORS["smooth"].posterior(*lab.points.T, X)
    np.testing.assert_allclose(lab.picture.other.get_ydata(), exact.mean)
    np.testing.assert_allclose(lab.picture.edges[0].get_ydata(), exact.quantile(0.025))
    assert "for minutes, beforehand" in words(lab._sentence) and "exact posterior" in words(lab._sentence)


def test_another_prior_is_another_belief_about_the_same_points(lab):
    before = np.array(lab.picture.mean.get_ydata())
    lab.set(prior="steps")
    assert np.array_equal(lab.points, FIRST)
    np.testing.assert_allclose(lab.picture.mean.get_ydata(), shipped("steps").predict(*lab.points.T, X)[0])
    assert np.abs(lab.picture.mean.get_ydata() - before).max() > 0.2
    assert "knows nothing of this prior" in words(lab._sentence)


def test_play_trains_a_network_and_earlier_rounds_can_be_looked_at(lab):
    lab.step(3)
    peer = list(learn(PRIORS["smooth"], 100, EVERY))[:3]
    assert [s.nll for s in lab.steps] == [s.nll for s in peer] and lab.total == 11
    np.testing.assert_allclose(lab.picture.mean.get_ydata(), peer[2].learned.predict(*lab.points.T, X)[0])
    assert "After 20 steps, 640 drawn problems" in words(lab._sentence)
    lab.scrub(1)
    np.testing.assert_allclose(lab.picture.mean.get_ydata(), peer[0].learned.predict(*lab.points.T, X)[0])
    lab.move(0, 0.1, 2.0)
    assert lab.at == 1 and tuple(lab.points[0]) == (0.1, 2.0)
    lab.scrub(0)
    np.testing.assert_allclose(lab.picture.mean.get_ydata(), shipped("smooth").predict(*lab.points.T, X)[0])
    lab.move(0, *FIRST[0])


def test_points_are_dragged_added_and_removed_by_mouse_and_by_slider(lab):
    drag(lab, FIRST[1], (0.3, 0.0), (0.25, 1.5))
    assert lab.points[1] == pytest.approx((0.25, 1.5)) and "Point 2 is at x = 0.25" in words(lab._sentence)
    drag(lab, (0.9, -2.0), (0.9, -2.0))
    assert len(lab.points) == 5
    lab._sliders[1].value = -1.0
    assert lab.points[4][1] == -1.0
    lab._take.click()
    assert len(lab.points) == 4 and not lab.steps
    for i in (3, 2, 1, 0):
        lab.remove(i)
    assert "before" not in lab.image.alt and "0 points" in lab.image.alt and lab.trace is None
    assert len(lab.picture.draws[0].get_xdata()) == len(X)  # without a point, the prior is drawn
    for point in FIRST:
        lab.add(*point)


def test_what_is_only_looked_at_restarts_nothing(lab):
    lab.step(1)
    lab.set(at=0.2)
    assert lab.picture.where.get_text() == "density at x = 0.20"  # as the slider's readout writes it
    slider = lab.controls["at"]
    for k in range(8, 93, 7):
        lab.set(at=slider.min + k * slider.step)
        assert lab.picture.where.get_text().endswith(f"= {k / 100:.2f}")
    lab.set(at=0.2)
    lab.set(gp=False)
    assert len(lab.picture.other.get_xdata()) == 0 and "exact" not in words(lab._sentence).partition("possible")[2]
    lab.set(draws=True)
    assert len(lab.picture.draws[2].get_xdata()) == len(X) and len(lab.steps) == 1


def test_the_trace_is_the_points(lab, tmp_path):
    path = lab.files.save_trace(tmp_path / "points.jsonl")
    trace = nasbook.Trace.load(path)
    assert [(t.config["x"], t.value) for t in trace.trials] == list(FIRST) and trace.header.method == "pfn"
    assert lab.keeps() == "4 points"
    assert not lab.steps and not lab.files.save.disabled  # the points are there before any training
    for _ in FIRST:
        lab.remove(0)
    assert lab.files.save.disabled and "put a point first" in lab.files.save.tooltip
    lab.add(*FIRST[0])
    assert not lab.files.save.disabled


def test_a_prior_of_ones_own_is_learned_in_its_units():
    own = PriorLab(
        [(0.5, 930.0)], draw=lambda rng, x: 900 + 50 * (rng.normal() + rng.normal() * x), steps=100, gp=False
    )
    assert own.values["prior"] == "own" and 600 < own.low < 800 < own.high < 1200
    assert "has learned nothing yet" in words(own._sentence)
    own.step(2)
    assert own.steps[0].exact is None and own.error is None
    own.set(prior="smooth")  # the points stay where they are in the picture
    assert -1 < own.points[0][1] < 2
    with pytest.raises(ValueError, match="y in"):
        own.add(0.5, 930.0)


@pytest.mark.parametrize(
    "arguments, says",
    [
        ({"draw": 3}, "a prior is a function"),
        ({"draw": lambda rng, x: 1.0}, "one number for each x"),
        ({"draw": lambda rng, x: 0 * x}, "same value everywhere"),
        ({"prior": "own"}, "prior must be one of"),
        ({"points": [(2.0, 0.0)]}, "x in"),
    ],
)
def test_what_it_cannot_be_made_of_is_said(arguments, says):
    with pytest.raises(ValueError, match=says):
        nasbook.lab("prior", **arguments)
