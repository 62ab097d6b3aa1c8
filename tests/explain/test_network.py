"""What a network looks at, against linear networks, whose every map is known, and against its own definition."""

import numpy as np
import pytest
import torch
from torch import nn

from nasbook.explain.network import (
    MAPS,
    difference,
    disagreement,
    integrated,
    lime,
    logits,
    occlusion,
    saliency,
    smooth_grad,
    squares,
    trained,
)

SHAPE = (1, 8, 8)


def linear(seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 10)).double()


def curved(seed=0):
    torch.manual_seed(seed)
    net = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.Tanh(), nn.Dropout(0.5), nn.Flatten(), nn.Linear(256, 10)
    )
    return net.double()


def image(seed=0):
    return torch.from_numpy(np.random.default_rng(seed).normal(size=SHAPE))


def weights(net, target):
    return net[1].weight[target].detach().numpy().reshape(8, 8)


def test_of_a_linear_network_every_map_is_known():
    net, x, k = linear(), image(), 3
    w, pixels = weights(net, k), image()[0].numpy()
    np.testing.assert_allclose(saliency(net, x, k), np.abs(w))
    np.testing.assert_allclose(smooth_grad(net, x, k), np.abs(w))
    np.testing.assert_allclose(integrated(net, x, k), w * pixels)
    np.testing.assert_allclose(integrated(net, x, k, baseline=0.5), w * (pixels - 0.5))
    np.testing.assert_allclose(occlusion(net, x, k, size=1), w * pixels, atol=1e-12)
    each = np.arange(64).reshape(8, 8)
    found = lime(net, x, k, segments=each, ridge=1e-12)
    np.testing.assert_allclose(found.image, w * pixels, atol=1e-6)
    assert found.fit == pytest.approx(1)
    blocks = lime(net, x, k, baseline=0.5, ridge=1e-12)
    sums = [(w * (pixels - 0.5))[squares(8, 8) == s].sum() for s in range(16)]
    np.testing.assert_allclose(blocks.coefficients, sums, atol=1e-6)


def test_occlusion_of_a_patch_is_what_the_patch_is_worth():
    net, x, k = linear(), image(), 2
    worth = weights(net, k) * image()[0].numpy()
    patch = occlusion(net, x, k, size=8)  # one patch hides everything
    np.testing.assert_allclose(patch, worth.sum())
    corner = occlusion(net, x, k, size=3)[0, 0]  # one patch covers the corner
    assert corner == pytest.approx(worth[:3, :3].sum())


def test_a_region_that_shows_the_baseline_already_costs_nothing():
    net, x = curved().eval(), image()
    x[:, :4] = 0.7
    found = occlusion(net, x, 1, size=2, baseline=0.7)
    np.testing.assert_allclose(found[:3], 0, atol=1e-12)
    assert np.abs(found[5:]).max() > 1e-3
    same = torch.full(SHAPE, 0.7, dtype=torch.double)
    np.testing.assert_allclose(occlusion(net, same, 1, baseline=0.7), 0, atol=1e-12)


@pytest.mark.parametrize("baseline", [0.0, -1.0])
def test_integrated_gradients_are_complete(baseline):
    net, x = curved(), image()
    found = integrated(net, x, 4, baseline=baseline, steps=256)
    net.eval()
    rise = (net(x[None]) - net(torch.full((1, *SHAPE), baseline, dtype=torch.double)))[0, 4].item()
    assert found.sum() == pytest.approx(rise, abs=1e-4)


def test_saliency_is_the_slope():
    net, x, h = curved().eval(), image(), 1e-6
    moved = x.clone()
    moved[0, 2, 5] += h
    slope = (net(moved[None]) - net(x[None]))[0, 7].item() / h
    assert saliency(net, x, 7)[2, 5] == pytest.approx(abs(slope), rel=1e-4)


def test_lime_says_where_it_does_not_fit():
    """A product of two halves is no sum of squares."""

    def net(X):
        top, low = X[:, 0, :4].sum((1, 2)), X[:, 0, 4:].sum((1, 2))
        return torch.stack([top * low, top], 1)

    x = torch.ones(SHAPE, dtype=torch.double)
    assert lime(net, x, 1).fit == pytest.approx(1) and lime(net, x, 0).fit < 0.99


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


def test_channels_and_other_sizes():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(2 * 3 * 5, 4))
    x = np.random.default_rng(0).normal(size=(3, 5, 7)).astype(np.float32)
    for how in MAPS.values():
        found = how(net, x)
        assert found.shape == (5, 7) and np.isfinite(found).all()


def test_a_found_network_is_trained_and_looked_at():
    import nasbook

    task = nasbook.task("digits-mlp-chain", epochs=2)
    trace = nasbook.search("random", task, trials=1)
    net = trained(task, trace.best.config)
    x, y = task.tensors["val"]
    wrong = float((logits(net, x).argmax(1) != y).double().mean())
    assert wrong == pytest.approx(trace.best.value, abs=0.25) and wrong < 0.85  # another seed, the same training
    assert integrated(net, x[0]).shape == (8, 8)
    with pytest.raises(ValueError, match="the task branin trains no network"):
        trained(nasbook.task("branin"), {})


def test_where_two_networks_disagree():
    a, b = linear(0), linear(1)
    x = torch.from_numpy(np.random.default_rng(0).normal(size=(40, *SHAPE)))
    p, q = (logits(n, x).argmax(1).numpy() for n in (a, b))
    found = disagreement(a, b, x, p)
    assert sorted(found.rows) == list(np.flatnonzero(p != q)) and found.apart == pytest.approx((p != q).mean())
    assert found.right == (len(found.rows), 0, 0) and found.errors == (0.0, pytest.approx((p != q).mean()))
    assert not len(disagreement(a, a, x, p).rows)
    one, two = saliency(a, x[0], 3), saliency(b, x[0], 3)
    assert difference(one, two).sum() == pytest.approx(0, abs=1e-12) and not difference(one, 5 * one).any()


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
