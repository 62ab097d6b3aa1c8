"""The maps of one or two networks on an image, as nasbook.explain.network makes them."""

import numpy as np
import pytest
import torch
from plots.legible import assert_legible
from torch import nn

from nasbook.explain.network import difference, occlusion, saliency
from nasbook.plots.looks import LooksPicture, looks


def network(seed):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 10))


X = torch.from_numpy(np.random.default_rng(0).normal(size=(1, 8, 8)).astype(np.float32))


def test_the_panels_hold_the_maps():
    a, b = network(0), network(1)
    maps = ("saliency", "occlusion")
    found = {n: {"saliency": saliency(net, X), "occlusion": occlusion(net, X)} for n, net in (("a", a), ("b", b))}
    picture = LooksPicture(2, maps)
    fig = picture.render_static((X[0].numpy(), found, "What speaks"))
    assert_legible(fig)
    np.testing.assert_allclose(picture.panels[0][2].images[0].get_array(), found["a"]["occlusion"])
    apart = difference(found["a"]["saliency"], found["b"]["saliency"])
    np.testing.assert_allclose(picture.panels[2][1].images[0].get_array(), apart)
    low, high = picture.panels[2][1].images[0].get_clim()
    assert low == -high  # the neutral colour stands at 0


@pytest.mark.parametrize("networks", [network(0), {"a long name that does not fit $x_{": network(0), "b": network(1)}])
def test_it_is_drawn_described_and_legible(networks):
    fig = looks(networks, X, truth=7)
    assert_legible(fig)
    assert "(it is 7)" in fig.sentence and "occlusion is largest in row" in fig.alt


def test_mistakes_get_a_sentence():
    with pytest.raises(ValueError, match="there is no map 'x-ray'; there are saliency"):
        looks(network(0), X, maps=["x-ray"])
    with pytest.raises(ValueError, match="one or two networks, not 3"):
        looks({k: network(k) for k in range(3)}, X)
