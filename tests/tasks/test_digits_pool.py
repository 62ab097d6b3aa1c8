"""The pool of trained networks: its size, its coding, its trainings repeated, and searches on it."""

import shutil

import numpy as np
import pytest

import nasbook
from nasbook import Choice, Space
from nasbook.kit.ensemble import error, nll
from nasbook.task import trial_seed
from nasbook.tasks.digits201 import Digits201
from nasbook.tasks.digits_pool import CELLS, SEEDS, TABLE, decode, encode
from nasbook.tasks.images import messy


@pytest.fixture(scope="module")
def task():
    return nasbook.task("digits-pool")


def test_size_shapes_and_labels(task):
    assert TABLE.stat().st_size < 3_000_000 and len(set(task.cells)) == CELLS
    for part, n in (("val", 500), ("test", 1000)):
        p = task.members([(c, s) for c in range(CELLS) for s in range(SEEDS)], part)
        assert p.shape == (CELLS * SEEDS, n, 10) and np.abs(p.sum(-1) - 1).max() < 1e-12
        assert np.array_equal(task.labels(part), messy()[part][1][:n])


def test_what_is_kept_is_close_to_what_was_said():
    z = np.random.default_rng(0).standard_normal((400, 10)) * 4
    p = np.exp(z - z.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    y = np.arange(400) % 10
    back = decode(encode(z))
    assert np.abs(back - p).max() < 0.02 and abs(nll(back, y) - nll(p, y)) < 0.01


def test_the_errors_are_those_of_digits201(task):
    """The same networks by the same trainer: seeds 0 to 2 are rows of that table, up to another processor's rounding,
    and the table's coding."""
    table, away = Digits201("messy"), []
    for c, cell in enumerate(task.cells):
        for seed in range(3):
            own = error(task.members([(c, seed)])[0], task.labels("val"))
            away.append(own - (1 - table.val[table.row(cell), seed, -1]))
    assert abs(np.mean(away)) < 0.004 and np.abs(away).max() < 0.12


@pytest.mark.skipif(shutil.which("g++") is None, reason="g++ is not installed")
def test_a_training_is_repeated(task, tmp_path):
    from nasbook.data.make import digits_pool as make
    from nasbook.data.make.digits201 import trainer

    try:
        lib = trainer.library(tmp_path)
    except Exception as error_:
        pytest.skip(f"the trainer cannot be built here: {error_}")
    cell = make.drawn()[7]
    assert "".join(map(str, cell)) == task.cells[7]
    logits = np.zeros((2500, 10), np.float32)
    trainer.train(lib, cell, 3, make.data(), logits=logits)
    p, y = decode(encode(logits[:500])), task.labels("val")
    assert abs(nll(p, y) - nll(task.members([(7, 3)])[0], y)) < 0.08
    assert abs(error(p, y) - error(task.members([(7, 3)])[0], y)) < 0.03


def test_searches_and_predictions_agree(task):
    trace = nasbook.search("random", task, trials=6, seed=1)
    for t in trace.trials:
        p = task.predict(t.config, seed=trial_seed(1, t.id))
        assert t.value == error(p["val"], task.labels("val"))
    few = Space(cell=Choice(task.cells[:3]))
    assert {t.config["cell"] for t in nasbook.search("random", task, space=few, trials=3).trials} <= set(task.cells[:3])
    fixed = nasbook.task("digits-pool", run=2)
    assert fixed.evaluate({"cell": task.cells[0]}, seed=9).value == task.evaluate({"cell": task.cells[0]}, seed=2).value


@pytest.mark.parametrize("run", [5, -1, True, "0", 1.5])
def test_a_run_that_there_is_not_gets_a_sentence(run):
    with pytest.raises(ValueError, match="run must be 0 … 4, or None"):
        nasbook.task("digits-pool", run=run)
