"""Test functions: cheap, with a known lowest value, and as hard as the real thing in one respect each.

    f = branin(shift=1, rotation=0.5, noise=0.1)
    f(x)                    # (n, 2) -> (n,), without noise
    f.optimum, f.minimisers # the lowest value, and where it is reached: (m, 2)

A search that guesses the middle of the box, or moves along the axes only, does well on the textbook versions for the
wrong reason. So each function can be moved and turned, which leaves its lowest value as it is:

    g(x) = f(m + Rᵀ(x − s − m))        m: f's first minimiser,  s: shift,  R: rotation (orthogonal)

m + s is a minimiser of g. Beyond its classical box a function goes on by its own formula, which never falls below
the optimum; Forrester's would, and is mirrored at 0 and 1 instead.

Definitions, boxes and minimisers: Surjanovic & Bingham, Virtual Library of Simulation Experiments, sfu.ca/~ssurjano.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from nasbook.kit.checks import is_number
from nasbook.space import Config, Float, Space
from nasbook.task import Evaluation, Task

Shift: TypeAlias = int | float | Sequence[float] | np.ndarray | None
Rotation: TypeAlias = int | float | Sequence[Sequence[float]] | np.ndarray | None


class Function(Task):
    """A function of `d` numbers in a box.

    shift: a seed (a whole number), which moves every coordinate by up to a quarter of the box and keeps the minimiser
    inside; or a vector (d,) in the box's units (a float where d = 1).
    rotation: a seed, which draws R uniformly; an orthogonal matrix (d, d); where d = 2, an angle in radians (a float).
    noise: standard deviation of what is added to the value of a trial, drawn from the trial's seed.

    Raises ValueError for a shift that leaves no minimiser inside the box, and for a matrix that is not orthogonal.
    """

    value_label = "f(x)"
    slow: float | None = None  # see `slowed`

    def __init__(
        self,
        name: str,
        formula: Callable[[np.ndarray], np.ndarray],
        box: tuple[float, float] | Sequence[tuple[float, float]],
        minimisers: Sequence[Sequence[float]] | np.ndarray,
        shift: Shift = None,
        rotation: Rotation = None,
        noise: float = 0.0,
        **arguments: object,
    ) -> None:
        m = np.array(minimisers, float)  # (k, d), f's own
        self.name, self.formula, self.d = name, formula, m.shape[1]
        self.box = np.broadcast_to(np.array(box, float), (self.d, 2))
        names = ["x"] if self.d == 1 else [f"x{i + 1}" for i in range(self.d)]
        self.space = Space({n: Float(low, high) for n, (low, high) in zip(names, self.box, strict=True)})
        self.limits = dict.fromkeys(names, (-math.inf, math.inf))
        self.origin = m[0]
        self.shift, self.rotation = self._shift(shift), self._rotation(rotation)
        if not is_number(noise) or noise < 0:
            raise ValueError(f"{name}: noise is a standard deviation of at least 0, not {noise!r}")
        self.noise = float(noise)
        self.optimum = float(formula(self.origin))
        moved = self.origin + self.shift + (m - self.origin) @ self.rotation.T
        inside = np.all((moved >= self.box[:, 0]) & (moved <= self.box[:, 1]), axis=1)
        if not inside.any():
            raise ValueError(f"{name}: a shift by {self.shift.tolist()} moves every minimiser out of the box")
        self.minimisers = moved[inside]
        given = {"shift": shift, "rotation": rotation, "noise": noise or None, **arguments}
        self.arguments = {k: v for k, v in given.items() if v is not None}

    def __call__(self, x: ArrayLike) -> np.ndarray:
        """Values of points (…, d) -> (…), without noise, inside the box or not; where d = 1, (n,) are n points."""
        x = np.asarray(x, float)
        if self.d == 1 and x.ndim < 2:
            x = x[..., None]
        if x.ndim == 0 or x.shape[-1] != self.d:
            raise ValueError(f"{self.name}: points have shape (n, {self.d}), not {x.shape}")
        return self.formula(self.origin + (x - self.shift - self.origin) @ self.rotation)  # rows: Rᵀv = v R

    def slowed(self, slow: float) -> Function:
        """A trial pretends to take 1 s at the lower end of the first axis and `slow` s at its upper end."""
        if not is_number(slow) or slow <= 0:
            raise ValueError(f"{self.name}: slow is a number of seconds above 0, not {slow!r}")
        if slow != 1:
            self.slow, self.knows_cost, self.arguments = float(slow), True, {**self.arguments, "slow": float(slow)}
        return self

    def evaluate(self, config: Config, *, seed: int = 0, **_: object) -> Evaluation:
        self.check_config(config)
        value = float(self([[config[n] for n in self.space.parameters]])[0])
        cost = None if self.slow is None else self.slow ** float(self.space.encode(config)[0])
        if not self.noise:
            return Evaluation(value, cost=cost)
        noisy = value + self.noise * np.random.default_rng(seed).standard_normal()
        return Evaluation(noisy, metrics={"noiseless": value}, cost=cost)

    def _shift(self, shift: Shift) -> np.ndarray:
        if shift is None or shift is False:
            return np.zeros(self.d)
        low, high = self.box.T
        if isinstance(shift, int | np.integer):
            side = high - low
            least = np.maximum(-side / 4, low + side / 20 - self.origin)
            most = np.minimum(side / 4, high - side / 20 - self.origin)
            return _stream(_seed(self.name, "shift", shift), 1).uniform(least, most)
        s = np.atleast_1d(_numbers(shift))
        if s.shape != (self.d,) or not np.isfinite(s).all():
            raise ValueError(f"{self.name}: shift is a seed or {self.d} finite number(s), not {shift!r}")
        return s

    def _rotation(self, rotation: Rotation) -> np.ndarray:
        if rotation is None or rotation is False:
            return np.eye(self.d)
        if self.d == 1:
            raise ValueError(f"{self.name}: a function of one variable cannot be rotated")
        if isinstance(rotation, int | np.integer):
            rng = _stream(_seed(self.name, "rotation", rotation), 2)
            q, r = np.linalg.qr(rng.standard_normal((self.d, self.d)))
            q = q * np.sign(np.diag(r))  # without it QR's sign convention makes q less than uniform
            q[:, 0] *= np.sign(np.linalg.det(q))
            return q
        if isinstance(rotation, float | np.floating):
            if self.d != 2:
                raise ValueError(f"{self.name}: an angle turns two dimensions, not {self.d}; give a seed or a matrix")
            c, s = math.cos(rotation), math.sin(rotation)
            return np.array([[c, -s], [s, c]])
        q = _numbers(rotation)
        if q.shape != (self.d, self.d) or not np.allclose(q @ q.T, np.eye(self.d), atol=1e-8):
            raise ValueError(f"{self.name}: rotation is a seed or an orthogonal matrix of shape ({self.d}, {self.d})")
        return q


def _numbers(x: ArrayLike) -> np.ndarray:
    """Floats of any shape; a NaN where they are none."""
    try:
        return np.array(x, float)
    except (TypeError, ValueError, OverflowError):
        return np.array(math.nan)


def _stream(seed: int, which: int) -> np.random.Generator:
    """Random numbers of a function's own: a search with the same seed must not draw the shift as its first trial."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(which,)))


