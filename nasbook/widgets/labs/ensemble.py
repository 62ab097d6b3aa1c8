"""The ensemble lab: a pool of trained networks, who is chosen from it, and how much of the gain is real.

    lab = nasbook.lab("ensemble", pool=30, cells=15, images=200)
    lab.run(); lab.gap(5)        # test minus the loss on the images that chose, with its 95 % interval

Each step is one seed: a random search over `cells` different architectures leaves `pool` trained networks, of which
greedy selection takes one after the other. Three numbers of each ensemble: on the validation images that chose it;
nested, chosen on four fifths of them and judged on the last; and on 1,000 test images. Few cells in a pool make its
members alike: with one, all are trainings of the same architecture. Save takes the last seed's search.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

import nasbook
from nasbook.automl.sizes import Sizes, by_size
from nasbook.kit.ensemble import correlation, error, nll
from nasbook.plots.data import bootstrap
from nasbook.plots.labs.ensemble import MOST, PoolsPicture, PoolsState
from nasbook.search import search
from nasbook.space import Choice, Space
from nasbook.task import trial_seed
from nasbook.tasks.digits_pool import CELLS
from nasbook.trace import Trace
from nasbook.widgets.shell import Lab, Setting, choose, count, slide, tick

LOSSES = {"error": (error, "error (%)"), "nll": (nll, "NLL (nats)")}


@dataclass(frozen=True)
class Pool:
    """One seed: its search, the three losses by size, and the mistakes (k + 1, 1000) of members and ensemble."""

    trace: Trace
    sizes: Sizes
    wrong: np.ndarray
    alike: float | None


class EnsembleLab(Lab[Pool]):
    """Ensembles from pools of trained cells.

    Arguments are settings: pool (networks), cells (different ones among them), images (that choose), loss ('error',
    'nll'), members, again (may one be taken twice?), seeds, seed (the first one)."""

    name = "ensemble"
    telling = ("images", (25, 100, 500))
    unit = "pool"
    anew = "the pools are drawn anew"

    def settings(self) -> list[Setting]:
        return [
            slide("pool", "Pool", 30, 2, 100, 1, "How many trained networks there are to choose from."),
            slide("cells", "Different cells", 30, 1, CELLS, 1,
                  "How many architectures the pool is drawn from: with one, its members differ by their seeds alone."),
            slide("images", "Images", 500, 25, 500, 25, "How many validation images choose the members."),
            choose("loss", "Loss", [("error", "error"), ("NLL", "nll")], "error",
                   "What the choice makes small and the picture draws: wrong images, or −log p of the right class.",
                   more=True),
            slide("members", "Members", 10, 1, 20, 1, "How many are taken from the pool.", more=True),
            tick("again", "a member may be taken again", True,
                 "With replacement, as Caruana et al.: who is taken twice weighs twice.", effect="search", more=True),
            slide("seeds", "Pools", 20, 2, 60, 1, "How often all of it is repeated.", more=True),
            count("seed", "First seed", 0, 0, 9999, "The seeds are this one and those that follow it.", more=True),
        ]  # fmt: skip

    @property
    def total(self) -> int | None:
        return self.values["seeds"]

    def prepare(self) -> None:
        v = self.values
        self.task = nasbook.task("digits-pool")
        self.loss, label = LOSSES[v["loss"]]
        self.taken = v["members"] if v["again"] else min(v["members"], v["pool"])
        self.picture = PoolsPicture(self.taken, label, percent=v["loss"] == "error")
        self.use(self.picture)

    def make_search(self) -> Iterator[Pool]:
        for seed in range(self.values["seed"], self.values["seed"] + self.values["seeds"]):
            if self.runner.outdated:
                return
            made = self._pool(seed)
            self.trace = made.trace
            yield made

    def _pool(self, seed: int) -> Pool:
        v, task = self.values, self.task
        rng = np.random.default_rng([seed, 1])
        some = np.sort(rng.choice(CELLS, v["cells"], replace=False))
        rows = np.sort(rng.choice(len(task.labels("val")), v["images"], replace=False))
        space = Space(cell=Choice([task.cells[i] for i in some]))
        with warnings.catch_warnings():  # a cell that is drawn again is another training
            warnings.filterwarnings("ignore", "this space has")
            trace = search("random", task, space=space, trials=v["pool"], seed=seed)
        said = [task.predict(t.config, seed=trial_seed(seed, t.id), parts=("val", "test")) for t in trace.trials]
        P, P_test = np.array([p["val"][rows] for p in said]), np.array([p["test"] for p in said])
        y, y_test = task.labels("val")[rows], task.labels("test")
        sizes = by_size(P, y, np.arange(len(y)) % 5, P_test, y_test, self.loss, v["members"], v["again"])
        members = P_test[list(dict.fromkeys(sizes.order))]
        alike = correlation(members, y_test)[np.triu_indices(len(members), 1)]
        together = P_test[list(sizes.order)].mean(0, keepdims=True)
        wrong = np.concatenate([members, together]).argmax(-1) != y_test
        return Pool(trace, sizes, wrong, float(alike.mean()) if len(alike) else None)

    # ---- picture and words -----------------------------------------------------------------------------------

    def frame(self, n: int) -> PoolsState:
        pools: list[Pool] = self.steps[:n]
        none = np.empty((0, self.taken))
        if not pools:
            return PoolsState(none, none, none, np.zeros((0, 0), bool))
        own, nested, test = (np.array([getattr(p.sizes, k) for p in pools]) for k in ("own", "nested", "test"))
        last = pools[-1]
        hard = np.flatnonzero(last.wrong.any(0))
        hard = hard[np.argsort(-last.wrong[:, hard].sum(0), kind="stable")]
        hard = hard[np.unique(np.linspace(0, len(hard) - 1, min(MOST, len(hard))).round().astype(int))]
        names = [last.trace.trials[i].config["cell"] for i in dict.fromkeys(last.sizes.order)]
        return PoolsState(own, nested, test, last.wrong[:, hard], tuple(names), last.alike)

    def gap(self, k: int) -> tuple[float, float, float]:
        """Loss on the test minus that on the images that chose, of ensembles of k: mean and 95 % bootstrap interval."""
        state = self.frame(len(self.steps))
        away = (state.test - state.own)[:, k - 1 : k]
        low, high = bootstrap(away, 2000)
        return float(away.mean()), float(low[0]), float(high[0])

    def begin(self) -> str:
        v = self.values
        return (
            f"{v['pool']} trained networks of {v['cells']} different cells. Step lets {v['images']} validation images "
            f"choose up to {v['members']} of them, one after the other; Play repeats it with other pools."
        )

    def sentence(self, n: int) -> str:
        state, told = self.frame(n), self.picture._told
        own, nested, test = (self.picture.scale * getattr(state, k).mean(0) for k in ("own", "nested", "test"))
        words = (
            f"One network has {told(test[0])} on the test images, {len(test)} together {told(test[-1])}; the images "
            f"that chose promised {told(own[-1])}, and choosing without them {told(nested[-1])}."
        )
        if state.alike is not None:
            words += f" Of the last pool, the mistakes of two members are correlated by {state.alike:.2f}."
        return words + (" One pool may be luck." if n == 1 else "")

    def keeps(self) -> str:
        return f"{len(self.trace or ())} networks: the last pool's random search"
