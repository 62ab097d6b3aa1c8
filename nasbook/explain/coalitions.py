"""Who did it? Shapley values and pairwise interactions of a game, exact or sampled.

A game has n players and says for every coalition S ⊆ {0 … n-1} what it is worth, v(S). Here players are parameters
and v(S) is a validation error once the parameters in S have their new values.

    φ_i  = Σ_{S ∌ i}    |S|! (n-|S|-1)! / n!      [v(S ∪ i) - v(S)]                          Shapley value
    I_ij = Σ_{S ∌ i, j} |S|! (n-|S|-2)! / (n-1)!  [v(S ∪ ij) - v(S ∪ i) - v(S ∪ j) + v(S)]   interaction

φ_i is the mean, over all n! orders in which the players can enter, of what i changes when it enters. It is the only
rule with four properties: the φ_i add up to v(N) - v(∅) (efficiency), players that change everything alike get alike
(symmetry), who changes nothing gets 0 (dummy), and the values of a sum of games are the sums of their values
(linearity). A coalition is a whole number whose bit i says whether i is in it, so v is an array (2ⁿ,).

Papers: Shapley, A Value for n-Person Games, 1953; Grabisch & Roubens, An Axiomatic Approach to the Concept of
Interaction Among Players, 1999; Castro, Gómez & Tejada, Polynomial Calculation of the Shapley Value Based on Sampling,
2009. Read first: `shapley`.
"""

from __future__ import annotations

from collections.abc import Callable
from math import factorial

import numpy as np

MOST = 12  # players of whom all coalitions, 4,096, are looked at


def players(v: np.ndarray) -> int:
    """n of a game v (2ⁿ, …); ValueError for another length."""
    n = len(v).bit_length() - 1
    if len(v) != 1 << n:
        raise ValueError(f"a game of n players has 2ⁿ coalitions: 1, 2, 4, 8, …, not {len(v)}")
    return n


def members(n: int) -> np.ndarray:
    """(2ⁿ, n) booleans: who is in which coalition."""
    return (np.arange(1 << n)[:, None] >> np.arange(n) & 1).astype(bool)


def shapley(v: np.ndarray) -> np.ndarray:
    """(n, …) Shapley values of a game (2ⁿ, …); what stands behind the first axis are several games at once."""
    v = np.asarray(v, float)
    n, inside = players(v), members(players(v))
    size = inside.sum(1)
    weight = np.array([factorial(s) * factorial(n - s - 1) / factorial(n) for s in range(n)])
    phi = np.zeros((n, *v.shape[1:]))
    for i in range(n):
        S = np.flatnonzero(~inside[:, i])
        phi[i] = np.tensordot(weight[size[S]], v[S | 1 << i] - v[S], 1)
    return phi


def interactions(v: np.ndarray) -> np.ndarray:
    """(n, n) Shapley interaction indices of pairs, symmetric, 0 on the diagonal.

    Below 0: together they lower the value by more than each of them alone."""
    v = np.asarray(v, float)
    n, inside = players(v), members(players(v))
    size = inside.sum(1)
    weight = np.array([factorial(s) * factorial(n - s - 2) / factorial(n - 1) for s in range(n - 1)])
    pairs = np.zeros((n, n))
    for i in range(n):
        for j in range(i):
            S = np.flatnonzero(~inside[:, i] & ~inside[:, j])
            a, b = 1 << i, 1 << j
            pairs[i, j] = pairs[j, i] = weight[size[S]] @ (v[S | a | b] - v[S | a] - v[S | b] + v[S])
    return pairs


def main_effects(phi: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """(n,) what is left of each Shapley value when its half of each interaction is taken out: with the pairs these add
    up to v(N) - v(∅) again (the 2-SII of Bordt & von Luxburg, 2023)."""
    return phi - pairs.sum(1) / 2


def sampled(
    worth: Callable[[np.ndarray, np.random.Generator], np.ndarray], n: int, orders: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """(n,) Shapley values as means over random orders of entering, and (n,) their standard errors.

    worth(inside, rng): the values (n+1,) of n+1 coalitions, given as booleans (n+1, n); where a coalition's worth is
    itself a mean, it may draw one term of it, the same for all n+1. ValueError for fewer than two orders."""
    if orders < 2:
        raise ValueError(f"sampled Shapley values need at least 2 orders for a standard error, not {orders}")
    gains = np.empty((orders, n))
    for k in range(orders):
        order = rng.permutation(n)
        inside = np.zeros((n + 1, n), bool)
        for entered, i in enumerate(order, 1):
            inside[entered:, i] = True
        gains[k, order] = np.diff(worth(inside, rng))
    return gains.mean(0), gains.std(0, ddof=1) / np.sqrt(orders)
