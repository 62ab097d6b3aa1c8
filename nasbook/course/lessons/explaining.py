"""The part of lesson 20 that explains what was found: Shapley values, an ablation path, and a forest that guesses."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import combinations
from math import comb, factorial

import numpy as np

from nasbook.course.exercises import Exercise
from nasbook.course.predictions import Question, level

Value = Callable[[frozenset[int]], float]


def gains(value: Value, n: int, i: int) -> list[tuple[int, float]]:
    """(|S|, v(S ∪ i) − v(S)) of every coalition S without i."""
    others = [k for k in range(n) if k != i]
    sets = [frozenset(s) for size in range(n) for s in combinations(others, size)]
    return [(len(s), value(s | {i}) - value(s)) for s in sets]


def weighed(value: Value, n: int, weight: Callable[[int], float]) -> np.ndarray:
    """(n,) Σ_S weight(|S|) [v(S ∪ i) − v(S)]."""
    return np.array([sum(weight(size) * gain for size, gain in gains(value, n, i)) for i in range(n)])


def shapley(value: Value, n: int) -> np.ndarray:
    return weighed(value, n, lambda s: factorial(s) * factorial(n - s - 1) / factorial(n))


def wrong_shapley(value: Value, n: int) -> dict[str, np.ndarray]:
    """What people compute instead -> what that is."""
    whole, players = frozenset(range(n)), range(n)
    entering = [value(frozenset(range(i + 1))) - value(frozenset(range(i))) for i in players]
    return {
        " The signs are turned round: a player is worth v(S ∪ i) − v(S), what it changes when it enters.": -shapley(
            value, n
        ),
        " Yours gives every coalition the same weight (Banzhaf's value), so the values do not add up to v(all) − v(none): "
        "a coalition of size s has the weight s! (n − s − 1)! / n!.": weighed(value, n, lambda s: 2.0 ** (1 - n)),
        " The weights lack their n!: there are n! orders, and the mean over them is wanted.": weighed(
            value, n, lambda s: factorial(s) * factorial(n - s - 1)
        ),
        " Each size of S counts n times too much: divide by n besides by the number of coalitions of that size.": weighed(
            value, n, lambda s: 1 / comb(n - 1, s)
        ),
        " Before i stand s players and after it n − s − 1: i itself is none of the others.": weighed(
            value, n, lambda s: factorial(s) * factorial(n - s) / factorial(n)
        ),
        " The weights are put on the wrong sizes: s is the number of players in S, without i.": weighed(
            value, n, lambda s: factorial(s + 1) * factorial(max(0, n - s - 2)) / factorial(n)
        ),
        " That is one order, 0, 1, 2, …; a Shapley value is the mean over all of them.": np.array(entering),
        " That is what is lost when i leaves the whole; coalitions in which others are missing count, too.": np.array(
            [value(whole) - value(whole - {i}) for i in players]
        ),
        " That is what i brings when it is alone; coalitions with others count, too.": np.array(
            [value(frozenset({i})) - value(frozenset()) for i in players]
        ),
    }


def check_shapley(answer: object) -> str | None:
    if not callable(answer):
        return f"shapley must be a function, not a {type(answer).__name__}"
    rng = np.random.default_rng()
    for n in (1, 2, 3, 4, 5):
        table = rng.normal(50, 20, 1 << n)

        def value(S: Iterable[int], table: np.ndarray = table, n: int = n) -> float:
            members = {int(i) for i in S}
            if not members <= set(range(n)):
                raise ValueError(f"v was asked for {sorted(members)}, and the players are 0 … {n - 1}")
            return float(table[sum(1 << i for i in members)])

        right, got = shapley(value, n), answer(value, n)
        try:
            found = np.asarray(list(got), float)
        except (TypeError, ValueError):
            return f"shapley must return {n} numbers, not {got!r:.40}"
        if found.shape != (n,):
            return f"shapley must return {n} numbers for {n} players, not {found.shape}"
        if not np.all(np.abs(found - right) <= 1e-8):
            slips = wrong_shapley(value, n).items()
            hint = next((w for w, x in slips if np.allclose(found, x, rtol=0, atol=1e-8)), "")
            if n < 3:
                hint = _among_four(answer, rng.normal(50, 20, 16))
            shown = ", ".join(f"{x:.2f}" for x in right)
            return f"for {n} players: {shown} is expected, not {', '.join(f'{x:.2f}' for x in found)}.{hint}"
    return None


def _among_four(answer: Callable[[Value, int], Iterable[float]], table: np.ndarray) -> str:
    """Which slip it is, in a game of four: with one or two players many are alike."""

    def value(S: Iterable[int]) -> float:
        return float(table[sum(1 << int(i) for i in S)])

    try:
        found = np.asarray(list(answer(value, 4)), float)
    except Exception:
        return ""
    return next((w for w, x in wrong_shapley(value, 4).items() if np.allclose(found, x, rtol=0, atol=1e-8)), "")


# ---- questions ---------------------------------------------------------------------------------------------------


def judge_order(brought: tuple[float, float]) -> tuple[int, str]:
    """(what a parameter changes when it changes first, and when it changes last), in points; below 0 is good."""
    first, last = brought
    return level(abs(first - last), 2, 10), (
        f"{first:+.1f} points as the first, {last:+.1f} as the last. What was changed before leaves less to gain, or more. A "
        "path is one order out of many; it says how one gets there, and not what each parameter is worth."
    )


def judge_guess(off: dict[int, np.ndarray]) -> tuple[int, str]:
    """Trials -> (searches,) the largest mistake among the forest's Shapley values, in points."""
    told = ", ".join(f"{x.mean():.1f} with {n} trials" for n, x in off.items())
    return level(float(off[100].mean()), 1.5, 4), (
        f"{told}. A forest is most wrong where the best configurations lie, because few trials are there, and its trees pull "
        "every corner towards the mean. An attribution from a surrogate needs the surrogate's error beside it."
    )


