"""Expected improvement for each second that a trial is expected to take: cheap trials are made first.

    a(x) = EI(x) / c(x),      ln c ~ GP, from what the trials so far have cost

Trials whose cost was not told are left out; while none was, c = 1.

Paper: Snoek, Larochelle & Adams, Practical Bayesian Optimization of Machine Learning Algorithms, 2012, section 3.2.
"""

from __future__ import annotations

import numpy as np

from nasbook.hpo.parts.closed_form import ClosedForm
from nasbook.hpo.parts.gp import GP
from nasbook.hpo.parts.slopes import slopes
from nasbook.hpo.parts.surrogate import GaussianView

SHORTEST = 1e-3  # seconds: differences between shorter trials are the noise of a timer


class PerSecond(ClosedForm):
    """EI / c under the belief of a BayesianView."""

    def __init__(self, view: GaussianView) -> None:
        super().__init__(view, "ei")
        self.clock = clock(view)

    def __call__(self, Z: np.ndarray, U: np.ndarray) -> np.ndarray:
        return super().__call__(Z, U) / self.seconds(Z)[0]

    def slope(self, Z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(a/c)' = (a' - a (ln c)') / c"""
        (a, da), (c, dln_c) = super().slope(Z), self.seconds(Z)
        return a / c, (da - a[:, None] * dln_c) / c[:, None]

    def seconds(self, Z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Expected seconds (m,), the median of that belief, and the gradient (m, D) of their logarithm."""
        if self.clock is None:
            return np.ones(len(Z)), np.zeros(Z.shape)
        ln_seconds, _, slope, _ = slopes(self.clock, Z)
        return np.exp(ln_seconds), slope


def clock(view: GaussianView) -> GP | None:
    """The belief about the logarithm of the seconds that a trial takes."""
    told = np.array([] if view.seconds is None else view.seconds, float)
    known = np.flatnonzero(np.isfinite(told))
    if not len(known):
        return None
    gp = GP(view.settings.kernel, groups=view.features.groups)
    return gp.fit(view.see(view.U[known]), np.log(np.maximum(told[known], SHORTEST)))
