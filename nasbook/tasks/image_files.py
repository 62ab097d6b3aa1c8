"""Images of any size, read from where people have them, without a download and without running anything.

    found = read("cifar-10-python.tar.gz")
    found.x      (n, channels, height, width) uint8, perhaps a memory map;   found.y  (n,) int64;   found.classes
    parts = split(found.y, found.published, seed=0)       rows of "train", "val" and "test"

What can be read:

    digits, messy, textures       the bundled tasks of 8×8 images (`nasbook.tasks.images`)
    *.npz                         arrays x, (n, h, w), (n, c, h, w) or (n, h, w, c), and y, (n,)
    cifar-10, cifar-100           the published archives, python or binary, packed (.tar.gz) or unpacked
    MNIST and its family          a folder with *-images-idx3-ubyte and *-labels-idx1-ubyte, each .gz or not
    a folder                      one subfolder of images a class, or train/ and test/ with such subfolders

CIFAR's python version is made of pickles, which could run code: only arrays, lists and bytes are taken from them.
Whatever is wrong with a file is said in one ValueError that names it.
"""

from __future__ import annotations

import gzip
import json
import lzma
import os
import pickle
import re
import tarfile
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

import numpy as np

from nasbook.tasks import images

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff")


@dataclass(frozen=True, eq=False)
class ImageSet:
    """x: (n, channels, height, width), uint8 or float32. y: (n,) int64, places in `classes`. published: the last so
    many images are the test split that their publishers made; 0 where they made none."""

    x: np.ndarray
    y: np.ndarray
    classes: tuple[str, ...]
    published: int = 0

    @property
    def shape(self) -> tuple[int, int, int]:
        """(channels, height, width) of one image."""
        return self.x.shape[1:]


DAMAGE = (OSError, EOFError, UnicodeDecodeError, tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError,
          pickle.UnpicklingError, AttributeError, LookupError, OverflowError, TypeError)  # fmt: skip


def read(data: str | Path, size: int = 32) -> ImageSet:
    """The images of a bundled name or a path (see above), of two classes or more. size: side of the images made of a
    folder's."""
    if isinstance(data, str) and data in images.DATA:
        parts = images.DATA[data]()
        x, y = (np.concatenate([parts[k][i] for k in ("train", "val", "test")]) for i in (0, 1))
        return ImageSet(x[:, None], y, tuple(map(str, range(10))), len(parts["test"][1]))
    path = Path(data)
    if not path.exists():
        raise ValueError(f"{path}: no such file or folder, and no bundled images ({', '.join(images.DATA)})")
    try:
        found = _read(path, size)
    except DAMAGE as error:
        why = str(error).partition("\n")[0].rstrip(":- ")
        raise ValueError(f"{path}: it cannot be read, perhaps it is damaged or not complete ({why})") from None
    learned = found.y[: len(found.y) - found.published]
    if not len(learned):
        raise ValueError(f"{path}: it holds no image to learn from")
    if (learned == learned[0]).all():
        raise ValueError(f"{path}: all images are of one class, {found.classes[learned[0]]!r}; two or more are needed")
    return found


def _read(path: Path, size: int) -> ImageSet:
    if path.suffix == ".npz":
        return _npz(path)
    if path.name.endswith((".tar.gz", ".tgz", ".tar")):
        return _cifar(path, _in_archive)
    if path.is_file() and "idx3" in path.name:
        return _idx(path.parent)
    if path.is_dir():
        if any(path.glob("*idx3-ubyte*")):
            return _idx(path)
        if any(BATCH.fullmatch(p.name) and p.is_file() for p in path.rglob("*")):
            return _cifar(path, _in_folder)
        return _folder(path, size)
    raise ValueError(
        f"{path}: images are read from an .npz file, CIFAR's .tar.gz, IDX files (…-images-idx3-ubyte) or a folder with "
        "a subfolder for each class"
    )


