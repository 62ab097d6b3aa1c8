"""What DARTS, its relatives and its repairs end with, over seeds: the numbers that lesson 13 tells.

    python tests/benchmarks/relaxations.py [TASK ...]

The searches are those of nasbook/data/relaxation_seeds.csv; nasbook/data/make/relaxation_seeds.py makes them again. For
each kind: true accuracy of the derived cell (trained alone, Digits-201) at the end ± standard error and the best on the
way, its rank of 5,044, edges without weights, searches that end with five or six of them, and by how much it is better
than plain DARTS of the same seed. Rules that stop a search are tried on the recorded ones. Below, random search: the
best of n cells that were each trained alone (by the validation images of one training).
"""

import sys

import numpy as np

import nasbook
from nasbook.course.lessons.lesson_13 import searches, stopped
from nasbook.data.make.relaxation_seeds import SEARCHES, TASKS

RULES = {  # a name, the searches that it is tried on, the rule
    "stop at 5 weightless": ("darts", {"free": 5}),
    "stop at 4 weightless": ("darts", {"free": 4}),
    "stop at eigenvalue x 1.3": ("darts, eigenvalue", {"growth": 1.3}),
}


def kinds(data: str) -> dict[str, list[dict[str, np.ndarray]]]:
    """Name -> its searches, one a seed; those of which there are none are left out."""
    found = {}
    for name in SEARCHES:
        try:
            found[name] = searches(data, name)
        except ValueError:
            continue
    return found | {name: stopped(found[of], **rule) for name, (of, rule) in RULES.items() if of in found}


def error(numbers: np.ndarray) -> float:
    return float(numbers.std(ddof=1) / len(numbers) ** 0.5) if len(numbers) > 1 else float("nan")


def report(data: str) -> None:
    found = kinds(data)
    plain = np.array([100 * run["derived"][-1] for run in found["darts"]])
    print(f"\n{data:25} seeds   true at the end   best   mean rank (best, worst)      weightless  5 or 6   minus darts")
    for name, runs in found.items():
        end, rank, free = (np.array([run[key][-1] for run in runs]) for key in ("derived", "rank", "free"))
        best, end = 100 * np.mean([run["derived"].max() for run in runs]), 100 * end
        n = min(len(plain), len(end))
        gain = end[:n] - plain[:n]
        print(
            f"{name:25} {len(runs):5}   {end.mean():6.1f} ± {error(end):3.1f} %   {best:5.1f}   "
            f"{rank.mean():5.0f} ± {error(rank):3.0f} ({rank.min():,}, {rank.max():,})".ljust(88)
            + f"{free.mean():6.1f}  {(free >= 5).sum():6}   {gain.mean():+5.1f} ± {error(gain):.1f}"
        )
    table = nasbook.task(f"digits201-{data}")
    for n in (1, 8, 10, 12, 14, 16, 18):
        blind = [nasbook.search("random", table, trials=n, seed=seed).best for seed in range(200)]
        true = np.array([100 * table.test_accuracy(trial.config) for trial in blind])
        print(f"the best of {n:2} random cells: {true.mean():.1f} ± {error(true):.1f} %")


if __name__ == "__main__":
    for task in sys.argv[1:] or TASKS:
        report(task)
