"""How many configurations a space has, against a list of them."""

import math

import pytest

from nasbook import Choice, Float, Int, Space

DEEP = Space(
    a=Choice(["x", "y", "z"]),
    b=Int(1, 3, when={"a": "x"}),
    c=Choice([1, 2], when={"b": [1, 3]}),
    d=Choice(["p", "q"], when={"a": ["x", "y"]}),
    e=Int(1, 4, when={"d": "p", "a": "y"}),
    f=Choice([True, False]),
)


@pytest.mark.parametrize("space", [DEEP, Space(a=Int(1, 5), b=Choice([1, 2, 3])), Space(a=Choice([1]), b=Int(1, 2))])
def test_as_many_as_can_be_listed(space):
    every = {space.key(c) for c in space.grid(99)}
    assert space.size == len(every)


def test_a_long_chain_is_no_dearer_than_a_list():
    parameters = {"p0": Choice([0, 1])}
    for k in range(1, 60):
        parameters[f"p{k}"] = Choice([0, 1], when={f"p{k - 1}": 1})
    assert Space(parameters).size == 61
    assert Space(a=Choice([0, 1]), x=Float(0, 1, when={"a": 1})).size == math.inf
