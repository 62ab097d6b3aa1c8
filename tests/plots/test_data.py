"""What random search would have found, and the bootstrap of a mean, against enumeration."""

from itertools import combinations
from math import comb

import numpy as np
import pytest
from plots.parabola import SPACE, searched

import nasbook
from nasbook.plots import Baseline, random_baseline
from nasbook.plots.data import as_baseline, baseline_for, bootstrap
from nasbook.task import Task


@pytest.fixture(scope="module")
def trace():
    return searched()


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
