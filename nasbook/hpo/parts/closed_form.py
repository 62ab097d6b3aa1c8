"""PI, EI, LogEI and UCB under a belief: what they are at features Z (m, D), and the way uphill.

a(x) = a(μ(x), σ(x), f*),      ∂a/∂x = ∂a/∂μ ∂μ/∂x + ∂a/∂σ ∂σ/∂x
"""

from __future__ import annotations

from nasbook.hpo.parts.acquisition import ACQUISITIONS, SLOPES, Array
from nasbook.hpo.parts.climb import climb
from nasbook.hpo.parts.slopes import slopes
from nasbook.hpo.parts.surrogate import GaussianView


class ClosedForm:
    """One of them under the belief of a BayesianView."""

    def __init__(self, view: GaussianView, name: str = "") -> None:
        self.name, self.settings, self.features = name or view.acquisition, view.settings, view.features
        self.gp, self.best = view.believed, view.values.min()

    def __call__(self, Z: Array, U: Array) -> Array:
        return ACQUISITIONS[self.name](*self.gp.predict(Z), self.best, **self.options(self.gp.scale))

    def slope(self, Z: Array) -> tuple[Array, Array]:
        """The acquisition (m,) and its gradient (m, D), with values in standard deviations."""
        mean, std, dmean, dstd = (v / self.gp.scale for v in slopes(self.gp, Z))
        belief, options = (mean, std, self.best / self.gp.scale), self.options(1.0)
        da_dmean, da_dstd = SLOPES[self.name](*belief, **options)
        da = da_dmean[:, None] * dmean + da_dstd[:, None] * dstd
        return ACQUISITIONS[self.name](*belief, **options), da

    def climb(self, U: Array) -> Array:
        return climb(U, self.features, self.slope)

    def options(self, scale: float) -> dict[str, float]:
        return {"kappa": self.settings.kappa} if self.name == "ucb" else {"xi": self.settings.xi * scale}
