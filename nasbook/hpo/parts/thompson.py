"""Thompson sampling: one function f̃ is drawn from the belief, and its lowest point is tried next; a(x) = -f̃(x).

Paper: Thompson, On the Likelihood that One Unknown Probability Exceeds Another, 1933.
"""

from __future__ import annotations

import numpy as np

from nasbook.hpo.parts.draws import path
from nasbook.hpo.parts.surrogate import GaussianView


class Thompson:
    """-f̃ under the belief of a BayesianView; the same view always draws the same function."""

    climb = None

    def __init__(self, view: GaussianView) -> None:
        self.drawn = path(view.believed, np.random.default_rng(view.draw))

    def __call__(self, Z: np.ndarray, U: np.ndarray) -> np.ndarray:
        return -self.drawn(Z)
