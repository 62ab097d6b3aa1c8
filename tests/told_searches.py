"""Searches whose values are told."""

import nasbook
from nasbook.trace import Header, Trace, Trial

SPACE = nasbook.Space(x=nasbook.Float(0, 1))


def told(method, values, seed=0, task="made", **header):
    """A trace of a method whose trials have these values; None is a failure."""
    trace = Trace(Header(method, task, SPACE, seed=seed, **header))
    for i, v in enumerate(values):
        trace.started(Trial(i, {"x": 0.5}, start=float(i)))
        status = "failed" if v is None else "done"
        trace.ended(Trial(i, {"x": 0.5}, status=status, value=v, start=float(i), end=i + 1.0))
    return trace
