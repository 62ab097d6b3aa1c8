"""PPO's ratio and clip, and that one epoch of it is a step of REINFORCE."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from nas.policies import TINY, TREE, batch_for

import nasbook
from nasbook.nas.ppo import PPO, is_clipped, surrogate
from nasbook.nas.reinforce import Reinforce, gradients


def test_a_new_controller_is_nearly_uniform():
    for p in nasbook.method("ppo", nasbook.task("nb201-cifar10").space, seed=4).view().probabilities:
        np.testing.assert_allclose(p, 0.2, atol=0.03)


def test_at_the_old_policy_ppo_has_the_policy_gradient(tiny):
    controller, actions, R, _ = tiny
    weights, A = list(controller.parameters()), R - 0.7
    old = controller.read(actions).log_p.detach()
    r = (controller.read(actions).log_p - old).exp()
    of_ppo = torch.autograd.grad(surrogate(r, A, 0.2).mean(), weights)
    reinforce = (A[:, None] * gradients(controller, actions)).mean(0)
    torch.testing.assert_close(torch.cat([g.flatten() for g in of_ppo]), reinforce, atol=1e-12, rtol=0)


def test_at_its_edge_and_without_an_advantage_nothing_is_clipped():
    r = torch.tensor([0.5, 0.5, 1.5, 0.75, 1.25, 0.5, 1.5], dtype=torch.float64)
    A = torch.tensor([0.0, -1.0, 1.0, -1.0, 1.0, 1.0, -1.0], dtype=torch.float64)
    assert is_clipped(r, A, 0.25).tolist() == [False, True, True, False, False, False, False]


def test_the_clip_takes_the_gradient_away_only_beyond_the_way_it_was_pushed():
    r = torch.tensor([0.5, 0.79, 0.81, 1.0, 1.19, 1.21, 3.0], dtype=torch.float64, requires_grad=True)
    for A, alive in ((2.0, [1, 1, 1, 1, 1, 0, 0]), (-2.0, [0, 0, 1, 1, 1, 1, 1])):
        (g,) = torch.autograd.grad(surrogate(r, torch.full_like(r, A), 0.2).sum(), r)
        assert g.tolist() == [A * k for k in alive]
    values = surrogate(r, torch.full_like(r, 2.0), 0.2).tolist()
    assert values == pytest.approx([1.0, 1.58, 1.62, 2.0, 2.38, 2.4, 2.4])


def test_one_epoch_of_ppo_is_a_step_of_reinforce():
    a, b = Reinforce(TINY, seed=1, batch=5, lr=0.01), PPO(TINY, seed=1, batch=5, lr=0.01, epochs=1)
    for method in (a, b):
        batch_for(method, [0.1, 0.9, 0.5, 0.2, 0.3])
    for p, q in zip(a.weights, b.weights, strict=True):
        torch.testing.assert_close(p, q, atol=1e-9, rtol=0)


def test_a_small_clip_keeps_the_ratios_near_one():
    values = [0.1, 0.9, 0.5, 0.2, 0.3, 0.6]
    far = {}
    for clip in (0.05, 0.9):
        method = PPO(TINY, seed=1, batch=6, lr=0.01, epochs=20, clip=clip, entropy=0.0)
        batch_for(method, values)
        far[clip] = max(abs(np.log(method.last.ratios))), method.last.clipped
    assert far[0.05][0] < 0.5 * far[0.9][0]
    assert far[0.05][1] > 0.5 > far[0.9][1]


def test_the_ratio_is_that_of_the_policy_that_asked():
    """Asked by the first policy, told after it has moved: with clip and a ratio beyond it, nothing moves."""
    method = PPO(TINY, seed=0, batch=2, lr=0.5, epochs=1, entropy=0.0)
    late = [method.ask() for _ in range(2)]
    config = late[0].config
    for _ in range(3):  # make that configuration much more likely
        for trial in (method.ask(), method.ask()):
            good = trial.config == config
            method.tell(replace(trial, status="done", value=0.0 if good else 1.0))
    p = method.controller.read(method.controller.actions([config])).log_p.exp().item()
    ratio = p / np.exp(late[0].info["log_p"])
    A = 1.0 if ratio > 1.2 else -1.0
    assert not 0.8 < ratio < 1.2
    method.b = 0.0
    before = method.controller.read(method.controller.actions([config])).log_p.item()
    method.adam = torch.optim.SGD(method.weights, 1.0)
    late = [replace(late[0], config=config), replace(late[1], config=config, info=late[0].info)]
    for trial in late:
        method.tell(replace(trial, status="done", value=1.0 - A))
    assert method.controller.read(method.controller.actions([config])).log_p.item() == before
    assert method.last.clipped == 1.0


def test_failures_are_avoided():
    def fragile(config):
        if config["kind"] == "pool":
            raise RuntimeError("no memory")
        return 0.5 if config["kind"] == "conv" else 0.4

    trace = nasbook.search("ppo", fragile, space=TREE, trials=250, seed=0)
    failed = np.array([t.status == "failed" for t in trace.trials])
    assert failed[:30].mean() > 0.15 and failed[-50:].mean() < 0.05


def test_a_view_changes_nothing():
    plain = nasbook.search("ppo", lambda c: c["b"], space=TINY, trials=35, seed=4)
    seen = list(nasbook.steps("ppo", lambda c: c["b"], space=TINY, trials=35, seed=4))
    assert [t.config for t in plain.trials] == [s.trial.config for s in seen]


def test_a_warm_start_teaches():
    """Trials from elsewhere are learned from as if the policy had drawn them."""
    good = [{"a": "q", "b": 1, "c": True}, {"a": "p", "b": 2, "c": False}] * 20
    method = nasbook.method("ppo", TINY, seed=0)
    for config in good:
        method.enqueue(config)
    batch_for(method, [0.0, 1.0] * 20)
    assert method.updates == 4 and method.view().probabilities[0][1] > 0.6
