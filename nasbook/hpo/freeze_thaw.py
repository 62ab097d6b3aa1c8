"""Freeze-thaw: go on with the training that promises most for its epochs, or begin a new one; all others stay frozen.

    belief:  q_i    of the error at the last epoch R, given the curve of training i so far          (curve_belief.py)
             q_new = (q_0 + Σ_i q_i) / (k + 1)   of one that has not begun: like one of the k so far, or like none
    gain:    EI / (Δ + PI · rest)      Δ: epochs to the next level,  rest: those from there to R
             EI = E[max(f* - y(R), 0)],  PI = P(y(R) < f*),  exact from bars (bars.py)
    next:    the largest gain; that training goes on to its next level, and is frozen again

Who disappoints at the next level costs Δ epochs, and only who is likely to beat f* costs the rest, too. Nothing is
stopped for good: what was passed over is thawed when the others disappoint. f* is the lowest value told, q_0 what the
network believes before the first epoch (so q_new is the predictive of a Dirichlet process). Levels are successive
halving's (rungs.py). A failed training promises nothing, also for new ones. Which configuration begins is chosen by
another method, `new`, that is told of each training the end which is expected of it.

What to know: each curve is believed by itself, and the network's prior is of errors that fall from guessing. Values of
any unit are brought to such errors by the lowest and the highest of them all, so percent and fraction are one search.
After 600 epochs of Digits-HPO (20 seeds, `python tests/benchmarks/curves.py search`) it is nearer to the best than
Hyperband on both tasks, than BOHB on `messy`, than halving and ASHA on `textures`; the others cannot be told apart.
The prior was written after a look at a few curves of these tables; the network was not trained on them.

Papers: Swersky, Snoek & Adams, Freeze-Thaw Bayesian Optimization, 2014, whose belief is a Gaussian process of curves
that fall exponentially; Adriaensen, Rakotoarison, Müller & Hutter, Efficient Bayesian Learning Curve Extrapolation
using Prior-Data Fitted Networks, 2023, for the belief; Rakotoarison et al., In-Context Freeze-Thaw Bayesian
Optimization (ifBO), 2024, whose network sees all curves at once, with their hyperparameters. The price of a gain is
this project's own. Read first: `propose`, then `FreezeThawView.gains`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from nasbook import registry
from nasbook.hpo.parts.curve_belief import Curve, Measure, bars, expected
from nasbook.hpo.parts.rungs import RungMethod
from nasbook.kit.checks import setting, whole
from nasbook.kit.levels import Epochs
from nasbook.method import Method, Proposal
from nasbook.space import Config, Space
from nasbook.trace import Trial
from nasbook.trial import Info

NEW = ("pfn", "random", "bayesian", "forest", "tpe")


@dataclass(frozen=True)
class FreezeThawSettings(Epochs):
    startup: int = setting(8, "Random configurations that begin before the first belief.")
    new: str = setting("pfn", "The method that chooses new configurations; pfn is random in large spaces.", NEW)

    def __post_init__(self) -> None:
        super().__post_init__()
        whole("startup", self.startup, 1)
        if self.new not in NEW:
            raise ValueError(f"new must be one of {', '.join(NEW)}, not {self.new!r}")


@dataclass(frozen=True)
class Training:
    """A configuration, as far as it has been trained."""

    id: int  # of its first trial
    config: Config
    level: int = 0  # that it has reached, or is on its way to
    curve: Curve = ()
    status: str = "running"  # frozen, failed


@dataclass(frozen=True)
class FreezeThawView:
    """The trainings when the method chose, and what it believed of them."""

    levels: tuple[int, ...]
    trainings: tuple[Training, ...]
    best: float | None  # f*, the lowest value told
    next: int | None = None  # the training that goes on; None: a new one

    @cached_property
    def measure(self) -> Measure:
        return Measure.of([y for t in self.trainings for _, y in t.curve])

    def quantiles(self, training: Training, at: Sequence[float] | np.ndarray, *qs: float) -> list[np.ndarray]:
        """Values (m,) below which the training lies at epochs `at` (m,), with these probabilities."""
        p = expected([training.curve], at, self.levels[-1], self.measure)[0]
        return [self.measure.value(bars().quantile(p, q)) for q in qs]

    @cached_property
    def ends(self) -> np.ndarray:
        """(k, B) belief of each training's last epoch."""
        R = self.levels[-1]
        return expected([t.curve for t in self.trainings], [R], R, self.measure)[:, 0]

    @cached_property
    def gains(self) -> tuple[np.ndarray, float]:
        """Gain an epoch of each training (k,), NaN where it cannot go on, and that of a new one."""
        if self.best is None:
            return np.full(len(self.trainings), np.nan), math.inf
        R, f = self.levels[-1], float(self.measure.error(self.best))
        begin = expected([()], [R], R, self.measure)[:, 0]
        p = np.concatenate([self.ends, begin])
        open_ = np.array([*(t.status != "failed" and t.level < len(self.levels) - 1 for t in self.trainings), True])
        ei, pi = np.where(open_, bars().shortfall(p, f), 0), np.where(open_, bars().cdf(p, f), 0)
        gains = np.full(len(self.trainings), np.nan)
        for i, t in enumerate(self.trainings):
            if open_[i] and t.status == "frozen":
                r, after = self.levels[t.level], self.levels[t.level + 1]
                gains[i] = ei[i] / (after - r + pi[i] * (R - after))
        return gains, float(ei.mean() / (self.levels[0] + pi.mean() * (R - self.levels[0])))


