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


def test_a_file_of_another_search_is_not_used_though_its_rows_are_the_same(searched):
    trace, task, out = searched
    another = nasbook.search("random", task, trials=6, seed=2)
    collect(another, task).save(out)
    found = collect(trace, task, out)
    assert all(task.loss(found.y, found.of[t.id]) == t.value for t in trace.trials)


def test_a_file_that_does_not_say_what_made_it_is_still_read(searched):
    trace, task, out = searched
    kept = collect(trace, task)
    with open(beside(out), "wb") as file:  # as versions before wrote it
        np.savez_compressed(file, y=kept.y, fold=kept.fold, **{str(i): p for i, p in kept.of.items()})
    assert Predictions.load(out).made == {}
    task.kept.clear()
    task.evaluate = None  # nothing is computed
    try:
        assert all(np.array_equal(collect(trace, task, out).of[i], p) for i, p in kept.of.items())
    finally:
        del task.evaluate


def test_a_damaged_file_is_a_warning_and_what_it_held_is_computed_again(searched, recwarn):
    trace, task, out = searched
    kept = collect(trace, task)
    good = kept.save(out).read_bytes()
    rng = np.random.default_rng(0)
    flipped = [bytes([*good[:i], good[i] ^ 0xFF, *good[i + 1 :]]) for i in rng.integers(0, len(good), 60)]
    for content in (b"", good[: len(good) // 2], *flipped):
        beside(out).write_bytes(content)
        found = collect(trace, task, out)
        assert all(np.array_equal(found.of[i], p) for i, p in kept.of.items())
    said = {str(w.message) for w in recwarn if w.category is UserWarning}
    assert len(said) > 3
    assert [s for s in said if "\n" in s or not s.endswith("is computed again")] == []
    beside(out).unlink()
    beside(out).mkdir()
    with pytest.warns(UserWarning, match="computed again"):
        assert list(collect(trace, task, out).of) == list(kept.of)
    beside(out).rmdir()


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
