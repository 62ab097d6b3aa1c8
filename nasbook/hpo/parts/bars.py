"""A distribution of bars: what a prior-fitted network answers with, and what can be read off it exactly.

    p(y) = p_b / width_b   inside bar b;   outermost bars: half of a normal distribution, so that any y has a density

    cdf(t)         = Σ_b p_b P_b(y ≤ t)                    PI  = cdf(f*)
    EI             = E[max(f* - y, 0)] = Σ_b p_b E_b       each E_b has a closed form (`shortfall`)

A half normal has the scale at which half of it lies within as far as its bar was wide. Values are minimised.
Paper: Müller, Hollmann, Pineda Arango, Grabocka & Hutter, Transformers Can Do Bayesian Inference, 2022, section 4.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, ndtri

HALF = float(ndtri(0.75))  # a half normal of scale 1 has half of its mass below this


class Bars:
    """edges (B + 1,), rising; every function takes probabilities p (m, B) and is exact."""

    def __init__(self, edges: np.ndarray) -> None:
        self.edges = np.asarray(edges, float)
        self.left, self.right = self.edges[:-1], self.edges[1:]
        self.width = self.right - self.left
        self.low, self.high = self.width[0] / HALF, self.width[-1] / HALF  # scales of the two half normals

    def mean(self, p: np.ndarray) -> np.ndarray:
        return p @ self._moments[0]

    def std(self, p: np.ndarray) -> np.ndarray:
        return np.sqrt(np.maximum(p @ self._moments[1] - self.mean(p) ** 2, 0))

    def cdf(self, p: np.ndarray, t: float) -> np.ndarray:
        """P(y ≤ t): (m,). The probability of improvement, at t = f*."""
        share = ((t - self.left) / self.width).clip(0, 1)
        share[0] = 2 * ndtr(min(t - self.right[0], 0) / self.low)
        share[-1] = 2 * ndtr(max(t - self.left[-1], 0) / self.high) - 1
        return p @ share

    def density(self, p: np.ndarray, t: np.ndarray) -> np.ndarray:
        """Density at values t (k,) of each row of p: (m, k)."""
        t = np.asarray(t, float)
        b = np.searchsorted(self.edges[1:-1], t, side="right")
        share = 1 / self.width[b]
        for bar, edge, s in ((0, self.right[0], self.low), (len(self.width) - 1, self.left[-1], self.high)):
            half_normal = 2 / (s * np.sqrt(2 * np.pi)) * np.exp(-(((t - edge) / s) ** 2) / 2)
            share = np.where(b == bar, half_normal, share)
        return p[:, b] * share

    def shortfall(self, p: np.ndarray, t: float) -> np.ndarray:
        """E[max(t - y, 0)]: (m,). The expected improvement, at t = f*."""
        inside = (t - self.left).clip(0, self.width)
        gain = inside**2 / (2 * self.width) + (t - self.right).clip(0)
        e, s = self.right[0], self.low  # below: y = e - s |z|
        gain[0] = t - e + 2 * s * _phi(0) if t >= e else 2 * (s * _phi((e - t) / s) - (e - t) * ndtr((t - e) / s))
        e, s = self.left[-1], self.high  # above: y = e + s |z|
        a = max(t - e, 0)
        gain[-1] = 2 * (a * (ndtr(a / s) - 0.5) - s * (_phi(0) - _phi(a / s)))
        return p @ gain

    def quantile(self, p: np.ndarray, q: float) -> np.ndarray:
        """t with P(y ≤ t) = q, 0 < q < 1: (m,)."""
        below = np.cumsum(p, axis=1)
        b = np.minimum((below < q).sum(1), p.shape[1] - 1)
        rows = np.arange(len(p))
        share = ((q - below[rows, b] + p[rows, b]) / np.maximum(p[rows, b], 1e-300)).clip(1e-12, 1 - 1e-12)
        t = self.left[b] + share * self.width[b]
        t = np.where(b == 0, self.right[0] + self.low * ndtri(share / 2), t)
        return np.where(b == p.shape[1] - 1, self.left[-1] + self.high * ndtri((share + 1) / 2), t)

    @property
    def _moments(self) -> tuple[np.ndarray, np.ndarray]:
        """E_b[y] and E_b[y²]: (B,) each."""
        mean = (self.left + self.right) / 2
        square = mean**2 + self.width**2 / 12
        for b, e, s in ((0, self.right[0], -self.low), (-1, self.left[-1], self.high)):
            mean[b] = e + 2 * s * _phi(0)
            square[b] = e**2 + 4 * e * s * _phi(0) + s**2
        return mean, square


def _phi(u: float) -> float:
    return float(np.exp(-(u**2) / 2) / np.sqrt(2 * np.pi))
