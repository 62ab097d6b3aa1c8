"""Functions of x in [0, 1] that the GP lab hides: what a Gaussian process expects, and what it does not.

Each has values of about unit size around 0. `TRUTHS[name]` is (words, make), and `make(seed)` gives x (m,) -> (m,).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

import nasbook
from nasbook.hpo.parts.belief import Belief

Truth = Callable[[np.ndarray], np.ndarray]


def draw_from_prior(kernel: str, lengthscale: float, seed: int) -> Truth:
    """A function drawn from a GP of mean 0 and variance 1; straight between the points of a fine grid."""
    grid = np.linspace(0, 1, 301)
    values = Belief(np.empty(0), np.empty(0), kernel, lengthscale).samples(grid, 1, seed)[0]
    return lambda x: np.interp(x, grid, values)


def forrester(seed: int) -> Truth:
    """Forrester's function, standardised: the same for every seed."""
    task = nasbook.task("forrester")
    values = task(np.linspace(0, 1, 201)[:, None])
    return lambda x: (task(np.asarray(x)[:, None]) - values.mean()) / values.std()


def jump(seed: int) -> Truth:
    """Calm at both sides of a jump, whose place the seed draws."""
    at = np.random.default_rng(seed).uniform(0.4, 0.7)
    return lambda x: np.where(x < at, -1.0, 1.0) + 0.2 * np.sin(9 * x)


TRUTHS: dict[str, tuple[str, Callable[[int], Truth]]] = {
    "smooth": ("drawn with RBF, length scale 0.2", partial(draw_from_prior, "rbf", 0.2)),
    "rough": ("drawn with Matérn 3/2, length scale 0.1", partial(draw_from_prior, "matern32", 0.1)),
    "forrester": ("Forrester's, standardised", forrester),
    "jump": ("a jump", jump),
}
