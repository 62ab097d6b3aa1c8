"""Pipelines as a task, against scikit-learn's own cross-validation, and against the leaks that it must not have."""

import numpy as np
import pytest
from sklearn.model_selection import cross_val_predict

import nasbook
from nasbook.automl.build import build
from nasbook.automl.evaluate import Pipelines
from nasbook.automl.space import usual

CONFIG = {"scale": "standard", "features": "best", "share": 0.5, "model": "logistic", "C": 0.5}


def test_out_of_fold_predictions_are_scikit_learns():
    task = Pipelines("cancer", rows=120)
    theirs = cross_val_predict(build(CONFIG, task.known), task.known.x, task.y, cv=task.splits, method="predict_proba")
    assert np.allclose(task.held_out(CONFIG), theirs, atol=1e-6)
    assert task.evaluate(CONFIG).value == np.mean(theirs.argmax(1) != task.y)


def test_the_test_rows_are_no_search_rows_and_fitting_has_not_seen_them():
    task = Pipelines("wine", rows=60)
    assert not set(task.seen) & set(task.unseen) and len(task.seen) == 60 and len(task.unseen) == 118
    before = task.held_out(CONFIG).copy(), task.fitted(CONFIG).predict(task.known.x)
    task.table.x[task.unseen] = 1e6
    task.kept.clear()
    assert np.array_equal(task.held_out(CONFIG), before[0])
    assert np.array_equal(task.fitted(CONFIG).predict(task.known.x), before[1])


def test_a_leak_makes_something_of_noise_and_honest_folds_do_not():
    config = {"scale": "none", "features": "best", "share": 0.01, "model": "logistic", "C": 1.0}
    honest, leaky = (Pipelines("noise", rows=80, leak=leak) for leak in (False, True))
    assert leaky.evaluate(config).value < 0.2
    assert 0.35 < honest.evaluate(config).value < 0.65
    assert 0.4 < leaky.test(config) < 0.6  # the test tells


@pytest.mark.parametrize("name", ["pipeline-wine", "pipeline-diabetes"])
def test_every_model_is_searched_and_repeats_itself(name):
    task = nasbook.task(name, rows=60)
    rng = np.random.default_rng(0)
    for model in task.space.parameters["model"].options:
        config = next(c for c in iter(lambda: task.space.sample(rng), None) if c["model"] == model)
        value = task.evaluate(config, fidelity=1, seed=3).value
        assert np.isfinite(value) and task.evaluate(config, fidelity=1, seed=3).value == value
        assert task.test(config, seed=3) == task.loss(task.y_test, task.predict_test(config, 3))


def test_folds_are_the_fidelity():
    task, told = Pipelines("wine", rows=60), []
    found = task.evaluate(CONFIG, fidelity=2, report=lambda *pair: told.append(pair))
    assert [f for f, _ in told] == [1, 2] == [f for f, _ in found.curve] and found.metrics["folds"] == 2
    trace = nasbook.search("successive-halving", task, trials=4, seed=0)
    assert {t.fidelity for t in trace.trials} <= {1, 2, 3, 4, 5, None} and trace.best.value < 0.5


def table(n=60, **more):
    rng = np.random.default_rng(0)
    y = np.where(rng.random(n) < 0.5, "yes", "no")
    return {"a": rng.normal(size=n) + (y == "yes"), "y": y, **more}


def test_groups_stay_together_everywhere():
    groups = np.repeat(np.arange(20), 3)
    task = Pipelines(table(g=[f"patient {i}" for i in groups]), target="y", group="g")
    assert not set(groups[task.seen]) & set(groups[task.unseen])
    for train, out in task.splits:
        assert not set(task.known.groups[train]) & set(task.known.groups[out])
    with pytest.raises(ValueError, match="5 folds need 5 groups, and the search sees"):
        Pipelines(table(g=np.repeat([1, 2, 3], 20)), target="y", group="g")


def test_a_group_that_does_not_fit_does_not_end_the_choice():
    sizes = [300, *[10] * 20]  # the large one alone is more than what is wanted
    groups = np.repeat(np.arange(21), sizes)
    for split in range(10):
        data = table(len(groups), g=[str(g) for g in groups])
        task = Pipelines(data, target="y", group="g", rows=160, split=split)
        assert len(task.seen) == 160 and not set(groups[task.seen]) & set(groups[task.unseen])
    for split in range(10):  # and one that is nearly all: the nearest number is the best that can be done
        task = Pipelines(data, target="y", group="g", split=split)
        assert len(task.seen) == 400 and len(np.unique(task.known.groups)) == 11
    with pytest.raises(ValueError, match="all rows belong to one group"):
        Pipelines(table(g=["a"] * 60), target="y", group="g")


