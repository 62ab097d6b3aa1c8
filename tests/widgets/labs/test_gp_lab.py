"""The GP lab without a page: points by hand, by mouse and by slider, the belief they lead to, and what is said."""

import re
import threading

import numpy as np
import pytest
from waiting import PATIENCE

import nasbook
from nasbook.hpo.parts.belief import Belief
from nasbook.plots.labs.gp import GPPicture, X
from nasbook.widgets.labs.gp import MOST, GPLab

POINTS = [(0.1, 0.5), (0.4, -1.0), (0.8, 1.2)]


def words(widget):
    return re.sub(r"<[^>]*>", "", widget.value)


def at(lab, x, y):
    """Where (x, y) lies in the picture, by matplotlib's own transform."""
    px, py = lab.picture.ax.transData.transform((x, y))
    return px / lab.image.width, 1 - py / lab.image.height


def drag(lab, *path):
    """Press at the first place, move, and let go at the last; (x, y) in the axes' units."""
    lab.image.inject(*at(lab, *path[0]), "grab")
    for place in path[1:]:
        lab.image.inject(*at(lab, *place), "drag")
    lab.image.inject(*at(lab, *path[-1]), "drop")


def drawn(lab):
    return np.array(lab.picture.dots.get_data()).T


def test_before_any_point_it_shows_the_prior():
    lab = GPLab(kernel="matern32", signal=0.5)
    band = lab.picture.band.get_xy()
    assert band[:, 1].max() == pytest.approx(1.0) and band[:, 1].min() == pytest.approx(-1.0)
    assert len(lab.picture.draws) == 3 and np.ptp(lab.picture.draws[0].get_ydata()) > 0.1
    assert "prior" in words(lab._sentence) and lab.trace is None
    assert lab.files.save.disabled


def test_the_picture_is_the_belief_of_the_points():
    lab = GPLab(POINTS, lengthscale=0.3, noise=0.1, kernel="rbf")
    mean, std = Belief(*np.array(POINTS).T, "rbf", 0.3, 1.0, 0.1).predict(X)
    np.testing.assert_allclose(lab.picture.mean.get_ydata(), mean)
    assert lab.picture.band.get_xy()[:, 1].max() == pytest.approx((mean + 2 * std).max())
    np.testing.assert_allclose(drawn(lab), POINTS)


def test_a_drag_moves_a_point_and_the_band_with_it():
    lab = GPLab(POINTS)
    before, frame = np.array(lab.picture.mean.get_ydata()), lab.image.frame
    drag(lab, (0.41, -0.95), (0.5, 1.0), (0.61, 2.05))  # grabbed a little beside its middle
    assert lab.points[1] == pytest.approx((0.6, 2.0)) and len(lab.points) == 3
    assert np.abs(lab.picture.mean.get_ydata() - before).max() > 2
    assert lab.image.frame >= frame + 3  # each place on the way was drawn
    assert "Point 2 is at x = 0.6, y = 2" in words(lab._sentence)
    drag(lab, (0.6, 2.0), (0.9, 3.0), (1.4, 9.0))  # past the edge: it stays inside
    assert tuple(lab.points[1]) == (1.0, 4.0)


def test_a_click_on_empty_space_adds_and_goes_on_as_a_drag():
    lab = GPLab(POINTS)
    drag(lab, (0.6, 0.0))
    assert lab.points[3] == pytest.approx((0.6, 0.0), abs=1e-9)
    drag(lab, (0.2, 2.0), (0.25, 3.0))
    assert lab.points[4] == pytest.approx((0.25, 3.0))
    assert words(lab._status).startswith("Paused after 5 points")
    lab.image.inject(0.01, 0.5, "grab")  # beside the axes
    assert len(lab.points) == 5


def test_a_double_click_removes_and_a_drag_that_lost_its_point_does_nothing():
    lab = GPLab(POINTS)
    lab.image.inject(*at(lab, 0.4, -1.0), "remove")
    np.testing.assert_allclose(lab.points, [POINTS[0], POINTS[2]])
    assert "Point 2 is gone" in words(lab._sentence) and words(lab._status).startswith("Paused after 2 points")
    lab.image.inject(*at(lab, 0.5, 3.0), "drag")
    lab.image.inject(*at(lab, 0.5, 3.0), "remove")  # no point there
    assert len(lab.points) == 2
    for _ in range(2):
        lab.remove(0)
    assert "prior" in words(lab._sentence) and lab.files.save.disabled


def test_the_sliders_move_the_chosen_point_alone():
    lab = GPLab(POINTS)
    lab._which.value = 0
    assert lab.picture.ring.get_xdata() == pytest.approx([0.1])
    lab._sliders[1].value = 2.5
    assert lab.points[0] == pytest.approx((0.1, 2.5))  # x has stayed where it was, and is not on the slider's grid
    np.testing.assert_allclose(lab.points[1:], POINTS[1:])
    lab._sliders[0].value = 0.25
    assert lab.points[0] == pytest.approx((0.25, 2.5))
    add, take = lab.below.children[3:]
    take.click()
    assert len(lab.points) == 2 and take.disabled
    add.click()
    assert lab.points[2] == pytest.approx((0.25, 2.5))


def test_a_page_that_sends_a_slider_back_moves_nothing():
    lab = GPLab([(0.123, 0.777)])
    lab._which.value = 0
    lab._slid()
    assert tuple(lab.points[0]) == (0.123, 0.777)


def test_a_longer_length_scale_narrows_the_band_between_points():
    lab = GPLab(POINTS, lengthscale=0.05)
    widths = []
    for ell in (0.05, 0.2, 0.8):
        lab.set(lengthscale=ell)
        widths.append(lab.frame(3).width)
        assert lab.picture.now.get_xdata()[0] == pytest.approx(ell)
    assert widths[0] > 1.5 * widths[1] > 2 * widths[2]


