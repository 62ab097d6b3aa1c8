"""Priors of one variable: what they draw, the posterior that is known, and a prior of one's own."""

import numpy as np
import pytest
import torch

from nasbook.hpo.parts.belief import Belief
from nasbook.hpo.parts.priors_1d import ELL, NOISE, PRIORS, Mixture, own


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("name", PRIORS)
def test_a_prior_draws_problems_and_the_same_ones_for_the_same_seed(name):
    x, y, query, f = PRIORS[name].draw(200, 7, 5, seeded())
    assert x.shape == y.shape == (200, 7) and query.shape == f.shape == (200, 5)
    assert x.min() >= 0 and x.max() <= 1 and 0.6 < f.std() < 1.5 and abs(f.mean()) < 0.25
    assert all(map(torch.equal, PRIORS[name].draw(200, 7, 5, seeded()), (x, y, query, f)))
    assert PRIORS[name].draw(3, 0, 2, seeded())[0].shape == (3, 0)


def test_what_is_shown_has_an_error_and_what_is_asked_has_none():
    _, y, query, f = PRIORS["steps"].draw(400, 200, 200, seeded())
    order = query.argsort(1)
    jumps = (f.gather(1, order).diff() != 0).sum(1)
    assert jumps.min() >= 1 and jumps.max() <= 6 and len(jumps.unique()) > 3
    assert (y.diff() != 0).all()


def test_the_exact_posterior_is_that_of_the_process():
    x, y, query, target = PRIORS["smooth"].draw(4, 6, 9, seeded())
    mean, std = PRIORS["smooth"].moments(x, y, query)
    log_p = PRIORS["smooth"].log_p(x, y, query, target)
    for i in range(4):
        m, s = Belief(x[i].numpy(), y[i].numpy(), "matern52", ELL, 1.0, NOISE).predict(query[i].numpy())
        np.testing.assert_allclose(mean[i], m, atol=1e-4)
        np.testing.assert_allclose(std[i], s, atol=1e-3)
        expected = -(((target[i].numpy() - m) / s) ** 2) / 2 - np.log(s * np.sqrt(2 * np.pi))
        np.testing.assert_allclose(log_p[i], expected, atol=0.02)
    mean, std = PRIORS["any"].moments(x[:, :0], y[:, :0], query)  # before any point: the prior
    assert mean.abs().max() == 0 and np.allclose(std, 1)


def test_a_mixture_is_the_draws_from_it():
    of = Mixture(np.array([0.25, 0.75]), np.array([[0.0, 1.0], [4.0, 1.0]]), np.array([[1.0, 2.0], [0.5, 2.0]]))
    rng = np.random.default_rng(0)
    k = (rng.random(200_000) < 0.75).astype(int)
    y = of.means[k] + of.stds[k] * rng.standard_normal((len(k), 2))
    np.testing.assert_allclose(of.mean, y.mean(0), atol=0.03)
    np.testing.assert_allclose(of.std, y.std(0), atol=0.03)
    for q in (0.025, 0.5, 0.9):
        np.testing.assert_allclose(of.quantile(q), np.quantile(y, q, axis=0), atol=0.05)
    t = np.linspace(-8, 12, 2001)
    np.testing.assert_allclose(of.density(t).sum(1) * 0.01, 1, atol=1e-4)
    np.testing.assert_allclose(of.density(t) @ t * 0.01, of.mean, atol=1e-3)


def test_a_posterior_for_one_data_set_is_the_one_of_many():
    x, y, query, _ = PRIORS["any"].draw(3, 5, 4, seeded())
    mean, std = PRIORS["any"].moments(x, y, query)
    for i in range(3):
        of = PRIORS["any"].posterior(x[i].numpy(), y[i].numpy(), query[i].numpy())
        np.testing.assert_allclose(of.mean, mean[i], atol=1e-5)
        np.testing.assert_allclose(of.std, std[i], atol=1e-5)


def test_the_points_tell_length_scales_apart():
    x = torch.linspace(0, 1, 20)[None]
    w, _, _ = PRIORS["any"].exact(torch.cat([x, x]), torch.stack([2 * x[0] - 1, torch.sin(40 * x[0])]), x[:, :1])
    ells = (w * PRIORS["any"].ells).sum(1)
    assert ells[0] > 2 * ells[1] and torch.allclose(w.sum(1), torch.ones(2).double())


def test_no_posterior_is_made_up():
    with pytest.raises(ValueError, match="steps"):
        PRIORS["steps"].exact(*PRIORS["steps"].draw(2, 3, 4, seeded())[:3])


def test_a_prior_of_ones_own_draws_one_function_for_shown_and_asked():
    prior = own(lambda rng, x: rng.normal() + 0 * x, noise=0)
    x, y, query, f = prior.draw(50, 4, 3, seeded())
    assert torch.equal(y, y[:, :1].expand(-1, 4)) and torch.equal(f, y[:, :1].expand(-1, 3))
    assert len(y[:, 0].unique()) == 50
    assert torch.equal(prior.draw(50, 4, 3, seeded())[1], y) and not torch.equal(prior.draw(50, 4, 3, seeded(1))[1], y)


@pytest.mark.parametrize(
    "draw, says",
    [
        (3, "a prior is a function"),
        (lambda x: x, "draw.rng, x. failed: TypeError"),
        (lambda rng, x: 1 / 0, "failed: ZeroDivisionError"),
        (lambda rng, x: rng.normal(), r"one number for each x, shape \(7,\), not \(\)"),
        (lambda rng, x: x[:, None], r"not \(7, 1\)"),
        (lambda rng, x: np.full(len(x), np.nan), "not nan"),
        (lambda rng, x: x + np.inf, "not inf"),
        (lambda rng, x: None, "array of numbers"),
        (lambda rng, x: "abc", "array of numbers"),
        (lambda rng, x: ["a"] * len(x), "array of numbers"),
        (lambda rng, x: [[1], [2, 3]], "array of numbers"),
        (lambda rng, x: 1j * x, "array of numbers"),
    ],
)
def test_a_draw_that_is_none_is_told_what_is_wrong(draw, says):
    with pytest.raises(ValueError, match=says):
        own(draw).draw(2, 3, 4, seeded())


def test_a_draw_may_change_what_it_is_given():
    def draw(rng, x):
        x *= 0
        return x

    x, _, query, _ = own(draw).draw(2, 3, 4, seeded())
    assert (x > 0).all() and (query > 0).all()
