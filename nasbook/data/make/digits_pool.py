"""What 225 trained networks say of each image: 45 random cells of NAS-Bench-201, five seeds each, on messy digits.

    python -m nasbook.data.make.digits_pool train PARTS [PROCESSES]    # about two minutes of one core; resumable
    python -m nasbook.data.make.digits_pool pack PARTS OUT.npz

Of the network's log-probabilities, −log p is kept as the whole number nearest to 32 √(−log p): fine where a network is
sure, coarse where a class is out of the question. The 500 validation images, and the first 1,000 of the test images.
"""

from __future__ import annotations

import os
from functools import cache, partial
from pathlib import Path

import numpy as np

from nasbook.data.make.digits201 import trainer
from nasbook.data.make.parts import command, complete, every
from nasbook.nas.spaces.nb201.cell import Cell, all_cells, classes
from nasbook.tasks.digits_pool import CELLS, DATA, SEEDS, TEST, encode
from nasbook.tasks.images import DATA as IMAGES
from nasbook.tasks.images import Splits


def drawn() -> list[Cell]:
    """Cells as a random search draws them, of different classes: one with many twins is likelier."""
    distinct, index_of = classes()
    every, found = list(all_cells()), dict[int, Cell]()
    for i in np.random.default_rng(0).permutation(len(every)):
        row = index_of[every[i]]
        found.setdefault(row, distinct[row])
        if len(found) == CELLS:
            break
    return list(found.values())


@cache
def data() -> Splits:
    return IMAGES[DATA]()


def one(parts: Path, i: int) -> str:
    """Train one cell with all seeds, if its file is not there yet; the file appears in one move."""
    path = parts / f"{i:02d}.npy"
    if not path.exists():
        lib, images = trainer.library(parts), data()
        rows = sum(len(images[part][1]) for part in ("val", "test"))
        said = np.zeros((SEEDS, rows, int(images["train"][1].max()) + 1), np.float32)
        for seed in range(SEEDS):
            trainer.train(lib, drawn()[i], seed, images, logits=said[seed])
        scratch = parts / f"tmp{i:02d}.npy"
        np.save(scratch, said)
        os.replace(scratch, path)
    return path.name


def train(parts: Path, processes: int = 1) -> None:
    parts.mkdir(parents=True, exist_ok=True)
    trainer.library(parts)  # built once, before the processes need it
    every(partial(one, parts), range(CELLS), processes)


def pack(parts: Path, out: Path) -> None:
    """One file: cells (45, 6); val (45, 5, 500, 10) and test (45, 5, 1000, 10), uint8."""
    files = complete(parts / f"{i:02d}.npy" for i in range(CELLS))
    said, n_val = np.stack([np.load(f) for f in files]), len(data()["val"][1])
    val, test = encode(said[:, :, :n_val]), encode(said[:, :, n_val : n_val + TEST])
    np.savez_compressed(out, cells=np.array(drawn(), np.uint8), val=val, test=test)
    print(f"{out}: {out.stat().st_size:,} bytes")


if __name__ == "__main__":
    command("nasbook.data.make.digits_pool", train, pack)
