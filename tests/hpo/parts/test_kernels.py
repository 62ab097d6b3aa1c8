"""Kernels against scikit-learn's, and g against the slope of k."""

import numpy as np
import pytest
from sklearn.gaussian_process.kernels import RBF, Matern

from nasbook.hpo.parts.kernels import KERNELS

PEERS = {"rbf": RBF(), "matern52": Matern(nu=2.5), "matern32": Matern(nu=1.5)}


@pytest.mark.parametrize("name", KERNELS)
def test_a_kernel_is_scikit_learns_and_g_its_slope(name):
    r = np.linspace(0.01, 4, 60)
    k, g = KERNELS[name](r**2)
    assert k == pytest.approx(PEERS[name](np.zeros((1, 1)), r[:, None])[0], rel=1e-12)
    h = 1e-6
    slope = (KERNELS[name]((r + h) ** 2)[0] - KERNELS[name]((r - h) ** 2)[0]) / (2 * h)
    assert g == pytest.approx(-slope / r, rel=1e-5)
    assert KERNELS[name](np.zeros(1))[0].tolist() == [1.0] and np.isfinite(KERNELS[name](np.zeros(1))[1]).all()
