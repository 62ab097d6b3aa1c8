"""What a search says of itself, and what is true: over-tuning, the winner's curse, nested cross-validation.

    over-tuning after t trials     o_t = test(λ*_t) - min_{s ≤ t} test(λ*_s)      λ*_t: the best by validation so far
    the winner's curse             E[anew(λ*)] - E[value(λ*)]                     its value is the lowest of many draws
    nested cross-validation        choose on the inner folds, measure on the outer one that chose nothing

Over-tuning: to go on with the search has made its result worse than it was before. Papers: Schneider et al., Overtuning
in Hyperparameter Optimization, AutoML 2025; Cawley & Talbot, On Over-fitting in Model Selection and Subsequent
Selection Bias in Performance Evaluation, JMLR 2010; Varma & Simon, Bias in Error Estimation When Using Cross-validation
for Model Selection, 2006.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike

from nasbook.statistics.intervals import bootstrap_mean

C = TypeVar("C")  # a candidate
D = TypeVar("D")  # a part of the data


def overtuning(validation: ArrayLike, test: ArrayLike) -> np.ndarray:
    """(T,) by how much the test value of the best so far lies above the lowest that a best so far has had.

    validation, test: (T,) of each trial; NaN where it failed. 0 where nothing is lost; NaN before the first success."""
    validation, test = np.asarray(validation, float), np.asarray(test, float)
    if validation.shape != test.shape or validation.ndim != 1:
        raise ValueError(f"overtuning: one test value a trial is needed, not {test.shape} for {validation.shape}")
    now = test[incumbents(validation)]
    now = np.where(incumbents(validation) < 0, np.nan, now)
    return now - np.fmin.accumulate(now) if len(now) else now


def incumbents(validation: ArrayLike) -> np.ndarray:
    """(T,) place of the best so far after each trial, the first of equals; -1 before the first success."""
    values = np.asarray(validation, float)
    best, out = -1, []
    for i, v in enumerate(values):
        if not np.isnan(v) and (best < 0 or v < values[best]):
            best = i
        out.append(best)
    return np.array(out, int)


def winners_curse(chosen: ArrayLike, anew: ArrayLike) -> tuple[float, float, float]:
    """(mean, low, high) of `anew` - `chosen` over n searches: the winner's value when chosen, and measured again.

    Above 0: the search has promised too much. `chosen` and `anew` are (n,); the interval is a bootstrap's."""
    chosen, anew = np.asarray(chosen, float), np.asarray(anew, float)
    if chosen.shape != anew.shape or chosen.ndim != 1:
        raise ValueError(f"winners_curse: equally many numbers are needed, not {chosen.shape} and {anew.shape}")
    return bootstrap_mean(anew - chosen)


def nested(errors: ArrayLike, forward: bool = False) -> tuple[float, float]:
    """(naive, nested) error of the best of C candidates whose errors (C, k) on k folds are known.

    naive: the lowest mean over all folds. nested: choose by the mean over all folds but one, take the error on that
    one, mean over the k folds. It costs no training, but each model has seen the other folds: an approximation of
    nested cross-validation. forward: the folds lie in time, and only earlier ones choose, so that the first is not
    judged."""
    errors = np.asarray(errors, float)
    if errors.ndim != 2 or errors.shape[1] < 2 or not len(errors) or np.isnan(errors).any():
        raise ValueError("nested: errors (candidates, folds) of at least two folds are needed, without NaN")
    rest = np.cumsum(errors, 1) - errors if forward else errors.sum(1, keepdims=True) - errors  # (C, k) who chooses
    held_out = errors[rest.argmin(0), np.arange(errors.shape[1])][int(forward) :]
    return float(errors.mean(1).min()), float(held_out.mean())


def nested_cross_validation(
    folds: Iterable[tuple[D, D]], choose: Callable[[D], C], error: Callable[[C, D, D], float]
) -> tuple[np.ndarray, list[C]]:
    """(errors (k,), what was chosen) over the outer folds (train, test): choose(train) may look at train only and does
    its own inner cross-validation; error(chosen, train, test) fits on train and measures on test."""
    errors, chosen = [], []
    for train, test in folds:
        chosen.append(choose(train))
        errors.append(float(error(chosen[-1], train, test)))
    if not errors:
        raise ValueError("nested_cross_validation: there is no outer fold")
    return np.array(errors), chosen
