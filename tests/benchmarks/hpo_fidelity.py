"""Methods of several fidelities against random search at equal total epochs, on the table Digits-HPO.

    python tests/benchmarks/hpo_fidelity.py [--seeds 30] [--epochs 600]

Every method may train for so many epochs in all (a promoted trial pays only for the epochs it adds), and then names
its best configuration. Printed: how many points of test accuracy that lies below the best of the table, mean over seeds
with its 95 % bootstrap interval, Wilcoxon's paired p against random, corrected after Holm over all rows, the chance to
end better than random search, and mean ranks with Nemenyi's critical difference. A run is kept in hpo_fidelity.txt.
"""

from __future__ import annotations

import argparse

import numpy as np

import nasbook
from nasbook.statistics import average_ranks, beats, bootstrap_mean, critical_difference, holm, wilcoxon
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


def report(seeds: int, epochs: int) -> None:
    """Run all and print the table."""
    found = {
        (name, method): np.array([regret(method, nasbook.task(f"digits-hpo-{name}"), epochs, s) for s in range(seeds)])
        for name in IMAGES
        for method in METHODS
    }
    rows = [key for key in found if key[1] != "random"]
    p = dict(zip(rows, holm([wilcoxon(found[k], found[k[0], "random"]) for k in rows]), strict=True))
    print(f"{epochs} epochs, {seeds} seeds: points of test accuracy below the best configuration")
    for name in IMAGES:
        print(f"\n{name:24}{'mean':>8}{'95 % interval':>17}{'p (Holm)':>12}{'before random':>15}{'rank':>7}")
        ranks = average_ranks(np.column_stack([found[name, m] for m in METHODS]))
        for method, rank in zip(METHODS, ranks, strict=True):
            mean, low, high = bootstrap_mean(found[name, method])
            chance, *_ = beats(found[name, method], found[name, "random"])
            against = " " * 27 if method == "random" else f"{p[name, method]:12.1e}{chance:15.2f}"
            print(f"  {method:22}{mean:8.2f}{f'[{low:.2f}, {high:.2f}]':>17}{against}{rank:7.2f}")
        print(f"  critical difference of the ranks (Nemenyi, 0.05) {critical_difference(len(METHODS), seeds):.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=30)
    parser.add_argument("--epochs", type=int, default=600)
    options = parser.parse_args()
    report(options.seeds, options.epochs)
