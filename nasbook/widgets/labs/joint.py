"""The joint lab: do the ranks of cells hold from one learning rate to the next, and what does it cost to rely on it?

    lab = nasbook.lab("joint", rate=0.1, trials=60, seeds=10)
    lab.run(); lab.found()       # test error of each protocol's choice, mean over the seeds

The table Digits-JAHS knows every cell with every recipe. At the left some of its cells stand at the frozen rate and at
another one, or at the best recipe of each; where lines cross, the ranks have flipped. At the right the protocols of
'staged' search with equal budgets: one seed a step. They see validation errors of single trainings; what is drawn is
the mean test error, over three seeds, of what looked best to them. Save and Export take the joint search of the last
seed, or that of the protocol that is chosen.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np

import nasbook
from nasbook.plots.labs.joint import LOOKS, JointPicture, JointState
from nasbook.plots.style import number
from nasbook.search import search
from nasbook.tasks.digits_jahs import DEFAULT, RECIPE, DigitsJAHS, flips
from nasbook.trace import Trace
from nasbook.widgets.shell import Lab, Setting, choose, count, slide

METHOD = "staged"
RATES = RECIPE.parameters["lr"].levels(9)
BEST = "each cell's best recipe"
INNER = ["regularized-evolution", "random", "local-search", "tpe"]
ORDERS = tuple(LOOKS)


@lru_cache(1)
def errors() -> np.ndarray:
    """(512, rates, decays) mean test errors in per cent, which no search sees."""
    return 100 * (1 - DigitsJAHS().test.mean(1)).reshape(512, len(RATES), -1)


@lru_cache(512)
def searched(order: str, rate: float, inner: str, trials: int, seed: int) -> tuple[Trace, np.ndarray]:
    """A search by one protocol, and the test error (T,) in per cent of the best so far."""
    task, default = nasbook.task("digits-jahs"), {**DEFAULT, "lr": rate}
    turn = max(1, trials // (4 if order == "in turns" else 2))
    trace = search(METHOD, task, trials=trials, seed=seed, order=order, turn=turn, inner=inner, default=default)
    return trace, np.array([100 * (1 - task.test_accuracy(s.incumbent.config)) for s in trace])  # type: ignore[union-attr]


class JointLab(Lab[dict[str, tuple[Trace, np.ndarray]]]):
    """Protocols of joint search on Digits-JAHS. Arguments are settings: rate (the frozen one), other (a rate, or "each
    cell's best recipe"), inner (who searches), kept (the protocol to save), trials, seeds, seed, cells."""

    name = "joint"
    telling = ("rate", (0.03, 0.1, 0.3, 1.0, 3.0))
    unit = "seed"
    lines = 5

    def settings(self) -> list[Setting]:
        rates = [(f"{rate:g}", rate) for rate in RATES]
        return [
            choose("rate", "Frozen rate", rates, 0.1,
                   "The learning rate that the architectures are searched with before it is tuned."),
            choose("other", "Held against", [BEST, *(f"{rate:g}" for rate in RATES)], BEST,
                   "The recipe at the right end of the lines: another rate for all, or for each cell its best recipe.",
                   effect="live"),
            slide("trials", "Trials", 60, 20, 120, 10, "Budget of each protocol."),
            choose("inner", "Searched by", INNER, INNER[0], "The method that searches in each turn.", more=True),
            choose("kept", "Save", list(ORDERS), "joint", "Which protocol's search Save and Export take.",
                   effect="live", more=True),
            slide("seeds", "Seeds", 10, 2, 30, 1, "How often all of it is repeated.", more=True),
            slide("cells", "Cells drawn", 20, 5, 40, 1, "How many cells have a line at the left.", effect="live",
                  more=True),
            count("seed", "First seed", 0, 0, 9999, "The seeds are this one and those that follow it.", more=True),
        ]  # fmt: skip

    @property
    def total(self) -> int | None:
        return self.values["seeds"]

    def prepare(self) -> None:
        self.picture = JointPicture(self.values["trials"], float(errors().min()), 25.0)
        self.use(self.picture)

    def make_search(self) -> Iterator[dict[str, tuple[Trace, np.ndarray]]]:
        v = self.values
        for seed in range(v["seed"], v["seed"] + v["seeds"]):
            made = {}
            for order in ORDERS:
                if self.runner.outdated:
                    return
                made[order] = searched(order, v["rate"], v["inner"], v["trials"], seed)
            self.trace = made[v["kept"]][0]
            yield made

    # ---- picture and words -----------------------------------------------------------------------------------

    def frame(self, n: int) -> JointState:
        v, table = self.values, errors()
        usual = RECIPE.parameters["weight_decay"].levels(9).index(DEFAULT["weight_decay"])
        first = table[:, RATES.index(v["rate"]), usual]
        tuned = v["other"] == BEST
        second = table.min((1, 2)) if tuned else table[:, [f"{r:g}" for r in RATES].index(v["other"]), usual]
        _, distinct = np.unique(DigitsJAHS().index, return_index=True)
        a, b = first[distinct], second[distinct]
        shown = np.random.default_rng(18).permutation(len(a))[: v["cells"]]
        labels = (f"all at {v['rate']:g}", "each at its best" if tuned else f"all at {v['other']}")
        if n:
            self.trace = self.steps[n - 1][v["kept"]][0]
        curves = {o: np.array([step[o][1] for step in self.steps[:n]]).reshape(n, -1) for o in ORDERS} if n else {}
        return JointState(np.column_stack([a, b])[shown], labels, flips(a, b), curves)

    def found(self) -> dict[str, float]:
        """Test error in per cent of each protocol's choice, mean over the seeds so far."""
        return {o: float(c[:, -1].mean()) for o, c in self.frame(len(self.steps)).curves.items()}

    def changed(self, name: str) -> None:
        self.redraw()

    def begin(self) -> str:
        state = self.frame(0)
        return (
            f"Between {state.labels[0]} and {state.labels[1]}, {number(100 * state.flips, 0)} % of all pairs of cells "
            "change their order. Play lets four protocols search with the same number of trials."
        )

    def sentence(self, n: int) -> str:
        state = self.frame(n)
        ends = {o: c[:, -1].mean() for o, c in state.curves.items()}
        told = "; ".join(f"{o} {e:.1f} %" for o, e in ends.items())
        told = f"After {self.values['trials']} trials: {told}."
        if n < 5:
            return f"{told} So few seeds may be luck."
        mean, low, high = self.picture.difference("architecture first")
        verdict = "better than" if low > 0 else "worse than" if high < 0 else "not to be told from"
        return (
            f"{told} Joint is {verdict} architecture first: {number(mean, 2)} points, 95 % band {number(low, 2)} to "
            f"{number(high, 2)}."
        )

    def keeps(self) -> str:
        return f"{len(self.trace or ())} trials of '{self.values['kept']}'"
