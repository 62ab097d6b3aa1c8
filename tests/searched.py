"""Objectives and methods that tests of searches share."""

import os
from dataclasses import dataclass

from nasbook.method import Method, OneShot
from nasbook.space import Float, Int, Space
from nasbook.task import Evaluation, Task
from nasbook.trace import Trial

SPACE = Space(x=Float(0, 1))


def square(config):
    return (config["x"] - 0.3) ** 2


class Costly(Task):
    """x is the cost, or the sentence of a failure."""

    name, knows_cost = "costly", True

    def __init__(self, costs):
        self.space = Space(i=Int(0, len(costs) - 1))
        self.costs = costs

    def evaluate(self, config, **_):
        cost = self.costs[config["i"]]
        if isinstance(cost, str):
            raise RuntimeError(cost)
        return Evaluation(float(config["i"]), cost=cost)


class InOrder(Method):
    """Trial i is configuration i."""

    name = "in-order"

    def propose(self):
        return {"i": self.next_id} if self.next_id < self.space.parameters["i"].size else None


@dataclass(frozen=True)
class Weights:
    epoch: int

    def to_dict(self):
        return {"epoch": self.epoch}

    @classmethod
    def from_dict(cls, row):
        return cls(**row)


class Descent(OneShot):
    """A 'training' whose state is one number."""

    name, View = "descent", Weights

    def __init__(self, *a, **k):
        super().__init__(*a, **k)
        self.w, self.epochs = float(self.rng.random()), 0

    def run(self, task):
        while self.epochs < 6:
            self.w, self.epochs = self.w / 2, self.epochs + 1
            yield Trial(self.epochs - 1, {"x": round(self.w, 6)}, status="done", value=self.w), Weights(self.epochs)

    def save(self, path):
        path.with_suffix(".tmp").write_text(f"{self.w!r} {self.epochs}")
        os.replace(path.with_suffix(".tmp"), path)

    def restore(self, path):
        w, epochs = path.read_text().split()
        self.w, self.epochs = float(w), int(epochs)


def steadily(config, fidelity, report=None):
    assert isinstance(fidelity, int)
    for epoch in range(1, fidelity + 1):
        value = (config["x"] - 0.3) ** 2 + 1 / epoch
        if report:
            report(epoch, value)
    return value
