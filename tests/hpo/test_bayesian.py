"""Bayesian optimisation: what it believes, what it asks, on spaces of every kind."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hpo.told import LINE, parabola, run, tell
from hypothesis import given, settings
from hypothesis import strategies as st

import nasbook
from nasbook import Choice, Constant, Float, Int, Space, Trial
from nasbook.hpo import bayesian
from nasbook.hpo.bayesian import BayesianOptimisation
from nasbook.hpo.parts.acquisition import ACQUISITIONS
from nasbook.hpo.parts.bayesian_settings import NAMES
from nasbook.hpo.parts.draws import samples
from nasbook.hpo.parts.features import Features
from nasbook.hpo.parts.gp import GP
from nasbook.search import replay, steps

SVM = Space(
    kernel=Choice(["linear", "rbf", "poly"]),
    C=Float(1e-3, 1e3, log=True),
    gamma=Float(1e-4, 1e1, log=True, when={"kernel": ["rbf", "poly"]}),
    degree=Int(2, 5, when={"kernel": "poly"}),
    cache=Constant(200),
)


def svm_error(config):
    """Lowest, 0, at poly with degree 3, C = 10, gamma = 0.01."""
    error = {"linear": 1.0, "rbf": 0.6, "poly": 0.0}[config["kernel"]] + (math.log10(config["C"]) - 1) ** 2 / 10
    if "gamma" in config:
        error += (math.log10(config["gamma"]) + 2) ** 2 / 10
    return error + 0.2 * abs(config.get("degree", 3) - 3)


# ---- features ------------------------------------------------------------------------------------------------


@st.composite
def spaces(draw):
    """Spaces with every kind of parameter, and conditions between them."""
    parameters = {"first": Choice([f"o{i}" for i in range(draw(st.integers(1, 4)))])}
    for i in range(draw(st.integers(1, 5))):
        when = None
        if draw(st.booleans()):
            parent = draw(st.sampled_from([n for n, p in parameters.items() if not isinstance(p, Float)]))
            p = parameters[parent]
            values = p.levels(5) if isinstance(p, Int) else list(getattr(p, "options", [getattr(p, "value", None)]))
            when = {parent: draw(st.lists(st.sampled_from(values), min_size=1, unique=True))}
        low = draw(st.integers(1, 50))
        parameters[f"p{i}"] = draw(
            st.sampled_from(
                [
                    Float(low, low + 3.5, when=when),
                    Float(low, low * 1e4, log=True, when=when),
                    Int(low, low + 7, when=when),
                    Int(low, low * 100, log=True, when=when),
                    Choice([1, 2, 3], ordered=True, when=when),
                    Constant(7, when=when),
                ]
            )
        )
    return Space(parameters)


@settings(max_examples=150)
@given(spaces(), st.integers(0, 10**6))
def test_snapping_is_decoding_and_encoding(space, seed):
    U = np.random.default_rng(seed).random((20, space.d))
    expected = space.encode_all([space.decode(u) for u in U])
    assert np.allclose(space.snap(U), expected, atol=1e-8, equal_nan=True)


def test_features_keep_different_options_at_distance_one():
    features = Features(SVM)
    assert features.groups.tolist() == [0, 0, 0, 1, 2, 3]
    C = {"C": 1.0, "cache": 200}
    configs = [{"kernel": "linear", **C}, {"kernel": "rbf", **C, "gamma": 0.1}, {"kernel": "poly", **C, "gamma": 0.1}]
    configs[2]["degree"] = 2
    Z = features(SVM.encode_all(configs))
    assert np.linalg.norm(Z[0, :3] - Z[1, :3]) == pytest.approx(1)
    assert np.linalg.norm(Z[1, :3] - Z[2, :3]) == pytest.approx(1)
    assert Z[0, 4] == Z[0, 5] == Z[1, 5] == 0.5
    assert Z[2, 5] == pytest.approx(0.125)


# ---- what it asks --------------------------------------------------------------------------------------------


def test_the_next_point_is_the_maximum_of_the_acquisition():
    method = run(LINE, lambda c: math.sin(12 * c["x"]) + c["x"], 8, acquisition="ei", seed=1)
    method.ask()
    view = method.view()
    grid = np.linspace(0, 1, 20_001)[:, None]
    a = view.acquire(grid)
    assert view.acquire(view.next[None])[0] >= a.max() * (1 - 1e-6)
    belief = GP("matern52", signal=None).fit(view.U, view.y)
    assert np.allclose(a, ACQUISITIONS["ei"](*belief.predict(grid), view.y.min()), atol=1e-12)


@pytest.mark.parametrize("acquisition", ["log_ei", "ucb"])
def test_the_climb_beats_many_random_points_in_six_dimensions(acquisition):
    space = Space({f"x{i}": Float(0, 1) for i in range(6)})
    f = lambda c: sum((v - 0.6) ** 2 for v in c.values()) + math.sin(9 * c["x0"])  # noqa: E731
    method = run(space, f, 30, acquisition=acquisition)
    method.ask()
    view = method.view()
    random = np.random.default_rng(0).random((20_000, 6))
    assert view.acquire(view.next[None])[0] > view.acquire(random).max()


@pytest.mark.parametrize("acquisition", NAMES)
def test_every_acquisition_finds_the_minimum_of_a_curve(acquisition):
    wavy = lambda c: math.sin(12 * c["x"]) + 2 * c["x"]  # noqa: E731
    lowest = min(wavy({"x": x}) for x in np.linspace(0, 1, 10_001))
    xi = {"xi": 0.05} if acquisition == "pi" else {}
    method = run(LINE, wavy, 25, acquisition=acquisition, seed=2, **xi)
    assert min(t.value for t in method.done) < lowest + 0.01


def test_it_beats_random_search_on_a_conditional_space():
    bayes, random = [], []
    for seed in range(5):
        method = run(SVM, svm_error, 35, seed=seed)
        assert all(SVM.validate(t.config) == t.config for t in method.trials)
        bayes.append(min(t.value for t in method.done))
        rng = np.random.default_rng(seed)
        random.append(min(svm_error(SVM.sample(rng)) for _ in range(35)))
    assert np.median(bayes) < 0.02 < np.median(random)


def test_a_finite_space_is_walked_through_without_repeats():
    space = Space(a=Int(0, 4), b=Choice(["x", "y", "z"]), c=Choice([1, 2], when={"b": "x"}))
    assert space.size == 20
    method = run(space, lambda c: c["a"] + len(c), 20)
    assert len({space.key(t.config) for t in method.trials}) == 20
    extra = method.ask()  # exhausted: a repeat is allowed, and nothing hangs
    assert space.validate(extra.config) == extra.config


def test_failed_trials_and_trials_in_flight_are_not_asked_again():
    space = Space(a=Int(0, 11))
    method = BayesianOptimisation(space, startup=3)
    asked = []
    for i in range(6):
        first, second = method.ask(), method.ask()
        asked += [first.config["a"], second.config["a"]]
        tell(method, second, None if i % 2 else 1.0)
        tell(method, first, float(first.config["a"]))
    assert sorted(asked) == list(range(12))


def test_the_last_untried_point_of_a_large_space_is_found():
    space = Space(a=Int(0, 49), b=Int(0, 59))
    method = BayesianOptimisation(space, startup=1)
    every = list(space.grid(100))
    last = every.pop(1234)
    method.trials = [Trial(i, c, status="done", value=1.0) for i, c in enumerate(every[:5])]
    view = method.view()
    assert view.suggest(np.random.default_rng(0), {space.key(c) for c in every}) == last


def test_asks_in_parallel_spread():
    wavy = lambda c: math.sin(12 * c["x"]) + c["x"]  # noqa: E731  not known after 6 trials, as a parabola would be
    method = run(LINE, wavy, 6)
    asked = [method.ask().config["x"] for _ in range(5)]
    assert len(method.view().pending) == 4  # what was in flight when the last one was chosen
    assert min(abs(a - b) for i, a in enumerate(asked) for b in asked[:i]) > 1e-3
    alone = run(LINE, wavy, 6)
    assert alone.ask().config["x"] == asked[0]


@pytest.mark.parametrize("lie, value", [("min", 1.0), ("mean", 3.0), ("max", 5.0)])
def test_a_trial_in_flight_counts_as_the_lie(lie, value):
    method = BayesianOptimisation(LINE, startup=3, lie=lie, noise=0.0, lengthscale=0.05)
    trials = [method.ask() for _ in range(3)]
    for trial, y in zip(trials, (1.0, 3.0, 5.0), strict=True):
        tell(method, trial, y)
    x = LINE.encode(method.ask().config)
    method.ask()
    mean, std = method.view().predict(x[None])
    assert mean[0] == pytest.approx(value, abs=1e-6) and std[0] < 1e-3


def test_the_region_of_failures_is_avoided():
    method = BayesianOptimisation(LINE, seed=0)
    for _ in range(30):
        trial = method.ask()
        x = trial.config["x"]
        tell(method, trial, None if x < 0.5 else x)  # the lowest values would lie just where trials fail
    late = [t.config["x"] for t in method.trials[10:]]
    assert sum(x < 0.45 for x in late) <= 3
    assert min(t.value for t in method.done) < 0.52
    assert len(method.view().failed) == sum(t.status == "failed" for t in method.trials[:-1])


def test_nothing_but_failures_keeps_exploring():
    method = run(LINE, lambda c: None, 70)
    assert method.view().gp is None and method.view().best is None
    assert len({t.config["x"] for t in method.trials}) == 70


def test_a_pruned_trial_counts_with_its_last_value():
    method = run(LINE, parabola, 4)
    trial = method.ask()
    method.tell(replace(trial, status="pruned", value=0.9))
    method.ask()
    assert 0.9 in method.view().y


@pytest.mark.parametrize(
    "values",
    [[1.0] * 12, [0.0, 1e200, -1e200, 1e-200] * 3, [1e9 + i * 1e-6 for i in range(12)]],
    ids=["equal", "huge range", "far from zero"],
)
@pytest.mark.parametrize("acquisition", NAMES)
def test_odd_values_do_not_stop_it(values, acquisition):
    method = BayesianOptimisation(SVM, acquisition=acquisition, startup=3)
    for value in values:
        tell(method, method.ask(), value)
    assert np.isfinite(method.view().U[:, 1]).all()
    assert len({SVM.key(t.config) for t in method.trials}) == 12


# ---- determinism and views -----------------------------------------------------------------------------------


@pytest.mark.parametrize("acquisition", ["log_ei", "thompson"])
def test_the_same_seed_gives_the_same_search_whether_or_not_it_is_looked_at(acquisition):
    one = run(SVM, svm_error, 16, seed=5, acquisition=acquisition)
    two = BayesianOptimisation(SVM, seed=5, acquisition=acquisition)
    for _ in range(16):
        trial = two.ask()
        view = two.view()
        if view.gp is not None:
            view.acquire(view.U), samples(view, view.U), view.fitted(lengthscale=0.1)
        tell(two, trial, svm_error(trial.config))
    assert [t.config for t in one.trials] == [t.config for t in two.trials]
    assert [t.config for t in one.trials] != [t.config for t in run(SVM, svm_error, 16, seed=6).trials]


def test_a_resumed_and_a_replayed_search_are_the_same(tmp_path):
    options = {"space": LINE, "seed": 3}
    whole = nasbook.search("bayesian", parabola, trials=14, **options)
    nasbook.search("bayesian", parabola, trials=9, out=tmp_path / "t.jsonl", **options)
    resumed = nasbook.search("bayesian", parabola, trials=14, out=tmp_path / "t.jsonl", resume=True, **options)
    assert [t.config for t in resumed.trials] == [t.config for t in whole.trials]
    live = [step.view for step in steps("bayesian", parabola, trials=14, **options)]
    again = [step.view for step in replay(whole)]
    grid = np.linspace(0, 1, 50)[:, None]
    assert [v.gp is None for v in live] == [v.gp is None for v in again] == [True] * 3 + [False] * 11
    for a, b in zip(live[3:], again[3:], strict=True):
        assert np.array_equal(a.acquire(grid), b.acquire(grid)) and np.array_equal(a.next, b.next)


@pytest.mark.parametrize(("name", "every"), [("bayesian", 4), ("parego", 1)])
def test_after_many_trials_hyperparameters_are_kept_between_fits_and_results_are_not(name, every):
    """ParEGO learns another function with each weighting, so that nothing can be kept."""
    method, told, fitted = nasbook.method(name, LINE, seed=1, startup=99), [], []
    for _ in range(110):
        trial, view = method.ask(), method.view()
        if gp := view.gp:
            assert len(gp.X) == len(method.trials)
            told, fitted = [*told, len(gp.X)], [*fitted, (*gp.lengthscales, gp.signal, gp.noise)]
        value = math.sin(9 * trial.config["x"]) + trial.config["x"]
        method.tell(replace(trial, status="done", value=value, values=(value, -value) if name == "parego" else None))
    new = [n for n, before, now in zip(told[1:], fitted, fitted[1:], strict=False) if now != before]
    assert told[0] == 99 and new == [100, *(n for n in range(101, 110) if n % every == 0)]


def test_a_long_search_resumed_between_two_fits_is_the_same(tmp_path):
    options = {"space": LINE, "seed": 3, "startup": 100}
    f = lambda config: math.sin(9 * config["x"]) + config["x"]  # noqa: E731
    whole = nasbook.search("bayesian", f, trials=108, **options)
    nasbook.search("bayesian", f, trials=103, out=tmp_path / "t.jsonl", **options)
    resumed = nasbook.search("bayesian", f, trials=108, out=tmp_path / "t.jsonl", resume=True, **options)
    assert [t.config for t in resumed.trials] == [t.config for t in whole.trials]


def test_a_view_is_what_was_believed_then():
    method = run(LINE, parabola, 6)
    trial = method.ask()
    view, grid = method.view(), np.linspace(0, 1, 9)[:, None]
    before = view.predict(grid)
    tell(method, trial, 100.0)
    method.ask()
    assert np.array_equal(view.predict(grid), before) and len(view.y) == 6
    assert view.next == pytest.approx(LINE.encode(trial.config))
    with pytest.raises(AttributeError):
        view.draw = 3


def test_shapes_and_units_of_a_view():
    method = run(SVM, lambda c: 1000 + 50 * svm_error(c), 12)
    method.ask()
    view, U = method.view(), np.random.default_rng(0).random((7, 4))
    mean, std = view.predict(U)
    assert mean.shape == std.shape == view.acquire(U).shape == (7,)
    assert samples(view, U, n=3, seed=1).shape == (3, 7)
    assert mean.min() > 900 and mean.max() < 1300
    told, _ = view.predict(view.U)
    assert np.abs(told - view.y).mean() < 5
    assert view.best == view.y.min()


def test_a_choice_of_the_learner_is_seen_with_the_belief_of_that_moment():
    method = run(LINE, parabola, 6)
    method.enqueue({"x": 0.77})
    assert method.ask().config == {"x": 0.77}
    assert method.view().next == pytest.approx([0.77]) and method.view().gp is not None


def test_changed_settings_change_the_belief_but_not_the_results():
    method = run(LINE, parabola, 6)
    method.ask()
    view, grid = method.view(), np.linspace(0, 1, 9)[:, None]
    short = view.fitted(lengthscale=0.02, acquisition="ucb", kappa=0.0)
    assert short.gp.lengthscales == pytest.approx([0.02])
    assert np.allclose(short.acquire(grid), -short.predict(grid)[0])
    assert np.array_equal(short.y, view.y) and view.acquisition == "log_ei"
    assert short.predict(grid)[1].mean() > 2 * view.predict(grid)[1].mean()


def test_without_a_belief_a_view_says_so():
    view = BayesianOptimisation(LINE).view()
    assert view.gp is None and view.next is None
    with pytest.raises(ValueError, match="there is no belief yet"):
        view.predict(np.zeros((1, 1)))


def test_first_trials_beyond_the_design_are_drawn_from_the_prior_too(monkeypatch):
    monkeypatch.setattr(bayesian, "DESIGN", 4)
    method = BayesianOptimisation(Space(x=Float(0, 1)), prior={"x": [0.7, 0.01]}, startup=30)
    drawn = [method.ask().config["x"] for _ in range(24)]
    assert all(abs(x - 0.7) < 0.06 for x in drawn) and len(set(drawn)) == 24


def test_a_space_without_choices_to_make_is_refused():
    with pytest.raises(ValueError, match="nothing to search"):
        BayesianOptimisation(Space(a=Constant(1)))


def test_what_is_in_flight_is_believed_and_no_longer_in_doubt():
    method = nasbook.method("bayesian", Space(x=Float(0, 1)), startup=3, lie="believer")
    for _ in range(5):
        trial = method.ask()
        method.tell(replace(trial, status="done", value=(trial.config["x"] - 0.4) ** 2))
    method.ask()
    method.ask()
    view = method.view()
    at = view.see(view.pending)
    alone = replace(view, pending=view.pending[:0]).fitted(like=view.gp)
    assert len(at) and (view.gp.predict(at)[1] < 0.2 * alone.gp.predict(at)[1]).all()
