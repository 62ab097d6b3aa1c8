"""What a prior-fitted network believes about one parameter, and where its acquisition is largest."""

from __future__ import annotations

from typing import Any

import numpy as np

from nasbook.plots.data import Quantity, label_of, value_of
from nasbook.plots.style import Figure
from nasbook.plots.viewed import PFN, state_of
from nasbook.plots.views.acquisition import Acquisition1D
from nasbook.task import Task
from nasbook.trace import Trace


class PfnPicture(Acquisition1D):
    """Mean and 95 % of the bars above, the acquisition below, the next query in vermilion.

    State: a PfnView, or a Step that has one. In a space of several parameters it is a slice through the best trial.
    """

    depicts = PFN
    method = "the network"

    def believes(self, view: Any) -> bool:
        return bool(view.believes)

    def criterion(self, view: Any) -> str:
        return str(view.settings.acquisition)

    def between(self, view: Any, U: np.ndarray, mean: np.ndarray, std: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        low, high = view.quantiles(U, 0.025, 0.975)
        return low, high


def pfn(
    state: Any,
    *,
    step: int = -1,
    axis: str | None = None,
    task: Task | None = None,
    trials: int | None = None,
    label: str | None = None,
) -> Figure:
    """The network's belief about one parameter, and its acquisition, at one step.

    state: a Trace of the method "pfn" (`step` counts its steps, −1 is the last), a Step or a PfnView. axis: the
    parameter, by default the first. task: with one parameter its values are drawn as the hidden objective.
    """
    view = state_of(PFN, state, step, "pfn")
    trace = state if isinstance(state, Trace) else None
    truth = None if task is None else value_of(task)
    quantity = Quantity(label or label_of(trace, task), accuracy=False)
    number = trials or (len(trace) if trace else None)
    return PfnPicture(view.space, axis, truth, number, quantity, samples=0).render_static(view)
