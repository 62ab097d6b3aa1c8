"""CMA-ES: the published numbers, the whole run of the package `cmaes`, rotation, and several trials in flight."""

from dataclasses import replace

import cmaes
import numpy as np
import pytest

import nasbook
from nasbook import Choice, Constant, Float, Int, Space
from nasbook.hpo.cma_es import CMA, CMAES, Strategy


class SameDraws:
    """Stands where `cmaes` keeps its RandomState, and gives it the normal numbers of our generator."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)

    def randn(self, n):
        return self.rng.standard_normal(n)


def rosenbrock(x):
    return float((100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum())


def ellipsoid(x):
    return float((10 ** np.linspace(0, 4, len(x)) * x**2).sum())


def cube(d):
    return Space({f"x{i}": Float(0, 1) for i in range(d)})


def tell(method, trial, value):
    method.tell(replace(trial, status="failed" if value is None else "done", value=value))


def vector(trial):
    return np.array(list(trial.config.values()))


# ---- numbers ---------------------------------------------------------------------------------------------


def test_published_constants():
    s = Strategy(10)
    assert (s.lam, s.mu) == (10, 5)
    found = [s.mu_eff, s.c_c, s.c_1, s.chi_N, s.c_mu, s.c_sigma, s.d_sigma]
    assert np.allclose(found, [3.1672993, 0.2949904, 0.0152838, 3.0847265, 0.0201543, 0.2844286, 1.2844286], atol=5e-8)


@pytest.mark.parametrize("N", [1, 2, 3, 10, 40])
@pytest.mark.parametrize("population", [None, 5, 30])
def test_constants_are_those_of_cmaes(N, population):
    s, theirs = Strategy(N, population), cmaes.CMA(np.zeros(N), 1.0, population_size=population)
    assert (s.lam, s.mu) == (theirs.population_size, theirs._mu)
    for mine, name in (
        ("mu_eff", "_mu_eff"),
        ("c_1", "_c1"),
        ("c_mu", "_cmu"),
        ("c_c", "_cc"),
        ("c_sigma", "_c_sigma"),
        ("d_sigma", "_d_sigma"),
        ("chi_N", "_chi_n"),
        ("weights", "_weights"),
    ):
        assert np.allclose(getattr(s, mine), getattr(theirs, name), rtol=1e-12), mine


@pytest.mark.parametrize("sigma", [0.5, 1e-3])
@pytest.mark.parametrize(("function", "N"), [(rosenbrock, 2), (ellipsoid, 5), (rosenbrock, 10)])
def test_a_run_is_that_of_cmaes(function, N, sigma):
    ours, theirs = CMA(np.full(N, 0.3), sigma), cmaes.CMA(np.full(N, 0.3), sigma)
    theirs._rng = SameDraws(1)
    rng = np.random.default_rng(1)
    for _ in range(60):
        X = np.array([ours.sample(rng) for _ in range(ours.s.lam)])
        solutions = [theirs.ask() for _ in range(theirs.population_size)]
        assert np.allclose(X, solutions, rtol=0, atol=1e-9)
        ours.update(X[np.argsort([function(x) for x in X], kind="stable")])
        theirs.tell([(x, function(x)) for x in solutions])
        assert np.allclose(ours.mean, theirs.mean, rtol=0, atol=1e-9)
        assert np.allclose(ours.C, theirs._C, rtol=1e-9, atol=1e-9)
        assert np.isclose(ours.sigma, theirs._sigma, rtol=1e-9)
    assert function(ours.mean) < 0.5 * function(np.full(N, 0.3))


def test_long_steps_pause_the_path_as_in_cmaes():
    """Generations that lie together on one side, near and far: with the longer ones h_σ is 0, and p_c only shrinks."""
    N, paused = 4, []
    for seed in range(20):
        rng, ours, theirs = np.random.default_rng(seed), CMA(np.zeros(N), 1.0), cmaes.CMA(np.zeros(N), 1.0)
        for _ in range(4):
            p_c, y = ours.p_c, rng.uniform(0, 4) * np.eye(N)[0] + 0.3 * rng.standard_normal((ours.s.lam, N))
            X = ours.mean + ours.sigma * y
            ours.update(X)
            theirs.tell([(x, float(k)) for k, x in enumerate(X)])
            paused.append(np.allclose(ours.p_c, (1 - ours.s.c_c) * p_c))
            assert np.allclose(ours.p_c, theirs._pc, rtol=1e-9, atol=1e-12) and np.allclose(
                ours.C, theirs._C, rtol=1e-9
            )
            assert np.isclose(ours.sigma, theirs._sigma, rtol=1e-9)
    assert 0.2 < np.mean(paused) < 0.9


def test_a_bounded_search_is_that_of_cmaes():
    """Through ask and tell, with points that are drawn again at the wall: the optimum lies in a corner."""
    N = 4
    method = CMAES(cube(N), seed=3)
    theirs = cmaes.CMA(np.full(N, 0.5), 0.3, bounds=np.tile([0.0, 1.0], (N, 1)))
    theirs._rng = SameDraws(3)
    for _ in range(25):
        solutions = []
        for _ in range(theirs.population_size):
            trial, x = method.ask(), theirs.ask()
            assert np.allclose(vector(trial), x, rtol=0, atol=1e-9)
            value = ellipsoid(x - 0.02)
            solutions.append((x, value))
            tell(method, trial, value)
        theirs.tell(solutions)
    assert method.view().generation == 25
    assert np.allclose(method.view().mean, theirs.mean, rtol=0, atol=1e-8)


def test_a_rotated_problem_is_the_same_problem():
    N, rng = 5, np.random.default_rng(0)
    R, _ = np.linalg.qr(rng.standard_normal((N, N)))
    start = rng.standard_normal(N)
    straight, turned = CMA(start, 0.7), CMA(R @ start, 0.7)
    for _ in range(80):
        Z = rng.standard_normal((straight.s.lam, N))
        # The turned draws: where the turned distribution must send z' to reach the turned point.
        Z_turned = Z @ (R @ straight.B @ np.diag(straight.D)).T @ np.linalg.inv(turned.B @ np.diag(turned.D)).T
        assert np.allclose(np.linalg.norm(Z_turned, axis=1), np.linalg.norm(Z, axis=1))  # as likely as z
        X = np.array([straight.sample(Given(z)) for z in Z])
        Y = np.array([turned.sample(Given(z)) for z in Z_turned])
        order = np.argsort([ellipsoid(x) for x in X])
        assert np.array_equal(order, np.argsort([ellipsoid(R.T @ y) for y in Y]))
        straight.update(X[order])
        turned.update(Y[order])
        assert np.allclose(R @ straight.mean, turned.mean, atol=1e-9)
        assert np.allclose(R @ straight.C @ R.T, turned.C, rtol=1e-7, atol=1e-9)
        assert np.isclose(straight.sigma, turned.sigma, rtol=1e-9)
    assert ellipsoid(straight.mean) < 1e-3 * ellipsoid(start)


class Given:
    def __init__(self, z):
        self.z = z

    def standard_normal(self, n):
        return self.z


# ---- the method ------------------------------------------------------------------------------------------


def test_a_generation_waits_and_the_order_of_results_does_not_matter():
    orders = []
    for shuffle in (False, True):
        method, rng = CMAES(cube(3), seed=2), np.random.default_rng(0)
        for _ in range(4):
            trials = [method.ask() for _ in range(method.cma.s.lam)]
            assert method.ask() is None
            for i in rng.permutation(len(trials)) if shuffle else range(len(trials)):
                tell(method, trials[i], ellipsoid(vector(trials[i]) - 0.4))
        orders.append(method.view().mean)
    assert np.allclose(*orders, rtol=0, atol=1e-12)


def test_failures_rank_last():
    """A failed trial does what the worst value would; a generation without a success changes nothing."""
    means = []
    for worst in (None, 1e9):
        method = CMAES(cube(3), seed=5)
        for i in range(method.cma.s.lam):
            trial = method.ask()
            tell(method, trial, worst if i == 2 else ellipsoid(vector(trial)))
        means.append(method.view().mean)
    assert np.array_equal(*means) and not np.allclose(means[0], 0.5)
    method = CMAES(cube(3), seed=5)
    for _ in range(method.cma.s.lam):
        tell(method, method.ask(), None)
    assert np.allclose(method.view().mean, 0.5) and method.view().generation == 0 and method.ask() is not None


def test_a_known_good_start_becomes_the_mean():
    method = CMAES(cube(2), seed=0)
    for x, value in ((0.9, 3.0), (0.1, 1.0)):
        method.enqueue({"x0": x, "x1": x})
        tell(method, method.ask(), value)
    assert method.ask() and np.allclose(method.view().mean, 0.1)


def test_int_and_ordered_choices_are_rounded():
    space = Space(n=Int(1, 64, log=True), batch=Choice([16, 32, 64, 128], ordered=True), x=Float(0, 1))
    trace = nasbook.search(
        "cma-es", lambda c: abs(c["n"] - 8) + abs(c["batch"] - 64) / 16 + c["x"] ** 2, space=space, trials=150
    )
    assert trace.best.config["n"] == 8 and trace.best.config["batch"] == 64


def test_the_ellipse_holds_its_share_of_the_draws():
    """One standard deviation of a plane holds 1 - exp(-1/2) = 39 % of the draws, two hold 86 %."""
    method = CMAES(cube(4), seed=1)
    for _ in range(80):
        trial = method.ask()
        tell(method, trial, rosenbrock(2 * vector(trial)))
    method.ask()
    view = method.view()
    cma = CMA(view.mean, view.sigma)
    cma.C = view.C
    cma._decompose()
    rng = np.random.default_rng(0)
    drawn = np.array([cma.sample(rng)[[1, 3]] for _ in range(5000)])
    from matplotlib.path import Path

    for deviations in (1, 2):
        inside = Path(view.ellipse(1, 3, deviations)).contains_points(drawn).mean()
        assert abs(inside - (1 - np.exp(-(deviations**2) / 2))) < 0.03
    assert len(view.previous) == method.cma.s.lam and view.points.shape[1] == 4


@pytest.mark.parametrize("name", ["cma-es", "particle-swarm"])
def test_what_is_not_a_number_is_refused(name):
    with pytest.raises(ValueError, match="options of kernel have no order; use 'tpe', 'forest'"):
        nasbook.method(name, Space(kernel=Choice(["rbf", "poly"]), C=Float(0, 1)))
    with pytest.raises(ValueError, match="gamma depends on n; use 'tpe'"):
        nasbook.method(name, Space(n=Int(1, 3), gamma=Float(0, 1, when={"n": 2})))
    with pytest.raises(ValueError, match="single configuration"):
        nasbook.method(name, Space(k=Constant(1)))


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"population": 2}, "population must be a whole number of at least 3, not 2"),
        ({"sigma": 0.0}, r"sigma must lie in \(0, 1\], not 0.0"),
    ],
)
def test_settings_are_checked(wrong, sentence):
    with pytest.raises(ValueError, match=f"cma-es: {sentence}"):
        CMAES(cube(2), **wrong)
