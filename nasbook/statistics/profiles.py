"""Performance profiles: on what share of the problems is a method within a factor τ of the fastest one?

    r_{p,s} = t_{p,s} / min_s t_{p,s}           ratio of method s on problem p; ∞ where it has never got there
    ρ_s(τ)  = |{p : r_{p,s} ≤ τ}| / |P|

ρ_s(1) is how often s is the fastest (or as fast), the right end how often it gets there at all. Here t is the number of
trials until a search is as good as a target. Paper: Dolan & Moré, Benchmarking Optimization Software with Performance
Profiles, Mathematical Programming 2002. A profile of three methods or more depends on who else is in it: see Gould &
Scott, A Note on Performance Profiles, 2016.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def first_hits(curves: ArrayLike, targets: ArrayLike) -> np.ndarray:
    """(n,) the trial, from 1, at which curves (n, T) of best values so far reach targets (n,); inf where never."""
    curves = np.asarray(curves, float)
    there = curves <= np.asarray(targets, float)[:, None]
    return np.where(there.any(1), there.argmax(1) + 1.0, np.inf)


def profile(costs: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """(τ (T,), ρ (k, T)) of costs (problems, k): the steps of every method's profile, τ rising from 1.

    A problem that no method solves counts for none, and stays in |P|."""
    costs = np.asarray(costs, float)
    if costs.ndim != 2 or not costs.size or np.isnan(costs).any() or (costs <= 0).any():
        raise ValueError("profile: costs (problems, methods) are numbers above 0, inf where a method never got there")
    best = costs.min(1, keepdims=True)
    ratio = np.divide(costs, best, out=np.full_like(costs, np.inf), where=np.isfinite(costs))
    tau = np.unique(np.r_[1.0, ratio[np.isfinite(ratio)]])
    return tau, (ratio[:, :, None] <= tau).mean(0)
