"""Digits-JAHS as a task: cells and how they are trained, in one table, so that a joint search is exact and instant.

    task = nasbook.task("digits-jahs")
    nasbook.search("forest", task, trials=100)      # six edges, a learning rate and a weight decay
    task.test_accuracy(config)                      # what a report may show: the mean test accuracy of three seeds

512 cells (337 different families of functions): on the way 0 → 1 → 2 → 3 a skip, a convolution or a pooling, across it
a skip or nothing. Each was trained for real on the messy digits with 5 learning rates × 3 weight decays × 3 seeds. The
network and the recipe are those of Digits-201 (12 epochs, a rate that falls from its highest to 0 as half a cosine), in
which rate and decay are 0.1 and 0.0005. The table in numbers: nasbook/data/digits_jahs.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np

from nasbook.joining import join
from nasbook.kit.checks import is_one_of
from nasbook.nas.spaces.nb201.cell import EDGE_NAMES, EDGES
from nasbook.space import Choice, Config, Space
from nasbook.task import Evaluation, Fidelity, Report, Task
from nasbook.tasks.digits201 import Digits201
from nasbook.tasks.recorded import recorded

TABLE = Path(__file__).parents[1] / "data" / "digits_jahs.npz"
ALONG, ACROSS = ("skip", "conv1x1", "conv3x3", "avgpool"), ("none", "skip")
CELLS = Space({name: Choice(ALONG if j == i + 1 else ACROSS) for name, (i, j) in zip(EDGE_NAMES, EDGES, strict=True)})
RECIPE = Space(
    lr=Choice([0.03, 0.1, 0.3, 1.0, 3.0], ordered=True), weight_decay=Choice([0.0, 5e-4, 5e-3], ordered=True)
)
DEFAULT = {"lr": 0.1, "weight_decay": 5e-4}  # the recipe of Digits-201
IMAGES = (500, 2000)  # validation, test


class DigitsJAHS(Task):
    """Validation error of one training (one of three seeds) of a cell with a rate and a decay, after up to 12 epochs.

    run: 0, 1 or 2 always shows that seed; None draws it by the seed of the evaluation. The cost is seconds of training
    on one core, those of Digits-201, the same for every rate and decay.

    Columns in the order of `space.grid()`, cell by cell and in each its 5 × 3 recipes, read-only: `val` (7680, 3, 12)
    and `test` (7680, 3), accuracies by seed and epoch (the test images were looked at after the last); `epoch_seconds`
    (7680,). `index` (512,): cells of one number are one function of their weights and share their trainings.
    """

    name = "digits-jahs"
    space = join(CELLS, RECIPE)
    fidelity = Fidelity("epoch", 1, 12)
    knows_cost = True
    value_label = "validation error"
    limits = {}

    def __init__(self, run: int | None = None) -> None:
        if not is_one_of(run, (None, 0, 1, 2)):
            raise ValueError(f"{self.name}: run must be 0, 1, 2 or None (drawn for each evaluation), not {run!r}")
        self.run, self.arguments = run, {} if run is None else {"run": run}
        self.index, self.val, self.test, self.epoch_seconds = _open()

    def evaluate(
        self,
        config: Config,
        *,
        fidelity: float | None = None,
        seed: int = 0,
        report: Report | None = None,
        checkpoint: Path | None = None,
    ) -> Evaluation:
        """The validation error of one run after `fidelity` epochs; the epochs before it are reported on the way."""
        row, run = self.row(config), (seed if self.run is None else self.run) % 3
        return recorded(self.name, self.val[row, run], float(self.epoch_seconds[row]), fidelity, report, run)

    def row(self, config: Config) -> int:
        """The place of a configuration in the columns; ValueError for one that was not trained."""
        config = self.space.validate(config)
        place = [p.options.index(config[name]) for name, p in self.space.parameters.items()]  # type: ignore[union-attr]
        return int(np.ravel_multi_index(place, [int(p.size) for p in self.space.parameters.values()]))

    def test_accuracy(self, config: Config) -> float:
        """Mean test accuracy of the three seeds after 12 epochs: for reports, never for a searcher."""
        return float(self.test[self.row(config)].mean())

    def outcomes(self, objectives: Sequence[str] = ()) -> np.ndarray:
        """(7680, 1) the validation error of every configuration, in the order of `space.grid()`: of `run`, or the mean
        over the seeds. No search sees it."""
        errors = 1.0 - self.val[..., -1]
        return (errors.mean(1) if self.run is None else errors[:, self.run])[:, None]

    def rank(self, config: Config) -> int:
        """1 for the configuration with the best mean test accuracy, 7,680 for the worst; equals share the better."""
        return 1 + int((self.test.mean(1) > self.test_accuracy(config)).sum())


@cache
def _open() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    with np.load(TABLE) as table:
        index = table["index"].astype(int)
        val, test = table["val"][index].reshape(-1, 3, 12) / IMAGES[0], table["test"][index].reshape(-1, 3) / IMAGES[1]
    other = Digits201("messy")
    seconds = np.repeat([other.epoch_seconds[other.row(cell)] for cell in CELLS.grid()], int(RECIPE.size))
    for column in (index, val, test, seconds):
        column.setflags(write=False)
    return index, val, test, seconds


def flips(a: np.ndarray, b: np.ndarray) -> float:
    """Of all pairs that differ in a (n,) and in b (n,), the share whose order is another in b than in a."""
    i, j = np.triu_indices(len(a), 1)
    before, after = np.sign(a[i] - a[j]), np.sign(b[i] - b[j])
    differ = (before != 0) & (after != 0)
    return float((before != after)[differ].mean())
