"""Rows of a task and of the same task within a fold: nobody learns from what it is tested on."""

import numpy as np
import pytest

from nasbook.automl.evaluate import Pipelines


@pytest.fixture(scope="module")
def task():
    return Pipelines("wine", folds=3, rows=90, models=["tree"])


def test_rows_are_seen_or_not_and_each_is_held_out_once(task):
    assert sorted([*task.seen, *task.unseen]) == list(range(len(task.table.y)))
    assert np.array_equal(task.y, task.table.y[task.seen]) and np.array_equal(task.y_test, task.table.y[task.unseen])
    assert sorted(np.concatenate([out for _, out in task.splits])) == list(range(90))
    assert all((task.fold[out] == k).all() for k, (_, out) in enumerate(task.splits))


def test_within_a_fold_its_rows_are_the_test(task):
    inner = task.within(1)
    train, out = task.splits[1]
    assert np.array_equal(inner.unseen, task.seen[out]) and np.array_equal(inner.seen, task.seen[train])
    assert np.array_equal(inner.known.x, task.table.x[inner.seen]) and inner.kept is not task.kept
    assert len(task.seen) == 90 and inner.space is task.space


def test_predictions_are_kept_as_far_as_memory_allows(task, monkeypatch):
    held = np.zeros((90, 3), np.float32)
    monkeypatch.setattr("nasbook.automl.divided.MEMORY", 2 * held.nbytes)
    inner = task.within(0)
    for key in range(4):
        inner.keep(key, held)
    assert list(inner.kept) == [2, 3]
