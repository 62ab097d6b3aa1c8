"""Monte Carlo dropout against the enumeration of its masks."""

from itertools import product

import numpy as np
import pytest

from nasbook.estimate.dropout import DropoutNet


def test_monte_carlo_dropout_has_the_moments_of_all_its_masks():
    """Two hidden layers of three units: 64 masks, each with its probability."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(12, 4)), rng.normal(size=12)
    p = 0.3
    net = DropoutNet(p=p, depth=2, width=3, epochs=40).fit(X, y, seed=1)
    W, b = ([t.detach().double().numpy() for t in part] for part in (net.W, net.b))
    values, chances = [], []
    for z in product((0.0, 1.0), repeat=6):
        h = np.maximum(X @ W[0] + b[0], 0) * z[:3] / (1 - p)
        h = np.maximum(h @ W[1] + b[1], 0) * z[3:] / (1 - p)
        values.append(net.mean + net.scale * (h @ W[2] + b[2])[:, 0])
        chances.append(np.prod([1 - p if kept else p for kept in z]))
    values, chances = np.array(values), np.array(chances)
    mean = chances @ values
    std = np.sqrt(chances @ (values - mean) ** 2)
    n = 40_000
    got_mean, got_std = net.predict(X, samples=n)
    assert chances.sum() == pytest.approx(1) and std.max() > 0.1
    assert np.abs(got_mean - mean).max() < 5 * std.max() / np.sqrt(n) + 1e-6
    assert got_std == pytest.approx(std, rel=0.03, abs=1e-6)


def test_the_uncertainty_vanishes_with_p_and_grows_away_from_the_data():
    x = np.linspace(-1, 1, 40)[:, None]
    y = np.sin(3 * x[:, 0])
    near, far = np.linspace(-1, 1, 21)[:, None], np.array([[-4.0], [4.0]])
    spread = {}
    for p in (0.0, 0.001, 0.1):
        net = DropoutNet(p=p).fit(x, y)
        spread[p] = net.predict(near)[1].mean()
        if p == 0.1:
            assert net.predict(far)[1].min() > 2 * net.predict(near)[1].max()
    assert spread[0.0] < 1e-6 and spread[0.001] < 0.3 * spread[0.1]
    with pytest.raises(ValueError, match=r"must lie in \[0, 1\), not 1"):
        DropoutNet(p=1)
