"""Transfer on NAS-Bench-201 and Digits-201: queries to a target with a related source, without one, and with a bad one.

    python tests/benchmarks/transfer.py [--seeds 20] [--queries 60] [--target nb201-imagenet16]

Method: rgpe. Sources are random searches of 150 trials on other tasks, another one for each seed. Regret is measured in
percentage points of the mean validation accuracy, which no search sees. Tests are paired over the seeds: Wilcoxon,
one-sided, against the cold start. Queries to a target: until the regret is at most 1 point; a run that never gets there
counts as queries + 1.
"""

import argparse
import os

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(threads, "1")

import numpy as np  # noqa: E402

import nasbook  # noqa: E402
from nasbook.statistics import wilcoxon  # noqa: E402

TASKS = ("nb201-cifar10", "nb201-cifar100", "nb201-imagenet16", "digits201-digits")
COUNTS = (5, 10, 20, 30, 60)


def sources(names, seed):
    found = []
    for name in names:
        trace = nasbook.search("random", name.removesuffix(" upside down"), trials=150, seed=1000 + seed)
        sign = -1 if name.endswith("upside down") else 1
        found.append({"task": name, "trials": [[t.config, sign * t.value] for t in trace.trials]})
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--queries", type=int, default=60)
    parser.add_argument("--target", default="nb201-imagenet16", choices=TASKS[:3])
    args = parser.parse_args()
    task = nasbook.task(args.target)
    best = max(task.accuracy(c) for c in task.space.grid())
    related = [n for n in TASKS[:3] if n != args.target]
    runs = {
        "cold start": ([], {}),
        "two related sources": (related, {}),
        "  the same, equal weights": (related, {"weighting": "equal"}),
        "Digits-201 as source": (["digits201-digits"], {}),
        "a source upside down": ([f"{related[0]} upside down"], {}),
        "  upside down, equal weights": ([f"{related[0]} upside down"], {"weighting": "equal"}),
        "two related, one upside down": ([*related, f"{related[0]} upside down"], {}),
    }
    labels = list(runs)
    print(f"{args.target}: mean regret in points, {args.seeds} seeds")
    print(f"{'':32}" + "".join(f"{f'after {c}':>10}" for c in COUNTS) + f"{'to 1 point':>12}{'fewer: p':>10}")
    cold, p = None, {}
    for label in labels:
        names, settings = runs[label]
        curves = []
        for seed in range(args.seeds):
            given = sources(names, seed)
            trace = nasbook.search("rgpe", task, trials=args.queries, seed=seed, sources=given, **settings)
            curves.append([100 * (best - task.accuracy(s.incumbent.config)) for s in trace])
        r = np.array(curves)
        to = np.where((r <= 1).any(1), (r <= 1).argmax(1) + 1, args.queries + 1)
        cold = to if cold is None else cold
        p[label] = wilcoxon(to, cold, "less")
        means = "".join(f"{r[:, c - 1].mean():10.2f}" for c in COUNTS if c <= args.queries)
        print(f"{label:32}{means}{np.median(to):12.1f}{p[label]:10.1g}", flush=True)
    print("\nqueries to 1 point: median; p without correction (Holm's factor is at most 6)")


if __name__ == "__main__":
    main()
