"""πBO: an acquisition weighed by where you believe that the best configuration lies, and how the search forgets it.

    next  x = argmax a(x) π(x)^(β/n),      n: trials so far,  π: your belief (prior.py)

The first trials are drawn from π. Afterwards its exponent falls as 1/n, so results overrule it: a wrong belief costs
trials, not the search. An acquisition that may be negative counts as what it leaves below f*: UCB and Thompson sampling
as max(f* - bound, 0), as in SMAC3. LogEI is a logarithm already.

Paper: Hvarfner et al., πBO: Augmenting Acquisition Functions with User Beliefs for Bayesian Optimization, 2022. There β
is a tenth of the number of trials; here it is a setting, 10. Read first: `weighted`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nasbook.hpo.parts.climb import climb
from nasbook.hpo.parts.prior import FLOOR, Prior
from nasbook.hpo.parts.surrogate import GaussianView


def weighted(
    a: np.ndarray, da: np.ndarray, w: np.ndarray, dw: np.ndarray, acquisition: str, best: float
) -> tuple[np.ndarray, np.ndarray]:
    """An acquisition a (m,) and its gradient (m, D), times e^w, with w = (β/n) ln π and its gradient."""
    if acquisition == "log_ei":
        return a + w, da + dw
    if acquisition in ("ucb", "thompson"):
        a, da = np.maximum(a + best, 0), da * (a + best > 0)[:, None]
    factor = np.exp(w)
    return a * factor, (da + a[:, None] * dw) * factor[:, None]


class Weighted:
    """Another acquisition, times π^(β/n) of a BayesianView; n counts all trials so far, those in flight too."""

    def __init__(self, view: GaussianView, acquisition: Any) -> None:
        self.acquisition, self.view = acquisition, view
        self.prior = Prior(view.space, view.settings.prior or {})
        self.fading = view.settings.beta / max(1, len(view.y) + len(view.failed) + len(view.pending))
        self.climb = self._climb if acquisition.climb else None

    def __call__(self, Z: np.ndarray, U: np.ndarray) -> np.ndarray:
        w, none = self.fading * self.prior.log(U), np.zeros_like(Z)
        return weighted(self.acquisition(Z, U), none, w, none, self.view.acquisition, self.view.values.min())[0]

    def slope(self, Z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        (a, da), (w, dw), best = self.acquisition.slope(Z), self._log(Z), self.view.values.min()
        return weighted(
            a, da, self.fading * w, self.fading * dw, self.view.acquisition, best / self.view.believed.scale
        )

    def _log(self, Z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """ln π (m,) and its gradient (m, D) at features Z (m, D), where what does not exist counts as if it did."""
        features = self.view.features
        U, dw = np.full((len(Z), features.space.d), np.nan), np.zeros(Z.shape)
        U[:, features.numbers] = Z[:, features.columns]
        for k in np.flatnonzero(features.one_hot):
            columns = Z[:, features.groups == k]
            U[:, k] = np.where(columns.any(1), (columns.argmax(1) + 0.5) / columns.shape[1], np.nan)
        w = self.prior.log(U)
        for j, (c, width) in self.prior.numbers.items():
            dw[:, features.groups == j] = (-((U[:, j] - c) / width) / width * (w > FLOOR))[:, None]
        return w, dw

    def _climb(self, U: np.ndarray) -> np.ndarray:
        return climb(U, self.view.features, self.slope)

    def trust(self, U: np.ndarray) -> np.ndarray:
        """π^(β/n), what is left of the prior, at points U (m, d): (m,)."""
        return np.exp(self.fading * self.prior.log(self.view.space.snap(U)))
