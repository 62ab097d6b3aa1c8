"""Four data sets that come with scikit-learn and are used here, read from its files: to import it costs a second."""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

Rows = tuple[np.ndarray, np.ndarray]


@lru_cache(1)
def digits() -> Rows:
    """Images (1797, 8, 8), 0 … 16, and labels 0 … 9, in scikit-learn's order."""
    table = np.loadtxt(_file("digits.csv.gz"), delimiter=",")
    return table[:, :-1].reshape(-1, 8, 8), table[:, -1].astype(int)


@lru_cache(1)
def breast_cancer() -> Rows:
    """Thirty features (569, 30) and whether the growth is benign (569,), in scikit-learn's order."""
    table = np.loadtxt(_file("breast_cancer.csv"), delimiter=",", skiprows=1)
    return table[:, :-1], table[:, -1].astype(int)


@lru_cache(1)
def wine() -> Rows:
    """Thirteen measurements (178, 13) and the cultivar 0 … 2 (178,), in scikit-learn's order."""
    table = np.loadtxt(_file("wine_data.csv"), delimiter=",", skiprows=1)
    return table[:, :-1], table[:, -1].astype(int)


@lru_cache(1)
def diabetes() -> Rows:
    """Ten measurements of patients (442, 10), not scaled, and the progression of the disease (442,), in scikit-learn's
    order."""
    return np.loadtxt(_file("diabetes_data_raw.csv.gz")), np.loadtxt(_file("diabetes_target.csv.gz"))


def _file(name: str) -> Path:
    spec = find_spec("sklearn")
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent / "datasets" / "data" / name
