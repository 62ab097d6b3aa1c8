"""Is an estimator worth its price? Rank correlation with the truth, and what it finds within a budget.

    ρ  (Spearman)  correlation of the ranks                     τ  (Kendall)  share of pairs in order minus the others
    the choice at budget T: the best by estimate of the architectures that it can judge in T seconds

An estimator need not be right, only in the right order; and within a budget not even that, if the order at the top is
wrong or if it is so slow that it sees few. The interval is a percentile bootstrap over architectures: it says what
another sample of architectures would have changed, and nothing about another seed of training.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nasbook.estimate.estimator import Estimator
from nasbook.search import search
from nasbook.space import Config
from nasbook.statistics.ranks import kendall, spearman
from nasbook.task import Task
from nasbook.trace import Trace

Truth = Callable[[Config], float]


@dataclass(frozen=True, eq=False)
class Judgement:
    """n random architectures as an estimator sees them.

    estimates (n,): lower is better, +∞ where there is none. costs (n,): seconds of each. once: seconds before the first
    answer, as of a predictor's trainings. truth (n,): accuracy, higher is better. trace: where they come from."""

    name: str
    estimates: np.ndarray
    costs: np.ndarray
    once: float
    truth: np.ndarray
    trace: Trace | None = None

    @property
    def cost(self) -> float:
        """Seconds for one architecture, with its part of what is paid once."""
        return float((self.once + self.costs.sum()) / len(self.costs))

    def correlation(self, kind: str = "spearman") -> float:
        """ρ or τ; NaN if all estimates are the same."""
        return correlation(self.estimates, self.truth, kind)

    def interval(self, kind: str = "spearman", draws: int = 200, seed: int = 0) -> tuple[float, float]:
        """The 95 % bootstrap interval of the correlation, over architectures."""
        rng, n = np.random.default_rng(seed), len(self.truth)
        each = []
        for _ in range(draws):
            i = rng.integers(0, n, n)
            each.append(correlation(self.estimates[i], self.truth[i], kind))
        low, high = np.nanquantile(each, (0.025, 0.975))
        return float(low), float(high)

    def choose(self, budget: float, seeds: int = 100) -> tuple[np.ndarray, np.ndarray]:
        """(true accuracy of the choice (seeds,), how many it could judge (seeds,)) in `budget` seconds; each seed draws
        other architectures, with replacement. Where not even one is affordable, the first is taken unseen."""
        chosen, judged = np.empty(seeds), np.empty(seeds, int)
        for seed in range(seeds):
            order = np.random.default_rng(seed).integers(0, len(self.truth), len(self.truth))
            k = int(np.searchsorted(self.once + np.cumsum(self.costs[order]), budget * (1 + 1e-9), side="right"))
            seen = order[: max(1, k)]
            chosen[seed] = self.truth[seen[np.argmin(self.estimates[seen])] if k else seen[0]]
            judged[seed] = k
        return chosen, judged


def correlation(estimates: np.ndarray, truth: np.ndarray, kind: str = "spearman") -> float:
    """Rank correlation of −estimate and truth: 1 if the order is right. NaN if either has no order."""
    if kind not in ("spearman", "kendall"):
        raise ValueError(f"the correlation must be 'spearman' or 'kendall', not {kind!r}")
    if len(set(estimates)) < 2 or len(set(truth)) < 2:
        return float("nan")
    finite = np.where(np.isfinite(estimates), estimates, np.finfo(float).max)  # no estimate: the last rank
    return (spearman if kind == "spearman" else kendall)(-finite, truth)


def judge(task: Task, truth: Truth, trials: int = 300, seed: int = 0, name: str | None = None) -> Judgement:
    """Let an estimator, or a task itself, judge random architectures: a random search with it.

    truth: the accuracy that is to be predicted, of a configuration; no estimator sees it. The same seed gives every
    estimator the same architectures. name: what to call it. Raises ValueError if it could judge none."""
    trace = search("random", task, trials=trials, seed=seed)
    trials_ = sorted(trace.trials, key=lambda t: t.id)
    values = np.array([np.inf if t.status != "done" or t.value is None else t.value for t in trials_], float)
    if not np.isfinite(values).any():
        raise ValueError(f"{task.name} gave no estimate at all; the first failure: {trials_[0].reason}")
    costs = np.array([t.cost or 0.0 for t in trials_])
    once = float(task.spent) if isinstance(task, Estimator) else 0.0  # paid with the first answer
    costs[0] -= once
    if name is None:
        name = task.kind if isinstance(task, Estimator) else task.name
    return Judgement(name, values, costs, once, np.array([truth(t.config) for t in trials_]), trace)
