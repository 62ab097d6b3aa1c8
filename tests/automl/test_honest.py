"""Three numbers, against what they are by definition."""

import numpy as np
import pytest

import nasbook
from nasbook.automl import honest
from nasbook.automl.ensemble import promised
from nasbook.automl.evaluate import Pipelines
from nasbook.automl.predictions import Predictions, collect
from nasbook.statistics.honest import nested as fold_by_fold
from nasbook.task import trial_seed


def error(y, p):
    return float(np.mean(p.argmax(1) != y))


def pool(trials=200, rows=60, seed=0):
    """Trials that guess: whatever their loss is, the truth is one half."""
    rng = np.random.default_rng(seed)
    p = rng.random((trials, rows, 1))
    y = rng.integers(0, 2, rows)
    return Predictions({i: np.concatenate([q, 1 - q], 1) for i, q in enumerate(p)}, y, np.arange(rows) % 5)


def test_the_least_of_many_guesses_looks_good_and_nested_does_not():
    found = [promised(pool(seed=s), error, "best") for s in range(20)]
    naive, nested = np.mean(found, 0)
    assert naive < 0.4  # the least of 200 draws of a binomial
    assert abs(nested - 0.5) < 0.05


def test_nested_is_fold_by_fold_what_it_says():
    kept = pool(trials=5)
    wrong = 0
    for fold in range(5):
        inside, outside = kept.fold != fold, kept.fold == fold
        best = min(kept.of, key=lambda i: error(kept.y[inside], kept.of[i][inside]))
        wrong += np.sum(kept.of[best][outside].argmax(1) != kept.y[outside])
    assert promised(kept, error, "best")[1] == wrong / 60


def test_in_time_only_earlier_folds_choose():
    kept = pool(trials=5)
    wrong = rows = 0
    for fold in range(1, 5):
        past, now = kept.fold < fold, kept.fold == fold
        best = min(kept.of, key=lambda i: error(kept.y[past], kept.of[i][past]))
        wrong += np.sum(kept.of[best][now].argmax(1) != kept.y[now])
        rows += now.sum()
    assert promised(kept, error, "best", forward=True)[1] == wrong / rows
    last = kept.fold == 4  # what the future holds changes nothing of how the past is judged
    three_of_four = {i: np.where(last[:, None], p[:, ::-1], p) for i, p in kept.of.items()}
    for way in ("best", "greedy", "bagged", "stacked"):
        told = [
            promised(
                Predictions({i: p[~last] for i, p in of.items()}, kept.y[~last], kept.fold[~last]),
                error,
                way,
                forward=True,
            )[1]
            for of in (kept.of, three_of_four)
        ]
        assert told[0] == told[1]
    errors = np.array([[0.1, 0.9, 0.9], [0.2, 0.1, 0.8], [0.3, 0.3, 0.1]])
    assert fold_by_fold(errors, forward=True)[1] == pytest.approx((0.9 + 0.8) / 2)  # chosen: the first, the second


def test_a_search_in_time_order_says_the_forward_number():
    when = np.arange(80)
    x = np.random.default_rng(0).normal(size=80)
    data = {"x": x, "t": when, "y": np.where(x + (when > 40) > 0.5, "a", "b")}
    task = Pipelines(data, target="y", time="t", loss="error", models=["naive-bayes", "knn"])
    trace = nasbook.search("random", task, trials=5, seed=0)
    kept = collect(trace, task)
    found = honest.three(trace, task, kept=kept)
    assert found.nested == promised(kept, task.loss, "best", forward=True)[1]
    assert found.nested != promised(kept, task.loss, "best")[1]


def test_rows_that_no_fold_holds_out_do_not_count():
    kept = pool(trials=3)
    fold = kept.fold.copy()
    fold[:10] = -1
    of = {i: np.where((fold < 0)[:, None], np.nan, p) for i, p in kept.of.items()}
    cut = Predictions({i: p[10:] for i, p in kept.of.items()}, kept.y[10:], fold[10:])
    with_gaps = Predictions(of, kept.y, fold)
    assert promised(with_gaps, error, "best") == promised(cut, error, "best")


def test_the_three_numbers_of_a_search():
    task = Pipelines("wine", rows=60, models=["naive-bayes", "logistic"])
    trace = nasbook.search("random", task, trials=6, seed=0)
    found = honest.three(trace, task)
    assert found.search == trace.best.value
    assert found.test == task.test(trace.best.config, seed=trial_seed(0, trace.best.id))
    all_alike = honest.three(trace, task, "mean")
    p = [task.predict_test(t.config, trial_seed(0, t.id)) for t in trace.trials]
    assert all_alike.test == task.loss(task.y_test, np.mean(p, 0))
    assert str(found).splitlines()[2] == f"untouched test                   {100 * found.test:.2f} %"


def test_nested_searches_anew_without_the_rows_that_score():
    task = Pipelines("wine", rows=60, models=["naive-bayes"])
    inner = task.within(2)
    assert set(inner.unseen) == set(task.seen[task.splits[2][1]]) and not set(inner.seen) & set(inner.unseen)
    found = honest.nested("random", task, trials=2)
    wrong = 0
    for fold in range(5):
        part = task.within(fold)
        best = nasbook.search("random", part, trials=2).best
        wrong += part.test(best.config) * len(part.y_test)
    assert found == pytest.approx(wrong / 60)
