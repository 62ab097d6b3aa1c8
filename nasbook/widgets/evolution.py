"""The evolution lab: who is drawn, who becomes a parent, what mutates and who dies.

    lab = nasbook.lab("evolution", task="nb201-cifar10", population=20, sample=5, trials=150, seed=0)
    lab.run(); lab.distinct(150), lab.difference(150)

A large tournament is won by the same few members again and again, so their family takes over and the population becomes
one cell with small changes. The blue line shows it: in how many of the six edges two members differ, on average. Two
random cells differ in 4.8.

The grey band is random search, exactly: a table is finite, so the best of n random trials has a known distribution.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import SubFigure
from matplotlib.ticker import MaxNLocator

import nasbook
from nasbook.nas.spaces.cell import EDGE_NAMES, EDGES, OPS, to_cell
from nasbook.plots import style
from nasbook.plots.cell import NODES, CellPicture
from nasbook.plots.data import Quantity
from nasbook.plots.picture import Picture, Stack
from nasbook.plots.population import PopulationPicture, TreePicture
from nasbook.plots.style import Figure, Limits
from nasbook.search import Step
from nasbook.tasks.digits201 import Digits201
from nasbook.tasks.nb201 import NB201
from nasbook.trace import Trial
from nasbook.widgets.shell import Lab, Setting, choose, count, slide, tick

TABLES = {
    "nb201-cifar10": "CIFAR-10",
    "nb201-cifar100": "CIFAR-100",
    "nb201-imagenet16": "ImageNet16-120",
    "digits201-digits": "8×8 digits",
    "digits201-messy": "messy digits",
    "digits201-textures": "textures",
}


RANDOM = "grey: random search, its mean and 9 runs out of 10"
RANDOM_PAIR = len(EDGES) * (1 - 1 / len(OPS))  # edges in which two random cells differ, on average


class EvolutionLab(Lab):
    """Regularized evolution over cells whose accuracy is looked up in a table.

    Arguments are settings: task, population, sample, ageing, trials, seed, band.
    """

    name = "evolution"

    def settings(self) -> list[Setting]:
        return [
            choose("task", "Cells trained on", [(label, name) for name, label in TABLES.items()], "nb201-cifar10",
                   "The images; every cell has been trained on them once and for all, and its accuracy is looked up."),
            slide("population", "Population P", 20, 2, 60, 1, "How many cells live at a time."),
            slide("sample", "Tournament S", 5, 1, 60, 1,
                  "How many members are drawn, of which the best has a child: 1 is no selection at all, and a large "
                  "tournament is won by the same few again and again."),
            tick("ageing", "the oldest dies", True,
                 "Ageing: the oldest member dies. Without it the worst dies, and a cell that was lucky once may live "
                 "for ever.", effect="search"),
            slide("trials", "Trials", 150, 20, 300, 10, "How many cells may be looked up.", more=True),
            count("seed", "Seed", 0, 0, 9999, "Another seed draws other cells and other mutations.", more=True),
            tick("band", "show random search", True,
                 "What random search finds with as many trials: its mean, and nine searches out of ten.", more=True),
        ]  # fmt: skip

    def prepare(self) -> None:
        v = self.values
        self.task = nasbook.task(v["task"])
        chosen = {name: v[name] for name in ("population", "sample", "ageing")}
        self.method = nasbook.method("regularized-evolution", self.task.space, seed=v["seed"], **chosen)
        self._difference: list[float] = []
        if not hasattr(self, "crowd"):
            self._picture()
        baseline = best_of_random(v["task"], v["trials"])
        self.crowd.aim(v["trials"], baseline)
        self.variety.aim(v["trials"])
        self.tree.aim(v["trials"], float(self.crowd.baseline[0][-1]))
        self.live.picture.invalidate()

    def _picture(self) -> None:
        """One picture for the life of the lab; another table or budget only gives it other axes."""
        quantity = Quantity("validation error")
        self.crowd, self.variety = Crowd(None, quantity), Variety()
        self.tree, self.best = Tree(None, quantity), Best(quantity)
        row = Stack([self.tree, self.best], [3.9, 3.3], beside=True)
        self.use(Stack([self.crowd, self.variety, row], [3.1, 1.2, 2.5]))

    def make_search(self) -> Iterator[Step]:
        return self.search(self.method, self.task, trials=self.values["trials"])

    def frame(self, n: int) -> Any:
        steps = self.steps[:n]
        self.crowd.band = self.values["band"]
        best = steps[-1].incumbent if steps else None
        spread = [self.difference(k) for k in range(1, n + 1)]
        return steps, spread, (steps, [] if best is None else [best])

    # ---- who lives -----------------------------------------------------------------------------------------

    def after(self, n: int) -> tuple[list[Trial], Trial | None]:
        """The population after trial n, oldest first, and who died with it."""
        step = self.steps[n - 1]
        members = list(step.view.population)
        if step.trial.status != "done":
            return members, None
        members.append(step.trial)
        if len(members) <= self.values["population"]:
            return members, None
        died = members[0] if self.values["ageing"] else max(members, key=lambda t: t.value)
        return [t for t in members if t is not died], died

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
        return (
            f"The first {self.values['population']} cells will be drawn at random. Then each trial draws "
            f"{self.values['sample']} of the population, and the best of them has a child."
        )

    def sentence(self, n: int) -> str:
        step = self.steps[n - 1]
        trial, view, text = step.trial, step.view, self.crowd.quantity.text
        found = text(trial.value) if trial.status == "done" else f"failed ({trial.reason})"
        if view.parent is None:
            told = f"A random start: {found}."
        else:
            parent = next(t for t in view.population if t.id == view.parent)
            drawn = [str(i + 1) for i in sorted(set(view.tournament))]
            names = ", ".join(drawn[:8]) + (f" and {len(drawn) - 8} more" if len(drawn) > 8 else "")
            best = f"; {parent.id + 1} was the best of them ({text(parent.value)})" if len(drawn) > 1 else ""
            told = f"Drawn: {names}{best} and had a child: {mutation(parent, trial)}, {found}."
            if len(drawn) == 1:
                told = f"Drawn: {names} ({text(parent.value)}), which had a child: {mutation(parent, trial)}, {found}."
        members, died = self.after(n)
        if died is trial:
            told += " It is the worst, so it dies at once."
        elif died is not None:
            told += f" Trial {died.id + 1}, the {'oldest' if self.values['ageing'] else 'worst'}, died."
        if len(members) > 1:
            told += f" {self.distinct(n)} of {len(members)} members are different cells; two of them differ in "
            told += f"{self.difference(n):.1f} of {len(EDGES)} edges on average."
        return told + (" This is the best so far." if step.incumbent is trial and n > 1 else "")


def _counts(operations: np.ndarray) -> np.ndarray:
    return np.bincount(operations, minlength=len(OPS))


def mutation(parent: Trial, child: Trial) -> str:
    """'edge 1 → out from skip to conv3x3'."""
    for name in EDGE_NAMES:
        if parent.config[name] != child.config[name]:
            i, j = (NODES[int(node)] for node in name.split("_")[1:])
            return f"edge {i} → {j} from {parent.config[name]} to {child.config[name]}"
    return "nothing changed"


# ---- random search, exactly -------------------------------------------------------------------------------------


@lru_cache(maxsize=16)
def best_of_random(task: str, trials: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The best of n = 1 … trials random trials on a table: mean, and the 5 % and 95 % quantiles, each (trials,).

    A random trial draws one of the 15,625 cells and one of its runs, so its value has a known distribution F, and
    P(best of n > x) = (1 - F(x))^n."""
    values, weights = outcomes(nasbook.task(task))
    above = np.clip(1 - np.cumsum(weights), 0, 1)  # P(value > x_i)
    n = np.arange(1, trials + 1)[:, None]
    survival = np.exp(n * np.log(np.maximum(above, 1e-300)))
    mean = values[0] + (survival[:, :-1] * np.diff(values)).sum(1)
    low, high = (values[np.minimum((1 - survival < q).sum(1), len(values) - 1)] for q in (0.05, 0.95))
    return mean, low, high


