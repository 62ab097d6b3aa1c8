"""Regularized evolution against random search on NAS-Bench-201, CIFAR-10.

    python tests/benchmarks/nas_evolution.py [--queries 100] [--seeds 100]

Regret: mean validation accuracy of the table's best cell minus that of the cell a search would return (the one whose
single noisy run was best). Both methods meet the same seeds, so the test is paired.
"""

import argparse
import time

import numpy as np
from scipy.stats import bootstrap, wilcoxon

import nasbook

METHODS = {
    "random": ("random", {}),
    "evolution P=10 S=3": ("regularized-evolution", {"population": 10, "sample": 3}),
    "  kill the worst": ("regularized-evolution", {"population": 10, "sample": 3, "ageing": False}),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--queries", type=int, default=100)
    parser.add_argument("--seeds", type=int, default=100)
    args = parser.parse_args()
    task = nasbook.task("nb201-cifar10")
    print(f"NAS-Bench-201, CIFAR-10: regret after {args.queries} queries, {args.seeds} seeds, in percentage points")
    print(f"{'':20} {'mean':>7}   {'95 % bootstrap':>16} {'median':>8} {'queries/s':>10}")
    regret = {}
    for label, (name, settings) in METHODS.items():
        begin = time.process_time()
        best = [nasbook.search(name, task, trials=args.queries, seed=s, **settings).best for s in range(args.seeds)]
        speed = args.queries * args.seeds / (time.process_time() - begin)
        r = regret[label] = 100 * np.array([task.regret(t.config) for t in best])
        low, high = bootstrap((r,), np.mean, random_state=np.random.default_rng(0)).confidence_interval
        print(f"{label:20} {r.mean():7.3f}   [{low:6.3f}, {high:6.3f}] {np.median(r):8.3f} {speed:10,.0f}")
    for label in list(METHODS)[1:]:
        p = wilcoxon(regret[label], regret["random"], alternative="less").pvalue
        wins = int((regret[label] < regret["random"]).sum())
        print(f"{label.strip()} against random: better on {wins} of {args.seeds} seeds, Wilcoxon p = {p:.2g}")


if __name__ == "__main__":
    main()
