"""The three numbers of greedy ensembles of 1, 2, … members, from predictions alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from nasbook.kit.ensemble import Loss, greedy, outer


@dataclass(frozen=True)
class Sizes:
    """Losses of the greedy ensembles of 1, 2, … members: (K,) each, as `numbers` has them of rows without an order;
    order: who was taken."""

    own: np.ndarray
    nested: np.ndarray
    test: np.ndarray
    order: tuple[int, ...]


def by_size(
    P: ArrayLike,
    y: np.ndarray,
    fold: ArrayLike,
    P_test: ArrayLike,
    y_test: np.ndarray,
    loss: Loss,
    size: int,
    replace: bool = True,
) -> Sizes:
    """The three numbers of a pool with predictions P of the rows that choose, and P_test of those that nobody sees."""
    P, P_test, fold = np.asarray(P, float), np.asarray(P_test, float), np.asarray(fold)

    def along(order: Sequence[int], P: np.ndarray) -> np.ndarray:
        return np.cumsum(P[list(order)], 0) / np.arange(1, len(order) + 1).reshape(-1, *[1] * (P.ndim - 1))

    chosen = greedy(P, y, loss, size, replace)
    said = np.empty((len(chosen.order), *P.shape[1:]))
    for out, others in outer(fold):
        said[:, out] = along(greedy(P[:, others], y[others], loss, size, replace).order, P[:, out])
    nested, test = ([loss(p, t) for p in ps] for ps, t in ((said, y), (along(chosen.order, P_test), y_test)))
    return Sizes(np.array(chosen.losses), np.array(nested), np.array(test), chosen.order)
