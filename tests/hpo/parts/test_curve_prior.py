"""The prior of learning curves: what it draws, and the exact belief that a small network learns from a linear one."""

import numpy as np
import torch

from nasbook.hpo.parts import curve_prior
from nasbook.hpo.parts.bars import Bars
from nasbook.hpo.parts.prior_fitted import PriorFitted
from nasbook.hpo.parts.prior_fitting import edges_of, fit
from nasbook.hpo.parts.problems import Dice


def test_drawn_trainings_are_errors_that_mostly_fall():
    rng = torch.Generator().manual_seed(0)
    t, T = torch.arange(1, 28).expand(400, -1), torch.full((400, 1), 27.0)
    y = curve_prior.errors(t, T, Dice(rng))
    assert y.shape == (400, 27) and y.min() >= 0 and y.max() <= 1
    falls = (y[:, 0] > y[:, -1]).float().mean()
    assert 0.85 < falls < 1  # some never learn, overfit or break
    assert (y.diff().abs().amax(1) > 0.2).any()  # spikes and breaks


def test_what_is_asked_about_comes_after_what_is_shown_and_is_the_same_training():
    for n in (0, 1, 7, 50):
        X, y, query, target = curve_prior.curves(400, n, 12, torch.Generator().manual_seed(n))
        assert (X.shape, y.shape, query.shape, target.shape) == ((400, n, 3), (400, n), (400, 12, 3), (400, 12))
        assert query[..., 0].max() <= 1 and (query[..., 0] == 1).any(1).float().mean() > 0.9  # the end is asked about
        if n:
            assert (query[..., 0] > X[:, -1:, 0]).all()
            close = (query[..., 0] - X[:, -1:, 0]) < 0.05
            if n == 7:
                known = torch.exp(y[:, -1:] - 2) - 0.02  # `seen` undone
                assert (target - known)[close].abs().median() < 0.03
                assert (target - known.roll(1, 0))[close].abs().median() > 0.1


def test_a_linear_prior_is_learned():
    """The bars come near the exact belief: a and c are normal, so it is, too."""
    torch.manual_seed(0)
    rng = torch.Generator().manual_seed(0)
    net = PriorFitted(1, edges_of(curve_prior.linear(4000, 0, 4, rng)[3], 30), 32, 1, 2, 32)
    X, y, query, _ = curve_prior.linear(100, 4, 8, torch.Generator().manual_seed(9), noise=0.5)
    exact = [curve_prior.linear_exactly(y[i], query[i, :, 0] * 20, noise=0.5) for i in range(len(X))]

    def apart() -> float:
        """Mean distance of the means, in exact standard deviations."""
        with torch.inference_mode():
            p = net(X, y, query).softmax(-1).double().numpy()
        bars = Bars(net.edges.numpy())
        return float(np.mean([np.abs(bars.mean(p[i]) - m.numpy()) / s.numpy() for i, (m, s) in enumerate(exact)]))

    before = apart()

    def draw() -> curve_prior.Batch:
        return curve_prior.linear(64, int(torch.randint(0, 7, (), generator=rng)), 8, rng, noise=0.5)

    for _ in fit(net, draw, 100, 5e-3):
        pass
    assert apart() < 0.5 * before


def test_the_exact_belief_is_that_of_many_draws():
    """Of 400,000 curves those that begin alike end as the formula says."""
    X, y, query, f = curve_prior.linear(400_000, 2, 1, torch.Generator().manual_seed(3), noise=0.3)
    at = query[:, 0, 0] == 1.0
    like = at & ((y - torch.tensor([0.8, 0.6])).abs().amax(1) < 0.1)
    mean, std = curve_prior.linear_exactly(torch.tensor([0.8, 0.6]), torch.tensor([20.0]), noise=0.3)
    assert like.sum() > 100
    assert abs(f[like].mean() - mean) < 4 * std / like.sum() ** 0.5 + 0.02 and abs(f[like].std() / std - 1) < 0.15
