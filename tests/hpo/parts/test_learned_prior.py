"""A network that learns a prior while one watches: it nears the exact posterior, in the units of the values."""

import numpy as np
import pytest
import torch

from nasbook.hpo.parts.learned_prior import BARS, Learned, gap, kept_aside, learn, shipped, untrained
from nasbook.hpo.parts.priors_1d import PRIORS, own

x, y, at = np.array([0.1, 0.4, 0.45, 0.8]), np.array([1.0, -0.5, -0.4, 0.3]), np.linspace(0, 1, 7)


@pytest.fixture(scope="module")
def course():
    return list(learn(PRIORS["smooth"], steps=100, every=50))


def test_the_distance_to_the_exact_posterior_falls(course):
    problems = kept_aside(PRIORS["smooth"], seed=7)
    gaps = [gap(state.learned, PRIORS["smooth"], problems) for state in course]
    assert [state.step for state in course] == [0, 50, 100]
    assert gaps[0] > 1.4 > gaps[1] + 0.2 and gaps[1] > gaps[2] + 0.1 and gaps[2] > 0
    assert all(0 < state.nll - state.exact < 2 for state in course)


def test_the_order_of_the_points_does_not_matter(course):
    p = course[-1].learned.p(x, y, at)
    assert p.shape == (7, BARS) and np.allclose(p.sum(1), 1)
    np.testing.assert_allclose(course[-1].learned.p(x[::-1].copy(), y[::-1].copy(), at), p, atol=1e-5)
    assert np.abs(course[-1].learned.p(x, -y, at) - p).max() > 0.01


def test_a_belief_has_a_mean_inside_its_band_and_begins_with_none(course):
    for n in (0, 4):
        mean, std = course[-1].learned.predict(x[:n], y[:n], at)
        low, high = course[-1].learned.band(x[:n], y[:n], at)
        assert (low < mean).all() and (mean < high).all() and (std > 0).all()


def test_a_batch_is_believed_as_its_problems_are_one_by_one(course):
    problems = PRIORS["smooth"].draw(3, 4, 5, torch.Generator().manual_seed(3))
    mean, low, high = course[-1].learned.on(problems)
    for i, row in enumerate(zip(*(part.numpy() for part in problems[:3]), strict=True)):
        np.testing.assert_allclose(mean[i], course[-1].learned.predict(*row)[0], atol=1e-4)
        np.testing.assert_allclose([low[i], high[i]], course[-1].learned.band(*row), atol=1e-4)


def test_weights_survive_a_file_as_they_were(course):
    again = Learned.of(course[-1].learned.weights())
    np.testing.assert_allclose(again.p(x, y, at), course[-1].learned.p(x, y, at), atol=1e-5)


@pytest.mark.parametrize("name", PRIORS)
def test_the_network_that_is_shipped_has_learned_its_prior_and_no_other(name):
    problems = kept_aside(PRIORS[name], seed=7)
    own = float(shipped(name).nll(problems).mean())
    for other in PRIORS.keys() - {name, "smooth" if name == "any" else "any"}:
        assert own + 0.1 < float(shipped(other).nll(problems).mean())
    if PRIORS[name].ells is not None:
        assert 0 < gap(shipped(name), PRIORS[name], problems) < 0.2
    assert shipped("own") is None


def test_the_same_seed_learns_the_same_and_leaves_torchs_own_numbers_alone():
    before = torch.get_rng_state()
    first, second = (list(learn(PRIORS["steps"], 3, 2, seed=4)) for _ in range(2))
    assert [s.step for s in first] == [0, 2, 3] and [s.nll for s in first] == [s.nll for s in second]
    assert first[0].exact is None and torch.equal(torch.get_rng_state(), before)
    assert next(learn(PRIORS["steps"], 3, seed=5)).nll != first[0].nll


def test_values_of_any_size_are_believed_in_their_units():
    plain, large = (own(lambda rng, x, k=k: k[0] + k[1] * np.sin(6 * x + rng.normal()), 0) for k in ((0, 1), (900, 50)))
    a, b = (list(learn(prior, 20, 20))[-1].learned for prior in (plain, large))
    for one, other, shift in zip(a.predict(x, y, at), b.predict(x, 900 + 50 * y, at), (900, 0), strict=True):
        np.testing.assert_allclose(other, shift + 50 * one, rtol=1e-3, atol=0.05)


def test_a_prior_that_draws_one_value_teaches_nothing():
    with pytest.raises(ValueError, match="same value everywhere"):
        untrained(own(lambda rng, x: 0 * x + 3))
    with pytest.raises(ValueError, match="steps"):
        list(learn(PRIORS["any"], steps=0))
