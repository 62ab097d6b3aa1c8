"""The halving lab: trainings that are stopped early, and what they would have reached.

    lab = nasbook.lab("halving", task="digits-hpo-messy", method="hyperband", workers=4)
    lab.run(); lab.curves.wrong      # the trainings that were stopped, but would have beaten the best

The task is a table that holds whole learning curves, so the lab can show what no search ever sees: how the stopped
trainings would have gone on. Time is simulated from the seconds that the trainings took, and several workers share
the work; the lower picture shows when each of them was busy.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import nasbook
from nasbook.hpo.parts.rungs import loss
from nasbook.kit.levels import rung_levels
from nasbook.loop import Run
from nasbook.plots.data import Quantity
from nasbook.plots.picture import Stack
from nasbook.plots.style import plural
from nasbook.plots.traces.timeline import TimelinePicture
from nasbook.plots.views.halving import HalvingPicture, HalvingState, order, root, rungs_of, whole_training
from nasbook.prepare import header_of
from nasbook.tasks.digits201 import Digits201
from nasbook.tasks.digits_hpo import DigitsHPO
from nasbook.trace import Trace
from nasbook.widgets.shell import Lab, Setting, choose, count, slide, tick

IMAGES = ["digits", "messy", "textures"]
TASKS = [(f"{x}: settings", f"digits-hpo-{x}") for x in IMAGES] + [(f"{x}: cells", f"digits201-{x}") for x in IMAGES]
METHODS = ["successive-halving", "hyperband", "asha", "bohb", "dehb"]


class HalvingLab(Lab):
    """Successive halving, Hyperband, ASHA, BOHB and DEHB on Digits-HPO and Digits-201. The arguments are settings:
    task, method, shortest, eta, workers, slow, hidden, trials, seed."""

    name = "halving"

    def settings(self) -> list[Setting]:
        return [
            choose("task", "Images", TASKS, "digits-hpo-messy",
                   "What the networks learn, and what is searched: 9,720 settings of a small network (27 epochs), or "
                   "15,625 cells (12 epochs). All were trained."),
            choose("method", "Method", METHODS, "successive-halving",
                   "Successive halving fills one rung after the other; Hyperband mixes short and long beginnings; ASHA "
                   "promotes without waiting; BOHB and DEHB are Hyperband that chooses new networks by what was seen."),
            choose("shortest", "First look", [("1 epoch", 1), ("3 epochs", 3), ("9 epochs", 9)], 1,
                   "The epochs of the lowest rung (r): how long everybody trains before the first are stopped."),
            slide("eta", "η", 3, 2, 4, 1, "One network of so many goes on to the next rung.", more=True),
            slide("workers", "Workers", 4, 1, 6, 1, "How many networks are trained at the same time (simulated)."),
            choose("slow", "Worker 1 is", [("as fast", 1), ("5 times slower", 5), ("20 times slower", 20)], 1,
                   "A straggler: everything that worker 1 trains takes longer.", more=True),
            tick("hidden", "Show what is hidden", True,
                 "Draw how the stopped trainings would have gone on; no method sees this.", effect="view", more=True),
            slide("trials", "Trials", 40, 10, 200, 1,
                  "How many pieces of training the search may start; a promoted network is trained in a further piece.",
                  more=True),
            count("seed", "Seed", 0, 0, 9999, "Another seed draws other networks.", more=True),
        ]  # fmt: skip

    def prepare(self) -> None:
        v = self.values
        self.task: DigitsHPO | Digits201 = nasbook.task(v["task"])
        R = self.epochs = int(self.task.val.shape[-1])
        settings = {"min_fidelity": v["shortest"], "max_fidelity": R, "eta": v["eta"]}
        self.method = nasbook.method(v["method"], self.task.space, seed=v["seed"], **settings)
        self.levels = rung_levels(v["shortest"], R, v["eta"])
        self.tables = getattr(self.method, "tables", ())
        self._settings["slow"].enable(
            None if v["workers"] > 1 else "With one worker there is nobody to be slower than."
        )
        self.quantity = Quantity(self.task.value_label)
        top = 0.1 * np.floor(10 * (1 - float(self.task.val[..., -1].max())))  # the next full 10 % above the best
        self.curves = HalvingPicture(
            self.levels,
            self.tables,
            whole_training(self.task, R, v["seed"]),
            self.quantity,
            (float(top), 1.0),
            show_hidden=v["hidden"],
        )
        self.timeline = Clock(v["workers"], R)
        self.use(Stack([self.curves, self.timeline], [4.3, 2.5]))

    def make_search(self) -> Iterator[HalvingState]:
        """The search on a simulated clock with several workers; the first may be slower than the others."""
        v, trace = self.values, Trace(header_of(self.method, self.task, self.values["workers"]))
        self.trace = trace
        run = Run(self.method, self.task, trace, workers=v["workers"], pace={0: v["slow"] if v["workers"] > 1 else 1})
        while run.step(v["trials"]):
            yield HalvingState(tuple(trace.trials), tuple(trace.pending), self.method.view())

    def frame(self, n: int) -> Any:
        self.curves.show_hidden = self.values["hidden"]
        state = self.steps[n - 1] if n else HalvingState()
        return [state, state.trials + state.running]

    def begin(self) -> str:
        words = " → ".join(map(str, self.levels))
        eta = self.values["eta"]
        return f"Nothing has been trained yet. Networks are compared after {words} epochs; one of {eta} goes on."

    def sentence(self, n: int) -> str:
        state = self.steps[n - 1]
        trial = state.trials[-1]
        who = f"Network {1 + order(state).index(root(trial))}"
        if trial.info.get("model"):
            who += f", drawn from what was good at epoch {trial.info['model_fidelity']},"
        if trial.status != "done":
            return f"{who} failed on its way to epoch {trial.fidelity:g} ({trial.reason}); it is never promoted."
        text = f"{who} {'went on to' if root(trial) != trial.id else 'trained to'} epoch {trial.fidelity:g}: "
        text += f"{self.quantity.text(trial.value)}"
        if trial.fidelity == self.epochs:
            return text + " after its full training."
        for _, _, rung in rungs_of(state.view):
            if trial.id not in rung.trials:
                continue
            ended = [v for v in rung.values if v is not None]
            text += f", rank {1 + sum(v < loss(trial) for v in ended)} of {len(ended)} on this rung"
            if rung.size is None:
                return text + ". ASHA promotes without waiting for the others."
            if rung.promoted:
                stopped = plural(len(rung.stopped), "network")
                best = "the best goes" if len(rung.promoted) == 1 else f"the best {len(rung.promoted)} go"
                return text + f". The rung is full: {best} on, {stopped} stopped."
            if len(ended) == rung.size and self.method.name == "dehb":
                return text + ". The rung is full: the best become parents of the next, and none of them goes on."
            return text + f". {plural(rung.size - len(ended), 'place')} of the rung still open or running."
        return text + "."


class Clock(TimelinePicture):
    """The timeline; its star is the best of those trained for R epochs, as in the picture above it."""

    def __init__(self, workers: int, R: int) -> None:
        super().__init__(workers)
        self.R = R

    def update(self, state: Any) -> bool:
        changed = super().update(state)
        full = [t for t in state if t.status == "done" and t.fidelity == self.R]
        self.best = min(full, key=loss, default=None)
        scale = self.ax.get_xlim()[1] / (self.now or 1.0)  # units of the axis per second
        if self.best is None:
            self.star.set_data([], [])
        else:
            self.star.set_data([(self.best.start + (self.best.end or self.now)) / 2 * scale], [self.best.worker])
        return changed
