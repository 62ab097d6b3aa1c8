"""A training that a table has recorded, told as if it ran: for digits201, digits-hpo and digits-jahs."""

from __future__ import annotations

import math

import numpy as np

from nasbook.task import Evaluation, Report


def recorded(
    name: str,
    accuracies: np.ndarray,
    seconds: float,
    fidelity: float | None,
    report: Report | None,
    run: int,
    diverged: int = 0,
) -> Evaluation:
    """The validation error after `fidelity` epochs; those before it are reported on the way.

    accuracies (epochs,): of one run; seconds: an epoch's; diverged: the epoch in which it did, 0 for none. ValueError,
    with the table's name, for epochs that it does not hold."""
    epochs = len(accuracies) if fidelity is None else round(fidelity)
    if not 1 <= epochs <= len(accuracies):
        raise ValueError(f"{name}: fidelity must lie in 1 … {len(accuracies)} epochs, not {fidelity:g}")
    if 0 < diverged <= epochs:
        return Evaluation(math.nan, metrics={"run": run}, cost=diverged * seconds)
    errors = (1.0 - accuracies[:epochs]).tolist()
    for epoch, error in enumerate(errors, 1):
        if report is not None:
            report(epoch, error, epoch * seconds)
    metrics = {"accuracy": 1.0 - errors[-1], "run": run, "epochs": epochs}
    return Evaluation(errors[-1], metrics=metrics, cost=epochs * seconds, curve=list(enumerate(errors, 1)))
