"""One moment of Bayesian optimisation: the results, the belief that they lead to, and where it would look next.

    view.fitted()                     f | results ~ GP
    view.predict(U), view.acquire(U)  mean and std; what a point is worth          U (m, d): points of the unit cube
    view.suggest(rng)                 argmax of the acquisition
    view.by("pi", xi=0.05)            the same belief, judged by another acquisition

Points are NaN where a parameter is inactive. Trials that failed count as the worst value seen. Trials in flight count
as the setting `lie` says: as the lowest, mean or highest value seen (constant liar), or as the mean that the results
alone lead to ("believer"), which leaves the mean as it is and takes the doubt away there (Ginsbourger et al. 2010).

An acquisition is made of a view: `a(Z, U)` is (m,), the larger the better, at points U and their features Z (m, D);
`a.slope(Z)`, if it has one, is a and its gradient (m, D), in units in which the values' standard deviation is 1. Each
has a file of its own, which is read when it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np

from nasbook import registry
from nasbook.hpo.parts.features import Features
from nasbook.hpo.parts.gp import GP
from nasbook.hpo.parts.maximise import maximise
from nasbook.kit.blas import one_thread
from nasbook.kit.untried import untried
from nasbook.kit.values import exponent, tame, untame
from nasbook.space import Config, Space

LIES: dict[str, Callable[[np.ndarray], Any]] = {"min": np.min, "mean": np.mean, "max": np.max}
ACQUISITIONS = {name: "nasbook.hpo.parts.acquisition:ClosedForm" for name in ("log_ei", "ei", "pi", "ucb")} | {
    "thompson": "nasbook.hpo.parts.thompson:Thompson",
    "ei_per_second": "nasbook.hpo.parts.per_second:PerSecond",
    "knowledge_gradient": "nasbook.hpo.parts.knowledge_gradient:KnowledgeGradient",
}
PRIOR = "nasbook.hpo.parts.prior"  # what somebody believes about the best


@dataclass(frozen=True, eq=False)
class BayesianView:
    """What the method believed when it chose. Points lie in the unit cube; NaN where a parameter is inactive."""

    space: Space
    settings: Any  # BayesianSettings
    U: np.ndarray  # (n, d) trials that have a value
    y: np.ndarray  # (n,)
    failed: np.ndarray  # (m, d)
    pending: np.ndarray  # (k, d)
    gp: GP | None = None  # None during the first trials
    next: np.ndarray | None = None  # (d,) the trial that was chosen
    draw: int = 0  # seed of the function that Thompson sampling draws
    seconds: np.ndarray | None = None  # (n,) what the trials cost; NaN where that was not told

    @property
    def acquisition(self) -> str:
        return self.settings.acquisition

    @property
    def best(self) -> float | None:
        """f*: the lowest value told."""
        return float(self.y.min()) if len(self.y) else None

    @cached_property
    def values(self) -> np.ndarray:
        """(n,) what the process learns from: y, or, where that is of a size that cannot be squared, a part of it."""
        return tame(self.y)

    def fitted(self, **changes: Any) -> BayesianView:
        """The belief that these results lead to, here or under changed settings."""
        s = replace(self.settings, **changes)
        gp = GP(s.kernel, lengthscale=s.lengthscale, noise=s.noise, groups=self.features.groups)
        told, flying = self.see(np.concatenate([self.U, self.failed])), self.see(self.pending)
        y = np.r_[self.values, [self.values.max()] * len(self.failed)]
        if s.lie in LIES:
            gp.fit(np.concatenate([told, flying]), np.r_[y, [LIES[s.lie](self.values)] * len(flying)])
        else:
            gp.fit(told, y)
            gp = gp.given(flying, gp.predict(flying)[0]) if len(flying) else gp
        return replace(self, settings=s, gp=gp)

    def by(self, acquisition: str, **options: Any) -> BayesianView:
        """The same belief, judged by another acquisition; options: xi, kappa, prior, beta."""
        return replace(self, settings=replace(self.settings, acquisition=acquisition, **options))

    def predict(self, U: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean (m,) and standard deviation (m,) of the function at points (m, d), in the units of the value."""
        mean, std = self.believed.predict(self.see(U))
        return self.untamed(mean), self.untamed(std)

    def predict_seconds(self, U: np.ndarray) -> np.ndarray:
        """What trials at points (m, d) may cost, the median of that belief: (m,). 1 while no cost has been told."""
        return self.by("ei_per_second", prior=None).judge.seconds(self.see(U))[0]

    def acquire(self, U: np.ndarray) -> np.ndarray:
        """The acquisition at points (m, d), times π^(β/n) if there is a prior: (m,), larger is better."""
        U = self.features.snap(U)
        return self.judge(self.features(U), U)

    @one_thread
    def suggest(self, rng: np.random.Generator, tried: Collection[tuple] = ()) -> Config:
        """The configuration with the largest acquisition, but none whose key is in `tried` if there is another."""
        best = self.U[np.argsort(self.y, kind="stable")[:5]]
        order = maximise(self.features, self.acquire, self.judge.slope, best, rng)
        for config in chain([first := next(order)], order):
            if self.space.key(config) not in tried:
                return config
        return untried(self.space, tried, rng) or first

    @cached_property
    def judge(self) -> Any:
        """The acquisition under this belief."""
        judge = registry.load(ACQUISITIONS[self.acquisition])(self)
        return registry.load(f"{PRIOR}:Weighted")(self, judge) if self.settings.prior else judge

    def see(self, U: np.ndarray) -> np.ndarray:
        """Features (m, D) of points (m, d)."""
        return self.features(self.features.snap(U))

    @cached_property
    def features(self) -> Features:
        return Features(self.space)

    def untamed(self, values: np.ndarray) -> np.ndarray:
        """From the size of `values` to that of y."""
        return untame(values, exponent(self.y))

    @property
    def believed(self) -> GP:
        if self.gp is None:
            raise ValueError("there is no belief yet: the first trials are quasi-random")
        return self.gp
