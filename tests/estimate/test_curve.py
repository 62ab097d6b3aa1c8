"""A planted curve is recovered from its beginning."""

import pytest
from estimate.table import TABLE, sample

from nasbook import Float, Space
from nasbook.estimate import estimator
from nasbook.task import Evaluation, Fidelity, Task


class Planted(Task):
    """y = c + a x^(-α): c is what is searched."""

    name, space, knows_cost = "planted", Space(c=Float(0.05, 0.5)), True
    fidelity = Fidelity("epoch", 1, 100)

    def evaluate(self, config, *, fidelity=None, seed=0, report=None, **_):
        epochs = round(fidelity or 100)
        for e in range(1, epochs + 1):
            value = config["c"] + 0.4 * e**-0.7
            if report:
                report(e, value, 2.0 * e)
        return Evaluation(value, cost=2.0 * epochs)


def test_a_planted_curve_is_recovered():
    task = Planted()
    for c in (0.05, 0.2, 0.4):
        found = estimator("learning-curve", task, epochs=12).evaluate({"c": c})
        assert found.value == pytest.approx(task.evaluate({"c": c}).value, abs=0.003)
        assert found.metrics["last"] - found.value > 0.05  # it went beyond what it saw
        assert found.cost == 24.0


def test_a_prediction_lies_between_zero_and_the_last_value():
    made = estimator("learning-curve", TABLE, epochs=5)
    for seed, config in enumerate(sample(15, seed=4)):
        found = made.evaluate(config, seed=seed)
        assert 0 <= found.value <= found.metrics["last"] == TABLE.evaluate(config, seed=seed, fidelity=5).value


def test_the_network_goes_beyond_what_it_saw_with_a_spread_that_shrinks():
    task = Planted()
    for c in (0.05, 0.2, 0.4):
        whole = task.evaluate({"c": c}).value
        found = [estimator("pfn-curve", task, epochs=n).evaluate({"c": c}) for n in (1, 5, 30)]
        assert [f.cost for f in found] == [2.0, 10.0, 60.0]
        assert found[1].value < found[1].metrics["last"] and abs(found[1].value - whole) < 2 * found[1].metrics["std"]
        assert abs(found[2].value - whole) < 0.04
        assert found[0].metrics["std"] > 1.5 * found[2].metrics["std"] > 0
