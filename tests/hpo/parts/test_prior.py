"""πBO: the prior is a density, its influence fades as β/n, a good one helps, and a bad one is recovered from."""

import json
import math

import numpy as np
import pytest
from scipy.stats import kstest, truncnorm, wilcoxon

import nasbook
from nasbook import Choice, Float, Int, Space, Trial
from nasbook.hpo.bayesian import BayesianOptimisation
from nasbook.hpo.parts.bayesian_settings import NAMES
from nasbook.hpo.parts.prior import Prior
from nasbook.tasks.digits_jahs import CELLS, DEFAULT

MIXED = Space(
    C=Float(1e-3, 1e3, log=True),
    kernel=Choice(["linear", "rbf", "poly"]),
    degree=Int(2, 5, when={"kernel": "poly"}),
    batch=Choice([8, 16, 32, 64], ordered=True),
)
BELIEF = {"C": [10.0, 0.15], "kernel": [0.2, 0.5, 0.3], "degree": [3, 0.2], "batch": [0.1, 0.2, 0.3, 0.4]}
LINE = Space(x=Float(0, 1))


def density(u, centre, width):
    return truncnorm.pdf(u, -centre / width, (1 - centre) / width, loc=centre, scale=width)


def pi(space, belief, U):
    return np.exp(Prior(space, belief).log(space.snap(U)))


def told(space, n, f, **settings):
    method = BayesianOptimisation(space, **settings)
    for _ in range(n):
        trial = method.ask()
        method.tell(Trial(trial.id, trial.config, status="done", value=f(trial.config)))
    return method


def test_it_is_the_product_of_scipys_densities_and_the_probabilities():
    configs = [{"C": 0.5, "kernel": "poly", "degree": 5, "batch": 32}, {"C": 900.0, "kernel": "rbf", "batch": 8}]
    at = [density(MIXED.parameters["C"].encode(c["C"]), MIXED.parameters["C"].encode(10.0), 0.15) for c in configs]
    degree = density(MIXED.parameters["degree"].encode(5), MIXED.parameters["degree"].encode(3), 0.2)
    expected = [at[0] * 3 * 0.3 * degree * 4 * 0.3, at[1] * 3 * 0.5 * 4 * 0.1]  # rbf has no degree
    assert pi(MIXED, BELIEF, MIXED.encode_all(configs)) == pytest.approx(expected, rel=1e-9)


def test_it_integrates_to_one_and_draws_follow_it():
    rng = np.random.default_rng(0)
    space = Space(x=Float(-5, 10), k=Choice(["a", "b", "c"]))
    belief = {"x": [-3.0, 0.2], "k": [0.6, 0.3, 0.1]}
    assert pi(space, belief, rng.random((200_000, 2))).mean() == pytest.approx(1, abs=0.01)
    prior = Prior(space, belief)
    drawn = np.array([prior.draw(u) for u in rng.random((3000, 2))])
    centre = space.parameters["x"].encode(-3.0)
    peer = truncnorm(-centre / 0.2, (1 - centre) / 0.2, loc=centre, scale=0.2)
    assert kstest(drawn[:, 0], peer.cdf).pvalue > 0.01
    shares = [np.mean([space.decode(u)["k"] == k for u in drawn]) for k in "abc"]
    assert shares == pytest.approx([0.6, 0.3, 0.1], abs=0.03)


def test_first_trials_are_drawn_from_it():
    good = told(LINE, 8, lambda c: 0.0, startup=8, prior={"x": [0.8, 0.05]}, seed=3)
    assert all(0.6 < t.config["x"] < 1 for t in good.trials)
    assert np.std([t.config["x"] for t in good.trials]) == pytest.approx(0.05, abs=0.03)


@pytest.mark.parametrize("beta", [2.0, 10.0])
@pytest.mark.parametrize("n", [4, 9, 20])
def test_its_influence_is_beta_over_n(n, beta):
    method = told(LINE, n, lambda c: math.sin(9 * c["x"]), prior={"x": [0.3, 0.2]}, beta=beta, startup=3)
    method.ask()
    view, u = method.view(), np.linspace(0, 1, 101)
    plain, share = view.by("ei", prior=None), density(u, 0.3, 0.2) ** (beta / n)
    U = u[:, None]
    assert view.by("ei").acquire(U) == pytest.approx(plain.acquire(U) * share, rel=1e-9)
    assert view.by("pi", xi=0.1).acquire(U) == pytest.approx(view.by("pi", xi=0.1, prior=None).acquire(U) * share)
    assert view.acquire(U) == pytest.approx(view.by("log_ei", prior=None).acquire(U) + np.log(share))
    below = np.maximum(view.best + plain.by("ucb").acquire(U), 0)  # how far the bound lies below the best
    assert view.by("ucb").acquire(U) == pytest.approx(below * share)


