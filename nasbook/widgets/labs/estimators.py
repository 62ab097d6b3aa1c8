"""The estimator lab: what each way of judging a network costs, how well it ranks, and what it finds in so much time.

    lab = nasbook.lab("estimators", task="digits201-digits", budget=3.0)
    lab.run(); lab.set(budget=300.0); lab.found()       # true accuracy of each estimator's choice

Each step lets one estimator judge the same random cells of Digits-201; that is a random search with the estimator as
its task, and Save and Export take the one that the scatter shows. The truth is the mean test accuracy of three seeds,
which no estimator sees. The budget slider asks: in T seconds, how many cells can each judge, and how good is the one
that it likes best? The draws take the cells with replacement, so they say how much luck there is in which cells come.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import nasbook
from nasbook.estimate import estimator
from nasbook.estimate.compare import Judgement, judge
from nasbook.plots.labs.estimators import Comparison, EstimatorsPicture, percent, quality, seconds
from nasbook.plots.style import number
from nasbook.space import Arguments
from nasbook.widgets.shell import Lab, Setting, choose, count, slide

TASKS = ["digits201-digits", "digits201-messy", "digits201-textures"]
PROXIES = ("grad_norm", "snip", "grasp", "synflow", "fisher", "jacov", "naswot")
ESTIMATORS: dict[str, tuple[str, str | None, Arguments]] = {  # label: family, name in the registry, options
    "full training": ("training", None, {}),
    **{f"{e} epoch{'s' * (e > 1)}": ("training", "low-fidelity", {"epochs": e}) for e in (1, 2, 4, 8)},
    **{f"curve of {e}": ("training", "learning-curve", {"epochs": e}) for e in (6, 8)},
    "parameters": ("count", "parameters", {}),
    "flops": ("count", "flops", {}),
    **{
        name: ("zero-cost", name, {}) for name in ("grad_norm", "snip", "grasp", "synflow", "fisher", "jacov", "naswot")
    },
    **{f"MLP, {n} cells": ("predictor", "mlp-predictor", {"train": n}) for n in (20, 50)},
    "GP, 50 cells": ("predictor", "gp-predictor", {"train": 50}),
    "forest, 50 cells": ("predictor", "forest-predictor", {"train": 50}),
    "kNN, 50 cells": ("predictor", "knn-predictor", {"train": 50}),
}
SETS = {
    "some": ("parameters", "snip", "synflow", "1 epoch", "4 epochs", "curve of 6", "MLP, 50 cells", "full training"),
    "proxies": ("parameters", "flops", *PROXIES, "full training"),
    "epochs": ("parameters", "1 epoch", "2 epochs", "4 epochs", "curve of 6", "8 epochs", "curve of 8",
               "full training"),
    "predictors": ("parameters", "MLP, 20 cells", "MLP, 50 cells", "GP, 50 cells", "forest, 50 cells", "kNN, 50 cells",
                   "full training"),
}  # fmt: skip
ACCURACY = {"digits": (0.6, 1.0), "messy": (0.5, 0.92), "textures": (0.5, 0.92)}
LAST = "the one judged last"


@lru_cache(maxsize=128)
def judged(task: str, label: str, cells: int, seed: int) -> Judgement:
    """An estimator's judgement of so many random cells; the same cells for every estimator."""
    table = nasbook.task(task)
    _, kind, options = ESTIMATORS[label]
    made = table if kind is None else estimator(kind, table, **options)
    return judge(made, table.test_accuracy, trials=cells, seed=seed, name=label)


