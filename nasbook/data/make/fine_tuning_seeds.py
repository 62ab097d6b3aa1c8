"""A found cell that moves to another task, over seeds: frozen, partly, all, from scratch, and searching anew.

    python -m nasbook.data.make.fine_tuning_seeds OUT.csv [--seeds 12] [--processes 2] [--minutes 600]    # resumable

The target is digits, of which there are 20, 50, 100 or 300 images to learn from. The source is messy digits (related)
or textures (another world). Messy digits are made of scikit-learn's first 900 (in the shuffled order of
nasbook.tasks.images), and judged on the next 300: the target learns from these 300, and is tested on the 597 behind.
The cell is the best of 60 trials of regularized evolution on the source's table, and its weights are those of a
training on the source. "searched" trains 20 random cells on four fifths of the target's images, takes the one that is
best on the last fifth, and trains it on all: 21 trainings instead of one. "scratch" is the source's cell with fresh
weights. Each way has the learning rate, of four, that was best in the mean of three other seeds. One row a seed,
source, number of images and way, with the error on the test images.
"""

from __future__ import annotations

import argparse
import csv
import time
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from nasbook.kit import learner
from nasbook.nas.spaces.nb201.cell import cell_space
from nasbook.search import search
from nasbook.space import Config, Json
from nasbook.tasks.cells import DigitsCells
from nasbook.tasks.digits201 import Digits201
from nasbook.tasks.fine_tuning import FREEZE, fine_tune

COLUMNS = ("seed", "source", "images", "way", "lr", "error")
SOURCES, IMAGES, RATES = ("messy", "textures"), (20, 50, 100, 300), (0.3, 0.1, 0.03, 0.01)
WAYS = ("scratch", *FREEZE, "searched")
CANDIDATES, TUNING = 20, 3


@cache
def task(data: str) -> DigitsCells:
    return DigitsCells(data, device="cpu")


@cache
def found(source: str, seed: int) -> tuple[Config, nn.Module]:
    """The cell that a search on the source finds, and its network, trained there."""
    best = search("regularized-evolution", Digits201(source), trials=60, seed=seed).best
    assert best is not None
    training = task(source).training(best.config, seed)
    training.learn(12)
    return dict(best.config), training.net


def target(images: int, seed: int) -> tuple[Tensor, Tensor]:
    """So many digits to learn from, drawn by the seed, as many of each kind as can be."""
    x, y = (part[300:600] for part in task("digits").tensors["test"])  # the shuffled digits from 900 to 1200
    order = np.random.default_rng([7, seed]).permutation(len(y))
    of = y.numpy()[order]
    turn = np.array([(of[:i] == k).sum() for i, k in enumerate(of)])  # the how-many-eth of its kind
    rows = torch.from_numpy(order[np.argsort(turn, kind="stable")[:images]])
    return x[rows], y[rows]


def wrong(net: nn.Module) -> float:
    x, y = task("digits").tensors["test"]
    return learner.measure(net, x[600:], y[600:])[1]  # the shuffled digits from 1200: no source is made of them


def moved(source: str, images: int, way: str, lr: float, seed: int) -> float:
    """Test error of the found cell in one of the ways, but for a search."""
    config, net = found(source, seed)
    if way == "scratch":
        net = task("digits").network(config, seed)
    return wrong(fine_tune(net, target(images, seed), FREEZE.get(way, ()), lr=lr, seed=seed))


def searched(images: int, lr: float, seed: int) -> float:
    """Test error of the best of 20 random cells, found with these images alone."""
    x, y = target(images, seed)
    n, rng = max(1, images // 5), np.random.default_rng(seed)
    judged = []
    for i in range(CANDIDATES):
        net = task("digits").network(cell_space().sample(rng), seed)
        made = fine_tune(net, (x[n:], y[n:]), lr=lr, seed=seed)
        judged.append((*learner.measure(made, x[:n], y[:n])[::-1], i, net))
    best = min(judged, key=lambda row: row[:3])[-1]  # by errors, then by loss
    return wrong(fine_tune(best, (x, y), lr=lr, seed=seed))


def rates(work: tuple[str, int]) -> list[tuple[str, int, str, float]]:
    """The best learning rate of each way, on seeds that are not told of."""
    source, images = work
    rows = []
    for way in WAYS[:-1]:
        errors = [np.mean([moved(source, images, way, lr, 1000 + s) for s in range(TUNING)]) for lr in RATES]
        rows.append((source, images, way, RATES[int(np.argmin(errors))]))
    return rows


def one(lr: dict[tuple[str, int, str], float], work: tuple[int, int]) -> list[Json]:
    seed, images = work
    rows = []
    for source in SOURCES:
        for way in WAYS[:-1]:
            rate = lr[source, images, way]
            rows.append((seed, source, images, way, rate, moved(source, images, way, rate, seed)))
    rate = lr["messy", images, "scratch"]
    rows.append((seed, "none", images, "searched", rate, searched(images, rate, seed)))
    return [dict(zip(COLUMNS, (*row[:-1], f"{row[-1]:.4f}"), strict=True)) for row in rows]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seeds", type=int, default=12)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=600)
    args = parser.parse_args()
    begin, known = time.time(), set[tuple[int, int]]()
    if args.out.exists():
        known = {(int(row["seed"]), int(row["images"])) for row in csv.DictReader(args.out.open())}
    with args.out.open("a", newline="") as file, get_context("spawn").Pool(args.processes) as workers:
        table = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        if not known:
            table.writeheader()
        some = workers.imap_unordered(rates, [(source, n) for n in IMAGES[::-1] for source in SOURCES])
        lr = {(source, n, way): rate for rows in some for source, n, way, rate in rows}
        print(f"rates: {time.time() - begin:.0f} s", flush=True)
        work = [(s, n) for s in range(args.seeds) for n in IMAGES if (s, n) not in known]
        for rows in workers.imap_unordered(partial(one, lr), work):
            table.writerows(rows)
            file.flush()
            print(f"seed {rows[0]['seed']}, {rows[0]['images']} images: {time.time() - begin:.0f} s", flush=True)
            if time.time() - begin > 60 * args.minutes:
                break


if __name__ == "__main__":
    main()
