"""NAS-Bench-201 as a task: 15,625 cells whose training somebody has already paid for.

task = nasbook.task("nb201-cifar10")
task.accuracy("333132")        # 0.916067, the best mean validation accuracy of all cells
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np

from nasbook.kit.checks import is_one_of
from nasbook.nas.spaces.nb201.cell import CONV1, CONV3, CellLike, all_cells, cell_space, to_config, to_row
from nasbook.space import Config
from nasbook.task import Evaluation, Report, Task
from nasbook.tasks.objectives import weigh, weighed

IMAGES = {"cifar10": 25_000, "cifar100": 5_000, "imagenet16": 3_000}  # in the validation set
SHAPES = {"cifar10": (32, 10), "cifar100": (32, 100), "imagenet16": (16, 120)}  # side of an image, classes


class NB201(Task):
    """NAS-Bench-201 (Dong & Yang, ICLR 2020): 15,625 cells of four nodes and five operations, trained 200 epochs.

    dataset: "cifar10", "cifar100" or "imagenet16" (ImageNet16-120).
    run: each cell was trained two or three times, and an evaluation shows **one** of these runs. None draws it by the
        seed of the evaluation; 0, 1 or 2 always shows that run (2 shows run 0 of a cell with two runs).
    objectives: "error" and any of "parameters", "flops" (millions), "latency" (ms, recorded on a GPU) and "seconds" of
        training, to be minimised together; () is the error alone.

    The value is the validation error as a fraction; the cost is the seconds of training that were recorded. `accuracy`,
    `regret` and `optimum` are about the mean over a cell's runs, so a single lucky run can lie below the optimum.

    Whole columns, in the order of `cells` (15625, 6): `accuracies` (15625, 3; NaN where there is no third run) and
    `mean_accuracy`, `parameters`, `flops`, `train_seconds`, `latency_seconds` (15625,). They are shared and read-only.
    Where they come from and what they mean: nasbook/data/README.md.
    """

    space = cell_space()
    knows_cost = True
    value_label = "validation error"
    limits = {}

    def __init__(self, dataset: str = "cifar10", run: int | None = None, objectives: Sequence[str] = ()) -> None:
        if not is_one_of(dataset, IMAGES):
            raise ValueError(f"NB201: dataset must be one of {', '.join(IMAGES)}, not {dataset!r}")
        if not is_one_of(run, (None, 0, 1, 2)):
            raise ValueError(f"NB201: run must be 0, 1, 2 or None (drawn for each evaluation), not {run!r}")
        self.name, self.dataset, self.run = f"nb201-{dataset}", dataset, run
        self.arguments = {} if run is None else {"run": run}
        columns = _open(dataset)
        self.accuracies, self.mean_accuracy = columns["accuracies"], columns["mean_accuracy"]
        self.parameters, self.cells = columns["parameters"], columns["cells"]
        self.train_seconds, self.latency_seconds = columns["train_seconds"], columns["latency_seconds"]
        self.flops, self._runs = columns["flops"], columns["runs"]
        self.costs = {
            "parameters": self.parameters,
            "flops": self.flops / 1e6,
            "latency": 1e3 * self.latency_seconds,
            "seconds": self.train_seconds,
        }
        self._weighed = weigh(self, objectives, self.costs)
        self.optimum = 1.0 - float(self.mean_accuracy.max())

    def evaluate(
        self,
        config: Config,
        *,
        fidelity: float | None = None,
        seed: int = 0,
        report: Report | None = None,
        checkpoint: Path | None = None,
    ) -> Evaluation:
        """One run of a cell: its validation error, and the seconds its training took."""
        row = self.row(config)
        run = (seed if self.run is None else self.run) % int(self._runs[row])
        accuracy = float(self.accuracies[row, run])
        answer = Evaluation(
            1.0 - accuracy,
            metrics={
                "accuracy": accuracy,
                "parameters": int(self.parameters[row]),
                "latency": float(self.latency_seconds[row]),
                "run": run,
            },
            cost=float(self.train_seconds[row]),
        )
        return weighed(answer, self._weighed, {name: self.costs[name][row] for name in self._weighed[1:]})

    def row(self, cell: CellLike) -> int:
        """The place of a cell in the columns; cells as in `to_cell`."""
        return to_row(cell)

    def runs(self, cell: CellLike) -> np.ndarray:
        """Validation accuracy (fractions) of the two or three runs of a cell."""
        row = self.row(cell)
        return self.accuracies[row, : self._runs[row]]

    def accuracy(self, cell: CellLike) -> float:
        """Mean validation accuracy of a cell over its runs, a fraction."""
        return float(self.mean_accuracy[self.row(cell)])

    def regret(self, cell: CellLike) -> float:
        """Mean validation error of a cell minus that of the best cell: 0 for the best, never negative."""
        return 1.0 - self.accuracy(cell) - self.optimum  # type: ignore[operator]

    def outcomes(self, objectives: Sequence[str] = ()) -> np.ndarray:
        """(15625, m) every cell in these objectives (by default the task's): the error of `run`, or the mean over the
        runs where it is None, and the costs. What a front is compared with; no search sees it."""
        names = tuple(objectives) or self._weighed or ("error",)
        mean, run = 1.0 - self.mean_accuracy, self.run
        error = mean if run is None else 1.0 - self.accuracies[np.arange(len(mean)), run % self._runs]
        return np.column_stack([error if name == "error" else self.costs[name] for name in names])

    def rank(self, cell: CellLike) -> int:
        """1 for the best cell by mean validation accuracy, 15,625 for the worst; equals share the better rank."""
        return 1 + int((self.mean_accuracy > self.accuracy(cell)).sum())

    @property
    def best(self) -> Config:
        """The cell with the best mean validation accuracy."""
        return to_config(self.cells[int(self.mean_accuracy.argmax())])


def count_flops(cells: np.ndarray, side: int, classes: int) -> np.ndarray:
    """(n,) multiply-adds of the networks of cells (n, 6) for one image: convolutions and the classifier, as the
    benchmark's authors count; normalisations, ReLUs and pooling count nothing.

    A stem of 16 channels, three stages of five cells (16, 32, 64 channels), two residual blocks that halve the side."""
    stages = [(16 * 2**k, (side // 2**k) ** 2) for k in range(3)]  # (channels, pixels)
    conv3x3, conv1x1 = (5 * sum(k * k * c * c * pixels for c, pixels in stages) for k in (3, 1))
    stem = 9 * 3 * 16 * side**2
    blocks = sum((9 * c * 2 * c + 9 * (2 * c) ** 2 + c * 2 * c) * pixels // 4 for c, pixels in stages[:2])
    head = (64 + 1) * classes
    three, one = ((cells == op).sum(1) for op in (CONV3, CONV1))
    return stem + blocks + head + three * conv3x3 + one * conv1x1


@cache
def _open(dataset: str) -> dict[str, np.ndarray]:
    """The columns of one dataset, read once a process."""
    rows = np.load(Path(__file__).parents[1] / "data" / f"nb201_{dataset}.npy")
    ran = rows["correct"] != 65535
    accuracies = np.where(ran, rows["correct"] / IMAGES[dataset], np.nan)
    runs = ran.sum(1)
    columns = {
        "accuracies": accuracies,
        "runs": runs,
        "mean_accuracy": np.where(ran, accuracies, 0.0).sum(1) / runs,
        "cells": (cells := np.array(list(all_cells()))),
        "flops": count_flops(cells, *SHAPES[dataset]),
        "parameters": rows["parameters"].astype(np.int64),
        "train_seconds": np.ascontiguousarray(rows["train_seconds"]),
        "latency_seconds": np.ascontiguousarray(rows["latency_seconds"]),
    }
    for column in columns.values():
        column.setflags(write=False)
    return columns
