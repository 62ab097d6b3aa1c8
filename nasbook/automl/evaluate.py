"""The AutoML pipeline as a task: cross-validated on the rows that the search sees, and tested on others.

    task = Pipelines("cancer", rows=120)                  # also "wine", "digits", "diabetes", "noise", or a CSV file
    trace = nasbook.search("bayesian", task, trials=40)
    task.test(trace.best.config)                          # on rows that no trial has seen

Every fold is predicted by a pipeline that was fitted, preparation included, on the other folds; these predictions are
kept for ensembles and honest numbers. `leak=True` is the mistake: preparation and choice of features see all rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

from nasbook.automl import splits
from nasbook.automl.build import build
from nasbook.automl.data import KINDS, read
from nasbook.automl.divided import Divided
from nasbook.automl.losses import LOSSES
from nasbook.automl.quiet import quiet
from nasbook.automl.space import check_models, pipeline_space, uneven
from nasbook.automl.tables import TABLES, bundled
from nasbook.automl.voting import probabilities
from nasbook.kit.checks import flag, one_of, whole
from nasbook.space import Config
from nasbook.task import Evaluation, Fidelity, Report


class Pipelines(Divided):
    """Loss of a pipeline of scikit-learn, cross-validated.

    data: a table that is bundled, a CSV file, a DataFrame or a dict of columns; target: the column to predict. kind:
    "classification", "regression" or "auto". group: a column whose equal values never stand on both sides of a split;
    time: a column in whose order the folds and the test lie, so that the past predicts the future; not both. loss: what
    is minimised, of "error", "balanced error" (the mean over classes) and "log loss", or "rmse" and "mae"; "auto" is
    the balanced error where, among the rows that the search sees, one class has more than three times the rows of
    another, else the first. folds: of the cross-validation, and the highest fidelity. rows: how many the search sees
    (None: four fifths), of whole groups about so many; the others are the test. split: the seed of that split and of
    the folds. models: to choose from (None: all). leak: preparation is fitted before the split, which is a mistake.
    Raises ValueError, in a sentence, for what cannot be served.
    """

    def __init__(
        self,
        data: Any = "cancer",
        target: str | None = None,
        kind: str = "auto",
        group: str | None = None,
        time: str | None = None,
        loss: str = "auto",
        folds: int = 5,
        rows: int | None = None,
        split: int = 0,
        models: Sequence[str] | None = None,
        leak: bool = False,
    ) -> None:
        one_of("kind", kind, KINDS)
        whole("folds", folds, 2, 20)
        whole("split", split, 0, 2**31)
        flag("leak", leak)
        own = isinstance(data, str) and data in TABLES
        if own and (target, group, time, kind) != (None, None, None, "auto"):
            raise ValueError(f"the table {data!r} has its own target; target, kind, group and time are for a CSV file")
        self.table = table = bundled(data) if own else read(data, target, kind, group, time)
        check_models(models, table.kind)
        one_of("loss", loss, ["auto", *LOSSES[table.kind]])
        if rows is not None:
            whole("rows", rows, 2 * folds, len(table.y) - 2)
        given = {"target": target, "kind": kind, "group": group, "time": time, "loss": loss, "folds": folds,
                 "rows": rows, "split": split, "models": models, "leak": leak}  # fmt: skip
        usual = {"kind": "auto", "loss": "auto", "folds": 5, "split": 0, "leak": False}
        self.name = f"pipeline-{data}" if own else "pipeline"
        self.arguments = {k: v for k, v in given.items() if v != usual.get(k)} | ({} if own else {"data": data})
        self.leak, self.folds = leak, folds
        self.fidelity, self.ordered = Fidelity("fold", 1, folds), table.order is not None
        self.divide(*splits.untouched(table, rows, split), split)
        self.loss_name = ("balanced error" if uneven(self.known) else LOSSES[table.kind][0]) if loss == "auto" else loss
        self.value_label = f"cross-validated {self.loss_name}"
        self.space = pipeline_space(self.known, models or (), len(table.y))
        self.limits = {"share": (1e-4, 0.9999)}

    # ---- one configuration -----------------------------------------------------------------------------

    def evaluate(
        self, config: Config, *, fidelity: float | None = None, seed: int = 0, report: Report | None = None, **_: object
    ) -> Evaluation:
        """Loss of the predictions of the first `fidelity` folds (default: all); reports the loss so far after each."""
        self.check_config(config)
        folds = self.folds if fidelity is None else min(self.folds, max(1, round(fidelity)))
        held, losses, curve = self.nothing(), [], []
        for i, (train, out) in enumerate(self.splits[:folds]):
            with quiet():
                held[out] = self._predicted(config, seed, train, out)
            losses.append(self.loss(self.y[out], held[out]))
            known = (self.fold >= 0) & (self.fold <= i)
            curve.append((i + 1, self.loss(self.y[known], held[known])))
            if report is not None:
                report(*curve[-1])
        if folds == self.folds:
            self.keep((self.space.key(config), seed), held)
        return Evaluation(curve[-1][1], metrics={"std": float(np.std(losses)), "folds": folds}, curve=curve)

    def held_out(self, config: Config, seed: int = 0) -> np.ndarray:
        """(n, classes) probabilities or (n,) numbers: each row as predicted by a pipeline that has not seen it."""
        key = (self.space.key(config), seed)
        if key not in self.kept:
            self.evaluate(config, seed=seed)
        return self.kept[key]

    # ---- rows that no trial has seen -------------------------------------------------------------------

    def predict_test(self, config: Config, seed: int = 0) -> np.ndarray:
        """The untouched rows, as predicted by a pipeline that was fitted on all rows that the search sees."""
        with quiet():
            return self.predict(self.fitted(config, seed), self.table.x[self.unseen])

    def test(self, config: Config, *, seed: int = 0) -> float:
        """Loss on the untouched rows."""
        return self.loss(self.y_test, self.predict_test(config, seed))

    def fitted(self, config: Config, seed: int = 0, everything: bool = False) -> Pipeline:
        """The pipeline of a configuration, fitted on the rows that the search sees, or on all; it answers with the
        target as it stands in the table."""
        data = self.table if everything else self.known
        self.check_config(config)
        with quiet():
            return build(config, data, seed).fit(data.x, data.labels)

    def predict(self, model: BaseEstimator, x: np.ndarray) -> np.ndarray:
        """(n, classes) probabilities of all classes of the table (voting.py), or (n,) numbers."""
        if self.known.kind == "regression":
            return np.asarray(model.predict(x), float)
        p = probabilities(model, x)
        whole = np.zeros((len(x), len(self.known.classes)), np.float32)
        whole[:, [self.known.classes.index(c) for c in model.classes_.tolist()]] = p / p.sum(1, keepdims=True)
        return whole

    def _predicted(self, config: Config, seed: int, train: np.ndarray, out: np.ndarray) -> np.ndarray:
        x, y = self.known.x, self.known.labels
        pipeline = build(config, self.known, seed)
        if self.leak:  # the mistake: what is held out has helped to prepare the rows and to choose the features
            x, pipeline = pipeline[:-1].fit_transform(x, y), pipeline[-1]
        p = self.predict(pipeline.fit(x[train], y[train]), x[out])
        if not np.isfinite(p).all():
            raise ValueError("what the pipeline predicts is not finite in all rows")
        return p
