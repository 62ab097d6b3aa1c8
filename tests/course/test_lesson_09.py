"""Wrong answers to the exercises of lesson 09 are told what is wrong with them, and its numbers are true."""

import pytest

import nasbook
from nasbook.course.exercises import run_cell

NAME = nasbook.exercise("09.names").solution
CHAINS = nasbook.exercise("09.chains").solution
WRONG = [
    ("09.names", "def name(a, b, c):\n    return (a, b, c)", "are the same network"),
    ("09.names", NAME.replace("tuple(sorted(tuple(", "tuple((tuple("), "are the same network"),
    ("09.names", NAME.replace(" if 'none' not in way", ""), "are the same network"),
    (
        "09.names",
        NAME.replace("tuple(sorted(", "frozenset((").replace("way in there", "way in there"),
        r"one is .*x.* and the other",
    ),
    ("09.names", NAME.replace("tuple(sorted(", "list(sorted("), "a list, which cannot be compared"),
    ("09.names", "def name(a, b, c):\n    pass", "still as it was|returned None"),
    ("09.names", "def name(a, b, c):\n    return 'none' in (a, c)", "but one is"),
    ("09.chains", CHAINS.replace("range(1, depth + 1)", "[depth]"), "exactly 2 layers"),
    (
        "09.chains",
        CHAINS.replace("kernels * channels + poolings", "kernels * channels * (1 + poolings)"),
        "added, not multiplied",
    ),
    ("09.chains", CHAINS.replace("2 * ", ""), "one by one there are 5 layers"),
    ("09.chains", "def chains(d, k, c, p, s):\n    return d * (2 * k * c + p) * s", "numbers are multiplied"),
    ("09.chains", CHAINS.replace("range(1, depth + 1)", "range(depth + 1)"), "must be 5, not 6"),
]


@pytest.mark.parametrize("name, source, says", WRONG, ids=[f"{n}-{i}" for i, (n, *_) in enumerate(WRONG)])
def test_a_wrong_answer_is_told_what_is_wrong(name, source, says, refused):
    refused(name, source, says)


def test_what_is_said_after_the_exercise_is_true():
    from itertools import product

    from nasbook.nas.spaces.nb201.cell import OPS

    name = run_cell(NAME)["name"]
    said = nasbook.exercise("09.names").why
    assert f"{len(OPS) ** 3} cells are only {len({name(*cell) for cell in product(OPS, repeat=3)})} networks" in said
    assert run_cell(CHAINS)["chains"](5, 3, 3, 2, 2) == nasbook.registry.make("space", "conv-chain").space.size