class EstimatorsLab(Lab[Judgement]):
    """Estimators on Digits-201. Arguments are settings: task, which ('some', 'proxies', 'epochs', 'predictors'),
    budget (seconds), shown (a label, for the scatter), seeds, cells, seed."""

    name = "estimators"
    telling = ("budget", (0.5, 3.0, 30.0, 300.0))
    drawn_only = ("budget",)
    unit = "estimator"
    anew = "the estimators begin again"

    def settings(self) -> list[Setting]:
        sets = [
            ("some of each kind", "some"),
            ("zero-cost proxies", "proxies"),
            ("epochs and curves", "epochs"),
            ("predictors", "predictors"),
        ]
        return [
            choose("task", "Task", TASKS, TASKS[0], "On which images the cells were trained."),
            choose("which", "Estimators", sets, "some",
                   "Which estimators are compared; counting parameters is always among them."),
            slide("budget", "Budget (s)", 3.0, 0.3, 1000.0, 0.1,
                  "Seconds of one core that each estimator may spend on judging cells.", log=True, effect="live",
                  format=".1f"),
            choose("shown", "Scatter", [LAST, *ESTIMATORS], LAST,
                   "Whose order the picture at the upper right holds against the truth.", effect="live"),
            slide("seeds", "Seeds", 100, 20, 300, 20,
                  "How many times the choice within the budget is drawn, each time from other cells.", effect="live",
                  more=True),
            slide("cells", "Cells", 400, 100, 600, 50, "How many random cells every estimator judges.", more=True),
            count("seed", "Seed", 0, 0, 9999, "Another seed draws other cells.", more=True),
        ]  # fmt: skip

    @property
    def total(self) -> int | None:
        return len(SETS[self.values["which"]])

    def prepare(self) -> None:
        self.task = nasbook.task(self.values["task"])
        dataset = self.values["task"].removeprefix("digits201-")
        slowest = 12 * float(self.task.epoch_seconds.max())
        self.use(EstimatorsPicture((1e-3, 6 * slowest), ACCURACY[dataset]))

    def make_search(self) -> Iterator[Judgement]:
        v = self.values
        for label in SETS[v["which"]]:
            made = judged(v["task"], label, v["cells"], v["seed"])
            self.trace = made.trace
            yield made

    # ---- picture and words -----------------------------------------------------------------------------------

    def frame(self, n: int) -> Comparison:
        v, made = self.values, self.steps[:n]
        names = [j.name for j in made]
        shown = names.index(v["shown"]) if v["shown"] in names else max(0, n - 1)
        if made:
            self.trace = made[shown].trace
        pairs = [(ESTIMATORS[j.name][0], j) for j in made]
        self.comparison = Comparison(pairs, shown, float(v["budget"]), int(v["seeds"]))
        return self.comparison

    def found(self) -> dict[str, float]:
        """Mean true accuracy of each estimator's choice within the budget, best first."""
        return {self.comparison.judged[i][1].name: float(c.mean()) for i, c, _ in self.comparison.ranking()}

    def changed(self, name: str) -> None:
        self.redraw()

    def begin(self) -> str:
        return (
            "Nothing is judged yet. Step lets one estimator judge the cells; Play lets all of them, one after another."
        )

    def sentence(self, n: int) -> str:
        j = self.steps[n - 1]
        rho, low, high = quality(j)
        told = f"{j.name}: {seconds(j.cost)} a cell, ρ = {number(rho, 2)} (95 %: {number(low, 2)} to {number(high, 2)})"
        if j.name != "parameters":
            told += f"; counting parameters has {number(quality(self.steps[0])[0], 2)}"
        ranking = self.comparison.ranking()
        place = next(k for k, (i, _, _) in enumerate(ranking) if i == n - 1)
        _, chosen, seen = ranking[place]
        spent = seconds(self.comparison.budget)
        if seen < 0.5:
            return f"{told}. {spent} do not buy one answer, so its choice is chance: {percent(chosen.mean())}."
        told += f". {spent} are enough for {seen:,.0f} of {len(j.truth)} cells"
        return f"{told}; its choice has {percent(chosen.mean())}, place {place + 1} of {len(ranking)}."

    def keeps(self) -> str:
        if self.trace is None:
            return "nothing"
        return f"{len(self.trace)} cells judged by {self.comparison.judged[self.comparison.shown][1].name}"
