"""The relaxations lab: DARTS and its relatives on the same images, several seeds at once.

    lab = nasbook.lab("relaxations", method="gdas", seeds=3, epochs=20)
    lab.run(); lab.ended(2)[-1].cell         # what the third seed would derive

All relax the choice of an operation to numbers that have a gradient, and differ in how: by a softmax, by a sigmoid for
each operation, by a random sample that cools down, by a sample of one operation, in a part of the channels, in stages.
A step is one epoch of one seed; the seeds take turns. At the top are the weights of one seed. Below, for every seed:
how well the cell that it would derive now does when it is trained alone, as the table Digits-201 knows, and its rank.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, NamedTuple

import numpy as np

import nasbook
from nasbook.loop import train
from nasbook.nas.parts.supernet import SupernetView
from nasbook.nas.spaces.nb201.cell import EDGES
from nasbook.plots.cell import count
from nasbook.plots.labs.relaxations import FAMILIES, RUNS, RunsPicture, span, weightless
from nasbook.plots.picture import Stack
from nasbook.plots.style import number, plural
from nasbook.prepare import header_of
from nasbook.trace import Trace, Trial
from nasbook.widgets.labs.darts import IMAGES, Weights, random_cells
from nasbook.widgets.shell import Lab, Setting, Values, choose, slide, tick
from nasbook.widgets.shell import count as whole

RELAXATIONS = {  # by their methods
    "darts": "softmax (DARTS)",
    "fair-darts": "sigmoids (FairDARTS)",
    "snas": "Gumbel sample (SNAS)",
    "gdas": "hard sample (GDAS)",
    "pc-darts": "part of the channels (PC-DARTS)",
    "p-darts": "in stages (P-DARTS)",
}
SAMPLED, WARMED = ("snas", "gdas"), ("pc-darts", "p-darts")
WATCHED = 1e6  # a growth of the eigenvalue that never comes: it is computed, and stops nothing
COOLING = {
    "usual": None,
    "10 → 0.1": (10.0, 0.1),
    "1 → 0.03": (1.0, 0.03),
    "stays at 10": (10.0, 10.0),
    "stays at 1": (1.0, 1.0),
    "stays at 0.1": (0.1, 0.1),
}


class Epoch(NamedTuple):
    """An epoch of one of the searches."""

    run: int  # 0 is that of the first seed
    trial: Trial
    view: SupernetView


class RelaxationsLab(Lab[Epoch]):
    """DARTS and its relatives, one epoch of one seed after the other.

    Arguments are settings: method, seeds, epochs, shown, cooling, alpha_lr, partial, warmup, zero_one, eigenvalue,
    stop_free, data, channels, seed.
    """

    name = "relaxations"
    telling = ("shown", (1, 2, 3))
    drawn_only = ("shown",)
    shown_with: ClassVar[Values] = {"seeds": 2, "epochs": 12}
    lines = 4
    unit = "epoch"
    _aim: tuple[object, ...] | None = None  # what the axes are set for

    def __init__(self, **values: object) -> None:
        super().__init__(**values)
        self._speed.value = float("inf")

    def settings(self) -> list[Setting]:
        return [
            choose("method", "Relaxation", [(label, name) for name, label in RELAXATIONS.items()], "darts",
                   "What stands for the choice of an operation, so that it has a gradient."),
            slide("seeds", "Seeds", 3, 1, RUNS, 1, "How many searches are made, which differ only in their seed."),
            slide("epochs", "Epochs", 20, 2, 60, 1, "How often each search sees every image."),
            slide("shown", "Weights of search", 1, 1, RUNS, 1,
                  "Whose weights stand at the top, counted from 1; also the one that Save and Export keep.",
                  effect="live"),
            choose("cooling", "Temperature τ", list(COOLING), "usual",
                   "Of a Gumbel sample, in the first and in the last epoch. A high one makes all operations nearly "
                   "equal, a low one nearly a choice."),
            slide("alpha_lr", "Learning rate of α", 0.02, 0.0003, 0.3, 0.05, "How far α may move at each step.",
                  log=True, more=True),
            choose("partial", "Part of the channels", [("all", 1), ("1/2", 2), ("1/4", 4)], 2,
                   "Which part of the channels goes through the operations (1/K); the rest passes by.", more=True),
            tick("warmup", "Warm-up", True,
                 "At first only the weights learn: for 3 of 10 epochs (PC-DARTS), or for 3 of 8 in every stage "
                 "(P-DARTS).", effect="search", more=True),
            slide("zero_one", "Pull to 0 or 1", 10.0, 0.0, 20.0, 1.0,
                  "How strongly the loss draws each sigmoid away from ½, where it begins.", more=True),
            choose("eigenvalue", "Eigenvalue of ∇²L", [("not computed", 0.0), ("shown", WATCHED), ("may stop it", 1.3)],
                   0.0, "The largest one of the Hessian by α, a sign of a sharp minimum; it makes an epoch dearer. "
                   "R-DARTS stops when it grows by 1.3.", more=True),
            choose("stop_free", "Stop when", [("never", 0), *((f"{n} edges have no weights", n) for n in (4, 5, 6))], 0,
                   "DARTS+ stops there, and keeps the cell of the epoch before.", more=True),
            choose("data", "Images", [(label, name) for name, label in IMAGES.items()], "digits",
                   "What the supernet learns to tell apart.", more=True),
            choose("channels", "Channels", [4, 8, 16], 8,
                   "The width of the supernet: how many feature maps the first cell has.", more=True),
            whole("seed", "First seed", 0, 0, 9999, "The seeds are this one and those that follow it.", more=True),
        ]  # fmt: skip

    @property
    def total(self) -> int | None:
        return self.values["epochs"] * self.values["seeds"]

    # ---- the searches --------------------------------------------------------------------------------------

    def prepare(self) -> None:
        v = self.values
        self._allow(v["method"])
        self.task = nasbook.task("digits-cells", **({} if v["data"] == "digits" else {"data": v["data"]}))
        self.table = nasbook.task(f"digits201-{v['data']}")
        self.seeds = [v["seed"] + k for k in range(v["seeds"])]
        chosen = self._chosen()
        self.methods = [nasbook.method(v["method"], self.task.space, seed=seed, **chosen) for seed in self.seeds]
        self.method = self.methods[self.shown]
        self._true: dict[tuple[str, ...], tuple[float, int]] = {}
        self.traces = [Trace(header_of(method, self.task)) for method in self.methods]
        if not hasattr(self, "weights"):
            self.weights, self.runs = Shown(), RunsPicture(self.truth)
            self.use(Stack([self.weights, self.runs], [2.9, 4.1]))
        last = "temperature" if v["method"] in SAMPLED else "eigenvalue" if self._watched else "skips"
        aim = v["epochs"], tuple(self.seeds), v["data"], v["method"], v["cooling"], last
        if aim != self._aim:
            self.weights.aim(v["epochs"])
            low, middle, high = (100 * q for q in random_cells(v["data"]))
            top = {"skips": len(EDGES), "temperature": getattr(self.method.settings, "tau", None)}.get(last)
            self.runs.aim(v["epochs"], self.seeds, (low, middle, high), last, top)
            self.live.picture.invalidate()
            self._aim = aim

    @property
    def _watched(self) -> bool:
        return self.values["method"] == "darts" and self.values["eigenvalue"] > 0

    def _allow(self, method: str) -> None:
        """Enable what this relaxation has; the others say whose they are."""
        needs = {
            "cooling": (SAMPLED, "Only the samples of SNAS and GDAS have a temperature."),
            "partial": (("pc-darts",), "Only PC-DARTS lets channels pass by."),
            "warmup": (WARMED, "Only PC-DARTS and P-DARTS begin with a warm-up."),
            "zero_one": (("fair-darts",), "Only FairDARTS has sigmoids."),
            "eigenvalue": (("darts",), "It is computed for DARTS alone."),
            "stop_free": (("darts",), "Only DARTS has this rule."),
        }
        for name, (methods, why_not) in needs.items():
            self._settings[name].enable(None if method in methods else why_not)

    def _chosen(self) -> Values:
        """The settings of the method."""
        v = self.values
        chosen = {name: v[name] for name in ("epochs", "alpha_lr", "channels")}
        method = v["method"]
        if method in SAMPLED and (cooling := COOLING[v["cooling"]]):
            chosen["tau"], chosen["tau_min"] = cooling
        if method in WARMED:
            share = 0.3 if method == "pc-darts" else 1 / 8
            chosen["warmup"] = int(share * v["epochs"] + 0.5) if v["warmup"] else 0
        own = {"pc-darts": ("partial",), "fair-darts": ("zero_one",), "darts": ("stop_free",)}.get(method, ())
        chosen |= {name: v[name] for name in own}
        return {**chosen, "stop_eigenvalue": v["eigenvalue"]} if self._watched else chosen

    def make_search(self) -> Iterator[Epoch]:
        runs = [train(method, self.task, trace) for method, trace in zip(self.methods, self.traces, strict=True)]
        going = dict(enumerate(runs))
        while going:
            for k, run in list(going.items()):
                if step := next(run, None):
                    self.trace = self.traces[self._kept]
                    yield Epoch(k, step.trial, step.view)
                else:
                    del going[k]

    @property
    def shown(self) -> int:
        """The search whose weights are drawn, 0 is the first; the last one where there are fewer."""
        return min(self.values["shown"], self.values["seeds"]) - 1

    @property
    def _kept(self) -> int:
        """The search that Save and Export keep: the one that is drawn; while it has no epoch yet, the first."""
        return self.shown if len(self.traces[self.shown]) else 0

    def changed(self, name: str) -> None:
        if self.trace is not None:
            self.trace = self.traces[self._kept]
        self.method = self.methods[self.shown]
        self.redraw()

    def keeps(self) -> str:
        return f"{plural(len(self.traces[self._kept]), self.unit)} of seed {self.seeds[self._kept]}"

    def ended(self, run: int, n: int | None = None) -> list[SupernetView]:
        """The views of one search (0 is the first) among the first n steps of the lab, or among all."""
        return [step.view for step in self.steps[:n] if step.run == run]

    # ---- picture and words ---------------------------------------------------------------------------------

    def frame(self, n: int) -> tuple[tuple[int, list[SupernetView]], tuple[list[list[SupernetView]], int]]:
        views = [self.ended(k, n) for k in range(len(self.seeds))]
        return (self.seeds[self.shown], views[self.shown]), (views, self.shown)

    def truth(self, cell: tuple[str, ...]) -> tuple[float, int]:
        """Test accuracy of a cell that is trained alone (mean of three seeds), and its rank."""
        if cell not in self._true:
            self._true[cell] = self.table.test_accuracy(cell), self.table.rank(cell)
        return self._true[cell]

    def begin(self) -> str:
        v = self.values
        return (
            f"All operations share every edge equally. Play makes {plural(v['epochs'], 'epoch')} of each of "
            f"{plural(v['seeds'], 'seed')}, in turn. A cell drawn at random and trained alone gets "
            f"{100 * random_cells(v['data'])[1]:.1f} % of the test images right, in the median."
        )

    def sentence(self, n: int) -> str:
        run, trial, view = self.steps[n - 1]
        if trial.status == "failed":
            others = " The other seeds go on." if len(self.seeds) > 1 else " A smaller learning rate of α may help."
            return f"Seed {self.seeds[run]} failed in epoch {view.epoch}: {trial.reason}.{others}"
        accuracy, rank = self.truth(view.cell)
        told = f"Seed {self.seeds[run]}, epoch {view.epoch}{self._also(view)}: the derived cell has {count(view.cell)}"
        told += (
            f"; trained alone it gets {100 * accuracy:.1f} % of the test images right, rank {rank:,} of {FAMILIES:,}."
        )
        last = [views[-1] for k in range(len(self.seeds)) if (views := self.ended(k, n))]
        if len(last) > 1:
            ranks, free = [self.truth(v.cell)[1] for v in last], float(np.mean([weightless(v) for v in last]))
            told += f" The {len(last)} seeds: rank {span(ranks, '{:,}')}, {number(free, 2)} of 6 edges without weights."
        return told

    @staticmethod
    def _also(view: SupernetView) -> str:
        if view.temperature is not None:
            return f" at temperature {number(view.temperature, 2)}"
        if view.eigenvalue is not None:
            return f" (largest eigenvalue {number(view.eigenvalue, 2)})"
        return f", {view.stage.partition(':')[0]}" if view.stage else ""


class Shown(Weights):
    """The weights of one search over the epochs. State: (its seed, its views)."""

    def update(self, state: tuple[int, list[SupernetView]]) -> bool:
        self.seed, views = state
        return super().update(views)

    def _sentence(self) -> str:
        told = super()._sentence()
        return f"Seed {self.seed}{',' if self.epoch else ':'} {told[0].lower()}{told[1:]}"

    def alt(self) -> str:
        return f"Seed {self.seed}. {super().alt()}"
