"""Three numbers of a search, side by side: its own cross-validation, the nested one, and an untouched test.

    print(three(trace, task))
    cross-validation of the search   2.75 %
    nested                           4.17 %
    untouched test                   5.08 %

The search reports the least of many noisy numbers, which is too good. Nested: the choice is made without the rows that
score it. `three` only chooses anew, on out-of-fold predictions that the search has left behind, and trains nothing
(`promised` in ensemble.py); `nested` searches anew for every outer fold. Read first: Cawley and Talbot 2010, On
Over-fitting in Model Selection.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nasbook.automl.ensemble import numbers
from nasbook.automl.evaluate import Pipelines
from nasbook.automl.predictions import Predictions, collect, seed_of
from nasbook.search import search
from nasbook.trace import Trace


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


def three(trace: Trace, task: Pipelines, way: str = "best", kept: Predictions | None = None) -> Three:
    """The three numbers of what a `way` (ensemble.py) makes of a search's trials; "best" is the winner alone.
    LookupError where no trial has succeeded."""
    kept = kept or collect(trace, task)
    if not kept.of:
        raise LookupError("no trial of this trace has succeeded on all folds")
    return Three(*numbers(trace, kept, task, way), "%" if task.loss_name.endswith("error") else "")
