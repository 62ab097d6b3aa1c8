"""ENAS' two halves, of which each leaves the other's alone; its rewards and its view."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from nas.pictures import stopped_and_gone_on
from nas.test_spos import Pictures

import nasbook
from nasbook.nas.enas import Enas
from nasbook.nas.parts.single_path import evaluate_path
from nasbook.nas.spaces.nb201.cell import cell_space
from nasbook.testing import check_method

ENAS = {"epochs": 3, "steps": 3, "samples": 2, "channels": 2, "looks": 2, "device": "cpu"}


def everything(method):
    return {k: v.clone() for k, v in method.net.state_dict().items()}


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


def test_an_epoch_tells_the_mean_loss_of_its_steps(monkeypatch):
    losses = iter(range(1, 100))
    monkeypatch.setattr(Enas, "step_paths", lambda *_: float(next(losses)))
    first, second = (step.view.train_loss for step in list(nasbook.steps("enas", Pictures(), seed=1, **ENAS))[:2])
    steps = round(second - first)  # an epoch has so many
    assert steps > 1 and first == (1 + steps) / 2


def test_a_stopped_search_goes_on_bit_for_bit(tmp_path):
    gone_on, whole = stopped_and_gone_on("enas", Pictures(), tmp_path, (0, -2), seed=3, **ENAS)
    assert gone_on == whole
    check_method("enas", task=Pictures(), settings=ENAS)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: Enas(cell_space(), samples=1), "samples must be a whole number of at least 2"),
        (lambda: Enas(cell_space(), steps=0), "steps must be a whole number of at least 1"),
        (lambda: Enas(cell_space(), decay=2), "decay must lie in"),
        (lambda: nasbook.search("enas", "nb201-cifar10", trials=1), "has none; use 'digits-cells'"),
    ],
)
def test_bad_input_is_one_sentence(call, says):
    with pytest.raises(ValueError, match=says):
        call()
