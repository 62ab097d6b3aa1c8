"""Learning-curve extrapolation: train for some epochs, and predict where the curve will end.

    ŷ(a) = mean over models of f(E),  f fitted to (1, y_1) … (e, y_e)          (nasbook/hpo/parts/learning_curve.py)

    ŷ(a) = E q_θ(y_E | y_1 … y_e)                          `pfn-curve`    (nasbook/hpo/parts/curve_belief.py)

The cost is that of e epochs; the fit itself, some milliseconds, is counted where time is measured and not on a table.
For `learning-curve`, training lowers the error, so models that end below 0 or above the last value have no say; if none
is left, the last value stands. Where curves are noisy or a falling learning rate bends them, the last value alone may
order better.

`pfn-curve` asks a network that has learned on drawn curves; it needs one epoch, and answers with a distribution. On
the real curves of Digits-HPO (tests/benchmarks/curves.py) it orders trainings far better than power laws do, and about
as the last value does: a little better on "textures", worse on "messy" (noisy labels) after 3 and 6 epochs. What
it adds is how sure one may be of the end: its log density is above that of a normal distribution about the last value
in six of nine cases ("messy" after 3 and 6, "textures" after 14 epochs are the others), and always above that of the
power laws.

Papers: Domhan, Springenberg & Hutter, Speeding Up Automatic Hyperparameter Optimization of Deep Neural Networks by
Extrapolation of Learning Curves, IJCAI 2015; Adriaensen, Rakotoarison, Müller & Hutter, Efficient Bayesian Learning
Curve Extrapolation using Prior-Data Fitted Networks, 2023.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from nasbook.estimate.estimator import Estimator, full
from nasbook.estimate.low_fidelity import check_epochs
from nasbook.hpo.parts.curve_belief import Curve, Measure, bars, expected
from nasbook.hpo.parts.learning_curve import extrapolate
from nasbook.space import Config
from nasbook.task import Evaluation, Report, Task


class LearningCurve(Estimator):
    """The predicted error at the last epoch. epochs: how many are trained and fitted, at least 5.

    metrics: last (the error after those epochs), std (of the prediction). ValueError if the task has no epochs."""

    kind = "learning-curve"
    fewest = 5

    def __init__(self, task: Task | str, epochs: int = 6) -> None:
        super().__init__(task, epochs=epochs)
        check_epochs(self, epochs, least=self.fewest)
        self.epochs = epochs

    def estimate(self, config: Config, seed: int, report: Report | None) -> Evaluation:
        curve: list[tuple[float, float]] = []

        def note(epoch: float, value: float, cost: float | None = None) -> None:
            curve.append((epoch, value))
            if report is not None:
                report(epoch, value, cost)

        answer = full(self.task, config, seed, self.epochs, note)
        found = {"estimator": self.kind, "epochs": self.epochs, "last": answer.value}
        known = [(x, y) for x, y in curve if math.isfinite(y)]
        if known and (end := self.end(known, self.task.fidelity.max)) is not None:
            answer, found["std"] = replace(answer, value=end[0]), end[1]
        return replace(answer, metrics={**answer.metrics, **found})

    def end(self, curve: Curve, last: float) -> tuple[float, float] | None:
        """The value at epoch `last` and its standard deviation; None if the last value should stand."""
        x, y = np.array(curve).T
        end = extrapolate(x, y, last)
        ends = [] if end is None else [float(f.predict(end.at)) for f in end.fits]
        possible = [(f, w) for f, w in zip(ends, end.weights if end else (), strict=True) if 0 <= f <= y[-1]]
        if end is None or not sum(w for _, w in possible) > 0:
            return None
        f, w = np.array(possible).T
        return float(f @ w / w.sum()), end.std


class PfnCurve(LearningCurve):
    """The error that a prior-fitted network expects at the last epoch. epochs: how many are trained and shown.

    metrics: last (the error after those epochs), std (of the belief). ValueError if the task has no epochs."""

    kind = "pfn-curve"
    fewest = 1

    def end(self, curve: Curve, last: float) -> tuple[float, float]:
        measure = Measure.of_one([y for _, y in curve])
        p = expected([curve], [last], last, measure)[0]
        return float(measure.value(bars().mean(p)[0])), float(measure.size * bars().std(p)[0])