def outcomes(table: Any) -> tuple[np.ndarray, np.ndarray]:
    """Every value that a random trial can have, rising, and its probability."""
    if isinstance(table, NB201):
        runs = table.accuracies  # (15625, 3), NaN where there is no third run
        weights = np.isfinite(runs) / np.isfinite(runs).sum(1, keepdims=True) / len(runs)
    elif isinstance(table, Digits201):
        runs = table.val[table.index, :, -1]  # (15625, 3)
        weights = np.full(runs.shape, 1 / runs.size)
    else:
        raise ValueError(f"{table.name} is not a table of cells")
    there = np.isfinite(runs)
    values, place = np.unique(1 - runs[there], return_inverse=True)
    return values, np.bincount(place, weights[there])


# ---- the parts of the picture -------------------------------------------------------------------------------------


class Crowd(PopulationPicture):
    """The population over time, with the band of random search. State: steps. band: is it shown?"""

    figsize = (style.WIDTH, 3.3)
    band = True

    def build(self, fig: Figure | SubFigure) -> None:
        super().build(fig)
        inset(self.ax, fig, 0.12, 0.72)
        self.ax.set_xlabel("")
        self.ax.tick_params(labelbottom=False)
        self.random = self.live(style.polygon(self.ax, style.BASELINE, 0.22, zorder=1.1))
        self.mean = self.live(self.ax.plot([], [], color=style.BASELINE, ls=style.DASH, lw=1.3, zorder=1.2)[0])
        self.name = self.live(
            style.add_words(self.ax, 0.975, 0.03, RANDOM, axes_fraction=True, ha="right", va="bottom",
                            fontsize=style.SMALL, color="#6b7079", ground="white", zorder=1.3)
        )  # fmt: skip

    def aim(self, trials: int, baseline: tuple[np.ndarray, ...]) -> None:
        """Set the axes and the band for another table or budget."""
        self.trials = self.x_end = trials
        self.baseline = mean, low, high = tuple(map(self.quantity.show, baseline))
        self.y = Limits(float(mean[1]), float(low[-1]) + 0.3)
        style.set_band(self.random, np.arange(1, trials + 1), low, high, step=True)
        self.mean.set_data(np.arange(1, trials + 1), mean)
        self._limits()

    def update(self, state: Sequence[Step]) -> bool:
        for artist in (self.random, self.mean, self.name):
            artist.set_visible(self.band)
        return super().update(state)

    def alt(self) -> str:
        mean, low, high = (b[max(0, self.n - 1)] for b in self.baseline)
        expected = f" Random search expects {mean:.1f} % by then (9 of 10: {high:.1f} to {low:.1f} %)."
        return super().alt() + (expected if self.n else "")


