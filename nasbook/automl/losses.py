"""What is minimised, of predictions: (n, classes) probabilities, or (n,) numbers."""

from __future__ import annotations

import numpy as np

LOSSES = {"classification": ["error", "balanced error", "log loss"], "regression": ["rmse", "mae"]}


def loss_of(name: str, y: np.ndarray, p: np.ndarray) -> float:
    """One of LOSSES, of predictions p of rows y (n,)."""
    if name == "rmse":
        return float(np.sqrt(np.mean((p - y) ** 2)))
    if name == "mae":
        return float(np.mean(np.abs(p - y)))
    if name == "log loss":
        return float(-np.mean(np.log(np.clip(p[np.arange(len(y)), y], 1e-6, 1))))
    wrong = p.argmax(1) != y
    if name == "error":
        return float(np.mean(wrong))
    return float(np.mean([np.mean(wrong[y == c]) for c in np.unique(y)]))
