"""A belief of one variable against scikit-learn, which standardises nothing unless told to."""

import numpy as np
import pytest
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, Matern

from nasbook.hpo.parts.belief import BOUNDS, LENGTHSCALES, Belief

PEERS = {"rbf": RBF, "matern52": lambda ell: Matern(ell, nu=2.5), "matern32": lambda ell: Matern(ell, nu=1.5)}
GRID = np.linspace(-0.2, 1.2, 57)


def data(n=9, seed=0):
    x = np.random.default_rng(seed).random(n)
    return x, 1.4 + np.sin(7 * x)  # its mean is not 0, and nothing may take it away


def peer(kernel, x, y, ell=0.3, signal=0.8, noise=0.1, **options):
    k = ConstantKernel(signal**2, (1e-2, 9)) * PEERS[kernel](ell)
    return GaussianProcessRegressor(k, alpha=noise**2, **{"optimizer": None, **options}).fit(x[:, None], y)


@pytest.mark.parametrize("kernel", PEERS)
def test_posterior_and_evidence_equal_scikit_learns(kernel):
    x, y = data()
    belief, sk = Belief(x, y, kernel, 0.3, 0.8, 0.1), peer(kernel, x, y)
    mean, std = belief.predict(GRID)
    expected = sk.predict(GRID[:, None], return_std=True)
    np.testing.assert_allclose(mean, expected[0], atol=1e-8)
    np.testing.assert_allclose(std, expected[1], atol=1e-8)
    ells = np.array([0.05, 0.3, 2.0])
    expected = [peer(kernel, x, y, ell).log_marginal_likelihood_value_ for ell in ells]
    np.testing.assert_allclose(belief.evidence(ells), expected, atol=1e-8)
    assert belief.evidence()[0] == pytest.approx(expected[1])


@pytest.mark.parametrize("kernel", PEERS)
def test_without_points_it_is_the_prior(kernel):
    belief = Belief(np.empty(0), np.empty(0), kernel, 0.3, 0.7)
    mean, std = belief.predict(GRID)
    assert not mean.any() and (std == 0.7).all()
    draws = belief.samples(np.array([0.0, 0.3]), 40_000)
    covariance = 0.49 * PEERS[kernel](0.3)(np.array([[0.0], [0.3]]))
    np.testing.assert_allclose(np.cov(draws.T), covariance, atol=0.012)
    assert belief.fitted("lengthscale") is belief


def test_samples_move_with_the_belief():
    x, y = data()
    first, second = (Belief(x, y, lengthscale=ell).samples(GRID, 3) for ell in (0.3, 0.302))
    assert 0 < np.abs(first - second).max() < 0.1


@pytest.mark.parametrize("kernel", PEERS)
@pytest.mark.parametrize("seed", range(3))
def test_the_fit_is_the_top_of_the_curve(kernel, seed):
    x, y = data(12, seed)
    belief = Belief(x, y, kernel, 1.0, 0.8, 0.1)
    fitted = belief.fitted("lengthscale")
    assert (fitted.signal, fitted.noise) == (0.8, pytest.approx(0.1))
    dense = np.geomspace(*BOUNDS["lengthscale"], 4000)
    evidence = belief.evidence(dense)
    assert fitted.evidence()[0] >= evidence.max() - 1e-6
    assert fitted.lengthscale == pytest.approx(dense[evidence.argmax()], rel=0.01)
    np.testing.assert_allclose(belief.curve, belief.evidence(LENGTHSCALES))


def test_two_tops_of_the_curve_do_not_mislead_the_fit():
    """Rasmussen & Williams, figure 5.5: few noisy points may be a wiggle with little noise, or a slope with much."""
    found = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        x = np.sort(rng.random(7))
        belief = Belief(x, np.sin(9 * x) + 0.5 * rng.standard_normal(7), "rbf", 0.2, 1.0, 0.1)
        inner = np.diff(np.sign(np.diff(belief.curve)))
        found += (inner < 0).sum() > 1
        assert belief.fitted("lengthscale").evidence()[0] >= belief.curve.max() - 1e-6
    assert found, "none of these curves has two tops, so the test shows nothing"


def test_all_three_are_fitted_as_well_as_a_search_at_random_can():
    x, y = data(14)
    fitted = Belief(x, y - y.mean()).fitted("lengthscale", "signal", "noise")
    rng = np.random.default_rng(0)
    low, high = np.log(list(BOUNDS.values())).T
    best = max(Belief(x, y - y.mean(), "matern52", *np.exp(t)).evidence()[0] for t in rng.uniform(low, high, (3000, 3)))
    assert fitted.evidence()[0] >= best - 1e-6
    for name, (a, b) in BOUNDS.items():
        assert a * 0.999 <= getattr(fitted, name) <= b * 1.001


@pytest.mark.parametrize(
    ("arguments", "says"),
    [({"kernel": "cubic"}, "kernel must be one of"), ({"noise": 0.0}, "noise must be above 0"), ({"y": [1.0]}, "same")],
)
def test_bad_input_is_one_sentence(arguments, says):
    x, y = data()
    with pytest.raises(ValueError, match=says):
        Belief(**{"x": x, "y": y, **arguments})
    with pytest.raises(ValueError, match="no hyperparameter 'mean'"):
        Belief(x, y).fitted("mean")
