"""A method that believes: its view is from before the choice, and says what was chosen."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nasbook import Float, Space
from nasbook.kit.believing import Believing

SPACE = Space(x=Float(0, 2))


@dataclass(frozen=True)
class Seen:
    told: int
    next: Any = None


class Counting(Believing):
    name = "counting"

    def believe(self):
        return Seen(len(self.trials))

    def propose(self):
        self.asked_with = self.belief
        return {"x": 1.0} if self.belief.told < 2 else None


def test_the_view_is_what_was_believed_and_the_point_that_was_chosen():
    method = Counting(SPACE)
    assert method.view() == Seen(0)
    trial = method.ask()
    assert method.asked_with == Seen(0) and method.view().told == 0
    np.testing.assert_allclose(method.view().next, [0.5])
    method.tell(replace(trial, status="done", value=1.0))
    assert method.view().told == 0  # until it chooses again
    method.tell(replace(method.ask(), status="done", value=1.0))
    assert method.view().told == 1


def test_where_nothing_is_asked_there_is_no_next():
    method = Counting(SPACE)
    for _ in range(2):
        method.tell(replace(method.ask(), status="done", value=1.0))
    assert method.ask() is None and method.view() == Seen(2)
