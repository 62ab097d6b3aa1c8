"""Shares and ranks of values."""

import numpy as np
from plots.legible import assert_legible
from plots.told import XY, told

from nasbook.plots import EdfPicture, RankPicture, edf


def test_edf_is_the_share_and_failures_never_get_there():
    trace = told([{"value": v} for v in (3.0, 1.0, 2.0)] + [{"status": "failed"}])
    picture = EdfPicture(["a"])
    fig = picture.render_static({"a": [trace]})
    x, y = picture.lines["a"].get_data()
    np.testing.assert_array_equal(x[:-1], [1, 1, 2, 3])
    np.testing.assert_array_equal(y, [0, 0.25, 0.5, 0.75, 0.75])
    assert "median 2" in fig.alt
    assert_legible(fig)
    many = edf([trace, told([{"value": 5.0}])])  # one method: pooled
    assert "made: 5 trials, 1 failed or stopped, best 1, median 3" in many.alt


def test_ranks_do_not_care_how_far_off_a_value_is():
    rows = [
        {"value": v, "config": {"x": u, "y": 1 - u}}
        for v, u in zip((5.0, 1.0, 1e9, 2.0, 2.0), (0.1, 0.3, 0.5, 0.7, 0.9), strict=True)
    ]
    picture = RankPicture(XY, ["x", "y"])
    fig = picture.render_static(told([*rows, {"status": "failed"}]))
    np.testing.assert_allclose(picture.rank, [0.75, 0, 1, 0.375, 0.375, np.nan])
    dots = picture.marks[0][2]
    order = np.array([2, 0, 3, 4, 1])  # the best on top
    np.testing.assert_allclose(
        dots.get_offsets(), np.array([(r["config"]["x"], r["config"]["y"]) for r in rows])[order]
    )
    np.testing.assert_allclose(dots.get_facecolor(), picture.colours(picture.rank[order]))
    assert_legible(fig)
