"""The controller and its two teachers against exact enumeration of small spaces."""

import json
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import torch

import nasbook
from nasbook import Choice, Constant, Float, Int, Space
from nasbook.nas.parts.controller import Controller
from nasbook.nas.ppo import PPO, is_clipped, surrogate
from nasbook.nas.reinforce import Reinforce, gradients
from nasbook.task import Evaluation, Task

TINY = Space(a=Choice(["p", "q"]), b=Int(1, 3), c=Choice([True, False]))  # 12 configurations
TREE = Space(
    kind=Choice(["conv", "pool", "none"]),
    kernel=Int(3, 6, when={"kind": "conv"}),
    cache=Constant(7, when={"kind": ["conv", "pool"]}),
    bias=Choice([True, False], when={"cache": 7}),
    wide=Choice(["u", "v"], when={"kernel": [5, 6]}),
)
METHODS = ["reinforce", "ppo"]


class Shaky(Task):
    """Known costs, so that workers end in another order than they begin; one trial in seven fails."""

    name, space, knows_cost = "shaky", TREE, True

    def evaluate(self, config, *, seed=0, **_):
        rng = np.random.default_rng(seed)
        if rng.random() < 1 / 7:
            raise RuntimeError("no memory")
        return Evaluation(config.get("kernel", 9) / 10 + 0.1 * rng.standard_normal(), cost=float(rng.gamma(2.0)))


def moved(space, seed=0, size=1.0):
    """A controller far from uniform."""
    controller = Controller(space, hidden=5, seed=seed)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for p in controller.parameters():
            p += size * torch.randn(p.shape, generator=generator, dtype=p.dtype)
    return controller


def everything(space):
    return list(space.grid({name: 99 for name in space.parameters}))


def reward_of(config):
    return {"p": 0.2, "q": 0.9}[config["a"]] * config["b"] - (0.5 if config["c"] else 0.0)


def exact_gradient(controller, rewards, actions):
    """∇ of Σ_a p(a) R(a), by autograd through the sum itself."""
    J = (controller.read(actions).log_p.exp() * rewards).sum()
    return torch.cat([g.flatten() for g in torch.autograd.grad(J, list(controller.parameters()))])


@pytest.fixture
def tiny():
    controller = moved(TINY)
    configs = everything(TINY)
    actions = controller.actions(configs)
    R = torch.tensor([reward_of(c) for c in configs], dtype=torch.float64)
    return controller, actions, R, controller.read(actions).log_p.exp().detach()


# ---- the controller -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("space", [TINY, TREE], ids=["tiny", "tree"])
def test_probabilities_of_all_configurations_sum_to_one(space):
    controller = moved(space)
    configs = everything(space)
    assert len(configs) == space.size
    p = controller.read(controller.actions(configs)).log_p.exp().detach().numpy()
    assert p.sum() == pytest.approx(1, abs=1e-12) and p.max() > 3 / len(p)  # far from uniform
    u = np.random.default_rng(0).random((10_000, len(controller.names)))
    drawn = controller.sample(u)
    index = {tuple(row): i for i, row in enumerate(controller.actions(configs).tolist())}
    counts = np.bincount([index[tuple(row)] for row in drawn.actions.tolist()], minlength=len(p))
    assert (np.abs(counts / len(u) - p) < 4.5 * np.sqrt(p * (1 - p) / len(u)) + 1e-9).all()
    again = controller.read(drawn.actions).log_p.detach()
    torch.testing.assert_close(again, drawn.log_p, atol=1e-12, rtol=0)


def test_entropy_along_the_sequences_averages_to_the_entropy_of_the_whole():
    controller = moved(TREE)
    read = controller.read(controller.actions(everything(TREE)))
    log_p, along = read.log_p.detach(), read.entropy.detach()
    p = log_p.exp()
    assert float(p @ along) == pytest.approx(float(-p @ log_p), abs=1e-12)


