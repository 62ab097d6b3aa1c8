"""A climb through numbers and choices reaches the best."""

import numpy as np
import pytest

from nasbook import Choice, Float, Int, Space
from nasbook.hpo.parts.climb import climb
from nasbook.hpo.parts.features import Features
from nasbook.hpo.parts.maximise import maximise


def test_the_maximum_of_a_mixed_function_is_found():
    space = Space(a=Int(0, 40), b=Choice(list("pqrstuvw")), c=Choice(list("pqrstuvw")), x=Float(0, 1), y=Float(0, 1))
    goal = space.encode({"a": 33, "b": "t", "c": "w", "x": 0.123456, "y": 1.0})
    features = Features(space)
    target = features(goal[None])
    score = lambda Z: -((Z - target) ** 2).sum(1)  # noqa: E731
    slope = lambda Z: (score(Z), -2 * (Z - target))  # noqa: E731
    rng = np.random.default_rng(0)
    found = next(
        maximise(space, lambda U: score(features(U)), lambda U: climb(U, features, slope), rng.random((2, 5)), rng)
    )
    assert {**found, "x": 0, "y": 0} == {"a": 33, "b": "t", "c": "w", "x": 0, "y": 0}
    assert found["x"] == pytest.approx(0.123456, abs=1e-4) and found["y"] == 1.0


def test_a_walk_reaches_the_best_of_more_choices_than_can_be_listed():
    space = Space({f"c{i}": Choice(list("abcdefgh")) for i in range(15)})
    features = Features(space)
    goal = features(space.encode({name: "c" for name in space.free})[None])
    score = lambda U: -((features(U) - goal) ** 2).sum(1)  # noqa: E731
    slope = lambda Z: (-((Z - goal) ** 2).sum(1), -2 * (Z - goal))  # noqa: E731
    rng = np.random.default_rng(0)
    found = next(maximise(space, score, lambda U: climb(U, features, slope), rng.random((2, 15)), rng))
    assert set(found.values()) == {"c"}
