"""The margin of CMA-ES for whole numbers, against the package `cmaes` and against what it promises."""

import cmaes
import numpy as np
import pytest
from scipy.stats import norm

import nasbook
from nasbook import Choice, Fidelity, Float, Int, Space
from nasbook.hpo.cma_es import CMA
from nasbook.hpo.parts.margin import Margin

SPACE = Space(n=Int(1, 4), x=Float(0, 1), k=Int(0, 2), b=Choice([8, 16], ordered=True))
SIZES = [4, 0, 3, 2]


def test_mean_stretch_and_covariance_are_those_of_cmaes():
    """Twenty generations from the same points: values stand at (k + ½)/n, so the limits are at k/n in both."""
    rng, lam = np.random.default_rng(3), 8
    bounds = np.array([(0.5 / n, 1 - 0.5 / n) if n else (0.0, 1.0) for n in SIZES])
    steps = np.array([1 / n if n else 0.0 for n in SIZES])
    theirs = cmaes.CMAwM(np.full(4, 0.5), 0.3, bounds, steps, population_size=lam)
    ours, margin = CMA(np.full(4, 0.5), 0.3, lam), Margin(SPACE, lam)
    corrected = 0
    for _ in range(20):
        X = [ours.sample(rng) for _ in range(lam)]
        tried = [margin.stretch(ours.mean, x) for x in X]
        values = [float(((t - [0.9, 0.2, 0.1, 0.9]) ** 2).sum()) for t in tried]
        order = np.argsort(values, kind="stable")
        theirs.tell([(x, v) for x, v in zip(X, values, strict=True)])
        ours.update(np.array(X)[order])
        before = ours.mean
        ours.mean = margin.correct(ours.mean, ours.sigma * np.sqrt(np.diag(ours.C)))
        corrected += not np.allclose(before, ours.mean)
        assert np.allclose(ours.mean, theirs._cma._mean, atol=1e-7)
        assert np.allclose(margin.A, theirs._A, rtol=1e-5)
    assert corrected > 5


@pytest.mark.parametrize("m", [0.05, 0.3, 0.5, 0.62, 0.97])
@pytest.mark.parametrize("deviation", [1e-6, 0.01, 0.2])
def test_the_next_values_keep_the_promised_probability(m, deviation):
    space = Space(n=Int(1, 4), x=Float(0, 1))
    margin = Margin(space, 10)
    mean = margin.correct(np.array([m, 0.3]), np.array([deviation, deviation]))
    s, alpha, k = margin.A[0] * deviation, 1 / 20, int(mean[0] * 4)
    assert mean[1] == 0.3 and margin.A[1] == 1
    if 0 < k < 3:
        assert norm.cdf((k / 4 - mean[0]) / s) >= alpha / 2 - 1e-9
        assert norm.sf(((k + 1) / 4 - mean[0]) / s) >= alpha / 2 - 1e-9
    else:
        limit = 0.25 if k == 0 else 0.75
        assert norm.cdf(-abs(mean[0] - limit) / s) >= alpha - 1e-9


LANDSCAPES = {
    "corner": lambda a, b: (a - 4) ** 2 + b**2,
    "inside": lambda a, b: (a - 2) ** 2 + 3 * (b - 1) ** 2,
    "turned": lambda a, b: 3 * (a - 3 - b) ** 2 + (b - 1) ** 2 + a / 2,
    "needle": lambda a, b: -(a == 4 and b == 2) - b / 10 - (a > 1) / 10,
}


@pytest.mark.filterwarnings("ignore:this space has 12 configurations")
@pytest.mark.parametrize("landscape", LANDSCAPES)
@pytest.mark.parametrize(
    ("method", "trials"),
    [("cma-es", 300), ("particle-swarm", 300), ("dehb", 300), ("differential-evolution", 60), ("genetic", 60)],
)
def test_a_dozen_combinations_of_small_numbers_are_no_trap(method, trials, landscape):
    """Without a margin CMA-ES freezes: with 300 trials it misses the best of twelve for one or two seeds of twenty, on
    all of these but `inside`. A particle swarm without craziness misses it for one seed of twenty on `turned`."""
    space, f = Space(a=Int(1, 4), b=Int(0, 2)), LANDSCAPES[landscape]
    fidelity = {"fidelity": Fidelity("epoch", 1, 9)} if method == "dehb" else {}
    best = min(f(a, b) for a in range(1, 5) for b in range(3))
    for seed in range(20):
        steps = nasbook.steps(
            method, lambda c, fidelity=9: f(c["a"], c["b"]), space=space, trials=trials, seed=seed, **fidelity
        )
        assert any(step.trial.value == best for step in steps), seed  # which ends the search where it is found
