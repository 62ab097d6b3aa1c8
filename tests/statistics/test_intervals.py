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
