"""A training goes on from its checkpoint bit for bit, and other checkpoints are refused."""

import pytest
import torch
from tasks.trainings import CASES, CNN, IDS, MLP, answer, small

from nasbook.task import StopTrial
from nasbook.tasks.training import DigitsCNN, DigitsMLP, Training


@pytest.mark.parametrize(("cls", "config"), CASES, ids=IDS)
def test_a_low_fidelity_is_the_beginning_of_a_high_one(cls, config):
    task = small(cls)
    _, curve, _ = answer(task, config)
    value, short, metrics = answer(task, config, fidelity=3)
    assert short == curve[:3] and value == curve[2][1] and metrics["epochs"] == 3
    assert (task.fidelity.unit, task.fidelity.min, task.fidelity.max) == ("epoch", 1, 5)


@pytest.mark.parametrize(("cls", "config"), CASES, ids=IDS)
@pytest.mark.parametrize("cut", [1, 3, 5])
def test_resume_from_a_checkpoint_is_bitwise(cls, config, cut, tmp_path):
    whole = Training(small(cls), config, 7)
    for _ in range(5):
        whole.epoch()
    first = Training(small(cls), config, 7)
    for _ in range(cut):
        first.epoch()
    first.save(tmp_path / "state")
    second = Training(small(cls), config, 7)
    second.restore(tmp_path / "state")
    assert second.curve == whole.curve[:cut]
    while len(second.curve) < 5:
        second.epoch()
    assert second.losses == whole.losses and second.curve == whole.curve
    for (name, a), b in zip(whole.net.state_dict().items(), second.net.state_dict().values(), strict=True):
        assert torch.equal(a, b), name


@pytest.mark.parametrize(("cls", "config"), CASES, ids=IDS)
def test_a_cut_off_trial_goes_on_and_reports_its_whole_curve(cls, config, tmp_path):
    expected = answer(small(cls), config, seed=5)
    reported = []

    def report(epoch, value):
        reported.append((epoch, value))
        if len(reported) == 2:
            raise StopTrial("the machine was needed")

    with pytest.raises(StopTrial):
        small(cls).evaluate(config, seed=5, report=report, checkpoint=tmp_path / "state")
    assert (tmp_path / "state").exists() and not list(tmp_path.glob("*.tmp"))
    epochs_run = []
    original = Training.epoch
    task = small(cls)
    try:
        Training.epoch = lambda self: epochs_run.append(len(self.curve) + 1) or original(self)
        reported = [None, None]  # so that the third report does not stop it
        got = answer(task, config, seed=5, report=report, checkpoint=tmp_path / "state")
    finally:
        Training.epoch = original
    assert got == expected and reported[2:] == expected[1]
    assert epochs_run == [3, 4, 5]
    again = answer(task, config, seed=5, fidelity=3, checkpoint=tmp_path / "state")  # a finished one answers at once
    assert again[0] == expected[1][2][1] and again[1] == expected[1][:3]


def test_a_damaged_checkpoint_is_left_aside_with_a_warning(tmp_path):
    task, path = small(DigitsMLP), tmp_path / "state"
    expected = answer(task, MLP, seed=5)
    task.evaluate(MLP, seed=5, fidelity=2, checkpoint=path)
    data = path.read_bytes()
    cuts = [data[: len(data) * k // 20] for k in range(20)]
    for damaged in (*cuts, data[:-1], b"not a checkpoint"):
        path.write_bytes(damaged)
        with pytest.warns(UserWarning, match=r"state cannot be read .*; the training starts anew"):
            assert answer(task, MLP, seed=5, checkpoint=path) == expected
        assert path.stat().st_size > 1000  # written anew


def test_a_checkpoint_of_another_training_is_refused(tmp_path):
    small(DigitsMLP).evaluate(MLP, seed=5, fidelity=1, checkpoint=tmp_path / "state")
    for task, config, seed in (
        (small(DigitsMLP), MLP, 6),
        (small(DigitsMLP), {**MLP, "lr": 0.2}, 5),
        (small(DigitsMLP, train=201), MLP, 5),
        (small(DigitsCNN), CNN, 5),
    ):
        with pytest.raises(ValueError, match="state holds another training: "):
            task.evaluate(config, seed=seed, checkpoint=tmp_path / "state")
