"""Acquisition functions: how much a point promises, given the belief about it.

The belief at m points is a mean μ (m,) and a standard deviation σ (m,); f* is the lowest value seen. Values are
minimised, and of an acquisition the larger is the better. With u = (f* - ξ - μ) / σ:

    PI = Φ(u)        EI = σ h(u),  h(u) = φ(u) + u Φ(u)        LogEI = ln σ + ln h(u)        UCB = -(μ - κ σ)

`ucb` is the confidence bound under its usual name; since we minimise, it is the lower one, with its sign changed. What
has no formula in μ and σ has a file of its own: thompson.py, per_second.py, knowledge_gradient.py.

Papers: Kushner 1964 (PI); Jones, Schonlau & Welch 1998 (EI); Srinivas et al. 2010 (UCB); Ament et al., Unexpected
Improvements to Expected Improvement, 2023 (LogEI; `log_h` is its equation 9 with the cases of its appendix);
Hutter, Hoos, Leyton-Brown & Murphy, An Experimental Investigation of Model-Based Parameter Optimisation, 2009
(`log_normal_ei`).
Each function takes and returns arrays of shape (m,); `SLOPES` holds ∂/∂μ and ∂/∂σ, by which a search can climb.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import erfcx, log_ndtr, ndtr

TINY = 1e-100  # in place of σ = 0, where the formulae become their limits
Array = np.ndarray


def pi(mean: Array, std: Array, best: float, xi: float = 0.0) -> Array:
    """Probability of improvement: Φ(u)."""
    return ndtr(_u(mean, std, best, xi))


def ei(mean: Array, std: Array, best: float, xi: float = 0.0) -> Array:
    """Expected improvement: E[max(f* - ξ - f, 0)] = σ (φ(u) + u Φ(u))."""
    u = _u(mean, std, best, xi)
    return np.maximum(np.maximum(std, TINY) * (_phi(u) + u * ndtr(u)), 0)


def log_ei(mean: Array, std: Array, best: float, xi: float = 0.0) -> Array:
    """Logarithm of the expected improvement; still has a slope where EI is 0 to rounding."""
    return np.log(np.maximum(std, TINY)) + log_h(_u(mean, std, best, xi))


def log_normal_ei(mean: Array, std: Array, best: float) -> Array:
    """E[max(best - eᵗ, 0)] of t ~ N(mean, std²): best Φ(v) - exp(μ + σ²/2) Φ(v - σ), v = (ln best - μ) / σ."""
    std = np.maximum(std, TINY)
    v = (np.log(best) - mean) / std
    return np.maximum(best * ndtr(v) - np.exp(mean + std**2 / 2 + log_ndtr(v - std)), 0)


def ucb(mean: Array, std: Array, best: float | None = None, kappa: float = 2.576) -> Array:
    """Confidence bound: -(μ - κ σ). `best` is not used."""
    return kappa * np.asarray(std) - mean


ACQUISITIONS: dict[str, Callable[..., Array]] = {"log_ei": log_ei, "ei": ei, "pi": pi, "ucb": ucb}


def log_h(u: Array) -> Array:
    """ln(φ(u) + u Φ(u)) without cancellation or underflow, for any u.

    For u ≤ -1:  h(u) = φ(u) (1 - |u| Φ(u)/φ(u)),  Φ(u)/φ(u) = √(π/2) erfcx(|u|/√2);  far out  h(u) → φ(u)/u²."""
    u = np.asarray(u, float)
    a = np.maximum(-u, 1.0)  # |u| where u ≤ -1
    with np.errstate(divide="ignore", invalid="ignore"):
        near = np.log(_phi(u) + u * ndtr(u))
        middle = np.log1p(-a * np.sqrt(np.pi / 2) * erfcx(a / np.sqrt(2)))
        far = np.log1p(-3 / a**2) - 2 * np.log(a)
    tail = np.where(a < 1e3, middle, far)
    return np.where(u > -1, near, -(u**2) / 2 - np.log(2 * np.pi) / 2 + tail)


# ---- slopes: (∂a/∂μ, ∂a/∂σ) --------------------------------------------------------------------------------


def _pi_slopes(mean: Array, std: Array, best: float, xi: float = 0.0) -> tuple[Array, Array]:
    u = _u(mean, std, best, xi)
    return -_phi(u) / np.maximum(std, TINY), -u * _phi(u) / np.maximum(std, TINY)


def _ei_slopes(mean: Array, std: Array, best: float, xi: float = 0.0) -> tuple[Array, Array]:
    u = _u(mean, std, best, xi)
    return -ndtr(u), _phi(u)


def _log_ei_slopes(mean: Array, std: Array, best: float, xi: float = 0.0) -> tuple[Array, Array]:
    u = _u(mean, std, best, xi)  # EI'/EI with each part in logarithms
    ln_ei = np.log(np.maximum(std, TINY)) + log_h(u)
    return -np.exp(log_ndtr(u) - ln_ei), np.exp(-(u**2) / 2 - np.log(2 * np.pi) / 2 - ln_ei)


def _ucb_slopes(mean: Array, std: Array, best: float | None = None, kappa: float = 2.576) -> tuple[Array, Array]:
    return np.full(np.shape(mean), -1.0), np.full(np.shape(mean), kappa)


SLOPES: dict[str, Callable[..., tuple[Array, Array]]] = {
    "log_ei": _log_ei_slopes,
    "ei": _ei_slopes,
    "pi": _pi_slopes,
    "ucb": _ucb_slopes,
}


def _u(mean: Array, std: Array, best: float, xi: float) -> Array:
    return (best - xi - np.asarray(mean)) / np.maximum(std, TINY)


def _phi(u: Array) -> Array:
    return np.exp(-(u**2) / 2) / np.sqrt(2 * np.pi)
