"""How much of the true Pareto front NSGA-II, ParEGO and random search find on tables.

    python tests/benchmarks/pareto_front.py [--trials 150] [--seeds 20] [--tasks nb201-cifar10-latency …]

A table has a true front, found by comparing all of its rows. A search sees the error of single runs; what it returns,
its own front, is judged by the mean over the runs. The score is the hypervolume of what it returns as a share of that
of the true front, both up to the same reference point: a row that is worse than nine out of ten in any objective
covers nothing. All methods meet the same seeds, so the test is paired.
"""

import argparse
import time

import numpy as np

import nasbook
from nasbook.hpo.parts.pareto import best_trials, front, hypervolume
from nasbook.statistics import bootstrap_mean, wilcoxon
from nasbook.tasks.digits_hpo import DigitsHPO

METHODS = ("nsga2", "parego", "random")
TASKS = ("nb201-cifar10-latency", "nb201-cifar10-costs", "digits201-messy-parameters", "digits-hpo-messy-seconds")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=150)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--tasks", nargs="*", default=TASKS)
    parser.add_argument("--methods", nargs="*", default=METHODS)
    args = parser.parse_args()
    print(f"Hypervolume as a share of the true front's, in %, after {args.trials} trials, {args.seeds} seeds")
    for name in args.tasks:
        compare(name, args.trials, args.seeds, args.methods)


def compare(name: str, trials: int, seeds: int, methods: tuple[str, ...]) -> None:
    task = nasbook.task(name)
    Y = task.outcomes()
    known = np.isfinite(Y).all(1)
    ref = np.quantile(Y[known], 0.9, axis=0)
    true = Y[known][front(Y[known])]
    whole = hypervolume(true, ref)
    print(f"\n{name}: {', '.join(task.objectives)}; {len(true)} points on the true front of {known.sum():,} rows")
    print(f"{'':10} {'mean':>7}   {'95 % bootstrap':>16} {'worst':>7} {'trials/s':>9}")
    share = {}
    for method in methods:
        begin = time.process_time()
        traces = [nasbook.search(method, task, trials=trials, seed=s) for s in range(seeds)]
        speed = trials * seeds / (time.process_time() - begin)
        found = [Y[[place(task, t.config) for t in best_trials(trace.trials)]] for trace in traces]
        s = share[method] = 100 * np.array([hypervolume(y[np.isfinite(y).all(1)], ref) for y in found]) / whole
        _, low, high = bootstrap_mean(s)
        print(f"{method:10} {s.mean():7.2f}   [{low:6.2f}, {high:6.2f}] {s.min():7.2f} {speed:9,.0f}", flush=True)
    for method in methods:
        if method != "random" and "random" in share:
            p = wilcoxon(share["random"], share[method], "less")
            wins = int((share[method] > share["random"]).sum())
            print(f"{method} against random: better on {wins} of {seeds} seeds, Wilcoxon p = {p:.2g}")


def place(task, config) -> int:
    """The row of a configuration in `task.outcomes()`."""
    if isinstance(task, DigitsHPO):
        return task.row(config)
    return nasbook.nas.spaces.nb201.cell.to_row(config)


if __name__ == "__main__":
    main()
