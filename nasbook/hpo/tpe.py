"""TPE, the tree-structured Parzen estimator: where do good trials lie, and where do the others?

    1. ten random trials
    2. split what is known:  the best γ(n) = min(⌈n/10⌉, 25) trials are "below", the rest "above"
    3. two densities:        l(x) from those below, g(x) from those above         (parzen.py)
    4. next:                 24 draws from l; of these, the one with the largest l(x) / g(x);  go to 2

If a share γ of all trials lies below the threshold y*, the expected improvement on y* grows with l/g (section 4.1 of
the paper). Old trials count less: with 25 or more, the weights of all but the last 25 fall to 1/n.

The rules are those of Optuna 5's TPESampler. All parameters that always exist share one density (`multivariate`); a
conditional one has a density of its own, from the trials that have it, and is drawn after its parents. `group=True`
gives those with the same condition a density together. Trials in flight count as above (constant liar), so that
parallel asks spread. Pruned trials rank after all that ended, the longer-lived first. Unlike Optuna, which forgets
them, failed trials count as above too, so that their region is avoided. A configuration can come twice.

Papers: Bergstra, Bardenet, Bengio & Kégl, Algorithms for Hyper-Parameter Optimization, NeurIPS 2011 (section 4);
Watanabe 2023 (see parzen.py). Read first: `propose`, then `TPEView.draw`. Left out: several objectives, constraints.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from nasbook.hpo.parts.parzen import Parzen
from nasbook.kit.believing import Believing
from nasbook.kit.checks import flag, setting, whole, within
from nasbook.space import Config, Space
from nasbook.trace import Trial


@dataclass(frozen=True)
class TPESettings:
    startup: int = setting(10, "Random trials that must have ended before the first split.")
    candidates: int = setting(24, "Draws from l, of which the one with the largest l/g is tried.")
    gamma: float = setting(0.1, "Share of the trials that count as good.")
    gamma_most: int = setting(25, "At most so many trials count as good.")
    prior_weight: float = setting(1.0, "Weight of the flat prior, against 1 for a trial.")
    multivariate: bool = setting(True, "One density for all parameters together, or one for each.")
    group: bool = setting(False, "One density for the parameters that share a condition, or one for each.")

    def __post_init__(self) -> None:
        for name in ("startup", "candidates", "gamma_most"):
            whole(name, getattr(self, name), 1)
        within("gamma", self.gamma, 0, 1, above=True)
        within("prior_weight", self.prior_weight, 0, above=True)
        flag("multivariate", self.multivariate)
        flag("group", self.group)
        if self.group and not self.multivariate:
            raise ValueError("group=True makes densities of several parameters, so it needs multivariate=True")


def gamma(n: int, share: float = 0.1, most: int = 25) -> int:
    """How many of n trials are good: γ(n) = min(⌈share · n⌉, most)."""
    return min(math.ceil(share * n), most)


def weights(n: int) -> np.ndarray:
    """(n,) weight of each trial, the oldest first: 1, but from 1/n up to 1 for all except the last 25."""
    return np.r_[np.linspace(1 / n, 1, n - 25), np.ones(25)] if n >= 25 else np.ones(n)


def split(ended: Sequence[Trial], n_below: int) -> tuple[list[Trial], list[Trial]]:
    """The n_below best trials, and the others, each in the order of their numbers. Done comes before pruned."""

    def rank(t: Trial) -> tuple[float, ...]:
        if t.status == "done":
            return 0, t.value or 0.0
        fidelity, value = t.curve[-1] if t.curve else (-1, 0.0)
        return 1, -fidelity, math.inf if value is None else value

    order = sorted(sorted(ended, key=_id), key=rank)
    return sorted(order[:n_below], key=_id), sorted(order[n_below:], key=_id)


def _id(trial: Trial) -> int:
    return trial.id


@dataclass(frozen=True, eq=False)
class Draw:
    """How the parameters `names` got their values."""

    names: tuple[str, ...]
    l: Parzen
    g: Parzen
    U: np.ndarray  # (m, k) candidates, in the unit cube
    score: np.ndarray  # (m,) ln l - ln g

    @property
    def best(self) -> int:
        return int(np.argmax(self.score))


@dataclass(frozen=True, eq=False)
class TPEView:
    """What the method believed when it chose. `draws` is empty while trials are random."""

    space: Space
    settings: TPESettings
    below: tuple[Trial, ...]
    above: tuple[Trial, ...]  # with failed ones and those in flight
    U_below: np.ndarray  # (n, d) their points in the unit cube; NaN where a parameter is inactive
    U_above: np.ndarray  # (m, d)
    draws: tuple[Draw, ...] = ()
    next: np.ndarray | None = None  # (d,)

    @property
    def threshold(self) -> float | None:
        """y*: the worst value below."""
        return max((t.value for t in self.below if t.status == "done" and t.value is not None), default=None)

    def densities(self, *names: str) -> tuple[Parzen, Parzen]:
        """l and g of these parameters together, each from the trials in which all of them exist. A picture of one axis
        takes one name, and `marginal(0, u)`."""
        columns = [self.space.free.index(name) for name in names]
        parameters = [self.space.parameters[name] for name in names]
        l, g = (
            Parzen(parameters, U, weights(len(U)), self.settings.prior_weight)
            for U in (V[~np.isnan(V).any(axis=1)] for V in (self.U_below[:, columns], self.U_above[:, columns]))
        )
        return l, g

    def draw(self, names: tuple[str, ...], rng: np.random.Generator) -> Draw:
        l, g = self.densities(*names)
        U = l.sample(self.settings.candidates, rng)
        return Draw(names, l, g, U, l.log_pdf(U) - g.log_pdf(U))


class TPE(Believing):
    name = "tpe"
    Settings = TPESettings
    View = TPEView

    def __init__(self, space: Space, seed: int = 0, **settings: object) -> None:
        super().__init__(space, seed, **settings)
        self.groups = _groups(space, self.settings)
        self._points: dict[int, np.ndarray] = {}  # trial id -> point, so that each is encoded once

    def propose(self) -> Config:
        if sum(t.status != "failed" for t in self.trials) < self.settings.startup:
            return self.space.sample(self.rng)
        u, draws = np.full(self.space.d, 0.5), []
        for names in self.groups:
            if names[0] in self.space.decode(u):  # it exists, given the parents that have been drawn
                draws.append(self.belief.draw(names, self.rng))
                u[[self.space.free.index(n) for n in names]] = draws[-1].U[draws[-1].best]
        self.belief = replace(self.belief, draws=tuple(draws))
        return self.space.decode(u)

    def believe(self) -> TPEView:
        ended = [t for t in self.trials if t.status != "failed"]
        s = self.settings
        below, above = split(ended, gamma(len(ended), s.gamma, s.gamma_most))
        above += [t for t in self.trials if t.status == "failed"] + list(self.pending.values())
        above.sort(key=_id)
        return TPEView(self.space, s, tuple(below), tuple(above), self._encode(below), self._encode(above))

    def _encode(self, trials: list[Trial]) -> np.ndarray:
        for t in trials:
            if t.id not in self._points:
                self._points[t.id] = self.space.encode(t.config)
        return np.array([self._points[t.id] for t in trials]).reshape(-1, self.space.d)


def _groups(space: Space, s: TPESettings) -> list[tuple[str, ...]]:
    """The parameters that share a density; parents come before what depends on them."""
    groups: dict[object, list[str]] = {}
    for name in sorted(space.free, key=lambda n: bool(space.conditions[n])):
        condition = space.conditions[name]
        alone = not s.multivariate or (bool(condition) and not s.group)
        groups.setdefault(name if alone else tuple(condition.items()), []).append(name)
    return [tuple(names) for names in groups.values()]