def split(
    y: np.ndarray, published: int = 0, *, val: float = 0.2, test: float = 0.2, train: int | None = None, seed: int = 0
) -> dict[str, np.ndarray]:
    """Rows of "train", "val" and "test", drawn so that every class has its share of each (stratified).

    The test rows are the last `published` ones where there are any, else the share `test`; `val` is a share of what
    is left, and `train` limits the rest."""
    n = len(y) - published
    order = _stratified(y[:n], np.random.default_rng(seed))
    last = np.arange(n, len(y))
    if not published:
        cut = round(test * n)
        last, order = order[:cut], order[cut:]
    held = round(val * len(order))
    rows = {"train": order[held:], "val": order[:held], "test": last}
    if train is not None:
        if not 1 <= train <= len(rows["train"]):
            raise ValueError(
                f"train must be from 1 to {len(rows['train']):,}, the images left to learn from, not {train}"
            )
        rows["train"] = rows["train"][:train]
    for name, kept in rows.items():
        missing = set(np.unique(y[:n]).tolist()) - set(y[kept].tolist())
        if name != "test" and missing:
            raise ValueError(f"{len(kept)} images for {name!r} leave class {min(missing)} without one: more are needed")
    return rows


def _stratified(y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The rows in an order of which every beginning holds the classes in their shares: a row's key is its place among
    those of its class, as a share."""
    order = rng.permutation(len(y))
    key = np.empty(len(y))
    for label in np.unique(y):
        mine = order[y[order] == label]
        key[mine] = (np.arange(len(mine)) + rng.random()) / len(mine)
    return np.argsort(key, kind="stable")


# ---- .npz ----------------------------------------------------------------------------------------------


def _npz(path: Path) -> ImageSet:
    if not zipfile.is_zipfile(path):
        raise ValueError(f"{path}: this is no .npz file of arrays x and y, or it is damaged or not complete")
    with np.load(path) as file:
        if missing := {"x", "y"} - set(file.files):
            has = f"it has {', '.join(file.files)}" if file.files else "it has none"
            raise ValueError(f"{path}: there is no array {min(missing)!r}; arrays x and y are needed, and {has}")
        try:
            x, y = file["x"], file["y"]
        except ValueError as error:
            if "Object arrays" in str(error):
                raise ValueError(f"{path}: it holds Python objects, which could run code; numbers are needed") from None
            raise zipfile.BadZipFile(str(error)) from None
    if x.ndim not in (3, 4) or y.shape != x.shape[:1] or not len(y) or x.dtype.kind not in "iufb":
        raise ValueError(
            f"{path}: x must be numbers of shape (n, h, w), (n, c, h, w) or (n, h, w, c) and y of shape (n,); "
            f"they have {x.shape} and {y.shape}"
        )
    if not np.isfinite(x).all():
        raise ValueError(f"{path}: x holds values that are not finite")
    if x.ndim == 3:
        x = x[:, None]
    elif x.shape[1] not in (1, 3, 4) and x.shape[3] in (1, 3, 4):
        x = x.transpose(0, 3, 1, 2)
    classes, y = np.unique(y, return_inverse=True)
    whole = x.dtype == np.uint8
    return ImageSet(x if whole else x.astype(np.float32), y.astype(np.int64), tuple(map(str, classes)))


# ---- CIFAR-10 and CIFAR-100 -----------------------------------------------------------------------------

Files = Iterator[tuple[str, IO[bytes]]]


BATCH = re.compile(r"(data_batch_\d+|test_batch|train|test)(\.bin)?")


def _in_archive(path: Path) -> Files:
    with tarfile.open(path) as archive:
        for member in archive:
            if member.isfile() and (file := archive.extractfile(member)) is not None:
                yield member.name, file


def _in_folder(path: Path) -> Files:
    for member in sorted(path.rglob("*")):
        if member.is_file():
            with open(member, "rb") as file:
                yield str(member), file


class _Arrays(pickle.Unpickler):
    """Takes what CIFAR's files are made of, and refuses everything that a pickle could call besides."""

    plain = {(f"{core}.multiarray", "_reconstruct") for core in ("numpy.core", "numpy._core")} | {
        ("numpy", "ndarray"),
        ("numpy", "dtype"),
        ("_codecs", "encode"),
    }

    def find_class(self, module: str, name: str) -> object:
        if (module, name) not in self.plain:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}, which no file of CIFAR needs")
        return super().find_class(module.replace("numpy.core", "numpy._core"), name)


