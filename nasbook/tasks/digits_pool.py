"""A pool of trained networks, with what each says of every image: 45 cells of NAS-Bench-201, five trainings each.

    task = nasbook.task("digits-pool")
    task.evaluate({"cell": "013342"}, seed=0).value         # validation error of one of its five trainings
    task.predict({"cell": "013342"}, seed=0)["val"]         # (500, 10) probabilities
    task.members([(0, 0), (7, 3)], "test")                  # (2, 1000, 10) of cell 0, seed 0 and of cell 7, seed 3

For ensembles, which need predictions and not errors alone. The cells are such as a random search draws, the best and
the hopeless among them; network, recipe and images (messy digits) are those of Digits-201. The order of the cells is
that of drawing, so the first k are a random search of k trials.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np

from nasbook.parameters import Choice
from nasbook.space import Config, Space
from nasbook.task import Evaluation, Report, Task
from nasbook.tasks import images

TABLE = Path(__file__).parents[1] / "data" / "digits_pool.npz"
DATA, CELLS, SEEDS, TEST = "messy", 45, 5, 1000  # of the test images, the first
FINE = 32  # steps of √(−log p)


def encode(logits: np.ndarray) -> np.ndarray:
    """(…, classes) logits -> uint8: FINE · √(−log p), rounded."""
    z = logits - logits.max(-1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(-1, keepdims=True))
    return np.clip(np.round(FINE * np.sqrt(-np.minimum(log_p, 0))), 0, 255).astype(np.uint8)


def decode(kept: np.ndarray) -> np.ndarray:
    """(…, classes) uint8 -> probabilities, which add up to 1."""
    p = np.exp(-((kept / FINE) ** 2))
    return p / p.sum(-1, keepdims=True)


class DigitsPool(Task):
    """Validation error of one training of a cell. run: 0 … 4 always shows that seed; None draws it by the seed."""

    name = "digits-pool"
    value_label = "validation error"
    limits = {}

    def __init__(self, run: int | None = None) -> None:
        if run is not None and (not isinstance(run, int) or isinstance(run, bool) or run not in range(SEEDS)):
            raise ValueError(f"{self.name}: run must be 0 … {SEEDS - 1}, or None (drawn), not {run!r}")
        self.run, self.arguments = run, {} if run is None else {"run": run}
        cells, self._kept, self._labels = _open()
        self.cells = ["".join(map(str, cell)) for cell in cells.tolist()]
        self.space = Space(cell=Choice(self.cells))

    def evaluate(
        self,
        config: Config,
        *,
        fidelity: float | None = None,
        seed: int = 0,
        report: Report | None = None,
        checkpoint: Path | None = None,
    ) -> Evaluation:
        p, y = self.predict(config, seed=seed)["val"], self.labels("val")
        error = float((p.argmax(1) != y).mean())
        loss = float(-np.log(p[np.arange(len(y)), y]).mean())
        return Evaluation(error, metrics={"accuracy": 1 - error, "val_loss": loss})

    def predict(self, config: Config, *, seed: int = 0, parts: Sequence[str] = ("val",)) -> dict[str, np.ndarray]:
        row = self.cells.index(self.space.validate(config)["cell"])
        run = (seed if self.run is None else self.run) % SEEDS
        return {part: self.members([(row, run)], part)[0] for part in parts}

    def members(self, which: Sequence[tuple[int, int]] | np.ndarray, part: str = "val") -> np.ndarray:
        """(m, n, 10) probabilities of trainings, each a place in `cells` and a seed."""
        rows = np.asarray(which, int).reshape(-1, 2)
        return decode(self._kept[part][rows[:, 0], rows[:, 1]])

    def labels(self, part: str) -> np.ndarray:
        """(n,) of "val" or "test"."""
        return self._labels[part]


@cache
def _open() -> tuple[np.ndarray, dict[str, np.ndarray], dict[str, np.ndarray]]:
    with np.load(TABLE) as table:
        cells, kept = table["cells"], {part: table[part] for part in ("val", "test")}
    made = images.DATA[DATA]()
    labels = {part: made[part][1][: x.shape[2]] for part, x in kept.items()}
    for array in (cells, *kept.values(), *labels.values()):
        array.setflags(write=False)
    return cells, kept, labels
