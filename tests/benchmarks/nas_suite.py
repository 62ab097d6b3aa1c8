"""Black-box strategies on NAS-Bench-201, CIFAR-10: regret after 10 … 300 queries, tests, and queries per second.

    python tests/benchmarks/nas_suite.py [--queries 300] [--seeds 100] [--only bananas …] [--skip ppo …]

Regret: mean validation accuracy of the table's best cell minus that of the cell a search would return, in percentage
points. A query shows one recorded run of a cell, drawn by the trial's seed; the mean over the runs is never shown. All
strategies meet the same seeds, so tests are paired: Wilcoxon, one-sided, corrected by Holm. Bands: 95 % bootstrap of
the mean. Ranks: their mean over the seeds, and Nemenyi's critical difference. Speed: one process, one thread,
everything that a search does included. A run of 100 seeds is kept in nas_suite.txt.
"""

import argparse
import os
import sys
import time

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(threads, "1")

import numpy as np  # noqa: E402

import nasbook  # noqa: E402
from nasbook.statistics import (  # noqa: E402
    average_ranks,
    beats,
    bootstrap_mean,
    critical_difference,
    holm,
    wilcoxon,
)

STRATEGIES = {
    "random": ("random", {}),
    "genetic": ("genetic", {}),
    "regularized-evolution": ("regularized-evolution", {}),
    "  kill the worst": ("regularized-evolution", {"ageing": False}),
    "local-search": ("local-search", {}),
    "  first better": ("local-search", {"move": "first"}),
    "tpe": ("tpe", {}),
    "reinforce": ("reinforce", {}),
    "ppo": ("ppo", {}),
    "bananas": ("bananas", {}),
}
COUNTS = (10, 50, 100, 150, 300)
PAIRS = [(name, "random") for name in list(STRATEGIES)[1:]] + [("bananas", "regularized-evolution")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--only", nargs="*", help="these strategies, and random")
    parser.add_argument("--skip", nargs="*", default=[])
    args = parser.parse_args()
    task, counts = nasbook.task("nb201-cifar10"), [c for c in COUNTS if c <= args.queries]
    wanted = [
        k
        for k in STRATEGIES
        if k == "random" or (k.strip() not in args.skip and (not args.only or k.strip() in args.only))
    ]
    print(f"NAS-Bench-201, CIFAR-10: mean regret, percentage points, {args.seeds} seeds")
    print(f"{'':22}" + "".join(f"{f'after {c}':>22}" for c in counts) + f"{'queries/s':>12}")
    regret: dict[str, np.ndarray] = {}
    for label in wanted:
        name, settings = STRATEGIES[label]
        rows, begin = [], time.process_time()
        for seed in range(args.seeds):
            trace = nasbook.search(name, task, trials=args.queries, seed=seed, **settings)
            rows.append([100 * task.regret(trace[min(c, len(trace)) - 1].incumbent.config) for c in counts])
        speed = args.queries * args.seeds / (time.process_time() - begin)
        regret[label] = r = np.array(rows)
        cells = []
        for column in r.T:
            mean, low, high = bootstrap_mean(column)
            cells.append(f"{mean:.3f} [{low:.3f}, {high:.3f}]")
        print(f"{label:22}" + "".join(f"{cell:>22}" for cell in cells) + f"{speed:12,.0f}")
        sys.stdout.flush()
    for at, count in enumerate(counts):
        if count < 100:
            continue
        pairs = [(a, b) for a, b in PAIRS if a in regret and b in regret]
        p = holm([wilcoxon(regret[a][:, at], regret[b][:, at], "less") for a, b in pairs])
        print(f"\nafter {count} queries, is the first better than the second? (p after Holm's correction)")
        for (a, b), value in zip(pairs, p, strict=True):
            x, y = regret[a][:, at], regret[b][:, at]
            chance, low, high = beats(x, y)
            ties = (x == y).sum()
            band = f"{chance:.2f} [{low:.2f}, {high:.2f}]"
            print(f"  {a.strip():22} {b:22} p = {value:8.2g}   better with probability {band}, equal on {ties} seeds")
        if len(regret) > 1:
            ranks = average_ranks(np.column_stack([r[:, at] for r in regret.values()]))
            order = sorted(zip(regret, ranks, strict=True), key=lambda pair: pair[1])
            shown = ", ".join(f"{k.strip()} {x:.2f}" for k, x in order)
            print(f"  mean ranks {shown}; critical difference {critical_difference(len(regret), args.seeds):.2f}")


if __name__ == "__main__":
    main()
