"""Trainings on images of any size: the random changes by hand, the same end after a stop, and the way of a CIFAR-shaped
archive from the notebook through a study and back."""

import itertools
import math
import pickle
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from tasks.test_image_files import cifar10, packed

import nasbook
from nasbook import registry
from nasbook.estimate import estimator
from nasbook.task import trial_seed
from nasbook.tasks import image_training
from nasbook.tasks.image_training import ImageTraining, Training, changed

SMALL = {"train": 100, "epochs": 4, "batch": 25, "channels": 4}
EVERYTHING = {"augment": ["crop", "flip", "cutout"], "label_smoothing": 0.1, "clip": 1.0, "ema": 0.9, "warmup": 1.5}
CELL = dict.fromkeys(nasbook.task("images").space.parameters, "conv3x3")


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_a_crop_is_one_of_the_windows_of_the_padded_image():
    x = torch.randn(200, 2, 8, 8)
    padded = F.pad(x, (1,) * 4)
    windows = [padded[:, :, i : i + 8, j : j + 8] for i, j in itertools.product(range(3), range(3))]
    out = changed(x, ["crop"], generator())
    found = torch.stack([(out == window).all((1, 2, 3)) for window in windows])
    assert found.any(0).all(), "every image is a window of its own padded image"
    assert found.any(1).all(), "and all nine occur among 200"


def test_a_flip_is_a_mirror_image_half_of_the_time():
    x = torch.randn(400, 1, 4, 4)
    out = changed(x, ["flip"], generator())
    same, turned = ((out == other).all((1, 2, 3)) for other in (x, x.flip(3)))
    assert (same ^ turned).all() and 160 < turned.sum() < 240


def test_a_cutout_empties_a_square_and_nothing_else():
    x = torch.ones(300, 2, 16, 16)
    out = changed(x, ["cutout"], generator())
    assert (out[:, 0] == out[:, 1]).all() and set(out.unique().tolist()) == {0.0, 1.0}
    for image in out[:, 0]:
        rows, columns = (image == 0).any(1).nonzero().ravel(), (image == 0).any(0).nonzero().ravel()
        assert (image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] == 0).all(), "a full rectangle"
        assert len(rows) <= 5 and len(columns) <= 5
    assert ((out[:, 0] == 0).sum((1, 2)) == 25).any()


def test_without_changes_the_images_are_as_they_were():
    x = torch.randn(5, 1, 8, 8)
    assert torch.equal(changed(x, [], generator()), x)


def test_the_training_images_are_standardised_and_the_test_is_not_shown():
    task = ImageTraining(**SMALL)
    x, y = task.data()["train"]
    assert abs(x.mean()) < 1e-5 and x.std() == pytest.approx(1, abs=1e-4) and len(y) == 100
    assert set(task.data()) == {"train", "val"}


def test_the_rate_rises_and_falls():
    training = Training(ImageTraining(**SMALL, warmup=1.5, lr=0.3), CELL, 0)  # 4 steps an epoch: 6 up, 10 down
    rates = [training.rate(t) for t in range(16)]
    assert rates[:7] == pytest.approx([0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.3])
    assert rates[6:] == pytest.approx([0.15 * (1 + math.cos(math.pi * t / 10)) for t in range(10)])


def test_plain_training_is_sgd_by_hand():
    """Two steps against torch's own optimiser on the same batches."""
    task = ImageTraining(**{**SMALL, "train": 50, "epochs": 1})
    training = Training(task, CELL, 0)
    training.epoch()
    net = task.network(CELL, 0).train()
    sgd = torch.optim.SGD(net.parameters(), 0.1, momentum=0.9, nesterov=True, weight_decay=5e-4)
    x, y = (torch.from_numpy(part) for part in task.data()["train"])
    order = np.random.default_rng(np.random.SeedSequence([0, 0])).permutation(50)
    for t in range(2):
        sgd.param_groups[0]["lr"] = 0.1 / 2 * (1 + math.cos(math.pi * t / 2))
        rows = order[25 * t : 25 * t + 25]
        sgd.zero_grad()
        F.cross_entropy(net(x[rows]), y[rows]).backward()
        sgd.step()
    for a, b in zip(net.parameters(), training.net.parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-6)


