"""The search with a prior-fitted network: its exact improvement, what it is shown, and what it finds."""

from dataclasses import replace

import numpy as np
import pytest

import nasbook
from nasbook import Choice, Float, Int, Space
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
