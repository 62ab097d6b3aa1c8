"""Random search: uniform over every kind of parameter, and as good as order statistics say."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

import nasbook
from nasbook import Choice, Float, Int, Space
from nasbook.hpo.random import RandomSearch

SPACE = Space(
    x=Float(-2, 6),
    rate=Float(1e-4, 1e2, log=True),
    width=Int(3, 9),
    units=Int(1, 1000, log=True),
    op=Choice(["a", "b", "c"]),
    only_b=Float(0, 1, when={"op": "b"}),
)


@pytest.fixture(scope="module")
def drawn():
    method = RandomSearch(SPACE, seed=1)
    return [method.ask().config for _ in range(6000)]


def test_floats_are_uniform_on_their_scale(drawn):
    x = np.array([c["x"] for c in drawn])
    assert stats.kstest(x, stats.uniform(-2, 8).cdf).pvalue > 1e-3
    rate = np.log10([c["rate"] for c in drawn])
    assert stats.kstest(rate, stats.uniform(-4, 6).cdf).pvalue > 1e-3
    inner = np.array([c["only_b"] for c in drawn if "only_b" in c])
    assert stats.kstest(inner, "uniform").pvalue > 1e-3


def test_ints_and_choices_are_uniform(drawn):
    assert stats.chisquare(np.bincount([c["width"] for c in drawn], minlength=10)[3:]).pvalue > 1e-3
    assert stats.chisquare(np.unique([c["op"] for c in drawn], return_counts=True)[1]).pvalue > 1e-3


def test_a_logarithmic_int_owns_half_a_step_to_each_side(drawn):
    counts = np.bincount([c["units"] for c in drawn], minlength=1001)
    edges = np.log(np.array([0.5, 1.5, 2.5, 10.5, 100.5, 1000.5]))
    expected = np.diff(edges) / (edges[-1] - edges[0]) * len(drawn)
    found = [counts[1], counts[2], counts[3:11].sum(), counts[11:101].sum(), counts[101:].sum()]
    assert stats.chisquare(found, expected).pvalue > 1e-3


def test_coordinates_are_independent(drawn):
    U = np.nan_to_num(SPACE.encode_all(drawn), nan=0.5)[:, :5]
    correlation = np.corrcoef(U.T) - np.eye(5)
    assert np.abs(correlation).max() < 0.05
    lag = [np.corrcoef(U[:-1, i], U[1:, i])[0, 1] for i in range(5)]
    assert np.abs(lag).max() < 0.05


def test_best_of_n_is_the_order_statistic():
    """The lowest of n uniform values has mean 1/(n + 1) and the distribution 1 - (1 - q)^n."""
    space, n = Space(x=Float(0, 1)), 59
    best = [
        nasbook.search("random", lambda c: c["x"], space=space, trials=n, seed=seed).best.value for seed in range(300)
    ]
    assert stats.kstest(best, stats.beta(1, n).cdf).pvalue > 1e-3
    assert np.mean(np.array(best) < 0.05) == pytest.approx(0.95, abs=0.04)


def test_a_seed_is_a_search():
    one, two = RandomSearch(SPACE, seed=7), RandomSearch(SPACE, seed=7)
    assert [one.ask().config for _ in range(20)] == [two.ask().config for _ in range(20)]
    assert RandomSearch(SPACE, seed=8).ask().config != RandomSearch(SPACE, seed=7).ask().config


def test_it_serves_a_space_that_leaves_no_choice_and_any_number_of_objectives():
    assert nasbook.search("random", lambda c: 1.0, space=Space(op=Choice(["a"])), trials=2).values.tolist() == [1, 1]
    assert len(nasbook.search("random", "nb201-cifar10-latency", trials=3)) == 3


def test_its_choices_wait_for_no_result():
    """So several may train at once."""
    alone, told = RandomSearch(SPACE, seed=5), RandomSearch(SPACE, seed=5)
    for _ in range(6):
        assert alone.settled() and told.settled()
        trial = told.ask()
        assert alone.ask().config == trial.config
        told.tell(replace(trial, status="done", value=float(trial.id)))
