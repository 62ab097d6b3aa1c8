"""The controller lab: a policy learns to write cells, by REINFORCE or by PPO.

    lab = nasbook.lab("controller", method="ppo", task="nb201-cifar10", clip=0.2, seed=0)
    lab.run(); lab.after[-1].probabilities

Switch the baseline off and look at the variance of the gradient; with PPO, narrow the clip and look at the ratios.

The variance is that of one trial's gradient g_i = (R_i − b) ∇ log p(a_i), summed over all weights of the controller and
estimated from the trials of each batch, once with the moving mean as b and once with b = 0: the same trials, the same
policy. With ten trials a batch a single estimate is rough; the gap between the lines is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

import nasbook
from nasbook.plots.picture import Stack
from nasbook.plots.style import Limits, number
from nasbook.plots.views.controller import (
    TITLES,
    ClipPicture,
    ControllerState,
    PolicyPicture,
    RewardPicture,
    VariancePicture,
)
from nasbook.trace import Step
from nasbook.widgets.labs.evolution import TABLES, outcomes
from nasbook.widgets.shell import Lab, Setting, choose, count, slide, tick

if TYPE_CHECKING:
    from nasbook.nas.reinforce import ControllerView


class ControllerLab(Lab[Step]):
    """A controller over cells whose accuracy is looked up in a table.

    Arguments are settings: method ('reinforce' or 'ppo'), task, baseline, lr, clip, decay, entropy, batch, epochs,
    trials, seed.
    """

    name = "controller"
    telling = ("lr", (0.005, 0.02, 0.1))
    lines = 5

    def __init__(self, **values: object) -> None:
        super().__init__(**values)
        self._speed.value = 5.0

    def settings(self) -> list[Setting]:
        return [
            choose("method", "Method", ["reinforce", "ppo"], "reinforce",
                   "REINFORCE takes one step with each batch; PPO takes several and clips them."),
            choose("task", "Cells trained on", [(label, name) for name, label in TABLES.items()], "nb201-cifar10",
                   "The images; every cell has been trained on them once and for all, and its accuracy is looked up."),
            tick("baseline", "subtract a baseline", True,
                 "The baseline b is a moving mean of the rewards. It leaves the gradient as it is on average and makes "
                 "it vary less.", effect="search"),
            slide("lr", "Rate", 0.02, 0.001, 0.1, 0.1,
                  "Rate of Adam: how far one step moves the policy. Outside of this lab PPO's is 0.005.",
                  log=True),
            slide("clip", "Clip ε", 0.2, 0.02, 0.9, 0.02,
                  "PPO: a probability that has changed by more than this part, the way it was pushed, gets no more "
                  "gradient."),
            slide("entropy", "Entropy bonus", 0.01, 0.0, 0.2, 0.005,
                  "Weight of the entropy: a larger one keeps the policy undecided for longer.", format=".3f"),
            slide("decay", "Decay of b", 0.9, 0.0, 0.99, 0.01,
                  "How much of the baseline is kept at each update; with 0 it is the mean of the last batch.",
                  more=True),
            slide("batch", "Batch", 10, 2, 40, 1, "Trials between two updates of the policy.", more=True),
            slide("epochs", "PPO's steps", 5, 1, 20, 1, "PPO: steps with the same batch.", more=True),
            slide("trials", "Trials", 300, 50, 500, 10, "How many cells may be looked up.", more=True),
            count("seed", "Seed", 0, 0, 9999, "Another seed draws another controller and other cells.", more=True),
        ]  # fmt: skip

    def prepare(self) -> None:
        v = self.values
        ppo = v["method"] == "ppo"
        for name in ("clip", "epochs"):
            self._settings[name].enable(None if ppo else "Only PPO clips and takes several steps with a batch.")
        self._settings["decay"].enable(None if v["baseline"] else "Without a baseline nothing decays.")
        self.task = nasbook.task(v["task"])
        chosen = {name: v[name] for name in ("baseline", "lr", "entropy", "decay", "batch")}
        chosen |= {name: v[name] for name in ("clip", "epochs")} if ppo else {}
        chosen["reward"] = "accuracy"  # the picture's middle shows the rewards, in per cent
        self.method = nasbook.method(v["method"], self.task.space, seed=v["seed"], **chosen)
        self.start = self.method.view()
        self.after: list[ControllerView] = []  # the policy after each trial
        if not hasattr(self, "policy"):
            self._picture()
        values, weights = outcomes(self.task)  # of all cells and runs
        low, high = 1 - np.interp(0.9, np.cumsum(weights), values), 1 - float(values[0])
        room = 0.08 * (high - low)
        self.policy.aim(v["trials"])
        self.reward.aim(v["trials"], low - room, high + room, v["baseline"])
        self.variance.y = Limits(-3.0, 1.0, room=0.1)
        self.variance.aim(v["trials"] // v["batch"])
        self.clip.eps = v["clip"] if ppo else None
        self.live.picture.invalidate()

    def _picture(self) -> None:
        """One picture for the life of the lab; another table or budget only gives it other axes."""
        self.policy = PolicyPicture(self.start.names, self.start.options)
        self.reward, self.variance, self.clip = RewardPicture(), VariancePicture(), ClipPicture()
        below = Stack([self.variance, self.clip], [3.7, 3.5], beside=True)
        self.use(Stack([self.policy, self.reward, below], [2.4, 1.75, 2.2]))

    def make_search(self) -> Iterator[Step]:
        for step in self.search(self.method, self.task, trials=self.values["trials"]):
            self.after.append(self.method.view())
            yield step

    def frame(self, n: int) -> tuple[ControllerState, ControllerState, tuple[ControllerState, ControllerState]]:
        state = ControllerState([s.trial for s in self.steps[:n]], [self.start, *self.after[:n]])
        return state, state, (state, state)

    # ---- words ---------------------------------------------------------------------------------------------

    def begin(self) -> str:
        return (
            "The controller is new: it finds all operations about equally likely. It draws "
            f"{self.values['batch']} cells, then it learns from them. Step draws one cell, Play draws all of them."
        )

    def sentence(self, n: int) -> str:
        step, view, batch = self.steps[n - 1], self.after[n - 1], self.values["batch"]
        trial, before = step.trial, self.after[n - 2] if n > 1 else self.start
        likely = np.exp(trial.info["log_p"]) * self.task.space.size
        told = f"Drew a cell that is {number(likely, 2)} times as likely as in random search: {1 - trial.loss:.1%}."
        u = view.last
        if u is None or view.updates == before.updates:
            left = batch - n % batch
            return told + f" The policy learns after {left} more."
        told += f" Update {u.number}: this batch had {np.mean(u.rewards):.1%} on average"
        if self.values["baseline"]:
            own = "its own mean" if u.number == 1 else "the mean of earlier batches"
            told += f", b was {u.baseline:.1%} ({own})"
        times = number(u.variance_without / max(u.variance_with, 1e-300), 2)
        told += f"; without b the variance {'would be' if self.values['baseline'] else 'is'} {times} times as large."
        gain = np.array(view.probabilities) - np.array(before.probabilities)
        t, o = np.unravel_index(int(gain.argmax()), gain.shape)
        told += f" Most gained {view.options[t][o]} on {TITLES[view.names[t]]}: {before.probabilities[t][o]:.0%} → "
        told += f"{view.probabilities[t][o]:.0%}."
        if self.values["method"] == "ppo":
            told += f" The clip silenced {u.clipped:.0%} of the pushes."
        return told
