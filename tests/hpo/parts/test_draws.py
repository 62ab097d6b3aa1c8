"""Samples and paths have the moments of the posterior."""

import numpy as np
import pytest
from sklearn.gaussian_process.kernels import RBF, Matern

from nasbook.hpo.parts.draws import path, sample
from nasbook.hpo.parts.gp import GP

PEERS = {"rbf": RBF, "matern52": lambda ell: Matern(ell, nu=2.5), "matern32": lambda ell: Matern(ell, nu=1.5)}


def data(n=25, d=3, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.random((n, d))
    return X, 100 + 20 * (np.sin(5 * X[:, 0]) + X[:, -1] ** 2) + rng.standard_normal(n), rng.random((40, d))


@pytest.mark.parametrize("kernel", PEERS)
def test_samples_and_paths_have_the_posteriors_moments(kernel):
    X, y, _ = data(8, 1)
    gp = GP(kernel, 0.4, 1.2, 0.05).fit(X, y, [20.0, 0.0, 10.0])
    new = np.linspace(0, 1, 6)[:, None]
    mean, std = gp.predict(new)
    rng = np.random.default_rng(0)
    exact = sample(gp, new, 20_000, rng)
    assert exact.shape == (20_000, 6)
    assert np.abs(exact.mean(0) - mean).max() < 0.04 * gp.scale
    assert np.allclose(exact.std(0), std, rtol=0.03)
    paths = np.array([path(gp, rng)(new) for _ in range(3000)])
    assert np.abs(paths.mean(0) - mean).max() < 0.08 * gp.scale
    assert np.allclose(paths.std(0), std, rtol=0.12)
    assert np.abs(np.corrcoef(paths.T) - np.corrcoef(exact.T)).max() < 0.12  # draws are functions, not point clouds
