"""Ensembles of a search: against scikit-learn's stacking, against arithmetic by hand, and from the files it leaves."""

import numpy as np
import pytest
from sklearn.ensemble import StackingClassifier, StackingRegressor
from sklearn.linear_model import LogisticRegression, RidgeCV

import nasbook
from nasbook.automl.build import build
from nasbook.automl.ensemble import WAYS, Ensemble, chooser, ensemble, numbers, pool, test
from nasbook.automl.evaluate import Pipelines
from nasbook.automl.predictions import Predictions, collect
from nasbook.automl.sizes import by_size
from nasbook.automl.stacking import stack
from nasbook.kit.ensemble import combine, error, greedy
from nasbook.task import trial_seed

test.__test__ = False  # a function of the module, not of pytest


@pytest.fixture(scope="module")
def searched():
    task = Pipelines("wine", rows=60)
    trace = nasbook.search("random", task, trials=8, seed=3)
    return task, trace, collect(trace, task)


def valid(task):
    """Three configurations of different models."""
    rng, found = np.random.default_rng(0), {}
    while len(found) < 3:
        config = task.space.sample(rng)
        if config["model"] in ("logistic", "knn", "bayes", "tree") or not found:
            found.setdefault(config["model"], config)
    return list(found.values())


@pytest.mark.parametrize("data", ["cancer", "wine"])
def test_stacking_is_scikit_learns(data):
    task = Pipelines(data, rows=90)
    configs = valid(task)
    members = [(f"m{i}", build(c, task.known, 0)) for i, c in enumerate(configs)]
    theirs = StackingClassifier(
        members, LogisticRegression(max_iter=1000), cv=task.splits, stack_method="predict_proba"
    ).fit(task.known.x, task.y)
    P = np.array([task.held_out(c) for c in configs], float)
    P_test = np.array([task.predict_test(c) for c in configs], float)
    ours = stack(P, task.y)(P_test)
    assert np.allclose(ours, theirs.predict_proba(task.table.x[task.unseen]), atol=2e-3)
    assert ours.sum(1) == pytest.approx(1)


def test_stacking_of_numbers_is_scikit_learns():
    task = Pipelines("diabetes", rows=90)
    rng = np.random.default_rng(0)
    configs = [task.space.sample(rng) for _ in range(3)]
    members = [(f"m{i}", build(c, task.known, 0)) for i, c in enumerate(configs)]
    theirs = StackingRegressor(members, RidgeCV(), cv=task.splits).fit(task.known.x, task.y)
    P, P_test = (np.array([f(c) for c in configs], float) for f in (task.held_out, task.predict_test))
    assert np.allclose(stack(P, task.y)(P_test), theirs.predict(task.table.x[task.unseen]), rtol=1e-3)


def test_one_class_is_no_reason_to_fail():
    P = np.full((2, 5, 3), 1 / 3)
    assert np.array_equal(stack(P, np.full(5, 2))(P), np.eye(3)[np.full(5, 2)])
    two = stack(np.random.default_rng(0).dirichlet(np.ones(3), (2, 40)), np.arange(40) % 2)(P)  # a class never seen
    assert two.shape == (5, 3) and (two[:, 2] == 0).all()


@pytest.mark.parametrize("way", WAYS)
def test_three_numbers_are_what_they_say(searched, way):
    task, trace, kept = searched
    own, nested, untouched = numbers(trace, kept, task, way, size=5)
    found = ensemble(kept, task, way, size=5)
    ids, P, y, fold = pool(kept)
    assert own == task.loss(y, found.predict(P))
    by_id = {t.id: t.config for t in trace.trials}
    P_test = np.array([task.predict_test(by_id[i], _seed(trace, i)) for i in ids])
    assert untouched == pytest.approx(task.loss(task.y_test, found.predict(P_test)))
    by_hand = 0.0
    for f in np.unique(fold):
        some = chooser(way, task.loss, 5)(P[:, fold != f], y[fold != f])
        by_hand += (fold == f).mean() * task.loss(y[fold == f], combine(some, P[:, fold == f]))
    assert nested == pytest.approx(by_hand)
    if way == "best":
        assert own == trace.best.value and len(found.weights) == 1
        assert untouched == task.test(trace.best.config, seed=_seed(trace, trace.best.id))
    elif way != "stacked":
        assert sum(found.weights.values()) == pytest.approx(1)
        assert list(found.weights.values()) == sorted(found.weights.values(), reverse=True)


def _seed(trace, i):
    return trial_seed(trace.header.seed, i)


def test_by_size_is_greedy_at_every_size(searched):
    task, trace, kept = searched
    ids, P, y, fold = pool(kept)
    P_test = np.array([task.predict_test(trace.trials[i].config, _seed(trace, i)) for i in ids])
    made = by_size(P, y, fold, P_test, task.y_test, error, 4)
    found = greedy(P, y, error, 4)
    assert made.order == found.order and np.allclose(made.own, found.losses)
    for k in (1, 4):
        w = np.bincount(found.order[:k], minlength=len(ids)) / k
        assert made.test[k - 1] == pytest.approx(error(combine(w, P_test), task.y_test))
    nested = 0.0
    for f in np.unique(fold):
        w = np.bincount(greedy(P[:, fold != f], y[fold != f], error, 3, True).order, minlength=len(ids)) / 3
        nested += (fold == f).mean() * error(combine(w, P[:, fold == f]), y[fold == f])
    assert made.nested[2] == pytest.approx(nested)


def test_from_the_files_of_a_search_that_was_killed(tmp_path, searched):
    """Search with a file, kept predictions beside it, everything read back: the same ensemble; a trial without
    predictions is left out, and none at all is said."""
    task, trace, kept = searched
    path = trace.save(tmp_path / "trace.jsonl")
    kept.save(path)
    again = collect(nasbook.Trace.load(path), Pipelines("wine", rows=60), path)
    first, second = ensemble(kept, task, size=6), ensemble(again, task, size=6)
    assert first.weights == second.weights and np.array_equal(first.says, second.says)
    some = dict(kept.of)
    some[0] = np.full_like(some[0], np.nan)
    assert 0 not in ensemble(Predictions(some, kept.y, kept.fold), task).ids
    with pytest.raises(ValueError, match="needs a trial with predictions"):
        ensemble(Predictions({}, kept.y, kept.fold), task)
    with pytest.raises(ValueError, match="way must be one of"):
        ensemble(kept, task, "vote")
    assert isinstance(first, Ensemble)