def test_the_average_of_the_weights_is_what_is_judged():
    task = ImageTraining(**{**SMALL, "epochs": 1}, ema=0.9)
    training, average = Training(task, CELL, 0), None
    kept = [p.detach().clone() for p in training.net.parameters()]

    def follow(*_):
        nonlocal average
        now = [p.detach().clone() for p in training.net.parameters()]
        average = now if average is None else [0.9 * a + 0.1 * b for a, b in zip(average, now, strict=True)]

    training.optimiser.register_step_post_hook(follow)
    training.epoch()
    assert any(not torch.equal(a, b) for a, b in zip(kept, training.net.parameters(), strict=True))
    for a, b in zip(average, training.average.module.parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-6)
    training.average.module.load_state_dict(training.net.state_dict())
    assert training.measure("val")[0] != training.rows[-1]["val_loss"]


@pytest.mark.parametrize(
    "more",
    [{}, EVERYTHING, {"channels_last": True, "precision": "bfloat16"}],
    ids=["plain", "all", "bf16"],
)
def test_a_training_that_was_cut_off_goes_on_to_the_same_end(tmp_path, more):
    task = ImageTraining(**SMALL, **more)
    whole = task.evaluate(CELL, seed=3)
    assert len({value for _, value in whole.curve}) > 1 and len(whole.curve) == 4
    task.evaluate(CELL, seed=3, fidelity=2, checkpoint=tmp_path / "t.pt")
    again = ImageTraining(**SMALL, **more).evaluate(CELL, seed=3, checkpoint=tmp_path / "t.pt")
    assert (again.curve, again.metrics) == (whole.curve, whole.metrics)
    assert task.evaluate(CELL, seed=4).metrics["train_loss"] != whole.metrics["train_loss"]
    with pytest.raises(ValueError, match="holds another training"):
        ImageTraining(**SMALL, **more, lr=0.05).evaluate(CELL, seed=3, checkpoint=tmp_path / "t.pt")


def test_images_that_do_not_fit_are_read_as_they_are_needed(monkeypatch):
    whole = ImageTraining(**SMALL, **EVERYTHING).evaluate(CELL, seed=1)
    monkeypatch.setattr(image_training, "ROOM", 0)
    task = ImageTraining(**SMALL, **EVERYTHING)
    assert isinstance(task.tensors["train"][0].x, np.ndarray)
    assert task.evaluate(CELL, seed=1) == whole


@pytest.mark.parametrize("space", ["conv-chain", "darts-cells", "macro", "mlp-chain", "block-chain", "elastic"])
def test_every_space_of_image_networks_can_be_trained_on_colour(tmp_path, space):
    task = nasbook.task("images", space=space, data=str(cifar10(tmp_path)), val=0.3, epochs=1, batch=10)
    assert task.architectures.shape == (3, 32, 32)
    answer = task.evaluate(task.space.sample(np.random.default_rng(0)), seed=0)
    assert math.isfinite(answer.value) and answer.metrics["flops"] > 0


def test_who_judges_and_grows_networks_takes_these(tmp_path):
    """A count of weights by its estimator, a proxy of a random network, and a climb in colour."""
    task = ImageTraining(space="conv-chain", data=cifar10(tmp_path), val=0.3, epochs=1, batch=10)
    config = task.space.sample(np.random.default_rng(0))
    weights = sum(p.numel() for p in task.network(config, 0).parameters())
    assert estimator("parameters", task).evaluate(config).value == -weights
    assert math.isfinite(estimator("naswot", task).evaluate(config).value)
    narrow = ImageTraining(**SMALL)
    assert estimator("low-fidelity", narrow, width=0.5).cheap.architectures.channels == 2
    with pytest.raises(ValueError, match="its own arguments train and size"):
        estimator("low-fidelity", narrow, data=0.5)
    climb = nasbook.search("network-morphism", task, steps=1, children=2, epochs=1, batch=10)
    assert len(climb) == 3 and all(t.status == "done" for t in climb.trials)


def test_a_trace_names_what_makes_its_task_again(tmp_path):
    task = ImageTraining(data=cifar10(tmp_path), stages=3, val=0.3, epochs=1, batch=10, augment=("flip",))
    again = registry.make("task", "images", **task.arguments)
    assert task.arguments["data"] == str(tmp_path / "cifar-10-batches-py")
    assert again.arguments == task.arguments and again.space == task.space
    assert again.evaluate(CELL, seed=1) == task.evaluate(CELL, seed=1)


