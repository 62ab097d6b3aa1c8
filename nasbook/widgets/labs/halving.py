"""The halving lab: trainings that are stopped early, at rungs or by the median, and what they would have reached.

    lab = nasbook.lab("halving", task="digits-hpo-messy", method="hyperband", workers=4)
    lab.run(); lab.curves.wrong      # the trainings that were stopped, but would have beaten the best

The task is a table that holds whole learning curves, so the lab can show what no search ever sees: how the stopped
trainings would have gone on. Time is simulated from the seconds that the trainings took, and several workers share
the work; the lower picture shows when each of them was busy.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

import nasbook
from nasbook.hpo.median_stopping import median_at
from nasbook.kit.levels import rung_levels
from nasbook.loop import Run
from nasbook.plots.data import Quantity, Trials, trials_of
from nasbook.plots.picture import Stack
from nasbook.plots.style import plural
from nasbook.plots.traces.timeline import TimelinePicture
from nasbook.plots.views.freezing import FreezingPicture
from nasbook.plots.views.halving import HalvingPicture, HalvingState, order, root, rungs_of, whole_training
from nasbook.plots.views.stopping import StoppingPicture
from nasbook.prepare import header_of
from nasbook.space import Arguments
from nasbook.tasks.digits201 import Digits201
from nasbook.tasks.digits_hpo import DigitsHPO
from nasbook.trace import Trace, Trial
from nasbook.widgets.shell import Lab, Setting, choose, count, slide, tick

if TYPE_CHECKING:
    from nasbook.hpo.freeze_thaw import FreezeThawView

IMAGES = ["digits", "messy", "textures"]
TASKS = [(f"{x}: settings", f"digits-hpo-{x}") for x in IMAGES] + [(f"{x}: cells", f"digits201-{x}") for x in IMAGES]
MEDIAN = "median-stopping"  # has no rungs: each training is judged after every epoch
FREEZE = "freeze-thaw"  # promotes and stops nobody: whoever promises most goes on
METHODS = ["successive-halving", "hyperband", "asha", "bohb", "dehb", MEDIAN, FREEZE]
RULES = [("the median", "median"), ("Wilcoxon's test", "wilcoxon"), ("extrapolation", "curve")]


class HalvingLab(Lab[HalvingState]):
    """Successive halving, Hyperband, ASHA, BOHB, DEHB, median stopping and freeze-thaw on Digits-HPO and Digits-201.
    The arguments are settings: task, method, shortest, eta, grace, startup, rule, workers, slow, hidden,
    trials, seed."""

    name = "halving"
    telling = ("method", ("successive-halving", "hyperband", "asha", "median-stopping"))

    def settings(self) -> list[Setting]:
        return [
            choose("task", "Images", TASKS, "digits-hpo-messy",
                   "What the networks learn, and what is searched: 9,720 settings of a small network (27 epochs), or "
                   "15,625 cells (12 epochs). All were trained."),
            choose("method", "Method", METHODS, "successive-halving",
                   "Successive halving fills one rung after the other; Hyperband mixes short and long beginnings; ASHA "
                   "promotes without waiting; BOHB and DEHB are Hyperband that chooses new networks by what was seen. "
                   "Median stopping has no rungs: it compares after every epoch. Freeze-thaw goes on with whichever "
                   "network promises most, by where a prior-fitted network expects the curves to end."),
            choose("shortest", "First look", [("1 epoch", 1), ("3 epochs", 3), ("9 epochs", 9)], 1,
                   "The epochs of the lowest rung (r): how long everybody trains before the first are stopped."),
            slide("grace", "Grace period", 2, 0, 10, 1,
                  "Median stopping: the epochs that every network is given before it is judged."),
            slide("eta", "η", 3, 2, 4, 1, "One network of so many goes on to the next rung.", more=True),
            choose("rule", "Judged by", RULES, "median",
                   "Median stopping: the median of the others at the same epoch, a test against the best one epoch by "
                   "epoch, or where the curve seems to end.", more=True),
            slide("startup", "Run in full first", 5, 1, 20, 1,
                  "Median stopping: networks that must have been trained to the end before one is stopped.", more=True),
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
        by_median = v["method"] == MEDIAN
        if by_median:
            settings: Arguments = {"warmup": v["grace"], "startup": v["startup"], "rule": v["rule"]}
        else:
            settings = {"min_fidelity": v["shortest"], "max_fidelity": R, "eta": v["eta"]}
        self.method = nasbook.method(v["method"], self.task.space, seed=v["seed"], **settings)
        self._offer(by_median, v["method"] == FREEZE)
        self.quantity = Quantity(self.task.value_label)
        top = 0.1 * np.floor(10 * (1 - float(self.task.val[..., -1].max())))  # the next full 10 % above the best
        limits, hidden = (float(top), 1.0), whole_training(self.task, R, v["seed"])
        self.curves: HalvingPicture | StoppingPicture | FreezingPicture
        self.levels = rung_levels(v["shortest"], R, v["eta"])
        if v["method"] == FREEZE:
            self.curves = FreezingPicture(R, self.quantity, limits)
        elif by_median:
            self.curves = StoppingPicture(self.quantity, v["rule"] == "median", hidden, limits, R, v["grace"])
        else:
            self.tables = getattr(self.method, "tables", ())
            self.curves = HalvingPicture(self.levels, self.tables, hidden, self.quantity, limits)
        self.timeline = Clock(v["workers"], R)
        self.use(Stack([self.curves, self.timeline], [4.3, 2.5]))

    def _offer(self, by_median: bool, freezes: bool) -> None:
        """Enable what the method and the workers leave to set; the first look and the grace period share a place."""
        rungs = "Median stopping has no rungs: it compares after every epoch." if by_median else None
        median = None if by_median else "Only median stopping has it: choose that method first."
        belief = (
            "Freeze-thaw stops nobody for good; its picture shows what it believes of the rest." if freezes else None
        )
        for why_not, names in ((rungs, ("shortest", "eta")), (median, ("grace", "startup", "rule"))):
            for name in names:
                self._settings[name].enable(why_not)
            self.controls[names[0]].layout.display = "none" if why_not else ""
        self._settings["hidden"].enable(belief)
        alone = "With one worker there is nobody to be slower than."
        self._settings["slow"].enable(None if self.values["workers"] > 1 else alone)

    def make_search(self) -> Iterator[HalvingState]:
        """The search on a simulated clock with several workers; the first may be slower than the others."""
        v, trace = self.values, Trace(header_of(self.method, self.task, self.values["workers"]))
        self.trace = trace
        pace, freezes = {0: v["slow"] if v["workers"] > 1 else 1}, v["method"] == FREEZE
        run = Run(self.method, self.task, trace, views=freezes, workers=v["workers"], pace=pace)
        self.chosen: dict[int, FreezeThawView] = {}  # of freeze-thaw: its belief when it chose a piece of training
        while step := run.step(v["trials"]):
            self.chosen[step.trial.id] = step.view
            yield HalvingState(tuple(trace.trials), tuple(trace.pending), self.method.view())

    def frame(self, n: int) -> list[object]:
        state = self.steps[n - 1] if n else HalvingState()
        if isinstance(self.curves, FreezingPicture):
            from nasbook.hpo.freeze_thaw import FreezeThawView  # with a prior-fitted network and its bars

            return [state.view or FreezeThawView(self.levels, (), None), state.trials + state.running]
        self.curves.show_hidden = self.values["hidden"]
        shown = (state.trials, state.view) if self.values["method"] == MEDIAN else state
        return [shown, state.trials + state.running]

    def begin(self) -> str:
        if self.values["method"] == MEDIAN:
            v = self.values
            return (
                f"Nothing has been trained yet. Until {v['startup']} have ended nobody is judged; then a network may "
                f"be stopped after any epoch beyond its first {v['grace']}."
            )
        words = " → ".join(map(str, self.levels))
        if self.values["method"] == FREEZE:
            return (
                f"Nothing has been trained yet. {self.method.settings.startup} random networks begin. Then, after "
                f"{words} epochs, each rests until it promises most."
            )
        eta = self.values["eta"]
        return f"Nothing has been trained yet. Networks are compared after {words} epochs; one of {eta} goes on."

    def sentence(self, n: int) -> str:
        state = self.steps[n - 1]
        trial = state.trials[-1]
        what = "Training" if self.values["method"] == FREEZE else "Network"  # as the picture above calls it
        who = f"{what} {1 + order(state).index(root(trial))}"
        if self.values["method"] == MEDIAN:
            return self._judged(who, trial)
        if self.values["method"] == FREEZE:
            return self._thawed(who, trial, self.chosen[trial.id])
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
            text += f", rank {1 + sum(v < trial.loss for v in ended)} of {len(ended)} on this rung"
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

    def _thawed(self, who: str, trial: Trial, view: FreezeThawView) -> str:
        """Why freeze-thaw chose this piece of training, and what came of it."""
        if trial.status != "done":
            return (
                f"{who} failed on its way to epoch {trial.fidelity:g} ({trial.reason}); it promises nothing any more."
            )
        value = self.quantity.text(trial.value)
        if view.next is None:
            few = len(view.trainings) < self.method.settings.startup
            why = "at random, as the first do" if few else "because nobody promised more for an epoch than a new one"
            return f"{who} began, {why}: {value} after {plural(int(trial.fidelity or 0), 'epoch')}."
        known = next(t for t in view.trainings if t.id == view.next)
        low, high = sorted(float(v[0]) for v in view.quantiles(known, np.array([trial.fidelity]), 0.1, 0.9))
        expected = f"between {self.quantity.text(low)} and {self.quantity.text(high)} (80 %)"
        return f"{who} promised most and went on to epoch {trial.fidelity:g}: {value}, expected {expected}."

    def _judged(self, who: str, trial: Trial) -> str:
        """What median stopping did with a training, and why."""
        assert self.trace is not None
        if trial.status == "failed":
            return f"{who} failed ({trial.reason})."
        known = peers(self.trace, trial)
        if trial.status == "done":
            told = f"{who} was trained to its end, {self.quantity.text(trial.value)}"
            if len(known) < self.values["startup"]:
                return f"{told}: {plural(len(known), 'network')} had ended when it began, too few to judge it."
            return f"{told}: after no epoch was there reason to stop it."
        told = f"{who} was stopped after epoch {trial.curve[-1][0]:g} of {self.epochs}"
        if self.values["rule"] != "median":
            return f"{told}: {trial.reason}{' (errors)' if self.values['rule'] == 'curve' else ''}."
        lowest = min(y for _, y in trial.curve if y is not None)
        median = median_at([t.curve for t in known], trial.curve[-1][0])
        return (
            f"{told}: its best so far, {self.quantity.text(lowest)}, is worse than {self.quantity.text(median)}, the "
            f"median of what {len(known)} others show on average up to there."
        )


def peers(trace: Trace, trial: Trial) -> list[Trial]:
    """The trials that had run to their end when this one began: by them median stopping judges it."""
    known: list[Trial] = []
    for kind, other in trace.events:
        if kind == "ask" and other.id == trial.id:
            break
        if kind != "ask" and other.status == "done" and other.curve:
            known.append(other)
    return known


class Clock(TimelinePicture):
    """The timeline; its star is the best of those trained for R epochs, as in the picture above it."""

    def __init__(self, workers: int, R: int) -> None:
        super().__init__(workers)
        self.R = R

    def update(self, state: Trials) -> bool:
        changed = super().update(state)
        full = [t for t in trials_of(state) if t.status == "done" and t.fidelity in (None, self.R)]
        self.best = min(full, key=lambda t: t.loss, default=None)
        scale = self.ax.get_xlim()[1] / (self.now or 1.0)  # units of the axis per second
        if self.best is None:
            self.star.set_data([], [])
        else:
            self.star.set_data([(self.best.start + (self.best.end or self.now)) / 2 * scale], [self.best.worker])
        return changed
