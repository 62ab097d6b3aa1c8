"""Do short trainings rank configurations as long ones do? Spearman's ρ between the fidelities of one search.

    ρ(f, g) = correlation of the ranks at f and at g of the configurations that have a value at both

Values are those of the trials and of their learning curves. Only what was evaluated at both counts, and a method that
stops the bad ones has chosen these: among survivors, which are alike, ρ is lower than among all.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from nasbook.statistics.ranks import spearman
from nasbook.trace import Trial

LEAST = 3  # configurations; two always correlate
MOST = 6  # fidelities


class BudgetCorrelation(NamedTuple):
    levels: list[float]  # fidelities, rising; inf is the full one where no number is known
    rho: np.ndarray  # (k, k), NaN where fewer than LEAST configurations have both
    n: np.ndarray  # (k, k) configurations that have both


def budget_correlation(trials: Iterable[Trial]) -> BudgetCorrelation:
    """The fidelities at which most configurations have a value, at most six, and how well they agree."""
    found: dict[str, dict[float, float]] = {}  # configuration -> fidelity -> value; the last one told counts
    finals: set[float] = set()
    for trial in trials:
        mine = found.setdefault(repr(sorted(trial.config.items())), {})
        mine |= {float(f): float(v) for f, v in trial.curve if v is not None and np.isfinite(v)}
        if trial.status == "done" and trial.value is not None:
            at = trial.fidelity if trial.fidelity is not None else trial.curve[-1][0] if trial.curve else np.inf
            mine[float(at)] = float(trial.value)
            finals.add(float(at))
    levels = _levels(found, finals)
    k = len(levels)
    rho, n = np.full((k, k), np.nan), np.zeros((k, k), int)
    for i, f in enumerate(levels):
        for j, g in enumerate(levels):
            both = [(v[f], v[g]) for v in found.values() if f in v and g in v]
            n[i, j] = len(both)
            if len(both) >= LEAST:
                rho[i, j] = 1.0 if i == j else spearman(*np.array(both).T)
    return BudgetCorrelation(levels, rho, n)


def _levels(found: dict[str, dict[float, float]], finals: set[float]) -> list[float]:
    """Where trials ended, if that is at several fidelities; else points of the curves, each about twice the last."""
    counts: dict[float, int] = {}
    for mine in found.values():
        for f in mine:
            counts[f] = counts.get(f, 0) + 1
    known = sorted(f for f, many in counts.items() if many >= LEAST)
    rungs = [f for f in known if f in finals]
    if 1 < len(rungs) <= MOST:
        return rungs
    if len(known) <= MOST:
        return known
    return sorted({known[round(i)] for i in np.geomspace(1, len(known), MOST) - 1})
