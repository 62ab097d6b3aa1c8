"""What DARTS' relatives share: rest in the warm-up, stopping and going on, a failed training."""

import json

import numpy as np
import pytest
from nas.mixture_cases import SHORT
from nas.pictures import Pictures, stopped_and_gone_on

import nasbook
from nasbook import registry
from nasbook.nas.parts.mixture import Mixture
from nasbook.nas.parts.supernet import SupernetView

RELATIVES = [e.name for e in registry.METHODS if issubclass(e.load(), Mixture)]


@pytest.mark.parametrize("name", RELATIVES)
def test_a_stopped_search_goes_on_bit_for_bit(name, tmp_path):
    options = {**SHORT, "epochs": 6, "warmup": 1, "seed": 3}
    gone_on, whole = stopped_and_gone_on(name, Pictures(), tmp_path, (1, 2, 4), **options)
    assert gone_on == whole


@pytest.mark.parametrize("name", RELATIVES)
def test_alpha_rests_in_the_warm_up(name):
    steps = list(nasbook.steps(name, Pictures(), seed=1, **{**SHORT, "epochs": 3, "warmup": 1}))
    views = [s.view for s in steps]
    if name != "p-darts":  # whose stages are an epoch long here
        assert np.ptp(views[0].weights, axis=1).max() < np.ptp(views[1].weights, axis=1).max()
    assert views[0].val_loss != views[1].val_loss
    for view in views:
        assert SupernetView.from_dict(json.loads(json.dumps(view.to_dict()))) == view


@pytest.mark.parametrize("name", RELATIVES)
def test_divergence_ends_the_search_and_is_told(name):
    options = {**SHORT, "epochs": 5, "warmup": 0}
    steps = list(nasbook.steps(name, Pictures(), lr=1e30, clip=1e30, lr_min=0.0, **options))
    assert steps[-1].trial.status == "failed" and "diverged" in steps[-1].trial.reason


@pytest.mark.parametrize("task", ["digits-s4", "digits-block-chain"])
@pytest.mark.parametrize("name", RELATIVES)
def test_every_space_with_a_supernet(name, task):
    """A configuration of the space after each epoch, though cells of DARTS must read exactly two nodes each."""
    options = {"epochs": 2, "warmup": 0, "channels": 2, "batch": 50, "device": "cpu"}
    small = nasbook.task(task, train=50)
    steps = list(nasbook.steps(name, small, seed=1, **options))
    for step in steps:
        assert small.space.validate(step.trial.config) == step.trial.config
    assert len(steps) == 2 and steps[0].view.weights != steps[1].view.weights
