"""The search with a prior-fitted network: its exact improvement, what it is shown, and what it finds."""

from dataclasses import replace

import numpy as np
import pytest

import nasbook
from nasbook import Choice, Float, Int, Space
from nasbook.hpo import pfn
from nasbook.hpo.parts.maximise import maximise
from nasbook.hpo.pfn import SEEN, Pfn, PfnSettings, PfnView

LINE = Space(x=Float(0, 1))
MIXED = Space(kind=Choice(["a", "b", "c"]), n=Int(1, 8), x=Float(0, 1), depth=Int(1, 3, when={"kind": "b"}))
NONE = np.empty((0, 1))


def view(n=8, seed=0, **settings):
    U = np.random.default_rng(seed).random((n, 1))
    return PfnView(LINE, PfnSettings(**settings), U, np.sin(9 * U[:, 0]), NONE, NONE, True)


def test_improvement_is_that_of_draws_from_the_belief():
    v, U = view(), np.array([[0.1], [0.52], [0.9]])
    p, best, _, scale = v._believe(U)
    bars, rng = v.bars, np.random.default_rng(1)
    for i, (row, at) in enumerate(zip(p, U, strict=True)):
        y = np.array([bars.quantile(row[None], q)[0] for q in rng.random(4000)])
        gain = np.maximum(best - y, 0)
        assert abs(v.acquire(at[None])[0] - gain.mean()) < 4 * gain.std() / np.sqrt(len(y)) + 1e-4
        chance = replace(v, settings=PfnSettings(acquisition="pi")).acquire(at[None])[0]
        assert abs(chance - (y < best).mean()) < 0.035
        assert abs(v.predict(U)[0][i] - (v._shown[3] + scale * y.mean())) < 5 * scale * y.std() / np.sqrt(len(y)) + 1e-3


def test_the_setting_chooses_between_the_improvement_and_its_probability():
    v, U = view(3), np.linspace(0, 1, 21)[:, None]
    p, best, _, _ = v._believe(U)
    gain, chance = v.bars.shortfall(p, best), v.bars.cdf(p, best)
    assert np.abs(gain - chance).max() > 0.05
    assert np.array_equal(v.acquire(U), gain)
    assert np.array_equal(view(3, acquisition="pi").acquire(U), chance)


def test_the_belief_moves_and_scales_with_the_values_and_knows_what_it_was_shown():
    v, U = view(12), np.linspace(0, 1, 9)[:, None]
    mean, std = v.predict(U)
    again = replace(v, y=1000 + 50 * v.y)
    np.testing.assert_allclose(again.predict(U)[0], 1000 + 50 * mean, rtol=1e-4)
    np.testing.assert_allclose(again.predict(U)[1], 50 * std, rtol=1e-3)
    np.testing.assert_allclose(v.predict(v.U)[0], v.y, atol=0.25)  # it goes through what it was shown
    low, high = v.quantiles(U, 0.025, 0.975)
    assert (low < mean).all() and (mean < high).all()


def test_failed_and_pending_trials_are_avoided_like_the_worst():
    v = view(8)
    worse = replace(v, failed=np.array([[0.52]]))
    assert worse.acquire(np.array([[0.52]]))[0] < v.acquire(np.array([[0.52]]))[0]
    assert worse.predict(np.array([[0.52]]))[0][0] > v.predict(np.array([[0.52]]))[0][0] + 0.2


def test_what_does_not_exist_tells_nothing_and_a_step_is_a_step():
    v = PfnView(
        MIXED,
        PfnSettings(),
        np.random.default_rng(0).random((6, 4)),
        np.arange(6.0),
        np.empty((0, 4)),
        np.empty((0, 4)),
        True,
    )
    at = np.tile([0.1, 0.4, 0.3, np.nan], (3, 1))
    at[:, 3] = 0.1, 0.5, 0.9  # depth, where kind is a
    at[2, 1] += 0.01  # n within its cell
    assert np.ptp(v.predict(at)[0]) == 0
    assert v.predict(np.array([[0.5, 0.4, 0.3, 0.1], [0.5, 0.4, 0.3, 0.9]]))[0].std() > 0  # it exists where kind is b


