"""Losses against scikit-learn's."""

import numpy as np
import pytest
from sklearn import metrics

from nasbook.automl.losses import LOSSES, loss_of


def test_each_is_scikit_learns():
    rng = np.random.default_rng(0)
    y, p = rng.integers(3, size=60), rng.dirichlet(np.ones(3), 60)
    guess, t, q = p.argmax(1), rng.random(60), rng.random(60)
    known = {
        "error": 1 - metrics.accuracy_score(y, guess),
        "balanced error": 1 - metrics.balanced_accuracy_score(y, guess),
        "log loss": metrics.log_loss(y, p),
        "rmse": metrics.root_mean_squared_error(t, q),
        "mae": metrics.mean_absolute_error(t, q),
    }
    assert set(known) == {name for names in LOSSES.values() for name in names}
    for name in LOSSES["classification"]:
        assert loss_of(name, y, p) == pytest.approx(known[name])
    for name in LOSSES["regression"]:
        assert loss_of(name, t, q) == pytest.approx(known[name])


def test_a_probability_of_zero_costs_much_and_not_everything():
    assert loss_of("log loss", np.array([0]), np.array([[0.0, 1.0]])) == pytest.approx(-np.log(1e-6))
