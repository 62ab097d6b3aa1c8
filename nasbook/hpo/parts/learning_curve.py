"""Learning curves: fit a falling curve to the first epochs and read off where it will end.

    pow3        y = c + a x^(-α)                       c: what the training tends to
    log-power   y = a / (1 + (x / e^b)^c)              sigmoid in log x, tends to 0
    exp4        y = c + e^(b - a x^α)

For an error y that falls with the epoch x. Each model is fitted by least squares: the parameters in which y is linear
are solved for exactly, the others start from the best point of a coarse grid and are then refined together with them.
`extrapolate` averages the models, weighted by how well they fit: w ∝ exp(-BIC/2), BIC = n ln(SSE/n) + k ln n, and tells
how far they disagree. A few epochs say little about the last: look at the fan of models before you trust one.

Paper: Domhan, Springenberg & Hutter, Speeding Up Automatic Hyperparameter Optimization of Deep Neural Networks by
Extrapolation of Learning Curves, IJCAI 2015, with models for a rising accuracy; here they fall. Left out: its eight
other models and the Markov chain over all parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

Array = np.ndarray
Starts = Sequence[tuple[float, ...]]


@dataclass(frozen=True)
class Model:
    """y as a function of x and its parameters; `start` gives some starts for them, from the data (x, y)."""

    parameters: tuple[str, ...]
    formula: Callable[..., Array]
    start: Callable[[Array, Array], Starts]


def _pow3(x: Array, c: float, a: float, alpha: float) -> Array:
    return c + a * x**-alpha


def _log_power(x: Array, a: float, b: float, c: float) -> Array:
    return a / (1 + np.exp(np.clip(c * (np.log(x) - b), -500, 500)))  # (x / e^b)^c


def _exp4(x: Array, c: float, a: float, b: float, alpha: float) -> Array:
    with np.errstate(over="ignore"):  # beyond all numbers it is clipped, too
        return c + np.exp(np.clip(b - a * x**alpha, -500, 500))


def _line(g: Array, y: Array) -> tuple[float, float]:
    """Intercept and slope of y ≈ c + a g."""
    spread = ((g - g.mean()) ** 2).sum()
    a = float(((g - g.mean()) * (y - y.mean())).sum() / spread) if spread > 1e-12 else 0.0
    return float(y.mean() - a * g.mean()), a


def _start_pow3(x: Array, y: Array) -> Starts:
    return [(*_line(x**-alpha, y), alpha) for alpha in (0.1, 0.3, 0.6, 1.0, 2.0, 4.0)]


def _start_log_power(x: Array, y: Array) -> Starts:
    starts: list[tuple[float, ...]] = []
    for b, c in product(np.log(x[-1]) * np.array([0.0, 0.5, 1.0, 2.0]), (0.2, 0.5, 1.0, 2.0, 4.0)):
        g = _log_power(x, 1.0, b, c)
        starts.append((float(g @ y / (g @ g)), float(b), c))
    return starts


def _start_exp4(x: Array, y: Array) -> Starts:
    starts: list[tuple[float, ...]] = []
    for a, alpha in product((0.01, 0.1, 0.3, 1.0, 3.0), (0.3, 0.6, 1.0, 1.5)):
        c, scale = _line(np.exp(-a * x**alpha), y)
        if scale > 0:
            starts.append((c, a, float(np.log(scale)), alpha))
    return starts


MODELS = {
    "pow3": Model(("c", "a", "α"), _pow3, _start_pow3),
    "log-power": Model(("a", "b", "c"), _log_power, _start_log_power),
    "exp4": Model(("c", "a", "b", "α"), _exp4, _start_exp4),
}


@dataclass(frozen=True)
class Fit:
    """A model with the parameters of the best fit; `sse` is the sum of the squared errors."""

    model: str
    parameters: dict[str, float]
    sse: float

    def predict(self, x: Array | float) -> Array:
        """y at epochs x, of their shape."""
        return MODELS[self.model].formula(np.asarray(x, float), *self.parameters.values())


def fit(model: str, x: Sequence[float] | Array, y: Sequence[float] | Array) -> Fit | None:
    """The best fit to values y at epochs x > 0; None where there are fewer points than parameters."""
    from scipy.optimize import leastsq  # dear, and stopping by the median needs none

    m, x, y = MODELS[model], np.asarray(x, float), np.asarray(y, float)
    starts = m.start(x, y) if len(x) >= len(m.parameters) else []
    if not starts:
        return None
    errors = [float(((m.formula(x, *p) - y) ** 2).sum()) for p in starts]
    best = starts[int(np.argmin(errors))]
    found = leastsq(lambda p: m.formula(x, *p) - y, best, xtol=1e-12, ftol=1e-12, maxfev=400, full_output=True)[0]
    sse = float(((m.formula(x, *found) - y) ** 2).sum())
    return Fit(model, dict(zip(m.parameters, map(float, found), strict=True)), sse)


@dataclass(frozen=True)
class Extrapolation:
    """What a curve promises at epoch `at`: `mean`, and `std` of the models' disagreement and of the noise together."""

    at: float
    mean: float
    std: float
    fits: tuple[Fit, ...]
    weights: tuple[float, ...]

    def chance_below(self, value: float) -> float:
        """P(y < value), if the promise is normal."""
        from scipy.special import ndtr  # dear

        return float(ndtr((value - self.mean) / self.std))


def extrapolate(x: Sequence[float] | Array, y: Sequence[float] | Array, at: float) -> Extrapolation | None:
    """All models together; None where there are fewer than five points, so that no model fits them by force."""
    n = len(x)
    fits = [f for f in (fit(name, x, y) for name in MODELS) if f] if n >= 5 else []
    if not fits:
        return None
    floor = 1e-12 + (1e-3 * float(np.std(y))) ** 2  # a fit without any error is luck
    bic = np.array([n * np.log(f.sse / n + floor) + len(f.parameters) * np.log(n) for f in fits])
    w = np.exp(-(bic - bic.min()) / 2)
    w /= w.sum()
    ends = np.array([float(f.predict(at)) for f in fits])
    mean = float(w @ ends)
    noise = float(w @ [f.sse / (n - len(f.parameters)) for f in fits])
    return Extrapolation(
        at, mean, float(np.sqrt(w @ (ends - mean) ** 2 + noise + floor)), tuple(fits), tuple(w.tolist())
    )
