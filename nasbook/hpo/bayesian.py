"""Bayesian optimisation: fit a Gaussian process to the results, and try next where an acquisition function is largest.

    1. a few quasi-random trials
    2. belief:  f | results ~ GP                           (gp.py, features.py)
    3. next:    x = argmax a(mean(x), std(x), f*)          (acquisition.py, maximise.py)
    4. evaluate x, go to 2

No configuration is proposed twice, unless a finite space is exhausted. Trials in flight count as if they had ended
with the value `lie` (constant liar), so that parallel asks spread. Trials that failed count as the worst value seen, so
that their region is avoided; a pruned trial counts with its last value.

Papers: Snoek, Larochelle & Adams, Practical Bayesian Optimization of Machine Learning Algorithms, 2012; Ginsbourger,
Le Riche & Carraro, Kriging Is Well-Suited to Parallelize Optimization, 2010 (constant liar). Read first: `propose`,
then `BayesianView.fitted`. Left out: fidelities, constraints, several objectives, batches that are chosen jointly.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np

from nasbook.hpo.acquisition import ACQUISITIONS, SLOPES, thompson
from nasbook.hpo.blas import one_thread
from nasbook.hpo.features import Features
from nasbook.hpo.gp import GP
from nasbook.hpo.kernels import KERNELS
from nasbook.hpo.maximise import maximise, quasi_random, untried
from nasbook.search import Method
from nasbook.space import Config, Space
from nasbook.trace import Trial

LIES: dict[str, Callable[[np.ndarray], Any]] = {"min": np.min, "mean": np.mean, "max": np.max}
DESIGN = 64  # points of the first, quasi-random design


def _option(default: Any, help: str, options: Collection[str] = ()) -> Any:
    return field(default=default, metadata={"help": help, **({"options": list(options)} if options else {})})


@dataclass(frozen=True)
class BayesianSettings:
    acquisition: str = _option("log_ei", "What makes a point worth a trial.", ACQUISITIONS)
    kernel: str = _option("matern52", "How smooth the function is believed to be.", KERNELS)
    lengthscale: float | None = _option(None, "Distance, in the unit cube, over which values are alike. None: fitted.")
    noise: float | None = _option(None, "Noise variance as a share of the variance of the values. None: fitted.")
    xi: float = _option(0.0, "PI and EI: how much better is wanted, in standard deviations of the values.")
    kappa: float = _option(2.576, "UCB: how many standard deviations are added for not knowing.")
    startup: int | None = _option(None, "Quasi-random trials before the first fit. None: 2d + 1, at most 10.")
    lie: str = _option("min", "What a trial in flight counts as: this statistic of the values seen.", LIES)

    def __post_init__(self) -> None:
        for name, options in (("acquisition", [*ACQUISITIONS]), ("kernel", [*KERNELS]), ("lie", [*LIES])):
            if getattr(self, name) not in options:
                raise ValueError(f"{name} must be one of {', '.join(options)}, not {getattr(self, name)!r}")
        if self.lengthscale is not None and not 0 < self.lengthscale < math.inf:
            raise ValueError(f"lengthscale must be positive, or None to fit it, not {self.lengthscale!r}")
        if self.noise is not None and not 0 <= self.noise < math.inf:
            raise ValueError(f"noise must be at least 0, or None to fit it, not {self.noise!r}")
        for name in ("xi", "kappa"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ValueError(f"{name} must be at least 0, not {getattr(self, name)!r}")
        if self.startup is not None and self.startup < 1:
            raise ValueError(f"startup must be at least 1, not {self.startup!r}")


@dataclass(frozen=True, eq=False)
class BayesianView:
    """What the method believed when it chose. Points lie in the unit cube; NaN where a parameter is inactive."""

    space: Space
    settings: BayesianSettings
    U: np.ndarray  # (n, d) trials that have a value
    y: np.ndarray  # (n,)
    failed: np.ndarray  # (m, d)
    pending: np.ndarray  # (k, d)
    gp: GP | None = None  # None during the first trials
    next: np.ndarray | None = None  # (d,) the trial that was chosen
    draw: int = 0  # seed of the function that Thompson sampling draws

    @property
    def acquisition(self) -> str:
        return self.settings.acquisition

    @property
    def best(self) -> float | None:
        """f*: the lowest value told."""
        return float(self.y.min()) if len(self.y) else None

    def fitted(self, **changes: Any) -> BayesianView:
        """The belief that these results lead to, here or under changed settings."""
        s = replace(self.settings, **changes)
        U = np.concatenate([self.U, self.failed, self.pending])
        y = np.r_[self.y, [self.y.max()] * len(self.failed), [LIES[s.lie](self.y)] * len(self.pending)]
        gp = GP(s.kernel, lengthscale=s.lengthscale, noise=s.noise, groups=self._features.groups)
        return replace(self, settings=s, gp=gp.fit(self._see(U), y))

    def predict(self, U: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean (m,) and standard deviation (m,) of the function at points (m, d), in the units of the value."""
        return self._believed.predict(self._see(U))

    def samples(self, U: np.ndarray, n: int = 3, seed: int = 0) -> np.ndarray:
        """n functions drawn from the belief, at points (m, d): (n, m)."""
        return self._believed.sample(self._see(U), n, np.random.default_rng(seed))

    def acquire(self, U: np.ndarray) -> np.ndarray:
        """The acquisition at points (m, d): (m,), larger is better."""
        if self.acquisition == "thompson":
            return thompson(self._drawn(self._see(U)))
        return ACQUISITIONS[self.acquisition](*self.predict(U), self.best, **self._options(self._believed.scale))

    @one_thread
    def suggest(self, rng: np.random.Generator, tried: Collection[tuple] = ()) -> Config:
        """The configuration with the largest acquisition, but none whose key is in `tried` if there is another."""
        slope = None if self.acquisition == "thompson" else self._slope
        best = self.U[np.argsort(self.y, kind="stable")[:5]]
        order = maximise(self._features, self.acquire, slope, best, rng)
        for config in chain([first := next(order)], order):
            if self.space.key(config) not in tried:
                return config
        return untried(self.space, tried, rng) or first

    def _slope(self, Z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The acquisition and its gradient, with values in standard deviations: ∂a/∂x = ∂a/∂μ ∂μ/∂x + ∂a/∂σ ∂σ/∂x."""
        c = self._believed.scale
        mean, std, dmean, dstd = (v / c for v in self._believed.slopes(Z))
        belief, options = (mean, std, self.y.min() / c), self._options(1.0)
        da_dmean, da_dstd = SLOPES[self.acquisition](*belief, **options)
        return ACQUISITIONS[self.acquisition](*belief, **options), da_dmean[:, None] * dmean + da_dstd[:, None] * dstd

    def _options(self, scale: float) -> dict[str, float]:
        return {"kappa": self.settings.kappa} if self.acquisition == "ucb" else {"xi": self.settings.xi * scale}

    def _see(self, U: np.ndarray) -> np.ndarray:
        return self._features(self._features.snap(U))

    @cached_property
    def _features(self) -> Features:
        return Features(self.space)

    @cached_property
    def _drawn(self) -> Callable[[np.ndarray], np.ndarray]:
        return self._believed.path(np.random.default_rng(self.draw))

    @property
    def _believed(self) -> GP:
        if self.gp is None:
            raise ValueError("there is no belief yet: the first trials are quasi-random")
        return self.gp


class BayesianOptimisation(Method):
    name = "bayesian"
    Settings = BayesianSettings

    def __init__(self, space: Space, seed: int = 0, **settings: Any) -> None:
        super().__init__(space, seed, **settings)
        self.startup = self.settings.startup or min(2 * space.d + 1, 10)
        self._design = iter(quasi_random(space.d, DESIGN, self.rng))
        self._view: BayesianView | None = None

    def check_space(self, space: Space) -> None:
        if space.d == 0:
            raise ValueError("bayesian: every parameter of this space is constant; there is nothing to search")

    def ask(self) -> Trial | None:
        self._view = self._believe()
        trial = super().ask()
        if trial is not None:
            self._view = replace(self._view, next=self.space.encode(trial.config))
        return trial

    def propose(self) -> Config:
        tried = {self.space.key(t.config) for t in [*self.trials, *self.pending.values()]}
        assert self._view is not None
        if self._view.gp is not None:
            return self._view.suggest(self.rng, tried)
        for u in self._design:
            config = self.space.decode(u)
            if self.space.key(config) not in tried:
                return config
        return untried(self.space, tried, self.rng) or self.space.sample(self.rng)

    def view(self) -> BayesianView:
        return self._view or self._believe()

    def _believe(self) -> BayesianView:
        valued = [t for t in self.trials if t.value is not None]
        told, failed, pending = (
            self.space.encode_all([t.config for t in trials])
            for trials in (valued, [t for t in self.trials if t.value is None], list(self.pending.values()))
        )
        y, asked = np.array([t.value for t in valued], float), len(self.trials) + len(self.pending)
        view = BayesianView(self.space, self.settings, told, y, failed, pending, draw=self._asked)
        return view.fitted() if len(y) and asked >= self.startup else view
