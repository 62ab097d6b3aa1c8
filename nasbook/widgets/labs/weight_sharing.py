"""The weight-sharing lab: a supernet learns path by path, and says how good each path is. Does it say the truth?

    lab = nasbook.lab("weight-sharing", sampling="spos", epochs=12, seed=0)
    lab.run(); lab.shows(lab.at).taus           # τ with the truth at each look, recalibrated and running statistics

A step of the lab is one path: one that is trained on a batch; or one of 60 cells, always the same, that are judged four
times with the weights that all share; or one that the search on the supernet judges. The judged cells are a measurement
of this lab, from which no method learns. The truth is no guess: Digits-201 has trained every cell alone.

Costs are counted in steps of training on 50 images; a forward pass is a third of a step. So what is found on the
supernet stands beside random search that trains cells alone for as many steps.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

import nasbook
from nasbook.kit.threads import one_thread
from nasbook.nas.parts.single_path import IMAGES as RECALIBRATED_ON
from nasbook.nas.parts.single_path import evaluate_path
from nasbook.nas.spaces.gates import Path
from nasbook.plots.labs.weight_sharing import NOTHING, Sharing, SharingPicture
from nasbook.plots.style import number, plural
from nasbook.statistics.ranks import kendall
from nasbook.tasks.digits201 import IMAGES, STEPS
from nasbook.widgets.random_on_table import found_by_random
from nasbook.widgets.shell import Lab, Setting, choose, count, slide, tick

if TYPE_CHECKING:
    from nasbook.nas.spaces.nb201.cell import CellLike

SAMPLING = [("uniform (SPOS)", "spos"), ("strictly fair (FairNAS)", "fairnas"), ("by a controller (ENAS)", "enas")]
DATA = [("messy digits", "messy"), ("8×8 digits", "digits"), ("textures", "textures")]
PASSES = {"spos": 5, "fairnas": 1, "enas": 5}  # of a method through the images, for one of each operation
CELLS, LOOKS, BATCH, ALONE = 60, 4, 50, 12  # ALONE: epochs of a cell that is trained alone
ROUNDS, POPULATION = 5, 20  # of the search behind the training
WITHOUT = ("none", "skip", "avgpool")  # operations without weights


@dataclass(frozen=True, eq=False)
class Progress:
    """Where the search is after one path."""

    counts: np.ndarray  # (edges, operations) updates so far
    doing: str = ""  # "train", "judge" or "search"
    path: Path = ()
    look: int = 0  # looks that have begun
    judged: int = 0  # cells of the last of them that are judged
    searched: int = 0  # paths that the search on the supernet has judged
    lowest: float = np.inf  # loss among them
    found: tuple[float, float] | None = None  # cost in cells alone, accuracy alone, of what would be taken now
    trial: Any = None  # of the epoch or round, and its view
    view: Any = None

    @property
    def updates(self) -> int:
        return int(self.counts[0].sum())

    def trained(self, path: Path) -> Progress:
        counts = self.counts.copy()
        counts[range(len(path)), path] += 1
        return replace(self, counts=counts, doing="train", path=path)


class WeightSharingLab(Lab[Progress]):
    """A supernet that is trained along paths, and judged. Arguments are settings: sampling ('spos', 'fairnas', 'enas'),
    recalibrate, epochs (of each operation), score ('loss', 'accuracy'), data ('messy', 'digits', 'textures'), seed."""

    name = "weight-sharing"
    telling = ("recalibrate", (True, False))
    chooses = "sampling"
    lines = 4
    unit = "path"

    def __init__(self, **values: object) -> None:
        super().__init__(**values)
        self._speed.value = float("inf")

    def settings(self) -> list[Setting]:
        return [
            choose("sampling", "Paths", SAMPLING, "spos",
                   "How the next path is drawn: each as likely as the others; five at once in which every operation "
                   "stands once at every edge; or by a controller that learns from their accuracy."),
            tick("recalibrate", "recalibrate batch norms", True,
                 "Judge a path with statistics of its own, from 100 training images; otherwise with the running ones, "
                 "which are those of a mixture of all paths. Evolution always recalibrates."),
            slide("epochs", "Epochs", ALONE, 1, 36, 1,
                  "How often an operation sees all training images, on average; in a cell that is trained alone it is "
                  f"{ALONE}."),
            choose("score", "Rank by", [("loss", "loss"), ("accuracy", "accuracy")], "loss",
                   "What orders the cells; of a few hundred images the accuracy has only a few different values.",
                   effect="view", more=True),
            choose("data", "Images", DATA, "messy", "What the networks learn to tell apart.", more=True),
            count("seed", "Seed", 0, 0, 9999, "Another seed begins with other weights and draws other paths.",
                  more=True),
        ]  # fmt: skip

    # ---- what is searched ----------------------------------------------------------------------------------

    def prepare(self) -> None:
        v = self.values
        data, name = v["data"], v["sampling"]
        self.task = nasbook.task("digits-cells", **({} if data == "digits" else {"data": data}))
        self.table = nasbook.task(f"digits201-{data}")
        own = {"steps": 3} if name == "enas" else {"looks": 1, "rounds": ROUNDS, "population": POPULATION}
        self.method = nasbook.method(name, self.task.space, seed=v["seed"], epochs=self.passes, **own)
        rng = np.random.default_rng(0)  # the same cells in every search
        self.cells = [self.task.space.sample(rng) for _ in range(CELLS)]
        self.truth = np.array([self.table.test_accuracy(cell) for cell in self.cells])
        counted = np.array([list(cell.values()).count("conv3x3") for cell in self.cells])
        self.baseline = tau(counted, self.truth)
        self.looks: list[np.ndarray] = []  # of each look (cells, recalibrated or running, loss or accuracy)
        end = self.cost(self.updates, self.passes if name == "enas" else self.search_paths)
        self.random = found_by_random(self.table.name, max(12, round(1.3 * end)))
        low = 5 * np.floor(20 * np.quantile(self.truth, 0.05)) - 5  # a dead cell stands at the edge
        self.use(SharingPicture(self.updates // 5, v["epochs"], (low, 100.0), self.random))

    @property
    def passes(self) -> int:
        """Epochs of the method."""
        return PASSES[self.values["sampling"]] * int(self.values["epochs"])

    @property
    def updates(self) -> int:
        """Paths that are trained."""
        return 5 * int(self.values["epochs"]) * STEPS[self.values["data"]]

    @property
    def at_epoch(self) -> list[int]:
        """After which epochs of the method the cells are judged."""
        looks = min(LOOKS, self.values["epochs"])
        return [round(self.passes * k / looks) for k in range(1, looks + 1)]

    @property
    def search_paths(self) -> int:
        """Paths that are judged behind the training."""
        return 0 if self.values["sampling"] == "enas" else ROUNDS * POPULATION

    @property
    def total(self) -> int:
        return self.updates + CELLS * len(self.at_epoch) + self.search_paths

    def make_search(self) -> Iterator[Progress]:
        trained, judged = self._watched()
        self.looks = []
        at = Progress(np.zeros(self.method.places.allowed.shape, int))
        for step in self.search(self.method, self.task):
            at = replace(at, trial=step.trial, view=step.view)
            if step.view.epoch > self.passes:
                for path in judged:
                    yield (at := self._searched(at, path))
            else:
                for path in trained:
                    yield (at := at.trained(path))
                if self.values["sampling"] == "enas":
                    at = replace(at, found=(self.cost(at.updates, step.view.epoch), self.alone(step.trial.config)))
                if step.view.epoch in self.at_epoch and step.trial.status == "done":
                    self.looks.append(np.empty((CELLS, 2, 2)))
                    for k, cell in enumerate(self.cells):
                        path = self.method.places.path(cell)
                        self.looks[-1][k] = self._judge(path)
                        yield (at := replace(at, doing="judge", path=path, look=len(self.looks), judged=k + 1))
            trained.clear()
            judged.clear()

    def _watched(self) -> tuple[list[Path], list[Path]]:
        """Lists into which the method's paths go from now on: those that it trains, and those that it judges."""
        trained: list[Path] = []
        judged: list[Path] = []
        step_paths, judge = self.method.step_paths, self.method.judge

        def watched_step(batch: object, paths: Sequence[Path]) -> float:
            trained.extend(paths)
            return float(step_paths(batch, paths))

        def watched_judge(path: Path) -> tuple[float, float]:
            judged.append(path)
            return judge(path)

        self.method.step_paths, self.method.judge = watched_step, watched_judge
        return trained, judged

    @one_thread()
    def _judge(self, path: Path) -> np.ndarray:
        """(recalibrated or running, loss or accuracy) of a path, with the weights as they are."""
        train, val = self.method.images
        found = [evaluate_path(self.method.net, path, val, train, how) for how in ("recalibrated", "running")]
        return np.array([(loss, 1 - error) for loss, error in found])

    def _searched(self, at: Progress, path: Path) -> Progress:
        """The search on the supernet has judged one path more."""
        n, loss = at.searched + 1, self.method.judged[path][0]
        better = at.found is None or loss < at.lowest
        found = self.alone(self.method.places.config(path)) if better else at.found[1]  # type: ignore[index]
        return replace(
            at,
            doing="search",
            path=path,
            searched=n,
            lowest=loss if better else at.lowest,
            found=(self.cost(at.updates, n), found),
        )

    # ---- what it costs, and what is true -------------------------------------------------------------------

    def alone(self, cell: CellLike) -> float:
        """Test accuracy of a cell that is trained alone: the mean of three seeds."""
        return float(self.table.test_accuracy(cell))

    @property
    def steps_alone(self) -> int:
        """Steps of training of a cell alone."""
        return ALONE * STEPS[self.values["data"]]

    @property
    def steps_judged(self) -> float:
        """What a judged path costs, in steps: a forward pass of 100 training images and of all validation images."""
        return (RECALIBRATED_ON + IMAGES[self.values["data"]][0]) / (3 * BATCH)

    def cost(self, updates: int, looks: int) -> float:
        """Of so many trained paths and of what the search looked at, in cells that are trained alone. looks: paths that
        evolution judged; for ENAS its epochs, in each of which a controller looked at batches."""
        if self.values["sampling"] == "enas":
            s = self.method.settings
            forward = looks * s.steps * s.samples * BATCH + s.looks * IMAGES[self.values["data"]][0]
            return (updates + forward / (3 * BATCH)) / self.steps_alone
        return (updates + looks * self.steps_judged) / self.steps_alone

    def breaks_even(self, n: int) -> float:
        """How many judged paths a training alone would have to cost, so that random search needed as much for a cell as
        good as that of step n; what the search on the supernet has cost stays as it is."""
        at: Progress = self.steps[n - 1]
        assert at.found is not None
        worth = float(np.interp(at.found[1], self.random[0], np.arange(1, len(self.random[0]) + 1)))
        return (at.updates / self.steps_judged + at.searched) / worth

    def keeps(self) -> str:
        return plural(len(self.trace or ()), "epoch")

    # ---- the picture and the words -------------------------------------------------------------------------

    def taus(self, looks: int) -> np.ndarray:
        """(looks, 3) of each complete look: epochs an operation, τ with recalibrated and with running statistics."""
        score, sign = (0, -1) if self.values["score"] == "loss" else (1, 1)
        at = np.array(self.at_epoch[:looks]) / PASSES[self.values["sampling"]]
        rows = [[tau(sign * look[:, how, score], self.truth) for how in (0, 1)] for look in self.looks[:looks]]
        return np.column_stack([at, np.array(rows).reshape(-1, 2)])

    def frame(self, n: int) -> Sharing:
        v = self.values
        fixed = {"truth": self.truth, "score": v["score"], "recalibrated": v["recalibrate"], "baseline": self.baseline}
        if not n:
            return Sharing(**fixed)
        at: Progress = self.steps[n - 1]
        how, score, k = 0 if v["recalibrate"] else 1, 0 if v["score"] == "loss" else 1, at.look
        now, before = ((self.looks[i][:, how, score] if i >= 0 else NOTHING) for i in (k - 1, k - 2))
        walk = [s.found for s in self.steps[:n] if s.found]
        return Sharing(
            at.doing,
            self.method.places.names(at.path),
            at.counts,
            scores=now[: at.judged],
            before=before,
            taus=self.taus(k if at.judged == CELLS else max(0, k - 1)),
            found=np.array(walk[:: max(1, len(walk) // 400)] + walk[-1:]).reshape(-1, 2),
            **fixed,
        )

    def begin(self) -> str:
        v = self.values
        return (
            f"One network with all operations waits to be trained along {self.updates:,} paths, {self.how()}. "
            f"{plural(len(self.at_epoch), 'time')} on the way {CELLS} cells are judged by its weights; Digits-201 "
            f"knows what they are worth alone: {100 * self.truth.min():.0f} to {100 * self.truth.max():.0f} % right."
        ) + (" Then evolution searches on it." if v["sampling"] == "spos" else "")

    def how(self) -> str:
        return {
            "spos": "drawn uniformly",
            "fairnas": "five at a time, each operation once at every edge",
            "enas": "drawn by a controller that learns",
        }[self.values["sampling"]]

    def sentence(self, n: int) -> str:
        at: Progress = self.steps[n - 1]
        if at.trial.status == "failed":
            return f"Epoch {at.view.epoch} failed: {at.trial.reason}."
        return {"train": self._trained, "judge": self._judged, "search": self._found}[at.doing](n, at)

    def _trained(self, n: int, at: Progress) -> str:
        weightless = sum(op in WITHOUT for op in self.method.places.names(at.path))
        low, high = int(at.counts.min()), int(at.counts.max())
        told = f"Path {at.updates:,} of {self.updates:,}, {self.how()}: only the operations on it learn from this batch"
        told += f", and {weightless} of its six {'has' if weightless == 1 else 'have'} no weights" if weightless else ""
        told += f". The operations have had {low:,} to {high:,} updates, {at.counts.mean():.0f} on average."
        if at.found is not None:
            told += f" The cell that the controller would choose now has {100 * at.found[1]:.1f} % alone."
        return told

    def _judged(self, n: int, at: Progress) -> str:
        how = 0 if self.values["recalibrate"] else 1
        row, truth = self.looks[at.look - 1][at.judged - 1, how], self.truth[at.judged - 1]
        if at.judged < CELLS:
            return (
                f"Cell {at.judged} of {CELLS}: with the weights that all share {100 * row[1]:.0f} % of the validation "
                f"images are right, loss {number(row[0])}; trained alone the cell has {100 * truth:.1f} %."
            )
        _, recalibrated, running = self.taus(at.look)[-1]
        level = self.looks[at.look - 1][:, :, 1].mean(0)
        return (
            f"All {CELLS} cells are judged: τ with the truth is {number(recalibrated, 2)} with recalibrated statistics "
            f"(on average {100 * level[0]:.0f} % right) and {number(running, 2)} with running ones "
            f"({100 * level[1]:.0f} %). The number of 3×3 convolutions, which nobody has to train, has "
            f"{number(self.baseline, 2)}."
        )

    def _found(self, n: int, at: Progress) -> str:
        assert at.found is not None
        cost, found = at.found
        random = self.random[0][int(np.clip(round(cost), 1, len(self.random[0]))) - 1]
        told = (
            f"Path {at.searched} of the search has {100 * self.alone(self.method.places.config(at.path)):.1f} % alone. "
            f"The best by shared weights so far has {100 * found:.1f} %; for the same cost, {cost:.1f} cells, random "
            f"search has {100 * random:.1f} % on average."
        )
        if n < self.total:
            return told
        now, ratio = self.steps_alone / self.steps_judged, self.breaks_even(n)
        if ratio <= now:
            return f"{told} This time the search has paid; another seed may say otherwise."
        return (
            f"{told} A cell alone costs {now:.0f} judged paths; this search would pay from {ratio:,.0f} on, if the "
            "supernet needed no longer training."
        )


def tau(scores: np.ndarray, truth: np.ndarray) -> float:
    """Kendall's τ; scores that are not finite count as the worst."""
    return kendall(np.where(np.isfinite(scores), scores, -np.inf), truth)
