"""Digits-201: the table agrees with itself, with a training in PyTorch, and with the compiled trainer."""

import shutil

import numpy as np
import pytest

import nasbook
from nasbook.nas.spaces.nb201.cell import all_cells, canonical_key, classes, to_config
from nasbook.tasks.digits201 import IMAGES, TABLE, Digits201


def test_shapes_counts_and_size():
    assert TABLE.stat().st_size <= 5_000_000
    with np.load(TABLE) as table:
        assert table["cells"].shape == (5044, 6) and table["index"].shape == (15625,)
        for name, (n_val, n_test) in IMAGES.items():
            assert table[f"{name}_val"].shape == (5044, 3, 12) and table[f"{name}_val"].max() <= n_val
            assert table[f"{name}_test"].shape == (5044, 3, 5) and table[f"{name}_test"].max() <= n_test
            assert np.isfinite(table[f"{name}_loss"].astype(float)).all()


def test_equal_networks_share_a_row_and_different_ones_do_not():
    task = Digits201()
    cells, of = classes()
    assert [task.row(c) for c in cells] == list(range(5044))
    rng = np.random.default_rng(0)
    every = list(all_cells())
    for i, j in rng.integers(len(every), size=(300, 2)):
        a, b = every[i], every[j]
        assert (task.row(a) == task.row(b)) == (canonical_key(a) == canonical_key(b))
        assert task.row(a) == of[a]


def test_what_is_known_of_the_space_holds_here_too():
    task = Digits201("digits")
    accuracy = np.array([task.accuracy(c) for c in classes()[0]])
    convs = np.array([c.count(3) for c in classes()[0]])
    assert accuracy[convs >= 3].mean() > accuracy[convs == 0].mean() + 0.03
    assert task.accuracy((0,) * 6) < 0.2  # no path from input to output: chance
    assert task.test_accuracy("333333") > 0.85


# the largest, a mixed and a small cell; each is the representative of its class
@pytest.mark.parametrize("key, seed", [("333333", 0), ("031322", 1), ("000104", 2)])
def test_a_training_in_pytorch_reproduces_a_row(key, seed):
    """Same weights, same order of images, another program: the curves agree up to rounding that grows."""
    table, task = Digits201("digits", run=seed), nasbook.task("digits-cells", device="cpu")
    cell = classes()[0][table.row(key)]
    curve = np.array(task.evaluate(to_config(cell), seed=seed).curve)[:, 1]
    errors = 1 - table.val[table.row(cell), seed]
    assert np.abs(curve - errors)[:3].max() <= 0.05
    assert abs(curve[-1] - errors[-1]) <= 0.035


@pytest.mark.skipif(shutil.which("g++") is None, reason="g++ is not installed")
def test_the_compiled_trainer_reproduces_rows(tmp_path):
    from nasbook.data.make.digits201 import generate, trainer

    try:
        lib = trainer.library(tmp_path)
    except Exception as error:
        pytest.skip(f"the trainer cannot be built here: {error}")
    for task in ("digits", "textures"):
        table = Digits201(task, run=1)
        for row in (60, 2500, 5000):
            data, logits = generate.data(task), np.zeros((sum(IMAGES[task]), 10), np.float32)
            curves = trainer.train(lib, generate.distinct()[row], 1, data, test_at=(12,), logits=logits)
            assert abs(curves[-1, 3] - table.val[row, 1, -1]) <= 0.03
            assert abs(curves[-1, 5] - table.test[row, 1, -1]) <= 0.03
            y = np.concatenate([data[part][1] for part in ("val", "test")])
            right, n = logits.argmax(1) == y, IMAGES[task][0]
            assert [right[:n].mean(), right[n:].mean()] == pytest.approx(curves[-1, [3, 5]].tolist())
            log_p = logits[:n] - np.log(np.exp(logits[:n]).sum(1, keepdims=True))
            assert -log_p[np.arange(n), y[:n]].mean() == pytest.approx(curves[-1, 2], rel=1e-4)


def test_a_search_sees_validation_runs_and_their_curves():
    table, trace = Digits201("messy"), nasbook.search("random", "digits201-messy", trials=20, seed=0)
    for trial in trace.trials:
        assert len(trial.curve) == 12 and trial.curve[-1][1] == trial.value
        assert trial.value == pytest.approx(1 - table.val[table.row(trial.config), trial.metrics["run"], 11])
    short = nasbook.task("digits201-messy").evaluate(trace.best.config, fidelity=3, seed=0)
    assert len(short.curve) == 3


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: Digits201("mnist"), "dataset must be one of digits, messy, textures, not 'mnist'"),
        (lambda: Digits201(run=3), "run must be 0, 1, 2 or None"),
        (lambda: Digits201().evaluate(to_config("000000"), fidelity=13), r"1 … 12 epochs, not 13"),
        (lambda: Digits201().test_accuracy("000000", epochs=3), "not after 3"),
    ],
)
def test_wrong_arguments_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
