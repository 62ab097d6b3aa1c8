"""Random search on a table, exactly: a table is finite, so the best of n random trials has a known distribution."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

import nasbook
from nasbook.task import Task
from nasbook.tasks.digits201 import Digits201
from nasbook.tasks.nb201 import NB201


@lru_cache(maxsize=16)
def best_of_random(task: str, trials: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The best of n = 1 … trials random trials on a table: mean, and the 5 % and 95 % quantiles, each (trials,).

    A random trial draws one of the 15,625 cells and one of its runs, so its value has a known distribution F, and
    P(best of n > x) = (1 - F(x))^n."""
    values, weights = outcomes(nasbook.task(task))
    above = np.clip(1 - np.cumsum(weights), 0, 1)  # P(value > x_i)
    n = np.arange(1, trials + 1)[:, None]
    survival = np.exp(n * np.log(np.maximum(above, 1e-300)))
    mean = values[0] + (survival[:, :-1] * np.diff(values)).sum(1)
    low, high = (values[np.minimum((1 - survival < q).sum(1), len(values) - 1)] for q in (0.05, 0.95))
    return mean, low, high


def outcomes(table: Task) -> tuple[np.ndarray, np.ndarray]:
    """Every value that a random trial can have, rising, and its probability."""
    if isinstance(table, NB201):
        runs = table.accuracies  # (15625, 3), NaN where there is no third run
        weights = np.isfinite(runs) / np.isfinite(runs).sum(1, keepdims=True) / len(runs)
    elif isinstance(table, Digits201):
        runs = table.val[table.index, :, -1]  # (15625, 3)
        weights = np.full(runs.shape, 1 / runs.size)
    else:
        raise ValueError(f"{table.name} is not a table of cells")
    there = np.isfinite(runs)
    values, place = np.unique(1 - runs[there], return_inverse=True)
    return values, np.bincount(place, weights[there])


@lru_cache(maxsize=8)
def found_by_random(task: str, trials: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Test accuracy (mean of three seeds) of the cell that random search ends with, after n = 1 … trials cells trained
    alone, of which it keeps the one whose single training has the best validation accuracy: mean, and the 5 % and 95 %
    quantiles, each (trials,). Exact for Digits-201; of equally good cells it keeps any."""
    table = nasbook.task(task)
    test = np.repeat(table.test[..., -1].mean(1)[table.index], 3)
    values, place = np.unique(table.val[table.index, :, -1].ravel(), return_inverse=True)
    share = np.bincount(place) / len(place)  # P(a trial has this value)
    n = np.arange(1, trials + 1)[:, None]
    upto = np.cumsum(share)
    best = np.diff(upto**n, prepend=0.0, axis=1)  # P(it is the best of n)
    order = np.argsort(test, kind="stable")
    weights = (best / (share * len(place)))[:, place[order]]  # of each cell and run
    below, rising = np.cumsum(weights, axis=1), test[order]
    low, high = (rising[np.minimum((below < q).sum(1), len(rising) - 1)] for q in (0.05, 0.95))
    return weights @ rising, low, high
