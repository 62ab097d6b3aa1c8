"""Wilcoxon's test against scipy's and against all signs; Holm's correction against a hand-computed example."""

from itertools import product

import numpy as np
import pytest
from scipy import stats

from nasbook.statistics import holm, wilcoxon
from nasbook.statistics.ranks import rank


@pytest.mark.parametrize("n", [1, 2, 6, 13, 30, 50])
def test_without_ties_it_is_scipys_exact_test(n):
    rng = np.random.default_rng(n)
    a, b = rng.normal(size=n), rng.normal(0.4, 1, n)
    for side in ("two-sided", "less"):
        expected = stats.wilcoxon(a, b, alternative=side, mode="exact").pvalue
        assert wilcoxon(a, b, side) == pytest.approx(expected, rel=1e-9)


def test_with_ties_it_counts_all_signs():
    a, b = np.array([1, 2, 2, 5, 3, 3, 4.0, 7]), np.array([2, 1, 1, 3, 3, 1, 2.0, 7])  # two pairs are equal
    d = (a - b)[a != b]
    ranks = rank(np.abs(d))
    plus = ranks[d > 0].sum()
    sums = np.array([ranks @ signs for signs in product((0, 1), repeat=len(d))])
    both = min(1.0, 2 * min((sums <= plus).mean(), (sums >= plus).mean()))
    assert wilcoxon(a, b) == pytest.approx(both) and wilcoxon(a, b, "less") == pytest.approx((sums <= plus).mean())
    assert wilcoxon(b, a) == pytest.approx(wilcoxon(a, b))


def test_many_pairs_are_normal():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=300), rng.normal(0.1, 1, 300)
    assert wilcoxon(a, b) == pytest.approx(stats.wilcoxon(a, b, mode="approx").pvalue, rel=1e-9)
    assert wilcoxon(a[:200], b[:200]) == pytest.approx(stats.wilcoxon(a[:200], b[:200], mode="approx").pvalue, rel=0.02)


def test_what_cannot_differ_and_runs_without_a_success():
    assert wilcoxon([1, 2, 3], [1, 2, 3]) == 1.0 and wilcoxon([], []) == 1.0
    assert wilcoxon([np.inf, 1], [np.inf, 1]) == 1.0
    finite = wilcoxon([1, 2, 3, 4, 5, 6], [2, 3, 4, 5, 6, 100])
    assert wilcoxon([1, 2, 3, 4, 5, 6], [2, 3, 4, 5, 6, np.inf]) == finite == 2 / 2**6
    for a, b, told in (([1.0], [1.0, 2.0], "equally many"), ([np.nan], [1.0], "NaN is no value")):
        with pytest.raises(ValueError, match=told):
            wilcoxon(a, b)
    with pytest.raises(ValueError, match="alternative is 'two-sided' or 'less'"):
        wilcoxon([1.0], [2.0], "greater")


def test_under_no_difference_p_is_below_a_level_no_more_often_than_it_says():
    rng = np.random.default_rng(1)
    p = np.array([wilcoxon(*rng.normal(size=(2, 12))) for _ in range(400)])
    assert 0.02 < (p < 0.05).mean() < 0.08


def test_holm_by_hand():
    # 0.005·4, then 0.01·3, then 0.03·2; 0.04·1 is below 0.06 and takes it
    np.testing.assert_allclose(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02])
    np.testing.assert_allclose(holm([0.6, 0.7]), [1.0, 1.0])
    assert holm([]).shape == (0,) and holm([0.2]) == [0.2]


def test_holm_rejects_what_the_step_down_rule_rejects():
    rng = np.random.default_rng(2)
    for _ in range(50):
        p = rng.random(6) ** 3
        rejected = np.zeros(6, bool)
        for k, i in enumerate(np.argsort(p)):
            if p[i] > 0.05 / (6 - k):
                break
            rejected[i] = True
        np.testing.assert_array_equal(holm(p) <= 0.05, rejected)
