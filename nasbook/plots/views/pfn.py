"""What a prior-fitted network believes about one parameter, and where its acquisition is largest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nasbook.plots.style import Figure
from nasbook.plots.viewed import PFN
from nasbook.plots.views.acquisition import BeliefCurve, drawn
from nasbook.task import Task
from nasbook.trace import Step, Trace

if TYPE_CHECKING:
    from nasbook.hpo.pfn import PfnView


class PfnPicture(BeliefCurve["PfnView"]):
    """Mean and 95 % of the bars above, the acquisition below, the next query in vermilion.

    State: a PfnView, or a Step that has one. In a space of several parameters it is a slice through the best trial.
    """

    depicts = PFN
    method = "the network"

    def believes(self, view: PfnView) -> bool:
        return view.believes

    def criterion(self, view: PfnView) -> str:
        return view.settings.acquisition

    def between(self, view: PfnView, U: np.ndarray, mean: np.ndarray, std: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        low, high = view.quantiles(U, 0.025, 0.975)
        return low, high


def pfn(
    state: Trace | Step | PfnView,
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
    return drawn(PfnPicture, state, step, axis, task, trials, label, samples=0, kind="pfn", views=PFN)
