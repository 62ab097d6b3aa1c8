"""A search does not depend on the unit of the value: percent or fraction, loss or loss plus a constant.

Values are multiples of 2⁻²⁰, and units powers of two, so that nothing is rounded and the same trials must be asked for.
"""

import numpy as np
import pytest

import nasbook
from nasbook import Choice, Float, Int, Space, registry
from nasbook.method import Method
from nasbook.task import Evaluation, Fidelity, Task

FLOATS = Space(x=Float(0, 1), y=Float(0, 1), n=Int(1, 9))
CHOICES = Space(a=Choice(["p", "q", "r"]), b=Choice(["s", "t", "u"]), c=Choice([1, 2, 3]))
CHAIN = Space(depth=Int(1, 3), **{f"k_{i}": Choice([1, 3, 5], when={"depth": list(range(i, 4))}) for i in (1, 2, 3)})
RULE = Space(alpha=Float(1, 2), beta=Float(1, 1.5), gamma=Float(1, 1.5), phi=Int(0, 3))
NAMES = [
    e.name for e in registry.METHODS if e.family != "multi-objective" and issubclass(e.load(), Method)
]  # of several objectives, the weights of the units are part of the question
FEW = {"bayesian": 14, "forest": 14, "pfn": 10, "bananas": 14, "rgpe": 12, "staged": 20}


class Measured(Task):
    name, knows_cost = "measured", True

    def __init__(self, space, scale, shift):
        self.space, self.scale, self.shift, self.fidelity = space, scale, shift, Fidelity("epoch", 1, 9)

    def value(self, config, fidelity):
        u = np.nan_to_num(self.space.encode(config), nan=0.7)
        exact = round((float(((u - 0.3) ** 2).sum()) + 1 / (1 + fidelity)) * 2**20) / 2**20
        return self.scale * (exact + self.shift)

    def evaluate(self, config, *, fidelity=None, report=None, **_):
        end = int(fidelity or 9)
        for epoch in range(1, end + 1):
            if report:
                report(epoch, self.value(config, epoch), 1.0 * epoch)
        return Evaluation(self.value(config, end), cost=1.0 * end)


def asked(name, space, scale, shift):
    trace = nasbook.search(name, Measured(space, scale, shift), trials=FEW.get(name, 30), seed=2)
    return [(t.config, t.fidelity, t.status) for t in trace.trials]


@pytest.mark.parametrize("name", NAMES)
def test_percent_or_fraction_and_a_constant_more_or_less_ask_for_the_same_trials(name):
    space = next(s for s in (FLOATS, CHOICES, CHAIN, RULE) if serves(name, s))
    plain = asked(name, space, 0.25, 0.0)  # within 0 … 1, as errors are
    assert len({str(config) for config, _, _ in plain}) > 3
    for scale, shift in ((128.0, 0.0), (2.0**-10, 0.0), (0.25, 8.0), (128.0, -4.0)):
        assert asked(name, space, scale, shift) == plain, (scale, shift)


def serves(name, space):
    try:
        nasbook.method(name, space)
    except ValueError:
        return False
    return True
