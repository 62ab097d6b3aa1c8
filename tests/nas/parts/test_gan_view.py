"""AutoGAN's view and settings: the standard error by another way, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import sem

from nasbook.nas.parts.gan_view import AutoGANSettings, AutoGANView

VIEW = AutoGANView(
    epoch=1, epochs=3, stage=2, stages=3, names=("a", "b"), options=(("x", "y"), (1, 2, 3)),
    probabilities=((0.25, 0.75), (0.2, 0.3, 0.5)), entropy=1.0, rewards=(1.0,), scores=(1.5, 2.0, 1.9), images=10,
    cell={}, prefixes=({},), pictures=((0,) * 64,), resets=0,
)  # fmt: skip


def test_the_mean_and_its_standard_error():
    assert VIEW.score == pytest.approx(np.mean(VIEW.scores)) and VIEW.error == pytest.approx(sem(VIEW.scores))
    assert replace(VIEW, scores=(2.0,)).error == 0


def test_images_double_with_each_stage():
    assert [replace(VIEW, stage=s, pictures=((0,) * n**2,)).side for s, n in ((1, 4), (2, 8), (3, 16))] == [4, 8, 16]


@pytest.mark.parametrize(
    "change, words",
    [
        ({"stage": 4}, "stage must be 1, 2 or 3, not 4"),
        ({"probabilities": ((1.0,), (0.2, 0.3, 0.5))}, "one for each option"),
        ({"pictures": ((0,) * 16,)}, "pictures of stage 2 have 64 pixels"),
        ({"scores": ()}, "scores must not be empty"),
        ({"names": ("a",)}, "names"),
    ],
)
def test_a_damaged_view_is_refused(change, words):
    with pytest.raises(ValueError, match=words):
        replace(VIEW, **change)


@pytest.mark.parametrize(
    "settings, words",
    [
        ({"top": 11}, "top must be at most candidates = 10, not 11"),
        ({"repeats": 1}, "repeats"),
        ({"window": 1}, "window"),
        ({"decay": 1.1}, "decay"),
        ({"lr": 0}, "lr"),
        ({"entropy": -0.1}, "entropy"),
        ({"channels": 2000}, "channels"),
    ],
)
def test_settings_out_of_bounds_are_refused(settings, words):
    with pytest.raises(ValueError, match=words):
        AutoGANSettings(**settings)


def test_settings_at_their_bounds_are_not():
    AutoGANSettings(
        top=10, repeats=2, window=2, batch=2, images=10, decay=0, entropy=0, threshold=0, channels=1024, lr=1
    )
