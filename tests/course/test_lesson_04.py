"""Lesson 04: a wrong answer is told what is wrong with it."""

import pytest

import nasbook
from nasbook.course.exercises import run_cell
from nasbook.hpo.tpe import gamma

WRONG = [
    ("04.count", "def n_good(n):\n    return n // 10", "rounded up"),
    ("04.count", "import math\ndef n_good(n):\n    return math.ceil(n / 10)", "never more than 25"),
    ("04.count", "def n_good(n):\n    return min(n / 10, 25)", "whole number"),
    ("04.count", "n_good = 3", "must be a function"),
    ("04.choice", "def next_point(x, l, g):\n    return x[(l / g).argmax()]", "two things"),
    ("04.choice", "def next_point(x, l, g):\n    return g / l, x[(g / l).argmax()]", "That is g/l"),
    ("04.choice", "def next_point(x, l, g):\n    return l / g, x[l.argmax()]", "l alone is largest"),
    ("04.choice", "def next_point(x, l, g):\n    return l / g, (l / g).argmax()", "its place in the array"),
    ("04.choice", "def next_point(x, l, g):\n    return l / g, x[(l - g).argmax()]", "ratio is largest at x = 0.3"),
    ("04.choice", "def next_point(x, l, g):\n    return l[:, None] / g, 0.5", r"shape \(5,\), not \(5, 5\)"),
    ("04.choice", "def next_point(x, l, g):\n    l /= g\n    return l, x[l.argmax()]", "has been changed"),
]


@pytest.mark.parametrize("name, source, says", WRONG, ids=[f"{n}-{i}" for i, (n, *_) in enumerate(WRONG)])
def test_a_wrong_answer_is_told_what_is_wrong(name, source, says, refused):
    refused(name, source, says)


def test_the_rule_of_the_exercise_is_that_of_the_method():
    solution = run_cell(nasbook.exercise("04.count").solution)["n_good"]
    assert [solution(n) for n in range(1, 400)] == [gamma(n) for n in range(1, 400)]
