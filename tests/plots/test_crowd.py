"""Pareto front, hypervolume, EDF, rank, contour and timeline: their artists hold what the trace holds."""

import numpy as np
import pytest
from plots.legible import assert_legible

import nasbook
from nasbook import Choice, Float, Space
from nasbook.plots import ContourPicture, EdfPicture, ParetoPicture, RankPicture, TimelinePicture, edf, plot
from nasbook.plots.data import Quantity
from nasbook.plots.traces.contour import value_map
from nasbook.plots.traces.pareto_front import HypervolumePicture
from nasbook.plots.traces.timeline import idle_shares
from nasbook.trace import Header, Trace, Trial

XY = Space(x=Float(0, 1), y=Float(0, 1))
MIXED = Space(kernel=Choice(["rbf", "poly", "sigmoid"]), C=Float(1e-3, 1e3, log=True))


def told(rows, space=XY, workers=1):
    """A trace with these trials: dicts of what differs from a done trial."""
    trace = Trace(Header("made", "by-hand", space, workers=workers))
    for i, row in enumerate(rows):
        row = dict(row)
        config = row.pop("config", {"x": 0.5, "y": 0.5})
        trace.started(Trial(i, config))
        trace.ended(Trial(i, config, **{"status": "done", **row}))
    return trace


@pytest.fixture
def two():
    Y = [(1.0, 4.0), (2.0, 2.0), (3.0, 3.0), (4.0, 1.0), (2.0, 3.0)]
    rows = [{"values": y, "value": y[0]} for y in Y]
    return told([*rows[:3], {"status": "failed", "reason": "no memory"}, *rows[3:]])


def test_the_front_is_what_nobody_beats_and_its_steps_are_its_edge(two):
    picture = ParetoPicture([Quantity("a"), Quantity("b")])
    fig = picture.render_static(two)
    np.testing.assert_array_equal(np.transpose(picture.first.get_data()), [(1, 4), (2, 2), (4, 1)])
    np.testing.assert_array_equal(np.transpose(picture.dots.get_data()), [(3, 3), (2, 3)])
    assert len(picture.lost.get_xdata()) == 1
    corners = np.transpose(picture.steps.get_data())
    np.testing.assert_array_equal(corners[1:-1], [(1, 4), (2, 4), (2, 2), (4, 2), (4, 1)])
    assert "(1, 4), (2, 2), (4, 1)" in fig.alt and "1 failed" in fig.alt
    assert_legible(fig)


def test_the_hypervolume_grows_by_the_areas_one_can_count(two):
    picture = HypervolumePicture((5, 5))
    fig = picture.render_static(two)
    # (1,4): 4·1.  (2,2) adds 3·2.  (3,3) nothing.  A failure nothing.  (4,1) adds 1·1.  (2,3) nothing.
    np.testing.assert_allclose(picture.line.get_ydata(), [4, 10, 10, 10, 11, 11])
    np.testing.assert_array_equal(picture.dots.get_xdata(), [1, 2, 5])
    np.testing.assert_array_equal(picture.lost.get_xdata(), [4])
    assert_legible(fig)
    assert_legible(plot(two, "hypervolume"))


def test_one_objective_is_refused_with_a_sentence():
    trace = told([{"value": 1.0}])
    for kind in ("pareto", "hypervolume"):
        with pytest.raises(ValueError, match="two objectives"):
            plot(trace, kind)


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


def test_a_map_of_numbers_is_exact_for_a_plane_and_empty_where_nothing_is_known():
    U = 0.2 + 0.6 * np.random.default_rng(0).random((40, 2))
    grid = value_map(XY, ["x", "y"], U, 3 * U[:, 0] - U[:, 1])
    xs = (np.arange(grid.shape[1]) + 0.5) / grid.shape[1]
    expected = 3 * xs[None] - xs[:, None]
    inside = np.isfinite(grid)
    assert 0.2 < inside.mean() < 0.5 and not inside[0].any()
    np.testing.assert_allclose(grid[inside], expected[inside], atol=1e-9)


