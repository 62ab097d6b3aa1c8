"""Fitting models of scikit-learn without a word, in one thread."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from sklearn import config_context
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]


@contextmanager
def quiet() -> Iterator[None]:
    """One thread, parameters that a space has checked already, and no word of solvers that stop early or of columns
    that are the same in one fold."""
    few = threadpool_limits(1), config_context(skip_parameter_validation=True)
    with few[0], few[1], warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield
