"""Low fidelity: train the same architecture for fewer epochs, on less data, on smaller images or in a narrower net.

    ŷ(a) = error of a after e of E epochs                      a table that knows the curve, or a real training
    ŷ(a) = error of a on a task made smaller:
           data        only the first part of the training images
           resolution  images averaged over squares of pixels, 8×8 -> 4×4
           width       that part of the channels in every layer

The last three need a task that trains for real. Their training runs its whole schedule, on a smaller problem; fewer
epochs cut the schedule off, before its learning rate has fallen. The validation images are never fewer: they are cheap.

Paper: Zhou, Zhou, Zhang, Zheng & Ouyang, EcoNAS: Finding Proxies for Economical Neural Architecture Search, CVPR 2020,
compares all four.
"""

from __future__ import annotations

import copy
import math
from dataclasses import replace
from typing import Any

import numpy as np

from nasbook.estimate.estimator import Estimator, full
from nasbook.space import Config
from nasbook.task import Evaluation, KeepsSplits, Report, Task, TrainsForReal


class LowFidelity(Estimator):
    """The error of a cheaper training. epochs: of the full training; data, width: parts in (0, 1]; resolution: pixels
    of a side, a divisor of that of the images. None leaves it as it is; at least one must be given.

    ValueError for what the task cannot do."""

    kind = "low-fidelity"

    def __init__(
        self,
        task: Task | str,
        epochs: int | None = None,
        data: float | None = None,
        resolution: int | None = None,
        width: float | None = None,
    ) -> None:
        options = {"epochs": epochs, "data": data, "resolution": resolution, "width": width}
        options = {name: value for name, value in options.items() if value is not None}
        super().__init__(task, **options)
        if not options:
            raise ValueError("low-fidelity: say what is made smaller: epochs, data, resolution or width")
        if epochs is not None:
            check_epochs(self, epochs)
        self.epochs, self.options = epochs, options
        self.cheap = smaller(self.task, self.kind, data, resolution, width)

    def estimate(self, config: Config, seed: int, report: Report | None) -> Evaluation:
        answer = full(self.cheap, config, seed, self.epochs, report)
        return replace(answer, metrics={**answer.metrics, "estimator": self.kind, **self.options})


def check_epochs(estimator: Estimator, epochs: int, least: int = 1) -> None:
    fidelity, name = estimator.task.fidelity, estimator.task.name
    if fidelity is None or fidelity.unit != "epoch":
        raise ValueError(f"{estimator.kind}: {name} has no epochs")
    whole = isinstance(epochs, int | np.integer) and not isinstance(epochs, bool)
    if not whole or epochs < least or not fidelity.allows(epochs):
        least = max(least, math.ceil(fidelity.min))
        levels = ", ".join(f"{x:g}" for x in fidelity.levels if x >= least)
        may = f"one of {levels}" if levels else f"a whole number in {least} … {fidelity.max:g}"
        raise ValueError(f"{estimator.kind}: epochs must be {may}, not {epochs!r}")


def smaller(task: Any, kind: str, data: float | None, resolution: int | None, width: float | None) -> Any:
    """A copy of a task that trains for real, made smaller; the task itself if nothing is."""
    if data is None and resolution is None and width is None:
        return task
    real, whole = isinstance(task, TrainsForReal), isinstance(task, KeepsSplits)
    if not real:
        raise ValueError(f"{kind}: {task.name} does not train images for real, so it only has fewer epochs")
    if not whole and (data is not None or resolution is not None):
        raise ValueError(
            f"{kind}: {task.name} reads its images as it needs them, so its own arguments train and size, and not data "
            "and resolution, make it smaller"
        )
    for name, part in (("data", data), ("width", width)):
        if part is not None and not 0 < part <= 1:
            raise ValueError(f"{kind}: {name} is a part of the whole, above 0 and at most 1, not {part!r}")
    cheap = copy.copy(task)
    cheap.__dict__.pop("tensors", None)  # of the task; the copy makes its own
    cheap.architectures = copy.copy(task.architectures)
    if data is not None:
        x, y = task.splits["train"]
        cheap.train = round(data * len(y))
        if cheap.train < 50:
            raise ValueError(f"{kind}: {data:g} of {len(y)} training images is less than one batch of 50")
        cheap.splits = {**cheap.splits, "train": (x[: cheap.train], y[: cheap.train])}
    if resolution is not None:
        side = task.architectures.shape[-1]
        if resolution < 1 or side % resolution:
            raise ValueError(f"{kind}: resolution must divide the {side} pixels of a side, not {resolution!r}")
        cheap.splits = {name: (averaged(x, side // resolution), y) for name, (x, y) in cheap.splits.items()}
        cheap.architectures.shape = (*task.architectures.shape[:-2], resolution, resolution)
    if width is not None:
        channels = getattr(task.architectures, "channels", None)
        if channels is None:
            raise ValueError(f"{kind}: the networks of {task.name} have no common width that could be narrowed")
        cheap.architectures.channels = max(1, round(width * channels))
        if hasattr(cheap, "channels"):
            cheap.channels = cheap.architectures.channels
    return cheap


def averaged(x: np.ndarray, k: int) -> np.ndarray:
    """Images (n, h, w) -> (n, h/k, w/k): the mean of each square of k×k pixels."""
    n, h, w = x.shape
    return x.reshape(n, h // k, k, w // k, k).mean((2, 4))
