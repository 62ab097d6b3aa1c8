"""Python side of trainer.cpp: build it, draw initial weights, train one cell.

Needs g++ with AVX2. The readable twin is nasbook.tasks.cells.
"""

from __future__ import annotations

import ctypes
import math
import shutil
import subprocess
from functools import cache
from pathlib import Path

import numpy as np

from nasbook.nas.spaces.nb201.cell import CONV1, CONV3, Cell
from nasbook.tasks.images import Splits

HERE = Path(__file__).parent
CHANNELS = 8
LARGEST_BATCH = 50


@cache
def library(folder: Path) -> ctypes.CDLL:
    """The compiled trainer; built in `folder` if it is older than its source."""
    source, built = HERE / "trainer.cpp", folder / "trainer.so"
    if not built.exists() or built.stat().st_mtime < source.stat().st_mtime:
        if shutil.which("g++") is None:
            raise RuntimeError("g++ is needed to build the trainer (Debian: apt-get install g++)")
        flags, compiled = ["-O3", "-march=native", "-ffast-math", "-fPIC"], built.with_suffix(".o")
        subprocess.run(["g++", *flags, "-c", "-o", compiled, source], check=True)
        # Linked without -ffast-math, which would round the tiny numbers of this whole process to zero from then on.
        subprocess.run(["g++", "-shared", "-o", built, compiled], check=True)
    return ctypes.CDLL(str(built))


def initial_weights(cell: Cell, classes: int, rng: np.random.Generator) -> np.ndarray:
    """Flat: stem, six edges of the first cell, reduction, six edges of the second, last norm, linear layer.

    A convolution lies as (window, in, out), Kaiming-normal, followed by its batch norm's scale and shift."""
    flat: list[np.ndarray] = []

    def conv(c_in: int, c_out: int, k: int) -> None:
        flat.append(rng.standard_normal(k * k * c_in * c_out) * math.sqrt(2 / (c_in * k * k)))
        flat.extend((np.ones(c_out), np.zeros(c_out)))

    c = CHANNELS
    conv(1, c, 3)
    for stage in (0, 1):
        if stage:
            conv(c, 2 * c, 3)
            c *= 2
        for op in cell:
            if op in (CONV1, CONV3):
                conv(c, c, 1 if op == CONV1 else 3)
    flat += [np.ones(c), np.zeros(c), rng.standard_normal(classes * c) / math.sqrt(c), np.zeros(classes)]
    return np.concatenate(flat).astype(np.float32)


def train(
    lib: ctypes.CDLL,
    cell: Cell,
    seed: int,
    data: Splits,
    *,
    epochs: int = 12,
    batch: int = 50,
    lr: float = 0.1,
    decay: float = 5e-4,
    momentum: float = 0.9,
    bn_momentum: float = 0.3,
    test_at: tuple[int, ...] = (),
    logits: np.ndarray | None = None,
) -> np.ndarray:
    """-> (epochs, 6): loss and accuracy on train, val, test after each epoch; test is NaN except after `test_at`.

    logits: (n_val + n_test, classes) float32, filled with what the network says after the last epoch."""
    assert batch <= LARGEST_BATCH
    classes = int(data["train"][1].max()) + 1
    if logits is not None:
        wanted = len(data["val"][1]) + len(data["test"][1]), classes
        assert logits.shape == wanted and logits.dtype == np.float32 and logits.flags.c_contiguous
    weights = _aligned(initial_weights(cell, classes, np.random.default_rng([seed, *cell])))
    ops = np.array(cell, np.int32)
    assert lib.count_parameters(_int(ops), classes) == len(weights)
    n = len(data["train"][1])
    draw = np.random.default_rng(seed)  # the seed alone decides the order of the images, for every cell
    order = np.stack([draw.permutation(n) for _ in range(epochs)]).astype(np.int32)
    arrays = [(np.ascontiguousarray(x, np.float32), np.ascontiguousarray(y, np.int32)) for x, y in data.values()]
    splits = [part for x, y in arrays for part in (_float(x), _int(y), len(y))]
    tests = np.array([e + 1 in test_at for e in range(epochs)], np.int32)
    curves = np.full((epochs, 6), np.nan, np.float32)
    numbers = map(ctypes.c_float, (lr, decay, momentum, bn_momentum))
    lib.train(
        _int(ops), classes, _float(weights), *splits, _int(order), epochs, batch, *numbers, _int(tests), _float(curves),
        None if logits is None else _float(logits),
    )  # fmt: skip
    return curves


def _aligned(a: np.ndarray) -> np.ndarray:
    """A copy that begins at a multiple of 32 bytes."""
    room = np.zeros(len(a) + 16, np.float32)
    start = (-room.ctypes.data // 4) % 8
    room[start : start + len(a)] = a
    return room[start : start + len(a)]


def _float(a: np.ndarray) -> ctypes._Pointer:
    return a.ctypes.data_as(ctypes.POINTER(ctypes.c_float))


def _int(a: np.ndarray) -> ctypes._Pointer:
    return a.ctypes.data_as(ctypes.POINTER(ctypes.c_int))
