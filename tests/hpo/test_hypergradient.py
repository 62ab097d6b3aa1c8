"""Hypergradients: against ridge regression's closed form, against central differences, against each other."""

import json

import numpy as np
import pytest
import torch
from torch.func import grad

import nasbook
from nasbook import Choice, Float, Space
from nasbook.hpo.hypergradient import Hypergradient, HypergradientView
from nasbook.hpo.parts.unrolling import forward, implicit, online, reverse, step
from nasbook.task import Task
from nasbook.tasks.differentiable import LogisticCancer, MLPDecays, RidgeDigits

RIDGE = {"lr": 8.0, "weight_decay": 0.05}


def closed_form(task, config):
    """w* = (XᵀX/n + λI)⁻¹ XᵀY/n, dw*/dln λ = -λ (XᵀX/n + λI)⁻¹ w*, and with them dL_val/dln λ; all in numpy."""
    (x, y), (v, t) = ([a.numpy() for a in task.splits[k]] for k in ("train", "val"))
    λ, K = config["weight_decay"], x.T @ x / len(y) + config["weight_decay"] * np.eye(64)
    W = np.linalg.solve(K, x.T @ (np.eye(10)[y] - 0.1)) / len(y)
    dW = -λ * np.linalg.solve(K, W)
    residual = v @ W + 0.1 - np.eye(10)[t]
    return W, (residual**2).sum() / 2 / len(t), (residual * (v @ dW)).sum() / len(t), np.linalg.eigvalsh(K)


def test_a_long_training_has_the_closed_form_of_ridge():
    task = RidgeDigits()
    W, value, slope, _ = closed_form(task, RIDGE)
    h, w = task.logs(RIDGE), task.start(0)
    for follow in (reverse, forward):
        w_T, d = follow(task, w, h, 100)
        assert np.allclose(w_T.numpy().reshape(64, 10), W, atol=1e-12)
        assert float(task.val_loss(w_T)) == pytest.approx(value, rel=1e-12)
        assert d.tolist() == pytest.approx([0, slope], abs=1e-9 * abs(slope))  # at the end lr no longer matters
    assert implicit(task, w_T, h, 200)[1].item() == pytest.approx(slope, rel=1e-9)


def test_the_error_of_the_neumann_series_falls_geometrically():
    """In the Hessian's eigenvectors u_i, k terms give -λ Σ_i (g·u_i)(w·u_i) (1 - (1 - η μ_i)^k) / μ_i."""
    task, η = RidgeDigits(), 2.0
    W, _, slope, _ = closed_form(task, RIDGE)
    w = torch.tensor(W.ravel())
    h, g = task.logs({**RIDGE, "lr": η}), grad(task.val_loss)(w).numpy().reshape(64, 10)
    x = task.splits["train"][0].numpy()
    μ, u = np.linalg.eigh(x.T @ x / len(x) + RIDGE["weight_decay"] * np.eye(64))
    share = -RIDGE["weight_decay"] * ((u.T @ g) * (u.T @ W)).sum(1) / μ
    assert share.sum() == pytest.approx(slope, rel=1e-9)
    ks = (1, 10, 20, 40, 80)
    found = np.array([implicit(task, w, h, k)[1].item() for k in ks])
    assert found == pytest.approx([(share * (1 - (1 - η * μ) ** k)).sum() for k in ks], rel=1e-9)
    errors = np.abs(found - slope)
    assert errors[-1] < 1e-3 * errors[0]
    assert all(e <= np.abs(share).sum() * (1 - η * μ[0]) ** k for e, k in zip(errors, ks, strict=True))


def test_at_the_optimum_k_terms_are_k_steps_of_reverse_mode():
    task, h = RidgeDigits(), RidgeDigits().logs(RIDGE)
    w = torch.tensor(closed_form(task, RIDGE)[0].ravel())
    for k in (1, 7):
        assert torch.allclose(implicit(task, w, h, k), reverse(task, w, h, k)[1], rtol=1e-9, atol=1e-12)


CASES = [(RidgeDigits, 15), (LogisticCancer, 15), (MLPDecays, 15)]


