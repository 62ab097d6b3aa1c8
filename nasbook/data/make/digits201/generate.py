"""Train every distinct cell on three small tasks with three seeds and keep its curves: the table Digits-201.

    python -m nasbook.data.make.digits201.generate train PARTS [PROCESSES]    # resumable: run it again and it goes on
    python -m nasbook.data.make.digits201.generate pack PARTS OUT.npz

5,044 functionally distinct cells × 3 tasks × 3 seeds × 12 epochs, about two and a half hours of two cores. One block
is 16 cells.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from nasbook.data.make.digits201 import trainer
from nasbook.data.make.parts import command, complete, every
from nasbook.nas.spaces.nb201.cell import Cell, all_cells, classes
from nasbook.tasks.images import DATA, Splits

EPOCHS, TEST_AT, SEEDS, BLOCK = 12, (1, 2, 4, 8, 12), (0, 1, 2), 16


@cache
def distinct() -> list[Cell]:
    """The 5,044 cells to train, in the order of the table."""
    return classes()[0]


@cache
def data(task: str) -> Splits:
    return DATA[task]()


def block(work: tuple[Path, int]) -> str:
    """Train one block of cells, if its file is not there yet; the file appears in one move."""
    parts, i = work
    path = parts / f"{i:04d}.npz"
    if not path.exists():
        lib, out = trainer.library(parts), dict[str, Any]()
        for task in DATA:
            cells = distinct()[i * BLOCK : (i + 1) * BLOCK]
            runs = [
                [trainer.train(lib, c, s, data(task), epochs=EPOCHS, test_at=TEST_AT) for s in SEEDS] for c in cells
            ]
            curves = np.array(runs)  # (cells, seeds, epochs, 6)
            n_train, n_val, n_test = (len(y) for _, y in data(task).values())
            seen = n_train // trainer.LARGEST_BATCH * trainer.LARGEST_BATCH
            at = [e - 1 for e in TEST_AT]
            out[f"{task}_loss"] = curves[..., (0, 2)].astype(np.float16)  # train, val
            out[f"{task}_train"] = (curves[..., 1] * seen).round().astype(np.uint16)
            out[f"{task}_val"] = (curves[..., 3] * n_val).round().astype(np.uint16)
            out[f"{task}_test"] = (curves[..., at, 5] * n_test).round().astype(np.uint16)
        scratch = parts / f"tmp{i:04d}"
        np.savez(scratch, **out)
        os.replace(scratch.with_suffix(".npz"), path)
    return path.name


def train(parts: Path, processes: int = 2) -> None:
    parts.mkdir(parents=True, exist_ok=True)
    trainer.library(parts)  # built once, before the processes need it
    work = [(parts, i) for i in range(-(-len(distinct()) // BLOCK))]
    every(block, work, processes)


def pack(parts: Path, out: Path) -> None:
    """One file: cells (5044, 6), index (15625,), and for each task counts of correct images and losses."""
    cells, index_of = classes()
    index = np.array([index_of[cell] for cell in all_cells()], np.uint16)
    rows = [np.load(f) for f in complete(parts / f"{i:04d}.npz" for i in range(-(-len(cells) // BLOCK)))]
    table: dict[str, Any] = {key: np.concatenate([r[key] for r in rows]) for key in rows[0].files}
    np.savez_compressed(out, cells=np.array(cells, np.uint8), index=index, **table)
    print(f"{out}: {out.stat().st_size:,} bytes, {len(cells):,} cells")


if __name__ == "__main__":
    command("nasbook.data.make.digits201.generate", train, pack)
