"""What only a GPU can show. Everywhere else these tests are skipped, and counted; `pytest -m gpu` runs them where there
is one. The same code is tried on a CPU by the tests of each module."""

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch

import nasbook
from nasbook import registry
from nasbook.kit import learner
from nasbook.nas.spaces.nb201.cell import to_config
from nasbook.task import trial_seed
from nasbook.tasks import image_training
from nasbook.tasks.architectures import Training
from nasbook.tasks.cells import DigitsCells
from nasbook.tasks.image_training import ImageTraining
from nasbook.tasks.packed import Pack
from nasbook.tasks.packed_cells import Groups, live
from nasbook.tasks.training import DigitsCNN, DigitsMLP
from nasbook.tasks.training import Training as Plain

pytestmark = pytest.mark.gpu

ROOT = Path(nasbook.__file__).parents[1]
SMALL = {"train": 200, "epochs": 3, "batch": 50, "channels": 4}
EVERYTHING = {"augment": ["crop", "flip", "cutout"], "label_smoothing": 0.1, "clip": 1.0, "ema": 0.9, "warmup": 1.5}
CELL = to_config((3, 3, 3, 1, 3, 2))
MLP = {
    "optimizer": "adamw",
    "lr": 0.003,
    "weight_decay": 1e-4,
    "batch": 32,
    "width": 24,
    "depth": 2,
    "dropout": 0.0,
    "activation": "relu",
}
CNN = {"optimizer": "sgd", "lr": 0.05, "momentum": 0.9, "weight_decay": 1e-4, "batch": 32, "channels": 8, "depth": 2,
       "pooling": "max", "batch_norm": True, "dropout": 0.0}  # fmt: skip


@contextmanager
def exact(*tasks):
    """Double precision, in which a CPU and a GPU add up to nearly the same."""
    for task in tasks:
        task.__dict__["tensors"] = {k: (x.double(), y) for k, (x, y) in task.tensors.items()}
    torch.set_default_dtype(torch.float64)
    try:
        yield tasks
    finally:
        torch.set_default_dtype(torch.float32)


def numbers(net):
    return torch.cat([p.detach().cpu().flatten() for p in net.parameters()])


def run(*words, cwd):
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-m", "nasbook", *map(str, words)],
        capture_output=True,
        text=True,
        cwd=cwd,
        timeout=240,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


# ---- one configuration on both ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind, config, options",
    [(DigitsMLP, MLP, {}), (DigitsCNN, CNN, {}), (DigitsCells, CELL, {"channels": 4})],
    ids=["mlp", "cnn", "cells"],
)
def test_in_double_precision_a_gpu_finds_what_a_cpu_finds(kind, config, options):
    here, there = (kind(device=device, train=200, epochs=3, **options) for device in ("cpu", "cuda"))
    with exact(here, there):
        a, b = (task.training(config, 3) for task in (here, there))
        for training in (a, b):
            training.learn(3)
    assert next(b.net.parameters()).is_cuda
    torch.testing.assert_close(numbers(a.net), numbers(b.net), atol=1e-7, rtol=0)
    np.testing.assert_allclose(np.array(a.found), np.array(b.found), atol=1e-7)


def image_spaces():
    for entry in registry.entries("space"):
        try:
            yield ImageTraining(space=entry.name, train=200, epochs=2, batch=50, device="cuda")
        except ValueError as error:
            assert "do not read images" in str(error)


def test_every_space_of_image_networks_learns_there_as_on_a_cpu():
    """In single precision, after four steps at a rate of 0.1, the losses agree to a twentieth.

    On an H100 those of DARTS cells lay 3 % apart, why is not known, of NAS-Bench-201's 0.05 %, of most a millionth."""
    apart = {}
    torch.backends.cudnn.allow_tf32, before = False, torch.backends.cudnn.allow_tf32
    try:
        for there in image_spaces():
            here = ImageTraining(**{**there.arguments, "device": "cpu"})
            config = there.space.sample(np.random.default_rng(1))
            a, b = here.training(config, 0), there.training(config, 0)
            a.epoch(), b.epoch()
            assert next(b.net.parameters()).is_cuda, there.arguments
            apart[there.architectures.name] = b.rows[0]["train_loss"] / a.rows[0]["train_loss"] - 1
    finally:
        torch.backends.cudnn.allow_tf32 = before
    print(apart)
    assert len(apart) >= 8 and apart.pop("robustdarts-s4", 0) < 0.5  # its layers of noise draw on their own device
    assert {name: far for name, far in apart.items() if not abs(far) < 0.05} == {}


