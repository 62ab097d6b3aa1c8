"""Images as their publishers pack them, made here byte by byte; and what comes of damaged and hostile files."""

import gzip
import io
import lzma
import os
import pickle
import struct
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nasbook.tasks.image_files import read, split

rng = np.random.default_rng(0)
ROWS = rng.integers(0, 256, (60, 3072), np.uint8)
LABELS = np.arange(60) % 10
NAMES = [f"class{k}" for k in range(10)]
PICTURES = ROWS.reshape(60, 3, 32, 32)


def cifar10(folder: Path, binary: bool = False) -> Path:
    """Five batches of ten images to learn from, and ten of the test, as Krizhevsky packs them."""
    inside = folder / ("cifar-10-batches-bin" if binary else "cifar-10-batches-py")
    inside.mkdir(parents=True)
    for k, name in enumerate([*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]):
        x, y = ROWS[10 * k : 10 * k + 10], LABELS[10 * k : 10 * k + 10]
        if binary:
            (inside / f"{name}.bin").write_bytes(
                b"".join(bytes([label]) + row.tobytes() for label, row in zip(y, x, strict=True))
            )
        else:
            (inside / name).write_bytes(
                pickle.dumps({b"data": x, b"labels": y.tolist(), b"batch_label": name.encode()}, 2)
            )
    if binary:
        (inside / "batches.meta.txt").write_text("\n".join(f"class{k}" for k in range(10)))
    else:
        (inside / "batches.meta").write_bytes(
            pickle.dumps({b"label_names": [f"class{k}".encode() for k in range(10)]}, 2)
        )
    return inside


def cifar100(folder: Path, binary: bool = False) -> Path:
    inside = folder / ("cifar-100-binary" if binary else "cifar-100-python")
    inside.mkdir(parents=True)
    fine, coarse = LABELS, LABELS // 5
    for name, part in (("train", slice(0, 50)), ("test", slice(50, 60))):
        if binary:
            rows = zip(coarse[part], fine[part], ROWS[part], strict=True)
            (inside / f"{name}.bin").write_bytes(b"".join(bytes([a, b]) + row.tobytes() for a, b, row in rows))
        else:
            held = {b"data": ROWS[part], b"fine_labels": fine[part].tolist(), b"coarse_labels": coarse[part].tolist()}
            (inside / name).write_bytes(pickle.dumps(held, 2))
    if binary:
        (inside / "fine_label_names.txt").write_text("\n".join(NAMES))
        (inside / "coarse_label_names.txt").write_text("a\nb")
    else:
        meta = {b"fine_label_names": [n.encode() for n in NAMES], b"coarse_label_names": [b"a", b"b"]}
        (inside / "meta").write_bytes(pickle.dumps(meta, 2))
    return inside


def packed(inside: Path) -> Path:
    archive = inside.parent / f"{inside.name}.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(inside, inside.name)
    return archive


@pytest.mark.parametrize("make", [cifar10, cifar100])
@pytest.mark.parametrize("binary", [False, True])
def test_cifar_packed_and_unpacked(tmp_path, make, binary):
    inside = make(tmp_path, binary)
    for path in (inside, packed(inside), tmp_path):
        if path == tmp_path:
            (tmp_path / f"{inside.name}.tar.gz").unlink()
        found = read(path)
        assert found.published == 10 and found.classes == tuple(NAMES)
        assert found.x.dtype == np.uint8 and (found.x == PICTURES).all() and (found.y == LABELS).all()


def test_a_pickle_that_would_run_something_is_refused_and_runs_nothing(tmp_path):
    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "ran"),)

    inside = cifar10(tmp_path)
    for name in ("batches.meta", "data_batch_3"):
        good = (inside / name).read_bytes()
        (inside / name).write_bytes(pickle.dumps({b"data": Evil(), b"label_names": Evil(), b"labels": []}, 2))
        for path in (inside, packed(inside)):
            with pytest.raises(ValueError, match=r"asks for \w+\.mkdir, which no file of CIFAR needs"):
                read(path)
        (inside / name).write_bytes(good)
    assert not (tmp_path / "ran").exists()


def idx(array: np.ndarray) -> bytes:
    return (
        bytes((0, 0, 8, array.ndim)) + struct.pack(f">{array.ndim}i", *array.shape) + array.astype(np.uint8).tobytes()
    )


