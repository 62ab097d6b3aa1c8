"""Real trainings on a real table: breast cancer, 569 tumours with 30 measurements each, benign or malignant.

    task = CancerSVM(folds=5)
    task.evaluate(config, seed=0).value      # 1 − mean accuracy over the folds
    task.test(config, seed=0)                # error on tumours that no search has seen

The value of a configuration is cross-validated: each fold is predicted by a model that was trained, scaling included,
on the other folds. The folds are the same in every trial, so that configurations are compared on equal terms. A fifth
of the tumours is kept away from all folds: whoever tries a hundred configurations and reports the best cross-validated
error reports a number that is too good.

The models are scikit-learn's, and so is the data: Wolberg, Street & Mangasarian 1995, UCI Machine Learning Repository.
"""

from __future__ import annotations

import math

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import StratifiedKFold, train_test_split
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from nasbook.space import Choice, Config, Float, Int, Space
from nasbook.task import Evaluation, Fidelity, Report, Task
from nasbook.tasks import bundled


class Cancer(Task):
    """A model of the breast cancer data. A subclass gives `space` and `model`.

    folds: how many parts the cross-validation has; also the highest fidelity, because a trial that looks poor after two
    folds need not see the others. Raises ValueError for fewer than 2 or more than 100 folds.
    """

    value_label = "cross-validated error"
    limits = {
        **dict.fromkeys(("C", "gamma", "learning_rate"), (0, math.inf)),
        **dict.fromkeys(("max_iter", "min_samples_leaf"), (1, math.inf)),
        "degree": (0, math.inf),
        "max_leaf_nodes": (2, math.inf),
        "l2_regularization": (0, math.inf),
        "max_features": (1e-6, 1),
    }

    def __init__(self, folds: int = 5) -> None:
        if isinstance(folds, bool) or not isinstance(folds, int | np.integer) or not 2 <= folds <= 100:
            raise ValueError(f"{self.name}: folds must be a whole number from 2 to 100, not {folds!r}")
        self.folds = int(folds)
        self.arguments = {} if folds == 5 else {"folds": self.folds}
        self.fidelity = Fidelity("fold", 1, self.folds)
        x, y = bundled.breast_cancer()
        self.x, self.x_test, self.y, self.y_test = train_test_split(x, y, test_size=0.2, stratify=y, random_state=0)
        self.splits = list(StratifiedKFold(self.folds, shuffle=True, random_state=0).split(self.x, self.y))

    def model(self, config: Config, seed: int) -> ClassifierMixin:
        """The classifier of a configuration, not trained."""
        raise NotImplementedError

    def pipeline(self, config: Config, seed: int) -> Pipeline:
        """Standardisation and classifier as one model, so that a fold that is predicted does not shape the scaling."""
        return make_pipeline(StandardScaler(), self.model(config, seed))

    def evaluate(
        self, config: Config, *, fidelity: float | None = None, seed: int = 0, report: Report | None = None, **_: object
    ) -> Evaluation:
        """Mean error over the first `fidelity` folds (default: all); reports the mean so far after each fold."""
        folds = self.folds if fidelity is None else min(self.folds, max(1, round(fidelity)))
        errors, train_errors, curve = [], [], []
        with threadpool_limits(1):
            for train, held_out in self.splits[:folds]:
                model = self.pipeline(config, seed).fit(self.x[train], self.y[train])
                errors.append(1 - model.score(self.x[held_out], self.y[held_out]))
                train_errors.append(1 - model.score(self.x[train], self.y[train]))
                curve.append((len(errors), float(np.mean(errors))))
                if report is not None:
                    report(*curve[-1])
        metrics = {"std": np.std(errors), "train_error": np.mean(train_errors), "folds": folds}
        return Evaluation(curve[-1][1], metrics=metrics, curve=curve)

    def test(self, config: Config, *, seed: int = 0) -> float:
        """Train on everything that the folds hold and return the error on the tumours kept away."""
        with threadpool_limits(1):
            model = self.pipeline(self.space.validate(config), seed).fit(self.x, self.y)
            return 1 - float(model.score(self.x_test, self.y_test))


class CancerSVM(Cancer):
    """A support vector machine. gamma is the kernel's inverse squared width, or the factor before its inner product."""

    name = "cancer-svm"
    space = Space(
        kernel=Choice(["linear", "rbf", "poly", "sigmoid"]),
        C=Float(1e-3, 1e3, log=True),
        gamma=Float(1e-5, 1e1, log=True, when={"kernel": ["rbf", "poly", "sigmoid"]}),
        degree=Int(2, 5, when={"kernel": "poly"}),
    )

    def model(self, config: Config, seed: int) -> SVC:
        return SVC(**config)


class CancerBoosting(Cancer):
    """Gradient boosting of trees over binned measurements."""

    name = "cancer-boosting"
    space = Space(
        learning_rate=Float(1e-2, 1.0, log=True),
        max_iter=Int(10, 100, log=True),
        max_leaf_nodes=Int(2, 31, log=True),
        min_samples_leaf=Int(1, 64, log=True),
        l2_regularization=Float(1e-6, 1e2, log=True),
        max_features=Float(0.1, 1.0),
    )

    def model(self, config: Config, seed: int) -> HistGradientBoostingClassifier:
        return HistGradientBoostingClassifier(**config, early_stopping=False, random_state=seed % 2**32)
