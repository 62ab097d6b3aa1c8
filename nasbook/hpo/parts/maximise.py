"""Where an acquisition function is largest: many points, then steps uphill from the best of them.

    1. 1,024 quasi-random points (Sobol), the neighbours of the best trials, small steps of many sizes away from these
    2. the ten best climb along the gradient, if there is one (climb.py), and are rounded
    3. where there are Ints or Choices: the best moves to its best neighbour in the space for as long as that pays

A finite space of up to 2,048 configurations is enumerated instead, so its maximum is exact. An acquisition has flat
plains and many peaks, hence the many points; late in a search the peak is narrow, hence the small steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

import numpy as np

from nasbook.kit.sobol import quasi_random
from nasbook.space import Config, Space

ENUMERATED, SOBOL, STEPS, STARTS = 2048, 1024, 256, 10
Map = Callable[[np.ndarray], np.ndarray]  # of points (m, d): what they are worth (m,), or where they climb to (m, d)


def maximise(
    space: Space, acquire: Map, climb: Map | None, best: np.ndarray, rng: np.random.Generator
) -> Iterator[Config]:
    """Configurations in the order of their acquisition, the largest first. `best` (k, d): where to look closely."""
    if space.at_most(ENUMERATED):
        U = enumerate_all(space)
        a = acquire(U)
    else:
        near = [space.encode_all(space.neighbours(space.decode(u))) for u in best]
        U = space.snap(np.concatenate([quasi_random(space.d, SOBOL, rng), *near, around(best, space, rng)]))
        a = acquire(U)
        top = U[np.argsort(-a, kind="stable")[:STARTS]]
        more = climb(top) if climb else around(top, space, rng)
        U, a = _add(U, a, space.snap(more), acquire)
        if any(p.size < np.inf for p in space.parameters.values()):
            U, a = _walk(U, a, acquire, space)
    return (space.decode(U[i]) for i in np.argsort(-a, kind="stable"))


@lru_cache(maxsize=8)
def enumerate_all(space: Space) -> np.ndarray:
    return space.encode_all(list(space.grid({name: int(p.size) for name, p in space.parameters.items()})))


def around(points: np.ndarray, space: Space, rng: np.random.Generator) -> np.ndarray:
    """Steps away from the points: in one or more coordinates, of many sizes; a Choice is drawn anew."""
    U = np.nan_to_num(points[rng.integers(len(points), size=STEPS)], nan=0.5)
    moved = rng.random(U.shape) < rng.uniform(1 / U.shape[1], 1, (STEPS, 1))
    step = 10 ** rng.uniform(-3.5, -0.5, (STEPS, 1)) * rng.standard_normal(U.shape)
    new = np.where(space.unordered, rng.random(U.shape), (U + step).clip(0, 1))
    return np.where(moved, new, U)


def _walk(U: np.ndarray, a: np.ndarray, acquire: Map, space: Space) -> tuple[np.ndarray, np.ndarray]:
    """From the best point to its best neighbour, again and again."""
    for _ in range(20):
        top = a.max()
        near = space.neighbours(space.decode(U[np.argmax(a)]))
        U, a = _add(U, a, space.encode_all(near), acquire)
        if a.max() <= top:
            break
    return U, a


def _add(U: np.ndarray, a: np.ndarray, more: np.ndarray, acquire: Map) -> tuple[np.ndarray, np.ndarray]:
    return np.concatenate([U, more]), np.concatenate([a, acquire(more)])
