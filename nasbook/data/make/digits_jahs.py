"""Train a few hundred cells with every learning rate and weight decay of a grid: the table Digits-JAHS.

    python -m nasbook.data.make.digits_jahs train PARTS [PROCESSES]    # resumable: run it again and it goes on
    python -m nasbook.data.make.digits_jahs pack PARTS OUT.npz

337 functionally distinct cells × 5 rates × 3 decays × 3 seeds × 12 epochs on the messy digits: 15,165 trainings by
the compiled trainer of Digits-201, about 75 minutes of one core. One block is a cell at one rate. The compiler takes
what the processor offers and rounds as is fastest, so that another kind of processor gives other last bits, and after
12 epochs other counts of correct images: by a few of 500 as a rule, like another seed, and by more where a rate is so
high that the training barely holds (tests/data/make says how far).
"""

from __future__ import annotations

import os
import time
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from nasbook.data.make.digits201 import trainer
from nasbook.data.make.parts import command, complete, every
from nasbook.nas.spaces.nb201.cell import POOL, Cell, canonical_key, to_cell
from nasbook.tasks.digits_jahs import CELLS, RECIPE
from nasbook.tasks.images import Splits, messy

RATES: tuple[float, ...]
DECAYS: tuple[float, ...]
RATES, DECAYS = (tuple(RECIPE.parameters[name].levels(9)) for name in ("lr", "weight_decay"))
SEEDS, EPOCHS = (0, 1, 2), 12


@cache
def distinct() -> tuple[list[Cell], np.ndarray]:
    """The cells to train, one of each class of equal functions, and the class of each of the 512 cells.

    The first of its class stands for it. Cells without pooling come first: cut short, the table still is a whole one
    of fewer operations."""
    cells, classes = [to_cell(c) for c in CELLS.grid()], dict[object, Cell]()
    for cell in sorted(cells, key=lambda c: (POOL in c, c)):
        classes.setdefault(canonical_key(cell), cell)
    place = {key: k for k, key in enumerate(classes)}
    return list(classes.values()), np.array([place[canonical_key(c)] for c in cells], np.uint16)


@cache
def data() -> Splits:
    return messy()


def block(work: tuple[Path, int, int]) -> str:
    """Train one cell at one rate, if its file is not there yet; the file appears in one move."""
    parts, cell, rate = work
    path = parts / f"{cell:03d}-{rate}.npz"
    if not path.exists():
        lib, begin = trainer.library(parts), time.process_time()
        runs = [
            [
                trainer.train(
                    lib, distinct()[0][cell], seed, data(), epochs=EPOCHS, lr=RATES[rate], decay=d, test_at=(EPOCHS,)
                )
                for seed in SEEDS
            ]
            for d in DECAYS
        ]
        scratch = parts / f"tmp{cell:03d}-{rate}.npz"
        np.savez(scratch, **columns(np.array(runs)), seconds=time.process_time() - begin)
        os.replace(scratch, path)
    return path.name


def columns(curves: np.ndarray) -> dict[str, Any]:
    """Curves (decays, seeds, epochs, 6) -> numbers of correct images val (…, epochs) and test (…,), and `broken`
    (…,): the first epoch (from 1) whose training loss is not finite, 0 if there is none."""
    n_val, n_test = (len(data()[split][1]) for split in ("val", "test"))
    bad = ~np.isfinite(curves[..., 0])
    return {
        "val": (curves[..., 3] * n_val).round().astype(np.uint16),
        "test": (curves[..., -1, 5] * n_test).round().astype(np.uint16),
        "broken": np.where(bad.any(-1), bad.argmax(-1) + 1, 0).astype(np.uint8),
    }


def blocks(parts: Path) -> list[tuple[Path, int, int]]:
    return [(parts, cell, rate) for cell in range(len(distinct()[0])) for rate in range(len(RATES))]


def train(parts: Path, processes: int = 2) -> None:
    parts.mkdir(parents=True, exist_ok=True)
    trainer.library(parts)  # built once, before the processes need it
    every(block, blocks(parts), processes)


def pack(parts: Path, out: Path) -> None:
    """One file: cells (classes, 6), index (512,), and val, test, broken (classes, rates, decays, seeds, …)."""
    cells, index = distinct()
    rows = [np.load(p) for p in complete(at / f"{cell:03d}-{rate}.npz" for at, cell, rate in blocks(parts))]
    table: dict[str, Any] = {
        key: np.stack([r[key] for r in rows]).reshape(len(cells), len(RATES), *rows[0][key].shape)
        for key in ("val", "test", "broken")
    }
    np.savez_compressed(out, cells=np.array(cells, np.uint8), index=index, **table)
    spent = sum(float(r["seconds"]) for r in rows)
    print(f"{out}: {out.stat().st_size:,} bytes, {len(cells)} cells, {spent:,.0f} CPU seconds")


if __name__ == "__main__":
    command("nasbook.data.make.digits_jahs", train, pack)
