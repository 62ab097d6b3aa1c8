"""The evolution lab: who is drawn, who becomes a parent, what mutates and who dies.

    lab = nasbook.lab("evolution", task="nb201-cifar10", population=20, sample=5, trials=150, seed=0)
    lab.run(); lab.distinct(150), lab.difference(150)
    lab.set(show="landscape")

A large tournament is won by the same few members again and again, so their family takes over and the population becomes
one cell with small changes. The blue line shows it: in how many of the six edges two members differ, on average. Two
random cells differ in 4.8.

Three methods look for cells: regularized evolution; a genetic algorithm, whose children mix two parents; and local
search, which has no population at all: its members are the centre and those of its neighbours that it has looked at.

The grey band is random search, exactly: a table is finite, so the best of n random trials has a known distribution.
The landscape shows all cells with their true accuracy, which no search sees.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np

import nasbook
from nasbook.method import Method
from nasbook.nas.spaces.nb201.cell import EDGE_NAMES, EDGES, OPS, to_cell
from nasbook.plots.cell import NODES
from nasbook.plots.data import Quantity
from nasbook.plots.labs.evolution import RANDOM_PAIR, Best, Crowd, Tree, Variety, inset, lift
from nasbook.plots.picture import Stack
from nasbook.plots.style import plural
from nasbook.plots.traces.landscape import LandscapePicture, true_values
from nasbook.plots.views.population import living, parents_of, tournament
from nasbook.trace import Step, Trial
from nasbook.widgets.random_on_table import best_of_random, outcomes
from nasbook.widgets.shell import Lab, Setting, Values, choose, count, slide, tick

TABLES = {
    "nb201-cifar10": "CIFAR-10",
    "nb201-cifar100": "CIFAR-100",
    "nb201-imagenet16": "ImageNet16-120",
    "digits201-digits": "8×8 digits",
    "digits201-messy": "messy digits",
    "digits201-textures": "textures",
}

Landscape: TypeAlias = tuple[list[Step], list[float]]  # the steps, and how different the members are after each
Families: TypeAlias = tuple[list[Step], list[float], tuple[list[Step], list[Trial]]]  # and the two newest best

METHODS = ("regularized-evolution", "genetic", "local-search")
WHOSE = {  # which method a setting belongs to, and why the others have none
    "population": (METHODS[:2], "Local search has no population: it looks at the neighbours of one cell."),
    "sample": (METHODS[:2], "Local search draws no tournament: it moves to the best neighbour."),
    "ageing": (METHODS[:1], "Only regularized evolution lets the oldest die; here the best survive."),
    "crossover": (METHODS[1:2], "Only the genetic algorithm mixes two parents."),
}


class EvolutionLab(Lab[Step]):
    """Evolution and local search over cells whose accuracy is looked up in a table.

    Arguments are settings: task, method, population, sample, ageing, crossover, show ('families' or 'landscape'),
    trials, seed, band.
    """

    name = "evolution"
    telling = ("sample", (1, 5, 20))
    lines = 4

    def settings(self) -> list[Setting]:
        return [
            choose("task", "Cells trained on", [(label, name) for name, label in TABLES.items()], "nb201-cifar10",
                   "The images; every cell has been trained on them once and for all, and its accuracy is looked up."),
            choose("method", "Method", METHODS, METHODS[0],
                   "Regularized evolution mutates one parent, and the oldest dies. A genetic algorithm mixes two "
                   "parents, and the best survive. Local search looks at all neighbours of one cell."),
            slide("population", "Population P", 20, 2, 60, 1, "How many cells live at a time."),
            slide("sample", "Tournament S", 5, 1, 60, 1,
                  "How many members are drawn, of which the best has a child: 1 is no selection at all, and a large "
                  "tournament is won by the same few again and again."),
            tick("ageing", "the oldest dies", True,
                 "Ageing: the oldest member dies. Without it the worst dies, and a cell that was lucky once may live "
                 "for ever.", effect="search"),
            choose("crossover", "Crossover", [("uniform", "uniform"), ("one-point", "one-point"), ("none", "none")],
                   "uniform",
                   "How two parents are mixed: each edge from either of them, the first edges from one and the rest "
                   "from the other, or not at all."),
            choose("show", "Show", [("population and family tree", "families"), ("landscape", "landscape")], "families",
                   "The population over time, or all 15,625 cells with their true accuracy and the walk over them.",
                   effect="live"),
            slide("trials", "Trials", 150, 20, 300, 10, "How many cells may be looked up.", more=True),
            count("seed", "Seed", 0, 0, 9999, "Another seed draws other cells and other mutations.", more=True),
            tick("band", "show random search", True,
                 "What random search finds with as many trials: its mean, and nine searches out of ten.", more=True),
        ]  # fmt: skip

    def prepare(self) -> None:
        v = self.values
        for name, (methods, why) in WHOSE.items():
            self._settings[name].enable(None if v["method"] in methods else why)
        self.task = nasbook.task(v["task"])
        self.method = nasbook.method(v["method"], self.task.space, seed=v["seed"], **self._chosen())
        self._members: list[list[Trial]] = []
        self._difference: list[float] = []
        self._aim()
        self._picture()

    def _chosen(self) -> Values:
        """The settings of the method."""
        v = self.values
        if v["method"] == "genetic":
            mixed = {"crossover_rate": 0.0} if v["crossover"] == "none" else {"crossover": v["crossover"]}
            return {"population": v["population"], "children": v["population"], "tournament": v["sample"], **mixed}
        if v["method"] == "local-search":
            return {}
        return {name: v[name] for name in ("population", "sample", "ageing")}

    def _aim(self) -> None:
        """Give the pictures the axes of this table and budget; they live as long as the lab."""
        v, quantity = self.values, Quantity("validation error")
        if not hasattr(self, "crowd"):
            self.crowd, self.variety = Crowd(None, quantity), Variety()
            self.tree, self.best = Tree(None, quantity), Best(quantity)
            row = Stack([self.tree, self.best], [3.9, 3.3], beside=True)
            self.families = Stack([self.crowd, self.variety, row], [3.1, 1.2, 2.5])
            self.families.make_figure()
            self.map, self.below_map = LandscapePicture(true_values(self.task), None, quantity), Variety()
            self.landscape = Stack([self.map, self.below_map], [5.6, 1.2])
        baseline = best_of_random(v["task"], v["trials"])
        self.crowd.aim(v["trials"], baseline)
        self.variety.aim(v["trials"])
        self.tree.aim(v["trials"], float(self.crowd.baseline[0][-1]))
        self.families.invalidate()
        self._aimed = False  # the landscape, which is only made when it is wanted

    def _picture(self) -> None:
        if self.values["show"] != "landscape":
            self.use(self.families)
            return
        if not self._aimed:
            self.landscape.make_figure()
            self.map.aim(self.values["trials"], true_values(self.task))
            self.below_map.aim(self.values["trials"])
            self.landscape.invalidate()
            self._aimed = True
        self.use(self.landscape)

    def changed(self, name: str) -> None:
        with self.exchanging():
            self._picture()
        self.redraw()

    def make_search(self) -> Iterator[Step]:
        members, method = self._members, self.method
        for step in self.search(method, self.task, trials=self.values["trials"]):
            members.append(members_of(method))
            yield step

    def frame(self, n: int) -> Landscape | Families:
        steps = self.steps[:n]
        spread = [self.difference(k) for k in range(1, n + 1)]
        if self.live.picture is self.landscape:  # what is chosen may be a moment ahead of what is drawn
            return steps, spread
        self.crowd.band = self.values["band"]
        best: list[Trial] = []
        for step in reversed(steps):
            if step.incumbent is not None and step.incumbent not in best:
                best.append(step.incumbent)
            if len(best) == 2:
                break
        return steps, spread, (steps, best)

    # ---- who lives -----------------------------------------------------------------------------------------

    def after(self, n: int) -> tuple[list[Trial], list[Trial]]:
        """The members after trial n, and who died with it."""
        now = self._members[n - 1]
        alive = {t.id for t in now}
        before = [*(self._members[n - 2] if n > 1 else []), self.steps[n - 1].trial]
        return now, [t for t in before if t.id not in alive and t.status == "done"]

    def distinct(self, n: int) -> int:
        """How many different cells lived after trial n."""
        return len({self.task.space.key(t.config) for t in self.after(n)[0]})

    def difference(self, n: int) -> float:
        """In how many of the six edges two members differed after trial n, mean over all pairs; NaN with one member."""
        for k in range(len(self._difference) + 1, n + 1):
            cells = np.array([to_cell(t.config) for t in self.after(k)[0]])
            m = len(cells)
            pairs = m * (m - 1) / 2
            alike = sum((count * (count - 1) / 2).sum() for count in map(_counts, cells.T)) if m else 0
            self._difference.append(len(EDGES) - alike / pairs if pairs else float("nan"))
        return self._difference[n - 1]

    # ---- words ---------------------------------------------------------------------------------------------

    def begin(self) -> str:
        P, S, method = (self.values[name] for name in ("population", "sample", "method"))
        if method == "local-search":
            return (
                "The first cell will be drawn at random. Then its 24 neighbours are looked at, the search moves to the "
                "best of them, and so on; where no neighbour is better it starts anew."
            )
        drawn = f"each trial draws {S} of the population, and the best of them has a child"
        if method == "genetic":
            two = "two parents, each" if self.values["crossover"] != "none" else "one parent,"
            drawn = f"each child has {two} the best of {S} drawn; of {P} parents and {P} children the best {P} survive"
        return f"The first {P} cells will be drawn at random. Then {drawn}."

    def sentence(self, n: int) -> str:
        step = self.steps[n - 1]
        trial, text = step.trial, self.crowd.quantity.text
        found = text(trial.value) if trial.status == "done" else f"failed ({trial.reason})"
        told = self._walk(n, found) if self.values["method"] == "local-search" else self._birth(step, found)
        members, died = self.after(n)
        if self.values["method"] != "local-search":
            told += self._deaths(trial, died)
            if len(members) > 1:
                told += f" {self.distinct(n)} of {len(members)} members are different cells; two of them differ in "
                told += f"{self.difference(n):.1f} of {len(EDGES)} edges on average."
        return told + (" This is the best so far." if step.incumbent is trial and n > 1 else "")

    def _birth(self, step: Step, found: str) -> str:
        trial, text = step.trial, self.crowd.quantity.text
        parents = [self.steps[i].trial for i in parents_of(trial)]
        if not parents:
            return f"A random start: {found}."
        drawn = [str(i + 1) for i in sorted(set(tournament(step.view)))]
        names = ", ".join(drawn[:8]) + (f" and {len(drawn) - 8} more" if len(drawn) > 8 else "")
        if len(parents) == 2:
            a, b = (f"{p.id + 1} ({text(p.value)})" for p in parents)
            return f"Drawn: {names}; {a} and {b} won and had a child: {mixture(parents, trial)}, {found}."
        (parent,) = parents
        if len(drawn) == 1:
            return f"Drawn: {names} ({text(parent.value)}), which had a child: {mutation(parent, trial)}, {found}."
        best = f"; {parent.id + 1} was the best of them ({text(parent.value)})"
        return f"Drawn: {names}{best} and had a child: {mutation(parent, trial)}, {found}."

    def _deaths(self, trial: Trial, died: list[Trial]) -> str:
        if not died:
            return ""
        if self.values["method"] == "genetic":
            return f" The generation is full: the worst {len(died)} of parents and children died."
        if died == [trial]:
            return " It is the worst, so it dies at once."
        return f" Trial {died[0].id + 1}, the {'oldest' if self.values['ageing'] else 'worst'}, died."

    def _walk(self, n: int, found: str) -> str:
        view, text = self.steps[n - 1].view, self.crowd.quantity.text
        before = self.steps[n - 2].view.centre if n > 1 else None
        if view.centre is None:
            stuck = f"No neighbour of trial {before.id + 1} is better: a local minimum. " if before else ""
            return f"{stuck}A random start: {found}."
        centre = view.centre
        moved = ""
        if before is not None and before.id != centre.id:
            moved = (
                f"All neighbours of trial {before.id + 1} are known; the search moves to the best, {centre.id + 1}. "
            )
        return (
            f"{moved}A neighbour of trial {centre.id + 1} ({text(centre.value)}): "
            f"{mutation(centre, self.steps[n - 1].trial)}, {found}; {plural(view.left, 'neighbour')} left to look at."
        )


def members_of(method: Method) -> list[Trial]:
    """Who lives now: a population, with children not yet judged; of a local search its centre and what it has seen."""
    return list(living(method.view()) or ())


def _counts(operations: np.ndarray) -> np.ndarray:
    return np.bincount(operations, minlength=len(OPS))


def _edge(name: str) -> str:
    i, j = (NODES[int(node)] for node in name.split("_")[1:])
    return f"{i} → {j}"


def mutation(parent: Trial, child: Trial) -> str:
    """'edge 1 → out from skip to conv3x3'; several edges are joined."""
    turned = [name for name in EDGE_NAMES if parent.config[name] != child.config[name]]
    changes = [f"edge {_edge(name)} from {parent.config[name]} to {child.config[name]}" for name in turned]
    return " and ".join(changes) or "nothing changed"


def mixture(parents: list[Trial], child: Trial) -> str:
    """'4 edges as in 12, 1 more as in 7, 1 mutated'; what both parents have counts for the first."""
    a, b = parents
    first = sum(child.config[name] == a.config[name] for name in EDGE_NAMES)
    second = sum(child.config[name] == b.config[name] != a.config[name] for name in EDGE_NAMES)
    new = len(EDGE_NAMES) - first - second
    text = f"{plural(first, 'edge')} as in {a.id + 1}, {second} more as in {b.id + 1}"
    return text + (f", {new} mutated" if new else "")


__all__ = ["RANDOM_PAIR", "TABLES", "EvolutionLab", "best_of_random", "inset", "lift", "outcomes"]
