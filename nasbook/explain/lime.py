"""LIME: a linear model of a logit over segments of an image that are there or not (Ribeiro, Singh & Guestrin 2016)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from nasbook.explain.asking import Network, TensorLike, asked, baseline_of, hiding
from nasbook.kit.threads import one_thread


@dataclass(frozen=True, eq=False)
class Lime:
    """coefficients (S,), of the segments; image (H, W), the same at their pixels; fit: the R² of the linear model on
    the samples it was made from, weighted by their nearness: where it is low, the map says little."""

    coefficients: np.ndarray
    image: np.ndarray
    fit: float


@one_thread()
def lime(
    net: Network,
    x: TensorLike,
    target: int | None = None,
    segments: object = None,
    baseline: TensorLike = 0.0,
    samples: int = 500,
    width: float = 0.25,
    ridge: float = 1e-6,
    seed: int = 0,
) -> Lime:
    """A linear model of the logit over segments that are there (1) or show the baseline (0).

    min over β of Σ_z π(z) (f(z) - β₀ - β·z)² + ridge |β|²,   π(z) = exp(-d(z)² / width²),   d = 1 - cosine(z, all 1)

    segments (H, W): whole numbers from 0, by default squares of 2 × 2. ValueError for too few samples."""
    x, target = asked(net, x, target)
    S = squares(*x.shape[-2:]) if segments is None else np.asarray(segments)
    if S.shape != tuple(x.shape[-2:]) or not np.issubdtype(S.dtype, np.integer) or S.min() < 0:
        raise ValueError(f"lime: segments are whole numbers from 0 of the image's shape {tuple(x.shape[-2:])}")
    n = int(S.max()) + 1
    if samples < n + 2:
        raise ValueError(f"lime: {n} segments need at least {n + 2} samples, not {samples}")
    rng = np.random.default_rng(seed)
    Z = rng.random((samples, n)) < 0.5
    Z[0] = True
    hidden = torch.from_numpy(~Z[:, S]).to(x.device)
    f = hiding(net, x, baseline_of(x, baseline), hidden)[:, target].double().cpu().numpy()
    cosine = np.sqrt(Z.sum(1) / n)  # of z with all 1
    pi = np.exp(-((1 - cosine) ** 2) / width**2)
    A = np.c_[np.ones(samples), Z.astype(float)]
    penalty = np.diag([0.0, *np.full(n, ridge)])
    beta = np.linalg.solve(A.T @ (pi[:, None] * A) + penalty, A.T @ (pi * f))
    residual, spread = f - A @ beta, f - np.average(f, weights=pi)
    total = float(pi @ spread**2)
    fit = 1.0 if total < 1e-12 else 1 - float(pi @ residual**2) / total
    return Lime(beta[1:], beta[1:][S], fit)


def squares(H: int, W: int, size: int = 2) -> np.ndarray:
    """(H, W) the numbers of squares of size × size; those at the lower and right edge may be smaller."""
    across = -(-W // size)
    return (np.arange(H) // size)[:, None] * across + np.arange(W) // size
