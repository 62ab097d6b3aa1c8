"""Three numbers of a search, side by side: its own cross-validation, the nested one, and an untouched test.

    print(three(trace, task))
    cross-validation of the search   2.75 %
    nested                           4.17 %
    untouched test                   5.08 %

The search reports the least of many noisy numbers, which is too good. Nested: the choice is made without the rows that
score it. `nested` searches anew for every outer fold; `cheap_nested` only chooses anew, on out-of-fold predictions that
the search has left behind, and trains nothing. Read first: Cawley and Talbot 2010, On Over-fitting in Model Selection.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from nasbook.automl.evaluate import Pipelines
from nasbook.automl.predictions import Predictions, collect, seed_of
from nasbook.search import search
from nasbook.trace import Trace

Pool = Mapping[int, np.ndarray]  # predictions of the same rows, by the number of the trial
Loss = Callable[[np.ndarray, np.ndarray], float]
Choose = Callable[[Pool, np.ndarray, Loss], Mapping[int, float]]  # -> the weights of the chosen


def winner(of: Pool, y: np.ndarray, loss: Loss) -> dict[int, float]:
    """The trial with the lowest loss, the first of equals."""
    return {min(of, key=lambda i: loss(y, of[i])): 1.0}


def mix(of: Pool, weights: Mapping[int, float]) -> np.ndarray:
    """Σᵢ wᵢ pᵢ / Σᵢ wᵢ"""
    return np.sum([w * of[i] for i, w in weights.items()], axis=0) / sum(weights.values())


def naive(kept: Predictions, loss: Loss, choose: Choose = winner) -> float:
    """Loss on the rows on which the choice was made."""
    rows = kept.fold >= 0
    of = {i: p[rows] for i, p in kept.of.items()}
    return loss(kept.y[rows], mix(of, choose(of, kept.y[rows], loss)))


def cheap_nested(kept: Predictions, loss: Loss, choose: Choose = winner) -> float:
    """Loss of predictions of which each fold was made by what is chosen on the other folds."""
    made = np.full_like(next(iter(kept.of.values())), np.nan)
    for fold in range(kept.fold.max() + 1):
        inside, outside = (kept.fold >= 0) & (kept.fold != fold), kept.fold == fold
        weights = choose({i: p[inside] for i, p in kept.of.items()}, kept.y[inside], loss)
        made[outside] = mix({i: p[outside] for i, p in kept.of.items()}, weights)
    rows = kept.fold >= 0
    return loss(kept.y[rows], made[rows])


def nested(method: str, task: Pipelines, trials: int, seed: int = 0, **settings: Any) -> float:
    """Loss of predictions of which each fold was made by what a search on the other folds has found: as many searches
    as folds."""
    made, rows = task.nothing(), task.fold >= 0
    for fold, (_, out) in enumerate(task.splits):
        inner = task.within(fold)
        trace = search(method, inner, trials=trials, seed=seed, **settings)
        made[out] = inner.predict_test(trace.best.config, seed_of(trace, trace.best))
    return task.loss(task.y[rows], made[rows])


@dataclass(frozen=True)
class Three:
    """What the search says, what a choice without the scoring rows says, and what untouched rows say."""

    search: float
    nested: float
    test: float
    unit: str  # "%" of errors, or ""

    def __str__(self) -> str:
        names = ("cross-validation of the search", "nested", "untouched test")
        return "\n".join(f"{name:32} {self.said(value)}" for name, value in zip(names, self.values, strict=True))

    @property
    def values(self) -> tuple[float, float, float]:
        return self.search, self.nested, self.test

    def said(self, value: float) -> str:
        return f"{100 * value:.2f} %" if self.unit == "%" else f"{value:.4g}"


def three(trace: Trace, task: Pipelines, choose: Choose = winner, kept: Predictions | None = None) -> Three:
    """The three numbers of what `choose` makes of a search's trials. LookupError where no trial has succeeded."""
    kept = kept or collect(trace, task)
    if not kept.of:
        raise LookupError("no trial of this trace has succeeded on all folds")
    rows = kept.fold >= 0
    weights = choose({i: p[rows] for i, p in kept.of.items()}, kept.y[rows], task.loss)
    trials = {t.id: t for t in trace.trials}
    made = {i: task.predict_test(trials[i].config, seed_of(trace, trials[i])) for i, w in weights.items() if w}
    test = task.loss(task.y_test, mix(made, {i: w for i, w in weights.items() if w}))
    unit = "%" if task.loss_name.endswith("error") else ""
    return Three(naive(kept, task.loss, choose), cheap_nested(kept, task.loss, choose), test, unit)
