"""Bayesian optimisation: fit a Gaussian process to the results, and try next where an acquisition function is largest.

    1. a few quasi-random trials
    2. belief:  f | results ~ GP                            `fitted`        gp.py, on features.py
    3. next:    x = argmax a(mean(x), std(x), f*)           `suggest`       maximise.py; a: closed_form.py and others
    4. evaluate x, go to 2

No configuration is proposed twice, unless a finite space is exhausted. Trials that failed count as the worst value
seen, so that their region is avoided, even that of a single one beside the best; a pruned trial counts with its last
value. One value absurdly far out is overruled by good neighbours. Trials in flight count as the setting `lie` says, so
that parallel asks spread: as the lowest, mean or highest value seen (constant liar), or as the mean that the results
alone lead to ("believer"), which takes only the doubt away there. A `prior` about where the best lies weights the
acquisition, less and less (prior_weighted.py). After 100 trials the hyperparameters are fitted for each fourth only.

Each acquisition has a file of its own, read when it is asked for, and is made of a view: `a(Z, U)` is (m,), the larger
the better, at points U (m, d) and their features Z (m, D); `a.climb(U)`, if it has a slope, moves points uphill.

Papers: Snoek, Larochelle & Adams, Practical Bayesian Optimization of Machine Learning Algorithms, 2012, also for EI per
second; Ginsbourger, Le Riche & Carraro, Kriging Is Well-Suited to Parallelize Optimization, 2010 (constant liar,
kriging believer). Left out: fidelities, constraints, several objectives, batches that are chosen jointly.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from nasbook import registry
from nasbook.hpo.parts.bayesian_settings import ACQUISITIONS, LIES, PRIOR, BayesianSettings
from nasbook.hpo.parts.features import Features
from nasbook.hpo.parts.gp import GP
from nasbook.hpo.parts.maximise import maximise
from nasbook.kit.believing import Believing
from nasbook.kit.blas import one_thread
from nasbook.kit.sobol import quasi_random
from nasbook.kit.untried import fresh
from nasbook.kit.values import Reach
from nasbook.space import Arguments, Config, Space
from nasbook.trace import Trial

if TYPE_CHECKING:
    from nasbook.hpo.parts.surrogate import Acquisition

DESIGN, MANY = 64, 100  # points of the first, quasi-random design; trials from which on hyperparameters are kept
DRAWS = 256  # of a prior after that design, until it is taken to have nothing that was not tried


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
        """(n,) what the process learns from: y; what lies far above the rest is drawn in (kit/values.py)."""
        return self.reach.draw_in(self.y)

    def fitted(self, like: GP | None = None, **changes: object) -> BayesianView:
        """The belief that these results lead to, here or under changed settings; fitted, or `like` another."""
        s = replace(self.settings, **changes)
        ell, signal, noise = (like.lengthscales, like.signal, like.noise) if like else (s.lengthscale, None, s.noise)
        gp = GP(s.kernel, ell, signal, noise, self.features.groups)
        told, flying = self.see(np.concatenate([self.U, self.failed])), self.see(self.pending)
        y = np.r_[self.values, [self.values.max()] * len(self.failed)]
        if s.lie in LIES:
            gp.fit(np.concatenate([told, flying]), np.r_[y, [LIES[s.lie](self.values)] * len(flying)], self.doubt)
        else:
            gp.fit(told, y, self.doubt)
            gp = gp.given(flying, gp.predict(flying)[0]) if len(flying) else gp
        return replace(self, settings=s, gp=gp)

    def by(self, acquisition: str, **options: object) -> BayesianView:
        """The same belief, judged by another acquisition; options: xi, kappa, prior, beta."""
        return replace(self, settings=replace(self.settings, acquisition=acquisition, **options))

    def predict(self, U: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean (m,) and standard deviation (m,) of the function at points (m, d), in the units of the value."""
        return self.reach.let_out(*self.believed.predict(self.see(U)))

    def predict_seconds(self, U: np.ndarray) -> np.ndarray:
        """What trials at points (m, d) may cost, the median of that belief: (m,). 1 while no cost has been told."""
        return registry.load(ACQUISITIONS["ei_per_second"])(self).seconds(self.see(U))[0]

    def acquire(self, U: np.ndarray) -> np.ndarray:
        """The acquisition at points (m, d), times π^(β/n) if there is a prior: (m,), larger is better."""
        U = self.space.snap(U)
        return self.judge(self.features(U), U)

    @one_thread
    def suggest(self, rng: np.random.Generator, tried: Collection[tuple] = ()) -> Config:
        """The configuration with the largest acquisition, but none whose key is in `tried` if there is another."""
        best = self.U[np.argsort(self.y, kind="stable")[:5]]
        order = maximise(self.space, self.acquire, self.judge.climb, best, rng)
        return fresh(chain([first := next(order)], order), self.space, tried, rng) or first

    @cached_property
    def judge(self) -> Acquisition:
        """The acquisition under this belief."""
        judge = registry.load(ACQUISITIONS[self.acquisition])(self)
        return registry.load(f"{PRIOR}_weighted:Weighted")(self, judge) if self.settings.prior else judge

    def see(self, U: np.ndarray) -> np.ndarray:
        """Features (m, D) of points (m, d)."""
        return self.features(self.space.snap(U))

    @cached_property
    def features(self) -> Features:
        return Features(self.space)

    @cached_property
    def reach(self) -> Reach:
        return Reach.of(self.y)

    @property
    def doubt(self) -> np.ndarray:
        """(n,) noise of those values alone that lie absurdly far out, so that their neighbours can contradict them."""
        return self.reach.doubt(self.y)

    @property
    def believed(self) -> GP:
        if self.gp is None:
            raise ValueError("there is no belief yet: the first trials are quasi-random")
        return self.gp


