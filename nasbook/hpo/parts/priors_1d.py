"""Priors over functions of one variable, each a generator of problems, for a network that is trained while one watches.

    draw(b, n, m, rng) -> x (b, n), y (b, n), query (b, m), target (b, m)      n points are shown, m are asked about

    smooth    Gaussian process, Matérn 5/2, length scale 0.2                   f | x, y is normal
    any       Gaussian process, Matérn 5/2, ℓ ~ LogNormal(ln ¼, ½)             a mixture over ℓ of normal ones
    steps     constant between 1 to 6 cuts, anywhere; levels ~ N(0, 1)
    network   Σ_j v_j tanh(a_j (x - c_j)) / √16,  a_j ~ N(0, 12²), v_j ~ N(0, 1.2²)

x ~ U(0, 1). The points shown have an error with standard deviation NOISE, those asked about have none. The first two
have a posterior that is known (`exact`), which says how much a network has still to learn. `own` makes a prior of any
function that draws: what it can draw is believed possible, and nothing else.

Paper: Müller et al., Transformers Can Do Bayesian Inference, 2022.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike
from scipy.special import ndtr
from torch import Generator, Tensor

from nasbook.hpo.parts.problems import Batch, Dice, gp_1d

NOISE, ELL = 0.1, 0.2  # standard deviation of the error; length scale of `smooth`
GRID = 25  # length scales over which the exact posterior of `any` sums


@dataclass(frozen=True)
class Mixture:
    """Normal distributions with weights (k,), means and standard deviations (k, m)."""

    weights: np.ndarray
    means: np.ndarray
    stds: np.ndarray

    @property
    def mean(self) -> np.ndarray:
        return self.weights @ self.means

    @property
    def std(self) -> np.ndarray:
        return np.sqrt(self.weights @ (self.means**2 + self.stds**2) - self.mean**2)

    def density(self, t: np.ndarray) -> np.ndarray:
        """Density at values t (j,): (m, j)."""
        std = self.stds[..., None]
        z = (np.asarray(t) - self.means[..., None]) / std
        return np.einsum("k,kmj->mj", self.weights, np.exp(-(z**2) / 2) / (std * math.sqrt(2 * math.pi)))

    def quantile(self, q: float) -> np.ndarray:
        """t with P(y ≤ t) = q, by halving an interval: (m,)."""
        low, high = (self.means - 9 * self.stds).min(0), (self.means + 9 * self.stds).max(0)
        for _ in range(40):
            t = (low + high) / 2
            below = self.weights @ ndtr((t - self.means) / self.stds) < q
            low, high = np.where(below, t, low), np.where(below, high, t)
        return (low + high) / 2


@dataclass(frozen=True)
class Prior:
    """draw(b, n, m, rng): a batch. ells: the length scales (k,) that a Gaussian process may have, all equally likely,
    where the prior is one: then `exact` knows the posterior."""

    name: str
    draw: Callable[[int, int, int, Generator], Batch]
    ells: Tensor | None = None

    def exact(self, x: Tensor, y: Tensor, query: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The posterior at query (b, m) after x, y (b, n): a mixture of k normal distributions. Weights (b, k), means
        and standard deviations (b, k, m)."""
        if self.ells is None:
            raise ValueError(f"nobody knows the posterior of the prior {self.name!r} exactly")
        x, y, query = (part[:, None].double() for part in (x, y, query))  # (b, 1, ·)
        ell = self.ells.double()[:, None, None]
        K = _matern52(x, x, ell) + NOISE**2 * torch.eye(x.shape[-1])
        L = torch.linalg.cholesky(K)  # (b, k, n, n)
        a = torch.linalg.solve_triangular(L, y.expand(-1, len(ell), -1)[..., None], upper=False)[..., 0]
        B = torch.linalg.solve_triangular(L, _matern52(x, query, ell), upper=False)  # (b, k, n, m)
        mean, var = (a[..., None] * B).sum(-2), 1 - B.square().sum(-2)
        log_evidence = -a.square().sum(-1) / 2 - L.diagonal(dim1=-2, dim2=-1).log().sum(-1)
        return log_evidence.softmax(-1), mean, var.clamp(min=1e-9).sqrt()

    def log_p(self, x: Tensor, y: Tensor, query: Tensor, target: Tensor) -> Tensor:
        """log p(target | x, y) of the exact posterior: (b, m)."""
        w, mean, std = self.exact(x, y, query)
        z = (target[:, None].double() - mean) / std
        return torch.logsumexp(w.log()[..., None] - z.square() / 2 - std.log() - math.log(2 * math.pi) / 2, 1)

    def posterior(self, x: np.ndarray, y: np.ndarray, at: np.ndarray) -> Mixture:
        """The posterior at `at` (m,) after values y (n,) at x (n,)."""
        parts = self.exact(*(torch.as_tensor(np.asarray(part, float))[None] for part in (x, y, at)))
        return Mixture(*(part[0].numpy() for part in parts))

    def moments(self, x: Tensor, y: Tensor, query: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation (b, m) of the exact posterior."""
        w, means, stds = self.exact(x, y, query)
        mean = torch.einsum("bk,bkm->bm", w, means)
        square = torch.einsum("bk,bkm->bm", w, means**2 + stds**2)
        return mean, (square - mean**2).clamp(min=1e-12).sqrt()


def _gp(lengthscale: float | None) -> Callable[[int, int, int, Generator], Batch]:
    def draw(b: int, n: int, m: int, rng: Generator) -> Batch:
        X, y, query, f = gp_1d(b, n, m, rng, lengthscale, NOISE)
        return X[..., 0], y, query[..., 0], f

    return draw


def _steps(b: int, n: int, m: int, rng: Generator) -> Batch:
    dice = Dice(rng)
    x, cuts = dice.uniform(b, n + m), dice.uniform(b, 1, 6)
    there = torch.arange(6) < 1 + (6 * dice.uniform(b, 1, 1)).long()
    piece = ((x[..., None] > cuts) & there).sum(-1)
    return _shown(x, dice.normal(b, 7).gather(1, piece), n, dice)


def _network(b: int, n: int, m: int, rng: Generator) -> Batch:
    dice = Dice(rng)
    x, a, c, v = dice.uniform(b, n + m), 12 * dice.normal(b, 1, 16), dice.uniform(b, 1, 16), 1.2 * dice.normal(b, 16, 1)
    return _shown(x, (torch.tanh(a * (x[..., None] - c)) @ v)[..., 0] / 4, n, dice)


Draw = Callable[[np.random.Generator, np.ndarray], ArrayLike]  # (rng, x) -> y: one function, at x


def own(draw: Draw, noise: float = NOISE, name: str = "own") -> Prior:
    """The prior of a function `draw(rng, x) -> y` that draws one function and tells its values at x, an array of any
    length. ValueError says what is wrong with what it returns."""
    if not callable(draw):
        raise ValueError(f"a prior is a function draw(rng, x) -> y, not a {type(draw).__name__}")

    def batch(b: int, n: int, m: int, rng: Generator) -> Batch:
        dice, seed = Dice(rng), int(torch.randint(2**62, (), generator=rng))
        x, numbers = dice.uniform(b, n + m), np.random.default_rng(seed)
        f = torch.stack([torch.from_numpy(_drawn(draw, numbers, row)) for row in x.double().numpy()])
        return _shown(x, f.float(), n, dice, noise)

    return Prior(name, batch)


def _drawn(draw: Draw, rng: np.random.Generator, x: np.ndarray) -> np.ndarray:
    try:
        y = draw(rng, x.copy())
    except Exception as error:
        raise ValueError(f"draw(rng, x) failed: {type(error).__name__}: {error}") from error
    try:
        y = np.array(y)
    except ValueError:  # rows of different lengths
        y = np.array(None)
    if y.dtype.kind not in "fiub":
        raise ValueError("draw(rng, x) must return an array of numbers, and returned something else")
    if y.shape != x.shape:
        raise ValueError(f"draw(rng, x) must return one number for each x, shape {x.shape}, not {y.shape}")
    if not (np.abs(y) < 1e6).all():
        raise ValueError(f"draw(rng, x) must return numbers between -1e6 and 1e6, not {y[~(np.abs(y) < 1e6)][0]}")
    return y.astype(float)


def _shown(x: Tensor, f: Tensor, n: int, dice: Dice, noise: float = NOISE) -> Batch:
    return x[:, :n], f[:, :n] + noise * dice.normal(len(f), n), x[:, n:], f[:, n:]


def _matern52(a: Tensor, b: Tensor, ell: Tensor) -> Tensor:
    r = math.sqrt(5) * (a[..., :, None] - b[..., None, :]).abs() / ell
    return (1 + r + r**2 / 3) * torch.exp(-r)


def _lengthscales() -> Tensor:
    """Quantiles of the LogNormal(ln ¼, ½) of `gp_1d`."""
    middle = (torch.arange(GRID) + 0.5) / GRID
    return 0.25 * torch.exp(0.5 * torch.special.ndtri(middle.double()))


PRIORS = {
    prior.name: prior
    for prior in (
        Prior("smooth", _gp(ELL), torch.tensor([ELL])),
        Prior("any", _gp(None), _lengthscales()),
        Prior("steps", _steps),
        Prior("network", _network),
    )
}