@pytest.fixture(scope="module")
def cells():
    """A search of the cells of Digits-JAHS by somebody who believes in some operations, and all cells there are."""
    rng, edges = np.random.default_rng(0), list(CELLS.parameters)
    belief = {edge: rng.dirichlet(np.full(CELLS.parameters[edge].size, 2.0)).clip(0.01).tolist() for edge in edges}
    belief = {edge: [v / sum(p) for v in p] for edge, p in belief.items()}
    table = nasbook.task("digits-jahs")
    error = lambda c: float(table.evaluate({**c, **DEFAULT}).value)  # noqa: E731
    method = told(CELLS, 14, error, prior=belief, beta=6.0, startup=8, seed=1)
    every = list(CELLS.grid(10_000))
    pi = [math.prod(len(p) * p[CELLS.parameters[e].options.index(c[e])] for e, p in belief.items()) for c in every]
    return method, belief, every, np.array(pi)


def test_of_architectures_it_is_the_product_over_their_operations(cells):
    """All cells, each by hand: acquisition × π^(β/n); and the next trial is the best of all that were not tried."""
    method, _, every, product = cells
    asked = method.ask()
    view, U = method.view(), CELLS.encode_all(every)
    assert len(every) == 512 and product.mean() == pytest.approx(1) and product.max() > 10
    assert view.by("ei").acquire(U) == pytest.approx(view.by("ei", prior=None).acquire(U) * product ** (6 / 14))
    by_hand = view.by("log_ei", prior=None).acquire(U) + 6 / 14 * np.log(product)
    tried = {CELLS.key(t.config) for t in method.trials}
    open_ = [i for i, c in enumerate(every) if CELLS.key(c) not in tried]
    best = max(open_, key=lambda i: by_hand[i])
    assert by_hand[every.index(asked.config)] == pytest.approx(by_hand[best])
    plain = view.by("log_ei", prior=None).acquire(U)
    assert np.argsort(plain).tolist() != np.argsort(by_hand).tolist(), "the belief has a say"


def test_first_architectures_are_drawn_from_it(cells):
    _, belief, every, product = cells
    method = BayesianOptimisation(CELLS, prior=belief, startup=120, seed=5)
    drawn = []
    for _ in range(120):
        trial = method.ask()
        drawn.append(trial.config)
        method.tell(Trial(trial.id, trial.config, status="done", value=0.0))
    rng = np.random.default_rng(0)  # a draw that was tried is drawn again: numpy draws without replacement, too
    theirs = np.concatenate([rng.choice(512, 120, replace=False, p=product / 512) for _ in range(50)])
    for edge in belief:
        for option in CELLS.parameters[edge].options:
            expected = np.mean([every[i][edge] == option for i in theirs])
            assert abs(np.mean([c[edge] == option for c in drawn]) - expected) < 0.1, (edge, option)


@pytest.mark.parametrize("acquisition", ["log_ei", "ei", "pi", "ucb", "ei_per_second"])
def test_the_slope_is_that_of_what_is_acquired(acquisition):
    space = Space(x=Float(0, 1), y=Float(-1, 1))
    method = told(space, 12, lambda c: c["x"] ** 2 + c["y"], prior={"x": [0.7, 0.3]}, acquisition=acquisition, xi=0.1)
    method.trials = [Trial(t.id, t.config, status="done", value=t.value, cost=1 + t.config["x"]) for t in method.trials]
    method.ask()
    view, rng = method.view(), np.random.default_rng(1)
    Z, h = rng.random((6, 2)), 1e-6  # for two Floats, features and points are the same
    scale = {"log_ei": 1.0, "pi": 1.0}.get(acquisition, view.gp.scale)
    _, slope = view.judge.slope(Z)
    for j in (0, 1):
        step = h * np.eye(2)[j]
        numeric = (view.acquire(Z + step) - view.acquire(Z - step)) / (2 * h * scale)
        assert slope[:, j] == pytest.approx(numeric, rel=1e-3, abs=1e-6)


