"""The digits trainings: one step by hand, bitwise resume, honest splits, and plain errors."""

import json
import math
import pickle
import threading

import numpy as np
import pytest
import torch
from tasks.trainings import ADAM, CASES, CNN, IDS, MLP, answer, small

import nasbook
from nasbook.evaluation import evaluate
from nasbook.tasks.training import DigitsCNN, DigitsMLP, Dropout, Training
from nasbook.trace import Trial


@pytest.mark.parametrize(("cls", "config"), CASES, ids=IDS)
def test_configs_of_this_file_belong_to_the_spaces(cls, config):
    assert cls.space.validate(config) == config


@pytest.mark.parametrize(
    ("cls", "config", "bound"), [(DigitsMLP, MLP, 0.10), (DigitsMLP, ADAM, 0.10), (DigitsCNN, CNN, 0.06)], ids=IDS
)
def test_it_learns(cls, config, bound):
    task = cls()
    value, curve, metrics = answer(task, config, seed=0)
    assert value < bound  # chance is 0.9
    assert len(curve) == 10 and curve[-1] == (10, value) and [e for e, _ in curve] == list(range(1, 11))
    assert curve[0][1] > value
    assert metrics["epochs"] == 10 and 0 < metrics["train_loss"] < 0.5
    assert abs(task.test(config, seed=0) - value) < 0.05


