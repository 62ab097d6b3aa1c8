"""The Pareto lab: two objectives, the front that a search finds, and the true front of a table.

    lab = nasbook.lab("pareto", task="nb201-cifar10", cost="latency", method="nsga2")
    lab.run(); lab.share(len(lab.steps))     # covered hypervolume, as a part of the true front's

The table is known whole, so the lab can show what no search sees: the true front. Every row shows its first training
(run 0), to the search and to the true front alike. A click on a point shows what it is. "Weighted sum" marks the
points of the true front at which a sum w · cost + (1 - w) · error can be lowest, for any weight w: those in a hollow of
the front are never among them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import SubFigure

import nasbook
from nasbook.hpo.nsga2 import NSGA2View
from nasbook.hpo.parts.pareto import best_trials, front, hypervolume, ranks
from nasbook.nas.spaces.nb201.cell import all_cells, to_config
from nasbook.plots.cell import CellPicture
from nasbook.plots.data import Quantity
from nasbook.plots.picture import Stack
from nasbook.plots.style import Figure, plural
from nasbook.plots.views.objectives import ConfigPicture, FrontPicture, FrontState, SharePicture
from nasbook.space import Config
from nasbook.tasks.objectives import LABELS
from nasbook.trace import Step
from nasbook.views import OfWeightedObjectives
from nasbook.widgets.labs.evolution import TABLES as CELLS
from nasbook.widgets.labs.evolution import lift
from nasbook.widgets.shell import Lab, Setting, choose, count, slide, tick

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NETWORKS = {
    "digits-hpo-digits": "small networks, 8×8 digits",
    "digits-hpo-messy": "small networks, messy digits",
    "digits-hpo-textures": "small networks, textures",
}
TABLES = {**{name: f"cells, {label}" for name, label in CELLS.items()}, **NETWORKS}
COSTS = {"latency": "latency", "parameters": "parameters", "flops": "FLOPs", "seconds": "training time"}
FAR = 0.9  # the reference point: in each objective, nine rows out of ten are better


class ParetoLab(Lab[Step]):
    """NSGA-II, ParEGO or random search for the error of a network and one of its costs, on a table.

    Arguments are settings: task, cost ('latency', 'parameters', 'flops', 'seconds': what the table has), method,
    trials, population, seed, truth, weighted, weight.
    """

    name = "pareto"
    telling = ("method", ("nsga2", "parego", "random"))

    def __init__(self, **values: object) -> None:
        self._asked_for = values.get("cost")
        super().__init__(**values)
        self._asked_for = None

    def settings(self) -> list[Setting]:
        return [
            choose("task", "Table", [(label, name) for name, label in TABLES.items()], "nb201-cifar10",
                   "What is searched; every row has been trained once and for all."),
            choose("cost", "Error and", [(label, name) for name, label in COSTS.items()], "latency",
                   "The second objective: what a network costs. Both are to be low."),
            choose("method", "Method", ["nsga2", "parego", "random"], "nsga2",
                   "NSGA-II breeds from the first layers; ParEGO models one weighting after the other; random search "
                   "draws."),
            tick("weighted", "Weighted sum", False,
                 "Mark the points that a weighted sum of the two can reach, whatever the weight."),
            slide("weight", "Weight", 0.5, 0.0, 1.0, 0.05,
                  "Weight of the cost in the weighted sum; the error has the rest. The line touches the lowest point.",
                  effect="view"),
            tick("truth", "Show the true front", True, "The front of the whole table; no search sees it.", more=True),
            slide("trials", "Trials", 150, 20, 300, 10, "How many rows may be looked up.", more=True),
            slide("population", "Population μ", 20, 4, 60, 2, "NSGA-II: how many survive a generation.", more=True),
            count("seed", "Seed", 0, 0, 9999, "Another seed draws other random numbers.", more=True),
        ]  # fmt: skip

    def prepare(self) -> None:
        v = self.values
        costs = self._costs(v["task"])
        if v["cost"] not in costs:
            if self._asked_for:
                has = ", ".join(map(repr, costs))
                raise ValueError(f"{v['task']} has no {COSTS[v['cost']]}; cost can be {has}")
            v["cost"] = next(c for c in COSTS if c in costs)
        with self._silently():
            dropdown = self.controls["cost"]
            dropdown.options = [(label, name) for name, label in COSTS.items() if name in costs]
            dropdown.value = v["cost"]
        of_nsga2 = v["method"] == "nsga2"
        self._settings["population"].enable(None if of_nsga2 else "Only NSGA-II has a population.")
        self.task = nasbook.task(v["task"], run=0, objectives=("error", v["cost"]))
        chosen = {"population": v["population"]} if of_nsga2 else {}
        self.method = nasbook.method(v["method"], self.task.space, seed=v["seed"], **chosen)
        self.table = self.task.outcomes()[:, ::-1]  # (n, 2): cost, error
        known = self.table[np.isfinite(self.table).all(1)]
        self.reference = np.quantile(known, FAR, axis=0)
        self.whole = hypervolume(known[front(known)], self.reference)
        quantities = Quantity(LABELS[v["cost"]]), Quantity(self.task.value_label, accuracy=False)
        self.plane = FrontPicture(*quantities, known, self.reference)
        self.history = SharePicture(v["trials"])
        self.detail: Cell | ConfigPicture
        self.detail = Cell() if v["task"] in CELLS else ConfigPicture(list(self.task.space.parameters))
        self._share: list[float] = []
        self._chosen: tuple[Config, np.ndarray, str] | None = None
        row = Stack([self.history, self.detail], [3.6, 3.6], beside=True)
        self.use(Stack([self.plane, row], [4.4, 2.3]))
        self.clickable("Click a point to see what it is.", self.plane.ax)

    @staticmethod
    def _costs(task: str) -> tuple[str, ...]:
        return ("parameters", "seconds") if task in NETWORKS else tuple(COSTS)

    def make_search(self) -> Iterator[Step]:
        return self.search(self.method, self.task, trials=self.values["trials"])

    # ---- what is shown -------------------------------------------------------------------------------------

    def frame(self, n: int) -> tuple[FrontState, tuple[list[float], tuple[str, Config | None]]]:
        v, trials = self.values, [s.trial for s in self.steps[:n]]
        self._settings["weight"].enable(None if v["weighted"] else "Tick 'Weighted sum' first.")
        view = self.steps[n - 1].view if n else None
        alive = frozenset(t.id for t in view.population) if isinstance(view, NSGA2View) else frozenset()
        chosen = self._shown(n)
        point = None if chosen is None else (float(chosen[1][0]), float(chosen[1][1]))
        state = FrontState(trials, alive, point, v["weight"] if v["weighted"] else None, v["truth"])
        title = "Click a point to see what it is" if chosen is None else chosen[2]
        return state, ([self.share(k) for k in range(1, n + 1)], (title, None if chosen is None else chosen[0]))

    def _shown(self, n: int) -> tuple[Config, np.ndarray, str] | None:
        """(configuration, point, title) of what was clicked, or else of the newest trial."""
        if self._chosen is not None or not n:
            return self._chosen
        trial = self.steps[n - 1].trial
        if trial.values is None:
            return None
        point = np.array(trial.values[::-1])
        return trial.config, point, f"Trial {trial.id + 1}: {self.plane.text(point)}"

    def picked(self, axes: Axes, x: float, y: float) -> None:
        hit = self.plane.nearest(x, y)
        if hit is None:
            self._chosen = None
        else:
            place, point = hit
            if place is not None:
                trial = self.steps[place].trial
                self._chosen = trial.config, point, f"Trial {trial.id + 1}: {self.plane.text(point)}"
            else:
                self._chosen = self._row(point), point, f"On the true front: {self.plane.text(point)}"
        self.redraw()

    def _row(self, point: np.ndarray) -> Config:
        """The first configuration of the table with these outcomes."""
        row = int(np.flatnonzero((self.table == point).all(1))[0])
        if self.values["task"] in CELLS:
            return to_config(list(all_cells())[row])
        shape = [len(p.options) for p in self.task.space.parameters.values()]
        place = np.unravel_index(row, shape)
        return {name: p.options[int(i)] for (name, p), i in zip(self.task.space.parameters.items(), place, strict=True)}

    def share(self, n: int) -> float:
        """The hypervolume covered by the first n trials, as a part of the true front's."""
        for k in range(len(self._share) + 1, n + 1):
            Y = [t.values[::-1] for t in best_trials(s.trial for s in self.steps[:k]) if t.values]
            self._share.append(hypervolume(Y, self.reference) / self.whole if Y else 0.0)
        return self._share[n - 1] if n else 0.0

    # ---- words -----------------------------------------------------------------------------------------------

    def begin(self) -> str:
        true = len(np.unique(self.plane.true, axis=0))
        return (
            f"The table has {len(self.table):,} rows and {plural(true, 'point')} on its true front. Step looks one row "
            "up, Play goes on."
        )

    def sentence(self, n: int) -> str:
        step = self.steps[n - 1]
        trial, before = step.trial, [s.trial for s in self.steps[: n - 1]]
        parents = trial.info.get("parents", [])
        born = f"a child of {' and '.join(str(i + 1) for i in sorted(set(parents)))}" if parents else ""
        view = step.view
        if isinstance(view, OfWeightedObjectives) and view.weights is not None and view.next is not None:
            born = f"chosen with weight {view.weights[1]:.1f} on the cost"
        who = f"Trial {trial.id + 1}{', ' + born + ',' if born else ''}"
        if trial.values is None:
            return f"{who} failed ({trial.reason})."
        told = f"{who} has {self.plane.text(trial.values[::-1])}: "
        better = [t for t in before if t.values and _dominates(t.values, trial.values)]
        if better:
            told += f"dominated by {plural(len(better), 'trial')}, layer {int(self._layer(n))}."
        else:
            gone = [t for t in best_trials(before) if t.values and _dominates(trial.values, t.values)]
            told += f"on the front{f', where it replaces {len(gone)}' if gone else ''}."
        return f"{told} The front covers {100 * self.share(n):.1f} % of the true front's hypervolume."

    def _layer(self, n: int) -> int:
        Y = np.array([s.trial.values for s in self.steps[:n] if s.trial.values])
        return int(ranks(Y)[-1]) + 1


def _dominates(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return all(x <= y for x, y in zip(a, b, strict=True)) and a != b


class Cell(CellPicture):
    """A cell with a title of its own. State: (title, config)."""

    figsize = (3.6, 2.3)

    def build(self, fig: Figure | SubFigure) -> None:
        super().build(fig)
        lift(self)

    def update(self, state: tuple[str, Config | None]) -> bool:
        title, config = state
        self.known = config is not None
        super().update(config if config is not None else (0,) * 6)
        self.say(title)
        return False

    def alt(self) -> str:
        return f"{self.sentence()}. {super().alt()}" if self.known else self.sentence()
