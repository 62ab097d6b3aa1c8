"""Wrong answers to 20.shapley are told what is wrong with them, and the outcomes of its questions follow the numbers."""

import numpy as np
import pytest

from nasbook.course.lessons.explaining import judge_guess, judge_order, shapley
from nasbook.explain import coalitions

BEGIN = """from itertools import combinations
from math import comb, factorial as f
def shapley(value, n):
    found = []
    for i in range(n):
        others = [k for k in range(n) if k != i]
        total = 0.0
        for s in range(n):
            for S in map(frozenset, combinations(others, s)):
                total += WEIGHT * (GAIN)
        found.append(total)
    return found"""
RIGHT = "f(s) * f(n - s - 1) / f(n)"
WRONG = [
    (RIGHT, "value(S) - value(S | {i})", "signs are turned round"),
    (RIGHT, "value(S | {i})", "is expected, not"),
    ("1 / 2 ** (n - 1)", "value(S | {i}) - value(S)", "Banzhaf"),
    ("f(s) * f(n - s - 1)", "value(S | {i}) - value(S)", "lack their n!"),
    ("1 / comb(n - 1, s)", "value(S | {i}) - value(S)", "n times too much"),
    ("f(s) * f(n - s) / f(n)", "value(S | {i}) - value(S)", "Before i stand s players"),
    ("f(s + 1) * f(max(0, n - s - 2)) / f(n)", "value(S | {i}) - value(S)", "on the wrong sizes"),
    ("1 / n", "value(S | {i}) - value(S)", "is expected, not"),
    ("(s == 0)", "value(S | {i}) - value(S)", "when it is alone"),
    ("(s == n - 1)", "value(S | {i}) - value(S)", "when i leaves the whole"),
]


@pytest.mark.parametrize("weight, gain, says", WRONG, ids=[w for w, *_ in WRONG])
def test_a_wrong_answer_is_told_what_is_wrong(weight, gain, says, refused):
    refused("20.shapley", BEGIN.replace("WEIGHT", weight).replace("GAIN", gain), says)


def test_one_order_and_other_shapes(refused):
    one = "def shapley(value, n):\n    a = range(n)\n    return [value(set(a[: i + 1])) - value(set(a[:i])) for i in a]"
    refused("20.shapley", one, "That is one order")
    refused("20.shapley", "def shapley(value, n):\n    return 1.0", "must return 1 numbers")
    refused("20.shapley", "def shapley(value, n):\n    return [0.0] * (n + 1)", "numbers for")


def test_the_lesson_and_the_package_agree():
    v = np.random.default_rng(0).normal(size=16)
    told = shapley(lambda S: float(v[sum(1 << i for i in S)]), 4)
    np.testing.assert_allclose(told, coalitions.shapley(v))


def test_outcomes_follow_the_numbers():
    assert [judge_order((-36.0, x))[0] for x in (-35.0, -30.0, -20.0)] == [0, 1, 2]
    guesses = [judge_guess({40: np.ones(3), 100: np.full(3, x)})[0] for x in (1.0, 3.0, 6.0)]
    assert guesses == [0, 1, 2]


def test_what_the_lesson_says_of_depth():
    """On average it raises the error; together with the winner's dropout it lowers it."""
    import nasbook
    from nasbook.explain import explain

    table = nasbook.task("digits-hpo-messy")
    winner = list(table.space.grid(6))[int(np.nanargmin(table.outcomes()[:, 0]))]
    found = explain(nasbook.search("random", table, trials=2), winner)
    depth, dropout = found.names.index("depth"), found.names.index("dropout")
    assert winner["depth"] == 3 and winner["dropout"] == 0 and found.phi[depth] > 0.01
    assert found.interactions[depth, dropout] < -0.03 and 0.12 < np.abs(found.phi).max() < 0.135
