"""A short training is that of the task."""

import numpy as np
from nas.chains import AWKWARD

import nasbook
from nasbook.kit.learner import measure
from nasbook.nas.parts.warm_restart import RestartSettings, learn


def test_a_short_training_is_that_of_the_task():
    """One cycle at the task's rate, in its order of images: the numbers of its own training, bit for bit."""
    task = nasbook.task("digits-conv-chain", epochs=3, device="cpu")
    config = AWKWARD[1]
    net = task.network(config, 5)
    images = task.tensors
    found = learn(net, images["train"], images["val"], RestartSettings(epochs=3, lr=0.1), np.random.default_rng(5))
    answer = task.evaluate(config, seed=5)
    assert [v for _, v in answer.curve] == list(found.errors)
    assert (found.losses[-1], found.val_loss) == (answer.metrics["train_loss"], answer.metrics["val_loss"])
    assert measure(net, *images["val"]) == (found.val_loss, found.errors[-1])
