"""The largest algebraic eigenvalue: against the dense result, and where power iteration finds another."""

import numpy as np
import pytest

from nasbook.kit.lanczos import largest_eigenvalue


def symmetric(values, seed=0):
    """A matrix with these eigenvalues."""
    q, _ = np.linalg.qr(np.random.default_rng(seed).standard_normal((len(values), len(values))))
    return q @ np.diag(values) @ q.T


def power(A, rng, steps=500):
    v = rng.standard_normal(len(A))
    for _ in range(steps):
        v = A @ v / np.linalg.norm(A @ v)
    return v @ A @ v


@pytest.mark.parametrize("seed", range(5))
def test_it_is_the_largest_of_the_dense_result(seed):
    rng = np.random.default_rng(seed)
    A = rng.standard_normal((30, 30))
    A = A + A.T
    found = largest_eigenvalue(lambda v: A @ v, 30, rng)
    assert found == pytest.approx(np.linalg.eigvalsh(A)[-1], rel=1e-10)


def test_it_is_not_the_one_of_largest_magnitude():
    """As at the start of a search: −0.12 against +0.012."""
    A = symmetric([-0.12, *np.linspace(-0.02, 0.01, 28), 0.012])
    rng = np.random.default_rng(0)
    assert largest_eigenvalue(lambda v: A @ v, 30, rng) == pytest.approx(0.012, rel=1e-9)
    assert power(A, rng) == pytest.approx(-0.12)
    assert power(A + 0.12 * np.eye(30), rng, 5000) - 0.12 == pytest.approx(0.012, rel=1e-2)  # shifted, it finds it too


def test_what_is_not_finite_has_none():
    assert np.isnan(largest_eigenvalue(lambda v: v * np.nan, 3, np.random.default_rng(0)))


@pytest.mark.parametrize(
    "values", [[3.0], [2.0, 2.0, 2.0], [0.0, 0.0], [-1.0, -2.0], [5.0] + [0.0] * 20, [-5.0] + [0.0] * 20]
)
def test_few_different_eigenvalues_end_it_early(values):
    A, calls = symmetric(values), []

    def product(v):
        calls.append(1)
        return A @ v

    found = largest_eigenvalue(product, len(values), np.random.default_rng(1))
    assert found == pytest.approx(max(values), abs=1e-9)
    assert len(calls) <= len(set(values)) + 1