@pytest.mark.parametrize(
    "more",
    [
        EVERYTHING,
        {**EVERYTHING, "precision": "bfloat16", "channels_last": True},
        {"compile": True, "precision": "bfloat16"},
    ],
    ids=["recipe", "bf16", "compiled"],
)
def test_a_training_that_was_cut_off_goes_on(tmp_path, more):
    task = ImageTraining(**SMALL, **more, device="cuda")
    whole = task.evaluate(CELL, seed=3)
    assert whole.value < 0.9 and np.isfinite(whole.metrics["train_loss"])
    task.evaluate(CELL, seed=3, fidelity=2, checkpoint=tmp_path / "t.pt")
    again = ImageTraining(**SMALL, **more, device="cuda").evaluate(CELL, seed=3, checkpoint=tmp_path / "t.pt")
    assert len(again.curve) == len(whole.curve) == 3
    assert again.metrics["train_loss"] == pytest.approx(whole.metrics["train_loss"], rel=0.05)


def test_what_begins_on_a_cpu_goes_on_on_a_gpu_and_back(tmp_path):
    """Dropout's generator is another on each device, and a checkpoint holds one of them."""
    drop = {**MLP, "dropout": 0.3}
    for first, then in (("cpu", "cuda"), ("cuda", "cpu")):
        for kind, config in ((DigitsMLP, drop), (DigitsCNN, {**CNN, "dropout": 0.3}), (DigitsCells, CELL)):
            path = tmp_path / f"{first}-{kind.name}.pt"
            kind(device=first, epochs=2).evaluate(config, seed=1, fidelity=1, checkpoint=path)
            found = kind(device=then, epochs=2).evaluate(config, seed=1, checkpoint=path)
            assert len(found.curve) == 2 and np.isfinite(found.value)


def test_images_that_do_not_fit_are_read_as_they_are_needed(monkeypatch):
    whole = ImageTraining(**SMALL, device="cuda").evaluate(CELL, seed=1)
    monkeypatch.setattr(image_training, "ROOM", 0)
    task = ImageTraining(**SMALL, device="cuda")
    assert isinstance(task.tensors["train"][0].x, np.ndarray) and not isinstance(task.found.x, torch.Tensor)
    assert task.evaluate(CELL, seed=1).metrics["train_loss"] == pytest.approx(whole.metrics["train_loss"], rel=0.01)


# ---- many at once ----------------------------------------------------------------------------------------


def test_packed_networks_are_what_they_are_alone():
    task = DigitsMLP(epochs=2, train=150, device="cuda")
    rng = np.random.default_rng(0)
    configs = [{**task.space.sample(rng), "lr": 0.01} for _ in range(6)]
    assert any(c["dropout"] for c in configs)
    with exact(task):
        alone, together = ([Plain(task, c, seed) for seed, c in enumerate(configs)] for _ in range(2))
        for _ in range(2):
            pack = Pack(together)
            for training in alone:
                training.epoch()
            pack.epoch()
            pack.give_back()
    for a, b, config in zip(alone, together, configs, strict=True):
        if not config["dropout"]:
            torch.testing.assert_close(numbers(a.net), numbers(b.net), atol=1e-8, rtol=0)
        assert a.losses == pytest.approx(b.losses, rel=1e-6 if not config["dropout"] else 0.5)


def test_packed_cells_are_what_they_are_alone():
    task = DigitsCells(train=100, epochs=2, channels=3, device="cuda")
    cells = [tuple(map(int, c)) for c in np.random.default_rng(2).integers(5, size=(60, 6)) if live(tuple(c))][:6]
    with exact(task):
        alone, together = ([Training(task, to_config(c), 7 + k) for k, c in enumerate(cells)] for _ in range(2))
        for _ in range(2):
            groups = Groups(together)
            groups.epoch()
            groups.give_back()
            for training in alone:
                training.epoch()
        for a, b in zip(alone, together, strict=True):
            torch.testing.assert_close(numbers(a.net), numbers(b.net), atol=1e-7, rtol=0)
            assert a.measure("test") == pytest.approx(b.measure("test"), abs=1e-7)


def test_a_packed_search_finds_there_what_one_at_a_time_finds():
    for task in (DigitsMLP(epochs=2, device="cuda"), DigitsCells(epochs=1, channels=4, device="cuda")):
        alone, packed = (nasbook.search("random", task, trials=12, seed=2, packed=n) for n in (1, 12))
        assert [t.config for t in packed.trials] == [t.config for t in alone.trials]
        assert {t.status for t in packed.trials} == {"done"}
        np.testing.assert_allclose(packed.values, alone.values, atol=0.25)
        assert all(t.used["gpu_seconds"] > 0 for t in [*packed.trials, *alone.trials])


# ---- studies ---------------------------------------------------------------------------------------------


def study(folder, trials):
    """Two workers, half a GPU each."""
    found = nasbook.search("random", DigitsCells(epochs=3, channels=4), trials=1, seed=1)
    return found.export(folder / "study.yaml", trials=trials, workers=2, gpus=0.5, device="cuda")


