"""Learning-curve extrapolation: train for some epochs, and predict where the curve will end.

    ŷ(a) = mean over models of f(E),  f fitted to (1, y_1) … (e, y_e)          (nasbook/hpo/parts/learning_curve.py)

The cost is that of e epochs; the fit itself, some milliseconds, is counted where time is measured and not on a table.
Training lowers the error, so models that end below 0 or above the last value have no say; if none is left, the last
value stands. Where curves are noisy or a falling learning rate bends them, the last value alone may order better.

Paper: Domhan, Springenberg & Hutter, Speeding Up Automatic Hyperparameter Optimization of Deep Neural Networks by
Extrapolation of Learning Curves, IJCAI 2015.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nasbook.estimate.estimator import Estimator, full
from nasbook.estimate.low_fidelity import check_epochs
from nasbook.hpo.parts.learning_curve import extrapolate
from nasbook.space import Config
from nasbook.task import Evaluation, Report, Task


class LearningCurve(Estimator):
    """The predicted error at the last epoch. epochs: how many are trained and fitted, at least 5.

    metrics: last (the error after those epochs), std (of the prediction). ValueError if the task has no epochs."""

    kind = "learning-curve"

    def __init__(self, task: Task | str, epochs: int = 6) -> None:
        super().__init__(task, epochs=epochs)
        check_epochs(self, epochs, least=5)
        self.epochs = epochs

    def estimate(self, config: Config, seed: int, report: Report | None) -> Evaluation:
        curve: list[tuple[float, float]] = []

        def note(epoch: float, value: float, cost: float | None = None) -> None:
            curve.append((epoch, value))
            if report is not None:
                report(epoch, value, cost)

        answer = full(self.task, config, seed, self.epochs, note)
        found = {"estimator": self.kind, "epochs": self.epochs, "last": answer.value}
        x, y = np.array(curve, float).reshape(-1, 2).T
        end = extrapolate(x, y, self.task.fidelity.max)
        ends = [] if end is None else [float(f.predict(end.at)) for f in end.fits]
        possible = [(f, w) for f, w in zip(ends, end.weights if end else (), strict=True) if 0 <= f <= y[-1]]
        if end is not None and sum(w for _, w in possible) > 0:
            f, w = np.array(possible).T
            answer, found["std"] = replace(answer, value=float(f @ w / w.sum())), end.std
        return replace(answer, metrics={**answer.metrics, **found})
