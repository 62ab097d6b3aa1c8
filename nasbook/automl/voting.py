"""Probabilities from any classifier, so that all can vote.

This file stands alone on NumPy and scikit-learn, because an ensemble that is written as source carries it along.
"""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone


def probabilities(model: BaseEstimator, x: np.ndarray) -> np.ndarray:
    """(n, classes) of a fitted classifier. A support vector machine tells distances d from its boundaries, of which
    softmax(d) makes numbers between 0 and 1."""
    if hasattr(model, "predict_proba"):
        return np.asarray(model.predict_proba(x))
    d = model.decision_function(x)
    d = np.stack([-d, d], 1) / 2 if d.ndim == 1 else d
    p = np.exp(d - d.max(1, keepdims=True))
    return np.asarray(p / p.sum(1, keepdims=True))


class Voter(ClassifierMixin, BaseEstimator):
    """A classifier that votes by `probabilities`, although it has none of its own."""

    def __init__(self, model: BaseEstimator) -> None:
        self.model = model

    def fit(self, x: np.ndarray, y: np.ndarray) -> "Voter":
        self.model_ = clone(self.model).fit(x, y)
        self.classes_ = self.model_.classes_
        return self

    def predict_proba(self, x: np.ndarray) -> np.ndarray:
        return probabilities(self.model_, x)

    def predict(self, x: np.ndarray) -> np.ndarray:
        return self.classes_[self.predict_proba(x).argmax(1)]
