"""A function of two variables of which one may hardly matter, as in figure 1 of Bergstra & Bengio 2012.

    f(x1, x2) = g(x1) + importance · h(x2)        on [0, 1]²

g and h are valleys drawn from the seed: three Gaussian wells, one of depth 1 and two shallower ones; the lowest value
of each is 0. With importance 1 both variables matter alike; with importance 0 a search that tries x1 = 0.3 five times,
each with another x2, has learnt the same thing five times.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nasbook.kit.checks import is_number
from nasbook.tasks.functions import Function, Rotation, Shift


@dataclass(frozen=True)
class Valleys:
    """1 − Σ depthᵢ exp(−(t − centreᵢ)² / 2 widthᵢ²) of a number t; arrays (3,), the well of depth 1 first."""

    centres: np.ndarray
    depths: np.ndarray
    widths: np.ndarray

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> Valleys:
        """Centres in three bands of [0, 1], so that no well hides another; which of them is deepest is drawn, too."""
        centres = rng.permutation((np.arange(3) + rng.uniform(0.15, 0.85, 3)) / 3)
        return cls(centres, np.append(1.0, rng.uniform(0.3, 0.75, 2)), rng.uniform(0.05, 0.1, 3))

    def __call__(self, t: np.ndarray) -> np.ndarray:
        z = (np.asarray(t, float)[..., None] - self.centres) / self.widths
        return 1 - (self.depths * np.exp(-(z**2) / 2)).sum(-1)

    @property
    def lowest(self) -> float:
        """Where in [0, 1] the value is lowest: the best of a grid, and of finer ones between its neighbours."""
        best = 0.5
        for reach in (0.5, 1e-3, 2e-6, 4e-9):
            low, high = max(0.0, best - reach), min(1.0, best + reach)
            t = np.linspace(low, high, 1001)
            best = float(t[np.argmin(self(t))])
        return best


def uneven_axes(
    importance: float = 0.1, seed: int = 0, shift: Shift = None, rotation: Rotation = None, noise: float = 0.0
) -> Function:
    """f(x₁, x₂) = g(x₁) + importance · h(x₂) on [0, 1]²; `seed` draws g and h, which are alike in kind.

    importance: from 0 (x₂ does not matter) to 1. ValueError for others, and for a seed that is no whole number.
    """
    if not is_number(importance) or not 0 <= importance <= 1:
        raise ValueError(f"uneven-axes: importance must lie in [0, 1], not {importance!r}")
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise ValueError(f"uneven-axes: seed must be a whole number of at least 0, not {seed!r}")
    streams = [np.random.default_rng(np.random.SeedSequence(int(seed), spawn_key=(3, k))) for k in range(2)]
    g, h = (Valleys.drawn(rng) for rng in streams)
    at, w = np.array([g.lowest, h.lowest]), float(importance)

    def formula(x: np.ndarray) -> np.ndarray:
        return (g(x[..., 0]) - g(at[0])) + w * (h(x[..., 1]) - h(at[1]))

    arguments = {"importance": w, "seed": int(seed)}
    return Function("uneven-axes", formula, (0, 1), [at.tolist()], shift, rotation, noise, **arguments)