class FreezeThaw(RungMethod):
    name = "freeze-thaw"
    Settings = FreezeThawSettings
    View = FreezeThawView

    def __init__(self, space: Space, seed: int = 0, **settings: object) -> None:
        super().__init__(space, seed, **settings)
        self.levels = self.settings.levels
        self.trainings: dict[int, Training] = {}
        self._view = FreezeThawView(self.levels, (), None)

    def before_promotion(self) -> int:
        return self.settings.startup

    def propose(self) -> Proposal:
        view = self._view = FreezeThawView(self.levels, tuple(self.trainings.values()), self._best())
        if self.queue:
            wanted = self.queue.pop(0)
            return self.begin(wanted.config, wanted.info)
        if len(self.trainings) >= self.settings.startup:
            gains, new = view.gains
            if np.nanmax(gains, initial=-1) > new:
                return self.thaw(view.trainings[int(np.nanargmax(gains))])
        return self.begin(self.choose_new(view), {})

    def begin(self, config: Config, info: Info, level: int = 0) -> Proposal:
        self.trainings[self.next_id] = Training(self.next_id, config, level)
        return Proposal(config, self.levels[level], info)

    def thaw(self, t: Training) -> Proposal:
        self._view = replace(self._view, next=t.id)
        self.trainings[t.id] = replace(t, level=t.level + 1, status="running")
        return Proposal(t.config, self.levels[t.level + 1], {"continues": t.id})

    def choose_new(self, view: FreezeThawView) -> Config:
        """What `new` asks for once it was told the expected ends, of failed trainings that they failed."""
        method, seed = registry.find("method", self.settings.new).load(), int(self.rng.integers(2**31))
        if len(view.trainings) < self.settings.startup or view.best is None or method.refusal(self.space):
            return self.space.sample(self.rng)
        inner: Method = method(self.space, seed)
        ends, known = view.measure.value(bars().mean(view.ends)).tolist(), []
        for i, (t, end) in enumerate(zip(view.trainings, ends, strict=True)):
            failed = {"status": "failed", "reason": "its training failed"}
            known.append(Trial(i, t.config, **(failed if t.status == "failed" else {"status": "done", "value": end})))
        inner.remember(known)
        asked = inner.ask()
        return self.space.sample(self.rng) if asked is None else asked.config

    def place(self, known: Proposal) -> Proposal:
        """A known trial goes on with the training of its configuration, if that was shorter; else it is one."""
        level = max((i for i, r in enumerate(self.levels) if r <= self.epochs(known)), default=0)
        for t in self.trainings.values():
            if t.config == known.config and t.status == "frozen" and t.level < level:
                self.trainings[t.id] = replace(t, level=level, status="running")
                return replace(known, info={**known.info, "continues": t.id})
        return replace(self.begin(known.config, known.info, level), fidelity=known.fidelity)

    def observe(self, trial: Trial) -> None:
        t = self.trainings.get(trial.info.get("continues", trial.id))
        if t is None:
            return
        if trial.status != "done":
            self.trainings[t.id] = replace(t, status="failed")
            return
        told = {**dict(t.curve), **dict(trial.curve), self.epochs(trial): trial.value}
        curve = tuple(sorted((x, y) for x, y in told.items() if y is not None and math.isfinite(y)))
        self.trainings[t.id] = replace(t, curve=curve, status="frozen")

    def view(self) -> FreezeThawView:
        return self._view

    def _best(self) -> float | None:
        return min((t.value for t in self.trials if t.value is not None), default=None)
