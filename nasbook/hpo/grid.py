"""Grid search: every combination of a few levels per parameter, in an order drawn once.

    G = L_1 × … × L_d,   |G| = Π |L_i|

n levels on each of d axes cost n^d trials, and each axis still sees only n distinct values: where one axis matters, a
grid of n^d trials learns as much about it as n trials would. The order is shuffled, so that a search that stops early
has seen the whole space thinly rather than one corner of it; `shuffle=False` walks the last parameter fastest.

Left out: refining the grid around the best point.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

from nasbook.kit.checks import flag, whole
from nasbook.method import Method
from nasbook.space import Config, Space


@dataclass(frozen=True)
class GridSettings:
    resolution: int = field(default=5, metadata={"help": "Levels of a Float, and at most of an Int."})
    shuffle: bool = field(default=True, metadata={"help": "Walk the grid in a random order."})
    limit: int = field(default=1_000_000, metadata={"help": "A grid of more points than this is refused."})

    def __post_init__(self) -> None:
        whole("resolution", self.resolution, 2)
        flag("shuffle", self.shuffle)
        whole("limit", self.limit, 1)


class GridSearch(Method):
    name = "grid"
    several = True
    independent = True
    Settings = GridSettings

    def __init__(self, space: Space, seed: int = 0, **settings: object) -> None:
        super().__init__(space, seed, **settings)
        points = list(space.grid(self.settings.resolution))
        order = self.rng.permutation(len(points)) if self.settings.shuffle else range(len(points))
        self.points = deque(points[i] for i in order)

    def check_space(self, space: Space) -> None:
        n = self.settings.resolution
        floats = [p for p in space.parameters.values() if p.size == math.inf]
        levels = [len(p.levels(n)) for p in space.parameters.values()]
        if not space.at_most(self.settings.limit, n):
            words = " × ".join(map(str, levels[:6])) + (f" × … ({len(levels)} parameters)" if len(levels) > 6 else "")
            raise ValueError(
                f"grid: {words} points are more than {self.settings.limit:,}; lower the "
                f"resolution ({n}{'' if floats else ', although this space has no Float'}), or use 'random'"
            )

    def new_configurations(self, trials: int) -> int:
        return 0  # it ends with the grid

    def propose(self) -> Config | None:
        return self.points.popleft() if self.points else None

    def settled(self) -> int:
        return len(self.queue) + len(self.points)
