"""A network is left as it was, and mistakes get a sentence."""

import numpy as np
import pytest
import torch
from explain.nets import curved, image, linear

from nasbook.explain.network import (
    MAPS,
    disagreement,
    integrated,
    lime,
    occlusion,
    saliency,
)


def test_a_network_is_left_as_it_was():
    net, x = curved(), image()
    net[0].eval()
    modes, before = [m.training for m in net.modules()], {k: v.clone() for k, v in net.state_dict().items()}
    for how in MAPS.values():
        assert how(net, x).shape == (8, 8)
    assert [m.training for m in net.modules()] == modes
    assert all(torch.equal(v, before[k]) for k, v in net.state_dict().items())
    assert all(p.grad is None for p in net.parameters())
    np.testing.assert_array_equal(saliency(net, x), saliency(net, x))  # no dropout


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda net, x: saliency(net, x, 10), "target is a class from 0 to 9, not 10"),
        (lambda net, x: saliency(net, x, True), "target is a class"),
        (lambda net, x: saliency(net, torch.ones(3)), r"an image is numbers \(…, H, W\), all finite, not \(3,\)"),
        (lambda net, x: saliency(net, x * float("nan")), "all finite"),
        (lambda net, x: occlusion(net, x, 0, size=9), "size is a whole number from 1 to 8, not 9"),
        (lambda net, x: integrated(net, x, 0, baseline=torch.ones(5)), "a baseline is a number or an image"),
        (lambda net, x: lime(net, x, 0, samples=10), "16 segments need at least 18 samples, not 10"),
        (lambda net, x: lime(net, x, 0, segments=np.zeros((4, 4), int)), "segments are whole numbers from 0"),
        (lambda net, x: disagreement(net, net, x[None], [1, 2]), "as many labels as images"),
    ],
)
def test_mistakes_get_a_sentence(call, told):
    with pytest.raises(ValueError, match=told):
        call(linear(), image())