def test_of_many_trials_it_sees_the_best_and_the_last():
    v = view(160)
    U, z, _, shift, scale = v._shown
    told = (v.y - shift) / scale
    assert U.shape == (SEEN, 1)
    np.testing.assert_allclose(z[SEEN // 2 :], told[-SEEN // 2 :])
    np.testing.assert_allclose(z[: SEEN // 2], np.sort(told[: -SEEN // 2])[: SEEN // 2])


def test_it_beats_random_search_beyond_noise():
    """16 trials, six seeds each: tests/benchmarks/pfn.py compares it with the other methods."""
    best = {
        name: [nasbook.search(name, "hartmann6", trials=16, seed=s).best.value for s in range(6)]
        for name in ("pfn", "random")
    }
    gain = np.array(best["random"]) - np.array(best["pfn"])
    assert gain.mean() > 2 * gain.std(ddof=1) / np.sqrt(len(gain))


def test_a_space_of_more_parameters_than_it_learned_is_named():
    with pytest.raises(ValueError, match="pfn: the network was trained on up to 8 parameters, and this space has 9"):
        Pfn(Space({f"x{i}": Float(0, 1) for i in range(9)}))
    with pytest.raises(ValueError, match="acquisition must be ei or pi, not 'ucb'"):
        Pfn(LINE, acquisition="ucb")


def test_what_is_to_be_beaten_is_the_best_as_it_is_shown():
    v = replace(view(8), y=np.arange(8.0) + 5)
    _, best, shift, scale = v._believe(np.array([[0.5]]))
    assert (shift, scale) == (v.y.mean(), v.y.std()) and best == pytest.approx((5 - v.y.mean()) / v.y.std())
    flat = replace(v, y=np.full(8, 3.0))
    assert flat._shown[1:] == (pytest.approx(np.zeros(8)), 0, 3, 1)


def test_a_pending_trial_is_shown_as_the_worst_and_as_many_as_it_learned_are_shown_as_they_are():
    v = replace(view(8), failed=np.array([[0.2]]), pending=np.array([[0.52], [0.7]]))
    U, z, *_ = v._shown
    np.testing.assert_allclose(U[8:, 0], [0.2, 0.52, 0.7])
    assert (z[8:] == z.max()).all()
    many = view(SEEN)
    assert np.array_equal(many._shown[0], many.U)


def test_the_first_trials_are_spread_and_the_belief_begins_after_them():
    method, believed, first = Pfn(LINE, seed=0, startup=4), [], []
    for i in range(6):
        trial = method.ask()
        believed.append(method.view().believes)
        first.append(trial.config["x"])
        method.tell(replace(trial, status="done", value=float(i % 3)))
    assert believed == [False] * 4 + [True] * 2
    assert {int(4 * x) for x in first[:4]} == {0, 1, 2, 3}  # Sobol': one in each quarter


def test_trials_in_flight_count_as_begun_and_three_values_are_the_least():
    method = Pfn(LINE, seed=0, startup=4)
    asked = [method.ask() for _ in range(4)]
    for trial in asked[:2]:
        method.tell(replace(trial, status="done", value=trial.config["x"]))
    method.tell(replace(asked[2], status="failed"))
    method.ask()
    assert not method.view().believes, "two values"
    method = Pfn(LINE, seed=0, startup=4)
    asked = [method.ask() for _ in range(4)]
    for trial in asked[:3]:
        method.tell(replace(trial, status="done", value=trial.config["x"]))
    method.ask()
    assert method.view().believes, "three have ended and one is in flight"


def test_it_looks_closely_around_the_five_best(monkeypatch):
    around = []

    def spy(space, acquire, climb, best, rng):
        around.append(best)
        return maximise(space, acquire, climb, best, rng)

    monkeypatch.setattr(pfn, "maximise", spy)
    v = view(12)
    v.suggest(np.random.default_rng(0))
    assert around[0].tolist() == v.U[np.argsort(v.y)][:5].tolist()


def test_what_was_tried_is_suggested_only_where_nothing_else_is():
    space = Space(a=Choice([0, 1, 2]), b=Choice([0, 1]))
    cells = list(space.grid())
    U = np.array([space.encode(c) for c in cells])
    v = PfnView(space, PfnSettings(), U[:4], np.arange(4.0), np.empty((0, 2)), np.empty((0, 2)), True)
    keys = [space.key(c) for c in cells]
    for k, left in enumerate(cells):
        assert v.suggest(np.random.default_rng(0), set(keys[:k] + keys[k + 1 :])) == left
    assert v.suggest(np.random.default_rng(0), set(keys)) in cells
    Pfn(Space({f"x{i}": Float(0, 1) for i in range(8)}))
