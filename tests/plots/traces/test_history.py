"""Histories, races and learning curves show the trace's numbers."""

from itertools import combinations
from math import comb

import numpy as np
import pytest
from plots.legible import assert_legible

import nasbook
from nasbook.plots import (
    Baseline,
    HistoryPicture,
    Quantity,
    RacePicture,
    history,
    learning_curves,
    race,
    random_baseline,
)
from nasbook.plots.data import as_baseline, baseline_for, bootstrap
from nasbook.task import Task

ERROR = Quantity("validation error")
SPACE = nasbook.Space(x=nasbook.Float(0, 1))


def parabola(config):
    if config["x"] > 0.8:
        raise RuntimeError("too far")
    return (config["x"] - 0.3) ** 2


@pytest.fixture(scope="module")
def trace():
    return nasbook.search("random", parabola, space=SPACE, trials=30, seed=3)


# ---- random search's band ----------------------------------------------------------------------------------


@pytest.mark.parametrize("values", [[3.0, 1, 2, 5, 4], [3.0, 1, np.nan, 2, 1], [7.0, np.nan, np.nan]])
def test_the_expected_best_of_n_equals_enumeration_of_all_samples(values):
    baseline = Baseline(np.array(values))
    for n in range(1, len(values) + 1):
        minima = [np.nanmin(c) for c in combinations(values, n) if not np.isnan(c).all()]
        assert baseline.expected(n)[-1] == pytest.approx(np.mean(minima), abs=1e-12)


def test_the_band_holds_nine_random_searches_out_of_ten_exactly():
    values = np.arange(1.0, 41)
    low, high = Baseline(values).interval(6)
    for n in range(1, 7):  # P(best of n ≤ x) = 1 - C(N - x, n) / C(N, n) for the values 1 … N
        below = [1 - comb(40 - x, n) / comb(40, n) for x in range(1, 41)]
        assert low[n - 1] == 1 + next(i for i, p in enumerate(below) if p >= 0.05 - 1e-9)
        assert high[n - 1] == 1 + next(i for i, p in enumerate(below) if p >= 0.95 - 1e-9)


def test_the_band_ends_where_the_pool_ends():
    low, high = Baseline(np.array([1.0, 2, 3])).interval(5)
    assert np.isnan(low[3:]).all() and np.isnan(high[3:]).all() and np.isfinite(low[:3]).all()


def test_early_failures_leave_the_bands_edge_open():
    _, high = Baseline(np.array([1.0] + [np.nan] * 19)).interval(3)
    assert np.isinf(high).all()  # 19 of 20 fail: at three trials most searches have nothing


def test_how_many_random_trials_a_value_needs():
    baseline = Baseline(np.arange(1.0, 101))
    n = baseline.trials_for(11.0)
    assert baseline.expected(n)[-1] <= 11.0 < baseline.expected(n - 1)[-1]
    assert baseline.trials_for(0.5) is None


def test_a_baseline_from_a_task_runs_random_search():
    calls = []

    class Counted(Task):
        name, space = "counted", SPACE

        def evaluate(self, config, **_):
            calls.append(config["x"])
            return config["x"]

    baseline = random_baseline(Counted(), trials=20, seeds=3)
    assert len(calls) == 60 and baseline.seeds == 3
    assert np.array_equal(baseline.values, np.sort(calls))
    assert len(set(calls)) == 60  # other seeds, other draws


def test_a_baseline_from_traces_pools_their_values(trace):
    pooled = as_baseline([trace, trace])
    assert len(pooled.values) == 60 and pooled.values[0] == np.nanmin(trace.values)


def test_without_a_success_there_is_no_baseline():
    with pytest.raises(ValueError, match="at least one random trial with a value"):
        Baseline(np.array([np.nan]))


def test_only_cheap_tasks_get_a_baseline_by_themselves(trace):
    assert baseline_for(trace) is None  # a function of one's own may cost hours
    assert baseline_for(nasbook.search("random", "branin", trials=2)) is not None


# ---- history -------------------------------------------------------------------------------------------------


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


# ---- race ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def runs():
    return {name: [nasbook.search(name, "branin", trials=20, seed=s) for s in range(4)] for name in ("random", "grid")}


def test_the_bootstrap_of_the_mean_equals_enumeration():
    values = np.array([1.0, 2.0, 4.0, 8.0])
    every = [np.mean([values[i] for i in draw]) for draw in np.ndindex(4, 4, 4, 4)]
    exact = np.quantile(every, [0.025, 0.975], method="inverted_cdf")
    assert [float(b[0]) for b in bootstrap(values[:, None], resamples=20_000)] == list(exact)
    assert np.isnan(bootstrap(values[:1, None])[0]).all()  # one seed has no interval


