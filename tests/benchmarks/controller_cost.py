"""What 300 queries of a controller cost, and what they find: REINFORCE and PPO on NAS-Bench-201, CIFAR-10.

    python tests/benchmarks/controller_cost.py [--queries 300] [--seeds 20]

Regret: mean validation accuracy of the table's best cell minus that of the cell a search would return (the one whose
single noisy run was best). "last 50": mean accuracy of the last 50 cells that were asked for, which shows what the
policy has learned. All methods meet the same seeds, so the tests are paired.
"""

import argparse
import time

import numpy as np

import nasbook
from nasbook.statistics import bootstrap_mean, wilcoxon

METHODS = {
    "random": ("random", {}),
    "regularized-evolution": ("regularized-evolution", {}),
    "reinforce": ("reinforce", {}),
    "  no baseline": ("reinforce", {"baseline": False}),
    "ppo": ("ppo", {}),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--seeds", type=int, default=20)
    args = parser.parse_args()
    task = nasbook.task("nb201-cifar10")
    print(f"NAS-Bench-201, CIFAR-10: regret after {args.queries} queries, {args.seeds} seeds, in percentage points")
    print(f"{'':22} {'mean':>6}   {'95 % bootstrap':>16} {'last 50':>8} {'CPU s a search':>15}")
    regret = {}
    for label, (name, settings) in METHODS.items():
        nasbook.method(name, task.space, **settings)  # the import is not counted
        begin = time.process_time()
        traces = [nasbook.search(name, task, trials=args.queries, seed=s, **settings) for s in range(args.seeds)]
        seconds = (time.process_time() - begin) / args.seeds
        r = regret[label] = 100 * np.array([task.regret(t.best.config) for t in traces])
        last = 100 * np.mean([np.mean([task.accuracy(t.config) for t in trace.trials[-50:]]) for trace in traces])
        _, low, high = bootstrap_mean(r)
        print(f"{label:22} {r.mean():6.3f}   [{low:6.3f}, {high:6.3f}] {last:8.2f} {seconds:15.2f}", flush=True)
    for label in list(METHODS)[1:]:
        p = wilcoxon(regret[label], regret["random"])
        wins = int((regret[label] < regret["random"]).sum())
        print(
            f"{label.strip()} against random: better on {wins} of {args.seeds} seeds, Wilcoxon p = {p:.2g} (two-sided)"
        )


if __name__ == "__main__":
    main()
