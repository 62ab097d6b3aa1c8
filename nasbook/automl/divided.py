"""A task on a table that is divided: rows that its search sees, in folds, and rows that no trial sees."""

from __future__ import annotations

from collections.abc import Hashable
from copy import copy
from pathlib import Path
from typing import Self

import numpy as np

from nasbook.automl import splits
from nasbook.automl.data import Data
from nasbook.automl.losses import loss_of
from nasbook.space import Arguments
from nasbook.task import Task

MEMORY = 2**28  # bytes of predictions that a task remembers


class Divided(Task):
    """table: all rows. seen, unseen: which of them the search sees, and which are the test. known: the table of those
    that it sees; y (n,), y_test: their target. splits: (train, held out), of each fold; fold (n,): in which one a row
    is held out. kept: predictions of whole cross-validations. loss_name: one of LOSSES."""

    table: Data
    folds: int
    loss_name: str

    def divide(self, seen: np.ndarray, unseen: np.ndarray, seed: int) -> None:
        """From now on the search sees these rows of the table, in folds drawn with the seed."""
        self.seen, self.unseen = seen, unseen
        self.known, self.y, self.y_test = self.table.part(seen), self.table.y[seen], self.table.y[unseen]
        self.splits = splits.folds(self.known, self.folds, seed)
        self.fold = np.full(len(self.y), -1)
        for i, (_, out) in enumerate(self.splits):
            self.fold[out] = i
        self.kept: dict[Hashable, np.ndarray] = {}

    def within(self, fold: int) -> Self:
        """The same task on the rows of the other folds, of which one fold is the untouched test."""
        task, (train, out) = copy(self), self.splits[fold]
        task.divide(self.seen[train], self.seen[out], fold)
        return task

    @property
    def arguments(self) -> Arguments:
        """As a trace holds them: a table that is no file by its size and its content."""
        return self._arguments

    @arguments.setter
    def arguments(self, given: Arguments) -> None:
        data = given.get("data")
        if isinstance(data, Path):
            given = {**given, "data": str(data)}
        elif data is not None and not isinstance(data, str):
            given = {**given, "data": f"a table of {len(self.table.y)} rows, {self.table.digest}"}
        self._arguments = dict(given)

    def loss(self, y: np.ndarray, p: np.ndarray) -> float:
        """What is minimised, of predictions p, (n, classes) or (n,), of rows y (n,)."""
        return loss_of(self.loss_name, y, p)

    def nothing(self) -> np.ndarray:
        """Predictions of no row yet."""
        n, k = len(self.y), len(self.known.classes)
        return np.full((n, k), np.nan, np.float32) if k else np.full(n, np.nan)

    def guess(self) -> np.ndarray:
        """The untouched rows, as predicted by who looks at no column: the shares of the classes, or the mean."""
        if self.known.kind == "regression":
            return np.full(len(self.y_test), np.mean(self.y))
        return np.tile(np.bincount(self.y, minlength=len(self.known.classes)) / len(self.y), (len(self.y_test), 1))

    def keep(self, key: Hashable, held: np.ndarray) -> None:
        """Remember predictions, as far as memory allows; the oldest give way."""
        self.kept[key] = held
        while len(self.kept) * held.nbytes > MEMORY and len(self.kept) > 1:
            del self.kept[next(iter(self.kept))]
