"""Budgets and tasks that leave no rungs are refused in a sentence."""

import pytest
from curve_tasks import Line

import nasbook
from nasbook.search import search
from nasbook.task import Fidelity

NAMES = ["successive-halving", "hyperband", "asha", "bohb", "dehb", "median-stopping"]


@pytest.mark.parametrize("name", NAMES[:-1])
def test_budgets_that_make_no_sense(name):
    with pytest.raises(ValueError, match=rf"{name}: max_fidelity=2 leaves a single rung.* at least 3"):
        nasbook.method(name, Line.space, max_fidelity=2)
    with pytest.raises(ValueError, match="eta must be a whole number of at least 2, not 1"):
        nasbook.method(name, Line.space, eta=1)
    with pytest.raises(ValueError, match="min_fidelity must be a whole number of at least 1, not 0.5"):
        nasbook.method(name, Line.space, min_fidelity=0.5)


@pytest.mark.parametrize("name", [*NAMES[:-1], "freeze-thaw"])
def test_tasks_of_few_epochs(name):
    def train(config, fidelity):
        return config["x"] / fidelity

    two = search(name, train, space=Line.space, fidelity=Fidelity("epoch", 1, 2), trials=20)
    assert {t.fidelity for t in two.trials} == {1, 2}
    one = Fidelity("epoch", 1, 1)
    with pytest.raises(ValueError, match=f"{name} compares trainings of several lengths, and .* 1 epoch only; use 'r"):
        search(name, train, space=Line.space, fidelity=one, trials=20)
