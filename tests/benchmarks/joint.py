"""Five protocols of joint search on Digits-JAHS, with equally many trainings: together, one after the other, in turns,
recipe fixed.

    python tests/benchmarks/joint.py [--seeds 100] [--trials 60] [--inner forest] [--rates 0.1] [--out joint.csv]
    python tests/benchmarks/joint.py --report joint.csv

Each search sees validation errors of single trainings. What is reported is the mean test error, over three seeds, of
the configuration with the lowest validation error that it has seen, after 30, 60 and 120 trials; the best of the table
is 9.4 %. Frozen at first: a recipe (learning rate 0.03, 0.1 or 1, weight decay 0.0005) and a cell drawn by the
seed. Two turns share the trials half and half; in turns, a turn is a quarter. Differences to joint are paired by seed.
joint.csv beside this file holds 60 seeds with evolution and 50 with the forest (60 trials, frozen at 0.1).
"""

import argparse
import csv
import os
from multiprocessing import get_context
from pathlib import Path

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(threads, "1")

import numpy as np  # noqa: E402

import nasbook  # noqa: E402
from nasbook.nas.staged import ORDERS  # noqa: E402
from nasbook.tasks.digits_jahs import CELLS  # noqa: E402

BUDGETS, RATES, INNER = (30, 60, 120), (0.03, 0.1, 1.0), ("regularized-evolution", "forest")
FREE = ("joint", "recipe first")  # these freeze no recipe


def run(work):
    """One search -> [inner, rate, order, trials, seed, test error]."""
    inner, rate, order, trials, seed = work
    task = nasbook.task("digits-jahs")
    cell = CELLS.sample(np.random.default_rng([seed, 18]))
    default = {**cell, "lr": rate, "weight_decay": 5e-4}
    turn = max(1, trials // (4 if order == "in turns" else 2))
    trace = nasbook.search(
        "staged", task, trials=trials, seed=seed, order=order, turn=turn, inner=inner, default=default
    )
    return [*work, round(1 - task.test_accuracy(trace.best.config), 6)]


def works(seeds, budgets, inner, rates):
    return [
        (name, rate, order, trials, seed)
        for seed in range(seeds)
        for trials in budgets
        for name in inner
        for order in ORDERS
        for rate in (RATES[:1] if order in FREE else rates)
    ]


def report(rows):
    """Test errors in per cent, mean ± 1.96 standard errors; and the paired difference to joint."""
    error = {(r[0], float(r[1]), r[2], int(r[3]), int(r[4])): 100 * float(r[5]) for r in rows}
    for name, trials in sorted({(key[0], key[3]) for key in error}):
        rates = sorted({key[1] for key in error if key[0] == name and key[2] == "recipe fixed"})
        seeds = sorted({key[4] for key in error if key[0] == name and key[3] == trials})
        column = lambda order, rate: np.array([error[name, rate, order, trials, s] for s in seeds])  # noqa: B023, E731
        joint, recipe = (column(order, RATES[0]) for order in FREE)
        print(f"\n{name}, {trials} trials, {len(seeds)} seeds: joint {said(joint)}; ", end="")
        print(f"recipe first {said(recipe)}  ({said(recipe - joint, '+')})")
        print(f"{'':20}" + "".join(f"{f'frozen at {rate:g}':>34}" for rate in rates))
        for order in ("architecture first", "in turns", "recipe fixed"):
            cells = [f"{said(column(order, rate))}  ({said(column(order, rate) - joint, '+')})" for rate in rates]
            print(f"{order:20}" + "".join(f"{cell:>34}" for cell in cells))


def said(x, sign=""):
    return f"{x.mean():{sign}.2f} ± {1.96 * x.std(ddof=1) / len(x) ** 0.5:.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--trials", type=int, nargs="*", default=BUDGETS)
    parser.add_argument("--inner", nargs="*", default=INNER)
    parser.add_argument("--rates", nargs="*", type=float, default=RATES)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("joint.csv"))
    parser.add_argument("--report", type=Path)
    args = parser.parse_args()
    if args.report is None:
        with open(args.out, "w", newline="") as file, get_context("spawn").Pool(args.processes) as pool:
            write = csv.writer(file)
            write.writerow(["inner", "rate", "order", "trials", "seed", "test_error"])
            for k, row in enumerate(
                pool.imap(run, works(args.seeds, args.trials, args.inner, args.rates), chunksize=8)
            ):
                write.writerow(row)
                if k % 1000 == 0:
                    file.flush()
                    print(k, flush=True)
    with open(args.report or args.out, newline="") as file:
        report(list(csv.reader(file))[1:])


if __name__ == "__main__":
    main()
