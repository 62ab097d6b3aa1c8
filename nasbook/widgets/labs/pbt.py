"""The PBT lab: networks that train side by side, who is copied by whom, and the schedule that comes of it.

    lab = nasbook.lab("pbt", population=10, seed=0)
    lab.run(); lab.lanes.descent()               # 'all 10 members descend from member 1'

A step is a round: the worst become copies of the best, then every member trains for an interval. Without copying the
same starts train alone, each with its hyperparameters for ever. Every network is trained for real.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TypeAlias

import nasbook
from nasbook.plots.data import Quantity
from nasbook.plots.picture import Stack
from nasbook.plots.scales import value_label
from nasbook.plots.style import plural
from nasbook.plots.views.lineage import LanesPicture, SchedulePicture
from nasbook.space import Config, Constant, Space
from nasbook.trace import Step, Trial
from nasbook.widgets.shell import Lab, Setting, choose, count, slide, tick

TRAIN = 300  # images: so few that the learning rate matters, and an epoch takes some milliseconds
NETWORK: Config = {
    "optimizer": "sgd",
    "momentum": 0.9,
    "weight_decay": 1e-4,
    "batch": 16,
    "width": 32,
    "depth": 2,
    "dropout": 0.3,
    "activation": "relu",
}
MOVING = {"lr": ("lr",), "all": ("lr", "momentum", "weight_decay", "batch", "dropout")}
Starts: TypeAlias = tuple[object, ...]  # all that says how the members begin
FACTORS = [("1.05 or 0.95", (1.05, 0.95)), ("1.2 or 0.8", (1.2, 0.8)), ("2 or 0.5", (2.0, 0.5))]


def lab_space(moves: str = "lr") -> Space:
    """The lab's space: 'lr', only the learning rate is free; 'all', all that may change in a training; 'network', all
    of digits-mlp, so that every member starts with a network of its own."""
    space = nasbook.task("digits-mlp").space
    if moves == "network":
        return space
    free = {name: nasbook.Float(0.0, 0.99) if name == "momentum" else space.parameters[name] for name in MOVING[moves]}
    return Space({name: free.get(name, Constant(NETWORK.get(name, 0))) for name in space.parameters})


class PBTLab(Lab[tuple[Step, ...]]):
    """Population based training of small networks on digits.

    Arguments are settings: exploit, population, interval, quantile, factors, resample, moves ('lr', 'all', 'network'),
    colour ('value', 'founder', 'parameter'), below (a hyperparameter), epochs, seed.
    """

    name = "pbt"
    telling = ("interval", (1, 4, 10))
    lines = 4
    unit = "round"

    def __init__(self, **values: object) -> None:
        self._reached: dict[tuple[bool, Starts], float] = {}  # (exploit, the starts) -> the best value at the end
        super().__init__(**values)

    def settings(self) -> list[Setting]:
        return [
            tick("exploit", "copy the best", True,
                 "Exploit: the worst become copies of the best. Without it the same starts train alone, each with the "
                 "hyperparameters that it began with.", effect="search"),
            slide("population", "Population", 10, 2, 16, 1, "How many networks train side by side."),
            slide("interval", "Interval", 1, 1, 10, 1, "Epochs that everybody trains between two rounds of copying."),
            slide("quantile", "Quantile", 0.25, 0.05, 0.5, 0.05,
                  "The share that is replaced, and the share that is copied: ⌈q n⌉ members, at most half."),
            choose("colour", "Colour", [("accuracy", "value"), ("founder", "founder"), ("hyperparameter", "parameter")],
                   "value", "What the colour of a lane says: the validation accuracy, whose first network it descends "
                   "from, or the hyperparameter that is drawn below.", effect="view"),
            choose("moves", "What may change", [("learning rate", "lr"), ("learning rate, momentum, …", "all"),
                                                ("these, other networks", "network")], "lr",
                   "The hyperparameters that are changed with each copy: the learning rate; also momentum, decay, "
                   "batch and dropout; these, while every member begins with another network.", more=True),
            choose("below", "Below", list(MOVING["all"]), "lr", "The hyperparameter that is drawn below.",
                   effect="view", more=True),
            choose("factors", "Factors", FACTORS, (1.2, 0.8),
                   "Explore: a copied number is multiplied by one of these.", more=True),
            slide("resample", "Drawn anew", 0.25, 0.0, 1.0, 0.05,
                  "The probability that a copied hyperparameter is drawn anew instead.", more=True),
            slide("epochs", "Epochs", 20, 5, 40, 1, "How long every member trains.", more=True),
            count("seed", "Seed", 0, 0, 9999, "Another seed begins with other learning rates and weights.", more=True),
        ]  # fmt: skip

    @property
    def total(self) -> int | None:
        return math.ceil(self.values["epochs"] / self.values["interval"])

    def prepare(self) -> None:
        v = self.values
        self.task = nasbook.task("digits-mlp", epochs=v["epochs"], train=TRAIN)
        self.space = lab_space(v["moves"])
        up, down = v["factors"]
        self.method = nasbook.method(
            "pbt",
            self.space,
            seed=v["seed"],
            population=v["population"],
            interval=v["interval"],
            quantile=v["quantile"] if v["exploit"] else 0.0,
            resample=v["resample"],
            up=up,
            down=down,
        )
        alone = None if v["exploit"] else "Nobody is copied: tick “copy the best” first."
        for name in ("quantile", "factors", "resample"):
            self._settings[name].enable(alone)
        self._settings["below"].enable("Only the learning rate may change." if v["moves"] == "lr" else None)
        self.quantity = Quantity(self.task.value_label)
        self.lanes = LanesPicture(self.space, v["population"], v["epochs"], self.quantity)
        self.schedule = SchedulePicture(self.space, v["epochs"], self.parameter)
        self.use(Stack([self.lanes, self.schedule]))

    @property
    def parameter(self) -> str:
        """The hyperparameter that is drawn."""
        return self.values["below"] if self.values["below"] in self.space.free else "lr"

    def make_search(self) -> Iterator[tuple[Step, ...]]:
        members: list[Step] = []
        for step in self.search(self.method, self.task):
            members.append(step)
            if len(members) == self.method.settings.population:
                yield tuple(members)
                members = []

    def frame(self, n: int) -> list[tuple[list[Trial], str] | list[Trial]]:
        trials = [step.trial for members in self.steps[:n] for step in members]
        self.lanes.parameter = self.parameter
        self.schedule.aim(self.parameter)
        return [(trials, self.values["colour"]), trials]

    def keeps(self) -> str:
        n = len(self.trace or ())
        return f"{plural(n, 'trial')} (intervals of a member)"

    # ---- words ---------------------------------------------------------------------------------------------

    def begin(self) -> str:
        v = self.values
        begins = f"{v['population']} networks, each with another learning rate, wait to be trained."
        if not v["exploit"]:
            return f"{begins} Nobody will be copied: each keeps what it began with."
        k = nasbook.hpo.pbt.quantile_size(v["population"], v["quantile"])
        after = "every epoch" if v["interval"] == 1 else f"every {v['interval']} epochs"
        if k == 1:
            return f"{begins} After {after} the worst becomes a changed copy of the best."
        return f"{begins} After {after} the worst {k} become changed copies of the best {k}."

    def sentence(self, n: int) -> str:
        trials = [step.trial for step in self.steps[n - 1]]
        parts = [self._copies(trials), self._standing(self.steps[n - 1])]
        if n == self.total:
            parts += [self._end(n)]
        return " ".join(part for part in parts if part)

    def _copies(self, trials: list[Trial]) -> str:
        """Who copied whom before this interval, and with which new learning rate."""
        assert self.trace is not None
        told: list[str] = []
        for t in trials:
            if "copied_from" in t.info:
                who = ("member " if told else "Member ") + str(t.info["member"] + 1)
                donor = self.trace.trials[t.info["parent"]]
                told.append(f"{who} became a copy of {t.info['copied_from'] + 1} with {self._change(donor, t)}")
        rest = f"; and {len(told) - 3} more were copied" if len(told) > 3 else ""
        return "; ".join(told[:3]) + rest + "." if told else ""

    def _change(self, donor: Trial, copy: Trial) -> str:
        """'learning rate 0.03 × 1.2 = 0.036'."""
        p, old, new = self.space.parameters["lr"], donor.config["lr"], copy.config["lr"]
        s = self.method.settings
        for factor in (s.up, s.down):
            if math.isclose(new, old * factor, rel_tol=1e-9):
                return f"learning rate {value_label(p, old)} × {factor:g} = {value_label(p, new)}"
        return f"learning rate {value_label(p, new)}" + ("" if new in (p.low, p.high) else ", drawn anew")  # type: ignore[union-attr]

    def _standing(self, members: tuple[Step, ...]) -> str:
        epoch = f"Epoch {members[-1].trial.fidelity:g}"
        failed = [str(s.trial.info["member"] + 1) for s in members if s.trial.status != "done"]
        gone = f" Diverged: {', '.join(failed)}." if failed else ""
        done = [s.trial for s in members if s.trial.status == "done"]
        if not done:
            return f"{epoch}: every member has diverged."
        top = min(done, key=lambda t: t.value or 0.0)
        rate = value_label(self.space.parameters["lr"], top.config["lr"])
        which = f"member {top.info['member'] + 1} leads with {self.quantity.text(top.value)}, learning rate {rate}"
        return f"{epoch}: {which}.{gone}"

    def _end(self, n: int) -> str:
        """At the end: what the same starts have reached with, or without, copying."""
        v = self.values
        best = self.steps[n - 1][-1].incumbent
        if best is None:
            return ""
        starts = tuple(v[name] for name in ("population", "interval", "moves", "epochs", "seed"))
        self._reached[v["exploit"], starts] = best.loss
        other = self._reached.get((not v["exploit"], starts))
        with_, without = ("with", "without") if v["exploit"] else ("without", "with")
        text = f"The best so far, {with_} copying: {self.quantity.text(best.value)}"
        if other is None:
            return f"{text}. What do the same starts reach {without} it?"
        return f"{text}; {without} it, from the same starts: {self.quantity.text(other)}."
