"""The evidence of a Gaussian process against scikit-learn's, and its gradient against differences."""

import numpy as np
import pytest
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, Matern, WhiteKernel

from nasbook.hpo.parts.evidence import (
    log_marginal_likelihood,
    log_prior,
    lower,
    most_likely,
    solve,
    squared_differences,
)

RNG = np.random.default_rng(0)
X = RNG.random((9, 3))
Y = np.sin(5 * X[:, 0]) + X[:, 1]
D2 = squared_differences(X, np.arange(3))
THETA = np.log([0.3, 0.7, 2.0, 1.4, 0.05])


@pytest.mark.parametrize(("kernel", "peer"), [("rbf", RBF), ("matern52", lambda ls: Matern(ls, nu=2.5))])
def test_it_is_scikit_learns(kernel, peer):
    of = ConstantKernel(1.4) * peer([0.3, 0.7, 2.0]) + WhiteKernel(0.05)
    known = GaussianProcessRegressor(of, optimizer=None, alpha=0).fit(X, Y).log_marginal_likelihood_value_
    assert log_marginal_likelihood(THETA, D2, Y, kernel, np.zeros(9))[0] == pytest.approx(known, rel=1e-10)


@pytest.mark.parametrize("kernel", ["rbf", "matern52", "matern32"])
def test_gradients_are_differences(kernel):
    doubt = RNG.random(9) / 10
    value = lambda t: log_marginal_likelihood(t, D2, Y, kernel, doubt)[0]  # noqa: E731
    for f, slope in (
        (value, log_marginal_likelihood(THETA, D2, Y, kernel, doubt)[1]),
        (lambda t: log_prior(t)[0], log_prior(THETA)[1]),
    ):
        steps = 1e-5 * np.eye(5)
        assert slope == pytest.approx([(f(THETA + e) - f(THETA - e)) / 2e-5 for e in steps], rel=1e-4, abs=1e-6)


def test_columns_of_one_group_share_a_length():
    both = squared_differences(X, np.array([0, 1, 1]))
    assert both == pytest.approx(np.c_[D2[:, 0], D2[:, 1] + D2[:, 2]])


def test_the_most_likely_is_no_worse_than_its_neighbours_and_keeps_what_is_fixed():
    theta = most_likely(D2, Y, "matern52", np.zeros(9), (None, None, 0.01))
    assert theta[-1] == pytest.approx(np.log(0.01))

    def posterior(t):
        return log_marginal_likelihood(t, D2, Y, "matern52", np.zeros(9))[0] + log_prior(t)[0]

    assert all(posterior(theta) >= posterior(theta + s * e) - 1e-6 for e in np.eye(5)[:4] for s in (-0.05, 0.05))


def test_a_singular_matrix_is_raised():
    K = np.ones((4, 4))
    L = np.tril(lower(K))
    assert pytest.approx(K, abs=1e-3) == L @ L.T
    assert solve(np.linalg.cholesky(2 * np.eye(3)), np.ones(3)) == pytest.approx([0.5] * 3)
