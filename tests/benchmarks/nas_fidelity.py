"""Methods of several fidelities over architectures, against random search at equal total epochs, on Digits-201.

    python tests/benchmarks/nas_fidelity.py [--seeds 50] [--epochs 120 360 720]

Every method may train cells for so many epochs in all, of which a full training takes 12; a promoted cell pays only for
the epochs that it adds. Then it names its best. Printed: how many points of test accuracy (mean of three seeds) that
cell lies below the best of the table, mean over searches ± standard error, and Wilcoxon's paired p against random,
corrected after Holm over all rows of a table. No search sees a test accuracy, and of the validation images only one
seed's.

Measured on messy digits, 360 epochs, 100 seeds: random 3.83 ± 0.12; successive halving 3.24 ± 0.13, ASHA 3.20 ± 0.11,
BOHB 3.29 ± 0.14 (p < 0.01); no difference to random was seen for Hyperband, DEHB and median stopping. After 1 epoch the
validation accuracy has a rank correlation of 0.24 with the final test accuracy, after 4 epochs of 0.65.
"""

import argparse
import os

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(threads, "1")

import numpy as np  # noqa: E402
from hpo_fidelity import regret  # noqa: E402

import nasbook  # noqa: E402
from nasbook.statistics import bootstrap_mean, holm, wilcoxon  # noqa: E402
from nasbook.tasks.digits201 import IMAGES  # noqa: E402

METHODS = (
    "random",
    "regularized-evolution",
    "median-stopping",
    "successive-halving",
    "hyperband",
    "asha",
    "bohb",
    "dehb",
)


def report(name: str, seeds: int, epochs: list[int]) -> None:
    """Run all methods on one data set and print its table."""
    task = nasbook.task(f"digits201-{name}")
    found = {(m, e): np.array([regret(m, task, e, s) for s in range(seeds)]) for e in epochs for m in METHODS}
    rows = [key for key in found if key[0] != "random"]
    tests = [(found[k], found["random", k[1]]) for k in rows]
    p = dict(zip(rows, holm([wilcoxon(a, b) for a, b in tests]), strict=True))
    print(f"\n{name:24}" + "".join(f"{e:>20} epochs" for e in epochs))
    for m in METHODS:
        cells = []
        for e in epochs:
            mean, low, high = bootstrap_mean(found[m, e])
            against = f"  p {p[m, e]:.0e}" if (m, e) in p else ""
            cells.append(f"{mean:.2f} [{low:.2f}, {high:.2f}]{against:9}")
        print(f"  {m:22}" + "".join(f"{cell:>27}" for cell in cells), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=50)
    parser.add_argument("--epochs", type=int, nargs="+", default=[120, 360, 720])
    parser.add_argument("--data", nargs="+", choices=list(IMAGES), default=list(IMAGES))
    options = parser.parse_args()
    print(f"{options.seeds} seeds: points of test accuracy below the best cell")
    for name in options.data:
        report(name, options.seeds, options.epochs)
