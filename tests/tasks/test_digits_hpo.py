"""Digits-HPO: the table agrees with its grid, with itself, and with trainings that are repeated."""

import importlib
import itertools

import numpy as np
import pytest

import nasbook
from nasbook.task import trial_seed
from nasbook.tasks import digits_hpo
from nasbook.tasks.digits_hpo import IMAGES, RUNGS, SPACE, TABLE, DigitsHPO


@pytest.fixture(scope="module")
def maker():
    return importlib.import_module("nasbook.data.make.digits_hpo")


def test_shapes_and_size():
    assert TABLE.stat().st_size <= 6_000_000
    assert SPACE.size == 9720
    for name, (n_val, n_test) in IMAGES.items():
        with np.load(TABLE) as table:
            assert table[f"{name}_val"].max() <= n_val and table[f"{name}_test"].max() <= n_test
        task = DigitsHPO(name)
        assert task.val.shape == (9720, 2, 27) and task.test.shape == (9720, 2, 4)
        assert (task.seconds > 0).all()


def test_rows_follow_the_generators_order(maker):
    names = [*maker.OUTER, *maker.INNER]
    assert names == list(SPACE.parameters)
    task = DigitsHPO()
    every = itertools.product(*maker.OUTER.values(), *maker.INNER.values())
    for row, values in enumerate(every):
        if row % 97 == 0:
            assert task.row(dict(zip(names, values, strict=True))) == row


@pytest.mark.parametrize("task, row", [("digits", 40), ("messy", 0), ("textures", 95)])
def test_repeated_trainings_agree_with_rows(maker, task, row):
    """Without dropout a training depends on nothing else in its pack: the same curve up to rounding that grows."""
    table = DigitsHPO(task)
    width, depth, batch, activation, optimiser = maker.PACKS[row]
    inner = [(0.01, 0.0, 0.0), (0.0316, 1e-3, 0.0), (0.1, 1e-2, 0.0)]
    again = maker.train_pack(maker.DATA[task](), width, depth, batch, activation, optimiser, inner=inner)
    for k, values in enumerate(inner):
        at = row * len(maker.INSIDE) + maker.INSIDE.index(values)
        difference = again["val"][k] / IMAGES[task][0] - table.val[at]
        assert np.abs(difference[:, :3]).max() <= 0.02
        assert np.abs(difference[:, -1]).max() <= 0.05


def test_learning_rate_matters_and_more_epochs_help():
    task = DigitsHPO("messy")
    end = task.test[..., -1].mean(1).reshape(digits_hpo.SHAPE)
    by_lr = end.mean(axis=tuple(i for i in range(end.ndim) if i != 5))
    assert by_lr.max() - by_lr.min() > 0.1
    assert (task.test.mean(1)[:, -1] > task.test.mean(1)[:, 0]).mean() > 0.9


def test_diverged_runs_are_failures_that_cost_their_epochs():
    task = DigitsHPO("messy", run=0)
    bad = np.flatnonzero(task.diverged[:, 0])
    assert 0 < len(bad) < 0.05 * len(task.diverged)
    place = np.unravel_index(bad[0], digits_hpo.SHAPE)
    config = {n: p.options[i] for (n, p), i in zip(SPACE.parameters.items(), place, strict=True)}
    broken = int(task.diverged[bad[0], 0])
    answer = task.evaluate(config)
    assert np.isnan(answer.value) and answer.cost == pytest.approx(broken * task.seconds[bad[0]])
    if broken > 1:
        assert np.isfinite(task.evaluate(config, fidelity=broken - 1).value)


def test_a_search_sees_one_run_its_curve_and_its_cost():
    task, trace = DigitsHPO("textures"), nasbook.search("random", "digits-hpo-textures", trials=30, seed=0)
    for trial in (t for t in trace.trials if t.status == "done"):
        row, run = task.row(trial.config), trial_seed(0, trial.id) % 2
        assert trial.value == pytest.approx(1 - task.val[row, run, -1])
        assert len(trial.curve) == 27 and trial.cost == pytest.approx(27 * task.seconds[row])
    assert task.test_accuracy(trace.best.config) > task.test[..., -1].mean()
    assert RUNGS[-1] == task.fidelity.max


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: DigitsHPO("mnist"), "dataset must be one of digits, messy, textures, not 'mnist'"),
        (lambda: DigitsHPO(run=2), "run must be 0, 1 or None"),
        (lambda: DigitsHPO().row({"lr": 0.2}), "missing"),
        (lambda: DigitsHPO().test_accuracy(SPACE.sample(np.random.default_rng(0)), epochs=2), "not after 2"),
    ],
)
def test_wrong_arguments_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
