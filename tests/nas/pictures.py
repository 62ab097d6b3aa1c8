"""A task for tests that need a training but not a good one."""

import numpy as np

from nasbook.nas.spaces.nb201.cell import cell_space
from nasbook.task import Task


class Pictures(Task):
    """A few images of noise in each split."""

    name, space = "pictures", cell_space()

    def data(self):
        rng = np.random.default_rng(0)
        draw = lambda: (rng.standard_normal((100, 8, 8)).astype(np.float32), rng.integers(0, 3, 100))  # noqa: E731
        return {"train": draw(), "val": draw()}


def history(steps):
    """What a search has found and shown, without the seconds."""
    return [(s.trial.config, s.trial.value, s.view) for s in steps]
