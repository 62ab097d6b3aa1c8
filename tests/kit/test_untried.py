"""What was not tried is found while there is something."""

import numpy as np

from nasbook import Choice, Float, Space
from nasbook.kit.untried import fresh, untried


def test_the_last_one_is_found_and_then_none():
    space, rng = Space(a=Choice(range(40)), b=Choice(range(40))), np.random.default_rng(0)
    every = list(space.grid(40))
    tried = {space.key(c) for c in every if c != {"a": 7, "b": 31}}
    assert untried(space, tried, rng) == {"a": 7, "b": 31}
    assert untried(space, {space.key(c) for c in every}, rng) is None


def test_of_infinitely_many_one_is_drawn():
    space = Space(x=Float(0, 1))
    assert 0 <= untried(space, set(), np.random.default_rng(0))["x"] <= 1


def test_an_order_is_followed_past_what_was_tried():
    space, rng = Space(a=Choice(["p", "q", "r"])), np.random.default_rng(0)
    p, q, r = ({"a": name} for name in "pqr")
    assert fresh(iter([p, q, r]), space, {space.key(p)}, rng) == q
    assert fresh([p, q], space, {space.key(p), space.key(q)}, rng) == r
    assert fresh([p], space, {space.key(c) for c in (p, q, r)}, rng) is None
