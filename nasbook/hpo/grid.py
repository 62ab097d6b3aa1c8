"""Grid search: every combination of a few levels per parameter, in an order drawn once.

    G = L_1 × … × L_d,   |G| = Π |L_i|

n levels on each of d axes cost n^d trials, and each axis still sees only n distinct values: where one axis matters, a
grid of n^d trials learns as much about it as n trials would. The order is shuffled, so that a search that stops early
has seen the whole space thinly rather than one corner of it; `shuffle=False` walks the last parameter fastest.

Left out: refining the grid around the best point.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nasbook.search import Method
from nasbook.space import Config, Float, Space


@dataclass(frozen=True)
class GridSettings:
    resolution: int = 5  # levels of a Float, and at most of an Int
    shuffle: bool = True
    limit: int = 1_000_000  # points that the shuffled order may hold

    def __post_init__(self) -> None:
        if self.resolution < 2:
            raise ValueError(f"resolution must be at least 2, not {self.resolution}")


class GridSearch(Method):
    name = "grid"
    Settings = GridSettings

    def __init__(self, space: Space, seed: int = 0, **settings: object) -> None:
        super().__init__(space, seed, **settings)
        self.points = space.grid(self.settings.resolution)
        if self.settings.shuffle:
            points = list(self.points)
            self.points = (points[i] for i in self.rng.permutation(len(points)))

    def check_space(self, space: Space) -> None:
        n = self.settings.resolution
        floats = [p for p in space.parameters.values() if isinstance(p, Float)]
        levels = [len(p.levels(n)) for p in space.parameters.values()]
        if np.prod(levels, dtype=float) > self.settings.limit:
            raise ValueError(
                f"grid: {' × '.join(map(str, levels))} points are more than {self.settings.limit:,}; lower the "
                f"resolution ({n}{'' if floats else ', although this space has no Float'}), or use 'random'"
            )

    def propose(self) -> Config | None:
        return next(self.points, None)
