"""A trace to be exported."""

import numpy as np

import nasbook
from nasbook.trace import Header, Trace, Trial

SPACE = nasbook.Space(
    optimizer=nasbook.Choice(["sgd", "adamw"]),
    lr=nasbook.Float(1e-4, 1.0, log=True),
    momentum=nasbook.Float(0.0, 0.99, when={"optimizer": "sgd"}),
    weight_decay=nasbook.Float(1e-6, 1e-1, log=True),
    batch=nasbook.Int(16, 256, log=True),
    width=nasbook.Int(8, 128, log=True),
    depth=nasbook.Int(1, 4),
    dropout=nasbook.Float(0.0, 0.6),
    activation=nasbook.Choice(["relu", "tanh"]),
)


def a_trace(costs=(2.0, 4.0, 3.0, 100.0), task="digits-mlp", arguments=None, space=SPACE, **header) -> Trace:
    """As a search would leave it: every trial done, the value is its number, except for the last, which failed."""
    trace = Trace(Header("random", task, space, seed=3, arguments=arguments or {}, **header))
    rng = np.random.default_rng(0)
    for i, cost in enumerate(costs):
        trial = Trial(i, space.sample(rng))
        trace.started(trial)
        last = i == len(costs) - 1
        state = {"status": "failed", "reason": "lost"} if last else {"status": "done", "value": float(i)}
        trace.ended(Trial(i, trial.config, cost=cost, end=float(i), **state))
    return trace
