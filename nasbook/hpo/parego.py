"""ParEGO: Bayesian optimisation of several objectives, one weighting of them at a time.

    repeat:  λ ← drawn from the weights with λ_j ∈ {0, 1/s, …, 1}, Σ_j λ_j = 1
             f_λ = max_j λ_j f_j + ρ Σ_j λ_j f_j,   each f_j scaled to [0, 1] over the values seen
             belief  f_λ | results ~ GP;   next  x = argmax EI(x)

This is the augmented Tchebycheff function. Its level sets are corners, so that any point of the Pareto front is lowest
for some λ, also where the front is hollow (for a small enough ρ); a weighted sum finds only the points on the front's
hull. The part with ρ refuses points that are equal in the largest term and worse in another. The weights, drawn anew
for each trial, spread the search along the front, though not evenly: on a hollow front most lead near its ends.

All else is bayesian.py's; failed and pruned trials count as the worst f_λ seen, and LogEI has the maximum of EI.

Paper: Knowles, ParEGO: A Hybrid Algorithm with On-Line Landscape Approximation for Expensive Multiobjective
Optimization Problems, 2006: s = 10, ρ = 0.05; it starts from 11d - 1 points of a Latin hypercube, here from 2d + 1
quasi-random ones, at most 10. Read first: `tchebycheff`. Left out: that it drops half of the points once it has many.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from nasbook.hpo.bayesian import BayesianOptimisation, BayesianView
from nasbook.hpo.parts.bayesian_settings import BayesianSettings
from nasbook.kit.checks import refused, setting, whole, within
from nasbook.kit.values import Reach
from nasbook.space import Arguments
from nasbook.trace import Trial


@dataclass(frozen=True)
class ParEGOSettings(BayesianSettings):
    rho: float = setting(0.05, "ρ: weight of the sum beside the maximum.")
    divisions: int = setting(10, "s: how finely weights are divided.")

    def __post_init__(self) -> None:
        super().__post_init__()
        within("rho", self.rho, 0)
        whole("divisions", self.divisions, 1)


@dataclass(frozen=True, eq=False)
class ParEGOView(BayesianView):
    """A Bayesian view of y = f_λ (n,), and what it was made from."""

    Y: np.ndarray | None = None  # (n, m) the objectives, as they were told
    weights: np.ndarray | None = None  # (m,) λ; None before the first result

    @property
    def doubt(self) -> np.ndarray:
        beyond = [Reach.of(f, absurd=30).doubt(f) > 0 for f in np.array(self.Y).T]
        return np.where(np.any(beyond, axis=0), self.values - self.values.min(), 0)


class ParEGO(BayesianOptimisation):
    name = "parego"
    several = True
    Settings = ParEGOSettings
    View = ParEGOView
    refit = 1  # other weights make another function
    _weights: np.ndarray | None = None

    def ask(self) -> Trial | None:
        if self.done and not self.queue:
            self._weights = self.rng.choice(weights(len(self.done[0].values or ()), self.settings.divisions))
        return super().ask()

    def refuses(self, trial: Trial) -> str | None:
        m, s = len(trial.values or ()), self.settings.divisions
        if (sentence := refused(self.name, trial, self.done)) is None and math.comb(s + m - 1, m - 1) > 100_000:
            return f"parego: {m} objectives and divisions={s} make too many weights; lower divisions, or use 'nsga2'"
        return sentence

    def _results(self) -> tuple[list[Trial], np.ndarray, Arguments]:
        done, λ = self.done, self._weights
        Y, y = np.array([t.values for t in done], float), np.zeros(0)
        if len(Y):
            y = tchebycheff(Y, np.full(Y.shape[1], 1 / Y.shape[1]) if λ is None else λ, self.settings.rho)
        return done, y, {"Y": Y, "weights": λ}


def tchebycheff(Y: np.ndarray, λ: Sequence[float] | np.ndarray, ρ: float = 0.05) -> np.ndarray:
    """f_λ (n,) of objectives Y (n, m), scaled to [0, 1] over the rows first; the smaller the better."""
    Y = np.stack([Reach.of(y, absurd=30).draw_in(y) for y in Y.T], axis=1)
    low, high = Y.min(0), Y.max(0)
    weighted = np.asarray(λ) * (Y - low) / np.where(high > low, high - low, 1)
    return weighted.max(1) + ρ * weighted.sum(1)


def weights(m: int, s: int) -> np.ndarray:
    """Every (λ_1, …, λ_m) of multiples of 1/s that sum to 1: C(s + m - 1, m - 1) rows.

    Each is a row of s stars and m - 1 bars: ★★|★| is (2, 1, 0) / 3."""
    bars = np.array(list(combinations(range(s + m - 1), m - 1)))
    edges = np.hstack([np.full((len(bars), 1), -1), bars, np.full((len(bars), 1), s + m - 1)])
    return (np.diff(edges, axis=1) - 1) / s
