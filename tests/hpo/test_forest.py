"""The random forest: its mean and variance by enumeration of the trees, its EI by integration, its search."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import integrate, stats
from sklearn.tree import DecisionTreeRegressor

import nasbook
from nasbook import Choice, Constant, Float, Int, Space
from nasbook.hpo.forest import ForestOptimisation, ForestSettings, ForestView
from nasbook.hpo.parts.acquisition import log_normal_ei
from nasbook.hpo.parts.trees import Forest
from nasbook.kit.sobol import quasi_random
from nasbook.kit.values import FARTHEST

SVM = Space(
    kernel=Choice(["linear", "rbf", "poly"]),
    C=Float(1e-3, 1e3, log=True),
    gamma=Float(1e-4, 1e1, log=True, when={"kernel": ["rbf", "poly"]}),
    degree=Int(2, 5, when={"kernel": "poly"}),
    cache=Constant(200),
)


def svm_error(config):
    error = {"linear": 1.0, "rbf": 0.6, "poly": 0.0}[config["kernel"]] + (math.log10(config["C"]) - 1) ** 2 / 10
    if "gamma" in config:
        error += (math.log10(config["gamma"]) + 2) ** 2 / 10
    return error + 0.2 * abs(config.get("degree", 3) - 3)


def tell(method, trial, value):
    method.tell(replace(trial, status="failed" if value is None else "done", value=value))


@pytest.mark.parametrize("leaf", [1, 3])
def test_mean_and_variance_are_those_of_all_points_in_the_leaves(leaf):
    rng = np.random.default_rng(0)
    X, y = rng.random((40, 3)), rng.standard_normal(40)
    new = rng.random((15, 3))
    forest = Forest(X, y, np.random.default_rng(5), trees=7, leaf=leaf)

    # The same trees by scikit-learn itself, and for each new point the list of training values in its leaf.
    again = np.random.default_rng(5)
    values, others = [[] for _ in new], [[] for _ in new]
    for drawn, seed in zip(again.integers(40, size=(7, 40)), again.integers(2**31, size=7), strict=True):
        tree = DecisionTreeRegressor(max_features=1.0, min_samples_leaf=leaf, random_state=int(seed))
        tree.fit(X[drawn], y[drawn])
        train, test = tree.apply(X[drawn]), tree.apply(new)
        for k, node in enumerate(test):
            values[k].append(y[drawn][train == node])
            others[k].append(np.exp(y[drawn][train == node]))
    # Draw a tree, then a point of its leaf: the mean and variance of that two-stage lottery, point by point.
    for (mean, std), found in ((forest.predict(new), values), (forest.predict(new, np.exp(y)), others)):
        for k, leaves in enumerate(found):
            outcomes = np.concatenate(leaves)
            chance = np.concatenate([np.full(len(v), 1 / 7 / len(v)) for v in leaves])
            expected = chance @ outcomes
            assert math.isclose(mean[k], expected, abs_tol=1e-10)
            assert math.isclose(std[k] ** 2, chance @ (outcomes - expected) ** 2, abs_tol=1e-10)


def test_it_is_unsure_where_it_knows_nothing():
    X = np.linspace(0, 1, 30)[:, None]
    X = X[(X[:, 0] < 0.4) | (X[:, 0] > 0.6)]
    _, std = Forest(X, np.sign(X[:, 0] - 0.5), np.random.default_rng(0), trees=50).predict(
        np.array([[0.2], [0.45], [0.55], [0.8]])
    )
    assert std[1:3].max() > std[[0, 3]].max()


@pytest.mark.parametrize(("mean", "std", "best"), [(0.0, 1.0, 1.0), (-2.0, 0.3, 0.1), (1.0, 0.5, 0.5)])
def test_ei_of_logarithms_is_the_integral(mean, std, best):
    law = stats.lognorm(s=std, scale=math.exp(mean))
    expected = integrate.quad(lambda y: (best - y) * law.pdf(y), 0, best, epsabs=1e-14)[0]
    assert math.isclose(log_normal_ei(np.array([mean]), np.array([std]), best)[0], expected, rel_tol=1e-7)


def test_the_view_predicts_in_the_units_of_the_value():
    method = ForestOptimisation(SVM, startup=5, random=0.0)
    for _ in range(40):
        trial = method.ask()
        tell(method, trial, 100 * svm_error(trial.config))
    method.ask()
    view = method.view()
    U = SVM.encode_all([t.config for t in method.trials])
    mean, std = view.predict(U)
    y = np.array([t.value for t in method.trials])
    assert np.corrcoef(mean, y)[0, 1] > 0.8 and 0.3 < np.median(mean / y) < 3
    assert np.all(std >= 0) and view.acquire(U).shape == (40,)


def test_logarithms_begin_as_far_below_the_best_as_the_5_percent_quantile_lies_above():
    method, none = ForestOptimisation(SVM), np.zeros((0, SVM.d))
    y, U = np.arange(101.0), np.zeros((101, SVM.d))
    view = method.View(SVM, method.settings, U, y, failed=none, pending=none)
    assert view.y_0 == -5  # of 0, 1 … 100 the quantile is 5
    assert replace(view, failed=U, pending=U).y_0 == -5, "what has no value of its own does not move it"
    assert replace(view, y=10 * y + 3).y_0 == 3 - 50
    assert replace(view, y=np.r_[0.0, np.full(100, 7.0)]).y_0 == -7


def test_the_views_ei_is_that_of_its_prediction():
    method = ForestOptimisation(SVM, startup=5, random=0.0)
    for _ in range(20):
        trial = method.ask()
        tell(method, trial, 100 * svm_error(trial.config))
    method.ask()
    view = method.view()
    U = SVM.encode_all([t.config for t in method.trials])
    mean, std = view.forest.predict(view._see(U))  # of ln((y - y_0) / unit)
    for m, s, got in zip(mean[:5], std[:5], view.acquire(U)[:5], strict=True):
        law = stats.lognorm(s=max(s, 1e-9), scale=math.exp(m))
        expected = view.unit * integrate.quad(lambda y: (1 - y) * law.pdf(y), 0, 1, epsabs=1e-14)[0]  # noqa: B023
        assert got == pytest.approx(expected, rel=1e-5, abs=1e-9)


def test_a_neighbour_has_one_number_a_step_away_or_one_choice_drawn_anew():
    space = Space(x=Float(0, 1), y=Float(0, 1))
    method = ForestOptimisation(space, startup=2)
    for _ in range(3):
        tell(method, method.ask(), 1.0)
    method.ask()
    view, U = method.view(), np.full((2000, 2), 0.5)
    moved = view._exchange(U, np.random.default_rng(0)) - 0.5
    assert ((moved != 0).sum(1) == 1).all()
    steps = moved[moved != 0]
    assert np.median(np.abs(steps)) == pytest.approx(0.2 * stats.norm.ppf(0.75), rel=0.05)


def test_it_chooses_the_best_that_it_finds_and_nothing_twice():
    method = ForestOptimisation(SVM, seed=2, random=0.0)
    for _ in range(30):
        trial = method.ask()
        tell(method, trial, svm_error(trial.config))
    method.ask()
    view = method.view()
    rng = np.random.default_rng(9)
    others = SVM.encode_all([SVM.sample(rng) for _ in range(1000)])
    assert view.acquire(view.next[None])[0] >= np.quantile(view.acquire(others), 0.995)
    keys = [SVM.key(t.config) for t in method.trials]
    assert len(set(keys)) == 30


def test_a_finite_space_is_exhausted_without_repeats():
    space = Space(a=Choice(["x", "y", "z"]), b=Int(1, 5))
    method = ForestOptimisation(space, startup=3)
    for _ in range(15):
        trial = method.ask()
        tell(method, trial, float(trial.config["b"]))
    assert len({space.key(t.config) for t in method.trials}) == 15
    tell(method, method.ask(), 1.0)  # the sixteenth has to repeat one


def test_failed_regions_and_places_in_flight_are_avoided():
    space = Space(x=Float(0, 1))
    method = ForestOptimisation(space, seed=1, random=0.0)
    for _ in range(40):
        trial = method.ask()
        tell(method, trial, None if trial.config["x"] > 0.5 else (trial.config["x"] - 0.4) ** 2)
    assert sum(t.status == "failed" for t in method.trials[20:]) <= 5
    flying = [method.ask() for _ in range(6)]
    assert len({t.config["x"] for t in flying}) == 6
    assert len(method.view().pending) == 5


def test_what_is_in_flight_counts_as_begun_and_the_belief_begins_with_as_many():
    for told, flying in ((4, 0), (2, 2), (3, 0), (2, 1)):
        method = ForestOptimisation(Space(x=Float(0, 1)), seed=1, random=0.0, startup=4)
        asked = [method.ask() for _ in range(told + flying)]
        for trial in asked[:told]:
            tell(method, trial, trial.config["x"])
        method.ask()
        assert (method.view().forest is not None) == (told + flying == 4), (told, flying)


def test_failures_and_trials_in_flight_both_count_as_the_worst():
    y = np.array([0.3, 0.1])
    view = ForestView(Space(x=Float(0, 1)), ForestSettings(), np.zeros((2, 1)), y, np.ones((3, 1)), np.ones((2, 1)))
    assert len(view.values) == 7 and (view.values[2:] == view.values[0]).all()


def test_it_climbs_from_the_best_told_and_the_best_of_many_random_points(monkeypatch):
    space, starts, exchange = Space(x=Float(0, 1)), [], ForestView._exchange

    def spy(view, here, rng):
        starts.append(here)
        return exchange(view, here, rng)

    monkeypatch.setattr(ForestView, "_exchange", spy)
    U = np.linspace(0, 1, 20)[:, None]
    none = np.empty((0, 1))
    view = ForestView(space, ForestSettings(), U, np.sin(9 * U[:, 0]), none, none).fitted(np.random.default_rng(0))
    view.suggest(np.random.default_rng(1), ())
    random = space.snap(quasi_random(1, 1024, np.random.default_rng(1)))
    a = view.acquire(random)
    assert starts[0][:10].tolist() == U[np.argsort(view.y, kind="stable")[:10]].tolist()
    assert starts[0][10:].tolist() == random[np.argsort(-a, kind="stable")[:10]].tolist()


def test_it_does_better_than_random_on_a_conditional_space():
    best = {
        name: [nasbook.search(name, svm_error, space=SVM, trials=40, seed=s).best.value for s in range(5)]
        for name in ("forest", "random")
    }
    assert np.mean(np.log(best["forest"])) < np.mean(np.log(best["random"])) - 1


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "values", [[1e12] * 20, [1.0] * 19 + [1e300], [-1e-300, 0.0] * 10, [1e9 + 1e-6 * i for i in range(20)]]
)
def test_values_of_any_size_are_served(values):
    method = ForestOptimisation(SVM, startup=5)
    for value in values:
        tell(method, method.ask(), value)
    for _ in range(5):
        method.ask()
        if (view := method.view()).forest is not None:
            U = SVM.encode_all([SVM.sample(np.random.default_rng(i)) for i in range(50)])
            assert np.isfinite(view.acquire(U)).all() and np.all(view.acquire(U) >= 0)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"trees": 1}, "trees must be a whole number of at least 2, not 1"),
        ({"features": 0}, r"features must lie in \(0, 1\], not 0"),
        ({"random": 1.5}, r"random must lie in \[0, 1\], not 1.5"),
    ],
)
def test_settings_are_checked(wrong, sentence):
    with pytest.raises(ValueError, match=f"forest: {sentence}"):
        ForestOptimisation(SVM, **wrong)


@pytest.mark.parametrize(("far", "taken"), [(900.0, True), (1500.0, False)])
def test_a_value_absurdly_far_out_does_not_set_the_unit(far, taken):
    """Many equal best values: the unit is a millionth of the range, in which what lies beyond 10³ s is drawn in."""
    y = np.r_[np.zeros(3), np.linspace(1, 2, 16)]
    q1, q3 = y[4], y[15]  # the quartiles of twenty values, of which the last one lies far out
    s = q3 - q1
    y, none = np.r_[y, q3 + far * s], np.zeros((0, 1))
    view = ForestView(Space(x=Float(0, 1)), ForestSettings(), np.zeros((20, 1)), y, none, none)
    drawn_in = q3 + 1.5 * s + s * np.log1p(FARTHEST)  # as far as anything is taken to be
    assert view.unit == pytest.approx(1e-6 * (y[-1] if taken else drawn_in))


def test_starts_walk_uphill_as_long_as_a_neighbour_is_better():
    """Towards a peak in seven dimensions, which quasi-random points do not come near."""

    class Peaked(ForestView):
        def acquire(self, U):
            return -np.abs(U - 0.31).sum(1)

    space = Space({f"x{j}": Float(0, 1) for j in range(7)})
    U = np.random.default_rng(0).random((20, 7))
    view = Peaked(space, ForestSettings(), U, U.sum(1), np.zeros((0, 7)), np.zeros((0, 7)))
    found = [view.suggest(np.random.default_rng(seed), set()) for seed in range(5)]
    away = [sum(abs(x - 0.31) for x in config.values()) for config in found]
    drawn = [np.abs(quasi_random(7, 1024, np.random.default_rng(seed)) - 0.31).sum(1).min() for seed in range(5)]
    assert np.mean(away) < 0.6 * np.mean(drawn), (away, drawn)


def test_a_neighbour_differs_in_one_place_and_what_comes_to_life_begins_in_the_middle():
    space = Space(kind=Choice(["a", "b"]), x=Float(0, 1, when={"kind": "b"}), y=Float(0, 1))
    none, U = np.zeros((0, 3)), np.array([[0.25, np.nan, 0.8]])
    view = ForestView(space, ForestSettings(), U, np.ones(1), none, none)
    near = np.concatenate([view._exchange(U, np.random.default_rng(seed)) for seed in range(20)])
    moved = near != [0.25, 0.5, 0.8]
    assert (moved.sum(1) <= 1).all() and moved.any(0).all() and near.min() >= 0 and near.max() <= 1
