"""An ensemble of what a search has tried, chosen by predictions of rows that its models had not seen.

    kept = collect(trace, task)                       # out-of-fold predictions, by the number of the trial
    found = ensemble(kept, task, "greedy", size=20)
    found.weights                                     # {trial: its share}
    numbers(trace, kept, task, "greedy")              # (of the search, nested, test) of the ensemble

"best" is one model, "mean" all of them alike, "greedy" Caruana's selection and "bagged" the mean of many of these;
"stacked" fits a second model to the predictions of the first.

A task for that has `y` and `fold` (n,), `loss(y, p)`, `held_out(config, seed)` and `predict_test(config, seed)` with
`y_test`, and says whether its folds lie in time (`ordered`): the pipelines of evaluate.py do, and `Trained` makes one
of a task that trains networks.

Papers: Caruana et al., ICML 2004 (kit/ensemble.py); Wolpert, Stacked Generalization, 1992 (stacking.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from nasbook.automl.predictions import Predictions, seed_of
from nasbook.automl.stacking import stack
from nasbook.kit.checks import one_of, whole
from nasbook.kit.ensemble import Choose, Loss, Says, bagged, combine, error, greedy, nested
from nasbook.space import Config
from nasbook.task import Predicts, Task
from nasbook.trace import Trace

if TYPE_CHECKING:
    from nasbook.automl.evaluate import Pipelines

WAYS = ("best", "mean", "greedy", "bagged", "stacked")


class Trained:
    """A task that trains networks, as one whose predictions an ensemble is chosen by: those of the validation images,
    of which no network has learned. They are divided into folds for the nested number alone."""

    ordered = False

    def __init__(self, task: Task, folds: int = 5) -> None:
        if not isinstance(task, Predicts):
            raise ValueError(f"{task.name} does not tell what its networks predict")
        self.task, self.name, self.fidelity = task, task.name, task.fidelity
        self.y, self.y_test = task.labels("val"), task.labels("test")
        whole("folds", folds, 2, len(self.y))
        self.fold = np.arange(len(self.y)) % folds

    def loss(self, y: np.ndarray, p: np.ndarray) -> float:
        return error(p, y)

    def held_out(self, config: Config, seed: int = 0) -> np.ndarray:
        return self.task.predict(config, seed=seed)["val"]

    def predict_test(self, config: Config, seed: int = 0) -> np.ndarray:
        return self.task.predict(config, seed=seed, parts=("test",))["test"]


@dataclass(frozen=True)
class Ensemble:
    """ids: the trials of the pool; says: weights (m,), or what makes one prediction of theirs; way: how chosen."""

    ids: tuple[int, ...]
    says: Says
    way: str

    @property
    def weights(self) -> dict[int, float]:
        """{trial: share}, the largest first, of those that have one; empty for a second model."""
        if callable(self.says):
            return {}
        shares = {i: float(w) for i, w in zip(self.ids, self.says, strict=True) if w > 0}
        return dict(sorted(shares.items(), key=lambda item: -item[1]))

    def predict(self, P: ArrayLike) -> np.ndarray:
        """Of predictions (m, n, classes) or (m, n), in the order of `ids`."""
        return combine(self.says, P)


def pool(kept: Predictions) -> tuple[tuple[int, ...], np.ndarray, np.ndarray, np.ndarray]:
    """(ids, P, y, fold): the rows that were held out, and the trials whose predictions of them are all finite."""
    rows = np.asarray(kept.fold) >= 0
    of = {i: np.asarray(p, float)[rows] for i, p in sorted(kept.of.items())}
    ids = tuple(i for i, p in of.items() if np.isfinite(p).all())
    if not ids:
        raise ValueError("an ensemble needs a trial with predictions, and this search has none that has ended")
    return ids, np.array([of[i] for i in ids]), np.asarray(kept.y)[rows], np.asarray(kept.fold)[rows]


def chooser(way: str, loss: Callable[[np.ndarray, np.ndarray], float], size: int = 20, seed: int = 0) -> Choose:
    """The procedure of a way: (P, y) -> weights or a second model. ValueError for a way that there is not."""
    one_of("way", way, WAYS)

    def flipped(p: np.ndarray, y: np.ndarray) -> float:
        return loss(y, p)

    choosers: dict[str, Choose] = {
        "best": partial(_greedy, loss=flipped, size=1),
        "mean": lambda P, y: np.full(len(P), 1 / len(P)),
        "greedy": partial(_greedy, loss=flipped, size=size),
        "bagged": partial(bagged, loss=flipped, size=size, seed=seed),
        "stacked": stack,
    }
    return choosers[way]


def _greedy(P: np.ndarray, y: np.ndarray, loss: Loss, size: int) -> np.ndarray:
    return greedy(P, y, loss, size).weights()


def ensemble(kept: Predictions, task: Pipelines, way: str = "greedy", size: int = 20, seed: int = 0) -> Ensemble:
    """Choose from the predictions of a search. kept: see predictions.py."""
    ids, P, y, _ = pool(kept)
    return Ensemble(ids, chooser(way, task.loss, size, seed)(P, y), way)


def promised(
    kept: Predictions,
    loss: Callable[[np.ndarray, np.ndarray], float],
    way: str = "greedy",
    size: int = 20,
    seed: int = 0,
    forward: bool = False,
) -> tuple[float, float]:
    """Two losses of a way to choose: on the rows that chose, and nested, each fold as it is said by what is chosen
    without it; forward, by what earlier folds choose, so that the first is not judged."""
    ids, P, y, fold = pool(kept)
    choose, flipped = chooser(way, loss, size, seed), lambda p, y: loss(y, p)
    return flipped(combine(choose(P, y), P), y), nested(P, y, choose, flipped, fold, forward=forward)


def numbers(
    trace: Trace, kept: Predictions, task: Pipelines, way: str = "greedy", size: int = 20, seed: int = 0
) -> tuple[float, float, float]:
    """Three losses of an ensemble: the two of `promised`, and on rows that nobody has seen, as predicted by members
    that were fitted to all that the search saw."""
    found = ensemble(kept, task, way, size, seed)
    return *promised(kept, task.loss, way, size, seed, task.ordered), test(trace, found, task)


def test(trace: Trace, found: Ensemble, task: Pipelines) -> float:
    """Loss of an ensemble on the untouched rows."""
    trials = {t.id: t for t in trace.trials}
    used = found.weights or dict.fromkeys(found.ids, 1.0)
    said = {i: task.predict_test(trials[i].config, seed_of(trace, trials[i])) for i in used}
    nothing = np.zeros_like(next(iter(said.values())))
    return task.loss(task.y_test, found.predict([said.get(i, nothing) for i in found.ids]))
