"""One trial of a search is worth 10¹², as a training that diverges: what is learnt from the others stays as sharp."""

import numpy as np
import pytest
from scipy.stats import spearmanr

import nasbook
from nasbook import Choice, Float, Space
from nasbook.method import Method

PLANE = Space(x=Float(0, 1), y=Float(0, 1))
CELL = Space({f"edge_{i}": Choice(["none", "skip", "conv_1", "conv_3"]) for i in range(6)})
COST = {"none": 3.0, "skip": 1.0, "conv_1": 0.5, "conv_3": 0.0}


def bowl(config):
    return (config["x"] - 0.3) ** 2 + (config["y"] - 0.6) ** 2


def cell(config):
    return sum(COST[op] * (1 + i / 5) for i, op in enumerate(config.values()))


def told(name, space, f, n, outlier=2, several=False, **settings) -> Method:
    method = nasbook.method(name, space, seed=1, **settings)
    for i in range(n):
        trial = method.ask()
        value = 1e12 if i == outlier else f(trial.config)
        values = (value, value) if several else None
        method.tell(nasbook.Trial(trial.id, trial.config, status="done", value=value, values=values))
    return method


@pytest.mark.parametrize(("name", "within"), [("bayesian", 1e-3), ("parego", 1e-3)])
def test_the_bottom_of_a_bowl_is_still_found(name, within):
    several = {"several": True} if name == "parego" else {}
    method = told(name, PLANE, bowl, 24, **several)
    assert min(t.value for t in method.trials) < within


@pytest.mark.parametrize("name", ["bayesian", "parego"])
def test_an_outlier_right_beside_the_optimum_does_not_close_its_region(name):
    method = nasbook.method(name, PLANE, seed=0)
    for i in range(22):
        if i == 3:
            method.enqueue({"x": 0.32, "y": 0.6})
        trial = method.ask()
        value = bowl(trial.config) if i != 3 else 1e12
        values = (value, value) if name == "parego" else None
        method.tell(nasbook.Trial(trial.id, trial.config, status="done", value=value, values=values))
    assert min(t.value for t in method.done) < 1e-4


def test_a_region_that_diverges_is_still_avoided():
    """The function is lowest just beside it."""
    method = nasbook.method("bayesian", PLANE, seed=0)
    for _ in range(24):
        trial = method.ask()
        x = trial.config["x"]
        value = 1e12 if x > 0.35 else bowl(trial.config)
        method.tell(nasbook.Trial(trial.id, trial.config, status="done", value=value))
    late = [t.config["x"] for t in method.trials[10:]]
    assert min(t.value for t in method.done) < 1e-2 and sum(x > 0.35 for x in late) <= 4


def test_the_unit_of_the_forests_logarithm_is_that_of_the_others():
    method = told("forest", PLANE, bowl, 14)
    method.ask()
    assert method.view().unit < 0.1


def test_the_ensemble_of_bananas_still_ranks_architectures():
    method = told("bananas", CELL, cell, 31, startup=30)
    method.ask()
    view = method.view()
    assert spearmanr(view.mean, [cell(c) for c in view.candidates]).statistic > 0.6


def test_a_gaussian_process_still_says_how_low_it_is_at_the_bottom():
    method = told("bayesian", PLANE, bowl, 16)
    method.ask()
    mean, std = method.view().predict(np.array([[0.3, 0.6]]))
    assert abs(mean[0]) < 0.02 and std[0] < 0.05
