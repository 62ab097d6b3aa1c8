"""BOHB: Hyperband whose new configurations come from two densities, of good and of bad trials.

    with probability ρ = 1/3, and as long as too little is known: a random configuration
    else, at the largest fidelity with n ≥ N_min + 2 results, N_min = d + 1:
      l(u): KDE of the best  N_l = max(N_min, ⌊15 % of n⌋)       g(u): KDE of the worst  N_g = max(N_min, n - N_l)
      64 draws from l with its bandwidths × 3; the one with the largest l(u) / g(u) is next

    KDE(u) = 1/n Σ_i Π_j k_j(u_j, u_ij)      h_j = 1.06 σ_j n^(-1/(4+d)), at least 10⁻³     (normal reference rule)
    number   k = N(u_j; u_ij, h_j²)
    option   k = 1 - h_j for the same option, else h_j / (options - 1)                    (Aitchison & Aitken)

One KDE for all parameters together, so that what matters jointly is seen jointly. A parameter that is inactive in a
trial takes its value from another trial of the same density, at random, as in HpBandSter, the authors' program. Failed
trials count as the worst. The KDEs are those of that program, not parzen.py's, whose bandwidths follow other rules.
In few dimensions N_min is small, and where values have no noise the good points soon crowd together and the bandwidths
with them: the search then creeps, and only the random third looks elsewhere.

Paper: Falkner, Klein & Hutter, BOHB: Robust and Efficient Hyperparameter Optimization at Scale, ICML 2018. Read first:
`sample`. Left out: its transfer of models to lower fidelities before d + 3 results are in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from nasbook.hpo.hyperband import Hyperband, HyperbandSettings
from nasbook.hpo.successive_halving import HalvingView
from nasbook.kit.checks import setting, whole, within
from nasbook.space import Choice, Config, Space
from nasbook.trace import Trial
from nasbook.trial import Info

Array = np.ndarray


@dataclass(frozen=True)
class BOHBSettings(HyperbandSettings):
    top: float = setting(0.15, "Share of the trials that count as good.")
    samples: int = setting(64, "Draws from the good density, of which one is tried.")
    random: float = setting(1 / 3, "Share of configurations that are random (ρ).")
    bandwidth_factor: float = setting(3.0, "The draws are made with bandwidths wider by this factor.")
    min_bandwidth: float = setting(1e-3, "No bandwidth is smaller than this.")

    def __post_init__(self) -> None:
        super().__post_init__()
        within("top", self.top, 0, 1, above=True)
        whole("samples", self.samples, 1)
        within("random", self.random, 0, 1)
        within("bandwidth_factor", self.bandwidth_factor, 0, above=True)
        within("min_bandwidth", self.min_bandwidth, 0, above=True)


class KDE:
    """A kernel density on the unit cube from points U (n, d); `options` (d,) counts the options, 0 for a number."""

    def __init__(self, U: Array, options: Array, least: float = 1e-3) -> None:
        self.U, self.options = U, options
        n, d = U.shape
        codes = np.where(options > 0, np.floor(U * options), U)  # spread of an option is that of its number
        self.h = np.maximum(1.06 * codes.std(axis=0) * n ** (-1 / (4 + d)), least)
        self.h = np.where(options > 0, np.minimum(self.h, 1 - 1 / np.maximum(options, 1)), self.h)

    def log_pdf(self, u: Array) -> Array:
        """ln of the density at points (m, d): (m,)."""
        product = np.ones((len(u), len(self.U)))
        for j, (h, K) in enumerate(zip(self.h, self.options, strict=True)):
            a, b = u[:, None, j], self.U[None, :, j]
            if K:
                product *= np.where(np.floor(a * K) == np.floor(b * K), 1 - h, h / max(K - 1, 1))
            else:
                product *= np.exp(-(((a - b) / h) ** 2) / 2) / (np.sqrt(2 * np.pi) * h)
        return np.log(np.maximum(product.mean(axis=1), 1e-32))

    def sample(self, m: int, factor: float, rng: np.random.Generator) -> Array:
        """m points (m, d), each near one of U, with bandwidths wider by `factor`; all in [0, 1]."""
        u = self.U[rng.integers(len(self.U), size=m)]
        for j, (h, K) in enumerate(zip(self.h, self.options, strict=True)):
            if K:
                other = (rng.integers(K, size=m) + 0.5) / K
                u[:, j] = np.where(rng.random(m) < h, other, u[:, j])
            else:
                mu, sigma = u[:, j], factor * h
                from scipy.stats import truncnorm  # dear

                u[:, j] = truncnorm.rvs(-mu / sigma, (1 - mu) / sigma, mu, sigma, random_state=rng)
        return u


@dataclass(frozen=True, eq=False)
class BOHBView(HalvingView):
    """Brackets as Hyperband's, and what the method believed when it last drew a configuration."""

    fidelity: int | None = None  # of the model; None: the configuration was random
    good: KDE | None = None
    bad: KDE | None = None
    draws: Array | None = None  # (samples, d)
    score: Array | None = None  # (samples,) ln l - ln g


class BOHB(Hyperband):
    name = "bohb"
    View = BOHBView
    Settings = BOHBSettings

    def __init__(self, space: Space, seed: int = 0, **settings: object) -> None:
        super().__init__(space, seed, **settings)
        numbers = [space.parameters[n] for n in space.free]
        self.options = np.array([p.size if isinstance(p, Choice) and not p.ordered else 0 for p in numbers])
        self._results: dict[float, list[tuple[float, Array]]] = {}  # fidelity -> loss and point of each trial
        self._belief: dict[str, Any] = {}

    def settled(self) -> int:
        waiting = next((b.waiting for b in self.brackets if b.waiting), [])
        return sum(before is not None for before in waiting)  # promotions: the density does not choose them

    def sample(self, level: int) -> tuple[Config, Info]:
        s, N_min = self.settings, self.space.d + 1
        self._belief = {}
        known = [r for r, results in self._results.items() if len(results) >= N_min + 2]
        if not known or self.rng.random() < s.random:
            return self.space.sample(self.rng), {"model": False}
        fidelity = max(known)
        results = sorted(self._results[fidelity], key=lambda pair: pair[0])
        U = np.array([u for _, u in results])
        N_l = max(N_min, int(s.top * len(U)))
        N_g = max(N_min, len(U) - N_l)
        good, bad = (KDE(self._fill(part), self.options, s.min_bandwidth) for part in (U[:N_l], U[-N_g:]))
        draws = good.sample(s.samples, s.bandwidth_factor, self.rng)
        score = good.log_pdf(draws) - bad.log_pdf(draws)
        self._belief = {"fidelity": fidelity, "good": good, "bad": bad, "draws": draws, "score": score}
        return self.space.decode(draws[score.argmax()]), {"model": True, "model_fidelity": fidelity}

    def _fill(self, U: Array) -> Array:
        """Coordinates that do not exist take those of another point, or where there is none, any."""
        U = U.copy()
        for j, column in enumerate(U.T):
            missing, there = np.isnan(column), column[~np.isnan(column)]
            U[missing, j] = self.rng.choice(there, missing.sum()) if len(there) else self.rng.random(missing.sum())
        return U

    def observe(self, trial: Trial) -> None:
        super().observe(trial)
        self._results.setdefault(self.epochs(trial), []).append((trial.loss, self.space.encode(trial.config)))

    def view(self) -> BOHBView:
        halving = super().view()
        return BOHBView(halving.tables, halving.brackets, **self._belief)
