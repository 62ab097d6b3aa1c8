"""CMA-ES: draw from a normal distribution, then move, widen and turn it towards the better half of what was drawn.

    x_k = m + σ y_k,   y_k = B D z_k ~ N(0, C),   z_k ~ N(0, I),   k = 1 … λ;   sorted, best first
    m   ← m + σ y_w,   y_w = Σ_{i≤μ} w_i y_i
    p_σ ← (1 - c_σ) p_σ + √(c_σ (2 - c_σ) μ_eff) C^(-1/2) y_w       path of the mean, as if C were round
    σ   ← σ exp(c_σ/d_σ (‖p_σ‖ / χ_N - 1))                          steps that agree are lengthened, others shortened
    p_c ← (1 - c_c) p_c + h_σ √(c_c (2 - c_c) μ_eff) y_w
    C   ← (1 + c_1 δ(h_σ) - c_1 - c_μ Σw_i) C + c_1 p_c p_cᵀ + c_μ Σ_{i≤λ} w_i° y_i y_iᵀ

C learns the shape of the valley, so a rotated problem is as easy as one along the axes. Only ranks count.

Points live in the unit cube; one that leaves it is drawn again, and clipped after 100 draws. Int and ordered Choice
take the value in whose cell the point lies, and a margin keeps their neighbours within reach (parts/margin.py). A
generation is drawn from one distribution and waits for its last result: more than λ workers do not help. Failed and
pruned trials rank last; a generation without a success is drawn again. Configurations from outside are not draws from
the distribution; the best of those told before the first generation becomes its mean.

Paper: Hansen, The CMA Evolution Strategy: A Tutorial, 2016 (equations 41 to 58; read first: its appendix C), whose
numbers are those of the package `cmaes`; pycma's differ a little. Left out: restarts, stopping rules.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from nasbook.hpo.parts.margin import Margin
from nasbook.kit.checks import needs_numbers, setting, whole, within
from nasbook.method import Method, Proposal
from nasbook.space import Space
from nasbook.trace import Trial

EPS, REDRAWS = 1e-8, 100


@dataclass(frozen=True)
class CMASettings:
    population: int | None = setting(None, "Points of a generation (λ). None: 4 + ⌊3 ln N⌋.")
    sigma: float = setting(0.3, "First step size, as a part of the ranges.")

    def __post_init__(self) -> None:
        if self.population is not None:
            whole("population", self.population, 3)
        within("sigma", self.sigma, 0, 1, above=True)


class Strategy:
    """What never changes in a run: the weights and rates of N dimensions and λ points (table 1 of the paper)."""

    def __init__(self, N: int, population: int | None = None) -> None:
        self.N, self.lam = N, population or 4 + math.floor(3 * math.log(N))
        self.mu = self.lam // 2
        w = math.log((self.lam + 1) / 2) - np.log(np.arange(1, self.lam + 1))
        self.mu_eff = mu_eff = w[: self.mu].sum() ** 2 / (w[: self.mu] ** 2).sum()
        mu_eff_minus = w[self.mu :].sum() ** 2 / (w[self.mu :] ** 2).sum()
        self.c_1 = 2 / ((N + 1.3) ** 2 + mu_eff)
        self.c_mu = min(1 - self.c_1 - 1e-8, 2 * (mu_eff - 2 + 1 / mu_eff) / ((N + 2) ** 2 + mu_eff))
        self.c_c = (4 + mu_eff / N) / (N + 4 + 2 * mu_eff / N)
        self.c_sigma = (mu_eff + 2) / (N + mu_eff + 5)
        self.d_sigma = 1 + 2 * max(0, math.sqrt((mu_eff - 1) / (N + 1)) - 1) + self.c_sigma
        self.chi_N = math.sqrt(N) * (1 - 1 / (4 * N) + 1 / (21 * N**2))  # E‖N(0, I)‖
        alpha = min(
            1 + self.c_1 / self.c_mu,
            1 + 2 * mu_eff_minus / (mu_eff + 2),
            (1 - self.c_1 - self.c_mu) / (N * self.c_mu),
        )
        self.weights = np.where(w >= 0, w / w[w > 0].sum(), alpha * w / -w[w < 0].sum())  # (λ,) the last are negative


class CMA:
    """The distribution N(m, σ² C) and its paths. `sample` draws a point, `update` learns from λ ranked ones."""

    def __init__(self, mean: np.ndarray, sigma: float, population: int | None = None) -> None:
        self.mean, self.sigma, self.s = np.array(mean, float), float(sigma), Strategy(len(mean), population)
        self.C, self.p_sigma, self.p_c = np.eye(self.s.N), np.zeros(self.s.N), np.zeros(self.s.N)
        self.generation = 0
        self._decompose()

    def _decompose(self) -> None:
        """C = B D² Bᵀ."""
        D2, self.B = np.linalg.eigh((self.C + self.C.T) / 2)
        self.D = np.sqrt(np.where(D2 < 0, EPS, D2))
        self.C = self.B @ np.diag(self.D**2) @ self.B.T

    def sample(self, rng: np.random.Generator) -> np.ndarray:
        z = rng.standard_normal(self.s.N)
        return self.mean + self.sigma * (self.B @ np.diag(self.D) @ z)

    def update(self, X: np.ndarray) -> None:
        """One generation, X (λ, N) sorted with the best point first."""
        s, N = self.s, self.s.N
        y = (X - self.mean) / self.sigma
        y_w = s.weights[: s.mu] @ y[: s.mu]
        self.mean = self.mean + self.sigma * y_w

        C_root = self.B @ np.diag(1 / self.D) @ self.B.T  # C^(-1/2)
        self.p_sigma = (1 - s.c_sigma) * self.p_sigma + math.sqrt(s.c_sigma * (2 - s.c_sigma) * s.mu_eff) * C_root @ y_w
        length = np.linalg.norm(self.p_sigma)
        self.sigma = min(self.sigma * math.exp(s.c_sigma / s.d_sigma * (length / s.chi_N - 1)), 1e32)

        self.generation += 1
        settled = length / math.sqrt(1 - (1 - s.c_sigma) ** (2 * (self.generation + 1)))
        h = float(settled < (1.4 + 2 / (N + 1)) * s.chi_N)  # h_σ = 0: p_σ is long, so p_c pauses
        self.p_c = (1 - s.c_c) * self.p_c + h * math.sqrt(s.c_c * (2 - s.c_c) * s.mu_eff) * y_w

        w = s.weights * np.where(s.weights >= 0, 1, N / (np.linalg.norm(y @ C_root.T, axis=1) ** 2 + EPS))  # w°
        keep = 1 + s.c_1 * (1 - h) * s.c_c * (2 - s.c_c) - s.c_1 - s.c_mu * s.weights.sum()
        self.C = keep * self.C + s.c_1 * np.outer(self.p_c, self.p_c) + s.c_mu * (w * y.T) @ y
        self._decompose()


@dataclass(frozen=True, eq=False)
class CMAView:
    """The distribution from which the next trial was drawn, and the generation that shaped it."""

    generation: int
    mean: np.ndarray  # (N,) in the unit cube
    sigma: float
    C: np.ndarray  # (N, N)
    p_sigma: np.ndarray  # (N,)
    p_c: np.ndarray  # (N,)
    points: np.ndarray  # (k, N) of this generation, asked so far; the last one is next
    previous: np.ndarray  # (λ, N) of the generation before, best first; empty at the start
    previous_mean: np.ndarray | None
    mu: int  # the first μ of `previous` moved the mean

    def ellipse(self, i: int = 0, j: int = 1, deviations: float = 1.0, points: int = 100) -> np.ndarray:
        """(points, 2) outline of so many standard deviations, in the plane of coordinates i and j."""
        angle = np.linspace(0, 2 * np.pi, points)
        root = np.linalg.cholesky(self.C[np.ix_([i, j], [i, j])] + 1e-300 * np.eye(2))
        return self.mean[[i, j]] + deviations * self.sigma * np.stack([np.cos(angle), np.sin(angle)], 1) @ root.T


class CMAES(Method):
    name = "cma-es"
    Settings = CMASettings
    View = CMAView
    independent = True  # within a generation

    def __init__(self, space: Space, seed: int = 0, **settings: object) -> None:
        super().__init__(space, seed, **settings)
        self.cma = CMA(np.full(space.d, 0.5), self.settings.sigma, self.settings.population)
        self.margin = Margin(space, self.cma.s.lam)
        self._points: dict[int, np.ndarray] = {}  # trial id -> point before its stretch, of this generation
        self._values: dict[int, float] = {}
        self._previous = np.empty((0, space.d))
        self._previous_mean: np.ndarray | None = None

    def check_space(self, space: Space) -> None:
        super().check_space(space)
        needs_numbers(self.name, space)

    def propose(self) -> Proposal | None:
        if not self.cma.generation and not self._points and self.done:  # all from outside
            self.cma.mean = self.space.encode(min(self.done, key=lambda t: t.loss).config)
        if len(self._points) == self.cma.s.lam:
            return None  # wait for the rest of the generation
        x, inside = self.cma.sample(self.rng), self.margin.continuous
        for _ in range(REDRAWS):
            if ((x[inside] >= 0) & (x[inside] <= 1)).all():
                break
            x = self.cma.sample(self.rng)
        x[inside] = x[inside].clip(0, 1)
        self._points[self.next_id] = x
        return Proposal(self.space.decode(self._tried([x])[0]), info={"generation": self.cma.generation})

    def settled(self) -> int:
        rest = self.cma.s.lam - len(self._points) if self._points else 0  # of a generation
        return len(self.queue) + rest

    def _tried(self, X: Iterable[np.ndarray]) -> np.ndarray:
        """(k, N) where in the unit cube such points are tried."""
        return np.array([self.margin.stretch(self.cma.mean, x).clip(0, 1) for x in X]).reshape(-1, self.space.d)

    def observe(self, trial: Trial) -> None:
        if trial.id not in self._points:
            return
        self._values[trial.id] = trial.loss
        if len(self._values) == self.cma.s.lam:
            if min(self._values.values()) < math.inf:
                ranked = sorted(self._points, key=self._values.__getitem__)  # of equals, the earlier is first
                X = np.array([self._points[i] for i in ranked])
                self._previous, self._previous_mean = self._tried(X), self.cma.mean
                self.cma.update(X)
                self.cma.mean = self.margin.correct(self.cma.mean, self.cma.sigma * np.sqrt(np.diag(self.cma.C)))
            self._points, self._values = {}, {}

    def view(self) -> CMAView:
        c, points = self.cma, self._tried(list(self._points.values()))
        return CMAView(
            c.generation, c.mean, c.sigma, c.C, c.p_sigma, c.p_c, points, self._previous, self._previous_mean, c.s.mu
        )
