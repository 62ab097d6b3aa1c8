"""Many small tasks made of one set of images: a few classes, a few images of each.

task = nasbook.task("digits-few-shot")
task.episode(7)                    # three of the classes 0 … 6, five images of each to learn from
task.episode(7, held_out=True)     # the classes 7, 8, 9, which no meta-training sees
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nasbook.kit.checks import is_one_of
from nasbook.nas.spaces.nb201.cell import cell_space, to_cell
from nasbook.space import Config
from nasbook.task import Evaluation, Report, Task
from nasbook.tasks import images

if TYPE_CHECKING:
    from torch import Tensor

WAYS = 3  # classes of one small task
SEEN = tuple(range(7))  # classes of the tasks that may be learned from
HELD_OUT = (7, 8, 9)
JUDGES, STEPS, LR = 5, 5, 0.1  # of `evaluate`


class FewShot(Task):
    """Query error of a cell's network that has only a few images of three unknown classes to learn from.

    data: "digits", "messy" or "textures". shots: images of each class to learn from; 20 others of each are the query.
    `evaluate` trains the network from random weights, five steps of SGD on each of five held-out tasks: the cold
    start that `reptile` is to be compared with.
    """

    space = cell_space()
    name = "digits-few-shot"
    value_label = "query error"
    limits = {}
    ways = WAYS

    def __init__(self, data: str = "digits", shots: int = 5) -> None:
        if not is_one_of(data, images.DATA):
            raise ValueError(f"{self.name}: data must be one of {', '.join(images.DATA)}, not {data!r}")
        if isinstance(shots, bool) or not isinstance(shots, int) or not 1 <= shots <= 15:
            raise ValueError(f"{self.name}: shots must be a whole number from 1 to 15, not {shots!r}")
        self.shots = shots
        self.arguments = {
            k: v for k, v in {"data": data, "shots": shots}.items() if v != {"data": "digits", "shots": 5}[k]
        }
        parts = images.DATA[data]()
        self._parts = {"support": parts["train"], "query": parts["val"]}

    def episode(self, seed: int, held_out: bool = False) -> dict[str, tuple[Tensor, Tensor]]:
        """{"support": (x, y), "query": (x, y)}: torch tensors, x (n, 1, 8, 8) and labels y (n,) in 0 … 2.

        The classes, their order and their images are drawn by the seed; the two parts share no image."""
        import torch

        rng = np.random.default_rng([int(seed), held_out])
        classes = rng.permutation(HELD_OUT if held_out else SEEN)[:WAYS]
        found = {}
        for part, each in (("support", self.shots), ("query", 20)):
            x, y = self._parts[part]
            places = [rng.permutation(np.flatnonzero(y == c))[:each] for c in classes]
            labels = np.repeat(np.arange(WAYS), [len(p) for p in places])
            found[part] = (torch.from_numpy(x[np.concatenate(places)][:, None]), torch.from_numpy(labels))
        return found

    def evaluate(
        self,
        config: Config,
        *,
        fidelity: float | None = None,
        seed: int = 0,
        report: Report | None = None,
        checkpoint: Path | None = None,
    ) -> Evaluation:
        """Mean query error of a cell's network over five held-out tasks, each learned from random weights."""
        from nasbook.kit import learner
        from nasbook.kit.optimisers import SGD
        from nasbook.kit.start import init_weights
        from nasbook.nas.spaces.networks import CellNet

        cell, errors = to_cell(self.space.validate(config)), []
        for i in range(JUDGES):
            episode, net = self.episode(i, held_out=True), CellNet(cell, 4, WAYS)
            init_weights(net, np.random.default_rng([seed, i]))
            optimiser = SGD(net.parameters(), LR)
            (x, y), query = episode["support"], episode["query"]
            learner.epoch(net, optimiser, x, y, [slice(None)] * STEPS)
            errors.append(learner.measure(net.forward, *query)[1])
        return Evaluation(float(np.mean(errors)), metrics={"accuracy": 1 - float(np.mean(errors))})
