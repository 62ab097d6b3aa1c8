"""The pictures of the controller: areas that fill a panel, a baseline that is the method's, a clip that is PPO's."""

import numpy as np
import pytest
import torch
from plots.legible import assert_legible

import nasbook
from nasbook import Choice, Int, Space
from nasbook.nas.ppo import surrogate
from nasbook.nas.reinforce import ControllerView, Update
from nasbook.plots.views.controller import (
    ClipPicture,
    ControllerState,
    PolicyPicture,
    RewardPicture,
    VariancePicture,
    policy,
)
from nasbook.trace import Trial

NAMES, OPTIONS = ("op", "size"), (("conv", "pool"), (1, 2, 3))
TREE = Space(op=Choice(["conv", "pool"]), size=Int(1, 3, when={"op": "conv"}))


def view(p, updates=0, last=None, baseline=None):
    return ControllerView(NAMES, OPTIONS, p, 1.0, baseline, updates, last)


def update(number, rewards=(0.9, 0.2), b=0.5, ratios=(1.5, 0.9), with_b=0.1, without=10.0):
    return Update(number, (0, 1), rewards, b, 1.0, with_b, without, with_b, ratios, 0.0)


def trial(i, value):
    return Trial(i, {}, status="failed" if value is None else "done", value=value)


FLAT, LATER = ((0.5, 0.5), (0.2, 0.2, 0.1)), ((0.9, 0.1), (0.5, 0.3, 0.1))
STATE = ControllerState(
    [trial(0, 0.1), trial(1, None), trial(2, 0.95)],
    [view(FLAT), view(FLAT), view(LATER, 1, update(1), 0.5), view(LATER, 1, update(1), 0.5)],
)


def test_areas_hold_the_probabilities_and_leave_white_what_does_not_exist():
    picture = PolicyPicture(NAMES, OPTIONS, 4)
    fig = picture.render_static(STATE)
    for t, (before, after) in enumerate(zip(FLAT, LATER, strict=True)):
        tops = []
        for o in range(len(before)):
            xy = picture.areas[t][o].get_xy()
            for x, p in ((1, before), (2.5, after)):
                edges = [y for (x0, y), (x1, _) in zip(xy, xy[1:], strict=False) if min(x0, x1) < x < max(x0, x1)]
                assert max(edges) - min(edges) == pytest.approx(p[o])
                tops.append(max(edges))
        assert max(tops) == pytest.approx(max(sum(before), sum(after)))
    assert picture.leaders == [("conv", 0.9), (1, 0.5)]
    assert "size 1 50 %" in fig.alt and "After 1 update the policy is as undecided as among about 3" in fig.alt
    assert_legible(fig)


def test_rewards_below_the_axis_and_failures_are_shown_at_its_foot():
    picture = RewardPicture(4, 0.5, 1.0)
    fig = picture.render_static(STATE)
    assert picture.dots.get_xydata().tolist() == [[1, 90]]
    assert picture.under.get_xdata().tolist() == [2, 3]
    assert picture.star.get_xydata().tolist() == [[1, 90]]
    np.testing.assert_array_equal(picture.line.get_ydata(), [np.nan, np.nan, 50, 50])
    assert "moving mean is 50" in fig.alt
    assert_legible(fig)


def test_variances_of_each_update_are_drawn_once():
    picture = VariancePicture(3)
    fig = picture.render_static(STATE)
    assert picture.without.get_xydata().tolist() == [[1, 10]] and picture.with_b.get_xydata().tolist() == [[1, 0.1]]
    assert "100 times as large" in fig.alt
    assert_legible(fig)


def test_the_curves_are_the_surrogate_and_the_marks_lie_on_them():
    r = torch.linspace(0, 2.5, 51, dtype=torch.float64)
    picture = ClipPicture()
    for eps in (0.2, 0.5):
        picture.eps = eps
        for A in (1, -1):
            expected = surrogate(r, torch.full_like(r, A), eps).numpy()
            np.testing.assert_allclose(picture.objective(r.numpy(), A), expected)
    picture.eps = 0.2
    last = update(1, (0.9, 0.9, 0.1, 0.1), 0.5, (1.1, 1.5, 0.7, 9.0))
    fig = picture.render_static(ControllerState([], [view(FLAT, 1, last)]))
    up, up_cut, down, down_cut = (m.get_xydata().tolist() for m in picture.marks)
    assert (up, up_cut) == ([[1.1, 1.1]], [[1.5, 1.2]])
    assert (down, down_cut) == ([[2.5, -2.5]], [[0.7, -0.8]])  # a bad one that got likelier is pushed on
    assert "2 of 4 lie beyond the clip at 1 ± 0.2" in fig.alt
    assert_legible(fig)


def test_reinforce_has_no_clip():
    picture = ClipPicture()
    picture.eps = None
    fig = picture.render_static(ControllerState([], [view(FLAT, 1, update(1, ratios=(3.0, 0.1)))]))
    assert not picture.cut.any() and "REINFORCE has no clip" in fig.alt
    np.testing.assert_allclose(picture.objective(np.array([0.5, 2.0]), -1), [-0.5, -2.0])


def test_everything_is_legible_before_the_first_trial():
    empty = ControllerState([], [view(FLAT)])
    for picture in (PolicyPicture(NAMES, OPTIONS), RewardPicture(), VariancePicture(), ClipPicture()):
        assert_legible(picture.render_static(empty))


def test_the_policy_of_a_trace():
    trace = nasbook.search("reinforce", lambda c: c.get("size", 0) / 3, space=TREE, trials=45, seed=0, lr=0.1)
    fig = policy(trace)
    assert "After 4 updates" in fig.sentence and "op pool" in fig.alt
    assert_legible(fig)
    assert_legible(nasbook.plots.plot(trace, "policy"))
    with pytest.raises(ValueError, match="'reinforce' or 'ppo' .* these trials are from 'random'"):
        policy(nasbook.search("random", lambda c: 0.0, space=TREE, trials=3))