def _seed(name: str, what: str, seed: int) -> int:
    if seed < 0:
        raise ValueError(f"{name}: a whole number as {what} is a seed, so it must be at least 0, not {seed}")
    return int(seed)


def _dimension(name: str, d: object, least: int) -> int:
    if isinstance(d, bool) or not isinstance(d, int | np.integer) or d < least:
        raise ValueError(f"{name}: d must be a whole number of at least {least}, not {d!r}")
    return int(d)


# ---- the functions ---------------------------------------------------------------------------------------


def _forrester(x: np.ndarray) -> np.ndarray:
    z = 1 - np.abs(1 - np.abs(x[..., 0]) % 2)  # mirrored at 0 and 1
    return (6 * z - 2) ** 2 * np.sin(12 * z - 4)


def forrester(shift: Shift = None, noise: float = 0.0, slow: float = 1.0) -> Function:
    """f(x) = (6x − 2)² sin(12x − 4) on [0, 1]: a local minimum near 0.14, the global one, −6.02074, at 0.757249.

    slow: a trial at x pretends to take slowˣ seconds, so that time can be looked at, too."""
    m = 0.7572487578418557
    return Function("forrester", _forrester, (0, 1), [[m], [-m], [2 - m]], shift, None, noise).slowed(slow)


B, C, T = 5.1 / (4 * math.pi**2), 5 / math.pi, 1 / (8 * math.pi)


def _branin(x: np.ndarray) -> np.ndarray:
    x1, x2 = x[..., 0], x[..., 1]
    return (x2 - B * x1**2 + C * x1 - 6) ** 2 + 10 * (1 - T) * np.cos(x1) + 10


