"""Two processes that learn one network, as torchrun would start them: they do what one does with batches twice as
large. Here they are forked and speak by gloo; tests/walks/test_torchrun.py starts the real torchrun."""

import itertools
import os
import pickle
import traceback

import numpy as np
import pytest
import torch
from ports import free_ports
from torch import nn

from nasbook.cli import main
from nasbook.kit import parallel, torchrun
from nasbook.task import StopTrial
from nasbook.tasks.image_training import ImageTraining

if torch.cuda.is_available():
    pytest.skip("a process with a GPU cannot fork; the walk is tried there", allow_module_level=True)

RECIPE = {"train": 96, "epochs": 3, "channels": 3, "stages": 2, "device": "cpu"}
CELL = dict.fromkeys(ImageTraining(**RECIPE).space.parameters, "conv3x3") | {"edge_0_1": "none"}


def together(work, tmp_path, n=2):
    """work() in n processes: what each returns."""
    [port], names = free_ports(1), [tmp_path / f"{rank}.pickle" for rank in range(n)]
    children = []
    for rank in range(n):
        if (child := os.fork()) == 0:
            try:
                os.environ |= {
                    "RANK": str(rank),
                    "LOCAL_RANK": str(rank),
                    "WORLD_SIZE": str(n),
                    "MASTER_PORT": str(port),
                }
                os.environ["MASTER_ADDR"] = "127.0.0.1"
                answer = work()
            except BaseException:
                answer = traceback.format_exc()
            names[rank].write_bytes(pickle.dumps(answer))
            os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)
    return [pickle.loads(name.read_bytes()) for name in names]


class Plain(ImageTraining):
    """Without batch norms, which look at their own process's part."""

    def network(self, config, seed):
        net = super().network(config, seed)
        for module in list(net.modules()):
            for name, child in module.named_children():
                if isinstance(child, nn.BatchNorm2d):
                    setattr(module, name, nn.Identity())
        return net.double()


def learned(kind, epochs=3, checkpoint=None, report=None, **more):
    """(rows, weights and running statistics) of a training."""
    torch.set_num_threads(1)
    training = kind(**{**RECIPE, **more}).training(CELL, 5)
    training.learn(epochs, report, checkpoint)
    return training.rows, {k: v.detach().numpy().copy() for k, v in training.net.state_dict().items()}


class Doubled(Plain):
    @property
    def tensors(self):
        found = super().tensors
        for images, _ in found.values():
            images.mean, images.std = images.mean.double(), images.std.double()
        return found


MORE = {"clip": 0.5, "ema": 0.9, "label_smoothing": 0.1, "warmup": 1.0, "lr": 0.02}


def test_two_processes_learn_as_one_with_batches_twice_as_large(tmp_path):
    one_rows, one = learned(Doubled, batch=24, **MORE)
    for rows, net in together(lambda: learned(Doubled, batch=12, **MORE), tmp_path):
        for a, b in zip(one_rows, rows, strict=True):
            assert a == pytest.approx(b, abs=1e-6)
        for name in one:
            np.testing.assert_allclose(net[name], one[name], atol=1e-7)
    _, other = learned(Doubled, batch=12, **MORE)
    assert any(np.abs(other[name] - one[name]).max() > 1e-3 for name in one), "the size of a batch matters here"


def test_a_batch_norm_sees_its_own_part_and_all_judge_the_same_network(tmp_path):
    """The running mean of the first norm is that of the whole batch; the variance, of parts, is another."""
    _, one = learned(ImageTraining, 1, batch=96)
    (rows, a), (same_rows, b) = together(lambda: learned(ImageTraining, 1, batch=48), tmp_path)
    assert rows == same_rows and all(np.array_equal(a[name], b[name]) for name in a)
    first = next(name for name in a if name.endswith("running_mean")).removesuffix("mean")
    np.testing.assert_allclose(a[first + "mean"], one[first + "mean"], atol=1e-6)
    assert np.abs(a[first + "var"] - one[first + "var"]).max() > 1e-6


def test_two_that_were_cut_off_go_on_and_the_first_alone_reports(tmp_path):
    path = tmp_path / "t.pt"

    def work():
        heard = []
        learned(ImageTraining, 1, path, batch=24, augment=["crop", "flip"])
        rows, net = learned(ImageTraining, 3, path, lambda *_: heard.append(_), batch=24, augment=["crop", "flip"])
        whole, _ = learned(ImageTraining, 3, batch=24, augment=["crop", "flip"])
        return rows, whole, len(heard)

    (rows, whole, heard), (same, _, silent) = together(work, tmp_path)
    assert rows == whole == same and (heard, silent) == (3, 0)
    with pytest.raises(ValueError, match="holds another training"):  # which was that of two
        learned(ImageTraining, 3, path, batch=24, augment=["crop", "flip"])


def test_what_ends_the_first_ends_the_others(tmp_path):
    def work():
        def stop(epoch, _):
            if epoch == 2:
                raise StopTrial("enough")

        try:
            learned(ImageTraining, 3, None, stop, batch=24)
        except StopTrial as error:
            return str(error)

    assert together(work, tmp_path) == ["enough", "enough"]


def test_a_state_that_only_one_of_them_sees_is_refused(tmp_path):
    def work():
        learned(ImageTraining, 1, batch=24)  # they have met
        own = tmp_path / f"own-{parallel.rank()}.pt"
        if parallel.rank() == 0:
            training = ImageTraining(**RECIPE, batch=24).training(CELL, 5)
            training.rows = [{"train_loss": 1.0, "val_loss": 1.0, "error": 0.5}]
            training.save(own)
        try:
            learned(ImageTraining, 2, own, batch=24)
        except ValueError as error:
            return str(error)

    for said in together(work, tmp_path):
        assert "must lie on a disk that all of them see" in said


def test_too_few_images_for_all_of_them_are_said(tmp_path):
    def work():
        try:
            learned(ImageTraining, 1, batch=60)
        except ValueError as error:
            return str(error)

    for said in together(work, tmp_path):
        assert said == "images: 96 images are left to learn from, too few for one batch of 60 in each of 2 processes"


def test_what_torchrun_tells(monkeypatch):
    assert (torchrun.processes(), torchrun.place()) == (1, 0)
    told = {"RANK": "1", "WORLD_SIZE": "4", "MASTER_ADDR": "a", "MASTER_PORT": "1"}
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    assert (torchrun.processes(), torchrun.place()) == (4, 1)
    for name, odd in itertools.product(("RANK", "WORLD_SIZE"), ("", "two", "-1", "٣")):
        monkeypatch.setenv(name, odd)
        assert torchrun.place() in (0, 1) and torchrun.processes() in (1, 4)
        monkeypatch.setenv(name, told[name])
    monkeypatch.delenv("MASTER_PORT")  # something else has set the others
    assert (torchrun.processes(), torchrun.place()) == (1, 0)


@pytest.mark.parametrize(
    "words",
    [["run", "study.yaml"], ["search", "random", "digits-mlp"], ["worker", "sqlite:///a.db"]],
    ids=lambda w: w[0],
)
def test_what_starts_its_own_processes_is_refused_under_torchrun(words, monkeypatch, capsys):
    for name, value in {"RANK": "0", "WORLD_SIZE": "2", "MASTER_ADDR": "a", "MASTER_PORT": "1"}.items():
        monkeypatch.setenv(name, value)
    assert main(words) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and f"each would be a `nasbook {words[0]}` of its own: leave torchrun out" in said
    monkeypatch.setenv("RANK", "1")
    assert main(words) == 2 and capsys.readouterr().err == ""  # the first process says it
