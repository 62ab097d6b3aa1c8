"""The few-shot lab: weights from which new small tasks are learned in a few steps.

    lab = nasbook.lab("few-shot", epochs=6, seed=0)
    lab.run(); lab.steps[-1].view.error      # on tasks of three digits that nobody has learned from

A step of the lab is an epoch of Reptile: some small tasks are drawn, each is learned for k steps from φ, and φ moves to
where that has ended. Then φ is judged on tasks of other digits, beside random weights that take as many steps.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

import nasbook
from nasbook.plots.picture import Stack
from nasbook.plots.style import plural
from nasbook.plots.views.episodes import EpisodesPicture
from nasbook.plots.views.weights import WeightsPicture
from nasbook.trace import Step
from nasbook.widgets.shell import Lab, Setting, Values, choose, count, slide

if TYPE_CHECKING:
    from nasbook.nas.reptile import ReptileView

IMAGES = [("8×8 digits", "digits"), ("messy digits", "messy"), ("textures", "textures")]
CHOSEN = ("epochs", "inner_steps", "epsilon", "meta_steps", "tasks", "lr", "alpha_lr")


class FewShotLab(Lab[Step]):
    """Reptile on tasks of three classes and a few images each, epoch by epoch.

    Arguments are settings: inner_steps, epsilon, shots, epochs, meta_steps, tasks, lr, alpha_lr, data, seed.
    """

    name = "few-shot"
    telling = ("inner_steps", (1, 5))
    shown_with: ClassVar[Values] = {"epochs": 4}
    unit = "epoch"
    lines = 4

    def __init__(self, **values: object) -> None:
        super().__init__(**values)
        self._speed.value = float("inf")

    def settings(self) -> list[Setting]:
        return [
            slide("inner_steps", "Steps on a task (k)", 5, 1, 10, 1,
                  "How many steps of SGD each small task is learned for, also when φ is judged."),
            slide("epsilon", "Outer rate ε", 1.0, 0.1, 1.0, 0.1,
                  "Which part of the way to the tasks' weights φ goes; it falls to 0 over the epochs."),
            slide("shots", "Images of a class", 5, 1, 15, 1, "How many images of each class a task has to learn from."),
            slide("epochs", "Epochs", 8, 2, 20, 1, "How often φ is judged; a step is one epoch."),
            slide("meta_steps", "Outer steps", 6, 1, 15, 1, "How often φ moves in an epoch.", more=True),
            slide("tasks", "Tasks a step", 3, 1, 6, 1, "How many small tasks φ moves towards at once.", more=True),
            slide("lr", "Rate on a task", 0.1, 0.01, 1.0, 0.1, "Rate of a step on a task, for the weights.", log=True,
                  more=True),
            slide("alpha_lr", "Rate of α", 1.0, 0.0, 3.0, 0.25,
                  "Rate of a step on a task, for the architecture; 0 leaves all operations equal.", more=True),
            choose("data", "Images", IMAGES, "digits", "What the tasks are made of.", more=True),
            count("seed", "Seed", 0, 0, 9999, "Another seed draws other tasks and weights.", more=True),
        ]  # fmt: skip

    @property
    def total(self) -> int | None:
        return self.values["epochs"]

    def prepare(self) -> None:
        v = self.values
        given = {name: v[name] for name, usual in (("data", "digits"), ("shots", 5)) if v[name] != usual}
        self.task = nasbook.task("digits-few-shot", **given)
        chosen = {name: v[name] for name in CHOSEN}
        self.method = nasbook.method("reptile", self.task.space, seed=v["seed"], **chosen)
        self.episodes = EpisodesPicture(v["epochs"])
        self.weights = WeightsPicture(v["epochs"])
        self.use(Stack([self.episodes, self.weights], [3.2, 3.0]))

    def make_search(self) -> Iterator[Step]:
        return self.search(self.method, self.task)

    def frame(self, n: int) -> tuple[list[ReptileView], list[ReptileView]]:
        views = [step.view for step in self.steps[:n]]
        return views, views

    def begin(self) -> str:
        v = self.values
        return (
            f"φ is random yet. {v['meta_steps']} times an epoch, {plural(v['tasks'], 'small task')} of three classes "
            f"are learned for {plural(v['inner_steps'], 'step')}, and φ follows; then it is judged on other classes."
        )

    def sentence(self, n: int) -> str:
        step = self.steps[n - 1]
        if step.trial.status == "failed":
            return f"Epoch {n} failed: {step.trial.reason}. A smaller rate on a task may help."
        v, k = step.view, plural(self.values["inner_steps"], "step")
        gap = 100 * (v.scratch - v.error)
        better = f"{abs(gap):.1f} points {'better' if gap >= 0 else 'worse'}"
        return (
            f"Epoch {n}: after {k} on a task of classes never learned from, {100 * v.error:.1f} % of its other images "
            f"are named wrong, {better} than {k} from random weights; without a step {100 * v.unadapted:.1f} %."
        )
