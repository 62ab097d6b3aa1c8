"""Candidates a second, one at a time and packed: multilayer perceptrons, and cells of different operations.

    python tests/benchmarks/packed.py [--at 8 32 128 512] [--what mlp any-mlp cells] [--repeat 3] [--csv FILE]

    mlp      one shape: 32 units, batches of 50; rates, momentum and weight decay differ, and dropout is off
    any-mlp  drawn from the whole space of digits-mlp: widths, depths, batches, optimisers, dropout differ
    cells    drawn from the cells of NAS-Bench-201 that carry something

A candidate is a network of three epochs (cells: one), its making and its validation included. CPU seconds of one thread
on a CPU, which other processes on the machine do not change much, and wall seconds on a GPU, where there is one;
medians over `repeat` runs. One at a time is timed on a few candidates and taken for all. Aimed at: mlp 5 to 20 times as
many on one core; cells nothing on a CPU, and at least 10 times as many on a GPU. packed.csv beside it holds what was
measured on a CPU; gpu.py measures whole trainings on a GPU, and gpu.csv holds what it found.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import time
from pathlib import Path

import numpy as np
import torch

from nasbook.nas.spaces.nb201.cell import to_cell
from nasbook.tasks.cells import DigitsCells
from nasbook.tasks.packed_cells import live
from nasbook.tasks.training import DigitsMLP

ONE_BY_ONE = 16  # candidates that are timed alone
FIXED = {"optimizer": "sgd", "batch": 50, "width": 32, "depth": 1, "dropout": 0.0, "activation": "relu"}


def drawn(what: str, task, n: int) -> list[dict]:
    rng, found = np.random.default_rng(0), []
    while len(found) < n:
        config = task.space.sample(rng)
        if what == "mlp":
            config = {"momentum": float(rng.uniform(0, 0.99)), **config, **FIXED}
        if what != "cells" or live(to_cell(config)):
            found.append(config)
    return found


def seconds(work, device: str) -> float:
    clock = time.process_time if device == "cpu" else time.perf_counter
    begin = clock()
    work()
    if device != "cpu":
        torch.cuda.synchronize()
    return clock() - begin


def rates(what: str, n: int, device: str, repeat: int) -> tuple[float, float]:
    """Candidates a second, alone and packed."""
    task = (DigitsCells if what == "cells" else DigitsMLP)(device=device)
    configs, epochs = drawn(what, task, n), 1 if what == "cells" else 3

    def alone() -> None:
        for i, config in enumerate(configs[:ONE_BY_ONE]):
            task.evaluate(config, fidelity=epochs, seed=i)

    def packed() -> None:
        nothing = {"reports": [lambda *_: None] * n, "checkpoints": [None] * n}
        task.evaluate_many(configs, fidelity=epochs, seeds=range(n), **nothing)

    alone()  # what is made once
    one = statistics.median(seconds(alone, device) for _ in range(repeat)) / min(n, ONE_BY_ONE)
    many = statistics.median(seconds(packed, device) for _ in range(repeat)) / n
    return 1 / one, 1 / many


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--at", type=int, nargs="+", default=[8, 32, 128, 512])
    parser.add_argument("--what", nargs="+", default=["mlp", "any-mlp", "cells"])
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--csv", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    devices = ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]
    if len(devices) == 1:
        print("there is no GPU here: what it gains is not measured")
    rows = []
    print(f"{'':10}{'':6}{'packed':>7}{'alone/s':>9}{'packed/s':>10}{'ratio':>8}")
    for device in devices:
        for what in options.what:
            for n in options.at:
                if what == "cells" and device == "cpu" and n > 32:
                    continue  # the same as at 32, for minutes
                one, many = rates(what, n, device, options.repeat)
                rows.append((what, device, n, round(one, 2), round(many, 2), round(many / one, 2)))
                print(f"{what:10}{device:6}{n:7}{one:9.1f}{many:10.1f}{f'×{many / one:.1f}':>8}", flush=True)
    if options.csv:
        with open(options.csv, "w", newline="") as file:
            csv.writer(file).writerows([("what", "device", "at", "alone_per_s", "packed_per_s", "ratio"), *rows])


if __name__ == "__main__":
    main()