class Variety(Picture):
    """In how many edges two members differ. State: the mean over all pairs after every trial, NaN without a pair."""

    figsize = (style.WIDTH, 1.2)

    def build(self, fig: Figure | SubFigure) -> None:
        self.ax = style.axes(fig, 0.75, 0.48, 0.2, 0.08)
        self.ax.set(ylim=(0, len(EDGES)), yticks=[0, 3, 6], xlabel="trial", ylabel="edges\nthat differ")
        self.ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
        self.ax.axhline(RANDOM_PAIR, color=style.BASELINE, ls=style.DASH, lw=1.3)
        self.line = self.live(self.ax.plot([], [], color=style.BELIEF, drawstyle="steps-post")[0])
        self.text = self.live(
            style.add_words(self.ax, 0, 0, fontsize=style.SMALL, color=style.BELIEF, va="center", ground="white")
        )

    def aim(self, trials: int) -> None:
        self.trials = trials
        self.ax.set_xlim(0, trials * 1.02 + 0.5)

    def update(self, state: Sequence[float]) -> bool:
        n = len(state)
        self.now = state[-1] if n else np.nan
        self.line.set_data(np.arange(1, n + 1), state)
        known, right = np.isfinite(self.now), n < 0.85 * self.trials
        height = self.now if right else self.now + (1.3 if self.now < 3 else -1.3)
        self.text.set(text=f"{self.now:.1f}" if known else "", x=n + 0.01 * self.trials if right else n,
                      y=height if known else 0, ha="left" if right else "right")  # fmt: skip
        return False

    def alt(self) -> str:
        if not np.isfinite(self.now):
            return "No two members to compare yet."
        return (
            f"Two members differ in {self.now:.1f} of {len(EDGES)} edges on average (random cells: {RANDOM_PAIR:.1f})."
        )


class Tree(TreePicture):
    """The family tree without its key, which is that of the population above. State: steps."""

    def build(self, fig: Figure | SubFigure) -> None:
        super().build(fig)
        for legend in list(fig.legends):
            legend.remove()
        self.ax.set_ylabel("mutations")
        inset(self.ax, fig, 0.48, 0.62)

    def update(self, state: Sequence[Step]) -> bool:
        if not state:
            for end in self.ends:
                end.set_text("")
        return super().update(state)

    def aim(self, trials: int, best: float) -> None:
        """best: an accuracy in percent that a good search reaches."""
        self.trials = self.x_end = trials
        self.depth, self.c = 4, Limits(best - 6, best + 0.5, room=0.0)
        self._limits()

    def _sentence(self) -> str:
        if self.best is None:
            return "No trial has succeeded yet"
        steps = len(self.line) - 1
        return f"Family tree: the best is {style.plural(steps, 'mutation')} deep" if steps else "Family tree"


class Best(CellPicture):
    """The best cell. State: a list with its Trial, empty before the first."""

    def build(self, fig: Figure | SubFigure) -> None:
        super().build(fig)
        lift(self)

    def update(self, state: list[Trial]) -> bool:
        super().update(state[0] if state else (0,) * len(EDGES))
        if state:
            self.say(f"The best cell, trial {state[0].id + 1}: {self.quantity.text(state[0].value)}")
        else:
            self.say("No cell has been tried yet")
        return False

    def alt(self) -> str:
        return super().alt() if self.graph.edges else "No cell has been tried yet."


def lift(picture: CellPicture) -> None:
    """In a narrow picture a name would hide a short edge: write it above."""
    for (i, j), label in picture.labels.items():
        if j == i + 1:
            label.set_position(((i + j) / 2, 0.27))
            label.ground = None


def inset(ax: Axes, fig: Figure | SubFigure, bottom: float, top: float) -> None:
    """Give axes other margins below and above, in inches."""
    _, h = style.size(fig)
    box = ax.get_position()
    ax.set_position((box.x0, bottom / h, box.width, (h - bottom - top) / h))
