"""Slopes of a belief are central differences."""

import numpy as np
import pytest
from sklearn.gaussian_process.kernels import RBF, Matern

from nasbook.hpo.parts.gp import GP
from nasbook.hpo.parts.slopes import slopes

PEERS = {"rbf": RBF, "matern52": lambda ell: Matern(ell, nu=2.5), "matern32": lambda ell: Matern(ell, nu=1.5)}
ELL, SIGNAL, NOISE = np.array([0.3, 0.7, 1.5]), 1.7, 0.02


def data(n=25, d=3, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.random((n, d))
    return X, 100 + 20 * (np.sin(5 * X[:, 0]) + X[:, -1] ** 2) + rng.standard_normal(n), rng.random((40, d))


@pytest.mark.parametrize("kernel", PEERS)
def test_slopes_are_central_differences(kernel):
    X, y, new = data()
    gp, h = GP(kernel, ELL, SIGNAL, NOISE).fit(X, y), 1e-6
    mean, std, dmean, dstd = slopes(gp, new)
    assert np.allclose(mean, gp.predict(new)[0], atol=1e-9) and np.allclose(std, gp.predict(new)[1], atol=1e-9)
    for j in range(3):
        up, down = gp.predict(new + h * np.eye(3)[j]), gp.predict(new - h * np.eye(3)[j])
        assert np.allclose(dmean[:, j], (up[0] - down[0]) / (2 * h), rtol=1e-4, atol=1e-5)
        assert np.allclose(dstd[:, j], (up[1] - down[1]) / (2 * h), rtol=1e-4, atol=1e-5)
