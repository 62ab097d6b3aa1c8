"""A prior is a generator of problems: whoever can draw from it can train a network that believes it (prior_fitted.py).

    space      d of at most `most` parameters: numbers, numbers in steps, choices; some exist only under one option
    function   a Gaussian process (60 %), a small random network or a sum of random trees (20 % each), of coordinates
               that are bent at random; sometimes on a bowl, sometimes stretched at the upper end, as losses are
    data       n points with noise are shown, m others asked about, without noise

b problems are drawn at a time, on the device of the generator. A point is described by three numbers for each of `most`
places: where it lies (u - ½, u in [0, 1]), whether that is a choice, whether the parameter exists. Values are
standardised by mean and standard deviation of the n that are shown, as they are in a search.

`gp_1d` is the prior of one variable whose posterior is known exactly: tests and the benchmark `pfn` use it. Mixed
spaces after PFNs4BO (Müller et al. 2023), whose prior is HEBO's; the bent coordinates follow Kumaraswamy's law there.
"""

from __future__ import annotations

import math

import torch
from torch import Generator, Tensor

from nasbook.hpo.parts.prior_fitted import describe

Batch = tuple[Tensor, Tensor, Tensor, Tensor]  # X (b, n, D), y (b, n), query (b, m, D), answers (b, m)


class Dice:
    """Draws of any shape from one generator."""

    def __init__(self, rng: Generator) -> None:
        self.rng, self.device = rng, rng.device

    def uniform(self, *shape: int) -> Tensor:
        return torch.rand(*shape, generator=self.rng, device=self.device)

    def normal(self, *shape: int) -> Tensor:
        return torch.randn(*shape, generator=self.rng, device=self.device)

    def coin(self, p: float, *shape: int) -> Tensor:
        return self.uniform(*shape) < p


def gp_1d(b: int, n: int, m: int, rng: Generator, lengthscale: float | None = None, noise: float = 0.1) -> Batch:
    """Functions of one variable from a GP with kernel Matérn 5/2 and variance 1; ℓ ~ LogNormal(ln ¼, ½) if None."""
    dice = Dice(rng)
    x = dice.uniform(b, n + m, 1)
    ell = torch.exp(math.log(0.25) + 0.5 * dice.normal(b, 1, 1)) if lengthscale is None else lengthscale
    f = _draw(_matern52((x - x.mT).abs() / ell), dice)
    return x[:, :n], f[:, :n] + noise * dice.normal(b, n), x[:, n:], f[:, n:]


def functions(b: int, n: int, m: int, rng: Generator, most: int = 8) -> Batch:
    """Problems of up to `most` mixed parameters, n ≥ 3 points shown, m asked about; D = 3 `most`."""
    return shown(*problems(b, n + m, rng, most), n)


def shown(X: Tensor, y: Tensor, f: Tensor, n: int) -> Batch:
    """The first n points are shown, the others asked about; standardised by what is shown."""
    shift, scale = y[:, :n].mean(1, keepdim=True), y[:, :n].std(1, keepdim=True, correction=0).clamp(min=0.01)
    return X[:, :n], (y[:, :n] - shift) / scale, X[:, n:], (f[:, n:] - shift) / scale


def problems(b: int, n: int, rng: Generator, most: int = 8) -> tuple[Tensor, Tensor, Tensor]:
    """Points (b, n, 3 most), values with noise (b, n) and without (b, n)."""
    dice = Dice(rng)
    X, Z, d = _points(b, n, most, dice)
    f, kind = torch.empty(b, n, device=dice.device), dice.uniform(b)
    for low, high, make in ((0, 0.6, _gaussian_process), (0.6, 0.8, _network), (0.8, 1.01, _trees)):
        of = (kind >= low) & (kind < high)
        if of.any():
            f[of] = make(Z[of], d[of], dice)
    bowl = ((Z - dice.uniform(b, 1, most)) ** 2 * _importance(b, most, dice)).sum(-1)
    f = _unit(f) + torch.where(dice.coin(0.35, b, 1), 2 * dice.uniform(b, 1), 0.0) * _unit(bowl)
    stretch = torch.where(dice.coin(0.5, b, 1), 1.5 * dice.uniform(b, 1) + 0.05, 1e-3)
    f = _unit(torch.expm1(stretch * _unit(f)) / stretch)
    noise = 10 ** (-3 + 2.5 * dice.uniform(b, 1))
    return X, f + noise * dice.normal(b, n), f


