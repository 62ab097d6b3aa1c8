"""check_method holds every method of the registry to its promises, and finds the ones that break them."""

import itertools

import numpy as np
import pytest
from supernet_strategies import TASK_OF

import nasbook
from nasbook import Float, Method, Space, registry
from nasbook.method import OneShot
from nasbook.testing import Broken, check_method

FEW = {
    "bananas": 12,
    "rgpe": 12,
    "reinforce": 12,
    "ppo": 12,
    "parego": 12,
    "forest": 12,
    "bayesian": 12,
    "pfn": 8,
    "staged": 9,
    "freeze-thaw": 12,
}
SMALL = {
    "bananas": {"startup": 4, "batch": 4, "members": 2, "epochs": 10, "candidates": 20},  # it fits twice, quickly
    "staged": {"turn": 3, "inner": "forest"},
    "freeze-thaw": {"max_fidelity": 9, "new": "random"},
}
ASK_TELL = [e.name for e in registry.METHODS if issubclass(e.load(), Method)]
PLAIN = {"floats": Space(x=Float(0, 1), y=Float(0, 1))}
ONE_SHOT = {
    **{name: (task, {"train": 100}, {"epochs": 2, "channels": 2}, 2) for name, task in TASK_OF.items()},
    "nes": ("digits-pool", {}, {"pool": 6, "members": 2, "population": 3, "parents": 2}, 6),
    "reptile": ("digits-few-shot", {}, {"epochs": 2, "channels": 2, "meta_steps": 2, "judges": 2}, 2),
    "autogan": ("digits-gan", {}, {"epochs": 2, "steps": 2, "ctrl_steps": 2, "images": 20, "channels": 2}, 2),
    "pbt": ("digits-mlp", {"epochs": 2, "train": 100}, {"population": 3}, 6),
    "hypergradient": ("ridge-digits", {}, {"epochs": 3, "steps": 5}, 3),
    "network-morphism": ("digits-conv-chain", {"train": 100}, {"epochs": 1, "steps": 1, "children": 2}, 3),
}


@pytest.mark.parametrize("name", ASK_TELL)
def test_every_method_keeps_its_promises(name):
    if name == "compound":
        return  # tests/nas/test_compound.py, on the spaces that it serves
    settings = SMALL.get(name, {"max_fidelity": 9} if _rungs(name) else {})
    promises = check_method(name, trials=FEW.get(name, 20), settings=settings)
    assert len(promises) == 8


def _rungs(name):
    return "max_fidelity" in registry.find("method", name).load().Settings.__dataclass_fields__


@pytest.mark.parametrize("name", [e.name for e in registry.METHODS if issubclass(e.load(), OneShot)])
def test_every_one_shot_method_keeps_its_promises(name):
    task, arguments, settings, trials = ONE_SHOT[name]
    check_method(name, task=nasbook.task(task, **arguments), settings=settings, trials=trials)


class Walk(Method):
    """Random draws, the way they should be."""

    name = "walk"

    def propose(self):
        return self.space.sample(self.rng)


def test_a_good_one_passes_and_says_what_was_tried():
    assert "goes_on_after_a_kill" in check_method(Walk, trials=10)


class Global(Walk):
    name = "global"

    def propose(self):
        return self.space.sample(np.random.default_rng())


class Blind(Walk):
    name = "blind"

    def propose(self):
        return self.space.sample(np.random.default_rng(len(self.trials) + len(self.pending) + 0 * self.rng.integers(2)))


class Outside(Walk):
    name = "outside"

    def propose(self):
        return {k: 2.5 for k in self.space.parameters}


class Counter(Walk):
    """Keeps a count in the class, so that a resumed search is another one."""

    name = "counter"
    count = itertools.count()

    def propose(self):
        return self.space.decode(np.full(self.space.d, next(self.count) % 100 / 100) + 0 * self.rng.random())


class Impatient(Walk):
    """Cannot be asked again before it is told."""

    name = "impatient"

    def propose(self):
        assert not self.pending, "tell me first"
        return super().propose()


class Fragile(Walk):
    name = "fragile"

    def observe(self, trial):
        self.best = min(getattr(self, "best", 9.0), trial.value)


class Stubborn(Walk):
    """Has its own way of asking, and forgets what the user wants."""

    name = "stubborn"

    def enqueue(self, config, **info):
        pass


class Rude(Walk):
    name = "rude"

    def check_space(self, space):
        raise KeyError("x")


@pytest.mark.parametrize(
    ("cls", "sentence"),
    [
        (Global, "the same seed gave two traces"),
        (Blind, "two seeds gave the same trace"),
        (Outside, "configuration"),
        (Counter, "the same seed gave two traces"),
        (Impatient, "can be asked again before it is told"),
        (Fragile, "Every|every|fail|TypeError"),
        (Stubborn, "did not ask for the configurations of `first`"),
        (Rude, "should refuse by a ValueError in check_space"),
        (str, "is no method"),
    ],
)
def test_a_broken_promise_is_named(cls, sentence):
    with pytest.raises(Broken, match=sentence) as error:
        check_method(cls, trials=10, spaces=PLAIN)
    assert "\n" not in str(error.value)


def test_a_one_shot_method_needs_a_task():
    with pytest.raises(ValueError, match="give check_method a small task="):
        check_method("darts")
