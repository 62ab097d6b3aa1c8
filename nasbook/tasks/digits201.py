"""Digits-201 as a task: every cell of NAS-Bench-201's space, trained for real on three tasks of 8×8 images.

    task = nasbook.task("digits201-digits")
    task.test_accuracy(cell)       # what a report may show: the mean test accuracy of three seeds
    task.cost(cell)                # parameters, FLOPs, latency and seconds of training
    task.proxy("synflow", cell)    # a zero-cost score of the network before its training

The 15,625 cells compute 5,044 different families of functions. The simplest cell of each was trained once per seed, and
its whole family shares the numbers, costs and scores too. `DigitsCells` trains the same networks with the same recipe,
so whatever is looked up here can be trained there. The table in numbers: nasbook/data/digits201/STATISTICS.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np

from nasbook.kit.checks import is_one_of
from nasbook.nas.spaces.nb201.cell import CellLike, cell_space, to_row
from nasbook.space import Config
from nasbook.task import Evaluation, Fidelity, Report, Task
from nasbook.tasks.objectives import weigh, weighed
from nasbook.tasks.recorded import recorded

TABLE = Path(__file__).parents[1] / "data" / "digits201" / "table.npz"
COSTS = TABLE.with_name("costs.npz")
IMAGES = {"digits": (300, 1197), "messy": (500, 2000), "textures": (500, 2000)}  # validation, test
STEPS = {"digits": 6, "messy": 20, "textures": 12}  # of 50 images, in an epoch of training
TEST_AT = (1, 2, 4, 8, 12)  # the epochs after which the test images were looked at


class Digits201(Task):
    """Validation error of one training (one of three seeds) after up to 12 epochs.

    dataset: "digits", "messy" or "textures". run: 0, 1 or 2 always shows that seed; None draws it by the seed of the
    evaluation. A searcher sees validation errors of single runs; `test_accuracy` is for reports. The cost is seconds of
    training on one core, the number of epochs times those of one; validation is not in it. objectives: "error" and
    "parameters", "flops" (millions), "latency" (ms) or "seconds" of training, to be minimised together; () is the error
    alone.

    Columns in the order of the 5,044 classes, read-only: `val` (5044, 3, 12) and `test` (5044, 3, 5), both accuracies;
    `epoch_seconds` (5044,); by name `columns`: parameters, flops (multiply-adds), latency and step (seconds, from a
    model of the measured ones, which are latency_measured and step_measured); and `scores`: the proxies of
    nasbook.estimate.zero_cost. Where they come from: nasbook/data/README.md.
    """

    space = cell_space()
    fidelity = Fidelity("epoch", 1, 12)
    knows_cost = True
    value_label = "validation error"
    limits = {}

    def __init__(self, dataset: str = "digits", run: int | None = None, objectives: Sequence[str] = ()) -> None:
        if not is_one_of(dataset, IMAGES):
            raise ValueError(f"Digits201: dataset must be one of {', '.join(IMAGES)}, not {dataset!r}")
        if not is_one_of(run, (None, 0, 1, 2)):
            raise ValueError(f"Digits201: run must be 0, 1, 2 or None (drawn for each evaluation), not {run!r}")
        self.name, self.dataset, self.run = f"digits201-{dataset}", dataset, run
        self.arguments = {} if run is None else {"run": run}
        self.index, self.val, self.test = _open(dataset)
        self.columns, self.scores = _open_costs(dataset)
        self.epoch_seconds = STEPS[dataset] * self.columns["step"]
        units = {"parameters": 1.0, "flops": 1e-6, "latency": 1e3}
        self.costs = {name: unit * self.columns[name] for name, unit in units.items()}
        self.costs["seconds"] = 12 * self.epoch_seconds
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
        row, run = self.row(config), (seed if self.run is None else self.run) % 3
        answer = recorded(self.name, self.val[row, run], float(self.epoch_seconds[row]), fidelity, report, run)
        costs = {name: column[row] for name, column in self.costs.items()}
        return weighed(answer, self._weighed, {**costs, "seconds": answer.cost or 0.0})

    def row(self, cell: CellLike) -> int:
        """The class of a cell; cells as in `nasbook.nas.spaces.nb201.cell.to_cell`."""
        return int(self.index[to_row(cell)])

    def accuracy(self, cell: CellLike) -> float:
        """Mean validation accuracy of the three seeds after 12 epochs."""
        return float(self.val[self.row(cell), :, -1].mean())

    def test_accuracy(self, cell: CellLike, epochs: int = 12) -> float:
        """Mean test accuracy of the three seeds after 1, 2, 4, 8 or 12 epochs: for reports, never for a searcher."""
        if epochs not in TEST_AT:
            raise ValueError(f"{self.name}: the test images were looked at after {TEST_AT} epochs, not after {epochs}")
        return float(self.test[self.row(cell), :, TEST_AT.index(epochs)].mean())

    def cost(self, cell: CellLike) -> dict[str, float]:
        """What the cell's network costs: parameters; flops (multiply-adds) and latency (seconds) for one image;
        epoch_seconds, an epoch of training. Seconds are those of one core of a small machine."""
        row = self.row(cell)
        found = {name: float(self.columns[name][row]) for name in ("parameters", "flops", "latency")}
        return {**found, "epoch_seconds": float(self.epoch_seconds[row])}

    def proxy(self, name: str, cell: CellLike) -> float:
        """A score of nasbook.estimate.zero_cost at the start of the training with seed 0, on its first 50 images."""
        if name not in self.scores:
            raise ValueError(f"{self.name}: there is no proxy {name!r}; it can be {', '.join(self.scores)}")
        return float(self.scores[name][self.row(cell)])

    def outcomes(self, objectives: Sequence[str] = ()) -> np.ndarray:
        """(15625, m) every cell in these objectives (by default the task's): the error of `run` after 12 epochs, or
        the mean over the seeds where it is None, and the costs. No search sees it."""
        names = tuple(objectives) or self._weighed or ("error",)
        error = 1.0 - (self.val[..., -1].mean(1) if self.run is None else self.val[:, self.run, -1])[self.index]
        return np.column_stack([error if name == "error" else self.costs[name][self.index] for name in names])

    def rank(self, cell: CellLike) -> int:
        """1 for the class of cells with the best mean test accuracy, 5,044 for the worst."""
        return 1 + int((self.test[..., -1].mean(1) > self.test_accuracy(cell)).sum())


@cache
def _open(dataset: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    n_val, n_test = IMAGES[dataset]
    with np.load(TABLE) as table:
        columns = table["index"], table[f"{dataset}_val"] / n_val, table[f"{dataset}_test"] / n_test
    for column in columns:
        column.setflags(write=False)
    return columns


@cache
def _open_costs(dataset: str) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """(parameters, flops, latency, step), (the proxies)."""
    with np.load(COSTS) as table:
        names = ("parameters", "flops", "latency", "step", "latency_measured", "step_measured")
        columns = {name: table[name].astype(float) for name in names}
        scores = {name: columns[name] for name in ("parameters", "flops")} | {"synflow": table["synflow"].astype(float)}
        mine = [name for name in table.files if name.startswith(f"{dataset}_")]
        scores |= {name.removeprefix(f"{dataset}_"): table[name].astype(float) for name in mine}
    for column in (*columns.values(), *scores.values()):
        column.setflags(write=False)
    return columns, scores
