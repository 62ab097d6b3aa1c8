"""How rows are divided: an untouched test, and folds. Groups stay together, and the future never predicts the past."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    StratifiedGroupKFold,
    StratifiedKFold,
    TimeSeriesSplit,
    train_test_split,
)

from nasbook.automl.data import Data

Rows = np.ndarray
TEST = 0.2  # the share of the rows that no trial sees
ORDERS = 20  # in which groups are tried


def untouched(data: Data, rows: int | None, seed: int) -> tuple[Rows, Rows]:
    """The rows that the search sees (None: four fifths), and the others, both in their order; of groups about so many.
    ValueError where there is one group only."""
    n = len(data.y)
    first = n - round(TEST * n) if rows is None else rows
    if data.order is not None:
        return np.arange(first), np.arange(first, n)
    if data.groups is not None:
        seen = np.isin(data.groups, _groups(data, first, seed))
        return np.flatnonzero(seen), np.flatnonzero(~seen)
    classes = data.y if data.kind == "classification" else None
    try:
        seen, unseen = train_test_split(np.arange(n), train_size=first, stratify=classes, random_state=seed)
    except ValueError:  # more classes than one of the parts has rows
        seen, unseen = train_test_split(np.arange(n), train_size=first, random_state=seed)
    return np.sort(seen), np.sort(unseen)


def _groups(data: Data, first: int, seed: int) -> list[int]:
    """Whole groups with about `first` rows, at least one left over: in random orders each group is taken that brings
    their number nearer; of these the choice that lacks the fewest classes, and then the nearest one."""
    assert data.groups is not None
    sizes, rng = np.bincount(data.groups), np.random.default_rng(seed)
    if len(sizes) < 2:
        raise ValueError("all rows belong to one group; an untouched test needs a group that the search has not seen")
    found: list[tuple[int, int, list[int]]] = []
    for _ in range(ORDERS):
        taken: list[int] = []
        rows = 0
        for group in rng.permutation(len(sizes)).tolist():
            if len(taken) < len(sizes) - 1 and abs(rows + sizes[group] - first) < abs(rows - first):
                taken.append(group)
                rows += int(sizes[group])
        classes = len(np.unique(data.y[np.isin(data.groups, taken)])) if data.kind == "classification" else 0
        found.append((-classes, abs(rows - first), taken))
    return min(found, key=lambda choice: choice[:2])[2]


def folds(data: Data, k: int, seed: int) -> list[tuple[Rows, Rows]]:
    """k times the rows to learn from and those held out. ValueError, in a sentence, where there are none."""
    classes = data.kind == "classification"
    if data.groups is not None and (n := len(np.unique(data.groups))) < k:
        raise ValueError(f"{k} folds need {k} groups, and the search sees {n}; choose fewer folds")
    if data.order is not None:
        made = TimeSeriesSplit(k).split(data.x)
    elif data.groups is not None:
        kind = StratifiedGroupKFold if classes else GroupKFold
        made = kind(k, shuffle=True, random_state=seed).split(data.x, data.y, data.groups)
    else:
        made = (StratifiedKFold if classes else KFold)(k, shuffle=True, random_state=seed).split(data.x, data.y)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a class with fewer rows than folds is in some of them only
            found = [(train, out) for train, out in made if len(out)]
    except ValueError as error:
        raise ValueError(f"{k} folds cannot be made of these rows ({error})") from None
    if classes and (poor := [i for i, (train, _) in enumerate(found) if len(np.unique(data.y[train])) < 2]):
        raise ValueError(
            f"fold {poor[0] + 1} would be predicted by a model that has seen one class only; choose fewer folds, or "
            "another column for groups or time"
        )
    return found
