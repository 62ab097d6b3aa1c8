"""The simulated power is that of scipy's test on fresh samples, and more seeds never need a smaller difference."""

import numpy as np
import pytest
from scipy import stats

from nasbook.statistics import power, seeds_needed


def test_it_is_the_share_of_samples_that_scipys_test_rejects():
    rng = np.random.default_rng(0)
    d = stats.norm.ppf((np.arange(400) + 0.5) / 400, 0.6)  # to draw from them is to draw from the normal
    fresh = [stats.wilcoxon(rng.normal(0.6, 1, 15)).pvalue < 0.05 for _ in range(300)]
    assert power(d, 15) == pytest.approx(np.mean(fresh), abs=0.08)


def test_no_difference_is_found_as_often_as_alpha_says_and_five_seeds_never_suffice():
    d = stats.norm.ppf((np.arange(400) + 0.5) / 400)
    assert power(d, 20) < 0.09
    assert power([1.0] * 30, 5) == 0 and power([1.0] * 30, 6) == 1.0
    assert power([0.0] * 10, 50) == 0 and power([], 9) == 0


def test_a_larger_difference_needs_fewer_seeds():
    rng = np.random.default_rng(2)
    noise = rng.normal(size=40)
    needed = [seeds_needed(noise, np.zeros(40) + shift) for shift in (3.0, 1.0, 0.6)]
    assert needed[0] == 6 and needed == sorted(needed)
    assert seeds_needed(noise - noise.mean(), np.zeros(40)) is None


def test_ties_and_runs_without_a_success():
    a = np.array([1.0] * 10 + [np.inf] * 10)
    assert seeds_needed(a, a) is None
    assert seeds_needed(a, np.full(20, np.inf)) is not None
