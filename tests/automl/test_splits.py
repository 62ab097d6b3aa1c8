"""How rows are divided: by class, by group, by time."""

from dataclasses import replace

import numpy as np
import pytest

from nasbook.automl.data import read
from nasbook.automl.splits import folds, untouched


@pytest.fixture
def data():
    n = 60
    columns = {"x": np.arange(n) / n, "g": np.repeat(np.arange(12), 5), "y": ["a", "b", "b"] * 20}
    return read(columns, "y")


def test_classes_have_their_share_in_every_part(data):
    seen, unseen = untouched(data, None, 0)
    assert len(unseen) == 12 and sorted([*seen, *unseen]) == list(range(60))
    assert (data.y[unseen] == 0).sum() == 4
    for train, out in folds(data, 4, 0):
        assert not set(train) & set(out) and (data.y[out] == 0).sum() == 5


def test_groups_stay_together(data):
    grouped = replace(data, groups=np.repeat(np.arange(12), 5))
    for seen, unseen in [untouched(grouped, None, 0), *folds(grouped, 3, 0)]:
        assert not set(grouped.groups[seen]) & set(grouped.groups[unseen])
    with pytest.raises(ValueError, match="3 folds need 3 groups, and the search sees 2; choose fewer folds"):
        folds(replace(data, groups=np.arange(60) % 2), 3, 0)
    with pytest.raises(ValueError, match="all rows belong to one group"):
        untouched(replace(data, groups=np.zeros(60, int)), None, 0)


def test_the_future_predicts_no_past(data):
    timed = replace(data, order=("t", "number", "."))
    seen, unseen = untouched(timed, 40, 0)
    assert seen.max() < unseen.min()
    assert all(train.max() < out.min() for train, out in folds(timed, 4, 0))