def test_one_sgd_step_equals_numpy():
    """A full batch, one hidden layer, no dropout: w ← w − lr (∂L/∂w + decay · w), by hand."""
    task = DigitsMLP(train=100)
    config = {**MLP, "depth": 1, "dropout": 0.0, "batch": 256, "momentum": 0.5, "weight_decay": 0.01, "lr": 0.2}
    training = Training(task, config, seed=1)
    W1, b1, W2, b2 = (p.detach().double().numpy().copy() for p in training.net.parameters())
    assert not b1.any() and W1.std() == pytest.approx(math.sqrt(2 / 64), rel=0.1)  # He et al. 2015
    (x, y), n = task.data()["train"], 100
    x = x.reshape(n, 64).astype(float)
    h = np.maximum(0, x @ W1.T)
    z = h @ W2.T
    p = np.exp(z - z.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    loss = -np.log(p[np.arange(n), y]).mean()
    dz = (p - np.eye(10)[y]) / n
    dh = dz @ W2 * (h > 0)
    gradients = dh.T @ x + 0.01 * W1, dh.sum(0), dz.T @ h + 0.01 * W2, dz.sum(0)
    training.epoch()
    assert training.losses == [pytest.approx(loss, rel=1e-5)]
    for after, before, gradient in zip(training.net.parameters(), (W1, b1, W2, b2), gradients, strict=True):
        assert np.allclose(after.detach().numpy(), before - 0.2 * gradient, atol=1e-6)


def test_validation_error_counts_wrong_answers():
    task = small(DigitsMLP)
    training = Training(task, MLP, 0)
    training.epoch()
    x, y = task.data()["val"]
    training.net.eval()
    with torch.no_grad():
        answers = np.array([int(training.net(torch.tensor(image[None])).argmax()) for image in x])
    assert training.error("val") == training.curve[0] == pytest.approx((answers != y).mean())


@pytest.mark.parametrize("depth", [1, 3])
def test_parameter_counts(depth):
    width, task = 32, small(DigitsMLP)
    config = {**MLP, "depth": depth}
    expected = 64 * width + width + (depth - 1) * (width * width + width) + width * 10 + 10
    assert task.evaluate(config, fidelity=1).metrics["parameters"] == expected
    c, total = 1, 0
    for block in range(depth):
        total, c = total + 9 * c * 8 * 2**block + 2 * 8 * 2**block, 8 * 2**block  # kernels, scale and shift
    cnn = small(DigitsCNN).evaluate({**CNN, "depth": depth}, fidelity=1)
    assert cnn.metrics["parameters"] == total + c * 10 + 10


# ---- seeds, fidelity, checkpoints ------------------------------------------------------------------------


@pytest.mark.parametrize(("cls", "config"), CASES, ids=IDS)
def test_the_seed_decides_everything(cls, config):
    torch.manual_seed(1)
    a = answer(small(cls), config, seed=3)
    torch.manual_seed(2)
    assert a == answer(small(cls), config, seed=3)
    assert a[1] != answer(small(cls), config, seed=4)[1]


def test_trainings_in_threads_do_not_disturb_each_other():
    task, out = small(DigitsMLP, epochs=3), {}
    expected = {seed: answer(task, MLP, seed=seed) for seed in (0, 1)}
    run = lambda seed: out.update({seed: answer(task, MLP, seed=seed)})  # noqa: E731
    threads = [threading.Thread(target=run, args=(seed,)) for seed in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert out == expected


def test_divergence_becomes_a_failed_trial():
    config = {**MLP, "lr": 1.0, "momentum": 0.99, "depth": 4, "width": 128, "batch": 16, "weight_decay": 0.1}
    trial = evaluate(DigitsMLP(), Trial(0, config), seed=0)
    assert trial.status == "failed" and trial.value is None and trial.reason == "diverged: the value is nan"
    assert trial.metrics["epochs"] < 10 and len(trial.curve) == trial.metrics["epochs"] - 1
    assert trial.metrics["train_loss"] is None  # JSON knows no NaN


def test_a_veto_prunes_with_the_last_value():
    veto = lambda trial, curve: "two are enough" if len(curve) == 2 else None  # noqa: E731
    trial = evaluate(small(DigitsMLP), Trial(0, MLP), seed=0, should_stop=veto)
    assert trial.status == "pruned" and trial.reason == "two are enough"
    assert len(trial.curve) == 2 and trial.value == trial.curve[-1][1]


def test_dropout_keeps_the_mean_and_draws_from_its_generator():
    layer = Dropout(0.3, torch.Generator().manual_seed(0))
    x = torch.ones(400, 400)
    y = layer(x)
    assert y.unique().tolist() == [0.0, pytest.approx(1 / 0.7)]
    assert (y == 0).double().mean().item() == pytest.approx(0.3, abs=0.005)
    assert y.mean().item() == pytest.approx(1, abs=0.01)
    assert torch.equal(y, Dropout(0.3, torch.Generator().manual_seed(0))(x)) and not torch.equal(y, layer(x))
    assert torch.equal(layer.eval()(x), x)


# ---- data ------------------------------------------------------------------------------------------------


def test_the_searcher_never_sees_the_test_images():
    task, blind = small(DigitsMLP), small(DigitsMLP)
    blind.splits = {**blind.splits, "test": (blind.splits["test"][0] * 0, (blind.splits["test"][1] + 1) % 10)}
    assert answer(task, MLP, seed=0) == answer(blind, MLP, seed=0)
    assert task.test(MLP, seed=0) != blind.test(MLP, seed=0)


def test_the_test_error_is_of_the_same_training():
    task = small(DigitsMLP)
    training = Training(task, MLP, 3)
    for _ in range(2):
        training.epoch()
    assert task.test(MLP, seed=3, fidelity=2) == training.error("test")
    with pytest.raises(ValueError, match="lr must lie in"):
        task.test({**MLP, "lr": 7}, seed=0)


def test_scaling_up_is_a_matter_of_arguments():
    task = DigitsMLP(epochs=20, train=1079, device="cpu")
    assert task.arguments == {"epochs": 20, "train": 1079, "device": "cpu"}
    trace = nasbook.search("random", nasbook.task("digits-mlp", epochs=1, train=50), trials=2)
    header = json.loads(json.dumps(trace.header.to_dict()))
    again = nasbook.task(header["task"], **header["arguments"])
    assert (again.epochs, again.train) == (1, 50) and DigitsMLP().arguments == {}
    seed = nasbook.search("random", again, trials=2)
    assert seed.digest == trace.digest


def test_pickles_with_and_without_tensors():
    task = small(DigitsMLP)
    expected = answer(task, MLP, seed=1)
    assert answer(pickle.loads(pickle.dumps(task)), MLP, seed=1) == expected


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"epochs": 0}, "digits-mlp: epochs must be a whole number of at least 1, not 0"),
        ({"epochs": True}, "digits-mlp: epochs must be a whole number of at least 1, not True"),
        ({"train": 2.5}, "digits-mlp: train must be a whole number of at least 1, not 2.5"),
        ({"train": 1080}, "train=1080, but of 1797 images 1079 are left to learn from"),
        ({"device": "mps"}, "digits-mlp: device must be 'auto', 'cpu' or 'cuda', not 'mps'"),
        ({"data": "nowhere.npz"}, "nowhere.npz: an .npz file with arrays x and y is needed"),
    ],
)
def test_bad_arguments_are_one_sentence(arguments, sentence):
    with pytest.raises(ValueError, match=sentence) as error:
        DigitsMLP(**arguments)
    assert "\n" not in str(error.value)


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_a_missing_gpu_is_named():
    with pytest.raises(ValueError, match="this machine has no CUDA GPU; 'auto' takes what is there"):
        DigitsCNN(device="cuda")