def _unpickled(file: IO[bytes]) -> dict[bytes, Any]:
    try:
        return dict(_Arrays(file, encoding="bytes").load())
    except Exception as error:  # whatever damaged bytes make of the machine that reads them
        raise pickle.UnpicklingError(str(error)) from None


def _cifar(path: Path, files: Callable[[Path], Files]) -> ImageSet:
    """Batches of rows: labels, and 3072 bytes, the red, green and blue plane of 32×32 pixels, line by line."""
    parts: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    names: list[str] = []
    for full, file in files(path):
        name = full.replace("\\", "/").rpartition("/")[2]
        if name in ("batches.meta", "meta"):
            meta = _unpickled(file)
            names = [label.decode() for label in meta.get(b"label_names") or meta[b"fine_label_names"]]
        elif name.endswith(".txt") and "label_names" in name or name == "batches.meta.txt":
            lines = file.read().decode().split()
            names = [] if name.startswith("coarse") and names else lines
        elif not (batch := BATCH.fullmatch(name)):
            continue
        elif batch[2]:
            raw = np.frombuffer(file.read(), np.uint8)
            labels = 2 if name in ("train.bin", "test.bin") else 1  # CIFAR-100 has a coarse and a fine one
            if len(raw) % (3072 + labels):
                raise ValueError(f"{path}: {name} has {len(raw):,} bytes, which are no rows of {3072 + labels}")
            rows = raw.reshape(-1, 3072 + labels)
            parts[batch[1]] = rows[:, labels:], rows[:, labels - 1]
        else:
            held = _unpickled(file)
            x, y = np.asarray(held[b"data"]), np.asarray(held.get(b"labels", held.get(b"fine_labels")))
            if x.dtype != np.uint8 or x.ndim != 2 or x.shape[1] != 3072 or y.shape != x.shape[:1]:
                raise ValueError(f"{path}: {name} must hold (n, 3072) bytes and n labels, not {x.shape} and {y.shape}")
            parts[name] = x, y
    train = [parts[k] for k in sorted(parts) if not k.startswith("test")]
    test = [parts[k] for k in sorted(parts) if k.startswith("test")]
    if not train or not test:
        raise ValueError(f"{path}: CIFAR's batches of training and of the test are needed; found {[*parts]}")
    x, y = (np.concatenate([part[i] for part in train + test]) for i in (0, 1))
    classes = names or [str(k) for k in range(int(y.max()) + 1)]
    if y.min() < 0 or y.max() >= len(classes):
        raise ValueError(f"{path}: labels must lie in 0 … {len(classes) - 1}, and one is {int(y.max())}")
    return ImageSet(x.reshape(-1, 3, 32, 32), y.astype(np.int64), tuple(classes), sum(len(y) for _, y in test))


# ---- the IDX files of MNIST, Fashion-MNIST, KMNIST, EMNIST ------------------------------------------------


def _idx(folder: Path) -> ImageSet:
    pairs = {}
    for path in sorted(folder.glob("*images*idx3-ubyte*")):
        labels = path.with_name(path.name.replace("images", "labels").replace("idx3", "idx1"))
        others = [labels, labels.with_name(labels.name.removesuffix(".gz")), labels.with_name(labels.name + ".gz")]
        found = next((other for other in others if other.exists()), None)
        if found is None:
            raise ValueError(f"{path}: its labels are missing; {labels.name} should stand beside it")
        key = path.name.removesuffix(".gz").partition("images")[0].strip("-_.")
        pairs[key] = _idx_file(path, 3), _idx_file(found, 1)
        if len(pairs[key][0]) != len(pairs[key][1]):
            raise ValueError(
                f"{path}: {len(pairs[key][0]):,} images, but {len(pairs[key][1]):,} labels in {found.name}"
            )
    test = [k for k in pairs if k.endswith(("t10k", "test"))]
    order = [pairs[k] for k in pairs if k not in test] + [pairs[k] for k in test]
    x, y = (np.concatenate([pair[i] for pair in order]) for i in (0, 1))
    published = sum(len(pairs[k][1]) for k in test)
    if len(test) == len(pairs):
        published = 0  # the test files alone: they are all there is
    classes, y = np.unique(y, return_inverse=True)
    return ImageSet(x[:, None], y.astype(np.int64), tuple(map(str, classes)), published)


