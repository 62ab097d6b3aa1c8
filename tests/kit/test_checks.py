"""Results that cannot be weighed, and configurations that are left."""

import numpy as np

from nasbook import Choice, Float, Int, Space, Trial
from nasbook.kit.checks import refused
from nasbook.kit.untried import untried


def test_results_that_cannot_be_weighed_are_refused_in_a_sentence():
    one, two, three = (Trial(4, {}, status="done", value=0.5, values=v) for v in (None, (1, 2), (1, 2, 3)))
    assert "nsga2 weighs several objectives, and the result has only one value" in refused("nsga2", one, [])
    assert refused("nsga2", two, []) is None is refused("nsga2", three, [three])
    assert refused("nsga2", three, [two]) == "nsga2: the result has 3 objectives, and those before it have 2"


def test_the_last_configuration_is_found_and_then_there_is_none():
    rng, space = np.random.default_rng(0), Space(a=Int(1, 40), b=Choice(["x", "y"]))
    every = [space.key(c) for c in space.grid({"a": 40, "b": 2})]
    assert space.key(untried(space, set(every[:-1]), rng)) == every[-1]
    assert untried(space, set(every), rng) is None
    line = Space(x=Float(0, 1))
    assert line.key(untried(line, {line.key({"x": 0.5})}, rng)) != line.key({"x": 0.5})
