"""From points of the unit cube to the columns that a kernel sees.

    number      u                          one column
    Choice      one-hot / √2               one column an option: two different options are at distance 1, as 0 and 1 are
    inactive    ½ (number), 0 (Choice)     a constant, so that what does not exist tells no two configurations apart

Int, Choice and a Float in steps are moved to the centre of their cell first (`Space.snap`), because every u of a cell
is the same configuration; a kernel that told them apart would expect changes where none can be (Garrido-Merchán &
Hernández-Lobato 2020).
An ordered Choice is treated as a number. The parent of a conditional parameter has columns of its own, so the kernel
still tells apart configurations in which a parameter exists from those in which it does not.
"""

from __future__ import annotations

import numpy as np

from nasbook.space import Space


class Features:
    """`features(U)`: (n, d) -> (n, D); `groups` (D,) is the parameter of each column."""

    def __init__(self, space: Space) -> None:
        self.space = space
        self.parameters = [space.parameters[name] for name in space.free]
        self.one_hot = space.unordered
        widths = [p.size if hot else 1 for p, hot in zip(self.parameters, self.one_hot, strict=True)]
        self.groups = np.repeat(np.arange(space.d), np.array(widths, int))
        starts = np.cumsum([0, *widths[:-1]])
        self.numbers = np.flatnonzero(~self.one_hot)  # the coordinates of U that are numbers …
        self.columns = starts[self.numbers].astype(int)  # … and their columns

    def __call__(self, U: np.ndarray) -> np.ndarray:
        columns = []
        for p, hot, u in zip(self.parameters, self.one_hot, np.asarray(U, float).T, strict=True):
            if hot:
                option = np.floor(np.nan_to_num(u, nan=-1) * p.size)
                columns += [(np.minimum(option, p.size - 1) == i) / np.sqrt(2) for i in range(int(p.size))]
            else:
                columns.append(np.nan_to_num(u, nan=0.5))
        return np.stack(columns, axis=1)