def test_groups_of_one_class_each_leave_the_search_all_classes():
    y = np.repeat(["a", "b", "c"], [100, 40, 10])
    g = np.repeat(np.arange(15), 10)  # the only group of c must be seen
    for split in range(10):
        task = Pipelines({"x": np.arange(150), "g": [f"g{i}" for i in g], "y": y}, target="y", group="g", split=split)
        assert set(task.known.labels) == {"a", "b", "c"} and len(task.seen) == 120


def test_no_choice_of_the_task_looks_at_the_untouched_rows():
    """The last fifth, in time, has other shares of the classes and holes that the first rows have not."""
    y = np.array([*["a", "b"] * 40, *["b"] * 3, *["a"] * 17])
    x = np.arange(100.0)
    x[90:] = np.nan
    even = {"x": x, "z": np.arange(100) % 7, "t": np.arange(100), "y": y}
    task = Pipelines(even, target="y", time="t")
    assert task.loss_name == "error" and not {"balanced", "missing"} & set(task.space.parameters)
    skewed = {**even, "y": np.array([*["a", "a", "a", "a", "b"] * 16, *["b"] * 20])}  # together 64 to 36
    task = Pipelines(skewed, target="y", time="t")
    assert task.loss_name == "balanced error" and "balanced" in task.space.parameters
    assert np.isfinite(task.test(usual(task.space)[0]))


def test_the_past_predicts_the_future():
    when = np.random.default_rng(1).permutation(60)
    task = Pipelines(table(t=[f"2026-01-{1 + d // 24:02d} {d % 24:02d}:00" for d in when]), target="y", time="t")
    assert np.array_equal(task.seen, np.arange(48)) and all(train.max() < out.min() for train, out in task.splits)
    held = task.held_out({"scale": "none", "features": "all", "model": "naive-bayes"})
    assert np.isnan(held[task.fold == -1]).all() and np.isfinite(held[task.fold >= 0]).all()
    assert np.array_equal(task.table.labels, table()["y"][np.argsort(when)])


def test_uneven_classes_are_judged_class_by_class():
    y = np.array(["rare"] * 10 + ["usual"] * 90)
    task = Pipelines({"a": np.random.default_rng(0).normal(size=100), "y": y}, target="y")
    assert task.loss_name == "balanced error" and "balanced" in task.space.parameters
    usual = np.stack([np.zeros(100), np.ones(100)], 1)
    assert task.loss((y == "usual").astype(int), usual) == 0.5


def test_large_numbers_are_told_apart_and_whole_ones_are_encoded_as_numbers():
    y = 1.7e9 + np.arange(60)  # float32 would round these to 128
    task = Pipelines({"a": np.arange(60), "c": [*"abc"] * 20, "y": y}, target="y", kind="regression")
    config = {"categories": "target", "scale": "standard", "features": "all", "model": "ridge", "C": 1000.0}
    assert task.evaluate(config).value < 0.1 and task.test(config) < 0.1
    assert task.fitted(config)[:-1].transform(task.known.x).shape == (48, 2)


def test_predictions_that_are_not_numbers_are_a_failure_and_not_a_guess():
    far = np.where(np.arange(60) % 2, 1e200, -1e200)
    task = Pipelines(table(far=far), target="y", models=["naive-bayes"])
    config = {"scale": "none", "features": "all", "model": "naive-bayes"}
    trial = nasbook.search("random", task, trials=1, first=[config]).trials[0]
    assert trial.status == "failed" and "not finite in all rows" in trial.reason


def test_a_table_in_memory_is_named_by_its_content_in_a_trace():
    task = nasbook.task("pipeline", data=table(), target="y")
    trace = nasbook.search("random", task, trials=1)
    assert trace.header.arguments["data"].startswith("a table of 60 rows, ")
    other = nasbook.task("pipeline", data=table(61), target="y")
    assert other.arguments["data"] != trace.header.arguments["data"]


@pytest.mark.parametrize("name", ["cancer", "diabetes"])
def test_what_is_tried_first_is_of_the_space_and_quick_models_come_first(name):
    task = Pipelines(name)
    first = usual(task.space)
    assert [c["model"] for c in first] == ["ridge" if name == "diabetes" else "logistic", "forest", "boosting"]
    assert all(task.space.validate(c) == c for c in first)
    assert usual(Pipelines(name, models=["knn", "tree"]).space) == []
