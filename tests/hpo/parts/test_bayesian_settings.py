"""Settings of Bayesian optimisation that are refused."""

import math

import pytest
from hpo.told import LINE

from nasbook.hpo.bayesian import BayesianOptimisation


@pytest.mark.parametrize(
    "bad, says",
    [
        (
            {"acquisition": "eii"},
            "acquisition must be one of log_ei, ei, pi, ucb, thompson, ei_per_second, .*, not 'eii'",
        ),
        ({"kernel": "linear"}, "kernel must be one of matern52, matern32, rbf, not 'linear'"),
        ({"lengthscale": 0.0}, "must be above 0, not 0.0"),
        ({"noise": -1.0}, "must be at least 0, not -1.0"),
        ({"xi": math.inf}, "xi must be at least 0"),
        ({"kappa": -2}, "kappa must be at least 0"),
        ({"startup": 0}, "startup must be a whole number of at least 1, not 0"),
        ({"lie": "median"}, "lie must be one of min, mean, max, believer"),
        ({"beta": -1.0}, "beta must be at least 0"),
        ({"batch": 3}, "has no setting 'batch'"),
    ],
)
def test_bad_settings_are_refused_in_a_sentence(bad, says):
    with pytest.raises(ValueError, match="bayesian.*" + says):
        BayesianOptimisation(LINE, **bad)
