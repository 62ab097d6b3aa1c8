"""Weights that move to another task: what is frozen stays, what is free learns, and the head alone is a regression."""

import math
from copy import deepcopy

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from nasbook.kit.start import init_weights
from nasbook.nas.spaces.networks import CellNet
from nasbook.tasks.fine_tuning import FREEZE, fine_tune


@pytest.fixture
def trained():
    net = CellNet("132343", channels=4)
    init_weights(net, np.random.default_rng(0))
    net.train()
    x = torch.randn(30, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        net(x)  # the batch norms have seen something
    return net, (x, torch.arange(30) % 10)


@pytest.mark.parametrize("way", FREEZE)
def test_what_is_frozen_stays_and_the_rest_learns(trained, way):
    net, (x, y) = trained
    before = deepcopy(net.state_dict())
    moved = fine_tune(net, (x, y), FREEZE[way], steps=4, batch=10)
    for name, value in moved.state_dict().items():
        frozen = name.split(".")[0] in FREEZE[way]
        if "num_batches" not in name:
            assert torch.equal(value, before[name]) == frozen, name
        assert torch.equal(net.state_dict()[name], before[name])  # the old network is as it was
    assert not moved.training and all(p.requires_grad for p in moved.parameters())


def test_the_head_alone_is_a_softmax_regression_on_the_old_features(trained):
    """Written out in NumPy's arithmetic: Nesterov, weight decay and half a cosine, on what the frozen part computes."""
    net, (x, y) = trained
    moved = fine_tune(net, (x, y), FREEZE["frozen"], steps=6, batch=10, lr=0.2, seed=3)
    net.eval()
    features = []
    net.head.register_forward_hook(lambda m, i, o: features.append(i[0].detach().double()))
    net(x)
    rng = np.random.default_rng(3)
    W = torch.from_numpy(rng.standard_normal(tuple(net.head.weight.shape)) / math.sqrt(8)).requires_grad_()
    b = torch.zeros(10, dtype=torch.float64, requires_grad=True)
    v = [torch.zeros_like(W), torch.zeros_like(b)]
    for t in range(6):
        if t % 3 == 0:
            order = torch.from_numpy(rng.permutation(30))
        rows = order[10 * (t % 3) : 10 * (t % 3) + 10]
        gradient = torch.autograd.grad(F.cross_entropy(features[0][rows] @ W.T + b, y[rows]), (W, b))
        rate = 0.1 * (1 + math.cos(math.pi * t / 6))
        for k, (p, g) in enumerate(zip((W, b), gradient, strict=True)):
            d = g + 5e-4 * p.detach()
            v[k] = 0.9 * v[k] + d
            p.data -= rate * (d + 0.9 * v[k])
    assert torch.allclose(moved.head.weight.double(), W, atol=1e-4)
    assert torch.allclose(moved.head.bias.double(), b, atol=1e-4)


def test_another_number_of_classes_and_few_rows(trained):
    net, (x, y) = trained
    moved = fine_tune(net, (x[:3], y[:3] % 2), classes=2, steps=3, batch=2)  # the last batch of one row is left out
    assert moved(x).shape == (30, 2)
    assert torch.equal(
        fine_tune(net, (x, y), steps=2, seed=1).head.weight, fine_tune(net, (x, y), steps=2, seed=1).head.weight
    )


@pytest.mark.parametrize(
    "change, told",
    [
        ({"freeze": ("stem", "cell3")}, "no part 'cell3'; it has stem, cell1"),
        ({"freeze": ("head",)}, "new head 'head' has to learn"),
        ({"head": "cell1"}, "no linear layer of the name 'cell1'"),
        ({"steps": 0}, "steps"),
        ({"lr": float("nan")}, "lr"),
        ({"batch": 1}, "batch"),
    ],
)
def test_what_does_not_fit_gets_a_sentence(trained, change, told):
    net, images = trained
    with pytest.raises(ValueError, match=told):
        fine_tune(net, images, **change)
    with pytest.raises(ValueError, match="two rows at least"):
        fine_tune(net, (images[0][:1], images[1][:1]))
