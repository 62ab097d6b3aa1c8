"""Digits-HPO as a task: 9,720 small networks, trained for real on three tasks of 8×8 images, with their curves.

    task = nasbook.task("digits-hpo-messy")
    task.test_accuracy(config)     # what a report may show: the mean test accuracy of two seeds

Every MLP of a grid over eight hyperparameters was trained for 27 epochs with two seeds. A search that stops trainings
early can be repeated here in milliseconds, and compared with what the stopped ones would have reached.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np

from nasbook.kit.checks import is_one_of
from nasbook.space import Choice, Config, Space
from nasbook.task import Evaluation, Fidelity, Report, Task
from nasbook.tasks.objectives import weigh, weighed
from nasbook.tasks.recorded import recorded

TABLE = Path(__file__).parents[1] / "data" / "digits_hpo.npz"
IMAGES = {"digits": (300, 1197), "messy": (500, 2000), "textures": (500, 2000)}  # validation, test
RUNGS = (1, 3, 9, 27)  # the epochs after which the test images were looked at
EPOCHS = RUNGS[-1]
SPACE = Space(  # in the order of the table's rows
    width=Choice([8, 16, 32, 64, 128], ordered=True),
    depth=Choice([1, 2, 3], ordered=True),
    batch=Choice([16, 64, 256], ordered=True),
    activation=Choice(["relu", "tanh"]),
    optimiser=Choice(["sgd", "adam"]),
    lr=Choice([0.001, 0.00316, 0.01, 0.0316, 0.1, 0.316], ordered=True),
    weight_decay=Choice([0.0, 1e-3, 1e-2], ordered=True),
    dropout=Choice([0.0, 0.2, 0.5], ordered=True),
)
SHAPE = tuple(int(p.size) for p in SPACE.parameters.values())


class DigitsHPO(Task):
    """Validation error of one training (one of two seeds) after up to 27 epochs; NaN once its loss was not finite.

    dataset: "digits", "messy" or "textures". run: 0 or 1 always shows that seed; None draws it by the seed of the
    evaluation. The cost is the seconds of one core that the training took as part of a batch of 108; alone it would
    have taken longer. objectives: "error" and "parameters" of the network or "seconds" of training, to be minimised
    together; () is the error alone.

    Columns in the order of the grid, read-only: `val` (9720, 2, 27) and `test` (9720, 2, 4), accuracies; `diverged`
    (9720, 2), the first epoch whose loss was not finite, 0 if there is none; `seconds` (9720,) an epoch; `parameters`
    (9720,).
    """

    space = SPACE
    fidelity = Fidelity("epoch", 1, EPOCHS)
    value_label = "validation error"
    limits = {}
    knows_cost = True

    def __init__(self, dataset: str = "digits", run: int | None = None, objectives: Sequence[str] = ()) -> None:
        if not is_one_of(dataset, IMAGES):
            raise ValueError(f"DigitsHPO: dataset must be one of {', '.join(IMAGES)}, not {dataset!r}")
        if not is_one_of(run, (None, 0, 1)):
            raise ValueError(f"DigitsHPO: run must be 0, 1 or None (drawn for each evaluation), not {run!r}")
        self.name, self.dataset, self.run = f"digits-hpo-{dataset}", dataset, run
        self.arguments = {} if run is None else {"run": run}
        self.val, self.test, self.diverged, self.seconds = _open(dataset)
        self.parameters = _parameters()
        self._weighed = weigh(self, objectives, ("parameters", "seconds"))

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
        row, run = self.row(config), (seed if self.run is None else self.run) % 2
        seconds, broken = float(self.seconds[row]), int(self.diverged[row, run])
        answer = recorded(self.name, self.val[row, run], seconds, fidelity, report, run, broken)
        return weighed(answer, self._weighed, {"parameters": self.parameters[row], "seconds": answer.cost or 0.0})

    def row(self, config: Config) -> int:
        """The place of a configuration in the columns; ValueError if it is not in the grid."""
        config = self.space.validate(config)
        place = [p.options.index(config[n]) for n, p in self.space.parameters.items()]  # type: ignore[union-attr]
        return int(np.ravel_multi_index(place, SHAPE))

    def test_accuracy(self, config: Config, epochs: int = EPOCHS) -> float:
        """Mean test accuracy of the two seeds after 1, 3, 9 or 27 epochs: for reports, never for a searcher."""
        if epochs not in RUNGS:
            raise ValueError(f"{self.name}: the test images were looked at after {RUNGS} epochs, not after {epochs}")
        return float(self.test[self.row(config), :, RUNGS.index(epochs)].mean())

    def outcomes(self, objectives: Sequence[str] = ()) -> np.ndarray:
        """(9720, m) every configuration in these objectives (by default the task's): the error of `run` after 27
        epochs, or the mean of the seeds where it is None, and the costs; NaN where a training diverged. No search
        sees it."""
        names = tuple(objectives) or self._weighed or ("error",)
        errors = np.where(self.diverged == 0, 1.0 - self.val[..., -1], np.nan)
        error = errors.mean(1) if self.run is None else errors[:, self.run]
        columns = {"error": error, "parameters": self.parameters, "seconds": EPOCHS * self.seconds}
        return np.column_stack([columns[name] for name in names])

    def rank(self, config: Config) -> int:
        """1 for the configuration with the best mean test accuracy, 9,720 for the worst; equals share the better."""
        return 1 + int((self.test[..., -1].mean(1) > self.test_accuracy(config)).sum())


@cache
def _parameters() -> np.ndarray:
    """(9720,) weights and biases of 64 inputs, `depth` layers of `width`, 10 classes."""
    width, depth = (np.array(SPACE.parameters[name].options, int) for name in ("width", "depth"))  # type: ignore[union-attr]
    w, d = width[:, None], depth[None, :]
    counts = (64 + 1) * w + (d - 1) * (w + 1) * w + (w + 1) * 10
    counts = np.repeat(counts.ravel(), math.prod(SHAPE[2:]))
    counts.setflags(write=False)
    return counts


@cache
def _open(dataset: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    n_val, n_test = IMAGES[dataset]
    with np.load(TABLE) as table:
        val, test, diverged, seconds = (table[f"{dataset}_{key}"] for key in ("val", "test", "diverged", "seconds"))
    inside = val.shape[1]
    columns = (
        val.reshape(-1, 2, EPOCHS) / n_val,
        test.reshape(-1, 2, len(RUNGS)) / n_test,
        diverged.reshape(-1, 2),
        np.repeat(seconds / EPOCHS, inside),
    )
    for column in columns:
        column.setflags(write=False)
    return columns
