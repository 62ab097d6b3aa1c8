"""Ranks, Friedman and Nemenyi against Demšar's published example, scipy, and his table of critical values."""

import numpy as np
import pytest
from scipy import stats

from nasbook.statistics import average_ranks, critical_difference, friedman, kendall, rank, spearman
from nasbook.statistics.ranks import groups

# Demšar 2006, Table 6: AUC of C4.5 with m = 0, cf = 0; with m; with cf; with both, on 14 data sets
AUC = np.array([
    [0.763, 0.768, 0.771, 0.798], [0.599, 0.591, 0.590, 0.569], [0.954, 0.971, 0.968, 0.967],
    [0.628, 0.661, 0.654, 0.657], [0.882, 0.888, 0.886, 0.898], [0.936, 0.931, 0.916, 0.931],
    [0.661, 0.668, 0.609, 0.685], [0.583, 0.583, 0.563, 0.625], [0.775, 0.838, 0.866, 0.875],
    [1.000, 1.000, 1.000, 1.000], [0.940, 0.962, 0.965, 0.962], [0.619, 0.666, 0.614, 0.669],
    [0.972, 0.981, 0.9752, 0.975], [0.957, 0.978, 0.946, 0.970],
])  # fmt: skip


def test_demsars_example():
    np.testing.assert_allclose(average_ranks(-AUC), [3.143, 2.000, 2.893, 1.964], atol=6e-4)
    found = friedman(-AUC, ties=False)  # the paper does not correct for ties
    assert found.chi2 == pytest.approx(9.28, abs=0.01) and pytest.approx(3.69, abs=0.01) == found.F
    assert found.p == pytest.approx(stats.f.sf(3.69, 3, 39), abs=2e-4)
    assert critical_difference(4, 14, 0.05) == pytest.approx(1.25, abs=0.005)
    assert critical_difference(4, 14, 0.10) == pytest.approx(1.12, abs=0.005)


def test_the_published_critical_values():
    q = [1.960, 2.343, 2.569, 2.728, 2.850, 2.949, 3.031, 3.102, 3.164]  # Demšar 2006, Table 5 (a)
    for k, expected in enumerate(q, 2):
        assert critical_difference(k, k * (k + 1) / 6) == pytest.approx(expected, abs=1e-3)


def test_friedman_is_scipys_with_ties_and_without():
    rng = np.random.default_rng(0)
    for x in (rng.normal(size=(9, 3)), rng.integers(0, 4, (12, 5)).astype(float)):
        assert friedman(x).chi2 == pytest.approx(stats.friedmanchisquare(*x.T).statistic)


def test_ranks_share_their_mean():
    np.testing.assert_array_equal(rank([3, 1, 3, 2]), [3.5, 1, 3.5, 2])
    np.testing.assert_array_equal(rank([np.inf, 0.1, np.inf]), [2.5, 1, 2.5])


@pytest.mark.parametrize("values", [3, 40, 10**6])
def test_correlations_of_ranks_are_scipys_with_ties_and_infinities(values):
    rng = np.random.default_rng(values)
    for n in (2, 5, 60):
        a, b = rng.integers(0, values, (2, n)).astype(float)
        a[0] = -np.inf
        b[:2] = 0, 1
        assert kendall(a, b) == pytest.approx(stats.kendalltau(a, b).statistic, abs=1e-12)
        assert kendall(list(a), -b) == pytest.approx(-kendall(a, b), abs=1e-12)
        assert spearman(a, b) == pytest.approx(stats.spearmanr(a, b).statistic, abs=1e-12)


def test_there_is_no_correlation_with_what_does_not_vary_or_is_not_known():
    assert np.isnan(kendall([1, 1, 1], [1, 2, 3])) and np.isnan(kendall([1, 2, 3], [4, 4, 4]))
    assert np.isnan(kendall([1], [2])) and np.isnan(kendall([], []))
    assert np.isnan(spearman(np.ones(3), np.arange(3))) and np.isnan(kendall([1, np.nan, 3], [1, 2, 3]))


def test_bars_join_what_lies_within_the_critical_difference():
    assert groups([1.0, 1.5, 2.4, 4.0], 1.0) == [(0, 1), (1, 2)]
    assert groups([1.0, 3.0], 1.0) == [] and groups([1.0, 1.2, 1.4], 1.0) == [(0, 2)]


def test_blocks_that_all_agree_have_the_chance_to_do_so():
    """Two seeds of two methods agree by luck in one case of two: that is no p of 0."""
    assert friedman([[1, 2]] * 2).p == pytest.approx(1 / 2) and friedman([[1, 2, 2]] * 3).p == pytest.approx(1 / 9)
    assert 0 <= friedman([np.arange(300.0)] * 3).p < 1e-300


def test_extremes_and_what_is_no_table():
    assert friedman([[1, 2, 3]] * 5).p == pytest.approx(6.0**-4) and friedman([[1, 1]] * 4).p == 1.0
    assert friedman([[1.0, 2.0]]).p == 1.0  # one block proves nothing
    for wrong in ([[1.0], [2.0]], [1.0, 2.0], [[1.0, np.nan]]):
        with pytest.raises(ValueError, match="ranks"):
            friedman(wrong)
