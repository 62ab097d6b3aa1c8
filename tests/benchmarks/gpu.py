"""What a GPU gains: images a second in every mode of training, where the images lie, and candidates trained at once.

    python tests/benchmarks/gpu.py [--parts packed modes cost images compiled] [--minutes 20] [--csv FILE] [--tiny]

The images are made here: 50,000 to learn from and 10,000 of the test, 32×32 in colour, written as CIFAR-10's published
archive (python version) and read as a user's would be. Nothing is downloaded. Each class has a coarse pattern of its
own, which noise covers, so there is something to learn; how well is not what is measured.

modes    a cell of NAS-Bench-201 (16 channels, three cells), a network of DARTS cells (16 channels, eight cells) and the
         fixed CNN (32 channels, three blocks), batches of 256: float32 without TF32, as the code has it (TF32 in
         convolutions, torch's default), TF32 everywhere, bf16, bf16 channels-last; the latter two by torch.compile
images   the same cell with crop, flip and cutout made on the device, and with its images in a memory-mapped file
packed   candidates a second one at a time and packed: MLPs of one shape, MLPs drawn from the whole space of digits-mlp,
         cells of digits-cells, and MLPs of one shape on the large images; a candidate is a whole training, as the task
         has it, with its making and its validation
cost     what a search measures of itself, one trial at a time and packed: seconds and use of the GPU, joules by its own
         counters, and the joules that an estimate by seconds, use and watts would give

Images a second: the training epochs alone, medians of three after one that does not count; what that one took longer is
the beginning (of torch.compile, mostly). Memory: the most that PyTorch had allocated, the images included.
Each line is printed and kept in the file as it is found: gpu.csv beside this script, unless --csv names another; what
stands there of parts that are not run stays.
--tiny tries it all at a small size, on a CPU too. Without a GPU it says so and ends with code 2.

gpu.csv holds a run on an H100, beside other work on the machine's processor; its time was over before the DARTS cells,
bf16 and TF32 in `modes`, `cost` and `compiled`, so nothing is known of those. The memory of its later parts holds what
the recordings of `packed` keep. gpu_first.csv is a run from before passes were recorded (nasbook.kit.replay) and groups
of convolutions became products: 128 cells 13 times instead of 19, 128 MLPs of the whole space 8 instead of 19.
"""

from __future__ import annotations

import argparse
import csv
import gc
import io
import os
import pickle
import statistics
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import torch

import nasbook
from nasbook.nas.spaces.nb201.cell import to_cell, to_config
from nasbook.tasks import image_files, image_training
from nasbook.tasks.cells import DigitsCells
from nasbook.tasks.image_training import ImageTraining
from nasbook.tasks.packed_cells import live
from nasbook.tasks.training import DigitsCNN, DigitsMLP

CELL = to_config((3, 3, 3, 1, 3, 2))  # the best of NAS-Bench-201 on CIFAR-10, by its authors' table
CNN = {"optimizer": "sgd", "lr": 0.05, "momentum": 0.9, "weight_decay": 5e-4, "batch": 256, "channels": 32, "depth": 3,
       "pooling": "max", "batch_norm": True, "dropout": 0.0}  # fmt: skip
ONE_SHAPE = {"optimizer": "sgd", "batch": 50, "width": 32, "depth": 1, "dropout": 0.0, "activation": "relu"}
PARTS = ["packed", "modes", "cost", "images", "compiled"]
COLUMNS = ("part", "what", "setting", "measure", "value", "unit", "device", "date")


