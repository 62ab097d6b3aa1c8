"""A recorded training is told as if it ran: each epoch's error and seconds, and where it diverged."""

import math

import numpy as np
import pytest

from nasbook.tasks.recorded import recorded

ACCURACIES = np.array([0.5, 0.75, 0.875])


def test_its_epochs_are_reported_and_its_last_error_is_its_value():
    seen = []
    found = recorded("table", ACCURACIES, 2.0, 2, lambda *told: seen.append(told), run=1)
    assert seen == [(1, 0.5, 2.0), (2, 0.25, 4.0)]
    assert (found.value, found.cost, found.curve) == (0.25, 4.0, [(1, 0.5), (2, 0.25)])
    assert found.metrics == {"accuracy": 0.75, "run": 1, "epochs": 2}
    assert recorded("table", ACCURACIES, 2.0, None, None, run=0).value == 0.125


def test_from_the_epoch_in_which_it_diverged_it_has_no_value():
    assert recorded("table", ACCURACIES, 2.0, 1, None, run=0, diverged=2).value == 0.5
    for fidelity in (2, 3):
        found = recorded("table", ACCURACIES, 2.0, fidelity, None, run=0, diverged=2)
        assert math.isnan(found.value) and found.cost == 4.0


@pytest.mark.parametrize("fidelity", [0, 4])
def test_epochs_that_it_does_not_hold_are_refused(fidelity):
    with pytest.raises(ValueError, match=f"table: fidelity must lie in 1 … 3 epochs, not {fidelity}"):
        recorded("table", ACCURACIES, 2.0, fidelity, None, run=0)
