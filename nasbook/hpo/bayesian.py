"""Bayesian optimisation: fit a Gaussian process to the results, and try next where an acquisition function is largest.

    1. a few quasi-random trials
    2. belief:  f | results ~ GP                            (bayesian_view.py, gp.py, features.py)
    3. next:    x = argmax a(mean(x), std(x), f*)           (maximise.py; each acquisition has a file of its own)
    4. evaluate x, go to 2

No configuration is proposed twice, unless a finite space is exhausted. Trials in flight count as if they had ended with
a value that the setting `lie` gives, so that parallel asks spread. Trials that failed count as the worst value seen, so
that their region is avoided; a pruned trial counts with its last value. With a `prior` about where the best lies, the
acquisition is weighted by it, less and less (prior.py).

Papers: Snoek, Larochelle & Adams, Practical Bayesian Optimization of Machine Learning Algorithms, 2012, also for EI per
second; Ginsbourger, Le Riche & Carraro, Kriging Is Well-Suited to Parallelize Optimization, 2010 (constant liar,
kriging believer). Read first: `propose`, then `BayesianView.fitted` and `suggest`. Left out: fidelities, constraints,
several objectives, batches that are chosen jointly.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from nasbook import registry
from nasbook.hpo.parts.bayesian_view import ACQUISITIONS, LIES, PRIOR, BayesianView
from nasbook.hpo.parts.features import Features
from nasbook.hpo.parts.kernels import KERNELS
from nasbook.hpo.parts.maximise import quasi_random
from nasbook.kit.believing import Believing
from nasbook.kit.checks import one_of, setting, whole, within
from nasbook.kit.untried import untried
from nasbook.space import Config, Space
from nasbook.trace import Trial

__all__ = ["BELIEVED", "LIES", "NAMES", "BayesianOptimisation", "BayesianSettings", "BayesianView"]

NAMES = list(ACQUISITIONS)
BELIEVED = [*LIES, "believer"]
DESIGN = 64  # points of the first, quasi-random design


@dataclass(frozen=True)
class BayesianSettings:
    acquisition: str = setting("log_ei", "What makes a point worth a trial.", NAMES)
    kernel: str = setting("matern52", "How smooth the function is believed to be.", KERNELS)
    lengthscale: float | None = setting(None, "Distance, in the unit cube, over which values are alike. None: fitted.")
    noise: float | None = setting(None, "Noise variance as a share of the variance of the values. None: fitted.")
    xi: float = setting(0.0, "PI and EI: how much better is wanted, in standard deviations of the values.")
    kappa: float = setting(2.576, "UCB: how many standard deviations are added for not knowing.")
    startup: int | None = setting(None, "Quasi-random trials before the first fit. None: 2d + 1, at most 10.")
    lie: str = setting(
        "min", "What a trial in flight counts as: this statistic of the values seen, or the mean believed.", BELIEVED
    )
    prior: dict[str, list[float]] | None = setting(
        None, "Where the best may lie: [centre, width as a share of the axis] of a number, probabilities of a Choice."
    )
    beta: float = setting(10.0, "How long the prior lasts: its exponent is β/n after n trials.")

    def __post_init__(self) -> None:
        for name, options in (("acquisition", NAMES), ("kernel", KERNELS), ("lie", BELIEVED)):
            one_of(name, getattr(self, name), options)
        if self.lengthscale is not None:
            within("lengthscale (None: fitted)", self.lengthscale, 0, above=True)
        if self.noise is not None:
            within("noise (None: fitted)", self.noise, 0)
        for name in ("xi", "kappa", "beta"):
            within(name, getattr(self, name), 0)
        if self.startup is not None:
            whole("startup", self.startup, 1)
        if self.prior is not None:
            object.__setattr__(self, "prior", registry.load(f"{PRIOR}:check")(self.prior))


class BayesianOptimisation(Believing):
    name = "bayesian"
    Settings = BayesianSettings
    View: ClassVar[type[BayesianView]] = BayesianView

    def __init__(self, space: Space, seed: int = 0, **settings: Any) -> None:
        super().__init__(space, seed, **settings)
        self.startup = self.settings.startup or min(2 * space.d + 1, 10)
        self._design = iter(quasi_random(space.d, DESIGN, self.rng))

    def check_space(self, space: Space) -> None:
        super().check_space(space)
        try:
            beliefs = self.settings.prior
            self._prior = registry.load(f"{PRIOR}:Prior")(Features(space), beliefs) if beliefs else None
        except ValueError as error:
            raise ValueError(f"{self.name}: {error}") from None

    def propose(self) -> Config:
        tried = self.tried
        if self.belief.gp is not None:
            return self.belief.suggest(self.rng, tried)
        for u in self._design:
            config = self.space.decode(self._prior.draw(u) if self._prior else u)
            if self.space.key(config) not in tried:
                return config
        return untried(self.space, tried, self.rng) or self.space.sample(self.rng)

    def believe(self) -> BayesianView:
        told, y, more = self._results()
        known = {t.id for t in told}
        U, failed, pending = (
            self.space.encode_all([t.config for t in trials])
            for trials in (told, [t for t in self.trials if t.id not in known], list(self.pending.values()))
        )
        seconds = np.array([math.nan if t.cost is None else t.cost for t in told])
        more = {"draw": self.next_id, "seconds": seconds, **more}
        view = self.View(self.space, self.settings, U, y, failed, pending, **more)
        asked = len(self.trials) + len(self.pending)
        return view.fitted() if len(y) and asked >= self.startup else view

    def _results(self) -> tuple[list[Trial], np.ndarray, dict[str, Any]]:
        """The trials to learn from, their values (n,), and more fields of the view."""
        valued = [t for t in self.trials if t.value is not None]
        return valued, np.array([t.value for t in valued], float), {}
