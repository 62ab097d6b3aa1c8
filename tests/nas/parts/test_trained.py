"""A supernet that another strategy has trained."""

import numpy as np
from nas.pictures import Pictures

from nasbook.nas.parts.trained import Trained


def test_a_supernet_of_another_strategy():
    trained = Trained(Pictures(), "darts", epochs=1, channels=2)
    trained.train()
    assert trained.judge(Pictures.space.sample(np.random.default_rng(0)))[0] > 0