def _points(b: int, n: int, most: int, dice: Dice) -> tuple[Tensor, Tensor, Tensor]:
    """Descriptions (b, n, 3 most), bent coordinates (b, n, most), dimensions (b,)."""
    place = torch.arange(most, device=dice.device)
    d = (1 + most * dice.uniform(b)).long()
    used = (place < d[:, None])[:, None]  # (b, 1, most)
    u = dice.uniform(b, n, most)
    # in every other problem half of the points lie near another point, as those of a search do
    near = dice.coin(0.5, b, 1, 1) & dice.coin(0.5, b, n, 1)
    other = (n * dice.uniform(b, n, 1)).long().expand(-1, -1, most)
    step = 10 ** (-3 + 2.5 * dice.uniform(b, n, 1)) * dice.normal(b, n, most)
    u = torch.where(near, (u.gather(1, other) + step).clamp(0, 1), u)
    # choices of 2 to 6 options and numbers in 2 to 31 steps lie at the centre of their cell
    kind = dice.uniform(b, 1, most)
    choice, steps = (kind < 0.25) & used, (kind >= 0.25) & (kind < 0.45)
    k = torch.where(choice, 2 + 5 * dice.uniform(b, 1, most), 2 + 30 * dice.uniform(b, 1, most) ** 2).floor()
    cell = (u * k).floor().clamp(max=k - 1)
    u = torch.where(choice | steps, (cell + 0.5) / k, u)
    # some exist only under one of the first two options of the first choice
    first = choice.long().argmax(-1, keepdim=True)
    depends = dice.coin(0.3, b, 1, most) & choice.any(-1, keepdim=True) & (place != first)
    exists = used & (~depends | (cell.gather(2, first.expand(-1, n, -1)) == place % 2))
    # a number is bent, an option lies anywhere
    bend = torch.exp(0.4 * dice.normal(2, b, 1, most))
    z = 1 - (1 - u.clamp(1e-6, 1 - 1e-6) ** bend[0]) ** bend[1]
    z = torch.where(choice, dice.uniform(b, 8, most).gather(1, cell.long().clamp(0, 7)), z)
    z = torch.where(exists, z, torch.where(used, 0.5, 0.0))
    return describe(torch.where(exists, u, torch.nan), choice), z, d


def _gaussian_process(Z: Tensor, d: Tensor, dice: Dice) -> Tensor:
    b, _, most = Z.shape
    ell = torch.exp(math.log(0.4) + 0.5 * d.float().sqrt().log()[:, None, None] + 0.8 * dice.normal(b, 1, most))
    ell = torch.where(dice.coin(0.2, b, 1, most), 10 * ell, ell)  # what hardly matters
    r, kind = torch.cdist(Z / ell, Z / ell), dice.uniform(b, 1, 1)
    matern32 = (1 + math.sqrt(3) * r) * torch.exp(-math.sqrt(3) * r)
    smooth = torch.where(kind < 0.75, torch.exp(-(r**2) / 2), matern32)
    return _draw(torch.where(kind < 0.5, _matern52(r), smooth), dice)


def _network(Z: Tensor, d: Tensor, dice: Dice, width: int = 32) -> Tensor:
    b, _, most = Z.shape
    h = 4 * (Z - 0.5) * _importance(b, most, dice)
    for inputs in (most, width):
        W = dice.normal(b, inputs, width) / math.sqrt(inputs) * (1 + 2 * dice.uniform(b, 1, 1))
        h = torch.tanh(h @ W + dice.normal(b, 1, width))
    return (h @ dice.normal(b, width, 1))[..., 0]


def _trees(Z: Tensor, d: Tensor, dice: Dice, trees: int = 12, depth: int = 3) -> Tensor:
    b, n, _ = Z.shape
    f = torch.zeros(b, n, device=dice.device)
    for _ in range(trees):
        leaf = torch.zeros(b, n, dtype=torch.long, device=dice.device)
        for _ in range(depth):
            j = (dice.uniform(b) * d).long()
            z = Z.gather(2, j[:, None, None].expand(-1, n, 1))[..., 0]
            leaf = 2 * leaf + (z > dice.uniform(b, 1)).long()
        f += dice.normal(b, 2**depth).gather(1, leaf)
    return f


def _importance(b: int, most: int, dice: Dice) -> Tensor:
    """How much each parameter matters: a few much, others little."""
    return 3 * dice.uniform(b, 1, most) ** 3


def _draw(K: Tensor, dice: Dice) -> Tensor:
    L, _ = torch.linalg.cholesky_ex(K + 3e-4 * torch.eye(K.shape[-1], device=K.device))
    return (torch.nan_to_num(L) @ dice.normal(len(K), K.shape[-1], 1))[..., 0]


def _matern52(r: Tensor) -> Tensor:
    r = math.sqrt(5) * r
    return (1 + r + r**2 / 3) * torch.exp(-r)


def _unit(f: Tensor) -> Tensor:
    return (f - f.mean(1, keepdim=True)) / f.std(1, keepdim=True).clamp(min=1e-3)
