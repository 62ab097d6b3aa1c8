"""Acquisition functions against published numbers, high-precision arithmetic and Monte Carlo."""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasbook.hpo.parts.acquisition import ACQUISITIONS, SLOPES, ei, log_ei, log_h, log_normal_ei, pi, ucb

BELIEF = (np.array([0.3]), np.array([0.2]), 0.25)
MEANS, STDS = st.floats(-5, 5), st.floats(1e-3, 5)


def test_the_numbers_of_a_known_case():
    assert pi(*BELIEF) == pytest.approx(0.401293674, abs=1e-9)
    assert ei(*BELIEF) == pytest.approx(0.0572689396, abs=1e-10)
    assert log_ei(*BELIEF) == pytest.approx(-2.8599968678, abs=1e-10)
    assert -ucb(*BELIEF, kappa=2.576) == pytest.approx(-0.2152, abs=1e-12)


@pytest.mark.parametrize(
    "u, value", [(0, math.log(0.3989422804)), (-5, -16.7443011627), (-10, -55.553122036), (-40, -808.29856836)]
)
def test_log_h_at_known_points(u, value):
    assert log_h(np.array([float(u)]))[0] == pytest.approx(value, rel=1e-9)


@given(st.one_of(st.floats(-60, 10), st.floats(-1e6, -60)))
def test_log_h_agrees_with_sixty_digits(u):
    with mpmath.workdps(60):
        x = mpmath.mpf(u)
        exact = mpmath.log(mpmath.npdf(x) + x * mpmath.erfc(-x / mpmath.sqrt(2)) / 2)
    assert float(log_h(u)) == pytest.approx(float(exact), rel=1e-9, abs=1e-9)


def test_log_ei_still_tells_points_apart_where_ei_is_zero():
    mean, std = np.array([40.0, 41.0, 42.0]), np.ones(3)
    assert (ei(mean, std, 0.0) == 0).all()
    assert (np.diff(log_ei(mean, std, 0.0)) < -30).all()


@pytest.mark.parametrize("mean, std, best, xi", [(0.3, 0.2, 0.25, 0.0), (-1.0, 2.0, 0.0, 0.5), (2.0, 1.0, 0.5, 0.1)])
def test_ei_and_pi_are_expectations(mean, std, best, xi):
    f = mean + std * np.random.default_rng(0).standard_normal(2_000_000)
    gain = np.maximum(best - xi - f, 0)
    error = gain.std() / math.sqrt(len(f))
    assert float(ei(mean, std, best, xi=xi)) == pytest.approx(gain.mean(), abs=4 * error)
    assert float(pi(mean, std, best, xi=xi)) == pytest.approx((gain > 0).mean(), abs=4 * 0.5 / math.sqrt(len(f)))


@given(MEANS, STDS, MEANS, st.floats(0, 1))
def test_log_ei_is_the_logarithm_of_ei(mean, std, best, xi):
    value = float(ei(mean, std, best, xi=xi))
    if value > 1e-12 * std:
        assert float(log_ei(mean, std, best, xi=xi)) == pytest.approx(math.log(value), abs=1e-3)


@given(st.integers(1, 7))
def test_n_points_have_n_values(n):
    mean, std = np.linspace(-1, 1, n), np.linspace(0.1, 1, n)
    for name, acquisition in ACQUISITIONS.items():
        assert acquisition(mean, std, 0.0).shape == (n,), name
    for slopes in SLOPES.values():
        assert [s.shape for s in slopes(mean, std, 0.0)] == [(n,), (n,)]


@pytest.mark.parametrize("name", SLOPES)
@given(mean=MEANS, std=st.floats(0.3, 3), best=MEANS)
def test_slopes_are_central_differences(name, mean, std, best):
    a, h = ACQUISITIONS[name], 1e-5
    by_mean, by_std = SLOPES[name](np.array([mean]), np.array([std]), best)
    numeric = (a(mean + h, std, best) - a(mean - h, std, best)) / (2 * h)
    assert by_mean[0] == pytest.approx(float(numeric), rel=1e-4, abs=1e-6)
    numeric = (a(mean, std + h, best) - a(mean, std - h, best)) / (2 * h)
    assert by_std[0] == pytest.approx(float(numeric), rel=1e-4, abs=1e-6)


def test_without_doubt_they_are_their_limits():
    mean, none = np.array([-1.0, 0.5]), np.zeros(2)
    assert pi(mean, none, 0.0).tolist() == [1, 0]
    assert ei(mean, none, 0.0) == pytest.approx([1, 0])
    assert log_ei(mean, none, 0.0)[0] == pytest.approx(0)
    assert log_ei(mean, none, 0.0)[1] < -1e100
    assert np.isfinite(log_ei(mean, none, 0.0)).all()


def test_lower_means_and_more_doubt_are_better():
    mean = np.array([0.0, 0.1])
    for name in ("pi", "ei", "log_ei", "ucb"):
        worse = ACQUISITIONS[name](mean, np.ones(2), -0.5)
        assert worse[0] > worse[1], name
        doubt = ACQUISITIONS[name](np.ones(2), np.array([1.0, 2.0]), 0.0)
        assert doubt[1] > doubt[0], name


def test_the_improvement_of_a_logarithm_is_its_expectation():
    rng = np.random.default_rng(0)
    mean, std = np.array([-1.0, 0.0, 0.5]), np.array([0.5, 1.0, 0.1])
    t = mean + std * rng.standard_normal((400_000, 3))
    gain = np.maximum(1.2 - np.exp(t), 0)
    found = log_normal_ei(mean, std, 1.2)
    assert np.all(np.abs(found - gain.mean(0)) <= 5 * gain.std(0) / np.sqrt(len(t)) + 1e-12)
    assert log_normal_ei(np.array([0.0]), np.zeros(1), 2.0)[0] == pytest.approx(1)  # a value that is known