def test_configurations_survive_the_way_to_actions_and_back():
    for space in (TINY, TREE):
        controller = Controller(space)
        for config in everything(space):
            assert controller.config(controller.actions([config])[0]) == config


def test_the_global_generator_is_neither_read_nor_changed():
    torch.manual_seed(3)
    before = torch.get_rng_state()
    a = nasbook.search("reinforce", lambda c: c["b"], space=TINY, trials=25, seed=1)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(4)
    b = nasbook.search("reinforce", lambda c: c["b"], space=TINY, trials=25, seed=1)
    assert [t.config for t in a.trials] == [t.config for t in b.trials]


def test_a_new_controller_is_nearly_uniform():
    for p in nasbook.method("ppo", nasbook.task("nb201-cifar10").space, seed=4).view().probabilities:
        np.testing.assert_allclose(p, 0.2, atol=0.03)


# ---- the policy gradient --------------------------------------------------------------------------------------


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


def batch_for(method, values):
    """Ask for as many trials as there are values, and tell them."""
    asked = [method.ask() for _ in values]
    for trial, value in zip(asked, values, strict=True):
        status = "failed" if value is None else "done"
        method.tell(replace(trial, status=status, value=value))
    return asked


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


# ---- PPO ------------------------------------------------------------------------------------------------------


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


# ---- ask and tell -----------------------------------------------------------------------------------------------


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


def test_failures_are_avoided():
    def fragile(config):
        if config["kind"] == "pool":
            raise RuntimeError("no memory")
        return 0.5 if config["kind"] == "conv" else 0.4

    trace = nasbook.search("ppo", fragile, space=TREE, trials=250, seed=0)
    failed = np.array([t.status == "failed" for t in trace.trials])
    assert failed[:30].mean() > 0.15 and failed[-50:].mean() < 0.05


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


def test_a_view_changes_nothing():
    plain = nasbook.search("ppo", lambda c: c["b"], space=TINY, trials=35, seed=4)
    seen = list(nasbook.steps("ppo", lambda c: c["b"], space=TINY, trials=35, seed=4))
    assert [t.config for t in plain.trials] == [s.trial.config for s in seen]


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


def test_a_warm_start_teaches():
    """Trials from elsewhere are learned from as if the policy had drawn them."""
    good = [{"a": "q", "b": 1, "c": True}, {"a": "p", "b": 2, "c": False}] * 20
    method = nasbook.method("ppo", TINY, seed=0)
    for config in good:
        method.enqueue(config)
    batch_for(method, [0.0, 1.0] * 20)
    assert method.updates == 4 and method.view().probabilities[0][1] > 0.6


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


def test_order_of_everything_is_the_order_of_the_product():
    assert [tuple(c.values()) for c in everything(TINY)] == list(product("pq", [1, 2, 3], [True, False]))


def test_a_bound_on_the_logits_keeps_the_policy_undecided():
    """c · tanh(logits / T): of V options none is likelier than e^2c / (e^2c + V − 1), however large the weights."""
    space = Space({"a": Choice(list(range(5)))})
    controller = Controller(space)
    with torch.no_grad():
        controller.heads[0].weight.zero_()
        controller.heads[0].bias.copy_(torch.tensor([1e3, -1e3, -1e3, -1e3, -1e3]))
    largest = lambda: float(controller.sample(np.full((1, 1), 0.5)).probabilities[0].max())  # noqa: E731
    assert largest() == 1
    for cap, most in ((2.5, 0.974), (1.5, 0.834), (1.1, 0.693), (0.44, 0.376)):
        controller.cap = cap
        assert largest() == pytest.approx(most, abs=5e-4)
    with torch.no_grad():
        controller.heads[0].bias.copy_(torch.arange(5.0))
    controller.cap, controller.temperature = 2.5, 5.0
    expected = torch.softmax(2.5 * torch.tanh(torch.arange(5.0).double() / 5), 0).max()
    assert largest() == pytest.approx(float(expected))
