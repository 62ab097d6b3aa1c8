"""Acquisitions in closed form under a belief: their values are the formulae's, their slopes central differences."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from nasbook import Float, Space
from nasbook.hpo.bayesian import BayesianOptimisation
from nasbook.hpo.parts.closed_form import ClosedForm

SPACE = Space(x=Float(0, 1), y=Float(0, 1))
Z = np.random.default_rng(1).random((30, 2))


@pytest.fixture(scope="module")
def view():
    """Of a function whose values are far from 1 in size, so that a scale that is forgotten shows."""
    method = BayesianOptimisation(SPACE, seed=0, startup=7, lengthscale=0.25)
    for _ in range(8):
        trial = method.ask()
        x, y = trial.config.values()
        method.tell(replace(trial, status="done", value=500 + 80 * np.sin(7 * x) + 40 * y))
    method.ask()
    return method.view()


def test_values_are_the_formulae(view):
    mean, std = view.believed.predict(Z)
    best, xi = view.y.min(), 0.1 * view.believed.scale
    u = (best - mean - xi) / std
    expected = {
        "pi": norm.cdf(u),
        "ei": (best - mean - xi) * norm.cdf(u) + std * norm.pdf(u),
        "ucb": 3.0 * std - mean,
    }
    for name, values in expected.items():
        found = ClosedForm(view.by(name, xi=0.1, kappa=3.0), name)(Z, Z)
        np.testing.assert_allclose(found, values, rtol=1e-9, atol=1e-12 * view.believed.scale)
    at = expected["ei"] > 1e-3 * view.believed.scale
    assert at.sum() > 3
    log_ei = ClosedForm(view.by("log_ei", xi=0.1), "log_ei")(Z, Z)
    np.testing.assert_allclose(log_ei[at], np.log(expected["ei"][at]), rtol=1e-9)


@pytest.mark.parametrize("name", ["pi", "ei", "log_ei", "ucb"])
def test_slopes_are_central_differences(view, name):
    promise, h = ClosedForm(view.by(name, xi=0.1, kappa=3.0)), 1e-5
    value, slope = promise.slope(Z)
    for j, step in enumerate(h * np.eye(2)):
        up, down = promise.slope(Z + step)[0], promise.slope(Z - step)[0]
        np.testing.assert_allclose(slope[:, j], (up - down) / (2 * h), rtol=1e-3, atol=1e-5 * np.abs(slope).max())
    order = promise(Z, Z)  # in the values' own unit, which moves no maximum
    assert np.argmax(order) == np.argmax(value)


def test_a_climb_ends_no_lower_than_it_began(view):
    promise = ClosedForm(view.by("ei"))
    ends = promise.climb(Z)
    before, after = promise(Z, Z), promise(view.features(ends), ends)
    assert (after >= before - 1e-9).all() and after.sum() > 1.1 * before.sum() and ((ends >= 0) & (ends <= 1)).all()
