"""A warm start from the nearest task, by meta-features: what are its five best worth on another?

    python tests/benchmarks/nearest_task.py [--seeds 50] [--trials 20]

For each of the three data sets, on the tables Digits-HPO and Digits-201: a random search of 100 trials on each of the
other two, another one for each seed; its five best are tried first, then random search or TPE goes on. Printed:
validation error in % of the best after 5, 10 and all trials, mean ± standard error, and the paired difference to the
cold start.
"""

import argparse
import os

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(threads, "1")

import numpy as np  # noqa: E402

import nasbook  # noqa: E402
from nasbook.tasks.images import DATA  # noqa: E402
from nasbook.tasks.meta_features import meta_features, nearest  # noqa: E402


def best_after(trace, counts):
    values = np.minimum.accumulate([t.value if t.value is not None else 1.0 for t in trace.trials])
    return [100 * values[n - 1] for n in counts]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=50)
    parser.add_argument("--trials", type=int, default=20)
    args = parser.parse_args()
    described = {name: meta_features(*make()["train"]) for name, make in DATA.items()}
    counts = (5, 10, args.trials)
    for target in DATA:
        order = nearest(described[target], {k: v for k, v in described.items() if k != target})
        print(f"\n{target}: " + ", ".join(f"{name} at {d:.2f}" for name, d in order))
        for table in ("digits-hpo", "digits201"):
            for method in ("random", "tpe"):
                runs = {}
                for way, source in (("cold", None), *((f"first {name}'s five best", name) for name, _ in order)):
                    rows = []
                    for seed in range(args.seeds):
                        first = []
                        if source:
                            first = nasbook.search("random", f"{table}-{source}", trials=100, seed=1000 + seed).top(5)
                        trace = nasbook.search(method, f"{table}-{target}", trials=args.trials, seed=seed, first=first)
                        rows.append(best_after(trace, counts))
                    runs[way] = np.array(rows)
                for way, found in runs.items():
                    mean, error = found.mean(0), found.std(0, ddof=1) / np.sqrt(len(found))
                    gap = found - runs["cold"]
                    line = "  ".join(f"{m:5.1f} ± {e:.1f}" for m, e in zip(mean, error, strict=True))
                    told = f"{gap[:, 0].mean():+.1f} ± {gap[:, 0].std(ddof=1) / np.sqrt(len(gap)):.1f} after 5"
                    print(f"  {table:10} {method:6} {way:28} {line}   {told if way != 'cold' else ''}", flush=True)


if __name__ == "__main__":
    main()
