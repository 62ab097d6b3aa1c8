"""A belief is read as plain numbers, and one that cannot be is refused in a sentence."""

import numpy as np
import pytest

from nasbook import Choice, Float
from nasbook.kit.beliefs import believable, centre_and_width, probabilities


def test_a_belief_is_a_list_of_numbers_in_any_clothes():
    assert believable({"x": (1, 0.2), "k": np.array([0.5, 0.5])}) == {"x": [1.0, 0.2], "k": [0.5, 0.5]}
    for wrong in ({"x": [True, 0.1]}, {"x": "ab"}, {"x": [10**400, 0.1]}, {3: [0.1, 0.2]}, [0.3, 0.1]):
        with pytest.raises(ValueError, match="^prior .*must"):
            believable(wrong)


def test_a_centre_stands_on_the_axis_and_probabilities_make_one():
    assert centre_and_width("C", [1.0, 0.2], Float(0.01, 100, log=True)) == (pytest.approx(0.5), 0.2)
    assert probabilities("k", [0.25, 0.75], Choice(["a", "b"])).tolist() == [0.25, 0.75]
    with pytest.raises(ValueError, match="with sum 1"):
        probabilities("k", [0.25, 0.7], Choice(["a", "b"]))