def archive(folder: Path, n: int, test: int) -> Path:
    """Images of ten classes, packed as Krizhevsky packs them."""
    rng = np.random.default_rng(0)
    patterns = rng.integers(90, 166, (10, 3, 4, 4), np.int16).repeat(8, 2).repeat(8, 3)
    batches = {f"data_batch_{k + 1}": n // 5 for k in range(5)} | {"test_batch": test}
    path = folder / "cifar-10-python.tar.gz"
    with tarfile.open(path, "w:gz", compresslevel=0) as tar:

        def add(name: str, held: dict) -> None:
            raw = pickle.dumps(held, 2)
            member = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            member.size = len(raw)
            tar.addfile(member, io.BytesIO(raw))

        for name, size in batches.items():
            y = rng.integers(10, size=size)
            x = (patterns[y] + rng.integers(-90, 91, (size, 3, 32, 32), np.int16)).clip(0, 255).astype(np.uint8)
            add(name, {b"data": x.reshape(size, 3072), b"labels": y.tolist()})
        add("batches.meta", {b"label_names": [f"class{k}".encode() for k in range(10)]})
    return path


class Report:
    """Every figure on a line of its own, printed and kept."""

    def __init__(self, path: Path, device: torch.device, minutes: float, parts: list[str]) -> None:
        self.path, self.end = path, time.perf_counter() + 60 * minutes
        self.name = torch.cuda.get_device_name(0) if device.type == "cuda" else "CPU"
        kept = []
        if path.is_file():  # the parts that are not run now
            with open(path, newline="") as file:
                kept = [row for row in csv.DictReader(file) if row["part"] not in parts]
        with open(path, "w", newline="") as file:
            csv.writer(file).writerow(COLUMNS)
            csv.writer(file).writerows([row[name] for name in COLUMNS] for row in kept)

    def __call__(self, part: str, what: str, setting: str, **figures: tuple[float, str]) -> None:
        print(f"{part:8}{what:12}{setting:34}", *(f"{k} {v:,.4g} {u};" for k, (v, u) in figures.items()), flush=True)
        with open(self.path, "a", newline="") as file:
            for measure, (value, unit) in figures.items():
                row = (part, what, setting, measure, f"{value:.5g}", unit, self.name, date.today())
                csv.writer(file).writerow(row)

    @property
    def late(self) -> bool:
        return time.perf_counter() > self.end


def seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - begin


# ---- one network, in every mode ------------------------------------------------------------------------------


@contextmanager
def tf32(convolutions: bool, products: bool) -> Iterator[None]:
    cudnn, matmul = torch.backends.cudnn, torch.backends.cuda.matmul
    before = cudnn.allow_tf32, matmul.allow_tf32
    cudnn.allow_tf32, matmul.allow_tf32 = convolutions, products
    try:
        yield
    finally:
        cudnn.allow_tf32, matmul.allow_tf32 = before


BF16 = {"precision": "bfloat16"}
MODES = (
    ("float32, no TF32", {}, (False, False)),
    ("float32, as the code has it", {}, (True, False)),
    ("float32, TF32 everywhere", {}, (True, True)),
    ("bf16", BF16, (True, False)),
    ("bf16, channels-last", {**BF16, "channels_last": True}, (True, False)),
    ("bf16, compiled", {**BF16, "compile": True}, (True, False)),
    ("bf16, compiled, channels-last", {**BF16, "compile": True, "channels_last": True}, (True, False)),
)


def pace(training, images: int) -> dict[str, tuple[float, str]]:
    """Training epochs alone: judging is left out."""
    cuda = torch.cuda.is_available()
    if cuda:
        torch.cuda.synchronize()
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    training.measure = lambda split: (0.0, 0.0)
    first, *rest = [seconds(training.epoch) for _ in range(4)]
    one = statistics.median(rest)
    found = {"pace": (images / one, "images/s"), "beginning": (first - one, "s")}
    if cuda:
        found["memory"] = (torch.cuda.max_memory_allocated() / 1e6, "MB")
    return found


def modes(path: Path, tiny: bool, report: Report, device: str, compiled: bool) -> None:
    if compiled and tiny:
        return  # it takes minutes on a CPU
    some = {"batch": 16, "train": 32} if tiny else {"batch": 256}
    networks = {
        "nb201": ({**some, "train": 32 if tiny else 20_480}, {"space": "nb201-cell", "channels": 16, "stages": 3}),
        "darts": ({**some, "train": 32 if tiny else 5120}, {"space": "darts-cells", "channels": 16, "cells": 8}),
    }

    for what, (few, space) in networks.items():
        for setting, more, allowed in MODES:
            if report.late or compiled != ("compile" in more):
                continue
            torch.compiler.reset()
            task = ImageTraining(data=path, epochs=10, device=device, **few, **space, **more)
            config = CELL if what == "nb201" else task.space.sample(np.random.default_rng(0))
            with tf32(*allowed):
                training = task.training(config, 0)
                report("modes", what, setting, **pace(training, training.steps * task.batch))

    if compiled:
        return  # the fixed CNN is not
    task = DigitsCNN(data=path, train=64 if tiny else 40_000, epochs=10, device=device)
    for setting, _, allowed in MODES[:3]:
        with tf32(*allowed):
            report("modes", "cnn", setting, **pace(task.training(CNN, 0), task.train))


# ---- where the images lie ------------------------------------------------------------------------------------


def images(path: Path, tiny: bool, report: Report, device: str) -> None:
    few = {"batch": 16, "train": 32} if tiny else {"batch": 256, "train": 20_480}
    options = {"data": path, "epochs": 10, "device": device, "channels": 16, "stages": 3, **few, **BF16}
    for setting, augment, mapped in (
        ("on the device", [], False),
        ("on the device: crop", ["crop"], False),
        ("on the device: crop, flip, cutout", ["crop", "flip", "cutout"], False),
        ("memory map", [], True),
        ("memory map: crop, flip, cutout", ["crop", "flip", "cutout"], True),
    ):
        task, room = ImageTraining(**options, augment=augment), image_training.ROOM
        if mapped:
            at = path.with_name("images.npy")
            np.save(at, task.found.x)
            task.found = replace(task.found, x=np.load(at, mmap_mode="r"))
            image_training.ROOM = 0
        try:
            training = task.training(CELL, 0)
            report("images", "nb201 bf16", setting, **pace(training, training.steps * task.batch))
        finally:
            image_training.ROOM = room


# ---- many candidates -----------------------------------------------------------------------------------------


def drawn(what: str, task, n: int) -> list[dict]:
    rng, found = np.random.default_rng(0), []
    while len(found) < n:
        config = task.space.sample(rng)
        if what.startswith("mlp"):
            config = {"momentum": float(rng.uniform(0, 0.99)), **config, **ONE_SHAPE}
            if what == "mlp-large":
                config |= {"batch": 256, "width": 128}
        if what != "cells" or live(to_cell(config)):
            found.append(config)
    return found


def packed(path: Path, tiny: bool, report: Report, device: str, at: list[int]) -> None:
    kinds = {
        "mlp": lambda: DigitsMLP(device=device, epochs=2 if tiny else 10),
        "any-mlp": lambda: DigitsMLP(device=device, epochs=2 if tiny else 10),
        "cells": lambda: DigitsCells(device=device, epochs=1 if tiny else 12),
        "mlp-large": lambda: DigitsMLP(device=device, data=path, train=32 if tiny else 40_000, epochs=2),
    }
    for what, made in kinds.items():
        if report.late:
            return
        task = made()
        configs, some = drawn(what, task, max(at)), 2 if tiny else 8 if "mlp" in what else 4

        def alone(configs=configs, task=task, some=some) -> None:
            for i, config in enumerate(configs[:some]):
                task.evaluate(config, seed=i)

        task.evaluate(configs[0])  # what is made once
        one = some / min(seconds(alone) for _ in range(2))
        report("packed", what, "one at a time", rate=(one, "candidates/s"), an_hour=(3600 * one, "candidates/GPU-hour"))
        for n in at:
            if report.late or (what == "mlp-large" and n > 128 and device != "cuda"):
                continue

            def together(n=n, configs=configs, task=task) -> None:
                task.evaluate_many(configs[:n], seeds=range(n), reports=[lambda *_: None] * n, checkpoints=[None] * n)

            if device == "cuda":
                gc.collect()
                torch.cuda.empty_cache()
                torch.cuda.reset_peak_memory_stats()
            try:
                many = n / min(seconds(together) for _ in range(2))
            except torch.OutOfMemoryError:
                report("packed", what, f"{n} at once", fits=(0, "no"))
                continue
            memory = {"memory": (torch.cuda.max_memory_allocated() / 1e6, "MB")} if device == "cuda" else {}
            report("packed", what, f"{n} at once", rate=(many, "candidates/s"), gain=(many / one, "times"), **memory)


def cost(tiny: bool, report: Report, device: str) -> None:
    """What a search says of itself: the board's seconds, use and joules, and what an estimate by watts makes of it."""
    from nasbook.cost import GPU_WATTS

    for setting, trials, at_once in (("one at a time", 16, 1), ("128 at once", 128, 128)):
        task, trials = DigitsCells(device=device, epochs=1 if tiny else 12), 2 if tiny else trials
        used = [t.used or {} for t in nasbook.search("random", task, trials=trials, packed=at_once, seed=1).trials]
        if device == "cuda":
            spent, joules = (sum(u.get(name, 0.0) for u in used) for name in ("gpu_seconds", "gpu_joules"))
            use = sum(u.get("gpu_use", 0.0) * u["gpu_seconds"] for u in used) / spent
            report(
                "cost",
                "cells",
                setting,
                seconds=(spent / trials, "GPU s a trial"),
                use=(use, "of the time"),
                energy=(joules / trials, "J a trial"),
                power=(joules / spent, "W"),
                estimate=(spent * use * GPU_WATTS / trials, "J a trial"),
            )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--at", type=int, nargs="+", default=[8, 32, 128, 512])
    parser.add_argument("--minutes", type=float, default=20, help="begin nothing new after so many")
    parser.add_argument("--csv", type=Path)
    parser.add_argument("--tiny", action="store_true", help="a try at a small size, on a CPU where there is no GPU")
    options = parser.parse_args()
    if not torch.cuda.is_available() and not options.tiny:
        print(
            "PyTorch finds no GPU here, so there is nothing to measure; --tiny tries the script on a CPU",
            file=sys.stderr,
        )
        return 2
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.set_num_threads(1)
    csv_file = options.csv or (Path(os.devnull) if options.tiny else Path(__file__).with_name("gpu.csv"))
    report = Report(csv_file, torch.device(device), options.minutes, ["reading", *options.parts])
    with tempfile.TemporaryDirectory() as folder:
        path = archive(Path(folder), *((500, 100) if options.tiny else (50_000, 10_000)))
        print(f"{report.name}, torch {torch.__version__}: {path.stat().st_size / 1e6:.0f} MB of images", flush=True)
        report("reading", "images", "the archive", time=(seconds(lambda: image_files.read(path)), "s"))
        with tarfile.open(path) as tar:  # unpacked, as it may lie too: that is read sooner, and often here
            tar.extractall(folder, filter="data")
        path = Path(folder) / "cifar-10-batches-py"
        at = [2, 4] if options.tiny else options.at
        for part in options.parts:
            if part in ("modes", "compiled"):
                modes(path, options.tiny, report, device, part == "compiled")
            elif part == "cost":
                cost(options.tiny, report, device)
            elif part == "images":
                images(path, options.tiny, report, device)
            else:
                packed(path, options.tiny, report, device, at)
    return 0


if __name__ == "__main__":
    sys.exit(main())
