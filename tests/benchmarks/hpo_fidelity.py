"""Methods of several fidelities against random search at equal total epochs, on the table Digits-HPO.

    python tests/benchmarks/hpo_fidelity.py [--seeds 30] [--epochs 600]

Every method may train for so many epochs in all (a promoted trial pays only for the epochs it adds), and then names
its best configuration. Printed: how many points of test accuracy that lies below the best of the table, mean over seeds
with its standard error, and Wilcoxon's paired p against random, corrected after Holm over all rows.
"""

from __future__ import annotations

import argparse

import numpy as np
from scipy.stats import wilcoxon

import nasbook
from nasbook.tasks.digits_hpo import IMAGES

METHODS = ("random", "median-stopping", "successive-halving", "hyperband", "asha", "bohb", "dehb")


def regret(method: str, task: nasbook.Task, epochs: int, seed: int) -> float:
    """Points of test accuracy below the best, after so many epochs in all."""
    trained: dict[int, float] = {}  # root of a chain of trials -> epochs of its training
    best = None
    for step in nasbook.steps(method, task, trials=100_000, seed=seed, views=False):
        trial = step.trial
        reached = trial.curve[-1][0] if trial.curve else trial.fidelity or task.fidelity.max
        root = trial.info.get("continues", trial.id)
        trained[root] = max(trained.get(root, 0.0), reached)
        if sum(trained.values()) > epochs:
            break
        best = step.incumbent
    assert best is not None
    return 100 * float(task.test[..., -1].mean(1).max() - task.test_accuracy(best.config))


def holm(p: list[float]) -> list[float]:
    order, out, worst = np.argsort(p), [0.0] * len(p), 0.0
    for k, i in enumerate(order):
        worst = max(worst, min(1.0, (len(p) - k) * p[i]))
        out[i] = worst
    return out


def report(seeds: int, epochs: int) -> None:
    """Run all and print the table."""
    found = {
        (name, method): np.array([regret(method, nasbook.task(f"digits-hpo-{name}"), epochs, s) for s in range(seeds)])
        for name in IMAGES
        for method in METHODS
    }
    rows = [key for key in found if key[1] != "random"]
    p = dict(zip(rows, holm([float(wilcoxon(found[k], found[k[0], "random"]).pvalue) for k in rows]), strict=True))
    print(f"{epochs} epochs, {seeds} seeds: points of test accuracy below the best configuration")
    for name in IMAGES:
        print(f"\n{name:24}{'mean':>8}{'± s.e.':>8}{'p (Holm)':>12}")
        for method in METHODS:
            r = found[name, method]
            against = "" if method == "random" else f"{p[name, method]:12.1e}"
            print(f"  {method:22}{r.mean():8.2f}{r.std(ddof=1) / len(r) ** 0.5:8.2f}{against}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=30)
    parser.add_argument("--epochs", type=int, default=600)
    options = parser.parse_args()
    report(options.seeds, options.epochs)
