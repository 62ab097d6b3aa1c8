"""What the random forest believes about one parameter, and where expected improvement is largest."""

from __future__ import annotations

from typing import Any

import numpy as np

from nasbook.plots.data import Quantity, label_of, value_of
from nasbook.plots.style import Figure
from nasbook.plots.viewed import FOREST, state_of
from nasbook.plots.views.acquisition import Acquisition1D
from nasbook.task import Task
from nasbook.trace import Trace


class ForestPicture(Acquisition1D):
    """Mean and 95 % band of the trees above, expected improvement below, the next query in vermilion.

    State: a ForestView, or a Step that has one. In a space of several parameters it is a slice through the best trial.
    A trial that was drawn at random has no forest; then one is fitted to what was known, and the title says so.
    """

    depicts = FOREST
    method = "the random forest"

    def update(self, state: Any) -> bool:
        view = self.view_of(state)
        self.random = view.forest is None
        if self.random and len(view.y) >= 2:
            view = view.fitted(np.random.default_rng(0))
        return super().update(view)

    def believes(self, view: Any) -> bool:
        return view.forest is not None

    def criterion(self, view: Any) -> str:
        return "ei"

    def start(self, view: Any) -> str:
        return "drawn at random, there is no forest yet"

    def say(self, sentence: str) -> None:
        trial, colon, rest = sentence.partition(": the next query promises ")
        super().say(f"{trial}: drawn at random, where a forest expects {rest}" if colon and self.random else sentence)

    def alt(self) -> str:
        text = super().alt()
        return f"{text} This trial was drawn at random, and not by expected improvement." if self.random else text


def forest(
    state: Any,
    *,
    step: int = -1,
    axis: str | None = None,
    task: Task | None = None,
    trials: int | None = None,
    label: str | None = None,
) -> Figure:
    """The forest's belief about one parameter, and expected improvement, at one step.

    state: a Trace of the method "forest" (`step` counts its steps, −1 is the last), a Step or a ForestView. axis: the
    parameter, by default the first. task: with one parameter its values are drawn as the hidden objective.
    """
    view = state_of(FOREST, state, step, "forest")
    trace = state if isinstance(state, Trace) else None
    truth = None if task is None else value_of(task)
    quantity = Quantity(label or label_of(trace, task), accuracy=False)
    number = trials or (len(trace) if trace else None)
    return ForestPicture(view.space, axis, truth, number, quantity, samples=0).render_static(view)
