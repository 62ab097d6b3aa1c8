"""The knowledge gradient against Clark's formula, numerical integration and fantasies that are really fitted."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from nasbook import Choice, Float, Space, Trial
from nasbook.hpo.bayesian import BayesianOptimisation
from nasbook.hpo.parts.draws import covariance
from nasbook.hpo.parts.gp import GP
from nasbook.hpo.parts.knowledge_gradient import gain, knowledge_gradient

NUMBER = st.floats(-3, 3, allow_subnormal=False).map(lambda v: round(v, 3))
LINES = st.lists(st.tuples(NUMBER, NUMBER), min_size=1, max_size=12)


@given(NUMBER, NUMBER, NUMBER, NUMBER)
def test_two_lines_are_clarks_formula(a1, b1, a2, b2):
    """E max of two jointly normal values (Clark 1961)."""
    theta = abs(b1 - b2)
    if theta < 1e-9:
        expected = max(a1, a2)
    else:
        alpha = (a1 - a2) / theta
        expected = a1 * norm.cdf(alpha) + a2 * norm.cdf(-alpha) + theta * norm.pdf(alpha)
    assert gain(np.array([a1, a2]), np.array([b1, b2])) == pytest.approx(expected - max(a1, a2), abs=1e-12)


@given(LINES)
def test_many_lines_are_their_integral(lines):
    a, b = np.array(lines).T
    z = np.linspace(-9, 9, 20_001)
    integral = np.trapezoid((a[:, None] + b[:, None] * z).max(0) * norm.pdf(z), z)
    assert gain(a, b) == pytest.approx(integral - a.max(), abs=2e-6)


@pytest.mark.parametrize("noise", [1e-6, 0.05])
def test_it_is_the_mean_over_fantasies(noise):
    rng = np.random.default_rng(0)
    X = rng.random((9, 2))
    y = 50 + 10 * np.sin(5 * X[:, 0]) * np.cos(4 * X[:, 1])
    gp = GP("matern52", lengthscale=np.array([0.4, 0.6]), noise=noise).fit(X, y)
    points, candidates = rng.random((25, 2)), np.array([[0.2, 0.3], [0.9, 0.1], [0.5, 0.95], [0.05, 0.9]])
    exact = knowledge_gradient(gp, candidates, points)
    for x, kg in zip(candidates, exact, strict=True):
        among = np.vstack([points, x])
        mean, std = gp.predict(x[None])
        draws = mean[0] + math.hypot(std[0], gp.scale * math.sqrt(noise)) * rng.standard_normal(3000)
        lowest = np.array([gp.given(x[None], [value]).predict(among)[0].min() for value in draws])
        falls = gp.predict(among)[0].min() - lowest
        assert kg == pytest.approx(falls.mean(), abs=4 * falls.std() / math.sqrt(len(draws)))
        assert kg > 0


def test_two_options_have_a_closed_form():
    """Two arms: KG = s h(-|Δμ|/s), where s is how far a trial of x moves the difference of their means."""
    space = Space(arm=Choice(["a", "b"]))
    method = BayesianOptimisation(space, acquisition="knowledge_gradient", startup=2, noise=0.3, lengthscale=1.5)
    for value in (1.0, 1.4, 0.7, 1.6):
        trial = method.ask()
        method.tell(Trial(trial.id, trial.config, status="done", value=value + 2 * (trial.config["arm"] == "b")))
    view = method.view().fitted()
    U = space.encode_all([{"arm": "a"}, {"arm": "b"}])
    mean, _ = view.predict(U)
    Z = view.see(U)
    cov = view.gp.scale**2 * covariance(view.gp, Z, Z)
    for i in (0, 1):
        s = abs(cov[i, 0] - cov[i, 1]) / math.sqrt(cov[i, i] + 0.3 * view.gp.scale**2)
        u = -abs(mean[0] - mean[1]) / s
        assert view.acquire(U)[i] == pytest.approx(s * (norm.pdf(u) + u * norm.cdf(u)), rel=1e-9)


def test_where_a_trial_teaches_nothing_it_is_zero():
    gp = GP("rbf", lengthscale=0.3, noise=0.0).fit(np.array([[0.1], [0.5], [0.9]]), np.array([1.0, 0.0, 2.0]))
    kg = knowledge_gradient(gp, np.array([[0.1], [0.5], [0.3]]), np.linspace(0, 1, 50)[:, None])
    assert kg[:2] == pytest.approx([0, 0], abs=1e-5) and kg[2] > 0.01


def test_the_next_trial_is_where_it_is_largest():
    space = Space(x=Float(0, 1))
    method = BayesianOptimisation(space, acquisition="knowledge_gradient", seed=1)
    for _ in range(7):
        trial = method.ask()
        x = trial.config["x"]
        method.tell(Trial(trial.id, trial.config, status="done", value=math.sin(12 * x) + x))
    method.ask()
    view = method.view()
    a = view.acquire(np.linspace(0, 1, 2001)[:, None])
    assert view.acquire(view.next[None])[0] >= a.max() * (1 - 1e-3)
