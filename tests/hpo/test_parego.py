"""ParEGO: its scalarisation by hand, what that can reach, and how much of a known front it covers."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nasbook
from nasbook import Float, FunctionTask, Space
from nasbook.hpo import bayesian
from nasbook.hpo.parego import ParEGO, ParEGOView, tchebycheff, weights
from nasbook.hpo.parts.bayesian_settings import LIES
from nasbook.hpo.parts.pareto import front, hypervolume

SQUARE = Space(x=Float(-2, 2), y=Float(-2, 2))
A, B = np.array([-1.0, 0.5]), np.array([1.0, -0.5])
REF = (5, 5)


def bowls(config):
    """Squared distances to A and B, which are √5 apart: the front is the segment between, f = (5 t², 5 (1 - t)²)."""
    x = np.array([config["x"], config["y"]])
    return float(((x - A) ** 2).sum()), float(((x - B) ** 2).sum())


def test_the_scalarisation_by_hand():
    Y = np.array([(0, 10), (5, 0), (10, 5)], float)  # scaled: (0, 1), (½, 0), (1, ½)
    assert tchebycheff(Y, (0.5, 0.5), 0.1).tolist() == [0.5 + 0.05, 0.25 + 0.025, 0.5 + 0.075]
    assert tchebycheff(Y, (1, 0), 0).tolist() == [0, 0.5, 1]
    assert tchebycheff(Y, (0.5, 0.5)).tolist() == tchebycheff(Y, (0.5, 0.5), 0.05).tolist()  # Knowles' ρ
    assert tchebycheff(np.array([(3, 1), (3, 2)]), (0.5, 0.5), 0).tolist() == [0, 0.5]  # a flat objective is no problem


def test_an_objective_is_drawn_in_beyond_thirty_times_the_distance_of_its_quartiles():
    """Of 0, 1, …, 9 and a last value the quartiles are 2 and 8, so that is beyond 188."""
    flat = np.zeros(11)
    near, far = (tchebycheff(np.stack([np.r_[np.arange(10), last], flat], 1), (1, 0), 0) for last in (187, 190))
    assert near[9] == pytest.approx(9 / 187)
    assert far[9] == pytest.approx(9 / (17 + 6 * math.log1p(173 / 6)))  # above Q₃ + 1.5 s only its logarithm grows


def test_each_weighting_is_another_function_so_hyperparameters_are_always_fitted(monkeypatch):
    handed, fitted = [], ParEGOView.fitted

    def spy(view, like=None):
        handed.append(like)
        return fitted(view, like)

    monkeypatch.setattr(bayesian, "MANY", 5)
    monkeypatch.setattr(ParEGOView, "fitted", spy)
    nasbook.search("parego", FunctionTask(bowls, SQUARE), trials=10, seed=0)
    assert len(handed) > 4 and handed == [None] * len(handed)
    monkeypatch.setattr(ParEGO, "refit", 4)
    nasbook.search("parego", FunctionTask(bowls, SQUARE), trials=10, seed=0)
    assert any(like is not None for like in handed)  # so the assertion before can fail


def test_who_diverged_in_one_objective_is_doubted_in_small_units_too():
    method = ParEGO(SQUARE, startup=12)
    for i in range(12):
        values = (1e-3 * i, 1e6 if i == 5 else 1e-3 * (12 - i))
        method.tell(replace(method.ask(), status="done", value=values[0], values=values))
    method.ask()
    assert np.flatnonzero(method.view().doubt).tolist() == [5]


@pytest.mark.parametrize(("m", "s"), [(2, 10), (3, 4), (4, 3), (2, 1)])
def test_weights_are_every_split_of_s(m, s):
    W = weights(m, s)
    assert len(W) == len({tuple(w) for w in W}) == math.comb(s + m - 1, m - 1)
    assert np.allclose(W.sum(1), 1) and W.min() == 0 and np.allclose(W * s, np.rint(W * s))


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9)), min_size=2, max_size=12),
    st.tuples(*[st.integers(1, 5)] * 3),
)
def test_its_lowest_point_is_on_the_front(rows, λ):
    Y = np.array(rows, float)
    assert front(Y)[np.argmin(tchebycheff(Y, np.array(λ) / sum(λ)))]


def test_it_reaches_a_hollow_front_where_a_weighted_sum_does_not():
    x = np.linspace(0, 1, 11)
    Y = np.c_[x, 1 - x**2]
    every = weights(2, 100)
    assert {int(np.argmin(tchebycheff(Y, λ, 0.01))) for λ in every} == set(range(11))
    assert {int(np.argmin(Y @ λ)) for λ in every} == {0, 10}


def test_it_covers_more_than_random_search():
    task = FunctionTask(bowls, SQUARE)
    exact = 25 * (1 - 1 / 6)  # of the unit square, ∫ (1 - √u)² du = 1/6 lies below the front √f1 + √f2 = √5
    for seed in range(3):
        volume = {
            name: hypervolume([t.values for t in nasbook.search(name, task, trials=40, seed=seed).trials], REF)
            for name in ("parego", "random")
        }
        assert volume["random"] < 0.9 * exact < 0.93 * exact < volume["parego"] < exact


def test_a_view_believes_the_weighting_that_it_shows():
    *_, step = nasbook.steps("parego", FunctionTask(bowls, SQUARE), trials=14, seed=1)
    view = step.view
    assert view.weights.sum() == pytest.approx(1) and view.Y.shape == (13, 2)
    assert view.y == pytest.approx(tchebycheff(view.Y, view.weights, 0.05))
    mean, std = view.predict(view.U)
    assert np.corrcoef(mean, view.y)[0, 1] > 0.99 and (std < np.std(view.y)).all()
    a = view.acquire(np.vstack([view.next, np.random.default_rng(0).random((500, 2))]))
    assert a[0] >= a[1:].max()  # what was chosen has the largest expected improvement


def test_trials_in_flight_and_failures_are_counted():
    method = ParEGO(SQUARE, seed=0, startup=4)
    trials = [method.ask() for _ in range(7)]
    for trial in trials[:5]:
        v = bowls(trial.config)
        method.tell(replace(trial, status="done", value=v[0], values=v))
    method.tell(replace(trials[5], status="failed"))
    method.ask()
    view = method.view()
    assert (len(view.U), len(view.failed), len(view.pending)) == (5, 1, 1) and view.gp.X.shape == (7, 2)
    lies = view.gp.z * view.gp.scale + view.gp.shift
    assert lies[5:] == pytest.approx([view.y.max(), LIES["min"](view.y)])


def test_one_value_is_refused():
    with pytest.raises(ValueError, match="branin has one objective: parego weighs several"):
        nasbook.search("parego", "branin", trials=5)
    with pytest.raises(ValueError, match="rho must be at least 0"):
        ParEGO(SQUARE, rho=-1)


def test_too_many_objectives_are_refused_and_never_end_a_search():
    """30 objectives and s = 10 have C(39, 29) weights."""
    sentence = "30 objectives and divisions=10 make too many weights; lower divisions, or use 'nsga2'"
    with pytest.warns(UserWarning, match="failed"):
        trace = nasbook.search("parego", lambda c: (c["x"],) * 30, space=SQUARE, trials=8)
    assert [t.status for t in trace.trials] == ["failed"] * 8 and sentence in trace.trials[0].reason

    class Many(nasbook.Task):
        name, space, objectives = "many", SQUARE, tuple("abcdefghijklmnopqrstuvwxyzABCD")

    with pytest.raises(ValueError, match="many has 30 objectives: parego: 30 objectives and divisions=10"):
        nasbook.search("parego", Many(), trials=2)
    three = nasbook.search("parego", lambda c: (c["x"],) * 3, space=SQUARE, trials=8, startup=4)
    assert all(t.status == "done" for t in three.trials)


def test_a_hundred_thousand_weights_are_the_most():
    """Of two objectives there are s + 1."""
    done = nasbook.Trial(0, {"x": 0.0, "y": 0.0}, status="done", value=0.0, values=(0.0, 1.0))
    assert ParEGO(SQUARE, divisions=99_999).refuses(done) is None
    assert "too many weights" in ParEGO(SQUARE, divisions=100_000).refuses(done)


def test_without_weights_all_objectives_count_alike_and_without_results_there_is_no_value():
    method = ParEGO(SQUARE, startup=4)
    assert method._results()[1].shape == (0,)
    Y = [(0.0, 4.0), (1.0, 2.0), (3.0, 0.0)]
    asked = [method.ask() for _ in Y]
    for trial, values in zip(asked, Y, strict=True):
        method.tell(replace(trial, status="done", value=values[0], values=values))
    assert method._results()[1] == pytest.approx(tchebycheff(np.array(Y), (0.5, 0.5)))


def test_what_diverged_is_doubted_by_how_far_it_lies_above_the_best():
    method = ParEGO(SQUARE, seed=1, startup=12)  # its weights are 0.4 and 0.6
    for i in range(12):
        values = (3.0 + i, 1e6 if i == 5 else 20.0 - i)
        method.tell(replace(method.ask(), status="done", value=values[0], values=values))
    method.ask()
    view = method.view()
    assert view.values.min() > 0 and view.doubt[5] == pytest.approx(view.values[5] - view.values.min())
