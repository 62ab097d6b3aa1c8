"""Where two networks name images differently, and what one looks at and the other does not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from nasbook.explain.asking import Network, TensorLike, as_tensor, logits
from nasbook.kit.threads import one_thread


@dataclass(frozen=True, eq=False)
class Disagreement:
    """Of n images: which (k,) the networks name differently, surest first, and how many of these a, b or neither names
    right. apart: k / n; errors: the fraction that a and b name wrong, of all n."""

    rows: np.ndarray
    right: tuple[int, int, int]
    apart: float
    errors: tuple[float, float]


@one_thread()
def disagreement(a: Network, b: Network, x: TensorLike, y: TensorLike) -> Disagreement:
    """Where two networks name images x (n, …, H, W) with labels y (n,) differently."""
    x, y = as_tensor(x), np.asarray(torch.as_tensor(y).cpu())
    if len(x) != len(y) or not len(y):
        raise ValueError(f"disagreement: as many labels as images are needed, not {len(y)} for {len(x)}")
    P, Q = (logits(net, x).softmax(1).cpu().numpy() for net in (a, b))
    p, q = P.argmax(1), Q.argmax(1)
    rows = np.flatnonzero(p != q)
    sure = np.minimum(P[rows, p[rows]], Q[rows, q[rows]])  # both are sure of different things
    rows = rows[np.argsort(-sure, kind="stable")]
    right = (int((p == y)[rows].sum()), int((q == y)[rows].sum()), int(((p != y) & (q != y))[rows].sum()))
    return Disagreement(rows, right, len(rows) / len(y), (float((p != y).mean()), float((q != y).mean())))


def difference(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(H, W) what a looks at and b does not: the maps as shares of all that each looks at, one minus the other."""
    shares = [np.abs(m) / (np.abs(m).sum() or 1.0) for m in (a, b)]
    return shares[0] - shares[1]
