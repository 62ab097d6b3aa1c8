"""The knowledge gradient: by how much the lowest mean is expected to fall when one more point is tried.

    KG(x) = min_i μ_n(i) - E[min_i μ_{n+1}(i) | x is tried next],      i over a finite set of points and x itself

A value at x moves every mean along its own straight line. With one standard normal Z for the value that is not known:

    μ_{n+1}(i) = μ_n(i) + σ̃_i Z,      σ̃_i = Cov(f(i), f(x)) / √(Var f(x) + σ_n²)

so the lowest mean after the trial is the lower envelope of lines in Z, and its expectation is exact. EI asks how good x
itself may be; the knowledge gradient asks what x teaches about all points, so it also likes trials that will not be
good, and it needs no f*, which noise makes doubtful.

Papers: Frazier, Powell & Dayanik, The Knowledge-Gradient Policy for Correlated Normal Beliefs, 2009 (`gain` is its
algorithm 1, for a maximum); Scott, Frazier & Powell 2011 (x among the points, on a continuous space). Read first:
`gain`. Left out: the gradient by x, and a search for the points that matter: these are the trials and 64 quasi-random
points, or all points of a small finite space.
"""

from __future__ import annotations

import numpy as np

from nasbook.hpo.parts.acquisition import log_h
from nasbook.hpo.parts.draws import covariance
from nasbook.hpo.parts.gp import GP
from nasbook.hpo.parts.maximise import enumerate_all
from nasbook.hpo.parts.surrogate import GaussianView
from nasbook.kit.sobol import quasi_random

LEAST = 1e-6  # a standard deviation below which a value is known, and rounding is all that is left of a covariance
LISTED, SPREAD = 128, 64  # of the points among which the lowest mean is looked for


class KnowledgeGradient:
    """KG under the belief of a BayesianView."""

    climb = None

    def __init__(self, view: GaussianView) -> None:
        self.gp = view.believed
        if view.space.at_most(LISTED):
            self.among = view.see(enumerate_all(view.space))
        else:
            spread = quasi_random(view.space.d, SPREAD, np.random.default_rng(0))
            self.among = view.see(np.concatenate([view.U, spread]))

    def __call__(self, Z: np.ndarray, U: np.ndarray) -> np.ndarray:
        return knowledge_gradient(self.gp, Z, self.among)


def knowledge_gradient(gp: GP, X: np.ndarray, points: np.ndarray) -> np.ndarray:
    """KG at X (m, D): (m,), in the units of the value. `points` (k, D): where the lowest mean is looked for."""
    (mean, std), among = gp.predict(X), gp.predict(points)[0]
    spread = np.maximum(np.sqrt((std / gp.scale) ** 2 + gp.noise), LEAST)  # of a value at x, in units of gp.scale
    slopes = covariance(gp, X, points) / spread[:, None]
    own = (std / gp.scale) ** 2 / spread
    # E[min_i (μ_i + σ̃_i Z)] = -E[max_i (-μ_i + σ̃_i Z)], because Z and -Z are alike
    heights, low = -among / gp.scale, -mean / gp.scale
    return gp.scale * np.array(
        [gain(np.r_[heights, a], np.r_[b, c]) for a, b, c in zip(low, slopes, own, strict=True)]
    ).reshape(len(X))


def gain(a: np.ndarray, b: np.ndarray) -> float:
    """E[max_i (a_i + b_i Z)] - max_i a_i for a standard normal Z, from heights a (k,) and slopes b (k,).

    The upper envelope has the lines i = 1, 2, … in the order of their slopes, and line i + 1 overtakes line i at z_i.
    Then the gain is Σ_i (b_{i+1} - b_i) h(-|z_i|), h(u) = φ(u) + u Φ(u)."""
    envelope: list[tuple[float, float, float]] = []  # (height, slope, from which z on)
    order = np.lexsort((a, b))
    for height, slope in zip(a[order].tolist(), b[order].tolist(), strict=True):
        z = -np.inf
        while envelope:
            below, flatter, start = envelope[-1]
            z = (below - height) / (slope - flatter) if slope > flatter else -np.inf
            if z > start:
                break
            envelope.pop()  # the new line is above it wherever it was on top
            z = -np.inf
        envelope.append((height, slope, z))
    _, slopes, z = np.array(envelope).T
    return float(np.diff(slopes) @ np.exp(log_h(-np.minimum(np.abs(z[1:]), 1e3))))
