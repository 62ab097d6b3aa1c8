"""The numbers behind STATISTICS.md, from table.npz and costs.npz alone."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from scipy.stats import kendalltau

from nasbook.nas.spaces.nb201.cell import EDGES, OPS, Cell, all_cells
from nasbook.statistics.ranks import spearman as spearman
from nasbook.tasks.digits201 import IMAGES, TEST_AT, Digits201

TASKS = tuple(IMAGES)
Correlation = Callable[[np.ndarray, np.ndarray], float]


@cache
def task(name: str) -> Digits201:
    return Digits201(name)


def truth(name: str, epoch: int = 12) -> np.ndarray:
    """(5044,) mean test accuracy of three seeds."""
    return task(name).test[..., TEST_AT.index(epoch)].mean(1)


def best_tenth(name: str) -> np.ndarray:
    return truth(name) >= np.quantile(truth(name), 0.9)


# ---- rank correlations -----------------------------------------------------------------------------------


def kendall(a: np.ndarray, b: np.ndarray) -> float:
    return float(kendalltau(a, b).statistic)


def beyond(a: np.ndarray, b: np.ndarray, given: np.ndarray) -> float:
    """Spearman's correlation of a and b with `given` held fixed: the partial correlation of the ranks."""
    ab, ag, bg = spearman(a, b), spearman(a, given), spearman(b, given)
    return (ab - ag * bg) / float(np.sqrt((1 - ag**2) * (1 - bg**2)))


def between_seeds(correlation: Correlation, runs: np.ndarray) -> float:
    """Mean over the three pairs of seeds, from (5044, 3)."""
    return float(np.mean([correlation(runs[:, i], runs[:, j]) for i, j in ((0, 1), (0, 2), (1, 2))]))


def to_other_seeds(correlation: Correlation, name: str, epoch: int) -> float:
    """One run's validation accuracy after some epochs against the mean final test accuracy of the two other runs."""
    val, test = task(name).val[..., epoch - 1], task(name).test[..., -1]
    return float(np.mean([correlation(val[:, s], np.delete(test, s, 1).mean(1)) for s in range(3)]))


def to_mean(name: str, rows: np.ndarray | slice = slice(None)) -> float:
    """One run's final validation accuracy against the mean test accuracy of all three, ρ, mean over the runs."""
    return float(np.mean([spearman(task(name).val[rows, s, -1], truth(name)[rows]) for s in range(3)]))


# ---- noise, and what it hides ----------------------------------------------------------------------------


def noise(runs: np.ndarray) -> float:
    """Standard deviation of one run around the mean of its cell, from (5044, 3)."""
    return float(np.sqrt(runs.var(1, ddof=1).mean()))


def top_noise(name: str) -> float:
    """The same for the test accuracy of the best tenth of the cells, which vary less."""
    return noise(task(name).test[best_tenth(name), :, -1])


def binomial(name: str) -> float:
    """Standard error of a validation accuracy that comes from the number of images alone, at the median accuracy."""
    p = float(np.median(task(name).val[..., -1]))
    return float(np.sqrt(p * (1 - p) / IMAGES[name][0]))


def near_the_best(name: str) -> int:
    """Classes whose mean test accuracy is within two standard errors (of a difference of two means) of the best."""
    error = top_noise(name) * np.sqrt(2 / 3)
    return int((truth(name) >= truth(name).max() - 2 * error).sum())


def picked(name: str) -> tuple[float, float]:
    """Choose the best validation accuracy of one run out of all classes: (test accuracy of the two other runs, share of
    the classes that do as well there); mean over the three runs, and over classes that are equally good choices."""
    found = []
    for s in range(3):
        val, other = task(name).val[:, s, -1], np.delete(task(name).test[..., -1], s, 1).mean(1)
        chosen = other[val == val.max()]
        found.append((chosen.mean(), np.mean([(other >= c).mean() for c in chosen])))
    accuracy, share = np.mean(found, 0).tolist()
    return accuracy, share


# ---- cells -----------------------------------------------------------------------------------------------


def effects(name: str) -> np.ndarray:
    """(6, 5) mean test accuracy of all cells that have an operation on an edge, minus the mean of all 15,625."""
    accuracy, cells = truth(name)[task(name).index], np.array(list(all_cells()))
    means = [[accuracy[cells[:, edge] == op].mean() for op in range(len(OPS))] for edge in range(len(EDGES))]
    return np.array(means) - accuracy.mean()


def picture(cell: Cell) -> str:
    """A cell as its sums: `1 = conv3x3(0), 2 = skip(0) + conv1x1(1), 3 = …`; a node that gets nothing is left out."""
    parts = []
    for node in (1, 2, 3):
        into = [(OPS[op], i) for (i, j), op in zip(EDGES, cell, strict=True) if j == node and OPS[op] != "none"]
        if into:
            parts.append(f"{node} = " + " + ".join(f"{op}({i})" for op, i in into))
    return ", ".join(parts)
