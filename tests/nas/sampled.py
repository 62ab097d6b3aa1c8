"""A few valid architectures of a space, drawn at random."""

import numpy as np


def some(spaces, n, seed=0):
    rng = np.random.default_rng(seed)
    found = []
    while len(found) < n:
        config = spaces.space.sample(rng)
        if spaces.is_valid(config):
            found.append(config)
    return found
