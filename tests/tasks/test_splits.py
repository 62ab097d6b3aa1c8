"""Images are split honestly, whosever they are, and files that are none get a sentence."""

import math

import numpy as np
import pytest
from sklearn.datasets import load_digits
from tasks.test_image_files import cifar10
from tasks.test_training import CNN, MLP

import nasbook
from nasbook.tasks import image_files
from nasbook.tasks.training import DigitsCNN, DigitsMLP


def test_splits_are_disjoint_complete_and_standardised_by_the_training_images():
    digits = load_digits()
    task = DigitsCNN(train=1079)
    splits = task.data()
    assert {k: len(y) for k, (_, y) in splits.items()} == {"train": 1079, "val": 359, "test": 359}
    x, y = splits["train"]
    assert x.shape == (1079, 1, 8, 8) and x.dtype == np.float32
    assert x.mean() == pytest.approx(0, abs=1e-5) and x.std() == pytest.approx(1, abs=1e-5)
    # back in grey levels, the three splits together are the data set: every image once, with its own label
    scale = 16 / (x.max() - x.min())
    back = [
        (tuple(np.rint((a - x.min()) * scale).astype(int).ravel()), int(label))
        for part in splits.values()
        for a, label in zip(*part, strict=True)
    ]
    assert sorted(back) == sorted(
        (tuple(i.astype(int).ravel()), int(t)) for i, t in zip(digits.images, digits.target, strict=True)
    )
    assert all(set(labels) == set(range(10)) for _, labels in splits.values())


def write(path, n=200, shape=(10, 12), classes=3, **other):
    """Images whose class is the place of a bright row."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, classes, n)
    x = rng.standard_normal((n, *shape)) * 0.3
    x[np.arange(n), ..., y, :] += 2 if len(shape) > 1 else 0
    np.savez(path, **{"x": x, "y": np.array(["cat", "dog", "owl"])[y], **other})
    return path


@pytest.mark.parametrize("shape", [(10, 12), (3, 10, 12)])
def test_own_data(tmp_path, shape):
    path = write(tmp_path / "own.npz", shape=shape)
    for cls, config in ((DigitsMLP, MLP), (DigitsCNN, CNN)):
        task = cls(epochs=8, train=120, data=path)
        assert task.classes == 3 and task.arguments == {"epochs": 8, "train": 120, "data": str(path)}
        assert task.evaluate(config, seed=0).value < 0.1  # chance is 2/3
    trace = nasbook.search("random", nasbook.task("digits-mlp", epochs=1, train=20, data=path), trials=1)
    assert trace.header.arguments["data"] == str(path)  # a path is kept as text


def test_bad_files_are_one_sentence(tmp_path):
    path = tmp_path / "bad.npz"
    for arrays, sentence in (
        ({"y": np.zeros(3)}, "x and y of different lengths"),
        ({"x": np.full((200, 4, 4), np.nan)}, "not finite"),
        ({"x": np.array(["a"] * 200)}, "x must be numbers of shape"),
    ):
        write(path, **arrays)
        with pytest.raises(ValueError, match=r"bad\.npz: ") as error:
            DigitsMLP(data=path, train=10)
        assert sentence in str(error.value) or "they have" in str(error.value)
    np.savez(path, images=np.zeros(3))
    with pytest.raises(ValueError, match=r"bad\.npz: an \.npz file with arrays x and y is needed .*'x"):
        DigitsMLP(data=path)
    path.write_text("x,y\n1,2\n")
    with pytest.raises(ValueError, match=r"bad\.npz: an \.npz file with arrays x and y is needed"):
        DigitsMLP(data=path)
    write(path, x=np.random.default_rng(0).standard_normal((200, 9)))
    assert DigitsMLP(data=path, train=10).shape == (9,)
    with pytest.raises(ValueError, match="digits-cnn: images of shape .* are needed; x has plain rows"):
        DigitsCNN(data=path, train=10)


@pytest.mark.parametrize("cls", [DigitsMLP, DigitsCNN])
def test_any_images_are_trained_on_and_a_published_test_split_is_the_test(cls, tmp_path):
    task = cls(data=cifar10(tmp_path), train=20, epochs=1)
    found = image_files.read(task.arguments["data"])
    assert task.shape == (3, 32, 32) and len(task.splits["test"][1]) == found.published > 0
    assert np.array_equal(task.splits["test"][1], found.y[-found.published :])
    learned, held = (task.splits[k][0] for k in ("train", "val"))
    assert len(learned) == 20 and len(held) == (len(found.y) - found.published) // 5
    assert math.isfinite(task.evaluate(task.space.sample(np.random.default_rng(0)), seed=0).value)


def test_the_related_pictures_go_by_name_and_what_is_nowhere_is_said():
    assert DigitsMLP(data="textures", train=100).splits["test"][0].shape == (2000, 1, 8, 8)
    with pytest.raises(ValueError, match="no such file or folder, and no bundled images"):
        DigitsCNN(data="digts")
