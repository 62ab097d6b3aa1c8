"""DigitsCells: another trainer's curves, resuming, fidelity, arguments."""

import pickle

import numpy as np
import pytest
import torch

import nasbook
from nasbook.nas.spaces.nb201.cell import to_config
from nasbook.task import StopTrial
from nasbook.tasks.architectures import Training
from nasbook.tasks.cells import DigitsCells

# From Digits-201, made by a trainer written in C++ that shares no code with this one: correct validation images (of
# 300) after each of the 12 epochs, and correct test images (of 1,197) after the last; seed 0.
DIGITS_201 = {
    (4, 2, 1, 3, 2, 4): ([61, 164, 193, 200, 202, 224, 256, 266, 265, 267, 268, 266], 1086),
    (1, 2, 2, 2, 3, 3): ([84, 104, 128, 144, 182, 204, 228, 246, 252, 255, 256, 255], 1043),
    (1, 0, 2, 1, 2, 2): ([60, 84, 86, 104, 115, 125, 147, 169, 176, 173, 181, 177], 723),
    (3, 1, 2, 1, 2, 4): ([58, 128, 161, 215, 236, 262, 268, 268, 279, 274, 277, 277], 1106),
}
CELL = (3, 1, 2, 1, 2, 4)


@pytest.fixture(scope="module")
def task():
    return DigitsCells()


@pytest.mark.parametrize("cell", DIGITS_201)
def test_curves_of_another_trainer(task, cell):
    """Rounding grows over 72 steps, so a few images may differ; a wrong schedule, norm or order differs by dozens."""
    val, test = DIGITS_201[cell]
    training = Training(task, to_config(cell), seed=0)
    for _ in range(12):
        training.epoch()
    mine = np.array([(1 - row["error"]) * 300 for row in training.rows])
    np.testing.assert_allclose(mine, np.round(mine), atol=1e-6)
    assert np.abs(mine - val).max() <= 6
    assert abs((1 - training.measure("test")[1]) * 1197 - test) <= 12


def test_evaluation(task):
    seen = []
    answer = task.evaluate(to_config(CELL), fidelity=2, seed=3, report=lambda f, v: seen.append((f, v)))
    assert seen == list(answer.curve) and [f for f, _ in seen] == [1, 2]
    assert answer.value == seen[-1][1] == pytest.approx(1 - answer.metrics["accuracy"])
    assert answer.metrics["epochs"] == 2
    assert answer.metrics["parameters"] == 5_138  # (160 + 592) + (576 + 2,336) in the cells, 1,474 around them


def test_a_shorter_training_is_the_beginning_of_a_longer_one(task):
    two = task.evaluate(to_config(CELL), fidelity=2, seed=1)
    four = task.evaluate(to_config(CELL), fidelity=4, seed=1)
    assert list(four.curve)[:2] == list(two.curve)


def test_seeds_differ_and_repeat(task):
    a, b, c = (task.evaluate(to_config(CELL), fidelity=1, seed=s).metrics["train_loss"] for s in (0, 0, 1))
    assert a == b != c


def test_a_killed_training_goes_on_bit_for_bit(task, tmp_path):
    """Killed by its report after every single epoch, and resumed in a new process's place: the same bits."""
    file, config = tmp_path / "deep" / "trial.pt", to_config(CELL)
    whole = Training(task, config, seed=4)
    for _ in range(5):
        whole.epoch()

    def kill(at):
        def report(epoch, value):
            if epoch == at:
                raise StopTrial("killed")

        return report

    for at in range(1, 5):
        with pytest.raises(StopTrial):
            DigitsCells().evaluate(config, fidelity=5, seed=4, report=kill(at), checkpoint=file)
    seen = []
    answer = DigitsCells().evaluate(config, fidelity=5, seed=4, report=lambda f, v: seen.append(v), checkpoint=file)
    assert seen == [row["error"] for row in whole.rows]  # what was reported before the kill is reported again
    assert answer.metrics["train_loss"] == whole.rows[-1]["train_loss"]
    resumed = Training(task, config, seed=4)
    resumed.restore(file)
    for a, b in zip(whole.net.state_dict().values(), resumed.net.state_dict().values(), strict=True):
        assert torch.equal(a, b)


