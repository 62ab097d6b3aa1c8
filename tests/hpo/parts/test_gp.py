"""The Gaussian process against scikit-learn's, central differences and brute force."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, Matern

from nasbook.hpo.parts.draws import sample
from nasbook.hpo.parts.evidence import log_marginal_likelihood, log_prior, squared_differences
from nasbook.hpo.parts.gp import GP

PEERS = {"rbf": RBF, "matern52": lambda ell: Matern(ell, nu=2.5), "matern32": lambda ell: Matern(ell, nu=1.5)}
ELL, SIGNAL, NOISE = np.array([0.3, 0.7, 1.5]), 1.7, 0.02


def data(n=25, d=3, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.random((n, d))
    return X, 100 + 20 * (np.sin(5 * X[:, 0]) + X[:, -1] ** 2) + rng.standard_normal(n), rng.random((40, d))


def peer(kernel, X, y, doubt=0.0):
    """scikit-learn with the same hyperparameters, on standardised values."""
    k, noise = ConstantKernel(SIGNAL) * PEERS[kernel](ELL), NOISE + (doubt / y.std()) ** 2
    return GaussianProcessRegressor(k, alpha=noise, optimizer=None, normalize_y=True).fit(X, y)


@pytest.mark.parametrize("kernel", PEERS)
def test_posterior_equals_scikit_learns(kernel):
    X, y, new = data()
    gp, sk = GP(kernel, ELL, SIGNAL, NOISE).fit(X, y), peer(kernel, X, y)
    mean, std = gp.predict(new)
    expected_mean, expected_std = sk.predict(new, return_std=True)
    assert mean.shape == std.shape == (40,)
    assert np.abs(mean - expected_mean).max() < 1e-8
    assert np.abs(std - expected_std).max() < 1e-8


def test_doubted_values_are_noisier_also_after_more_values():
    X, y, new = data()
    doubt = np.array([30.0, 0.0, 5.0])
    gp, sk = GP("rbf", ELL, SIGNAL, NOISE).fit(X, y, doubt), peer("rbf", X, y, np.r_[doubt, np.zeros(22)])
    for ours, expected in zip(gp.predict(new), sk.predict(new, return_std=True), strict=True):
        assert ours == pytest.approx(expected, abs=1e-8)
    first = GP("rbf", ELL, SIGNAL, NOISE, standardise=False).fit(X[:20], y[:20], doubt)
    whole = GP("rbf", ELL, SIGNAL, NOISE, standardise=False).fit(X, y, doubt)
    assert first.given(X[20:], y[20:]).predict(new)[0] == pytest.approx(whole.predict(new)[0])


def likelihood(X, y, kernel="matern52", doubt=0.0):
    """θ -> (log marginal likelihood, gradient)."""
    D2, z = squared_differences(X, np.arange(X.shape[1])), (y - y.mean()) / y.std()
    return lambda theta: log_marginal_likelihood(theta, D2, z, kernel, (np.full(len(y), doubt) / y.std()) ** 2)


@pytest.mark.parametrize("kernel", PEERS)
@pytest.mark.parametrize("doubt", [0.0, np.arange(25.0)])
def test_likelihood_equals_scikit_learns_and_its_gradient_central_differences(kernel, doubt):
    X, y, _ = data()
    log_p = likelihood(X, y, kernel, doubt)
    theta = np.log([*ELL, SIGNAL, NOISE])
    value, gradient = log_p(theta)
    assert value == pytest.approx(peer(kernel, X, y, doubt).log_marginal_likelihood_value_, abs=1e-8)
    for i in range(len(theta)):
        step = np.eye(len(theta))[i] * 1e-5
        up, down = log_p(theta + step)[0], log_p(theta - step)[0]
        assert gradient[i] == pytest.approx((up - down) / 2e-5, rel=1e-5, abs=1e-5)


def test_the_gradient_of_the_prior_is_central_differences():
    theta = np.log([*ELL, SIGNAL, NOISE])
    for i in range(len(theta)):
        step = np.eye(len(theta))[i] * 1e-5
        numeric = (log_prior(theta + step)[0] - log_prior(theta - step)[0]) / 2e-5
        assert log_prior(theta)[1][i] == pytest.approx(numeric, rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("seed", range(4))
def test_the_fit_is_no_worse_than_a_dense_random_search(seed):
    X, y, _ = data(20 + 10 * seed, seed=seed)
    log_p, gp = likelihood(X, y), GP(signal=None).fit(X, y)
    posterior = lambda theta: log_p(theta)[0] + log_prior(theta)[0]  # noqa: E731
    rng = np.random.default_rng(seed)
    low, high = np.log([(0.05, 20)] * 3 + [(0.05, 20), (1e-6, 0.5)]).T
    best = max(posterior(theta) for theta in rng.uniform(low, high, (4000, 5)))
    assert posterior(np.log([*gp.lengthscales, gp.signal, gp.noise])) >= best


def test_the_fit_finds_the_length_scales_that_made_the_data():
    rng = np.random.default_rng(3)
    X = rng.random((150, 2))
    truth = GP("matern52", np.array([0.2, 1.0]), 1.0, 1e-4).fit(np.zeros((1, 2)) - 50, np.zeros(1))  # a prior, far away
    y = sample(truth, X, 1, rng)[0]
    short, long = GP().fit(X, y).lengthscales
    assert 0.13 < short < 0.3
    assert long > 2.5 * short


def test_noise_is_told_from_signal():
    rng = np.random.default_rng(0)
    X = rng.random((120, 1))
    f = np.sin(6 * X[:, 0])
    noisy = GP().fit(X, f + 0.3 * rng.standard_normal(120))
    assert noisy.noise * noisy.scale**2 == pytest.approx(0.3**2, rel=0.4)
    assert GP().fit(X, f).noise < 1e-4


def test_columns_of_a_group_share_one_length_scale():
    X, y, new = data()
    gp = GP(groups=np.array([0, 1, 1])).fit(X, y)
    assert gp.lengthscales.shape == (2,)
    split = GP("matern52", gp.lengthscales[[0, 1, 1]], gp.signal, gp.noise).fit(X, y)
    assert np.allclose(gp.predict(new), split.predict(new), atol=1e-9)


def test_what_is_fixed_stays_and_the_rest_is_fitted():
    X, y, _ = data()
    assert GP().fit(X, y).signal == 1
    gp = GP(lengthscale=0.25, signal=None, noise=1e-3).fit(X, y)
    assert np.allclose(gp.lengthscales, 0.25) and gp.noise == pytest.approx(1e-3)
    assert gp.signal != pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize(
    "X, y",
    [
        ([[0.5]], [3.0]),
        ([[0.1], [0.9]], [2.0, 2.0]),
        ([[0.3]] * 5, [1.0, 1.0, 2.0, 1.0, 1.0]),
        ([[0.3], [0.3 + 1e-12], [0.3 + 2e-12], [0.8]], [1.0, 1.0, 1.0, 0.0]),
        ([[0.1], [0.5], [0.9]], [1e-300, 1e300, -1e300]),
        ([[0.1], [0.5], [0.9]], [1e-12, 2e-12, 0.0]),
        ([[0.1], [0.5], [0.9]], [1e9, 1e9 + 1e-3, 1e9]),
    ],
    ids=["one point", "equal values", "one place", "nearly one place", "huge range", "tiny range", "far from zero"],
)
@pytest.mark.parametrize("noise", [None, 0.0])
def test_degenerate_data_give_finite_beliefs(X, y, noise):
    gp = GP(noise=noise).fit(np.array(X), np.array(y))
    mean, std = gp.predict(np.array([[0.0], [0.3], [1.0]]))
    assert np.isfinite(mean).all() and np.isfinite(std).all() and (std >= 0).all()
    assert np.isfinite(sample(gp, np.array([[0.0], [0.3], [0.3]]), 2, np.random.default_rng(0))).all()
    spread = max(y) - min(y) if len(y) < 3 or max(y) < 1e299 else 0
    assert (mean >= min(y) - spread - 1).all() and (mean <= max(y) + spread + 1).all() or spread == 0


@example(23, 1, 831)
@settings(max_examples=25)
@given(st.integers(2, 30), st.integers(1, 6), st.integers(0, 10**6))
def test_belief_without_noise_goes_through_the_data(n, d, seed):
    rng = np.random.default_rng(seed)
    X, y = rng.random((n, d)), rng.standard_normal(n)
    gp = GP("matern32", lengthscale=0.3, signal=1.0, noise=0.0).fit(X, y)
    mean, std = gp.predict(X)
    assert np.allclose(mean, y, atol=1e-3)  # to the jitter of points that lie close together
    assert (std < 1e-3 * gp.scale).all()
    assert gp.predict(X + 100)[1] == pytest.approx(gp.scale)  # far away only the prior is left


def test_a_fit_depends_on_the_data_alone():
    X, y, new = data()
    first = GP().fit(X, y)
    np.random.seed(5)
    assert np.array_equal(first.predict(new), GP().fit(X, y).predict(new))


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="kernel must be one of matern52, matern32, rbf, not 'linear'"):
        GP("linear")
    with pytest.raises(ValueError, match="finite points"):
        GP().fit(np.zeros((2, 1)), np.array([1.0, np.nan]))
    with pytest.raises(ValueError, match="finite points"):
        GP().fit(np.zeros((0, 1)), np.zeros(0))


@pytest.mark.parametrize("n", [20, 60])
def test_a_fitted_signal_is_where_the_posterior_is_flat(n):
    """A bowl rises further than its values' standard deviation, and its noise is believed to be next to nothing."""
    X = np.random.default_rng(1).random((n, 2))
    y = ((X - 0.4) ** 2).sum(1)
    log_p, (one, gp) = likelihood(X, y), (GP("matern52", signal=s).fit(X, y) for s in (1.0, None))
    fixed, theta = (np.log([*p.lengthscales, p.signal, p.noise]) for p in (one, gp))
    assert np.abs(log_p(theta)[1] + log_prior(theta)[1])[2] < 0.2 and gp.signal > 1.2 and gp.noise < 1e-5
    assert log_p(theta)[0] > log_p(fixed)[0]
