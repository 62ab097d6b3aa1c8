"""Learning-curve extrapolation: train for some epochs, and predict where the curve will end.

    ŷ(a) = mean over models of f(E),  f fitted to (1, y_1) … (e, y_e)          (nasbook/hpo/learning_curve.py)

The cost is that of e epochs; the fit itself, some milliseconds, is counted where time is measured and not on a table.
Training lowers the error, so the prediction is kept between 0 and the last value; if no model can be fitted, that value
stands. Where a curve is noisy or a falling learning rate bends it, the last value alone may order architectures better.

Paper: Domhan, Springenberg & Hutter, Speeding Up Automatic Hyperparameter Optimization of Deep Neural Networks by
Extrapolation of Learning Curves, IJCAI 2015.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nasbook.estimate.estimator import Estimator, full
from nasbook.estimate.low_fidelity import check_epochs
from nasbook.hpo.learning_curve import extrapolate
from nasbook.search import Evaluation, Report, Task
from nasbook.space import Config


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
        if end is not None and answer.value is not None and np.isfinite(end.mean):
            answer = replace(answer, value=float(np.clip(end.mean, 0.0, answer.value)))
            found["std"] = end.std
        return replace(answer, metrics={**answer.metrics, **found})