def _idx_file(path: Path, axes: int) -> np.ndarray:
    """Two zero bytes, the type (8: bytes), the number of axes, their lengths as big-endian uint32; then the numbers."""
    with gzip.open(path) if path.suffix == ".gz" else open(path, "rb") as file:
        head = file.read(4 + 4 * axes)
        if len(head) < 4 + 4 * axes or head[:4] != bytes((0, 0, 8, axes)):
            begins = f"begins with {head[:4].hex(' ')}" if head else "is empty"
            raise ValueError(f"{path}: no IDX file of bytes with {axes} axes; it {begins}")
        shape = tuple(int(n) for n in np.frombuffer(head[4:], ">u4"))
        size = int(np.prod(shape, dtype=object))
        raw = bytearray()
        while chunk := file.read(min(2**24, size + 1 - len(raw))):  # the head may promise what no memory holds
            raw += chunk
    if len(raw) != size:
        raise ValueError(f"{path}: it promises {' × '.join(map(str, shape))} bytes and holds {len(raw):,}")
    return np.frombuffer(raw, np.uint8).reshape(shape)


# ---- a folder with a subfolder for each class -------------------------------------------------------------


def _folder(path: Path, size: int) -> ImageSet:
    """Resized once, into a memory-mapped file beside the classes, which is made anew when the images have changed."""
    parts = [path / "train", path / "test"] if (path / "train").is_dir() and (path / "test").is_dir() else [path]
    classes = sorted({p.name for part in parts for p in part.iterdir() if p.is_dir() and not p.name.startswith(".")})
    files = [
        (file, k)
        for part in parts
        for k, label in enumerate(classes)
        for file in sorted((part / label).rglob("*"))
        if file.suffix.lower() in SUFFIXES
    ]
    if not files:
        raise ValueError(f"{path}: a folder for each class is needed, with images ({' '.join(SUFFIXES)}) in it")
    empty = [label for k, label in enumerate(classes) if not any(j == k for _, j in files)]
    if empty:
        raise ValueError(f"{path}: the folder {empty[0]!r} holds no image")
    y = np.array([k for _, k in files], np.int64)
    published = sum(parts[-1] in file.parents for file, _ in files) if len(parts) == 2 else 0
    seen = [(str(f.relative_to(path)), (s := f.stat()).st_size, s.st_mtime_ns) for f, _ in files]
    digest = sha256(json.dumps([size, seen]).encode()).hexdigest()
    kept = _place(path, size)
    told = kept.with_suffix(".sha256")
    if not (kept.exists() and told.exists() and told.read_text() == digest):
        _resize([f for f, _ in files], size, kept)
        told.write_text(digest)
    return ImageSet(np.load(kept, mmap_mode="r"), y, tuple(classes), published)


def _place(path: Path, size: int) -> Path:
    """Where the resized images are kept: beside the classes, or in the user's cache where that cannot be written to."""
    if os.access(path, os.W_OK):
        return path / f".nasbook-{size}.npy"
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "nasbook"
    cache.mkdir(parents=True, exist_ok=True)
    return cache / f"{sha256(str(path.resolve()).encode()).hexdigest()[:16]}-{size}.npy"


def _resize(files: list[Path], size: int, out: Path) -> None:
    """Each image cut to a square about its middle and resized, as (n, 3, size, size) bytes; written whole or not."""
    from PIL import Image, ImageOps

    fresh = out.with_name(f"{out.stem}-{os.getpid()}.npy")
    x = np.lib.format.open_memmap(fresh, mode="w+", dtype=np.uint8, shape=(len(files), 3, size, size))
    try:
        for i, file in enumerate(files):
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("error", Image.DecompressionBombWarning)
                    with Image.open(file) as image:
                        small = ImageOps.fit(image.convert("RGB"), (size, size))
            except (OSError, ValueError, SyntaxError, Warning, Image.DecompressionBombError) as error:
                raise ValueError(f"{file}: this image cannot be read ({error})") from None
            x[i] = np.asarray(small).transpose(2, 0, 1)
        x.flush()
        os.replace(fresh, out)
    finally:
        fresh.unlink(missing_ok=True)
