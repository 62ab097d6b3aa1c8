"""FairNAS' equal counts and summed gradients; ENAS' two halves, of which each leaves the other's alone."""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from nas.pictures import stopped_and_gone_on
from nas.test_spos import Pictures

import nasbook
from nasbook.nas.enas import Enas
from nasbook.nas.fairnas import FairNAS, fair
from nasbook.nas.parts.single_path import evaluate_path
from nasbook.nas.spaces.cost import flops, parameters
from nasbook.nas.spaces.gates import single
from nasbook.nas.spaces.nb201.cell import cell_space
from nasbook.nas.spaces.networks import CellNet
from nasbook.testing import check_method

FAIR = {"epochs": 2, "rounds": 2, "population": 4, "channels": 2, "looks": 2, "device": "cpu"}
ENAS = {"epochs": 3, "steps": 3, "samples": 2, "channels": 2, "looks": 2, "device": "cpu"}


def everything(method):
    return {k: v.clone() for k, v in method.net.state_dict().items()}


# ---- fair ------------------------------------------------------------------------------------------------


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


def test_the_reward_is_one_minus_the_error_and_of_text_the_inverse_perplexity(monkeypatch):
    method, seen, loss = Enas(cell_space(), **ENAS), [], [math.log(4)]
    next(method.run(Pictures()))
    val = method.images[1]

    def judged(net, path, batch, images, statistics):
        seen.append(images)
        return loss[0], 0.3

    monkeypatch.setattr("nasbook.nas.enas.evaluate_path", judged)
    assert method.step_controller(method.batches(val)[0]) == pytest.approx(0.7)
    assert all(images is method.images[0] for images in seen) and len(seen) == 2  # statistics come from training images
    monkeypatch.setattr(type(method.places), "text", True, raising=False)
    assert method.step_controller(method.batches(val)[0]) == pytest.approx(1 / 4)
    loss[0] = math.inf
    assert method.step_controller(method.batches(val)[0]) == 0


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
    assert len(method.told) == 8


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


# ---- ENAS ------------------------------------------------------------------------------------------------


def begun(**settings):
    method = Enas(cell_space(), seed=2, **{**ENAS, **settings})
    train, val = method.start(Pictures())
    method.begin()
    method.net.train()
    return method, method.batches(train)[0], method.batches(val)[0]


@pytest.mark.parametrize("how", ["batch", "recalibrated", "running"])
def test_controller_steps_leave_the_weights_and_the_buffers_alone(how):
    method, batch, look = begun(statistics=how)
    method.step_paths(batch, [(3, 2, 3, 2, 3, 2)])
    before, theta = everything(method), [p.detach().clone() for p in method.policy.controller.parameters()]
    momentum = [b["momentum_buffer"].clone() for b in method.w_optimiser.state.values() if "momentum_buffer" in b]
    reward = method.step_controller(look)
    assert 0 <= reward <= 1
    assert all(torch.equal(v, before[k]) for k, v in method.net.state_dict().items())
    after = [b["momentum_buffer"] for b in method.w_optimiser.state.values() if "momentum_buffer" in b]
    assert all(map(torch.equal, momentum, after)) and len(momentum) > 0
    assert not all(map(torch.equal, theta, method.policy.controller.parameters()))


def test_weight_steps_leave_the_controller_alone():
    method, batch, _ = begun()
    theta = [p.detach().clone() for p in method.policy.controller.parameters()]
    before = everything(method)
    method.step_paths(batch, method.draw(1, method.rng))
    assert all(map(torch.equal, theta, method.policy.controller.parameters()))
    assert not all(torch.equal(v, before[k]) for k, v in method.net.state_dict().items())


def test_the_policys_step_is_that_of_reinforce_with_these_rewards():
    method, _, look = begun()
    twin = nasbook.method(
        "reinforce", cell_space(), seed=2, batch=2, lr=0.0035, entropy=1e-4, decay=0.95, reward="accuracy"
    )
    twin.rng.bit_generator.state = method.rng.bit_generator.state
    for _ in range(3):
        method.step_controller(look)
        for _ in range(2):
            trial = twin.ask()
            _, error = evaluate_path(method.net, method.places.path(trial.config), look, how="batch")
            twin.tell(replace(trial, status="done", value=error))
    assert all(map(torch.equal, twin.controller.parameters(), method.policy.controller.parameters()))


def test_believe_is_the_frequency_of_what_the_policy_draws():
    method, *_ = begun()
    table = method.believe()
    assert np.allclose(table.sum(1), 1) and table.shape == (6, 5)
    drawn = method.draw(4000, np.random.default_rng(8))
    often = np.zeros((6, 5))
    for path in drawn:
        often[range(6), path] += 1 / 4000
    assert np.abs(often - table).max() < 0.1


def test_trials_and_views():
    steps = list(nasbook.steps("enas", Pictures(), seed=1, **ENAS))
    for step in steps:
        view = step.view
        assert 0 <= view.reward <= 1 and len(view.scatter) <= 2
        ops, score = min(view.scatter, key=lambda one: one[1])
        assert ops == view.cell and score == view.val_loss
    assert np.array(steps[-1].view.counts).sum(1).tolist() == [6] * 6


@pytest.mark.parametrize(("name", "settings"), [("fairnas", FAIR), ("enas", ENAS)])
def test_a_stopped_search_goes_on_bit_for_bit(name, settings, tmp_path):
    gone_on, whole = stopped_and_gone_on(name, Pictures(), tmp_path, (0, -2), seed=3, **settings)
    assert gone_on == whole
    check_method(name, task=Pictures(), settings=settings)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: Enas(cell_space(), samples=1), "samples must be a whole number of at least 2"),
        (lambda: Enas(cell_space(), steps=0), "steps must be a whole number of at least 1"),
        (lambda: Enas(cell_space(), decay=2), "decay must lie in"),
        (lambda: FairNAS(cell_space(), madds="yes"), "madds must be True or False"),
        (lambda: FairNAS(cell_space(), population=1), "population must be a whole number of at least 2"),
        (lambda: nasbook.search("enas", "nb201-cifar10", trials=1), "has none; use 'digits-cells'"),
    ],
)
def test_bad_input_is_one_sentence(call, says):
    with pytest.raises(ValueError, match=says):
        call()
