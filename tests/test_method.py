"""What every method has from its base: numbers, the queue, what was tried, and which spaces it serves."""

from dataclasses import replace

import numpy as np
import pytest

import nasbook
from nasbook import Choice, Float, Method, Space, registry

SPACE = Space(x=Float(0, 1), op=Choice(["a", "b"]))
ONE = Space(op=Choice(["a"]))


class Left(Method):
    """Walks from the left, and tells when it was about to choose."""

    name = "left"

    def __init__(self, space, seed=0, **settings):
        super().__init__(space, seed, **settings)
        self.begun = 0

    def before_ask(self):
        self.begun += 1

    def propose(self):
        return {"x": self.next_id / 10, "op": "a"}


def test_trials_are_numbered_and_what_comes_from_outside_goes_first():
    method = Left(SPACE)
    method.enqueue({"x": 0.9, "op": "b"})
    assert len(method.queue) == 1 and method.next_id == 0
    outside, own = method.ask(), method.ask()
    assert (outside.id, outside.config["x"], outside.info["by"]) == (0, 0.9, "user")
    assert (own.id, own.config["x"], method.next_id, method.queue, method.begun) == (1, 0.1, 2, [], 2)


def test_what_was_tried_is_in_flight_or_has_ended():
    method = Left(SPACE)
    first, second = method.ask(), method.ask()
    method.tell(replace(first, status="failed", reason="unlucky"))
    assert method.tried == {SPACE.key(first.config), SPACE.key(second.config)}
    assert Left(SPACE).tried == set()


def test_what_was_tried_is_read_once_of_each_trial(monkeypatch):
    """A search of n trials that asks for it before each does not read n² / 2 configurations."""
    keys, key = [], Space.key
    monkeypatch.setattr(Space, "key", lambda self, config: keys.append(config) or key(self, config))
    method = Left(SPACE)
    for n in range(40):
        method.tell(replace(method.ask(), status="done", value=0.0))
        assert len(method.tried) == len({key(SPACE, t.config) for t in method.trials}) and len(keys) == n + 1


def test_a_space_that_leaves_nothing_to_choose_is_refused_but_by_those_that_take_it():
    says = "left: this space has a single configuration, so there is nothing to search; use 'random'"
    with pytest.raises(ValueError, match=says):
        Left(ONE)
    assert Left.refusal(ONE) == says and Left.refusal(SPACE) is None
    takes = {e.name for e in registry.METHODS if issubclass(e.load(), Method) and e.load().refusal(ONE) is None}
    assert takes == {"random", "grid", "median-stopping"}


def test_a_refusal_is_what_making_the_method_says():
    spaces = [SPACE, ONE, nasbook.task("branin").space, nasbook.task("digits-conv-chain").space]
    for entry in registry.METHODS:
        if not issubclass(entry.load(), Method):
            continue
        for space in spaces:
            try:
                entry.load()(space)
                why = None
            except ValueError as error:
                why = str(error)
            assert entry.load().refusal(space) == why, entry.name


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("differential-evolution", "mutation"),
        ("cnn-differential-evolution", "parents"),
        ("genetic", "birth"),
        ("particle-swarm", "flight"),
        ("nsga2", "parents"),
        ("regularized-evolution", "tournament"),
    ],
)
def test_what_comes_from_outside_was_not_made_by_the_step_before(name, how):
    space = Space(x=Float(0, 1)) if name == "particle-swarm" else registry.make("space", "conv-chain").space
    settings = {} if name == "particle-swarm" else {"population": 8}
    method, rng, made = registry.make("method", name, space, seed=1, **settings), np.random.default_rng(0), False
    for k in range(40):
        trial, value = method.ask(), float(rng.random())
        made = bool(getattr(method.view(), how))
        values = (value, float(k)) if name == "nsga2" else None
        method.tell(replace(trial, status="done", value=value, values=values))
    assert made
    method.enqueue(space.sample(rng))
    method.ask()
    assert not getattr(method.view(), how)