@pytest.mark.parametrize(
    "wrong, words",
    [
        ({"augment": "crop"}, "augment is a list of some of crop, flip, cutout"),
        ({"augment": ["turn"]}, "augment is a list of some of"),
        ({"precision": "float16"}, "precision must be one of float32, bfloat16"),
        ({"epochs": 0}, "epochs must be a whole number of at least 1"),
        ({"warmup": 13}, r"warmup must lie in \[0, 12\]"),
        ({"val": 0}, r"val must lie in \(0, 0.9\]"),
        ({"ema": 1.5}, r"ema must lie in \[0, 1\]"),
        ({"lr": 0}, "lr must be above 0"),
        ({"clip": -1}, "clip must be above 0"),
        ({"batch": 1000}, "too few for one batch of 1000"),
        ({"train": 5000}, "train must be from 1 to 480"),
        ({"data": "nowhere.npz"}, "nowhere.npz: no such file or folder"),
        ({"data": 3}, "data is a name or a path, not 3"),
        ({"space": "recurrent-cell"}, "the networks of recurrent-cell do not read images"),
        ({"space": "generator"}, "the networks of generator do not read images"),
        ({"device": "tpu9"}, "device must be 'auto', 'cpu' or one that torch finds here"),
        ({"compile": "yes"}, "compile must be True or False"),
        ({"channels": 0}, "channels must be a whole number of at least 1, not 0"),
        ({"channels": "a"}, "channels must be a whole number of at least 1, not 'a'"),
        ({"stages": True}, "stages must be a whole number"),
        ({"classes": 3}, "classes follows from the images"),
        ({"shape": (1, 2, 2)}, "shape follows from the images"),
        ({"colour": 3}, "unexpected keyword argument 'colour'"),
    ],
)
def test_arguments_that_cannot_be_served_are_said(wrong, words):
    with pytest.raises(ValueError, match=words) as error:
        ImageTraining(**wrong)
    assert "\n" not in str(error.value)


def test_from_an_archive_through_a_killed_run_to_a_picture(tmp_path):
    """Search here, export, run, SIGKILL, resume: each trial is what the same task finds here for it."""
    rng = np.random.default_rng(0)
    inside = tmp_path / "cifar-10-batches-py"
    inside.mkdir()
    for name, n in (("data_batch_1", 60), ("data_batch_2", 60), ("test_batch", 20)):
        y = np.arange(n) % 2
        x = rng.integers(0, 100, (n, 3072)) + 100 * y[:, None]  # dark and light
        (inside / name).write_bytes(pickle.dumps({b"data": x.astype(np.uint8), b"labels": y.tolist()}, 2))
    (inside / "batches.meta").write_bytes(pickle.dumps({b"label_names": [b"dark", b"light"]}, 2))
    archive = packed(inside)
    options = {"epochs": 3, "batch": 16, "channels": 4, "augment": ["flip"]}
    task = nasbook.task("images", data=str(archive), **options)
    here = nasbook.search("regularized-evolution", task, trials=3, seed=0)
    assert here.best.value < 0.5
    study = here.export(tmp_path / "study.yaml", trials=5)
    run = [sys.executable, "-m", "nasbook", "run", str(study), "--out"]
    killed = subprocess.Popen([*run, str(tmp_path / "out")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    trace = tmp_path / "out" / "trace.jsonl"
    while killed.poll() is None and (not trace.exists() or len(trace.read_text().splitlines()) < 3):
        time.sleep(0.02)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    subprocess.run([*run, str(tmp_path / "out"), "--resume"], check=True, capture_output=True)
    found = nasbook.Trace.load(trace)
    assert [t.id for t in found.trials] == list(range(5)) and {t.status for t in found.trials} == {"done"}
    task = nasbook.task("images", **found.header.arguments)
    for trial in found.trials:
        assert trial.value == task.evaluate(trial.config, seed=trial_seed(found.header.seed, trial.id)).value
    assert len(found.plot().png()) > 1000
    assert task.test(found.best.config) < 0.5