def test_a_map_with_options_never_mixes_them():
    U = np.array([(1 / 6, 0.1), (1 / 6, 0.9), (0.5, 0.5), (5 / 6, 0.2), (5 / 6, 0.4)])
    grid = value_map(MIXED, ["kernel", "C"], U, np.array([0.0, 8.0, 100.0, 1.0, 1.0]))
    assert grid.shape == (120, 3)
    heights = (np.arange(120) + 0.5) / 120
    between = (heights > 0.1) & (heights < 0.9)
    np.testing.assert_allclose(grid[between, 0], 10 * (heights[between] - 0.1))
    assert np.isnan(grid[:, 1]).all()  # one trial is no line
    assert set(grid[~np.isnan(grid[:, 2]), 2]) == {1.0}


def test_a_contour_has_every_trial_where_it_is():
    def f(c):
        if c["kernel"] == "sigmoid" and c["C"] > 10:
            raise RuntimeError("no convergence")
        return 0.05 + 0.02 * abs(np.log10(c["C"]))

    trace = nasbook.search("random", f, space=MIXED, trials=40, seed=2)
    picture = ContourPicture(MIXED, ["kernel", "C"])
    fig = picture.render_static(trace)
    ok = [t for t in trace.trials if t.status == "done"]
    np.testing.assert_allclose(picture.dots.get_ydata(), [MIXED.parameters["C"].encode(t.config["C"]) for t in ok])
    assert len(picture.lost.get_xdata()) == 40 - len(ok) > 0
    assert "C" in fig.alt
    assert_legible(fig)
    assert_legible(plot(trace, "contour", label="validation error", parameters=["C", "kernel"]))


def test_wrong_parameters_are_named():
    trace = told([{"value": 1.0}])
    with pytest.raises(ValueError, match="plot contour: 'z' is not a searched parameter; there are x, y"):
        plot(trace, "contour", parameters=["x", "z"])
    with pytest.raises(ValueError, match="two different parameters, not 1"):
        plot(trace, "contour", parameters=["x"])
    with pytest.raises(ValueError, match="two to 6"):
        plot(trace, "rank", parameters=["x", "x"])


def test_bars_of_a_timeline_are_the_trials_and_idle_is_what_is_left():
    trace = told(
        [
            {"value": 2.0, "worker": 0, "start": 0.0, "end": 4.0},
            {"status": "failed", "worker": 1, "start": 0.0, "end": 1.0},
            {"value": 1.0, "worker": 1, "start": 2.0, "end": 6.0},
            {"status": "pruned", "worker": 0, "start": 5.0, "end": 10.0},
        ],
        workers=2,
    )
    trace.started(Trial(4, {"x": 0.1, "y": 0.1}, worker=1, start=8.0))
    picture = TimelinePicture(2)
    fig = picture.render_static(trace)
    extents = {
        s: [p.get_extents().bounds for p in bars.get_paths()] for s, bars in picture.bars.items()
    }  # (x, y, width, height)
    assert [(x, w) for x, _, w, _ in extents["done"]] == [(0, 4), (2, 4)]
    assert [(x, w) for x, _, w, _ in extents["failed"]] == [(0, 1)]
    assert [(x, w) for x, _, w, _ in extents["pruned"]] == [(5, 5)]
    assert [(x, w) for x, _, w, _ in extents["running"]] == [(8, 2)]
    np.testing.assert_allclose([y + h / 2 for _, y, _, h in extents["done"]], [0, 1])
    np.testing.assert_allclose(picture.idle, [0.1, 0.3])  # (4, 5) of ten; (1, 2) and (6, 8) of ten
    assert picture.star.get_xydata().tolist() == [[4.0, 1.0]]
    assert "Worker 2 is idle longest, 30 %" in fig.alt
    assert_legible(fig)


def test_bars_that_overlap_are_counted_once():
    trials = [Trial(0, {}, start=0.0, end=3.0), Trial(1, {}, start=1.0, end=2.0), Trial(2, {}, start=2.5, end=5.0)]
    np.testing.assert_allclose(idle_shares(trials, 1, 10.0), [0.5])


def test_a_simulated_search_fills_its_workers():
    trace = nasbook.search("random", "nb201-cifar10", trials=12, seed=0, workers=3)
    fig = plot(trace, "timeline")
    assert "by 3 workers" in fig.alt
    assert_legible(fig)


def test_no_times_no_timeline():
    with pytest.raises(ValueError, match="none of these trials says when it ended"):
        plot(told([{"value": 1.0}]), "timeline")
