"""Digits-201 as a task: every cell of NAS-Bench-201's space, trained for real on three tasks of 8×8 images.

    task = nasbook.task("digits201-digits")
    task.test_accuracy(cell)       # what a report may show: the mean test accuracy of three seeds

The 15,625 cells compute 5,044 different families of functions; each family was trained once per seed and its cells
share the numbers. `DigitsCells` trains the same networks with the same recipe, so whatever is looked up here can be
trained there.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from nasbook.nas.spaces.cell import CONV1, CONV3, all_cells, cell_space, to_row
from nasbook.search import Evaluation, Fidelity, Report, Task
from nasbook.space import Config
from nasbook.tasks.objectives import weigh, weighed

TABLE = Path(__file__).parents[1] / "data" / "digits201" / "table.npz"
IMAGES = {"digits": (300, 1197), "messy": (500, 2000), "textures": (500, 2000)}  # validation, test
TEST_AT = (1, 2, 4, 8, 12)  # the epochs after which the test images were looked at


class Digits201(Task):
    """Validation error of one training (one of three seeds) after up to 12 epochs.

    dataset: "digits", "messy" or "textures". run: 0, 1 or 2 always shows that seed; None draws it by the seed of the
    evaluation. A searcher sees validation errors of single runs; `test_accuracy` is for reports. objectives: "error"
    and "parameters" or "flops" (millions) of the network, to be minimised together; () is the error alone.

    Columns in the order of the 5,044 classes, read-only: `val` (5044, 3, 12) and `test` (5044, 3, 5), both accuracies.
    In the order of the 15,625 cells: `parameters` and `flops` (15625,); two cells of one class may differ in them,
    because a convolution that nothing reads counts, too.
    """

    space = cell_space()
    fidelity = Fidelity("epoch", 1, 12)
    value_label = "validation error"

    def __init__(self, dataset: str = "digits", run: int | None = None, objectives: Sequence[str] = ()) -> None:
        if dataset not in IMAGES:
            raise ValueError(f"Digits201: dataset must be one of {', '.join(IMAGES)}, not {dataset!r}")
        if run not in (None, 0, 1, 2):
            raise ValueError(f"Digits201: run must be 0, 1, 2 or None (drawn for each evaluation), not {run!r}")
        self.name, self.dataset, self.run = f"digits201-{dataset}", dataset, run
        self.arguments = {} if run is None else {"run": run}
        self.index, self.val, self.test = _open(dataset)
        self.parameters, self.flops = cell_costs()
        self.costs = {"parameters": self.parameters, "flops": self.flops / 1e6}
        self._weighed = weigh(self, objectives, self.costs)

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
        epochs = 12 if fidelity is None else round(fidelity)
        if not 1 <= epochs <= 12:
            raise ValueError(f"{self.name}: fidelity must lie in 1 … 12 epochs, not {fidelity:g}")
        run = (seed if self.run is None else self.run) % 3
        errors = (1.0 - self.val[self.row(config), run, :epochs]).tolist()
        for epoch, error in enumerate(errors, 1):
            if report is not None:
                report(epoch, error)
        metrics = {"accuracy": 1.0 - errors[-1], "run": run, "epochs": epochs}
        answer = Evaluation(errors[-1], metrics=metrics, curve=list(enumerate(errors, 1)))
        return weighed(answer, self._weighed, {name: self.costs[name][to_row(config)] for name in self._weighed[1:]})

    def row(self, cell: Any) -> int:
        """The class of a cell; cells as in `nasbook.nas.spaces.cell.to_cell`."""
        return int(self.index[to_row(cell)])

    def accuracy(self, cell: Any) -> float:
        """Mean validation accuracy of the three seeds after 12 epochs."""
        return float(self.val[self.row(cell), :, -1].mean())

    def test_accuracy(self, cell: Any, epochs: int = 12) -> float:
        """Mean test accuracy of the three seeds after 1, 2, 4, 8 or 12 epochs: for reports, never for a searcher."""
        if epochs not in TEST_AT:
            raise ValueError(f"{self.name}: the test images were looked at after {TEST_AT} epochs, not after {epochs}")
        return float(self.test[self.row(cell), :, TEST_AT.index(epochs)].mean())

    def outcomes(self, objectives: Sequence[str] = ()) -> np.ndarray:
        """(15625, m) every cell in these objectives (by default the task's): the error of `run` after 12 epochs, or
        the mean over the seeds where it is None, and the costs. No search sees it."""
        names = tuple(objectives) or self._weighed or ("error",)
        error = 1.0 - (self.val[..., -1].mean(1) if self.run is None else self.val[:, self.run, -1])[self.index]
        return np.column_stack([error if name == "error" else self.costs[name] for name in names])

    def rank(self, cell: Any) -> int:
        """1 for the class of cells with the best mean test accuracy, 5,044 for the worst."""
        return 1 + int((self.test[..., -1].mean(1) > self.test_accuracy(cell)).sum())


@cache
def cell_costs(channels: int = 8, classes: int = 10, side: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """(15625,) parameters of every cell's `CellNet`, and its multiply-adds (convolutions, classifier) for one image."""
    cells = np.array(list(all_cells()))
    stages = [(channels, side**2), (2 * channels, (side // 2) ** 2)]  # (channels, pixels)
    parameters = 9 * channels + 2 * channels  # the stem
    parameters += 9 * channels * 2 * channels + 2 * 2 * channels  # the reduction
    parameters += 2 * 2 * channels + (2 * channels + 1) * classes  # the last norm and the classifier
    flops = 9 * channels * stages[0][1] + 9 * channels * 2 * channels * stages[1][1] + (2 * channels + 1) * classes
    columns = [np.full(len(cells), parameters), np.full(len(cells), flops)]
    for op, k in ((CONV1, 1), (CONV3, 3)):
        many = (cells == op).sum(1)
        columns[0] += many * sum(k * k * c * c + 2 * c for c, _ in stages)
        columns[1] += many * sum(k * k * c * c * pixels for c, pixels in stages)
    for column in columns:
        column.setflags(write=False)
    return columns[0], columns[1]


@cache
def _open(dataset: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    n_val, n_test = IMAGES[dataset]
    with np.load(TABLE) as table:
        columns = table["index"], table[f"{dataset}_val"] / n_val, table[f"{dataset}_test"] / n_test
    for column in columns:
        column.setflags(write=False)
    return columns
