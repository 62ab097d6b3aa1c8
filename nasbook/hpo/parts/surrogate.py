"""What a method with a surrogate model shows of its belief, and what an acquisition under that belief can do.

Acquisitions and pictures are written for these, and so need no method: BayesianView is both of the views, ForestView
and PfnView are a SurrogateView.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

if TYPE_CHECKING:
    from nasbook.hpo.parts.bayesian_settings import BayesianSettings
    from nasbook.hpo.parts.features import Features
    from nasbook.hpo.parts.gp import GP
    from nasbook.kit.values import Reach
    from nasbook.space import Space


@runtime_checkable
class SurrogateView(Protocol):
    """What a method believed when it chose. Points lie in the unit cube; NaN where a parameter is inactive."""

    @property
    def space(self) -> Space: ...
    @property
    def U(self) -> np.ndarray: ...  # (n, d) trials that have a value
    @property
    def y(self) -> np.ndarray: ...  # (n,)
    @property
    def failed(self) -> np.ndarray: ...  # (m, d)
    @property
    def pending(self) -> np.ndarray: ...  # (k, d)
    @property
    def next(self) -> np.ndarray | None: ...  # (d,) the trial that was chosen
    @property
    def best(self) -> float | None: ...  # f*: the lowest value told

    def predict(self, U: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean (m,) and standard deviation (m,) at points (m, d), in the units of the value."""

    def acquire(self, U: np.ndarray) -> np.ndarray:
        """The acquisition at points (m, d): (m,), larger is better."""


class GaussianView(SurrogateView, Protocol):
    """One whose surrogate is a Gaussian process on features Z (m, D) of the points."""

    @property
    def settings(self) -> BayesianSettings: ...
    @property
    def acquisition(self) -> str: ...
    @property
    def draw(self) -> int: ...  # seed of the function that Thompson sampling draws
    @property
    def seconds(self) -> np.ndarray | None: ...  # (n,) what the trials cost; NaN where that was not told
    @property
    def values(self) -> np.ndarray: ...  # (n,) what the process learns from
    @property
    def reach(self) -> Reach: ...
    @property
    def features(self) -> Features: ...
    @property
    def believed(self) -> GP: ...  # ValueError while there is no belief

    def see(self, U: np.ndarray) -> np.ndarray:
        """Features (m, D) of points (m, d)."""


class Acquisition(Protocol):
    """What points promise under a belief, and the way uphill: None where the acquisition has no slope."""

    @property
    def climb(self) -> Callable[[np.ndarray], np.ndarray] | None: ...

    def __call__(self, Z: np.ndarray, U: np.ndarray) -> np.ndarray:
        """The acquisition (m,) at points U (m, d) with features Z (m, D)."""