def test_a_study_on_half_a_gpu_each_is_run_measured_paid_and_trained_to_the_end(tmp_path):
    """Run, cost, measure, train: with the board's own seconds, memory and joules on the way."""
    study(tmp_path, 6)
    run("run", "study.yaml", "--out", "out", cwd=tmp_path)
    trace = nasbook.Trace.load(tmp_path / "out" / "trace.jsonl")
    assert {t.status for t in trace.trials} == {"done"} and {t.worker for t in trace.trials} == {0, 1}
    for used in (t.used for t in trace.trials):
        assert used["gpu_seconds"] == pytest.approx(used["seconds"] / 2, rel=1e-3)
        assert used["gpu_peak_bytes"] > 1e5 and used["gpu_joules"] >= 0
    assert sum(t.used["gpu_joules"] for t in trace.trials) > 0
    trial, here, seed = trace.trials[0], DigitsCells(epochs=3, channels=4, device="cpu"), trace.header.seed
    assert trial.value == pytest.approx(here.evaluate(trial.config, seed=trial_seed(seed, 0)).value, abs=0.25)

    said = run("cost", "out", cwd=tmp_path)
    assert "GPU: " in said and "the machine has counted" in said
    print(said)

    run("measure", "study.yaml", cwd=tmp_path)
    measured = json.loads((tmp_path / "study.measured.json").read_text())
    assert measured["device"] == torch.cuda.get_device_name(0) and measured["seconds"]

    run("train", "out", "--out", "winner", "--seeds", "2", cwd=tmp_path)
    card = json.loads((tmp_path / "winner" / "card.json").read_text())
    assert card["training"]["device"] == "cuda:0" and card["accuracy"] > 0.3
    code = "import network; net = network.load(); assert not next(net.parameters()).is_cuda; print(net.__class__)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path / "winner")


def test_what_was_trained_there_becomes_an_onnx_file(tmp_path):
    for package in ("onnx", "onnxscript", "onnxruntime"):
        pytest.importorskip(package)
    trace = nasbook.search("random", DigitsCells(epochs=1, channels=4, device="cuda"), trials=2, seed=0)
    trace.save(tmp_path / "trace.jsonl")
    run("train", "trace.jsonl", "--out", "winner", "--seeds", "1", "--onnx", cwd=tmp_path)
    card = json.loads((tmp_path / "winner" / "card.json").read_text())
    assert card["training"]["device"] == "cuda:0" and card["onnx"]["largest_difference"] < 1e-3
    assert card["onnx"]["test"] == pytest.approx(card["weights"]["test"], abs=0.01)
    assert {"model.onnx", "model-int8.onnx"} <= {p.name for p in (tmp_path / "winner").iterdir()}


def test_trials_and_epochs_are_ranges_that_a_profiler_sees(monkeypatch):
    """The calls reach NVIDIA's own library; what they name is looked at here."""
    nvtx, said = torch.cuda.nvtx, []
    push, pop = nvtx.range_push, nvtx.range_pop
    monkeypatch.setattr(nvtx, "range_push", lambda text: (said.append(text), push(text))[1])
    monkeypatch.setattr(nvtx, "range_pop", lambda: (said.append(None), pop())[1])
    nasbook.search("random", DigitsMLP(epochs=3, train=100, device="cuda"), trials=2, seed=0)
    assert [text for text in said if text and text.startswith("trial")] == ["trial 0", "trial 1"]
    assert sum(text is None for text in said) == sum(text is not None for text in said)
    assert [text for text in said if text and text.startswith("after")][:3] == ["after 1", "after 2", "after 3"]


def test_the_run_lab_is_told_how_busy_the_gpu_is(tmp_path):
    study(tmp_path, 4)
    run("run", "study.yaml", "--out", "out", cwd=tmp_path)
    rows = [json.loads(line) for line in (tmp_path / "out" / "pulse.jsonl").read_text().splitlines()]
    used = [row for row in rows if row["state"] == "running"]
    assert used and all(0 <= row["gpu"] <= 1 and row["gpu_memory"] > 0 for row in used)


def test_the_loop_itself_waits_for_nothing():
    """Losses stay on the device while an epoch runs: nothing is asked of the GPU between two steps."""
    task = DigitsCells(train=200, epochs=1, channels=4, device="cuda")
    training = task.training(CELL, 0)
    x, y = task.tensors["train"]
    batches = torch.randperm(200, device="cuda").split(50)
    learner.epoch(training.net, training.optimiser, x, y, batches)  # what is made once
    torch.cuda.set_sync_debug_mode("error")
    try:
        losses = learner.epoch(training.net, training.optimiser, x, y, batches, clip=1.0)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert len(losses) == 4 and all(loss.is_cuda for loss in losses)
