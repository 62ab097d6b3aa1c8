"""Parzen's estimator against SciPy's truncated normals, and as a density."""

import numpy as np
import pytest
from scipy.stats import truncnorm

from nasbook import Choice, Float, Int
from nasbook.hpo.parts.parzen import Parzen, bandwidths


def test_bandwidths_are_the_larger_gap_to_a_neighbour():
    assert bandwidths(np.array([0.5, 0.1, 0.2])).tolist() == pytest.approx([0.3, 0.2, 0.3])  # at least 1/5
    assert bandwidths(np.array([0.4])).tolist() == pytest.approx([0.6])
    crowded = bandwidths(np.full(8, 0.5))
    assert crowded.min() == pytest.approx(0.1) and len(bandwidths(np.zeros(0))) == 0


def test_a_float_is_a_mixture_of_truncated_normals():
    u, w = np.array([0.2, 0.7, 0.75]), np.array([1.0, 2.0, 3.0])
    p = Parzen([Float(0, 1)], u[:, None], w, prior=0.5)
    mu, sigma, weight = [*u, 0.5], [*bandwidths(u), 1.0], np.array([*w, 0.5]) / 6.5
    at = np.linspace(0, 1, 101)
    parts = [truncnorm.pdf(at, -m / s, (1 - m) / s, m, s) for m, s in zip(mu, sigma, strict=True)]
    assert np.exp(p.log_pdf(at[:, None])) == pytest.approx(weight @ parts, rel=1e-9)
    drawn = p.sample(20_000, np.random.default_rng(0))[:, 0]
    found, edges = np.histogram(drawn, 10, (0, 1), density=True)
    fine = np.exp(p.log_pdf(((np.arange(1000) + 0.5) / 1000)[:, None])).reshape(10, 100).mean(1)
    assert np.abs(found - fine).max() < 0.1 and len(edges) == 11


@pytest.mark.parametrize(
    "p", [Int(1, 7), Int(1, 100, log=True), Choice(["a", "b", "c"]), Choice([1, 2, 4], ordered=True)]
)
def test_what_has_values_has_probabilities(p):
    u = np.array([p.encode(v) for v in p.levels(100)])
    told = Parzen([p], u[[0, 0, -1]][:, None])
    assert np.exp(told.log_pdf(u[:, None])).sum() == pytest.approx(1)
    drawn = told.sample(4000, np.random.default_rng(0))[:, 0]
    assert set(np.round(drawn, 12)) <= set(np.round(u, 12))
    share = np.isclose(drawn, u[0]).mean()
    assert share == pytest.approx(told.marginal(0, u[:1])[0], abs=0.04)