class BayesianOptimisation(Believing):
    name = "bayesian"
    Settings = BayesianSettings
    View: ClassVar[type[BayesianView]] = BayesianView
    refit = 4  # after many trials, hyperparameters are fitted for one of so many

    def __init__(self, space: Space, seed: int = 0, **settings: object) -> None:
        super().__init__(space, seed, **settings)
        self.startup = self.settings.startup or min(2 * space.d + 1, 10)
        self._design = iter(quasi_random(space.d, DESIGN, self.rng))

    def check_space(self, space: Space) -> None:
        super().check_space(space)
        try:
            beliefs = self.settings.prior
            self._prior = registry.load(f"{PRIOR}:Prior")(space, beliefs) if beliefs else None
        except ValueError as error:
            raise ValueError(f"{self.name}: {error}") from None

    def propose(self) -> Config:
        tried = self.tried
        if self.belief.gp is not None:
            return self.belief.suggest(self.rng, tried)
        beyond = self.rng.random((DRAWS if self._prior else 0, self.space.d))
        points = (self._prior.draw(u) if self._prior else u for u in chain(self._design, beyond))
        return fresh(map(self.space.decode, points), self.space, tried, self.rng) or self.space.sample(self.rng)

    def believe(self) -> BayesianView:
        told, y, more = self._results()
        known = {t.id for t in told}
        U, failed, pending = (
            self.space.encode_all([t.config for t in trials])
            for trials in (told, [t for t in self.trials if t.id not in known], list(self.pending.values()))
        )
        seconds = np.array([math.nan if t.cost is None else t.cost for t in told])
        view = self.View(self.space, self.settings, U, y, failed, pending, draw=self.next_id, seconds=seconds, **more)
        asked = len(self.trials) + len(self.pending)
        like = self.belief.gp if self.belief and asked > MANY and asked % self.refit else None
        return view.fitted(like) if len(y) and asked >= self.startup else view

    def _results(self) -> tuple[list[Trial], np.ndarray, Arguments]:
        """The trials to learn from, their values (n,), and more fields of the view."""
        valued = [t for t in self.trials if t.value is not None]
        return valued, np.array([t.value for t in valued], float), {}