@pytest.mark.parametrize("gz", [False, True])
@pytest.mark.parametrize("dot", ["-", "."])
def test_the_files_of_mnist(tmp_path, gz, dot):
    x = rng.integers(0, 256, (50, 28, 28), np.uint8)
    for name, part in (("train", slice(0, 40)), ("t10k", slice(40, 50))):
        for kind, axes, array in (("images", 3, x[part]), ("labels", 1, LABELS[:50][part])):
            raw = gzip.compress(idx(array)) if gz else idx(array)
            (tmp_path / f"{name}-{kind}{dot}idx{axes}-ubyte{'.gz' if gz else ''}").write_bytes(raw)
    for path in (tmp_path, next(tmp_path.glob("train-images*"))):
        found = read(path)
        assert found.published == 10 and found.shape == (1, 28, 28)
        assert (found.x[:, 0] == x).all() and (found.y == LABELS[:50]).all()


def test_a_folder_of_images_is_resized_once_and_again_when_it_changes(tmp_path):
    for label, colour in (("red", (255, 0, 0)), ("green", (0, 255, 0))):
        (tmp_path / label / "deeper").mkdir(parents=True)
        for k in range(3):
            Image.new("RGB", (40 + k, 20), colour).save(tmp_path / label / ("deeper" if k else ".") / f"{k}.png")
    found = read(tmp_path, size=8)
    assert found.classes == ("green", "red") and found.x.shape == (6, 3, 8, 8) and isinstance(found.x, np.memmap)
    assert (found.x[found.y == 1, 0] == 255).all() and (found.x[found.y == 1, 1:] == 0).all()
    made = (tmp_path / ".nasbook-8.npy").stat().st_mtime_ns
    read(tmp_path, size=8)
    assert (tmp_path / ".nasbook-8.npy").stat().st_mtime_ns == made, "not made twice"
    Image.new("L", (9, 9), 7).save(tmp_path / "green" / "grey.jpg")
    again = read(tmp_path, size=8)
    assert len(again.y) == 7 and (np.abs(again.x[again.y == 0].astype(int) - 7).max((1, 2, 3)) <= 1).sum() == 1
    assert (found.x[found.y == 1, 0] == 255).all(), "who reads the old file goes on reading it"


def test_a_folder_may_bring_its_own_test(tmp_path):
    for part, shade in (("train", 10), ("test", 200)):
        for label in "ab":
            (tmp_path / part / label).mkdir(parents=True)
            for k in range(2):
                Image.new("L", (8, 8), shade).save(tmp_path / part / label / f"{k}.png")
    found = read(tmp_path, size=8)
    assert found.published == 4 and found.y.tolist() == [0, 0, 1, 1] * 2
    assert (found.x[-4:] == 200).all() and (found.x[:-4] == 10).all()


@pytest.mark.parametrize(
    "shape, seen", [((20, 6, 7), (1, 6, 7)), ((20, 3, 6, 7), (3, 6, 7)), ((20, 6, 7, 3), (3, 6, 7))]
)
def test_arrays_in_each_usual_order(tmp_path, shape, seen):
    x = rng.random(shape)
    np.savez(tmp_path / "a.npz", x=x, y=np.repeat(["cat", "dog"], 10))
    found = read(tmp_path / "a.npz")
    assert found.shape == seen and found.classes == ("cat", "dog") and found.y.tolist() == [0] * 10 + [1] * 10
    assert found.x[3].ravel()[0] == np.float32(x[3].ravel()[0])


