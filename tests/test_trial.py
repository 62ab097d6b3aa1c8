"""What is minimised of a trial, and how thoroughly it was evaluated."""

import math
from dataclasses import replace

import pytest

from nasbook import Trial

DONE = Trial(0, {"x": 0.5}, status="done", value=0.25)


@pytest.mark.parametrize(
    ("trial", "loss"),
    [
        (DONE, 0.25),
        (replace(DONE, value=-3.0, fidelity=9), -3.0),
        (replace(DONE, status="pruned", value=0.1, reason="stopped"), math.inf),
        (replace(DONE, status="failed", value=None, reason="broken"), math.inf),
        (Trial(1, {"x": 0.5}), math.inf),
    ],
)
def test_only_a_done_trial_has_a_loss(trial, loss):
    assert trial.loss == loss


def test_the_full_fidelity_is_the_most_effort():
    assert DONE.effort == math.inf > replace(DONE, fidelity=27).effort == 27
