"""Bars: every number that is read off them against the integral of their density."""

import numpy as np
import pytest
import torch
from scipy import integrate
from scipy.stats import halfnorm

from nasbook.hpo.parts.bars import HALF, Bars
from nasbook.hpo.parts.prior_fitting import nll

EDGES = np.array([-1.5, -1.0, -0.2, 0.1, 0.9, 2.0])
P = np.array([[0.1, 0.3, 0.25, 0.2, 0.15], [0.5, 0.0, 0.0, 0.0, 0.5]])


def density(p, y):
    """Of one row of probabilities: uniform inside, a half normal at each end."""
    if y < EDGES[1]:
        return p[0] * halfnorm(scale=(EDGES[1] - EDGES[0]) / HALF).pdf(EDGES[1] - y)
    if y >= EDGES[-2]:
        return p[-1] * halfnorm(scale=(EDGES[-1] - EDGES[-2]) / HALF).pdf(y - EDGES[-2])
    b = np.searchsorted(EDGES, y, side="right") - 1
    return p[b] / (EDGES[b + 1] - EDGES[b])


def integral(p, f, low=-12.0, high=14.0):
    inside = sorted({e for e in (*EDGES[1:-1], low, high) if low <= e <= high})
    parts = zip(inside[:-1], inside[1:], strict=True)
    return sum(integrate.quad(lambda y: f(y) * density(p, y), a, b, epsabs=1e-11)[0] for a, b in parts)


@pytest.mark.parametrize("t", [-2.0, -1.0, -0.4, 0.5, 1.2, 3.0])
def test_improvement_and_its_probability_are_the_integrals(t):
    bars = Bars(EDGES)
    for row, (probability, improvement) in zip(P, zip(bars.cdf(P, t), bars.shortfall(P, t), strict=True), strict=True):
        assert probability == pytest.approx(integral(row, lambda y: 1.0, high=t), abs=1e-8)
        assert improvement == pytest.approx(integral(row, lambda y: t - y, high=t), abs=1e-8)


def test_the_density_is_that_of_the_bars():
    t = np.r_[np.linspace(-4, 5, 37), EDGES]
    for row, got in zip(P, Bars(EDGES).density(P, t), strict=True):
        np.testing.assert_allclose(got, [density(row, y) for y in t])


def test_mean_deviation_and_quantiles():
    bars = Bars(EDGES)
    for i, row in enumerate(P):
        mean = integral(row, lambda y: y)
        assert bars.mean(P)[i] == pytest.approx(mean, abs=1e-8)
        assert bars.std(P)[i] ** 2 == pytest.approx(integral(row, lambda y, m=mean: (y - m) ** 2), abs=1e-8)
    for q in (0.02, 0.3, 0.6, 0.97):
        for i, t in enumerate(bars.quantile(P[:1], q)):
            assert bars.cdf(P[i : i + 1], t)[0] == pytest.approx(q, abs=1e-9)


def test_the_loss_is_the_logarithm_of_the_same_density():
    y = torch.tensor([[-1.9, -1.2, -0.5, 0.0, 0.4, 1.5, 2.6]])
    logits = torch.tensor(P[:1]).log().float()[:, None].expand(1, 7, 5)
    expected = [-np.log(density(P[0], float(v))) for v in y[0]]
    assert nll(logits, y, torch.tensor(EDGES).float())[0].tolist() == pytest.approx(expected, abs=1e-5)
