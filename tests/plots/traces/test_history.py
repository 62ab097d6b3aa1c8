"""Histories show the trace's numbers."""

import numpy as np
import pytest
from plots.legible import assert_legible
from plots.parabola import SPACE, searched

import nasbook
from nasbook.plots import (
    Baseline,
    HistoryPicture,
    history,
)


@pytest.fixture(scope="module")
def trace():
    return searched()


def drawn(line):
    return np.asarray(line.get_xdata(), float), np.asarray(line.get_ydata(), float)


def test_the_line_is_the_incumbent_and_the_dots_are_the_trials(trace):
    picture = HistoryPicture(30, limits=(-0.1, 1.0))
    picture.render_static(trace)
    x, y = drawn(picture.best)
    np.testing.assert_array_equal(y[:-1], trace.incumbent_values)
    np.testing.assert_array_equal(x[:-1], np.arange(1, 31))
    x, y = drawn(picture.dots)
    ok = np.isfinite(trace.values)
    np.testing.assert_array_equal(x, np.arange(1, 31)[ok])
    np.testing.assert_array_equal(y, trace.values[ok])


def test_failures_are_hollow_and_stand_where_they_happened(trace):
    picture = HistoryPicture(30)
    picture.render_static(trace)
    x, _ = drawn(picture.lost)
    assert list(x) == [i + 1 for i, t in enumerate(trace.trials) if t.status == "failed"] and len(x) > 0
    assert picture.lost.get_markerfacecolor() == "white"


def test_trials_off_the_scale_are_marked_at_the_edge(trace):
    picture = HistoryPicture(30, limits=(-0.1, 0.05))
    picture.render_static(trace)
    x, y = drawn(picture.far)
    assert list(x) == [i + 1 for i, v in enumerate(trace.values) if v > 0.05]
    assert (y < 0.05).all() and (y > 0.03).all()


def test_errors_are_shown_as_accuracy_in_percent(trace):
    fig = history(trace, label="validation error")
    assert fig.axes[0].get_ylabel() == "validation accuracy (%)"
    best = 100 * (1 - trace.best.value)
    assert f"{best:.1f} %" in fig.alt and f"{best:.1f} %" in fig.sentence


def test_alt_text_has_the_traces_numbers(trace):
    alt = history(trace, baseline=None).alt
    failed = sum(t.status == "failed" for t in trace.trials)
    found = int(np.nanargmin(trace.values)) + 1
    assert f"after 30 trials ({failed} failed or stopped)" in alt and f"found at trial {found}." in alt
    assert f"{trace.best.value:.3g}" in alt


def test_the_grey_band_is_the_baselines(trace):
    pool = np.linspace(0.0, 0.5, 200)
    picture = HistoryPicture(30, baseline=Baseline(pool))
    picture.render_static(trace)
    low, high = Baseline(pool).interval(30)
    outline = picture.band.get_xy()
    for n in (1, 10, 30):
        ys = sorted({round(y, 9) for x, y in outline if x == n})
        assert ys[0] == pytest.approx(low[n - 1]) and ys[-1] == pytest.approx(high[n - 1])
    np.testing.assert_allclose(drawn(picture.mean)[1], Baseline(pool).expected(30))


def test_limits_only_grow_and_stay_while_the_search_goes_on(trace):
    picture = HistoryPicture(30, baseline=Baseline(trace.values))
    picture.make_figure()
    seen = []
    for k in range(31):
        changed = picture.update(trace.steps[:k])
        seen.append((picture.ax.get_xlim(), picture.ax.get_ylim()))
        assert changed == (k > 0 and seen[-1] != seen[-2])
    assert len(set(seen)) == 1  # the budget and the baseline say it all beforehand


def test_limits_without_a_baseline_never_shrink(trace):
    picture = HistoryPicture()
    picture.make_figure()
    before = None
    for k in range(1, 31):
        picture.update(trace.steps[:k])
        (x0, x1), (y0, y1) = picture.ax.get_xlim(), picture.ax.get_ylim()
        if before is not None:
            assert x1 >= before[1] and y0 <= before[2] and y1 >= before[3] and x0 == before[0]
        before = (x0, x1, y0, y1)
        assert y0 <= trace.incumbent_values[k - 1] <= y1 or np.isnan(trace.incumbent_values[k - 1])


def test_a_search_without_a_success_is_drawn():
    def broken(config):
        raise RuntimeError("no")

    fig = history(nasbook.search("random", broken, space=SPACE, trials=3))
    assert "3 trials, 3 failed, no success yet" in fig.alt
    assert_legible(fig)


def test_an_empty_history_is_drawn():
    assert HistoryPicture(10).render_static([]).sentence == "No trial has ended yet"


@pytest.mark.parametrize("trials", [1, 3, 20, 200])
def test_histories_are_legible(trials):
    trace = searched(trials, seed=1)
    assert_legible(history(trace, baseline=searched(100, seed=9)))
    assert_legible(history(nasbook.search("random", "nb201-cifar10", trials=trials)))
