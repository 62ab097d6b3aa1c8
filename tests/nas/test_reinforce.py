"""REINFORCE and what PPO shares with it, against exact enumeration of small spaces: gradients, rewards, views."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from nas.policies import TINY, TREE, batch_for, everything

import nasbook
from nasbook import Choice, Float, Int, Space
from nasbook.nas.parts.controller import Controller
from nasbook.nas.reinforce import Reinforce, gradients
from nasbook.task import Evaluation, Task

METHODS = ["reinforce", "ppo"]


class Shaky(Task):
    """Known costs, so that workers end in another order than they begin; one trial in seven fails."""

    name, space, knows_cost = "shaky", TREE, True

    def evaluate(self, config, *, seed=0, **_):
        rng = np.random.default_rng(seed)
        if rng.random() < 1 / 7:
            raise RuntimeError("no memory")
        return Evaluation(config.get("kernel", 9) / 10 + 0.1 * rng.standard_normal(), cost=float(rng.gamma(2.0)))


def exact_gradient(controller, rewards, actions):
    """∇ of Σ_a p(a) R(a), by autograd through the sum itself."""
    J = (controller.read(actions).log_p.exp() * rewards).sum()
    return torch.cat([g.flatten() for g in torch.autograd.grad(J, list(controller.parameters()))])


def test_the_global_generator_is_neither_read_nor_changed():
    torch.manual_seed(3)
    before = torch.get_rng_state()
    a = nasbook.search("reinforce", lambda c: c["b"], space=TINY, trials=25, seed=1)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(4)
    b = nasbook.search("reinforce", lambda c: c["b"], space=TINY, trials=25, seed=1)
    assert [t.config for t in a.trials] == [t.config for t in b.trials]


def test_rows_of_gradients_are_the_derivatives_of_log_p(tiny):
    controller, actions, _, _ = tiny
    rows, weights = gradients(controller, actions), list(controller.parameters())
    for i in (0, 5, 11):
        one = torch.autograd.grad(controller.read(actions[i : i + 1]).log_p[0], weights)
        torch.testing.assert_close(rows[i], torch.cat([g.flatten() for g in one]), atol=1e-12, rtol=0)


def test_the_sampled_gradient_tends_to_the_exact_one(tiny):
    controller, actions, R, p = tiny
    exact = exact_gradient(controller, R, actions)
    n = 40_000
    drawn = controller.sample(np.random.default_rng(1).random((n, 3))).actions
    index = (drawn[:, 0] * 6 + drawn[:, 1] * 2 + drawn[:, 2]).numpy()  # the grid's order
    torch.testing.assert_close(actions[index], drawn)
    rows = (R[:, None] * gradients(controller, actions)).numpy()
    counts = np.bincount(index, minlength=12)
    mean = counts @ rows / n
    error = np.sqrt(np.maximum(0, (p.numpy() @ rows**2 - exact.numpy() ** 2)) / n)
    assert np.linalg.norm(exact) > 0.1
    assert np.linalg.norm(mean - exact.numpy()) < 3 * np.linalg.norm(error)
    off = np.abs(mean - exact.numpy()) / (error + 1e-12)
    assert (off[error > 1e-9] < 5).all() and off[error > 1e-9].std() < 2


@pytest.mark.parametrize("b", [-3.0, 0.4, 10.0])
def test_a_constant_baseline_leaves_the_mean_and_changes_the_variance(tiny, b):
    controller, actions, R, p = tiny
    scores, exact = gradients(controller, actions), exact_gradient(controller, R, actions)
    mean = p @ ((R - b)[:, None] * scores)
    torch.testing.assert_close(mean, exact, atol=1e-12, rtol=0)
    variance = lambda c: float(p @ (((R - c)[:, None] * scores) ** 2).sum(1) - (exact**2).sum())  # noqa: E731
    norms = (scores**2).sum(1)
    best = float((p * R * norms).sum() / (p * norms).sum())  # minimises E[(R − b)² ‖∇ log p‖²]
    assert variance(best) < variance(float(p @ R)) < variance(0.0)
    assert variance(b) > variance(best)
    assert variance(b) == pytest.approx(variance(best) + (b - best) ** 2 * float(p @ norms), rel=1e-9)


def test_one_update_is_one_step_of_adam_along_the_estimate():
    """With a rate so small that Adam's first step is −lr · sign(gradient), the sign of every weight's step is known."""
    method = Reinforce(TINY, seed=2, batch=6, entropy=0.0, lr=1e-6, baseline=False, reward="accuracy")
    before = torch.cat([p.detach().flatten().clone() for p in method.weights])
    start = Controller(TINY, 32)
    start.load_state_dict(method.controller.state_dict())
    values = [0.9, 0.1, 0.3, 0.5, 0.2, 0.8]
    asked = batch_for(method, values)
    weights = list(start.parameters())
    J = (
        start.read(start.actions([t.config for t in asked])).log_p * (1 - torch.tensor(values, dtype=torch.float64))
    ).mean()
    up = torch.cat([d.flatten() for d in torch.autograd.grad(J, weights)])
    step = torch.cat([p.detach().flatten() for p in method.weights]) - before
    clear = up.abs() > 1e-6
    assert clear.sum() > 1000
    torch.testing.assert_close(step[clear], 1e-6 * up[clear].sign(), atol=2e-8, rtol=0)
    assert method.last.norm == pytest.approx(float(up.norm()), rel=1e-9)


def test_the_entropy_counts_by_its_weight_and_the_update_tells_how_probabilities_changed():
    method = Reinforce(TINY, seed=2, batch=4, entropy=0.25, baseline=False, reward="accuracy")
    start = Controller(TINY, 32)
    start.load_state_dict(method.controller.state_dict())
    values = [0.9, 0.1, 0.3, 0.5]
    actions = start.actions([t.config for t in batch_for(method, values)])
    known = start.read(actions)
    J = (known.log_p * (1 - torch.tensor(values, dtype=torch.float64))).mean() + 0.25 * known.entropy.mean()
    for p, up in zip(method.weights, torch.autograd.grad(J, list(start.parameters())), strict=True):
        torch.testing.assert_close(p.grad, -up, rtol=1e-9, atol=1e-12)
    now = method.controller.read(actions).log_p.exp() / known.log_p.exp()
    assert method.last.ratios == pytest.approx(now.tolist()) and max(method.last.ratios) != 1


def test_what_an_update_reports():
    method = Reinforce(TINY, seed=2, batch=4, decay=0.75, reward="accuracy")
    ids = [t.id for t in batch_for(method, [0.4, 0.2, 0.2, 0.0])]
    first = method.last
    assert first.trials == tuple(ids) and first.rewards == pytest.approx((0.6, 0.8, 0.8, 1.0))
    assert first.baseline == pytest.approx(0.8) and method.b == pytest.approx(0.8)  # the first batch uses its own mean
    batch_for(method, [0.0, 0.0, 0.0, 0.0])
    assert method.last.baseline == pytest.approx(0.8)  # of earlier batches only
    assert method.b == pytest.approx(0.75 * 0.8 + 0.25 * 1.0)
    assert method.last.variance == method.last.variance_with < method.last.variance_without
    off = Reinforce(TINY, seed=2, batch=4, baseline=False, reward="accuracy")
    batch_for(off, [0.4, 0.2, 0.2, 0.0])
    assert off.last.baseline == 0 and off.last.variance == off.last.variance_without
    assert off.last.variance_with == pytest.approx(first.variance)  # the same weights and the same draws


def test_variance_of_a_batch_is_that_of_its_rows():
    method = Reinforce(TINY, seed=5, batch=5, entropy=0.0, reward="accuracy")
    start = Controller(TINY, 32)
    start.load_state_dict(method.controller.state_dict())
    values = [0.1, 0.7, 0.3, 0.3, 0.9]
    asked = batch_for(method, values)
    rows = gradients(start, start.actions([t.config for t in asked])).numpy()
    R = 1 - np.array(values)
    expected = np.cov(((R - R.mean())[:, None] * rows).T[:500]), np.cov((R[:, None] * rows).T[:500])
    partial = [np.var((A[:, None] * rows), axis=0, ddof=1) for A in (R - R.mean(), R)]
    assert np.allclose([np.trace(e) for e in expected], [v[:500].sum() for v in partial])
    assert method.last.variance == pytest.approx(partial[0].sum())
    assert method.last.variance_without == pytest.approx(partial[1].sum())


def test_it_learns_what_is_good_and_random_does_not():
    """Bits: half of them are worth something. The policy's mean reward rises from 0.5 to near 1."""
    bits = Space({f"bit_{i}": Choice([0, 1]) for i in range(8)})
    for name in METHODS:
        trace = nasbook.search(name, lambda c: 1 - sum(c.values()) / 8, space=bits, trials=300, seed=0)
        assert trace.values[:30].mean() == pytest.approx(0.5, abs=0.12)
        assert trace.values[-30:].mean() < 0.15, name


