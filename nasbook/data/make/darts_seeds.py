"""Make darts_seeds.csv: what DARTS searches over seeds would have derived, epoch by epoch. Lesson 13 reads it.

    python nasbook/data/make/darts_seeds.py [FILE]     # about seven minutes of one core; resumable

20 epochs, the defaults of `nasbook.nas.darts`; first order with ten seeds on digits and eight on each of the other
tasks, second order with ten seeds on digits. One row an epoch: the supernet's validation accuracy and the cell that
would be derived then (its six operations as digits). How good that cell is when it is trained alone is not in the file:
the table Digits-201 knows it.
"""

import csv
import sys
from pathlib import Path

FILE = Path(__file__).parents[1] / "darts_seeds.csv"
SEEDS = {("digits", 1): 10, ("messy", 1): 8, ("textures", 1): 8, ("digits", 2): 10}
COLUMNS = ("task", "order", "seed", "epoch", "supernet", "cell")


def main(path: Path) -> None:
    from nasbook.nas.spaces.nb201.cell import OPS
    from nasbook.search import steps
    from nasbook.tasks.cells import DigitsCells

    done = set()
    if path.exists():
        with path.open(newline="") as file:
            done = {
                (row["task"], int(row["order"]), int(row["seed"]))
                for row in csv.DictReader(file)
                if row["epoch"] == "20"
            }
    for (task, order), seeds in SEEDS.items():
        for seed in range(seeds):
            if (task, order, seed) in done:
                continue
            search = steps("darts", DigitsCells(data=task), seed=seed, order=order, epochs=20)
            rows = []
            for view in (step.view for step in search):
                cell = "".join(str(OPS.index(op)) for op in view.cell)
                rows.append((task, order, seed, view.epoch, f"{view.val_accuracy:.4f}", cell))
            new = not path.exists()
            with path.open("a", newline="") as file:
                writer = csv.writer(file, lineterminator="\n")
                if new:
                    writer.writerow(COLUMNS)
                writer.writerows(rows)
            print(task, order, seed, rows[-1], flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FILE)
