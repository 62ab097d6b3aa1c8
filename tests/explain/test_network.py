"""What a network looks at, against linear networks, whose every map is known, and against its own definition."""

import numpy as np
import pytest
import torch
from explain.nets import SHAPE, curved, image, linear, weights
from torch import nn

from nasbook.explain.network import (
    MAPS,
    integrated,
    lime,
    logits,
    occlusion,
    saliency,
    smooth_grad,
    squares,
    trained,
)


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