@pytest.mark.parametrize("name", METHODS)
def test_standardised_rewards_do_not_know_the_unit(name):
    run = lambda f: nasbook.search(name, f, space=TREE, trials=60, seed=3)  # noqa: E731
    a = run(lambda c: c.get("kernel", 9) + 2.0 * c.get("bias", 0))
    b = run(lambda c: 1e6 * (c.get("kernel", 9) + 2.0 * c.get("bias", 0)) - 5e7)
    c = run(lambda c: 1.0)
    assert [t.config for t in a.trials] == [t.config for t in b.trials]
    assert [t.config for t in a.trials] != [t.config for t in c.trials]


@pytest.mark.parametrize("name", METHODS)
def test_failed_trials_have_the_lowest_reward_so_far(name):
    method = nasbook.method(name, TINY, seed=0, batch=3, reward="accuracy")
    batch_for(method, [None, None, None])
    assert method.updates == 0  # nothing is known of rewards
    batch_for(method, [0.3, None, 0.4])
    assert method.last.rewards == pytest.approx((0.7, 0.6, 0.6))
    batch_for(method, [0.9, 0.2, None])
    batch_for(method, [None, 0.2, None])
    assert method.last.rewards == pytest.approx((0.1, 0.8, 0.1))


@pytest.mark.parametrize("name", METHODS)
def test_views_are_plain_and_sum_to_one(name):
    for step in nasbook.steps(name, lambda c: c["b"] / 5, space=TINY, trials=23, seed=0):
        view = step.view
        assert view.names == ("a", "b", "c") and view.options == (("p", "q"), (1, 2, 3), (True, False))
        assert [sum(p) for p in view.probabilities] == pytest.approx([1, 1, 1])
        assert view.updates == step.trial.id // 10
        assert 0 < view.entropy <= np.log(12) + 1e-9
        json.dumps([view.probabilities, view.last.ratios if view.last else None])
    assert view.last.trials == tuple(range(10, 20))


