"""The transfer lab: a search that knows another task, beside the same search that knows nothing.

    lab = nasbook.lab("transfer", source="nb201-cifar100", target="nb201-imagenet16", seeds=10)
    lab.run(); lab.picture.difference(5)       # regret with the source minus without, after 5 trials

Each round is one seed, in three searches: a random search on the source task, whose trials are handed over; the
search on the target with them; and the same search on the target without. The source can be any of six tables over the
same cells; a search for the fewest parameters, which is good advice for another question; or any of these upside down.

Regret is measured with the mean accuracy of the table, which no search sees. Save and Export take the best run with the
source; its header holds the source's trials.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

import nasbook
from nasbook.nas.spaces.nb201.cell import to_row
from nasbook.plots.labs.transfer import TransferPicture, TransferState, verdict
from nasbook.plots.style import number
from nasbook.search import search, steps
from nasbook.space import Arguments, Json
from nasbook.trace import Trace
from nasbook.widgets.shell import Lab, Setting, choose, count, slide, tick

TASKS = {
    "nb201-cifar10": "CIFAR-10",
    "nb201-cifar100": "CIFAR-100",
    "nb201-imagenet16": "ImageNet16-120",
    "digits201-digits": "8×8 digits",
    "digits201-messy": "messy digits",
    "digits201-textures": "textures",
}
SMALL = "parameters"  # a source that was searched for something else: the smallest network
WAYS = [("ranking weights", "ranking"), ("equal weights", "equal"), ("evolution, first tries only", "first")]
TOP = 5  # trials that the source chooses


@dataclass(frozen=True)
class Round:
    """One seed: regret of the best so far after each trial, in points, and the weight of the source's model."""

    trace: Trace  # with the source
    warm: np.ndarray  # (T,)
    cold: np.ndarray  # (T,)
    weights: np.ndarray  # (T,) NaN where nothing is weighed


