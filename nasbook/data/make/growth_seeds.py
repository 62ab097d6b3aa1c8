"""Make growth_seeds.csv: what searches of convolutional chains find over seeds. Lesson 10 reads it.

    python nasbook/data/make/growth_seeds.py [FILE]     # about five minutes of one core; resumable

Four arms with ten seeds each, 21 trainings of 3 epochs on digits-conv-chain: network morphism whose children inherit
their parent's weights, the same climb with fresh weights, differential evolution of five chains, and random chains.
One row a training: its validation error, and the lowest so far.
"""

import csv
import sys
from pathlib import Path

from nasbook.space import Arguments

FILE = Path(__file__).parents[1] / "growth_seeds.csv"
CLIMB = {"steps": 4, "children": 5, "epochs": 3}
ARMS: dict[str, tuple[str, Arguments]] = {
    "inherited": ("network-morphism", CLIMB),
    "fresh": ("network-morphism", {**CLIMB, "inherit": False}),
    "evolution": ("cnn-differential-evolution", {"population": 5, "trials": 21}),
    "random": ("random", {"trials": 21}),
}
SEEDS = 10
COLUMNS = ("arm", "seed", "training", "error", "best")


def main(path: Path) -> None:
    from nasbook.search import search
    from nasbook.tasks.architectures import Networks

    done = set()
    if path.exists():
        with path.open(newline="") as file:
            done = {(row["arm"], int(row["seed"])) for row in csv.DictReader(file) if row["training"] == "21"}
    for arm, (method, options) in ARMS.items():
        for seed in range(SEEDS):
            if (arm, seed) in done:
                continue
            trials = search(method, Networks("conv-chain", epochs=3, device="cpu"), seed=seed, **options).trials
            rows, best = [], 1.0
            for n, trial in enumerate(trials, 1):
                error = 1.0 if trial.value is None else trial.value
                best = min(best, error)
                rows.append((arm, seed, n, f"{error:.4f}", f"{best:.4f}"))
            new = not path.exists()
            with path.open("a", newline="") as file:
                writer = csv.writer(file, lineterminator="\n")
                if new:
                    writer.writerow(COLUMNS)
                writer.writerows(rows)
            print(rows[-1], flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FILE)
