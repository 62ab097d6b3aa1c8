"""Make relaxation_seeds.csv: what searches by DARTS and its relatives would have derived, epoch by epoch, over seeds.

    python nasbook/data/make/relaxation_seeds.py [FILE] [TASK …]     # digits: 15 minutes of one core; resumable

The settings are the defaults of each method, but for those in SEARCHES. One row an epoch: the supernet's validation
accuracy (of `snas` and `gdas`: that of the cell derived, with the shared weights), the cell that would be derived then
(its six operations as digits) and, where it is watched, the largest eigenvalue of ∇²_α L_val. How good that cell is
when it is trained alone is not in the file: the table Digits-201 knows it. Lesson 13 reads it, and
tests/benchmarks/relaxations.py prints what it shows.
"""

import csv
import sys
from pathlib import Path

from nasbook.space import Arguments

FILE = Path(__file__).parents[1] / "relaxation_seeds.csv"
TASKS = ("digits", "messy", "textures")
SEARCHES: dict[str, tuple[str, Arguments]] = {
    "darts": ("darts", {}),
    "darts, second order": ("darts", {"order": 2}),
    "darts, decay x 81": ("darts", {"weight_decay": 81 * 3e-4}),
    "darts, eigenvalue": ("darts", {"stop_eigenvalue": 1e9}),  # watched, and never a reason to stop
    "fair-darts": ("fair-darts", {}),
    "snas": ("snas", {}),
    "gdas": ("gdas", {}),
    "pc-darts": ("pc-darts", {}),
    "pc-darts, no warm-up": ("pc-darts", {"warmup": 0}),
    "p-darts": ("p-darts", {}),
}
SEEDS = 10
MORE = {("darts", "messy"): 8, ("darts", "textures"): 8}  # on the other tasks: the searches that the lesson tells of
COLUMNS = ("search", "task", "seed", "epoch", "supernet", "cell", "eigenvalue")


def main(path: Path, tasks: list[str]) -> None:
    from nasbook.nas.spaces.nb201.cell import OPS
    from nasbook.search import steps
    from nasbook.tasks.cells import DigitsCells

    done = set()
    if path.exists():
        with path.open(newline="") as file:
            done = {(row["search"], row["task"], int(row["seed"])) for row in csv.DictReader(file)}
    for task in tasks:
        for seed in range(SEEDS):
            for name, (method, settings) in SEARCHES.items():
                wanted = seed < (SEEDS if task == "digits" else MORE.get((name, task), 0))
                if (name, task, seed) in done or not wanted:
                    continue
                rows = []
                for view in (step.view for step in steps(method, DigitsCells(data=task), seed=seed, **settings)):
                    cell = "".join(str(OPS.index(op)) for op in view.cell)
                    sharp = "" if view.eigenvalue is None else f"{view.eigenvalue:.4g}"
                    rows.append((name, task, seed, view.epoch, f"{view.val_accuracy:.4f}", cell, sharp))
                new = not path.exists()
                with path.open("a", newline="") as file:  # a search is in the file as a whole, or not at all
                    writer = csv.writer(file, lineterminator="\n")
                    writer.writerows([COLUMNS, *rows] if new else rows)
                print(*rows[-1], flush=True)


if __name__ == "__main__":
    files = [Path(a) for a in sys.argv[1:] if a not in TASKS]
    main(files[0] if files else FILE, [a for a in sys.argv[1:] if a in TASKS] or list(TASKS))
