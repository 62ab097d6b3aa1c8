"""A made-up task with learning curves, whose cost is known: what the tests of multi-fidelity methods search."""

from nasbook.space import Choice, Float, Int, Space
from nasbook.task import Evaluation, Fidelity, Task


class Curves(Task):
    """Value x + y + 1/epoch, so that the order never changes; an epoch takes `slow` seconds.

    Frail ones fail above x = ½."""

    name, knows_cost, fidelity = "curves", True, Fidelity("epoch", 1, 27)
    space = Space(x=Float(0, 1), y=Float(0, 1), slow=Int(1, 10), kind=Choice(["steady", "frail"]))

    def evaluate(self, config, *, fidelity=None, seed=0, report=None, checkpoint=None):
        epochs, value = int(fidelity or 27), 0.0
        for epoch in range(1, epochs + 1):
            if config.get("kind") == "frail" and config["x"] > 0.5 and epoch == min(2, epochs):
                raise RuntimeError("diverged")
            value = self.curve(config, epoch)
            report(epoch, value, float(epoch * config.get("slow", 1)))
        return Evaluation(value, cost=float(epochs * config.get("slow", 1)))

    def curve(self, config, epoch):
        return config["x"] + config.get("y", 0.0) + 1 / epoch


class Line(Curves):
    """One number, nothing fails, an epoch takes a second."""

    space = Space(x=Float(0, 1))


class Timed(Curves):
    """One number and the seconds of an epoch."""

    space = Space(x=Float(0, 1), slow=Int(1, 10))


class Bowl(Curves):
    """Two numbers; lowest at (0.3, 0.7)."""

    space = Space(x=Float(0, 1), y=Float(0, 1))

    def curve(self, config, epoch):
        return (config["x"] - 0.3) ** 2 + (config["y"] - 0.7) ** 2 + 0.1 / epoch
