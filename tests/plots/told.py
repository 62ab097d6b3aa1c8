"""Traces whose values are told."""

from nasbook import Choice, Float, Space
from nasbook.trace import Header, Trace, Trial

XY = Space(x=Float(0, 1), y=Float(0, 1))
MIXED = Space(kernel=Choice(["rbf", "poly", "sigmoid"]), C=Float(1e-3, 1e3, log=True))


def told(rows, space=XY, workers=1):
    """A trace with these trials: dicts of what differs from a done trial."""
    trace = Trace(Header("made", "by-hand", space, workers=workers))
    for i, row in enumerate(rows):
        row = dict(row)
        config = row.pop("config", {"x": 0.5, "y": 0.5})
        trace.started(Trial(i, config))
        trace.ended(Trial(i, config, **{"status": "done", **row}))
    return trace
