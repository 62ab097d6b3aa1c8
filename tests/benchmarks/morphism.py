"""What inherited weights are worth: network morphism against the same climb from scratch and against random chains.

    python tests/benchmarks/morphism.py [--seeds 10] [--epochs 3] [--steps 4] [--children 5] [--data digits]

Each arm has the same number of trainings of the same length, on digits-conv-chain. Printed, in points of error, mean
over seeds ± standard error, and Wilcoxon's paired p of each arm against inheritance: the lowest validation error that
the search has seen; the test error of that network with the weights that it had then; the test error of its
architecture trained from scratch for the task's 12 epochs.

Measured with the defaults (digits, 10 seeds; in the order of the columns): inherited 10.2 ± 1.4, 9.4 ± 1.3, 3.6 ± 0.5;
from scratch 10.5 ± 1.5, 9.4 ± 1.5, 3.3 ± 0.4 (no p below 0.2); random chains 41 ± 6, 39 ± 6, 19 ± 5 (p < 0.01). So the
climb from a sound small chain helped here, and the inheritance did not.
"""

import argparse
import os
import time

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(threads, "1")

import numpy as np  # noqa: E402

import nasbook  # noqa: E402
from nasbook.kit.learner import measure  # noqa: E402
from nasbook.nas.network_morphism import NetworkMorphism  # noqa: E402
from nasbook.statistics import wilcoxon  # noqa: E402
from nasbook.task import trial_seed  # noqa: E402
from nasbook.tasks.architectures import Networks  # noqa: E402

ARMS = ("inherited weights", "from scratch", "random chains")
COLUMNS = ("validation, seen", "test, as found", "test, 12 epochs")


def search(arm: str, seed: int, options: argparse.Namespace) -> tuple[list[float], float]:
    """One search: the errors of COLUMNS in points, and its seconds on the processor."""
    begin = time.process_time()
    full = Networks("conv-chain", data=options.data, device="cpu")
    if arm == "random chains":
        short = Networks("conv-chain", data=options.data, epochs=options.epochs, device="cpu")
        best = nasbook.search("random", short, trials=1 + options.steps * options.children, seed=seed).best
        as_found = short.test(best.config, seed=trial_seed(seed, best.id))
    else:
        settings = {"epochs": options.epochs, "steps": options.steps, "children": options.children}
        method = NetworkMorphism(full.space, seed=seed, inherit=arm == "inherited weights", **settings)
        for step in nasbook.steps(method, full):
            if step.incumbent is step.trial:  # the best so far: method.best has its weights
                best, as_found = step.trial, measure(method.best.net, method.images["test"])[1]
    seconds = time.process_time() - begin
    return [100 * e for e in (best.value, as_found, full.test(best.config, seed=seed))], seconds


def main() -> None:
    options = arguments()
    trainings = 1 + options.steps * options.children
    print(f"{options.data}, {options.seeds} seeds, {trainings} trainings of {options.epochs} epochs in each search\n")
    errors: dict[str, np.ndarray] = {}
    seconds: dict[str, float] = {}
    for arm in ARMS:
        runs = [search(arm, options.first_seed + i, options) for i in range(options.seeds)]
        errors[arm], seconds[arm] = np.array([e for e, _ in runs]), float(np.mean([t for _, t in runs]))
    print(f"{'points of error':20}" + "".join(f"{name:>28}" for name in COLUMNS) + f"{'seconds':>10}")
    for arm in ARMS:
        cells = []
        for k in range(len(COLUMNS)):
            x, reference = errors[arm][:, k], errors[ARMS[0]][:, k]
            p = "" if arm == ARMS[0] or np.array_equal(x, reference) else f"  p {wilcoxon(x, reference):.3f}"
            cells.append(f"{x.mean():.1f} ± {x.std(ddof=1) / len(x) ** 0.5:.1f}{p:>9}")
        print(f"{arm:20}" + "".join(f"{cell:>28}" for cell in cells) + f"{seconds[arm]:10.1f}", flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--children", type=int, default=5)
    parser.add_argument("--data", choices=("digits", "messy", "textures"), default="digits")
    return parser.parse_args()


if __name__ == "__main__":
    main()
