"""The ellipsoid: its formula by hand, how long its valley is, and that turning it turns nothing else."""

import math

import numpy as np
import pytest

import nasbook
from nasbook.tasks.functions import ellipsoid


def test_values_worked_out_by_hand():
    assert ellipsoid(3, condition=100.0)([[1.0, 2.0, 3.0]])[0] == pytest.approx(1 + 10 * 4 + 100 * 9)
    assert ellipsoid()([[0.5, -0.2]])[0] == pytest.approx(0.25 + 100 * 0.04)


def test_the_long_axis_lies_at_the_angle():
    f = ellipsoid(condition=1000.0, shift=[1.5, 1.0], rotation=math.radians(30))
    along = np.array([math.cos(math.radians(30)), 0.5])
    across = np.array([-0.5, math.cos(math.radians(30))])
    assert f([f.minimisers[0] + along])[0] == pytest.approx(1)
    assert f([f.minimisers[0] + across])[0] == pytest.approx(1000)
    assert f.optimum == 0 and f.minimisers[0] == pytest.approx([1.5, 1.0])


def test_it_is_made_again_from_its_name_and_arguments():
    task = nasbook.task("ellipsoid", condition=50.0, rotation=0.3)
    trace = nasbook.search("random", task, trials=3)
    again = nasbook.task(task.name, **task.arguments)
    assert [again.evaluate(t.config).value for t in trace.trials] == [t.value for t in trace.trials]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"condition": 0.5}, "condition must be a number of at least 1, not 0.5"), ({"d": 1}, "at least 2, not 1")],
)
def test_bad_arguments_get_a_sentence(arguments, message):
    with pytest.raises(ValueError, match=message):
        ellipsoid(**arguments)
