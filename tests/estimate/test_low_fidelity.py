"""Fewer epochs, less data, smaller images and narrower networks really are that."""

import numpy as np
import pytest
from estimate.table import TABLE, sample

import nasbook
from nasbook.estimate import estimator


def test_fewer_epochs_are_the_beginning_of_the_curve():
    for seed, config in enumerate(sample(5)):
        found = estimator("low-fidelity", TABLE, epochs=4).evaluate(config, seed=seed)
        whole = TABLE.evaluate(config, seed=seed)
        assert found.value == whole.curve[3][1] and found.cost == pytest.approx(whole.cost / 3)


def test_less_data_smaller_images_and_narrower_nets_really_are():
    task = nasbook.task("digits-cells", device="cpu", epochs=2)
    config = {name: "conv3x3" for name in task.space.parameters}
    seen = []  # (images, pixels of a side, weights) of every training step

    def watch(made):
        network = made.cheap.network

        def watched(config, seed):
            net = network(config, seed)
            net.register_forward_hook(
                lambda m, x, out: (
                    seen.append((len(x[0]), x[0].shape[-1], sum(p.numel() for p in m.parameters())))
                    if m.training
                    else None
                )
            )
            return net

        made.cheap.network = watched
        answer = made.evaluate(config, seed=0)
        del made.cheap.network
        steps, seen[:] = list(seen), []
        return answer, steps

    whole, steps = watch(estimator("low-fidelity", task, epochs=2))
    assert whole.value == task.evaluate(config, seed=0).value and len(steps) == 2 * 6
    _, steps = watch(estimator("low-fidelity", task, data=0.5))
    assert len(steps) == 2 * 3 and {s[0] for s in steps} == {50}
    smaller, steps = watch(estimator("low-fidelity", task, resolution=4))
    assert {s[1] for s in steps} == {4} and len(steps) == 12
    assert smaller.metrics["flops"] < 0.3 * whole.metrics["flops"]
    _, steps = watch(estimator("low-fidelity", task, width=0.5))
    alone = nasbook.task("digits-cells", device="cpu", epochs=2, channels=4)
    assert {s[2] for s in steps} == {sum(p.numel() for p in alone.network(config, 0).parameters())}
    narrow = estimator("low-fidelity", task, width=0.5).evaluate(config, seed=0).value
    assert narrow == alone.evaluate(config, seed=0).value  # another way to the same network
    assert task.train == 300 and task.channels == 8 and task.splits["train"][0].shape == (300, 8, 8)  # untouched


def test_averaged_images_are_means_of_their_squares():
    from nasbook.estimate.low_fidelity import averaged

    x = np.arange(16.0).reshape(1, 4, 4)
    assert averaged(x, 2)[0].tolist() == [[2.5, 4.5], [10.5, 12.5]]
    assert averaged(x, 4)[0].tolist() == [[7.5]]
