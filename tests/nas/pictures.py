"""A task for tests that need a training but not a good one."""

import numpy as np

import nasbook
from nasbook.nas.spaces.nb201.cell import cell_space
from nasbook.task import Task


class Pictures(Task):
    """A few images of noise in each split."""

    name, space = "pictures", cell_space()

    def __init__(self, n=100, shape=(8, 8), classes=3, space=space):
        rng = np.random.default_rng(0)
        draw = lambda: (rng.standard_normal((n, *shape)).astype(np.float32), rng.integers(0, classes, n))  # noqa: E731
        self.splits, self.space = {"train": draw(), "val": draw()}, space

    def data(self):
        return self.splits


def history(steps):
    """What a search has found and shown, without the seconds."""
    return [(s.trial.config, s.trial.value, s.view) for s in steps]


def stopped_and_gone_on(name, task, folder, stops, **options):
    """Histories of a search left after each of these steps (-1: the last) and gone on with, and of a whole one."""
    whole, file = history(nasbook.steps(name, task, **options)), folder / "trace.jsonl"
    for stop in np.arange(len(whole))[list(stops)]:
        going = nasbook.steps(name, task, out=file, resume=True, **options)
        while next(going).index != stop:
            pass
        going.close()
    list(nasbook.steps(name, task, out=file, resume=True, **options))
    return history(nasbook.replay(nasbook.Trace.load(file))), whole