def branin(shift: Shift = None, rotation: Rotation = None, noise: float = 0.0) -> Function:
    """f(x₁, x₂) = (x₂ − b x₁² + c x₁ − 6)² + 10 (1 − t) cos x₁ + 10 on [−5, 10] × [0, 15].

    b = 5.1/4π², c = 5/π, t = 1/8π. Three equal minima, 0.397887, at (π, 2.275), (−π, 12.275) and (3π, 2.475). Beyond
    the box every odd multiple of π has one; a shift or a rotation can bring them in, and then `minimisers` has them.
    """
    odd = math.pi * np.array([1, -1, 3, -3, 5, -5, 7, -7, 9, -9])
    minimisers = np.stack([odd, B * odd**2 - C * odd + 6], axis=1)
    return Function("branin", _branin, [(-5, 10), (0, 15)], minimisers, shift, rotation, noise)


ALPHA = np.array([1.0, 1.2, 3.0, 3.2])
A = np.array(
    [
        [10, 3, 17, 3.5, 1.7, 8],
        [0.05, 10, 17, 0.1, 8, 14],
        [3, 3.5, 1.7, 10, 17, 8],
        [17, 8, 0.05, 10, 0.1, 14],
    ]
)
P = 1e-4 * np.array(
    [
        [1312, 1696, 5569, 124, 8283, 5886],
        [2329, 4135, 8307, 3736, 1004, 9991],
        [2348, 1451, 3522, 2883, 3047, 6650],
        [4047, 8828, 8732, 5743, 1091, 381],
    ]
)


def _hartmann6(x: np.ndarray) -> np.ndarray:
    return -np.exp(-(A * (x[..., None, :] - P) ** 2).sum(-1)) @ ALPHA


def hartmann6(shift: Shift = None, rotation: Rotation = None, noise: float = 0.0) -> Function:
    """f(x) = −Σᵢ αᵢ exp(−Σⱼ Aᵢⱼ (xⱼ − Pᵢⱼ)²) on [0, 1]⁶: a few wells; the deepest is −3.32237."""
    m = [0.2016895110, 0.1500106918, 0.4768739722, 0.2753324305, 0.3116516166, 0.6573005341]
    return Function("hartmann6", _hartmann6, (0, 1), [m], shift, rotation, noise)


def _ackley(x: np.ndarray) -> np.ndarray:
    distance, ripples = np.sqrt((x**2).mean(-1)), np.cos(2 * math.pi * x).mean(-1)
    return -20 * np.expm1(-0.2 * distance) - math.e * np.expm1(ripples - 1)  # expm1: exactly 0 at 0


def ackley(d: int = 2, shift: Shift = None, rotation: Rotation = None, noise: float = 0.0) -> Function:
    """f(x) = −20 exp(−0.2 √(Σxᵢ²/d)) − exp(Σcos(2πxᵢ)/d) + 20 + e on [−32.768, 32.768]ᵈ: 0 at 0, many ripples."""
    d = _dimension("ackley", d, 1)
    return Function("ackley", _ackley, (-32.768, 32.768), np.zeros((1, d)), shift, rotation, noise, d=d)


def _rosenbrock(x: np.ndarray) -> np.ndarray:
    return (100 * (x[..., 1:] - x[..., :-1] ** 2) ** 2 + (1 - x[..., :-1]) ** 2).sum(-1)


def rosenbrock(d: int = 2, shift: Shift = None, rotation: Rotation = None, noise: float = 0.0) -> Function:
    """f(x) = Σ 100 (xᵢ₊₁ − xᵢ²)² + (1 − xᵢ)² on [−2.048, 2.048]ᵈ (De Jong's box): 0 at (1, …, 1), a curved valley."""
    d = _dimension("rosenbrock", d, 2)
    return Function("rosenbrock", _rosenbrock, (-2.048, 2.048), np.ones((1, d)), shift, rotation, noise, d=d)


def _ellipsoid(x: np.ndarray, condition: float) -> np.ndarray:
    return (condition ** np.linspace(0, 1, x.shape[-1]) * x**2).sum(-1)


def ellipsoid(
    d: int = 2, condition: float = 100.0, shift: Shift = None, rotation: Rotation = None, noise: float = 0.0
) -> Function:
    """f(x) = Σ aᵢ xᵢ² on [−5, 5]ᵈ, aᵢ = c^((i−1)/(d−1)), c the condition: 0 at 0, a straight valley, √c times as long
    as wide, along x₁ until it is turned (Hansen & Ostermeier 2001)."""
    d = _dimension("ellipsoid", d, 2)
    if not is_number(condition) or condition < 1:
        raise ValueError(f"ellipsoid: condition must be a number of at least 1, not {condition!r}")
    formula = partial(_ellipsoid, condition=float(condition))
    return Function(
        "ellipsoid", formula, (-5, 5), np.zeros((1, d)), shift, rotation, noise, d=d, condition=float(condition)
    )
