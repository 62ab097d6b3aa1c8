"""Digits from small GANs: who judges them, and one generator trained alone."""

import numpy as np
import pytest
import torch

import nasbook
from nasbook.tasks.gan import TRAIN, DigitsGAN, _digits

GOOD = dict(
    conv_1="post",
    norm_1="batch",
    up_1="nearest",
    shortcut_1=False,
    conv_2="post",
    norm_2="batch",
    up_2="nearest",
    shortcut_2=False,
    skips_2="none",
)


@pytest.fixture(scope="module")
def task():
    return DigitsGAN(steps=40, images=200)


def test_the_judge_knows_digits_that_it_has_not_seen(task):
    y = _digits()[1][TRAIN:]
    for side, least in ((8, 0.96), (4, 0.85)):
        p = task.predictions(task.real(side, "test"))
        assert p.shape == (400, 10) and torch.allclose(p.sum(1), torch.ones(400), atol=1e-5)
        assert (p.argmax(1) == y).double().mean() > least


def test_the_score_orders_real_blurred_and_shuffled_digits(task):
    real = task.real(8, "test")
    shuffled = real.flatten(1)[:, torch.randperm(64, generator=torch.Generator().manual_seed(0))].reshape(real.shape)
    scores = [task.score(x) for x in (real, torch.nn.functional.avg_pool2d(real, 3, 1, 1), shuffled)]
    assert scores[0] > 9 > scores[1] > scores[2] > 1
    distances = [task.frechet(x) for x in (real, task.real(8), shuffled)]
    assert distances[0] == pytest.approx(0, abs=1e-3) and distances[0] < distances[1] < distances[2]


def test_a_collapsed_generator_is_scored_not_refused(task):
    same = torch.zeros(50, 1, 8, 8)
    assert task.score(same) == pytest.approx(1) and np.isfinite(task.frechet(same))


def test_a_training_scores_better_than_its_start_and_is_the_same_twice(task):
    told = []
    one = task.evaluate(GOOD, seed=1, report=lambda n, value: told.append((n, value)))
    assert one.value == task.evaluate(GOOD, seed=1).value == -one.metrics["score"] and told == one.curve
    assert [n for n, _ in told] == [20, 40] and task.evaluate(GOOD, seed=2).value != one.value
    assert one.metrics["steps"] == 40 and one.metrics["frechet"] > 0
    assert task.evaluate(GOOD, seed=1, fidelity=20).value == told[0][1]


def test_a_training_that_was_cut_off_goes_on_to_the_same_result(task, tmp_path):
    whole = task.evaluate(GOOD, seed=1)
    task.evaluate(GOOD, seed=1, fidelity=20, checkpoint=tmp_path / "c")
    again = task.evaluate(GOOD, seed=1, checkpoint=tmp_path / "c")
    assert again.value == whole.value and again.curve == whole.curve and again.metrics == whole.metrics


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: nasbook.task("digits-gan", steps=10), "digits-gan: steps must be a whole number of at least 20"),
        (lambda: nasbook.task("digits-gan", steps=30), "steps must be a multiple of 20, not 30"),
        (lambda: nasbook.task("digits-gan", images=1), "images must be"),
        (lambda: DigitsGAN().real(16), "digits of 4 and 8 pixels"),
        (lambda: DigitsGAN().evaluate({**GOOD, "up_1": "cubic"}), "up_1 must be one of"),
        (lambda: DigitsGAN().evaluate(GOOD, fidelity=500), "fidelity must lie in 20 … 160 steps"),
    ],
)
def test_what_cannot_be_is_one_sentence(make, says):
    with pytest.raises(ValueError, match=says):
        make()
