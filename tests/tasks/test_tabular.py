"""The breast cancer tasks against scikit-learn's own cross-validation, and against a leak."""

import pickle

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

import nasbook
from nasbook.evaluation import evaluate
from nasbook.tasks.tabular import CancerBoosting, CancerSVM
from nasbook.trace import Trial

SVM = {"kernel": "rbf", "C": 10.0, "gamma": 0.01}
TREES = {
    "learning_rate": 0.3,
    "max_iter": 20,
    "max_leaf_nodes": 8,
    "min_samples_leaf": 5,
    "l2_regularization": 0.1,
    "max_features": 0.5,
}
CASES = [(CancerSVM, SVM), (CancerBoosting, TREES)]
IDS = ["svm", "boosting"]


@pytest.mark.parametrize("folds", [5, 3])
def test_svm_equals_scikit_learns_cross_validation(folds):
    task = CancerSVM(folds=folds)
    for config in (SVM, {"kernel": "linear", "C": 0.1}, {"kernel": "poly", "C": 1.0, "gamma": 0.1, "degree": 3}):
        cv = StratifiedKFold(folds, shuffle=True, random_state=0)
        scores = cross_val_score(make_pipeline(StandardScaler(), SVC(**config)), task.x, task.y, cv=cv)
        found = task.evaluate(config)
        assert found.value == pytest.approx(1 - scores.mean(), abs=1e-12)
        assert found.metrics["std"] == pytest.approx(scores.std(), abs=1e-12)
        assert found.curve[-1] == (folds, found.value)


def test_boosting_equals_scikit_learns_cross_validation():
    task = CancerBoosting()
    model = make_pipeline(
        StandardScaler(), HistGradientBoostingClassifier(**TREES, early_stopping=False, random_state=4)
    )
    scores = cross_val_score(model, task.x, task.y, cv=StratifiedKFold(5, shuffle=True, random_state=0))
    assert task.evaluate(TREES, seed=4).value == pytest.approx(1 - scores.mean(), abs=1e-12)


def test_the_held_out_fold_does_not_shape_the_scaling():
    """Written out: means and deviations of the training folds only. With a few huge values, a leak would show."""
    task = CancerSVM()
    task.x = task.x.copy()
    odd = task.splits[0][1][:3]
    task.x[odd] *= 1000
    errors = []
    for train, held_out in task.splits:
        mean, std = task.x[train].mean(0), task.x[train].std(0)
        model = SVC(**SVM).fit((task.x[train] - mean) / std, task.y[train])
        errors.append((model.predict((task.x[held_out] - mean) / std) != task.y[held_out]).mean())
    honest = task.evaluate(SVM)
    assert honest.value == pytest.approx(np.mean(errors), abs=1e-12)
    leaky = StandardScaler().fit_transform(task.x)
    scores = [SVC(**SVM).fit(leaky[a], task.y[a]).score(leaky[b], task.y[b]) for a, b in task.splits]
    assert abs(1 - np.mean(scores) - honest.value) > 0.01  # the two would differ


@pytest.mark.parametrize(("cls", "config"), CASES, ids=IDS)
def test_splits_are_disjoint_and_complete(cls, config):
    task = cls()
    x, _ = load_breast_cancer(return_X_y=True)
    assert task.x.shape == (455, 30) and task.x_test.shape == (114, 30)
    assert sorted(map(tuple, np.r_[task.x, task.x_test])) == sorted(map(tuple, x))
    assert task.y.mean() == pytest.approx(task.y_test.mean(), abs=0.01)  # stratified
    held_out = np.concatenate([b for _, b in task.splits])
    assert sorted(held_out) == list(range(455))
    assert all(not set(a) & set(b) and len(a) + len(b) == 455 for a, b in task.splits)


@pytest.mark.parametrize(("cls", "config"), CASES, ids=IDS)
def test_the_searcher_never_sees_the_test_tumours(cls, config):
    task, blind = cls(), cls()
    blind.x_test, blind.y_test = blind.x_test * 0, 1 - blind.y_test
    assert task.evaluate(config).value == blind.evaluate(config).value < 0.06
    assert task.test(config) < 0.08 and task.test(config) != blind.test(config)
    majority = max(task.y_test.mean(), 1 - task.y_test.mean())
    assert task.test(config) < 1 - majority  # better than always answering 'benign'


@pytest.mark.parametrize(("cls", "config"), CASES, ids=IDS)
def test_fidelity_is_the_number_of_folds(cls, config):
    task, reported = cls(), []
    full = task.evaluate(config, seed=1, report=lambda *a: reported.append(a))
    assert reported == full.curve and [f for f, _ in reported] == [1, 2, 3, 4, 5]
    two = task.evaluate(config, seed=1, fidelity=2)
    assert two.value == full.curve[1][1] and two.metrics["folds"] == 2
    assert task.evaluate(config, seed=1, fidelity=99).value == full.value
    veto = lambda trial, curve: "poor" if len(curve) == 2 else None  # noqa: E731
    trial = evaluate(task, Trial(0, config), seed=1, should_stop=veto)
    assert (trial.status, trial.reason, trial.value) == ("pruned", "poor", full.curve[1][1])


@pytest.mark.parametrize(("cls", "config"), CASES, ids=IDS)
def test_seeds_and_pickles(cls, config):
    task = cls()
    value = task.evaluate(config, seed=2**32 - 1).value
    assert pickle.loads(pickle.dumps(task)).evaluate(config, seed=2**32 - 1).value == value
    values = {task.evaluate(config, seed=s).value for s in range(6)}
    assert len(values) == 1 if cls is CancerSVM else len(values) > 1


@pytest.mark.parametrize("name", ["cancer-svm", "cancer-boosting"])
def test_random_configurations_all_run(name):
    trace = nasbook.search("random", name, trials=12, seed=3)
    assert all(t.status == "done" for t in trace.trials), [t.reason for t in trace.trials]
    assert trace.best.value < 0.06 and set(trace.best.metrics) == {"std", "train_error", "folds"}
    assert trace.values.max() > trace.best.value + 0.02  # there is something to search


def test_conditions_of_the_svm():
    space = CancerSVM.space
    assert space.validate({"kernel": "linear", "C": 1}) == {"kernel": "linear", "C": 1.0}
    with pytest.raises(ValueError, match="gamma exists only when kernel in"):
        space.validate({"kernel": "linear", "C": 1, "gamma": 0.1})
    with pytest.raises(ValueError, match="degree exists only when kernel in"):
        space.validate({"kernel": "rbf", "C": 1, "gamma": 0.1, "degree": 3})


@pytest.mark.parametrize("folds", [1, 101, 2.5, True, "5"])
def test_bad_folds_are_one_sentence(folds):
    with pytest.raises(ValueError, match="cancer-svm: folds must be a whole number from 2 to 100, not "):
        CancerSVM(folds=folds)


def test_arguments_make_it_again():
    assert CancerSVM().arguments == {} and CancerSVM(folds=3).arguments == {"folds": 3}
    assert nasbook.task("cancer-svm", folds=3).fidelity.max == 3
