"""The bootstrap of a mean covers it, and P(A beats B) is Mann and Whitney's U."""

import numpy as np
import pytest
from scipy import stats

from nasbook.statistics import beats, bootstrap_mean


def test_the_interval_of_a_mean_is_scipys_percentile_bootstrap():
    x = np.random.default_rng(0).exponential(size=25)
    mean, low, high = bootstrap_mean(x)
    expected = stats.bootstrap((x,), np.mean, method="percentile", rng=np.random.default_rng(1)).confidence_interval
    assert mean == x.mean() and abs(low - expected.low) < 0.03 and abs(high - expected.high) < 0.03


def test_it_covers_about_what_it_says():
    rng = np.random.default_rng(1)
    inside = [
        low <= 0 <= high for _, low, high in (bootstrap_mean(rng.normal(size=30), resamples=500) for _ in range(300))
    ]
    assert 0.89 < np.mean(inside) < 0.98


def test_one_value_has_no_interval_and_none_has_no_mean():
    mean, low, high = bootstrap_mean([0.3])
    assert mean == 0.3 and np.isnan(low) and np.isnan(high)
    assert np.isnan(bootstrap_mean([])).all()


def test_unpaired_it_is_u_over_all_pairs():
    rng = np.random.default_rng(2)
    a, b = rng.integers(0, 6, 9).astype(float), rng.integers(1, 8, 14).astype(float)
    p, low, high = beats(a, b, paired=False)
    assert p == pytest.approx(1 - stats.mannwhitneyu(a, b).statistic / (9 * 14))
    assert low < p < high and beats(b, a, paired=False)[0] == pytest.approx(1 - p)


def test_paired_it_counts_wins_and_half_of_the_ties():
    assert beats([1, 2, 3, 4], [2, 2, 1, 9])[0] == (1 + 0.5 + 0 + 1) / 4
    assert beats([1.0, 2.0, 3.0], [2.0, 3.0, np.inf])[0] == 1.0
    with pytest.raises(ValueError, match="equally many"):
        beats([1.0], [1.0, 2.0])


@pytest.mark.parametrize("level", [0.9, 0.95])
def test_who_has_won_every_time_is_not_sure_to_win(level):
    for wins, n in ((2, 2), (5, 5), (0, 4), (7, 9), (1, 30)):
        a, b = np.zeros(n), np.where(np.arange(n) < wins, 1.0, -1.0)
        P, low, high = beats(a, b, level=level)
        wilson = stats.binomtest(wins, n).proportion_ci(level, method="wilson")
        assert wins / n == P and (low, high) == pytest.approx((wilson.low, wilson.high), abs=1e-9)
    for n in (2, 6):  # each sample below the other
        P, low, high = beats(np.arange(n), 10.0 + np.arange(n), paired=False, level=level)
        back = beats(10.0 + np.arange(n), np.arange(n), paired=False, level=level)
        assert P == high == 1 and 0.2 < low < 0.8 and back[1:] == pytest.approx((0.0, 1 - low))
    assert np.isnan(beats([1.0], [2.0])[1]) and np.isnan(beats([1.0], [2.0, 3.0], paired=False)[1])


def test_unpaired_it_covers_the_truth_with_few_seeds():
    rng = np.random.default_rng(4)
    for shift in (0.0, 2.0):
        truth = stats.norm.cdf(shift / 2**0.5)
        found = [beats(rng.normal(size=6), rng.normal(shift, 1, 6), paired=False) for _ in range(400)]
        assert np.mean([low <= truth <= high for _, low, high in found]) > 0.92