QUESTIONS = [
    Question(
        "20.q5",
        "Width was changed first on this path, and brought 36 points. Change the other three first, and width last: how much "
        "less does it bring?",
        ("within 2 points the same", "2 to 10 points less", "more than 10 points less"),
        judge_order,
    ),
    Question(
        "20.q6",
        "A forest is fitted to 100 random trials and explains the same configuration: eight Shapley values, of which the "
        "largest is 13 points. How far off is the worst of the eight, as a mean of ten searches?",
        ("less than 1.5 points", "1.5 to 4 points", "more than 4 points"),
        judge_guess,
    ),
]

EXERCISES = [
    Exercise(
        name="20.shapley",
        prompt="Shapley values. <code>value(S)</code> says what a set S of the players 0 … n − 1 is worth. Write "
        "<code>shapley(value, n)</code>: for each player i the sum over all sets S without i of "
        "|S|! (n − |S| − 1)! / n! times <code>value(S with i) - value(S)</code>; return the n numbers as a list.",
        answer="shapley",
        test=check_shapley,
        hints=(
            "<code>itertools.combinations(others, s)</code> gives the sets of size s, where <code>others</code> are the "
            "players without i; <code>math.factorial</code> the weights.",
            "Two loops for each i: over the sizes s from 0 to n − 1, and over the sets of that size. With "
            "<code>S = frozenset(...)</code> the larger set is <code>S | {i}</code>.",
        ),
        stub="def shapley(value, n):\n    return ...",
        solution="from itertools import combinations\nfrom math import factorial\n\n"
        "def shapley(value, n):\n"
        "    found = []\n"
        "    for i in range(n):\n"
        "        others = [k for k in range(n) if k != i]\n"
        "        total = 0.0\n"
        "        for s in range(n):\n"
        "            weight = factorial(s) * factorial(n - s - 1) / factorial(n)\n"
        "            for S in map(frozenset, combinations(others, s)):\n"
        "                total += weight * (value(S | {i}) - value(S))\n"
        "        found.append(total)\n"
        "    return found",
        why="In n! orders of entering, s! (n − s − 1)! have exactly S before i: the sum is the mean over all orders. The "
        "values add up to v(all) − v(none), whatever the game.",
    ),
]
