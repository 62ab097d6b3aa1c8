"""The explain lab: choose a configuration, and see what it owes to each of its parameters.

    lab = nasbook.lab("explain", task="digits-hpo-messy", default="mean", trials=60, seed=0)
    lab.run(); lab.choose(7); lab.point("lr")

A click on a trial explains that trial; a click on a parameter, or on an edge of a cell, says what it is worth. The bars
are the truth: the table knows every configuration. The diamonds are what a forest makes of the trials so far, with its
error: all that a search without a table could know.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

import nasbook
from nasbook.explain.attribution import Attribution, explain
from nasbook.hpo.parts.importance import LEAST
from nasbook.nas.spaces.nb201.cell import EDGE_NAMES, EDGES
from nasbook.plots.cell import NODES
from nasbook.plots.data import Quantity
from nasbook.plots.labs.explain import BothPicture, CellBothPicture, TrialsPicture
from nasbook.plots.picture import Stack
from nasbook.plots.traces.attribution import Worth
from nasbook.prepare import header_of
from nasbook.trace import Step, Trace, Trial
from nasbook.widgets.shell import Lab, Setting, choose, count, slide, tick

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TASKS = {
    "digits-hpo-messy": "training of networks, messy digits",
    "digits-hpo-digits": "training of networks, digits",
    "digits201-messy": "cells, messy digits",
    "digits201-digits": "cells, digits",
    "nb201-cifar10": "cells, CIFAR-10",
}
TREES = 16
Parts: TypeAlias = BothPicture | CellBothPicture
Explained: TypeAlias = tuple[list[Trial], int | None]  # the trials, and the place of the one that is explained


class ExplainLab(Lab[Step]):
    """A search on a table, and the Shapley values of one of its trials by the table and by a forest.

    Arguments are settings: task, default ('mean', 'middle' or 'first'), game ('ablation', 'tunability' or
    'sensitivity'), forest, method, trials, seed.
    """

    name = "explain"
    telling = ("game", ("ablation", "tunability", "sensitivity"))
    lines = 4

    def settings(self) -> list[Setting]:
        return [
            choose("task", "Search", [(words, name) for name, words in TASKS.items()], "digits-hpo-messy",
                   "What is searched: hyperparameters of a training, or the operations of a cell. A table knows all."),
            choose("default", "Against", [("the mean of the space", "mean"), ("the middle of every range", "middle"),
                                          ("the first value of each", "first")], "mean",
                   "What the configuration is compared with: what it would be worth to know nothing, or one default.",
                   effect="view"),
            choose("game", "Question", [("what made this one good?", "ablation"),
                                        ("what can tuning gain?", "tunability"),
                                        ("what does it depend on?", "sensitivity")], "ablation",
                   "Ablation: the chosen trial. Tunability and sensitivity ask about the default alone.",
                   effect="live"),
            tick("forest", "show the forest", True,
                 "What a random forest on the trials so far would say, with its error.", more=True),
            choose("method", "Method", ["random", "tpe", "genetic"], "random",
                   "Who chooses the trials: one that learns crowds them where it is good, and the forest knows less of "
                   "the rest.", more=True),
            slide("trials", "Trials", 60, 5, 150, 5, "How many configurations the search may try.", more=True),
            count("seed", "Seed", 0, 0, 9999, "Another seed draws other trials.", more=True),
        ]  # fmt: skip

    def prepare(self) -> None:
        v = self.values
        self.task = nasbook.task(v["task"])
        self.method = nasbook.method(v["method"], self.task.space, seed=v["seed"])
        self.chosen: int | None = None  # the place of a trial, from 0; None follows the best
        self.part: str | None = None  # the parameter or edge that is pointed at
        self._found: dict[tuple[bool, int, int, str, str], Attribution] = {}
        self.cells = "edge_0_1" in self.task.space.parameters
        self.drawn: dict[str, tuple[Stack, TrialsPicture, Parts]] = {}
        self._draw_game()

    def _draw_game(self) -> None:
        """The pictures for the question that is asked; they live until the search begins anew."""
        game = self.values["game"]
        if game not in self.drawn:
            worth = Worth(self.task.value_label, game)
            cell = self.cells and game == "ablation"
            below: Parts = CellBothPicture(worth) if cell else BothPicture(self.task.space.free, worth)
            points = TrialsPicture(self.values["trials"], Quantity(self.task.value_label, accuracy=False))
            self.drawn[game] = Stack([points, below], [2.2, below.figsize[1]]), points, below
        stack, self.points, self.parts = self.drawn[game]
        stack.make_figure()
        self.use(stack)
        self.clickable("a trial, or a part of it", self.points.ax, self.parts.ax)

    def changed(self, name: str) -> None:
        with self.exchanging():
            self._draw_game()
        self.redraw()

    def make_search(self) -> Iterator[Step]:
        return self.search(self.method, self.task, self.values["trials"])

    def frame(self, n: int) -> tuple[Explained, tuple[Attribution | None, Attribution | None, str | None]]:
        trials = [step.trial for step in self.steps[:n]]
        place = self.place(n)
        table, forest = self.found(n, True), self.found(n, False)
        return (trials, place), (table, forest if self.values["forest"] else None, self.part)

    def place(self, n: int) -> int | None:
        """The trial that is explained after n steps, counted from 0: the chosen one, or the best; None without one."""
        if self.chosen is not None and self.chosen < n:
            return self.chosen
        best = self.steps[n - 1].incumbent if n else None
        return None if best is None else next(i for i, s in enumerate(self.steps[:n]) if s.trial.id == best.id)

    def found(self, n: int, truth: bool) -> Attribution | None:
        """What the trial owes to each parameter, by the table or by a forest on the first n trials; None where there is
        nothing to go by."""
        v, place = self.values, self.place(n)
        if place is None or (not truth and sum(s.trial.status == "done" for s in self.steps[:n]) < LEAST):
            return None
        key = (truth, 0 if truth else n, place, v["default"], v["game"])
        if key not in self._found:
            trace = Trace(header_of(self.method, self.task))
            for step in self.steps[:n]:
                trace.started(step.trial)
                trace.ended(step.trial)
            default = None if v["default"] == "mean" else v["default"]
            config = self.steps[place].trial.config
            self._found[key] = explain(
                trace, config, default, v["game"], task=self.task if truth else None, truth=truth, trees=TREES
            )
        return self._found[key]

    # ---- what is chosen --------------------------------------------------------------------------------------

    def choose(self, trial: int | None) -> None:
        """Explain this trial, counted from 1; None goes back to the best. ValueError if it was not made."""
        if trial is not None and (isinstance(trial, bool) or not isinstance(trial, int) or not 0 < trial <= self.at):
            raise ValueError(f"trials are made from 1 to {self.at} here, not {trial!r}")
        self.chosen = None if trial is None else trial - 1
        self.redraw()

    def point(self, part: str | None) -> None:
        """Say what this parameter is worth. ValueError if there is none of this name."""
        if part is not None and part not in self.task.space.free:
            raise ValueError(f"there is no point in {part!r}: a parameter is one of {', '.join(self.task.space.free)}")
        self.part = part
        self.redraw()

    def picked(self, axes: Axes, x: float, y: float) -> None:
        if axes is self.points.ax:
            if self.at:
                self.choose(min(self.points.trial_at(x), self.at - 1) + 1)
        elif isinstance(self.parts, CellBothPicture):
            edge = self.parts.edge_at(x, y)
            self.point(None if edge is None else EDGE_NAMES[edge])
        else:
            self.point(self.parts.part_at(y))

    # ---- words -----------------------------------------------------------------------------------------------

    def begin(self) -> str:
        return (
            "Nothing has been tried yet. With the first trial the table says what it owes to each parameter; a forest "
            f"needs {LEAST} trials to guess."
        )

    def sentence(self, n: int) -> str:
        table, forest = self.found(n, True), self.found(n, False)
        if table is None:
            return f"Trial {n} failed, and so have all before it: there is nothing to explain yet."
        worth = self.parts.worth
        if self.part is not None:
            return self._about(self.part, table, forest, worth)
        if not len(table.names):
            return "This configuration is the default itself: no parameter differs, so none can be worth anything."
        first = table.names[int(table.order[0])]
        said = f"{_named(first)} counts most: {worth.change(float(table.phi[table.order[0]]))} by the table."
        if forest is None or not len(forest.names):
            return said
        gaps = {name: abs(_phi(forest, name) - _phi(table, name)) for name in table.names}
        far = max(gaps, key=lambda name: gaps[name])
        r = _correlation(table, forest)
        close = f" (correlation {r:.2f})" if np.isfinite(r) else ""
        return (
            f"{said} The forest on {forest.source.trials} trials is off most at {_named(far)}: "
            f"{worth.change(_phi(forest, far))} for {worth.change(_phi(table, far))}{close}."
        )

    def _about(self, part: str, table: Attribution, forest: Attribution | None, worth: Worth) -> str:
        if part not in table.names:
            return f"{_named(part)} is the same in the default, so it changes nothing: its Shapley value is 0."
        i = table.names.index(part)
        what = f" = {table.new[i]}" if table.new[i] else ""
        said = f"{_named(part)}{what} is worth {worth.change(float(table.phi[i]))} by the table"
        if forest is not None and part in forest.names:
            k = forest.names.index(part)
            off = float(worth.show(forest.errors[k]))
            sure = f" ± {off:.2g}" if off > 0 else ""
            said += f", and {worth.change(float(forest.phi[k]))}{sure} by the forest"
        together = ""
        if table.interactions is not None and len(table.names) > 1:
            j = int(np.argmax(np.abs(table.interactions[i])))
            if abs(table.interactions[i, j]) > 1e-12:
                pair = worth.change(float(table.interactions[i, j]))
                together = f" Most with {_named(table.names[j])}: the two together add {pair}."
        return f"{said}.{together}"


def _named(part: str) -> str:
    """'edge in → 2' for a cell's edge_0_2; other names as they are."""
    if part in EDGE_NAMES:
        i, j = EDGES[EDGE_NAMES.index(part)]
        return f"the edge {NODES[i]} → {NODES[j]}"
    return part


def _phi(found: Attribution, name: str) -> float:
    return float(found.phi[found.names.index(name)]) if name in found.names else 0.0


def _correlation(a: Attribution, b: Attribution) -> float:
    """Of the Shapley values by the table and by the forest; NaN where one of them does not vary."""
    x, y = a.phi, np.array([_phi(b, name) for name in a.names])
    if len(x) < 3 or x.std() < 1e-12 or y.std() < 1e-12:
        return float("nan")
    return float(np.corrcoef(x, y)[0, 1])