def test_what_is_wrong_with_a_file_is_one_sentence_that_names_it(tmp_path):
    inside = cifar10(tmp_path / "c")
    archive = packed(inside)
    cut = tmp_path / "cut.tar.gz"
    cut.write_bytes(archive.read_bytes()[:-3000])
    (tmp_path / "text.npz").write_text("no zip")
    np.savez(tmp_path / "rows.npz", x=np.zeros((5, 4)), y=np.zeros(5))
    np.savez(tmp_path / "nan.npz", x=np.full((5, 4, 4), np.nan), y=np.zeros(5))
    for name in ("idx", "short", "alone", "empty", "holes"):
        (tmp_path / name).mkdir()
    (tmp_path / "idx" / "train-images-idx3-ubyte").write_bytes(b"\x00\x00\x0b\x03" + bytes(12))
    (tmp_path / "idx" / "train-labels-idx1-ubyte").write_bytes(idx(LABELS))
    (tmp_path / "short" / "train-images-idx3-ubyte").write_bytes(idx(np.zeros((4, 2, 2)))[:-1])
    (tmp_path / "short" / "train-labels-idx1-ubyte").write_bytes(idx(LABELS[:4]))
    (tmp_path / "alone" / "train-images-idx3-ubyte").write_bytes(idx(np.zeros((4, 2, 2))))
    for label in "ab":
        (tmp_path / "holes" / label).mkdir()
    (tmp_path / "holes" / "a" / "1.png").write_bytes(b"no image")
    broken = cifar10(tmp_path / "d")
    (broken / "data_batch_2").write_bytes(pickle.dumps({b"data": ROWS[:3, :9], b"labels": [0, 1, 2]}, 2))
    lacks = cifar10(tmp_path / "e")
    (lacks / "test_batch").unlink()
    odd = cifar10(tmp_path / "f", binary=True)
    (odd / "data_batch_1.bin").write_bytes(b"12345")
    for path, words in [
        (tmp_path / "nothing", "no such file or folder, and no bundled images"),
        (cut, "damaged or not complete"),
        (tmp_path / "text.npz", "arrays x and y"),
        (tmp_path / "rows.npz", r"\(5, 4\)"),
        (tmp_path / "nan.npz", "not finite"),
        (tmp_path / "idx", "begins with 00 00 0b 03"),
        (tmp_path / "short", "promises 4 × 2 × 2 bytes and holds 15"),
        (tmp_path / "alone", "labels are missing"),
        (tmp_path / "empty", "a folder for each class"),
        (tmp_path / "holes", "'b' holds no image"),
        (broken, "data_batch_2 must hold"),
        (lacks, "of the test are needed"),
        (odd, "5 bytes, which are no rows of 3073"),
        (Path(__file__), "images are read from"),
    ]:
        with pytest.raises(ValueError, match=words) as error:
            read(path)
        assert str(path) in str(error.value) and "\n" not in str(error.value)
    (tmp_path / "holes" / "b").rmdir()
    (tmp_path / "holes" / "c").mkdir()
    Image.new("L", (8, 8)).save(tmp_path / "holes" / "c" / "1.png")
    with pytest.raises(ValueError, match=r"a.1\.png: this image cannot be read"):
        read(tmp_path / "holes")
    assert not list((tmp_path / "holes").glob(".nasbook*")), "nothing half made is left"