def test_a_finished_checkpoint_answers_at_once(task, tmp_path, monkeypatch):
    file = tmp_path / "trial.pt"
    first = task.evaluate(to_config(CELL), fidelity=2, seed=0, checkpoint=file)
    monkeypatch.setattr(Training, "epoch", lambda self: pytest.fail("trained again"))
    assert task.evaluate(to_config(CELL), fidelity=2, seed=0, checkpoint=file) == first
    assert list(task.evaluate(to_config(CELL), fidelity=1, seed=0, checkpoint=file).curve) == list(first.curve)[:1]


def test_checkpoints_of_other_trainings_and_broken_ones(task, tmp_path):
    file = tmp_path / "trial.pt"
    task.evaluate(to_config(CELL), fidelity=1, seed=0, checkpoint=file)
    with pytest.raises(ValueError, match="holds another training"):
        task.evaluate(to_config(CELL), fidelity=1, seed=1, checkpoint=file)
    with pytest.raises(ValueError, match="holds another training"):
        DigitsCells(channels=4).evaluate(to_config(CELL), fidelity=1, seed=0, checkpoint=file)
    straight = task.evaluate(to_config(CELL), fidelity=1, seed=0)
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.warns(UserWarning, match="starts anew"):
        assert task.evaluate(to_config(CELL), fidelity=1, seed=0, checkpoint=file) == straight


def test_data(task):
    data = task.data()
    assert {k: (x.shape, x.dtype, y.shape) for k, (x, y) in data.items()} == {
        "train": ((300, 8, 8), np.float32, (300,)),
        "val": ((300, 8, 8), np.float32, (300,)),
        "test": ((1197, 8, 8), np.float32, (1197,)),
    }
    every = np.concatenate([x for x, _ in data.values()])
    assert abs(every.mean()) < 1e-6 and abs(every.std() - 1) < 1e-6
    more = DigitsCells(train=1000).data()
    assert [len(y) for _, y in more.values()] == [1000, 300, 497]
    assert [len(y) for _, y in DigitsCells(data="textures").data().values()] == [600, 500, 2000]


def test_the_cell_without_a_path_guesses(task):
    answer = task.evaluate(to_config((0,) * 6), fidelity=2)
    assert answer.value > 0.8


def test_divergence_is_told(task, monkeypatch):
    monkeypatch.setitem(task.recipe, "lr", float("inf"))
    trace = nasbook.search("random", task, trials=1)
    assert trace.trials[0].status == "failed" and "diverged" in trace.trials[0].reason


def test_a_search_over_real_trainings():
    task = nasbook.task("digits-cells", epochs=1, channels=2)
    trace = nasbook.search("regularized-evolution", task, trials=6, population=3, sample=2)
    assert [t.status for t in trace.trials] == ["done"] * 6
    assert trace.header.arguments == {"epochs": 1, "channels": 2}
    again = nasbook.task(trace.header.task, **trace.header.arguments)
    seed = int(np.random.SeedSequence([0, 0]).generate_state(1)[0])
    assert again.evaluate(trace.trials[0].config, seed=seed).value == trace.trials[0].value


def test_test_error(task):
    short = DigitsCells(epochs=2)
    assert 0 < short.test(to_config(CELL)) < 1
    training = Training(short, to_config(CELL), 0)
    training.epoch(), training.epoch()
    assert short.test(to_config(CELL)) == training.measure("test")[1]


def test_a_task_travels_to_another_process(task):
    assert task.tensors
    copy = pickle.loads(pickle.dumps(task))
    assert "tensors" not in copy.__dict__
    assert copy.evaluate(to_config(CELL), fidelity=1).value == task.evaluate(to_config(CELL), fidelity=1).value


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"data": "cifar"}, "data must be one of digits, messy, textures"),
        ({"train": 10}, "train must be a whole number of at least 50"),
        ({"train": 1500}, "at most 1397"),
        ({"epochs": 0}, "epochs must be a whole number"),
        ({"channels": 1.5}, "channels must be a whole number"),
        ({"device": "gpu"}, "device must be 'auto'"),
    ],
)
def test_arguments_are_checked(arguments, says):
    with pytest.raises(ValueError, match=says):
        DigitsCells(**arguments)


def test_fidelity_is_checked(task):
    with pytest.raises(ValueError, match="1 … 12 epochs"):
        task.evaluate(to_config(CELL), fidelity=13)