class TransferLab(Lab[Round]):
    """With a source task, without it, and how alike the tasks are.

    Arguments are settings: source and target (tables of cells), known (trials on the source), way ('ranking', 'equal':
    weights of rgpe; 'first': the source's best, then regularised evolution), seeds, trials, down (the source upside
    down), seed (the first one).
    """

    name = "transfer"
    telling = ("known", (10, 100, 300))
    lines = 5
    unit = "seed"

    def settings(self) -> list[Setting]:
        tasks = [(label, name) for name, label in TASKS.items()]
        return [
            choose("source", "Source", [*tasks, ("fewest parameters", SMALL)], "nb201-cifar100",
                   "The task that was searched before, at random: an accuracy, or the smallest network."),
            choose("target", "Target", tasks, "nb201-imagenet16", "The task that is searched now."),
            choose("way", "Use it by", WAYS, "ranking",
                   "Ranking: the source's model counts as far as it ranks the target's results right. Equal: it always "
                   "counts half. First tries: its best cells are tried first, and then it is forgotten."),
            slide("known", "Source trials", 100, 10, 300, 10, "How many trials the source task had."),
            tick("down", "source upside down", False, "The source's errors with their sign turned: a worst case.",
                 effect="search"),
            slide("trials", "Trials", 30, 10, 60, 5, "How many trials the target may have.", more=True),
            slide("seeds", "Seeds", 10, 2, 20, 1, "How often all of it is repeated.", more=True),
            count("seed", "First seed", 0, 0, 9999, "The seeds are this one and those that follow it.", more=True),
        ]  # fmt: skip

    @property
    def total(self) -> int | None:
        return self.values["seeds"]

    def prepare(self) -> None:
        v = self.values
        if v["source"] == v["target"]:
            raise ValueError("source and target are the same task; take two different ones, or use warm_start instead")
        self.truth = accuracies(v["target"])
        self.score, label = self._score()
        edge = float(self.truth.max() - np.quantile(self.truth, 0.55))
        self.picture = TransferPicture(
            np.column_stack([self.score, self.truth]),
            v["trials"],
            (label, f"accuracy on {TASKS[v['target']]} (%)"),
            edge,
        )
        self.use(self.picture)

    def _score(self) -> tuple[np.ndarray, str]:
        """(15625,) what the source thinks of every cell, good at the right, and what to call it."""
        source, down = self.values["source"], self.values["down"]
        if source == SMALL:
            millions = nasbook.task("nb201-cifar10").outcomes(("parameters",))[:, 0] / 1e6
            return (millions, "parameters (millions)") if down else (-millions, "minus parameters (millions)")
        good = accuracies(source)
        return (100 - good if down else good), f"{'error' if down else 'accuracy'} on {TASKS[source]} (%)"

    def make_search(self) -> Iterator[Round]:
        v, best = self.values, None
        for seed in range(v["seed"], v["seed"] + v["seeds"]):
            cold, _, _ = self._run(seed, None)
            if self.runner.outdated:
                return
            made, trace, weights = self._run(seed, self._source(1000 + seed))
            best = trace if best is None or trace.best.value < best.best.value else best  # type: ignore[operator]
            self.trace = best
            yield Round(trace, made, cold, weights)

    def _source(self, seed: int) -> Json:
        """What a random search found on the source task; `down` turns the sign of its values."""
        v = self.values
        name, sign = v["source"] + (" upside down" if v["down"] else ""), -1.0 if v["down"] else 1.0
        trace = search("random", "nb201-cifar10" if v["source"] == SMALL else v["source"], trials=v["known"], seed=seed)
        if v["source"] == SMALL:
            return {"task": name, "trials": [[t.config, -float(self.score[to_row(t.config)])] for t in trace.trials]}
        return {"task": name, "trials": [[t.config, sign * t.value] for t in trace.trials if t.value is not None]}

    def _run(self, seed: int, source: Json | None) -> tuple[np.ndarray, Trace, np.ndarray]:
        v = self.values
        if v["way"] == "first":
            rows = sorted(source["trials"], key=lambda row: row[1])[:TOP] if source else []
            options: Arguments = {"method": "regularized-evolution", "first": [config for config, _ in rows]}
        elif source is None:  # the same whatever the source is
            return cold_start(v["target"], v["trials"], seed)
        else:
            options = {"method": "rgpe", "sources": [source], "top": TOP, "weighting": v["way"]}
        return followed(v["target"], v["trials"], seed, **options)

    # ---- picture and words -----------------------------------------------------------------------------------

    def frame(self, n: int) -> TransferState:
        rounds: list[Round] = self.steps[:n]
        T = self.values["trials"]

        def stack(name: str) -> np.ndarray:
            return np.array([getattr(r, name) for r in rounds]).reshape(len(rounds), -1)

        if not rounds:
            none = np.empty((0, T))
            return TransferState(none, none, none, np.empty((0, 2)), 0)
        places = [to_row(t.config) for t in rounds[-1].trace.trials]
        tried = np.column_stack([self.score[places], self.truth[places]])
        return TransferState(stack("warm"), stack("cold"), stack("weights"), tried, TOP)

    def begin(self) -> str:
        v, p = self.values, self.picture
        source = "the number of parameters" if v["source"] == SMALL else TASKS[v["source"]]
        return (
            f"Of two cells, is the one that {source}{' upside down' if v['down'] else ''} calls better also better on "
            f"{TASKS[v['target']]}? The rank correlation is {number(p.rho, 2)} over all 15,625 cells, and "
            f"{number(p.rho_top, 2)} among the source's best 5 %. Play searches with the source and without."
        )

    def sentence(self, n: int) -> str:
        s, p = self.frame(n), self.picture
        told = []
        for k in (TOP, self.values["trials"]):
            mean, low, high = p.difference(k)
            words = (
                f"After {k} trials it is {number(s.warm[:, k - 1].mean(), 2)} points below the best with the source, "
            )
            words += f"{number(s.cold[:, k - 1].mean(), 2)} without"
            if n > 1:
                band = f"{number(low, 2)} to {number(high, 2)}"
                words += f": {verdict(mean, low, high)} (difference {number(mean, 2)}, 95 % band {band})"
            told.append(words + ".")
        if n == 1:
            told.append("One seed may be luck.")
        elif n < 5:
            told.append("So few seeds may be luck: a band of fewer than five is too narrow.")
        if n > 1 and self.values["way"] != "first":
            told.append(f"The source's weight is {number(float(np.nanmean(s.weights[:, -1])), 2)} at the end.")
        return " ".join(told)

    def keeps(self) -> str:
        return f"{len(self.trace or ())} trials: the best run with the source"


def followed(task: str, trials: int, seed: int, method: str, **options: Any) -> tuple[np.ndarray, Trace, np.ndarray]:
    """A search: regret (T,) of the best so far in points, its trace, and the weight (T,) of the first source."""
    truth = accuracies(task)
    regret, weights, trace = [], [], None
    running = steps(method, task, trials=trials, seed=seed, **options)
    while True:
        try:
            made = next(running)
        except StopIteration as end:
            trace = end.value
            break
        regret.append(truth.max() - truth[to_row(made.incumbent.config)])  # type: ignore[union-attr]
        weights.append(made.view.weights[0] if getattr(made.view, "weights", ()) else np.nan)
    return np.array(regret), trace, np.array(weights)


@lru_cache(maxsize=256)
def cold_start(task: str, trials: int, seed: int) -> tuple[np.ndarray, Trace, np.ndarray]:
    """rgpe without any source."""
    return followed(task, trials, seed, "rgpe")


@lru_cache(maxsize=8)
def accuracies(task: str) -> np.ndarray:
    """(15625,) mean validation accuracy of every cell in per cent, which no search sees."""
    return 100 * (1 - nasbook.task(task).outcomes(("error",))[:, 0])
