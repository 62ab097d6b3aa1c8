"""The largest acquisition is found, in small spaces among all configurations."""

import numpy as np
import pytest

from nasbook import Choice, Float, Int, Space
from nasbook.hpo.parts.maximise import around, maximise


def test_a_small_space_is_sorted_whole():
    space = Space(a=Choice(["p", "q"]), n=Int(1, 5, when={"a": "q"}))
    worth = {space.key(c): k for k, c in enumerate(space.grid(5))}
    acquire = lambda U: np.array([worth[space.key(space.decode(u))] for u in U], float)  # noqa: E731
    found = list(maximise(space, acquire, None, np.zeros((0, 2)), np.random.default_rng(0)))
    assert [worth[space.key(c)] for c in found] == [5, 4, 3, 2, 1, 0]


@pytest.mark.parametrize("climbs", [False, True])
def test_a_peak_is_found_among_numbers(climbs):
    space, top = Space(x=Float(0, 1), y=Float(0, 1), n=Int(1, 9)), np.array([0.31, 0.77, 0.5])
    acquire = lambda U: -((U - top) ** 2).sum(1)  # noqa: E731
    climb = (lambda U: U + 0.9 * (top - U)) if climbs else None
    found = next(maximise(space, acquire, climb, np.full((1, 3), 0.5), np.random.default_rng(0)))
    assert found["n"] == 5 and abs(found["x"] - 0.31) < 0.05 and abs(found["y"] - 0.77) < 0.05


def test_steps_stay_in_the_cube_and_begin_at_the_points():
    space = Space(x=Float(0, 1), k=Choice(["a", "b", "c"]))
    U = around(np.array([[0.5, 0.5], [0.9, np.nan]]), space, np.random.default_rng(0))
    assert U.min() >= 0 and U.max() <= 1 and np.isin(U[:, 0], [0.5, 0.9]).any()