def test_what_holds_nothing_to_learn_from_or_is_something_else_is_one_sentence(tmp_path):
    class Trap:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "ran",))

    some = np.zeros((6, 4, 4), np.uint8)
    for name, arrays in {
        "objects": {"x": some, "y": np.array([Trap()] * 6, object)},
        "lacks": {"x": some, "z": np.zeros(6)},
        "bare": {},
        "alike": {"x": some, "y": np.full(6, 7)},
    }.items():
        np.savez(tmp_path / f"{name}.npz", **arrays)
    np.savez(tmp_path / "whole.npz", x=some, y=np.arange(6))
    raw = (tmp_path / "whole.npz").read_bytes()
    (tmp_path / "cut.npz").write_bytes(raw[:300])
    (tmp_path / "flipped.npz").write_bytes(raw.replace(bytes(50), bytes(49) + b"!", 1))
    for name, content in {"void": b"", "page": b"<html>" * 50, "xz": lzma.compress(rng.bytes(9000))[:4000]}.items():
        (tmp_path / f"{name}.tar.gz").write_bytes(content)
    for name, x, y in (("no", some[:0], LABELS[:0]), ("huge", some, LABELS), ("hollow", some, LABELS)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "train-images-idx3-ubyte").write_bytes(idx(x))
        (tmp_path / name / "train-labels-idx1-ubyte").write_bytes(idx(y))
        (tmp_path / name / "t10k-images-idx3-ubyte").write_bytes(idx(some))
        (tmp_path / name / "t10k-labels-idx1-ubyte").write_bytes(idx(LABELS[:6]))
    (tmp_path / "huge" / "train-images-idx3-ubyte").write_bytes(bytes((0, 0, 8, 3)) + b"\xff" * 12)
    (tmp_path / "hollow" / "train-images-idx3-ubyte").write_bytes(b"")
    (tmp_path / "folder" / "only").mkdir(parents=True)
    Image.new("L", (8, 8)).save(tmp_path / "folder" / "only" / "1.png")
    renamed = cifar10(tmp_path / "g")
    (renamed / "batches.meta").write_bytes(pickle.dumps({b"label_names": [b"\xff"] * 10}, 2))
    strange = cifar10(tmp_path / "h")
    (strange / "batches.meta").write_bytes(pickle.dumps({b"label_names": ["a"] * 10}, 2))
    for path, words in [
        (tmp_path / "objects.npz", "Python objects, which could run code"),
        (tmp_path / "lacks.npz", "no array 'y'.* it has x, z"),
        (tmp_path / "bare.npz", "no array 'x'.* it has none"),
        (tmp_path / "alike.npz", "one class, '7'; two or more"),
        (tmp_path / "cut.npz", "damaged or not complete$"),
        (tmp_path / "flipped.npz", "damaged or not complete"),
        (tmp_path / "void.tar.gz", r"not complete \(file could not be opened successfully\)"),
        (tmp_path / "page.tar.gz", r"not complete \(file could not be opened successfully\)"),
        (tmp_path / "xz.tar.gz", "damaged or not complete"),
        (tmp_path / "no", "no image to learn from"),
        (tmp_path / "huge", "promises 4294967295 × 4294967295 × 4294967295 bytes and holds 0"),
        (tmp_path / "hollow", "it is empty"),
        (tmp_path / "folder", "one class, 'only'; two or more"),
        (renamed, "damaged or not complete"),
        (strange, "damaged or not complete"),
    ]:
        with pytest.raises(ValueError, match=words) as error:
            read(path)
        assert str(path) in str(error.value) and "\n" not in str(error.value)
    assert not (tmp_path / "ran").exists()


def test_an_image_that_swells_when_it_is_opened_is_refused(tmp_path, monkeypatch):
    for label in "ab":
        (tmp_path / label).mkdir()
        Image.new("L", (64, 64)).save(tmp_path / label / "1.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with pytest.raises(ValueError, match=r"1\.png: this image cannot be read"):
        read(tmp_path)


def test_every_part_holds_every_class_in_its_share():
    y = np.repeat([0, 1, 2], [100, 50, 10])
    rows = split(y, seed=3)
    assert sorted(np.concatenate(list(rows.values())).tolist()) == list(range(160))
    for name, share in (("test", 0.2), ("val", 0.16), ("train", 0.64)):
        counts = np.bincount(y[rows[name]])
        assert np.abs(counts - share * np.array([100, 50, 10])).max() <= 1, (name, counts)
    fewer = split(y, train=48, seed=3)["train"]
    assert np.abs(np.bincount(y[fewer]) - 48 / 160 * np.array([100, 50, 10])).max() <= 1
    assert not np.array_equal(split(y, seed=4)["val"], rows["val"])
    published = split(y, published=10)
    assert (
        published["test"].tolist() == list(range(150, 160))
        and max(published["train"].max(), published["val"].max()) < 150
    )


def test_too_few_images_are_said():
    y = np.repeat([0, 1], [100, 1])
    with pytest.raises(ValueError, match="leave class 1 without one"):
        split(y)
    with pytest.raises(ValueError, match="train must be from 1 to 65"):
        split(y, train=66)


def test_bundled_images_keep_their_test():
    found = read("digits")
    assert found.published == 1197 and found.shape == (1, 8, 8) and len(found.y) == 1797


def test_an_archive_in_memory_is_never_extracted(tmp_path):
    inside = cifar10(tmp_path)
    archive = tmp_path / "up.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        for path in sorted(inside.iterdir()):
            info = tarfile.TarInfo(f"../../{path.name}")
            info.size = path.stat().st_size
            tar.addfile(info, io.BytesIO(path.read_bytes()))
    before = sorted(tmp_path.parent.rglob("*"))
    assert len(read(archive).y) == 60
    assert sorted(tmp_path.parent.rglob("*")) == before