def test_the_fit_is_the_top_of_the_evidence_and_follows_the_points():
    lab = GPLab(POINTS, fit="lengthscale", kernel="rbf")
    first = lab.belief.lengthscale
    assert lab.controls["lengthscale"].disabled
    with pytest.raises(ValueError, match="It is fitted"):
        lab.set(lengthscale=0.5)
    lab.move(1, 0.15, 0.6)  # smoother now
    assert lab.belief.lengthscale > 1.2 * first
    assert lab.values["lengthscale"] == pytest.approx(lab.belief.lengthscale, rel=0.03)
    assert lab.picture.top.get_xdata()[0] == lab.picture.now.get_xdata()[0]
    assert "the highest there is" in words(lab._sentence)
    lab.set(fit="all")
    dense = Belief(*lab.points.T, "rbf", 0.2, lab.belief.signal, lab.belief.noise).evidence(np.geomspace(0.02, 3, 500))
    assert lab.belief.evidence()[0] >= dense.max() - 1e-6
    lab.set(fit="none", lengthscale=2.0)
    now, best = (float(e) for e in re.findall(r"[−\d.]+\d", words(lab._sentence).replace("−", "-"))[1:3])
    assert now < best


def test_step_measures_the_truth_where_the_band_is_widest():
    lab = GPLab(truth="jump", seed=3)
    lab.step(4)
    for n in range(1, 4):
        std = lab._believe(n).predict(X)[1]
        x = lab.points[n, 0]
        assert std[np.abs(X - x).argmin()] == pytest.approx(std.max())
    np.testing.assert_allclose(lab.points[:, 1], lab.truth(lab.points[:, 0]))
    assert "where the band was widest" in words(lab._sentence)
    lab.set(points=6)
    lab.run()
    assert len(lab.points) == 6 and lab.runner.state == "done"
    lab.add(0.33, 0.0)
    lab.set(points=9)
    lab.run()
    assert len(lab.points) == 9 and "Done: 9 points" in words(lab._status)


def test_the_share_of_the_axis_on_which_the_truth_is_in_the_band():
    lab = GPLab(truth="jump", reveal=True, seed=0)
    lab.step(8)
    mean, std = lab.belief.predict(X)
    share = np.mean(np.abs(lab.truth(X) - mean) <= 2 * std)
    assert f"{100 * share:.0f} % of the axis" in words(lab._sentence) and share < 0.95
    assert len(lab.picture.hidden.get_xdata()) == len(X)
    lab.set(reveal=False)
    assert "%" not in words(lab._sentence) and len(lab.picture.hidden.get_xdata()) == 0


def test_the_scrubber_looks_back_and_an_edit_comes_forward():
    lab = GPLab(POINTS)
    lab.scrub(1)
    assert len(drawn(lab)) == 1 and "After 1 point" in words(lab._sentence)
    assert lab._nearest(*at(lab, *POINTS[1])) is None  # it is not shown
    lab.move(0, 0.2, 0.0)
    assert len(drawn(lab)) == 3
    lab.reset()
    assert len(lab.points) == 0 and "prior" in words(lab._sentence)


def test_the_points_are_a_trace_that_can_be_saved_loaded_and_replayed(tmp_path):
    lab = GPLab(POINTS, kernel="matern32", lengthscale=0.4)
    trace = nasbook.Trace.load(lab.files.save_trace(tmp_path / "points.jsonl"))
    assert [(t.config["x"], t.value) for t in trace.trials] == POINTS
    view = list(nasbook.replay(trace))[-1].view
    assert view is not None and trace.header.settings["kernel"] == "matern32"
    assert "3 points saved" in words(lab.files.said)
    assert lab.files.export.layout.display == "none"


@pytest.mark.parametrize(
    ("act", "says"),
    [
        (lambda lab: lab.add(1.2, 0), "x in \\[0, 1\\]"),
        (lambda lab: lab.add(0.2, float("nan")), "y in"),
        (lambda lab: lab.move(3, 0.2, 0), "there are 3 points, so i must be in 0 … 2, not 3"),
        (lambda lab: lab.remove(-1), "not -1"),
        (lambda lab: lab.set(lengthscale=9.0), "must lie in"),
        (lambda lab: GPLab(kernel="cubic"), "must be one of"),
        (lambda lab: GPLab([(0, 0)] * (MOST + 1)), "which is the most"),
    ],
)
def test_bad_input_is_one_sentence_and_loses_nothing(act, says):
    lab = GPLab(POINTS)
    with pytest.raises(ValueError, match=says):
        act(lab)
    np.testing.assert_allclose(lab.points, POINTS)


@pytest.mark.parametrize("kind", ["grab", "drag", "drop", "remove"])
def test_a_hand_that_comes_while_the_picture_is_made_anew_waits_for_it(kind, monkeypatch):
    lab = nasbook.lab("gp", points=[(0.4, -1.0)])
    making, go_on = threading.Event(), threading.Event()
    build = GPPicture.build

    def slow(picture, fig):
        making.set()
        assert go_on.wait(PATIENCE)
        build(picture, fig)

    monkeypatch.setattr(GPPicture, "build", slow)
    reset = threading.Thread(target=lab.reset)
    reset.start()
    assert making.wait(PATIENCE)
    lab.image.clickable = lab.image.draggable = True
    hand = threading.Thread(target=lab.image.inject, args=(0.3, 0.5, kind))
    hand.start()
    hand.join(0.2)  # without a lock it has failed by now
    go_on.set()
    for thread in (hand, reset):
        thread.join(PATIENCE)
        assert not thread.is_alive()
    lab.wait()
    assert lab.error is None and len(lab.points) == (kind == "grab")