@pytest.mark.parametrize(("cls", "T"), CASES, ids=lambda x: getattr(x, "name", x))
def test_reverse_forward_and_central_differences_agree(cls, T):
    task = cls(train=60)
    h = task.logs({name: 0.03 for name in task.space.parameters} | {"lr": 1.5})
    w = task.start(3)
    w_T, d = reverse(task, w, h, T)
    w_F, f = forward(task, w, h, T)
    assert torch.equal(w_T, w_F) and torch.allclose(d, f, rtol=1e-9, atol=1e-14)

    def trained(h):
        v = w
        for _ in range(T):
            v = step(task, v, h)
        return float(task.val_loss(v))

    eps = 1e-4
    central = torch.tensor(
        [(trained(h + eps * e) - trained(h - eps * e)) / (2 * eps) for e in torch.eye(len(h)).double()]
    )
    assert float((d - central).norm() / central.norm()) < 1e-5
    assert (d.abs() > 1e-8).all()


def test_truncated_is_the_reverse_sweep_that_begins_where_the_last_steps_do():
    """The derivative of the last K steps alone, with the weights before them held."""
    task = MLPDecays(train=40)
    h, w = task.logs({"lr": 0.7, "decay_1": 0.02, "decay_2": 0.5}), task.start(0)
    w_T, whole = reverse(task, w, h, 12)
    for K in (1, 5):
        there = w
        for _ in range(12 - K):
            there = step(task, there, h)
        found, d = reverse(task, w, h, 12, last=K)
        assert torch.equal(found, w_T) and torch.equal(d, reverse(task, there, h, K)[1])
        assert not torch.allclose(d, whole, rtol=0.01)
    assert torch.equal(reverse(task, w, h, 12, last=99)[1], whole)


def test_a_step_is_gradient_descent_as_torch_has_it():
    task, config = MLPDecays(train=40), {"lr": 0.7, "decay_1": 0.02, "decay_2": 0.5}
    w = task.start(0)
    p = w.clone().requires_grad_()
    task.train_loss(p, task.logs(config)).backward()
    assert torch.allclose(step(task, w, task.logs(config)), (p - 0.7 * p.grad).detach(), atol=1e-15)
    W1, _, W2, _ = w.split(task.sizes)
    plain = task.train_loss(w, task.logs(config)) - task.loss(w, "train")
    assert float(plain) == pytest.approx(0.01 * float(W1 @ W1) + 0.25 * float(W2 @ W2))


class Bowl:
    """L_train = ½ a w², so that every number of the online rule can be followed by hand."""

    a = 0.5

    def train_loss(self, w, h):
        return self.a / 2 * (w @ w)


def test_online_descent_by_hand():
    """w0 = 2, η0 = .1, β = .2: g0 = 1, w1 = 1.9; g1 = .95, η1 = .1 + .2 · .95 · 1 = .29, w2 = 1.9 - .29 · .95."""
    w, h, last = online(
        Bowl(), torch.tensor([2.0]).double(), torch.tensor([0.1]).double().log(), 2, 0.2, torch.zeros(1).double()
    )
    assert h.exp().tolist() == pytest.approx([0.29]) and last.tolist() == pytest.approx([0.95])
    assert w.tolist() == pytest.approx([1.9 - 0.29 * 0.95])


def test_online_descent_moves_the_rate_against_its_derivative():
    """dL(w_{t+1})/dη_t = -∇L(w_{t+1}) · ∇L(w_t), which the rule of the next step goes against."""
    task, h = LogisticCancer(), LogisticCancer().logs(dict.fromkeys(LogisticCancer.space.parameters, 0.1))
    w = task.start(0)
    g = grad(task.train_loss)(w, h)
    at = h.clone().requires_grad_()
    task.train_loss(step(task, w, torch.cat([at[:1], h[1:]])), h).backward()
    moved = at.grad
    _, after, _ = online(task, w - 0.1 * g, h, 1, 0.01, g)
    assert float(after[0].exp() - 0.1) == pytest.approx(-0.01 * float(moved[0]) / 0.1)  # per η, not per ln η


# ---- the method ------------------------------------------------------------------------------------------


def test_what_each_mode_keeps_for_its_gradient():
    task = RidgeDigits(steps=5, train=30)
    for mode, states in {"reverse": 6, "truncated": 3, "forward": 3, "implicit": 3, "online": 2}.items():
        method = Hypergradient(task.space, mode=mode, steps=5, last=2, epochs=1)
        _, view = next(method.run(task))
        assert view.stored == states * len(method.w), mode  # forward: w and its derivatives by two settings


