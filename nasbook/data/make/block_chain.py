"""Make block_chain.csv: how good each of the 81 networks of `block-chain` is when it is trained alone.

    python nasbook/data/make/block_chain.py [FILE]     # about five minutes of one core; resumable

The task is `digits-block-chain` with its defaults: 12 epochs. Five seeds, and one row a training: the correctly
classified validation images (of 300) and test images (of 1,197), and the validation loss. The chain is written with a
digit a place: 0 skip, 1 conv3x3, 2 conv5x5.
"""

import csv
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path

FILE = Path(__file__).parents[1] / "block_chain.csv"
SEEDS, VAL, TEST = 5, 300, 1197
COLUMNS = ("chain", "seed", "val", "test", "val_loss")
CHAINS = ["".join(digits) for digits in product("012", repeat=4)]


def trained(chain: str, seed: int) -> tuple[int, int, float]:
    """One training: correct validation and test images, and the validation loss."""
    from nasbook.kit.threads import one_thread
    from nasbook.nas.spaces.block_chain import OPS
    from nasbook.tasks.architectures import Networks, Training

    task = Networks("block-chain", device="cpu")
    with one_thread():
        training = Training(task, {f"block_{i}": OPS[int(op)] for i, op in enumerate(chain, 1)}, seed)
        for _ in range(task.epochs):
            training.epoch()
        _, test_error = training.measure("test")
    row = training.rows[-1]
    return round((1 - row["error"]) * VAL), round((1 - test_error) * TEST), row["val_loss"]


def truths(path: Path = FILE) -> dict[str, list[float]]:
    """Of each chain the test accuracy of each seed."""
    found: dict[str, list[float]] = {}
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["chain"], []).append(int(row["test"]) / TEST)
    return found


def missing(path: Path) -> Iterator[tuple[str, int]]:
    done = set()
    if path.exists():
        with path.open(newline="") as file:
            done = {(row["chain"], int(row["seed"])) for row in csv.DictReader(file)}
    yield from (one for one in product(CHAINS, range(SEEDS)) if one not in done)


def main(path: Path) -> None:
    for chain, seed in missing(path):
        val, test, loss = trained(chain, seed)
        new = not path.exists()
        with path.open("a", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            if new:
                writer.writerow(COLUMNS)
            writer.writerow((chain, seed, val, test, f"{loss:.4f}"))
        print(chain, seed, val, test, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FILE)
