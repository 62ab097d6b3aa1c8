"""A racer knows how far it is from the optimum, and a race who cannot run."""

import numpy as np
import pytest

import nasbook
from nasbook.widgets.racer import distance, refusal


def test_the_regret_of_a_function_is_without_its_noise():
    f = nasbook.task("branin", noise=5.0)
    assert distance(f)({"x1": np.pi, "x2": 2.275}, 99.0) == pytest.approx(0, abs=1e-6)
    assert distance(nasbook.task("branin"))({}, 0.397887 + 1.5) == pytest.approx(1.5, abs=1e-5)


def test_a_method_is_refused_as_where_it_is_made():
    """The race asks without making the method, and without torch."""
    spaces = [nasbook.task(name).space for name in ("branin", "nb201-cifar10", "digits-hpo-messy", "forrester")]
    spaces += [nasbook.Space(x=nasbook.Choice(["one"])), nasbook.Space(n=nasbook.Int(1, 9), c=nasbook.Choice(["a"]))]
    refused = 0
    for entry in nasbook.lab("race")._entries:
        for space in spaces:
            try:
                entry.load()(space, seed=0)
                why = None
            except ValueError as error:
                why = str(error)
            assert refusal(entry, space) == why, entry.name
            refused += why is not None
    assert refused > 10
