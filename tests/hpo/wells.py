"""Two wells of equal depth, and an optimiser that has seen some of them."""

import math

import numpy as np

from nasbook import Float, Space, Trial
from nasbook.hpo.bayesian import BayesianOptimisation

LINE = Space(x=Float(0, 1))
GRID = np.linspace(0, 1, 201)[:, None]


def two_wells(x):
    """Two equal minima, 0.25 and 0.75."""
    return math.cos(4 * math.pi * x)


def run(cost, n=12, f=two_wells, **settings):
    method = BayesianOptimisation(LINE, **{"acquisition": "ei_per_second", "startup": 4, **settings})
    for _ in range(n):
        trial = method.ask()
        x = trial.config["x"]
        method.tell(Trial(trial.id, trial.config, status="done", value=f(x), cost=cost(x)))
    return method
