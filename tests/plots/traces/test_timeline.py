"""Bars are the trials, and idle is what is left."""

import numpy as np
import pytest
from plots.legible import assert_legible
from plots.told import told

import nasbook
from nasbook.plots import TimelinePicture, plot
from nasbook.plots.traces.timeline import idle_shares
from nasbook.trace import Trial


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
