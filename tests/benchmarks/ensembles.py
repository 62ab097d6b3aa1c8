"""What an ensemble gains, and what it promises: pipelines of a search, and pools of trained cells.

    python tests/benchmarks/ensembles.py [--splits 20] [--pools 60]

Pipelines: a random search of 25 trials over the fast models on 60 wines, 120 tumours or 150 digits; the best one, and
what the ways of nasbook.automl.ensemble make of all 25. Cells: the best of 30 random members of digits-pool, and ten
that greedy selection takes by 500 validation images. Errors in %, mean ± standard error; `own` on the rows that chose,
`nested` without them, `test` on others. Gain: test of the best minus test. Optimism: test minus own. The pools share
their 225 networks and their test images, so their intervals tell of the draw of the pool only.
"""

import argparse
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np  # noqa: E402

import nasbook  # noqa: E402
from nasbook.automl.ensemble import WAYS, numbers  # noqa: E402
from nasbook.automl.evaluate import Pipelines  # noqa: E402
from nasbook.automl.predictions import collect  # noqa: E402
from nasbook.widgets.labs.ensemble import EnsembleLab  # noqa: E402

MODELS = ["logistic", "svm", "naive-bayes", "knn", "tree"]


def told(x: np.ndarray, sign: str = "") -> str:
    return f"{x.mean():{sign}.1f} ± {x.std(ddof=1) / len(x) ** 0.5:.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--splits", type=int, default=20)
    parser.add_argument("--pools", type=int, default=60)
    args = parser.parse_args()
    lab = EnsembleLab(pool=30, cells=30, seeds=args.pools, members=10)
    lab.run()
    print(f"cells, {args.pools} pools             own          nested        test           gain          optimism")
    sizes = [p.sizes for p in lab.steps]
    best = 100 * np.array([s.test[0] for s in sizes])
    for k in (1, 3, 5, 10):
        three = ("own", "nested", "test")
        own, nested, test = (100 * np.array([getattr(s, name)[k - 1] for s in sizes]) for name in three)
        columns = (told(own), told(nested), told(test), told(best - test, "+"), told(test - own, "+"))
        print(f"  {k:2} members          " + "".join(f"{c:>14}" for c in columns), flush=True)
    for data, rows in (("wine", 60), ("cancer", 120), ("digits", 150)):
        found: dict[str, list[tuple[float, float, float]]] = {way: [] for way in WAYS}
        for split in range(args.splits):
            task = Pipelines(data, rows=rows, split=split, models=MODELS)
            trace = nasbook.search("random", task, trials=25, seed=split)
            kept = collect(trace, task)
            for way in WAYS:
                found[way].append(numbers(trace, kept, task, way))
        print(f"{data}, {rows} rows, {args.splits} splits")
        first = 100 * np.array(found["best"])[:, 2]
        for way, three in found.items():
            own, nested, test = 100 * np.array(three).T
            columns = (told(own), told(nested), told(test), told(first - test, "+"), told(test - own, "+"))
            print(f"  {way:20}" + "".join(f"{c:>14}" for c in columns), flush=True)


if __name__ == "__main__":
    main()
