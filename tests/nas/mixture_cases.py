"""What the tests of DARTS' relatives share: a few images, short settings, and what of a search must come again."""

import numpy as np

from nasbook.nas.spaces.nb201.cell import cell_space
from nasbook.task import Task

SHORT = {"epochs": 3, "channels": 4, "batch": 50, "device": "cpu"}


class Pictures(Task):
    """Images of noise: enough to train on, not to learn from."""

    name, space = "pictures", cell_space()

    def data(self):
        rng = np.random.default_rng(0)
        draw = lambda: (rng.standard_normal((100, 8, 8)).astype(np.float32), rng.integers(0, 3, 100))  # noqa: E731
        return {"train": draw(), "val": draw()}


def history(steps):
    return [(s.trial.config, s.trial.value, s.view) for s in steps]
