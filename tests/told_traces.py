"""A trace of a simulated search and its lines."""

from dataclasses import replace

from nasbook.search import search
from nasbook.space import Choice, Float, Int, Space
from nasbook.task import Evaluation, Task

SPACE = Space(x=Float(0, 1), n=Int(1, 9), c=Choice(["a", "b"]), y=Float(1e-3, 1, log=True, when={"c": "b"}))


class Simulated(Task):
    """Knows its cost, has curves and metrics, and fails for n = 9."""

    name, space, knows_cost = "simulated", SPACE, True

    def evaluate(self, config, *, report=None, **_):
        if config["n"] == 9:
            raise RuntimeError("nine — «too much»\r\nsecond line")
        for epoch in (1, 2):
            report(epoch, config["x"] / epoch)
        return Evaluation(
            config["x"] + config["n"], metrics={"size": config["n"]}, cost=0.5 + config["n"] * config["x"]
        )


def make(path=None, trials=12, workers=3, seed=4, **options):
    return search("random", Simulated(), trials=trials, workers=workers, seed=seed, out=path, **options)


def same(a, b):
    assert a.header == b.header and a.events == b.events and a.running == b.running
    assert [replace(s, view=None) for s in a.steps] == [replace(s, view=None) for s in b.steps]
    assert a.digest == b.digest


def lines_of(path):
    """The lines of a trace of 12 trials with 3 workers, one of them failed."""
    trace = make(path)
    assert any(t.status == "failed" for t in trace.trials)
    return path.read_bytes().splitlines(keepends=True)
