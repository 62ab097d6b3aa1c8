"""Duels: who meets whom, who stays, and what becomes of trials that come back late."""

from dataclasses import replace

import numpy as np
import pytest

from nasbook import Float, Space
from nasbook.hpo.parts.duels import Duels


class Halfway(Duels):
    """A rival lies halfway between its target and the next member: everything can be reckoned by hand."""

    name = "halfway"

    def __init__(self, space, seed=0, members=5, **settings):
        super().__init__(space, seed, **settings)
        self.begin(np.linspace(0, 1, members)[:, None])

    def fresh(self):
        return np.array([0.123])

    def rival(self, i, ready):
        return (self.vectors[i] + self.vectors[(i + 1) % len(self.vectors)]) / 2

    def decode(self, member):
        return {"x": float(member[0])}

    def encode(self, config):
        return np.array([config["x"]])


def f(trial):
    return abs(trial.config["x"] - 0.4)


def told(method, trial, status="done"):
    method.tell(replace(trial, status=status, value=f(trial) if status == "done" else None))


@pytest.fixture
def method():
    return Halfway(Space(x=Float(0, 1)))


def test_targets_take_turns_and_the_better_one_stays(method):
    for _ in range(5):
        told(method, method.ask())
    assert method.values == pytest.approx([0.4, 0.15, 0.1, 0.35, 0.6])
    x = [0.0, 0.25, 0.5, 0.75, 1.0]
    for turn in range(15):
        i = turn % 5
        trial = method.ask()
        assert trial.info["target"] == i
        assert trial.config["x"] == pytest.approx(u := (x[i] + x[(i + 1) % 5]) / 2)
        told(method, trial)
        if abs(u - 0.4) <= abs(x[i] - 0.4) + 1e-12:
            x[i] = u
        assert method.vectors[:, 0] == pytest.approx(x)
    assert method.values == pytest.approx([abs(v - 0.4) for v in x])
    assert [method.trials[k].config["x"] for k in method.ids] == pytest.approx(x)  # the trial behind each member


def test_an_equal_rival_takes_the_place(method):
    for _ in range(5):
        told(method, method.ask())
    trial = method.ask()
    method.tell(replace(trial, status="done", value=0.4))  # as bad as its target
    assert method.ids[0] == trial.id


def test_at_the_start_three_others_are_waited_for_and_failures_are_drawn_anew(method):
    first = [method.ask() for _ in range(5)]
    assert method.ask() is None
    for trial in first[:3]:
        told(method, trial)
    assert method.ask() is None  # three members have a value: a target needs three others
    told(method, first[4], "failed")
    again = method.ask()
    assert (again.config, again.info) == ({"x": 0.123}, {"target": 4})
    assert method.ask() is None
    told(method, first[3])
    assert method.ask().info["target"] == 0


def test_a_rival_that_comes_late_meets_the_target_as_it_is_then(method):
    for _ in range(5):
        told(method, method.ask())
    rivals = [method.ask() for _ in range(5)]
    assert [r.info["target"] for r in rivals] == [0, 1, 2, 3, 4]
    again = method.ask()  # all are busy: the next in turn
    assert again.info["target"] == 0
    method.tell(replace(again, status="done", value=0.01))
    method.tell(replace(rivals[0], status="done", value=0.02))  # better than what it was made for, worse than now
    assert method.values[0] == 0.01 and method.ids[0] == again.id
    method.tell(replace(rivals[3], status="failed", value=None))
    method.tell(replace(rivals[4], status="pruned", value=0.0))
    assert method.values[3:] == pytest.approx([0.35, 0.6])  # who fails or is stopped early loses


def test_a_guest_takes_a_free_place_or_meets_the_worst(method):
    method.enqueue({"x": 0.41})
    told(method, method.ask())
    assert method.values[4] == pytest.approx(0.01) and np.isinf(method.values[:4]).all()
    for _ in range(4):
        told(method, method.ask())
    assert method.values == pytest.approx([0.4, 0.15, 0.1, 0.35, 0.01])
    method.enqueue({"x": 0.39})
    told(method, method.ask())
    assert method.values == pytest.approx([0.01, 0.15, 0.1, 0.35, 0.01]) and method.vectors[0, 0] == 0.39
