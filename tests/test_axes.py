"""Steps, encodings and values of one parameter, by hand."""

import json
from collections import Counter

import numpy as np
import pytest
from scipy import stats

from nasbook.space import Choice, Constant, Float, Int, Space


def test_steps_by_hand():
    space = Space(x=Float(0, 1, step=0.1), n=Int(8, 64, step=8), m=Int(-4, 5, step=3))
    assert space.size == 11 * 8 * 4
    config = {"x": 0.3, "n": 16, "m": -1}
    assert space.encode(config).tolist() == pytest.approx([3.5 / 11, 1.5 / 8, 1.5 / 4])
    assert space.validate({"x": 0.1 + 0.2, "n": 16, "m": -1}) == config  # 0.30000000000000004 is 0.3
    assert {c["x"] for c in space.grid(11)} == {0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1}
    assert space.neighbours(config) == [
        {**config, "x": 0.2},
        {**config, "x": 0.4},
        {**config, "n": 8},
        {**config, "n": 24},
        {**config, "m": -4},
        {**config, "m": 2},
    ]
    for wrong, sentence in [
        ({"x": 0.35}, r"x must be one of \{0, 0.1, …, 1\}, not 0.35"),
        ({"n": 12}, r"n must be one of \{8, 16, …, 64\}, not 12"),
        ({"n": 16.5}, r"n must be one of \{8, 16, …, 64\}, not 16.5"),
        ({"x": 1.1}, r"x must lie in \{0, 0.1, …, 1\}, not 1.1"),
    ]:
        with pytest.raises(ValueError, match=sentence):
            space.validate({**config, **wrong})
    assert space.to_dict()["x"] == {"type": "float", "low": 0.0, "high": 1.0, "step": 0.1}
    assert "step" not in Space(n=Int(1, 3)).to_dict()["n"]
    assert repr(space.parameters["n"]) == "Int(8, 64, step=8)"
    assert Float(-1, 1, step=0.1).problem(-0.3 + 0.1 * 3) is None  # 5.6e-17 is 0


def test_samples_in_steps_are_uniform():
    space = Space(x=Float(-1, 1, step=0.5), n=Int(3, 12, step=3))
    rng = np.random.default_rng(0)
    draws = [space.sample(rng) for _ in range(4000)]
    for name, values in (("x", [-1, -0.5, 0, 0.5, 1]), ("n", [3, 6, 9, 12])):
        counts = Counter(d[name] for d in draws)
        assert set(counts) == set(values) and stats.chisquare(list(counts.values())).pvalue > 0.01


def test_encodings_by_hand():
    space = Space(x=Float(-1, 3), y=Float(1e-2, 1e2, log=True), n=Int(1, 4), c=Choice(["p", "q"]), k=Constant(7))
    config = {"x": 0.0, "y": 1.0, "n": 2, "c": "q", "k": 7}
    assert space.encode(config).tolist() == pytest.approx([0.25, 0.5, 0.375, 0.75])
    assert space.decode([0.25, 0.5, 0.375, 0.75]) == config
    assert space.decode([0.1, 0.5, 0.2499, 0.49])["n"] == 1 and space.decode([0.1, 0.5, 0.2501, 0.51])["n"] == 2
    assert (space.d, space.free) == (4, ["x", "y", "n", "c"])


def test_values_read_well():
    p = Float(0, 1)
    assert p.decode(1 / 3) == 0.3333333333
    assert Float(1e-5, 1, log=True).decode(0.5) == 0.00316227766
    assert Float(1000, 1001).decode(0.123456789123) == 1000.1234567891


def test_narrow_ranges_do_not_repeat_levels():
    space = Space(x=Float(1e6, 1e6 + 1e-8))
    values = [c["x"] for c in space.grid(5)]
    assert len(values) == len(set(values))


def test_numpy_numbers_are_numbers():
    space = Space(x=Float(np.float32(0), np.float64(1)), n=Int(np.int64(1), np.int32(4)), c=Choice(np.array([1, 2])))
    assert space.validate({"x": np.float32(0.5), "n": np.int64(3), "c": np.int64(2)}) == {"x": 0.5, "n": 3, "c": 2}
    assert json.dumps(space.to_dict())
    with pytest.raises(ValueError, match="x must be a number"):
        space.validate({"x": np.array([0.5]), "n": 3, "c": 2})


def test_which_coordinates_have_no_order():
    space = Space(x=Float(0, 1), k=Choice(["a", "b"]), o=Choice([1, 2, 4], ordered=True), c=Constant(3))
    assert space.unordered.tolist() == [False, True, False]
