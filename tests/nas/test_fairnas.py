"""FairNAS' equal counts and summed gradients; its search is NSGA-II on a frozen supernet."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from nas.pictures import stopped_and_gone_on
from nas.test_spos import Pictures

import nasbook
from nasbook.nas.fairnas import FairNAS, fair
from nasbook.nas.parts.single_path import evaluate_path
from nasbook.nas.spaces.cost import flops, parameters
from nasbook.nas.spaces.gates import single
from nasbook.nas.spaces.nb201.cell import cell_space
from nasbook.nas.spaces.networks import CellNet
from nasbook.testing import check_method

FAIR = {"epochs": 2, "rounds": 2, "population": 4, "channels": 2, "looks": 2, "device": "cpu"}


def test_a_fair_step_is_the_sum_of_the_gradients_of_m_paths_at_the_same_weights():
    method = FairNAS(cell_space(), clip=1e9, momentum=0.0, weight_decay=0.0, **FAIR)
    train, _ = method.start(Pictures())
    x, y = method.batches(train)[0]
    method.net.double().train()
    x, before = x.double(), [p.detach().clone() for p in method.w]
    state = method.rng.bit_generator.state
    paths = fair(method.places, method.rng)
    method.rng.bit_generator.state = state
    total = [torch.zeros_like(p) for p in method.w]
    for path in paths:
        loss = F.cross_entropy(method.net(x, single(path)), y)
        for t, g in zip(total, torch.autograd.grad(loss, method.w, allow_unused=True), strict=True):
            t += 0 if g is None else g
    method.step_paths((x, y), fair(method.places, method.rng))
    for p, old, g in zip(method.w, before, total, strict=True):
        torch.testing.assert_close(p.detach(), old - 0.1 * g, atol=1e-12, rtol=0)
    assert (method.counts == 1).all()


def test_counts_are_equal_after_every_epoch_and_the_search_trains_nothing():
    steps = list(nasbook.steps("fairnas", Pictures(), seed=1, **FAIR))
    counts = [np.array(s.view.counts) for s in steps]
    assert [set(c.ravel()) for c in counts] == [{2}, {4}, {4}, {4}]
    assert 0.5 < steps[0].view.train_loss < 2.5  # the mean of two batches; ln 3 is chance
    assert len(steps[2].view.scatter) <= 4 < len(steps[3].view.scatter) <= 8  # of the rounds, not of the training


def test_places_with_two_numbers_of_operations_cannot_be_fair():
    places = SimpleNamespace(space=cell_space(), choices={"a": ("p", "q"), "b": ("p", "q", "r")})
    with pytest.raises(ValueError, match="equally many operations"):
        fair(places, np.random.default_rng(0))


def test_its_search_is_nsga2_on_the_frozen_supernet():
    """The same asks as NSGA-II's own search of the trained supernet, with the score and the number of weights."""
    method = FairNAS(cell_space(), seed=5, **FAIR)
    list(method.run(Pictures()))
    nsga2 = nasbook.method("nsga2", cell_space(), seed=5, population=4)
    train, val = method.images
    for loss, weights in method.told:
        trial = nsga2.ask()
        path = method.places.path(trial.config)
        assert evaluate_path(method.net, path, val, train)[0] == loss
        assert weights == sum(p.numel() for p in method.net.derive(path).parameters())
        nsga2.tell(replace(trial, status="done", value=loss, values=(loss, weights)))
    assert len(method.told) == 8 and method.total == 2 + 2  # epochs and rounds


def test_multiply_adds_are_the_third_objective_if_asked_for():
    method = FairNAS(cell_space(), seed=5, madds=True, **FAIR)
    list(method.run(Pictures()))
    nsga2 = nasbook.method("nsga2", cell_space(), seed=5, population=4)
    for values in method.told:
        trial = nsga2.ask()
        alone = CellNet(trial.config, 2, 3)
        assert values[1:] == (parameters(alone), flops(alone, (1, 8, 8)))
        nsga2.tell(replace(trial, status="done", value=values[0], values=values))
    assert len(method.told) == 8 and len({values[2] for values in method.told}) > 2


def test_a_stopped_search_goes_on_bit_for_bit(tmp_path):
    gone_on, whole = stopped_and_gone_on("fairnas", Pictures(), tmp_path, (0, -2), seed=3, **FAIR)
    assert gone_on == whole
    check_method("fairnas", task=Pictures(), settings=FAIR)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: FairNAS(cell_space(), madds="yes"), "madds must be True or False"),
        (lambda: FairNAS(cell_space(), population=1), "population must be a whole number of at least 2"),
    ],
)
def test_bad_input_is_one_sentence(call, says):
    with pytest.raises(ValueError, match=says):
        call()