@pytest.mark.parametrize("mode", ["reverse", "forward"])
def test_it_walks_to_the_best_decay(mode):
    """Of 20 steps at a fixed rate; a grid shows where that is, far from both ends."""
    space = Space(lr=Float(7.99, 8.01, log=True), weight_decay=Float(1e-3, 1, log=True))
    task = RidgeDigits(steps=20, train=60)
    decays = np.exp(np.linspace(np.log(1e-3), 0, 25))
    values = [task.evaluate({"lr": 8.0, "weight_decay": decay}).value for decay in decays]
    trace = nasbook.search("hypergradient", task, space=space, mode=mode, steps=20, epochs=20, rate=0.3)
    assert 0 < np.argmin(values) < 24 and trace.values[0] > 1.05 * min(values)
    assert trace.values[-1] == pytest.approx(min(values), rel=5e-3)
    assert trace.trials[-1].config["weight_decay"] == pytest.approx(decays[np.argmin(values)], rel=0.2)


@pytest.mark.parametrize("mode", ["reverse", "truncated", "forward", "implicit", "online"])
def test_a_stopped_walk_goes_on_to_the_same_numbers(mode, tmp_path):
    task, settings = LogisticCancer(), {"mode": mode, "epochs": 5, "steps": 6, "last": 4, "terms": 5}
    whole = list(nasbook.steps("hypergradient", task, seed=1, **settings))
    assert len(whole) == 5 and whole[-1].trial.value < whole[0].trial.value
    path = tmp_path / "t.jsonl"
    nasbook.search("hypergradient", task, seed=1, trials=2, out=path, views=True, **settings)
    trace = nasbook.search("hypergradient", task, seed=1, out=path, resume=True, views=True, **settings)
    assert [(t.config, t.value) for t in trace.trials] == [(s.trial.config, s.trial.value) for s in whole]
    views = [s.view for s in nasbook.replay(nasbook.Trace.load(path))]
    assert views == [s.view for s in whole] and isinstance(views[0], HypergradientView)
    assert json.loads(json.dumps(views[0].to_dict()))["names"][0] == "lr"
    assert (views[0].gradient is None) == (mode == "online")
    for s in whole:
        task.space.validate(s.trial.config)


def test_what_it_cannot_serve_is_refused_in_a_sentence(tmp_path):
    for space in (Space(lr=Float(0, 1)), Space(decay=Float(1e-3, 1, log=True)), Space(lr=Choice([1, 2]))):
        with pytest.raises(
            ValueError, match="every parameter must be a Float with log=True, the first of them the lear"
        ):
            Hypergradient(space)
    space = Space(lr=Float(1e-3, 1, log=True))
    with pytest.raises(ValueError, match="differentiates a training, and branin offers none"):
        next(Hypergradient(space).run(nasbook.task("branin")))
    with pytest.raises(ValueError, match="mode must be one of reverse, truncated, forward"):
        Hypergradient(space, mode="sideways")
    (tmp_path / "s").write_bytes(b"rubbish")
    with pytest.raises(ValueError, match="cannot be read"):
        Hypergradient(space).restore(tmp_path / "s")


def test_the_walk_begins_where_it_is_told_to():
    space, start = Space(lr=Float(0.01, 30, log=True), weight_decay=Float(1e-5, 1, log=True)), dict(RIDGE)
    (first,) = list(nasbook.search("hypergradient", "ridge-digits", space=space, epochs=1, steps=5, start=start))
    assert first.trial.config == pytest.approx(start)
    with pytest.raises(ValueError, match="lr"):
        nasbook.search("hypergradient", "ridge-digits", space=space, epochs=1, start={**start, "lr": 50.0})


class Explodes(Task):
    """A training whose loss leaves the numbers."""

    name, space = "explodes", Space(lr=Float(1.0, 1e9, log=True))

    def start(self, seed):
        return torch.ones(2).double()

    def train_loss(self, w, h):
        return (w**4).sum()

    def val_loss(self, w):
        return (w**2).sum()


def test_a_training_that_diverges_is_a_failed_trial():
    trace = nasbook.search("hypergradient", Explodes(), steps=20)
    assert [t.status for t in trace.trials] == ["failed"] and "diverged" in trace.trials[0].reason
