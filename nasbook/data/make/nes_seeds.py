"""Ensembles of cells at the same number of trainings, over seeds: neural ensemble search against deep ensembles.

    python -m nasbook.data.make.nes_seeds OUT.csv [--seeds 20] [--processes 2] [--pool 60] [--minutes 600]  # resumable

Each way has `pool` trainings on messy digits and ends with M networks; what it chooses, it chooses by the validation
images. One row a seed, way and M (1, 3, 5), with `loss` (NLL) and `error` of the ensemble on the validation and the
test images, the mean test NLL of its members (`alone`), and the mean correlation of their mistakes (`alike`).

    random deep     the best of pool − M + 1 random cells, and M − 1 more trainings of it
    evolved deep    the same for the best that regularized evolution finds
    NES-RS          selected from `pool` random cells
    NES-RE          selected from the pool that `nes` evolves
    random best     the M best of `pool` random cells, each by itself

The trainings are those of Digits-201, by its compiled trainer.
"""

from __future__ import annotations

import argparse
import csv
import ctypes
import tempfile
import time
from collections.abc import Iterator, Sequence
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from nasbook.data.make.digits201 import trainer
from nasbook.kit.ensemble import correlation, error, greedy, nll
from nasbook.nas.nes import NES
from nasbook.nas.regularized_evolution import RegularizedEvolution
from nasbook.nas.spaces.nb201.cell import cell_space, to_cell
from nasbook.search import steps
from nasbook.space import Config, Json
from nasbook.task import Evaluation, Task, trial_seed
from nasbook.tasks.images import DATA, Splits

COLUMNS = ("seed", "way", "M", "val_loss", "val_error", "loss", "error", "alone", "alike")
SIZES = (1, 3, 5)


@cache
def data() -> Splits:
    return DATA["messy"]()


@cache
def library() -> ctypes.CDLL:
    return trainer.library(Path(tempfile.mkdtemp()))


class Compiled(Task):
    """`digits-cells` on messy digits, by the compiled trainer; what was trained once is kept."""

    name, space = "digits-cells-compiled", cell_space()

    def __init__(self) -> None:
        self.kept: dict[tuple, dict[str, np.ndarray]] = {}

    def predict(self, config: Config, *, seed: int = 0, parts: Sequence[str] = ("val",)) -> dict[str, np.ndarray]:
        key = self.space.key(config), seed
        if key not in self.kept:
            n = len(self.labels("val"))
            logits = np.zeros((n + len(self.labels("test")), 10), np.float32)
            trainer.train(library(), to_cell(config), seed, data(), logits=logits)
            p = np.exp(logits - logits.max(1, keepdims=True))
            p /= p.sum(1, keepdims=True)
            self.kept[key] = {"val": p[:n], "test": p[n:]}
        return self.kept[key]

    def labels(self, part: str) -> np.ndarray:
        return data()[part][1]

    def evaluate(self, config: Config, *, seed: int = 0, **context: object) -> Evaluation:
        return Evaluation(error(self.predict(config, seed=seed)["val"], self.labels("val")))


Member = tuple[Config, int]  # a cell and the seed of its training


def ways(task: Compiled, seed: int, K: int) -> Iterator[tuple[str, int, list[Member]]]:
    y = task.labels("val")

    def val(members: Sequence[Member]) -> np.ndarray:
        return np.array([task.predict(c, seed=s)["val"] for c, s in members], float)

    def pool(evolve: bool) -> list[Member]:
        method = NES(task.space, seed=seed, pool=K, members=max(SIZES), evolve=evolve)
        for _ in method.run(task):
            pass
        return [(config, trial_seed(seed, i)) for i, config in method.pool.items()]

    random = pool(evolve=False)
    running = steps(RegularizedEvolution(task.space, seed=seed), task, trials=K, seed=seed)
    evolved = [(s.trial.config, trial_seed(seed, s.trial.id)) for s in running]
    for M in SIZES:
        for name, some in (("random deep", random), ("evolved deep", evolved)):
            some = some[: K - M + 1]
            best = some[int(np.argmin([nll(p, y) for p in val(some)]))]
            yield name, M, [best, *((best[0], trial_seed(seed, K + i)) for i in range(M - 1))]
        yield "random best", M, [random[i] for i in np.argsort([nll(p, y) for p in val(random)], kind="stable")[:M]]
    for name, some in (("NES-RS", random), ("NES-RE", pool(evolve=True))):
        for M in SIZES:
            yield name, M, [some[i] for i in greedy(val(some), y, nll, M, replace=False).order]


def one(K: int, seed: int) -> list[Json]:
    task, rows = Compiled(), []
    for way, M, members in ways(task, seed, K):
        P = {part: np.array([task.predict(c, seed=s)[part] for c, s in members], float) for part in ("val", "test")}
        y = {part: task.labels(part) for part in P}
        numbers = [f(P[part].mean(0), y[part]) for part in ("val", "test") for f in (nll, error)]
        alike = correlation(P["test"], y["test"])[np.triu_indices(M, 1)]
        numbers += [float(np.mean([nll(p, y["test"]) for p in P["test"]])), float(alike.mean()) if M > 1 else 1.0]
        rows.append(dict(zip(COLUMNS, (seed, way, M, *(f"{x:.4f}" for x in numbers)), strict=True)))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    for name, default in (("seeds", 20), ("processes", 2), ("pool", 60)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--minutes", type=float, default=600)
    args = parser.parse_args()
    begin, known = time.time(), set[int]()
    if args.out.exists():
        known = {int(row["seed"]) for row in csv.DictReader(args.out.open())}
    with args.out.open("a", newline="") as file, get_context("spawn").Pool(args.processes) as workers:
        table = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        if not known:
            table.writeheader()
        for rows in workers.imap_unordered(partial(one, args.pool), [s for s in range(args.seeds) if s not in known]):
            table.writerows(rows)
            file.flush()
            print(f"seed {rows[0]['seed']}: {time.time() - begin:.0f} s", flush=True)
            if time.time() - begin > 60 * args.minutes:
                break


if __name__ == "__main__":
    main()
