"""What the random forest believes about one parameter, and where expected improvement is largest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nasbook.plots.style import Figure
from nasbook.plots.viewed import FOREST
from nasbook.plots.views.acquisition import BeliefCurve, drawn
from nasbook.task import Task
from nasbook.trace import Step, Trace

if TYPE_CHECKING:
    from nasbook.hpo.forest import ForestView


class ForestPicture(BeliefCurve["ForestView"]):
    """Mean and 95 % band of the trees above, expected improvement below, the next query in vermilion.

    State: a ForestView, or a Step that has one. In a space of several parameters it is a slice through the best trial.
    A trial that was drawn at random has no forest; then one is fitted to what was known, and the title says so.
    """

    depicts = FOREST
    method = "the random forest"

    def update(self, state: Step | ForestView) -> bool:
        view = self.view_of(state)
        self.random = view.forest is None
        if self.random and len(view.y) >= 2:
            view = view.fitted(np.random.default_rng(0))
        return super().update(view)

    def believes(self, view: ForestView) -> bool:
        return view.forest is not None

    def criterion(self, view: ForestView) -> str:
        return "ei"

    def start(self, view: ForestView) -> str:
        return "drawn at random, there is no forest yet"

    def say(self, sentence: str) -> None:
        trial, colon, rest = sentence.partition(": the next query promises ")
        super().say(f"{trial}: drawn at random, where a forest expects {rest}" if colon and self.random else sentence)

    def alt(self) -> str:
        text = super().alt()
        return f"{text} This trial was drawn at random, and not by expected improvement." if self.random else text


def forest(
    state: Trace | Step | ForestView,
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
    return drawn(ForestPicture, state, step, axis, task, trials, label, samples=0, kind="forest", views=FOREST)
