"""Every method of the registry, whatever the values are: no warning, no exception, no method that stands still."""

import warnings
from itertools import cycle, islice

import pytest

import nasbook
from nasbook import Choice, Float, Int, Space, registry
from nasbook.method import Method
from nasbook.search import steps
from nasbook.task import Evaluation, Fidelity, Task

NAMES = [e.name for e in registry.METHODS if issubclass(e.load(), Method)]
SLOW = {"bayesian", "forest", "pfn", "parego", "bananas", "rgpe", "staged"}
SMALL = {
    "bananas": {"startup": 4, "batch": 4, "members": 2},
    "tpe": {"startup": 4},
    "forest": {"startup": 4},
    "freeze-thaw": {"new": "random"},  # pfn has its own turn
}
MANY = {n for n in NAMES if registry.find("method", n).load().several}
SPACES = [
    Space(x=Float(0, 1), n=Int(1, 5), c=Choice(["p", "q", "r"])),
    Space(x=Float(0, 1), y=Float(1e-3, 1, log=True)),
    Space(a=Choice(["p", "q", "r"]), b=Choice([1, 2, 4], ordered=True), n=Int(0, 3)),
    Space(depth=Int(1, 2), kernel_1=Choice([1, 3, 5]), kernel_2=Choice([1, 3, 5], when={"depth": 2})),
    Space(alpha=Float(1, 2), beta=Float(1, 1.5), gamma=Float(1, 1.5), phi=Int(0, 3)),
]
TINY = 5e-324  # the smallest number above 0
VALUES = {
    "largest of both signs": [1e308, -1e308, 1.7e308, -1.7e308, 0.0],
    "largest": [1.7e308, 1e308, 1.6e308, 1.2e308],
    "huge": [1e300, 3e300, 2e300, -1e300],
    "tiny": [1e-300, 3e-300, -2e-300, 0.0],
    "denormal": [TINY, 3 * TINY, -7 * TINY, 0.0],
    "equal": [0.5],
    "equal and 0": [0.0],
    "equal and huge": [1e308],
    "equal and -huge": [-1.7e308],
    "equal and denormal": [TINY],
    "one huge outlier": [1.0, 1.5, 0.5, 1e308, 2.0, 0.7, 0.9, 1.1],
    "one outlier below": [1.0, 1.5, 0.5, 2.0, -1e308, 0.7, 0.9, 1.1],
    "equal but one": [1.0] * 11 + [1e300],
    "one step apart": [1.0, 1.0 + 2**-52, 1.0 - 2**-53],
    "all sizes": [1e-300, 1.0, 1e300, TINY, -1e-5, -1e308, 1e150],
}


class Given(Task):
    """Values from a list, in turn, whatever the configuration; on the way the curve has others of the list."""

    name, knows_cost = "given", True

    def __init__(self, space, values, name):
        self.space, self.values = space, cycle(values)
        self.objectives = ("f", "g") if name in MANY else ()
        self.fidelity = Fidelity("epoch", 1, 9) if registry.find("method", name).family == "multi-fidelity" else None

    def evaluate(self, config, *, fidelity=None, report=None, **_):
        curve = list(islice(self.values, 3))
        if report:
            for epoch, value in enumerate(curve[:-1], 1):
                report(epoch, value)
        return Evaluation(curve[-1], (curve[-1], next(self.values)) if self.objectives else None, cost=1.0)


def space_of(name):
    for space in SPACES:
        try:
            nasbook.method(name, space)
        except ValueError:
            continue
        return space
    raise AssertionError(f"no space here is one for {name}")


@pytest.mark.parametrize("kind", VALUES)
@pytest.mark.parametrize("name", NAMES)
def test_any_value_is_searched_without_a_warning(name, kind):
    space, trials = space_of(name), 16 if name in SLOW else 26  # each list of values comes at least once
    small = SMALL.get(name, {})
    seen = []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", message="this space has 12 configurations")  # which is so
        for step in steps(name, Given(space, VALUES[kind], name), trials=trials, seed=1, **small):
            assert space.validate(step.trial.config) == step.trial.config
            assert step.trial.status in ("done", "pruned"), step.trial
            seen.append(step.trial)
    ends = {"grid": len(list(space.grid(5))), "compound": 12}
    assert len(seen) == min(trials, ends.get(name, trials))
