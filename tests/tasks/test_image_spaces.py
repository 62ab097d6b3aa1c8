"""A search space by its name, for the images of a task."""

import numpy as np
import pytest
import torch

from nasbook.tasks.image_spaces import of_images


@pytest.mark.parametrize("space", ["conv-chain", "macro", "darts-cells", "nb201-cell"])
def test_the_networks_read_the_images_and_tell_their_classes(space):
    spaces = of_images("mine", space, {}, classes=3, shape=(2, 8, 8))
    net = spaces.build(spaces.space.sample(np.random.default_rng(0))).eval()
    assert net(torch.zeros(4, 2, 8, 8)).shape == (4, 3)


def test_options_go_to_the_space():
    assert of_images("mine", "conv-chain", {"depth": 2}, classes=3).depth == 2


@pytest.mark.parametrize(
    ("space", "options", "says"),
    [
        ("recurrent-cell", {}, "mine: the networks of recurrent-cell do not read images"),
        ("generator", {}, "mine: the networks of generator do not read images"),
        ("conv-chain", {"classes": 3}, "mine: classes follows from the images and cannot be given"),
        ("conv-chain", {"depth": 0.5}, "mine: depth must be a whole number"),
        ("conv-chian", {}, "did you mean 'conv-chain'"),
    ],
)
def test_what_does_not_fit_is_said_in_a_sentence(space, options, says):
    with pytest.raises(ValueError, match=says):
        of_images("mine", space, options, classes=3)
