"""The largest eigenvalue of a symmetric matrix that is only known by its products with vectors."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def largest_eigenvalue(
    product: Callable[[np.ndarray], np.ndarray], n: int, rng: np.random.Generator, most: int = 30
) -> float:
    """The largest *algebraic* eigenvalue of A (n, n); product(v) is A v. By Lanczos, with at most `most` products; with
    n of them it is exact, with fewer never too large:

        β_k q_{k+1} = A q_k − α_k q_k − β_{k-1} q_{k-1},    λ of the tridiagonal matrix of α and β

    Power iteration would find the one of largest magnitude, which may be negative. NaN where a product is not
    finite."""
    q = rng.standard_normal(n)
    Q = [q / np.linalg.norm(q)]
    a: list[float] = []
    b: list[float] = []
    for _ in range(min(n, most)):
        v = product(Q[-1])
        if not np.isfinite(v).all():
            return float("nan")
        a.append(float(v @ Q[-1]))
        for _ in range(2):  # once would leave rounding errors, which grow
            v = v - np.array(Q).T @ (np.array(Q) @ v)
        if (length := float(np.linalg.norm(v))) <= 1e-10 * max(map(abs, [*a, *b])) or len(a) == n:
            break
        b.append(length)
        Q.append(v / length)
    b = b[: len(a) - 1]
    return float(np.linalg.eigvalsh(np.diag(a) + np.diag(b, 1) + np.diag(b, -1))[-1])