def test_probabilities_of_a_view_agree_with_enumeration():
    method = nasbook.method("reinforce", TINY, seed=1, lr=0.1)
    for _ in range(3):
        batch_for(method, np.random.default_rng(0).random(10).tolist())
    configs = everything(TINY)
    p = method.controller.read(method.controller.actions(configs)).log_p.exp().detach().numpy()
    for t, (name, options) in enumerate(zip(method.view().names, method.view().options, strict=True)):
        exact = [sum(q for q, c in zip(p, configs, strict=True) if c[name] == o) for o in options]
        np.testing.assert_allclose(method.view().probabilities[t], exact, atol=0.03)


@pytest.mark.parametrize("name", METHODS)
def test_every_trial_is_drawn_from_the_policy_of_its_time(name):
    """What a trial says of its probability is what the controller says when it is asked."""
    method = nasbook.method(name, TINY, seed=1, batch=4, lr=0.1)
    rng = np.random.default_rng(0)
    for _ in range(10):
        flying = [method.ask() for _ in range(6)]
        for trial in flying:
            now = method.controller.read(method.controller.actions([trial.config])).log_p.item()
            assert trial.info["log_p"] == pytest.approx(now, abs=1e-12)
        for trial in flying:
            method.tell(replace(trial, status="done", value=float(rng.random())))
    assert method.updates == 15


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("workers", [1, 3])
def test_a_killed_search_goes_on_as_if_nothing_had_happened(name, workers, tmp_path):
    """Several in flight, some of which fail; the views of a replay are those of the search."""
    options = {"trials": 47, "seed": 5, "workers": workers, "batch": 7}
    live = list(nasbook.steps(name, Shaky(), **options))
    assert {s.trial.status for s in live} == {"done", "failed"} and live[-1].view.updates >= 5
    path = tmp_path / "t.jsonl"
    nasbook.search(name, Shaky(), out=path, **options)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:58]))  # some trials are in flight here
    again = nasbook.search(name, Shaky(), out=path, resume=True, **options)
    assert [(t.id, t.config, t.value) for t in again.trials] == [
        (s.trial.id, s.trial.config, s.trial.value) for s in live
    ]
    assert [s.view for s in nasbook.replay(nasbook.Trace.load(path))] == [s.view for s in live]


def test_bad_spaces_and_settings_get_a_sentence():
    with pytest.raises(ValueError, match=r"reinforce: the controller picks .* lr is a Float; make it a Choice .*'tpe'"):
        nasbook.method("reinforce", Space(lr=Float(0, 1)))
    with pytest.raises(ValueError, match="n is one of 100 numbers"):
        nasbook.method("ppo", Space(n=Int(1, 100)))
    with pytest.raises(ValueError, match="single configuration"):
        nasbook.method("ppo", Space(n=Choice([1])))
    for setting, says in (
        ({"batch": 1}, "batch must be a whole number of at least 2"),
        ({"lr": 0}, "lr must lie in"),
        ({"decay": 1.5}, "decay must lie in"),
        ({"reward": "cubed"}, "reward must be one of standardised, accuracy"),
        ({"baseline": "on"}, "baseline must be True or False"),
        ({"clip": 0.0}, "clip must lie in"),
        ({"epochs": 0}, "epochs must be"),
    ):
        with pytest.raises(ValueError, match=says):
            nasbook.method("ppo", TINY, **setting)