@pytest.mark.parametrize("acquisition", NAMES)
def test_every_acquisition_finds_the_minimum_with_a_bad_prior(acquisition):
    """The belief is far off, and narrow; 30 trials are enough to overrule it."""
    wavy = lambda c: math.sin(12 * c["x"]) + 2 * c["x"]  # noqa: E731
    lowest = min(wavy({"x": x}) for x in np.linspace(0, 1, 10_001))
    greedy = acquisition == "pi"
    options = {"acquisition": acquisition, "prior": {"x": [0.95, 0.02]}, "beta": 3, **({"xi": 0.05} if greedy else {})}
    seeds = range(10 if greedy else 1 if acquisition == "knowledge_gradient" else 2)
    found = [min(t.value for t in told(LINE, 30, wavy, seed=s, **options).done) for s in seeds]
    assert np.mean(np.array(found) < lowest + 0.02) >= (0.5 if greedy else 1)  # PI stays where it is for some seeds


@pytest.fixture(scope="module")
def branin():
    """Regret of 12 seeds: after 10 trials with no prior, a good one and a bad one, and with the bad one after 30."""
    f = nasbook.task("branin")
    priors = {"none": None, "good": {"x1": [3.4, 0.1], "x2": [2.0, 0.1]}, "bad": {"x1": [-4.5, 0.1], "x2": [1.0, 0.1]}}
    regrets = {}
    for name, prior in priors.items():
        n = 30 if name == "bad" else 10
        runs = [nasbook.search("bayesian", f, trials=n, seed=s, prior=prior, startup=4) for s in range(12)]
        regrets[name] = np.array([min(r.values[:10]) - f.optimum for r in runs])
        regrets[name, n] = np.array([min(r.values) - f.optimum for r in runs])
    return regrets


def test_a_good_prior_helps(branin):
    assert np.median(branin["good"]) < np.median(branin["none"]) / 3
    assert wilcoxon(branin["good"], branin["none"], alternative="less").pvalue < 0.01


def test_a_bad_prior_costs_trials_and_is_recovered_from(branin):
    assert np.median(branin["bad"]) > np.median(branin["none"])
    assert np.median(branin["bad", 30]) < 0.1 and (branin["bad", 30] < 0.5).mean() >= 0.9


@pytest.mark.parametrize(
    ("prior", "says"),
    [
        ([0.3, 0.1], "prior must map names of parameters to beliefs"),
        ({"z": [0.3, 0.1]}, "prior: there is no parameter 'z' to choose; the space has C, kernel, degree, batch"),
        ({"C": 10.0}, "prior of C must be a list of numbers"),
        ({"C": [10.0]}, r"prior of C must be \[centre, width\], not \[10.0\]"),
        ({"C": [0.0, 0.1]}, r"prior of C: the centre must lie in \[0.001, 1000\], not 0"),
        ({"C": [1.0, 0.0]}, r"the width is a share of the axis and must lie in \(0, 1\], not 0"),
        ({"C": [1.0, math.nan]}, "prior of C must be a list of numbers"),
        ({"kernel": [0.5, 0.5]}, "prior of kernel must give each of its 3 options a positive probability, with sum 1"),
        ({"kernel": [1.0, 0.0, 0.0]}, "positive probability"),
        ({"kernel": [0.5, 0.5, 0.5]}, "with sum 1"),
        ({"kernel": {"rbf": 1.0}}, "prior of kernel must be a list of numbers"),
    ],
)
def test_bad_priors_are_refused_in_a_sentence(prior, says):
    with pytest.raises(ValueError, match="bayesian: .*" + says):
        BayesianOptimisation(MIXED, prior=prior)


def test_a_prior_survives_the_trace(tmp_path):
    options = {"space": MIXED, "seed": 1, "prior": {"C": (10, 0.2), "kernel": np.array([0.2, 0.5, 0.3])}}
    f = lambda c: math.log10(c["C"]) ** 2 + (c["kernel"] == "linear")  # noqa: E731
    whole = nasbook.search("bayesian", f, trials=12, **options)
    assert json.loads(json.dumps(whole.header.settings))["prior"] == {"C": [10.0, 0.2], "kernel": [0.2, 0.5, 0.3]}
    nasbook.search("bayesian", f, trials=10, out=tmp_path / "t.jsonl", **options)
    again = nasbook.search("bayesian", f, trials=12, out=tmp_path / "t.jsonl", resume=True, **options)
    assert [t.config for t in again.trials] == [t.config for t in whole.trials]
