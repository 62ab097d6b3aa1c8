"""Out-of-fold predictions: kept beside a trace, read without a pickle, and made again where they are missing."""

from dataclasses import replace

import numpy as np
import pytest

import nasbook
from nasbook.automl.predictions import Predictions, beside, collect, seed_of
from nasbook.task import trial_seed


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    out = tmp_path_factory.mktemp("trace") / "wine.jsonl"
    task = nasbook.task("pipeline-wine", rows=60, models=["logistic", "naive-bayes", "svm"])
    return nasbook.search("random", task, trials=6, seed=1, out=out), task, out


def test_they_are_what_the_trials_were_judged_by(searched):
    trace, task, _ = searched
    kept = collect(trace, task)
    assert list(kept.of) == [t.id for t in trace.trials]
    for t in trace.trials:
        assert kept.of[t.id].shape == (60, 3) and np.allclose(kept.of[t.id].sum(1), 1, atol=1e-5)
        assert task.loss(kept.y, kept.of[t.id]) == t.value


def test_file_and_another_process_give_the_same(searched):
    trace, task, out = searched
    kept = collect(trace, task)
    assert kept.save(out) == beside(out) == out.parent / "wine.predictions.npz"
    again = nasbook.task("pipeline-wine", rows=60, models=["logistic", "naive-bayes", "svm"])
    anew = collect(nasbook.Trace.load(out), again)  # nothing remembered, no file asked for
    for found in (Predictions.load(out), anew, collect(trace, again, out)):
        assert all(np.array_equal(found.of[i], p) for i, p in kept.of.items())
        assert np.array_equal(found.fold, kept.fold) and np.array_equal(found.y, kept.y)
    assert set(np.unique(kept.fold)) == set(range(5))


def test_a_file_of_other_rows_is_not_used(searched):
    trace, task, out = searched
    collect(trace, task).save(out)
    other = nasbook.task("pipeline-wine", rows=60, split=3, models=["logistic", "naive-bayes", "svm"])
    found = collect(trace, other, out)
    assert np.array_equal(found.y, other.y) and np.isfinite(found.of[0]).all()
    assert not np.array_equal(found.of[0], collect(trace, task).of[0])


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no more", b"text", "pickle", "shape"])
def test_a_damaged_or_pickled_file_is_one_sentence(tmp_path, content):
    path = tmp_path / "a.predictions.npz"
    if content == "pickle":
        np.savez(path, y=np.array([object()]), fold=np.zeros(1))
    elif content == "shape":
        np.savez(path, **{"y": np.zeros(3), "fold": np.zeros(3), "0": np.zeros((2, 2))})
    else:
        path.write_bytes(content)
    with pytest.raises(ValueError, match=r"a\.predictions\.npz: ") as caught:
        Predictions.load(tmp_path / "a.jsonl")
    assert "\n" not in str(caught.value)


def test_a_trial_that_goes_on_has_the_seed_of_the_one_that_it_continues():
    trace = nasbook.search("random", "branin", trials=1, seed=3)
    first, on = trace.trials[0], replace(trace.trials[0], id=9, info={"continues": 0})
    assert seed_of(trace, on) == seed_of(trace, first) == trial_seed(3, 0) != trial_seed(3, 9)
