"""The statistics lab: draw some seeds out of 200 searches that were really made, and see who wins, and how surely.

    lab = nasbook.lab("statistics", task="digits-hpo-messy", seeds=3)
    lab.run(); lab.frame(20).ahead            # in how many of 20 draws each method was ahead

Each step draws so many seeds, the same for all methods, without replacement; the values are those of nasbook's own
searches (nasbook/data/make/search_seeds.py made them, and a search with such a seed gives them again). Save and Export
take the search of the method that is ahead, with the first seed of the draw.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from itertools import combinations

import numpy as np

from nasbook.plots.labs.statistics import Draws, DrawsPicture, none
from nasbook.plots.style import number
from nasbook.search import search
from nasbook.statistics import beats, holm, wilcoxon
from nasbook.trace import Trace
from nasbook.widgets.shell import Lab, Setting, choose, count, slide

TABLE = files("nasbook") / "data" / "search_seeds.npz"
METHODS = ("random", "genetic", "regularized-evolution", "tpe")
IMAGES = {"digits-hpo-messy": 500, "digits-hpo-digits": 300, "digits201-textures": 500}  # of the validation
PAIRS = len(METHODS) * (len(METHODS) - 1) // 2
LEVEL = 0.05
CORRECTIONS = [("Holm's correction", "holm"), ("no correction", "none")]


@lru_cache(maxsize=4)
def table(task: str) -> np.ndarray:
    """(methods, 200, 60) per cent of the validation images that the best so far gets wrong, after each trial."""
    with TABLE.open("rb") as file, np.load(file) as stored:
        return 100.0 * stored[task] / IMAGES[task]


class StatisticsLab(Lab[np.ndarray]):
    """Draws of seeds from 200 searches of each of four methods. Arguments are settings: task, seeds (of a draw),
    trials, correction ("holm" or "none"), draws (how many), seed (of the draws)."""

    name = "statistics"
    telling = ("seeds", (3, 5, 10, 30, 100))
    unit = "draw"
    lines = 4
    anew = "the draws begin again"

    def settings(self) -> list[Setting]:
        return [
            choose("task", "Task", list(IMAGES), "digits-hpo-messy",
                   "What was searched: settings of a small network (digits-hpo) or cells (digits201), from tables of "
                   "real trainings."),
            slide("seeds", "Seeds", 3, 1, 100, 1, "How many seeds each draw takes, the same ones for all methods.",
                  effect="live"),
            choose("correction", "Correct by", CORRECTIONS, "holm",
                   "What is done about several tests at once: who is ahead is known after looking, so that all six "
                   "pairs count, not only the three of the one that is ahead.", effect="live"),
            slide("trials", "Trials", 40, 5, 60, 5, "After how many trials the searches are compared.", more=True),
            slide("draws", "Draws", 20, 5, 40, 5, "How often seeds are drawn.", more=True),
            count("seed", "Seed", 0, 0, 9999, "Another seed makes other draws.", more=True),
        ]  # fmt: skip

    @property
    def total(self) -> int | None:
        return int(self.values["draws"])

    def prepare(self) -> None:
        v = self.values
        self.ends = table(v["task"])[:, :, v["trials"] - 1]  # (methods, 200)
        self.picture = DrawsPicture(METHODS, self.ends, v["draws"])
        self.use(self.picture)

    def make_search(self) -> Iterator[np.ndarray]:
        """Each step is an order of all seeds; a draw takes its first ones."""
        v = self.values
        rng = np.random.default_rng(v["seed"])
        for _ in range(v["draws"]):
            order = rng.permutation(self.ends.shape[1])
            self.trace = self._search(order, int(v["seeds"]))
            yield order

    def _search(self, order: np.ndarray, n: int) -> Trace:
        v = self.values
        first = METHODS[int(self.ends[:, order[:n]].mean(1).argmin())]
        return search(first, v["task"], trials=v["trials"], seed=int(order[0]))

    def changed(self, name: str) -> None:
        self.redraw()

    # ---- picture and words -----------------------------------------------------------------------------------

    def frame(self, n: int) -> Draws:
        if not n:
            return none(METHODS)
        many = int(self.values["seeds"])
        means = np.array([self.ends[:, order[:many]].mean(1) for order in self.steps[:n]])  # (draws, methods)
        lowest = np.isclose(means, means.min(1, keepdims=True))
        drawn = self.ends[:, self.steps[n - 1][:many]]
        return Draws(drawn, (lowest / lowest.sum(1, keepdims=True)).sum(0), n, tuple(self._apart(drawn)))

    def tests(self, values: np.ndarray) -> dict[str, float]:
        """{method: p} of the one that is ahead against each other one, corrected over all pairs, since the one that is
        ahead was chosen by the same values; or not corrected, as the setting says."""
        first = int(values.mean(1).argmin())
        pairs = list(combinations(range(len(METHODS)), 2))
        p = np.array([wilcoxon(values[i], values[j]) for i, j in pairs])
        p = holm(p) if self.values["correction"] == "holm" else p
        return {METHODS[i + j - first]: float(x) for (i, j), x in zip(pairs, p, strict=True) if first in (i, j)}

    def _apart(self, values: np.ndarray) -> list[str]:
        return [name for name, p in self.tests(values).items() if p < LEVEL]

    def begin(self) -> str:
        true = METHODS[int(self.ends.mean(1).argmin())]
        return (
            f"Over all {self.ends.shape[1]} seeds {true} has the lowest mean. Step draws a few of these seeds: "
            "who is ahead with them alone? Play makes all draws."
        )

    def sentence(self, n: int) -> str:
        state = self.frame(n)
        many = state.values.shape[1]
        first = int(state.values.mean(1).argmin())
        true = int(self.ends.mean(1).argmin())
        right = number(round(float(state.ahead[true]), 1))
        told = f"{METHODS[first]} is ahead with {number(float(state.values[first].mean()))} % error"
        if many == 1:
            told += ". One seed has no interval, and no test."
        else:
            means = dict(zip(METHODS, state.values.mean(1), strict=True))
            rival, p = min(self.tests(state.values).items(), key=lambda item: (-item[1], means[item[0]]))
            chance, *_ = beats(state.values[first], state.values[METHODS.index(rival)])
            word = "without a correction"
            if self.values["correction"] == "holm":
                word = f"after Holm's correction over all {PAIRS} pairs"
            told += f"; nearest to it is {rival}: p = {number(p, 2)} {word}, "
            told += f"better on {100 * chance:.0f} % of them."
            if many < 6:
                told += f" With {many} pairs no p is below {number(2 / 2**many, 2)}."
        return f"{told} {METHODS[true]}, the best over all seeds, was ahead in {right} of {n} draws."

    def keeps(self) -> str:
        if self.trace is None:
            return "nothing"
        return f"{len(self.trace)} trials: {self.trace.header.method} with seed {self.trace.header.seed}"