def test_the_bootstrap_covers_as_the_normal_theory_says():
    values = np.random.default_rng(0).normal(size=(400, 1))
    low, high = bootstrap(values, 4000)
    half = 1.96 * values.std() / 20
    assert high[0] - low[0] == pytest.approx(2 * half, rel=0.08)


def test_race_curves_are_means_over_seeds(runs):
    picture = RacePicture(list(runs), 20)
    picture.render_static(runs)
    for name, traces in runs.items():
        mean = np.mean([t.incumbent_values for t in traces], axis=0)
        np.testing.assert_allclose(drawn(picture.lines[name])[1], mean)
        assert picture.labels[name].get_text() == f"{name} (n = 4)"


def test_one_seed_is_called_one_seed(runs):
    one = {"random": runs["random"][:1]}
    picture = RacePicture(["random"], 20)
    fig = picture.render_static(one)
    assert picture.labels["random"].get_text() == "random (one seed)" and "one seed" in fig.alt
    assert not picture.bands["random"].get_visible()


def test_random_search_is_grey_and_colours_do_not_depend_on_who_has_results(runs):
    first, second = RacePicture(["grid", "random", "bayesian"]), RacePicture(["grid", "random", "bayesian"])
    first.render_static({"bayesian": runs["grid"]})
    second.render_static(runs)
    assert {n: line.get_color() for n, line in first.lines.items()} == {
        n: line.get_color() for n, line in second.lines.items()
    }
    assert first.lines["random"].get_color() == "#8a8f98"


def test_a_race_over_time_holds_each_value_until_the_next():
    runs = {"random": [nasbook.search("random", "nb201-cifar10", trials=15, seed=s) for s in range(3)]}
    picture = RacePicture(["random"], x="time")
    picture.render_static(runs)
    t, y = drawn(picture.lines["random"])
    assert picture.ax.get_xlabel() == "hours since the search began"
    for seconds, mean in zip(3600 * t, y, strict=True):
        best = [np.array(tr.incumbent_values)[np.array(tr.times) <= seconds + 1e-6][-1] for tr in runs["random"]]
        assert mean == pytest.approx(np.mean(best))


def test_the_sentence_names_the_winner_and_owns_up_to_an_overlap(runs):
    fig = race(runs)
    means = {n: np.mean([t.best.value for t in ts]) for n, ts in runs.items()}
    ahead = min(means, key=means.get)
    assert f"{ahead} is ahead" in fig.sentence
    same = race({"random": runs["random"], "twin": runs["random"]})
    assert "overlaps" in same.sentence


def test_a_race_checks_its_axis():
    with pytest.raises(ValueError, match="'trials' or 'time'"):
        RacePicture(["random"], x="epochs")


def test_many_methods_keep_their_labels_apart():
    trace = nasbook.search("random", "branin", trials=10)
    assert_legible(race({f"method number {i}": [trace] for i in range(8)}))


# ---- learning curves -------------------------------------------------------------------------------------------


def curves():
    def trial(i, status, points):
        return nasbook.Trial(i, {}, status=status, value=points[-1][1], curve=tuple(points))

    return [
        trial(0, "done", [(1, 0.5), (2, 0.3), (3, 0.25)]),
        trial(1, "done", [(1, 0.6), (2, 0.2), (3, 0.125)]),
        trial(2, "pruned", [(1, 0.9), (2, 0.85)]),
    ]


def test_learning_curves_show_every_report():
    fig = learning_curves(curves(), label="validation error")
    ax = fig.axes[0]
    segments = ax.collections[0].get_segments()
    np.testing.assert_allclose(segments[0], [(1, 50), (2, 70), (3, 75)])
    assert len(segments) == 3
    assert "The best, trial 2, ends at epoch 3 with validation accuracy 87.5 %" in fig.alt
    assert "1 failed or stopped early" in fig.alt
    assert_legible(fig)


@pytest.mark.parametrize("trials", [1, 3, 20, 200])
def test_histories_are_legible(trials):
    trace = nasbook.search("random", parabola, space=SPACE, trials=trials, seed=1)
    assert_legible(history(trace, baseline=nasbook.search("random", parabola, space=SPACE, trials=100, seed=9)))
    assert_legible(history(nasbook.search("random", "nb201-cifar10", trials=trials)))
