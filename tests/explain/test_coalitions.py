"""Shapley values against all n! orders, a closed form and their four axioms; interactions against their definition."""

from itertools import permutations

import numpy as np
import pytest

from nasbook.explain.coalitions import interactions, main_effects, members, players, sampled, shapley


def game(n, seed=0):
    return np.random.default_rng(seed).normal(size=1 << n)


def brute(v):
    """The mean over all orders of what each player changes when it enters."""
    n = players(v)
    phi, orders = np.zeros(n), list(permutations(range(n)))
    for order in orders:
        S = 0
        for i in order:
            phi[i] += v[S | 1 << i] - v[S]
            S |= 1 << i
    return phi / len(orders)


@pytest.mark.parametrize("n", [1, 2, 3, 5, 6])
def test_shapley_is_the_mean_over_all_orders(n):
    v = game(n, n)
    np.testing.assert_allclose(shapley(v), brute(v), atol=1e-12)


def test_the_four_axioms():
    v, w = game(5, 1), game(5, 2)
    inside = members(5)
    assert shapley(v).sum() == pytest.approx(v[-1] - v[0])  # efficiency
    np.testing.assert_allclose(shapley(2 * v - 3 * w), 2 * shapley(v) - 3 * shapley(w))  # linearity
    dummy = v[np.arange(32) & ~(1 << 3)]  # player 3 changes nothing
    assert shapley(dummy)[3] == pytest.approx(0, abs=1e-12) and abs(shapley(dummy)[0]) > 0.01
    alike = game(5, 3)[inside[:, 0] * 1 + inside[:, 1] * 1 + 4 * inside[:, 2]]  # 0 and 1 only count together
    assert shapley(alike)[0] == pytest.approx(shapley(alike)[1])


def test_a_glove_game_by_hand():
    """Players 0 and 1 have a left glove each, 2 the only right one: a pair is worth 1. φ = (1/6, 1/6, 4/6)."""
    inside = members(3)
    v = (inside[:, 2] & (inside[:, 0] | inside[:, 1])).astype(float)
    np.testing.assert_allclose(shapley(v), [1 / 6, 1 / 6, 2 / 3])


def test_several_games_at_once():
    games = np.stack([game(4, s) for s in range(3)], 1)
    np.testing.assert_allclose(shapley(games), np.stack([shapley(g) for g in games.T], 1))


def test_interactions_are_shapley_values_of_differences():
    """I_ij is the Shapley value of j in the game with i minus that in the game without i."""
    v, n = game(5, 4), 5
    pairs = interactions(v)
    for i in range(n):
        S = np.flatnonzero(~members(n)[:, i])
        with_i, without = shapley(v[S | 1 << i]), shapley(v[S])
        np.testing.assert_allclose(np.delete(pairs[i], i), with_i - without, atol=1e-12)
    np.testing.assert_allclose(pairs, pairs.T)
    whole = main_effects(shapley(v), pairs).sum() + pairs.sum() / 2
    assert whole == pytest.approx(v[-1] - v[0])


def test_a_sum_has_no_interactions_and_a_product_has_one():
    inside = members(4)
    np.testing.assert_allclose(interactions(inside @ [1.0, -2.0, 3.0, 0.5]), 0, atol=1e-12)
    product = interactions((inside[:, 0] & inside[:, 2]).astype(float))
    expected = np.zeros((4, 4))
    expected[0, 2] = expected[2, 0] = 1
    np.testing.assert_allclose(product, expected, atol=1e-12)


def test_sampled_values_lie_within_their_standard_errors():
    n, v = 6, game(6, 7)
    worth = lambda inside, rng: v[inside @ (1 << np.arange(n))]  # noqa: E731
    phi, error = sampled(worth, n, 400, np.random.default_rng(0))
    z = (phi - shapley(v)) / error
    assert np.abs(z).max() < 4 and 0.2 < np.std(z) < 3
    assert phi.sum() == pytest.approx(v[-1] - v[0])  # each order adds up, so their mean does
    half = sampled(worth, n, 1600, np.random.default_rng(0))[1]
    np.testing.assert_allclose(half / error, 0.5, atol=0.1)


def test_no_player_and_no_game():
    assert shapley(np.ones(1)).shape == (0,) and interactions(np.ones(1)).shape == (0, 0)
    with pytest.raises(ValueError, match="not 3"):
        shapley(np.ones(3))
    with pytest.raises(ValueError, match="at least 2 orders, not 1|at least 2 orders"):
        sampled(lambda inside, rng: inside.sum(1), 3, 1, np.random.default_rng(0))
