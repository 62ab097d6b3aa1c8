"""Stacking: a second model that is fitted to the predictions of the first.

    logit p(y = c) = b_c + Σ_i Σ_k w_cik p_ik         (of numbers: a ridge regression)

Paper: Wolpert, Stacked Generalization, Neural Networks 1992. Both models are scikit-learn's; as there, of two classes
the second probability is enough.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def stack(P: np.ndarray, y: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """A second model on the predictions of the members: (m, n, classes) -> (n, classes), or (m, n) -> (n,)."""
    from sklearn.linear_model import LogisticRegression, RidgeCV

    def columns(P: np.ndarray) -> np.ndarray:
        return P.T if P.ndim == 2 else np.concatenate([*P[..., P.shape[2] == 2 :]], 1)

    if P.ndim == 2:
        ridge = RidgeCV().fit(columns(P), y)
        return lambda P: ridge.predict(columns(P))
    if len(np.unique(y)) == 1:  # nothing to tell apart
        return lambda P: np.broadcast_to(np.eye(P.shape[2])[y[0]], P.shape[1:])
    model = LogisticRegression(max_iter=1000).fit(columns(P), y)

    def says(P: np.ndarray) -> np.ndarray:
        p = np.zeros(P.shape[1:])
        p[:, model.classes_] = model.predict_proba(columns(P))
        return p

    return says
