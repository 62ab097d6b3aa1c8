"""GDAS: what its draw is worth and what its gradient is, what a step trains, and stopping and going on."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from nas.pictures import Pictures, stopped_and_gone_on
from torch import nn

import nasbook
from nasbook import Float, Space
from nasbook.nas.gdas import Gdas, hard
from nasbook.nas.parts.supernet import SupernetView
from nasbook.nas.spaces.gates import mixed, single
from nasbook.nas.spaces.nb201.cell import NONE, cell_space
from nasbook.nas.spaces.place import Place, total
from nasbook.testing import check_method

SHORT = {"epochs": 3, "channels": 2, "batch": 50, "device": "cpu"}


def begun(**settings):
    method = Gdas(cell_space(), **{**SHORT, **settings})
    train, val = method.start(Pictures())
    method.net.train()
    return method, method.batches(train)[0], method.batches(val)[0]


def test_the_value_of_a_draw_is_one_operation():
    method, batch, _ = begun()
    for epoch in range(3):
        method.done_epochs = epoch
        k, gates = method.draw()
        assert [len(at) for at in gates] == [1] * 6 and tuple(at[0].op for at in gates) == k
        assert max(abs(at[0].by.item() - 1) for at in gates) <= 1e-7
        torch.testing.assert_close(method.net(batch[0], gates), method.net(batch[0], single(k)), atol=1e-6, rtol=0)


@pytest.mark.parametrize("tau", [3.0, 0.4])
def test_the_gradient_with_one_operation_run(tau):
    """∂L/∂α_i = z_k (δ_ik − z_i) ⟨∂L/∂ō, o_k(x)⟩ / τ; with every operation run, straight through, it is another."""
    torch.manual_seed(0)
    ops = {f"op{i}": nn.Conv2d(3, 3, 3, padding=1).double() for i in range(5)}
    place, x, target = Place(ops), torch.randn(4, 3, 6, 6).double(), torch.randn(4, 3, 6, 6).double()
    alpha = torch.randn(5).double().requires_grad_()
    z = torch.softmax((alpha + torch.randn(5)) / tau, 0)
    k = int(z.argmax())
    o = total(place(x, hard(z[None], (k,))[0]))
    L = F.mse_loss(torch.tanh(o), target)
    found, dL_do = torch.autograd.grad(L, (alpha, o))
    dot = (dL_do * ops[f"op{k}"](x)).sum()
    delta = torch.eye(5)[k]
    expected = z[k] * (delta - z) * dot / tau
    torch.testing.assert_close(found, expected.detach(), atol=1e-15, rtol=1e-10)

    h = delta - z.detach() + torch.softmax((alpha + (tau * z.log() - alpha).detach()) / tau, 0)
    every = total(place(x, mixed(h[None])[0]))
    (other,) = torch.autograd.grad(F.mse_loss(torch.tanh(every), target), alpha)
    assert (other - found).norm() > 0.3 * found.norm()


def test_a_step_of_alpha_is_adams_along_that_gradient_and_leaves_the_weights():
    method, _, batch = begun()
    before = {name: value.clone() for name, value in method.net.state_dict().items()}
    start, state = method.alpha.detach().clone(), method.rng.bit_generator.state
    _, h = method.draw()
    method.step_alpha(method.look(method.w, h, batch))
    assert all(torch.equal(value, before[name]) for name, value in method.net.state_dict().items())
    assert all(p.grad is None for p in method.w)

    method.rng.bit_generator.state = state
    alpha = start.clone().requires_grad_()
    z = torch.softmax((alpha + torch.from_numpy(method.rng.gumbel(size=(6, 5))).float()) / 10.0, 1)
    logits = method.net(batch[0], hard(z, tuple(z.argmax(1).tolist())))
    alpha.grad = torch.autograd.grad(F.cross_entropy(logits, batch[1]), alpha)[0]
    torch.optim.Adam([alpha], 0.02, betas=(0.5, 0.999), weight_decay=1e-3).step()
    torch.testing.assert_close(method.alpha.detach(), alpha.detach(), atol=1e-6, rtol=0)
    assert float((alpha - start).detach().abs().max()) > 0.015


def test_a_draw_of_nothing_at_all_has_a_gradient_of_zero():
    method, _, batch = begun()
    start = method.alpha.detach().clone()
    z = method.sample()
    method.step_alpha(method.look(method.w, hard(z, (NONE,) * 6), batch))
    assert float((method.alpha.detach() - start).abs().max()) < 0.021 and method.alpha.grad.abs().sum() == 0


def test_weights_off_the_path_do_not_move_nor_do_their_running_statistics():
    method, batch, _ = begun()
    method.step_paths(batch, [(3,) * 6])  # momentum everywhere on it
    before = {name: value.clone() for name, value in method.net.state_dict().items()}
    method.step_paths(batch, [(3, 2, 1, 4, 0, 3)])
    moved = {name for name, value in method.net.state_dict().items() if not torch.equal(value, before[name])}
    inside = {".".join(name.split(".")[:4]) for name in moved if name.startswith("cell")}
    on = ("01.conv3x3", "02.conv1x1", "23.conv3x3")
    assert inside == {f"cell{c}.edges.{at}" for c in (1, 2) for at in on}
    assert method.counts.sum() == 12 and method.counts[0].tolist() == [0, 0, 0, 2, 0]


def test_trials_and_views(tmp_path):
    file = tmp_path / "t.jsonl"
    steps = list(nasbook.steps("gdas", Pictures(), seed=1, out=file, **SHORT))
    views = [s.view for s in steps]
    assert [round(v.temperature, 3) for v in views] == [10.0, 5.05, 0.1]
    assert [np.array(v.counts).sum(1).tolist() for v in views] == [[2] * 6, [4] * 6, [6] * 6]  # two batches an epoch
    assert 0.5 < views[0].train_loss < 2  # the mean of two batches; ln 3 is chance
    for step in steps:
        np.testing.assert_allclose(np.sum(step.view.weights, 1), 1, rtol=1e-5)
        best = np.array(step.view.weights)[:, 1:].argmax(1) + 1
        assert tuple(step.view.ops[op] for op in best) == step.view.cell == tuple(step.trial.config.values())
        assert SupernetView.from_dict(step.view.to_dict()) == step.view
    trace = nasbook.Trace.load(file)
    assert [s.view for s in nasbook.replay(trace)] == views
    assert "Softmax weights after epoch 3" in trace.plot().alt


def test_a_stopped_search_goes_on_bit_for_bit(tmp_path):
    gone_on, whole = stopped_and_gone_on("gdas", Pictures(), tmp_path, (0, 1), seed=3, **SHORT)
    assert gone_on == whole


def test_it_keeps_what_a_search_relies_on():
    check_method("gdas", task=Pictures(), settings=SHORT)


def test_it_learns_digits_and_moves_alpha():
    steps = list(nasbook.steps("gdas", "digits-cells", seed=0, epochs=12, channels=4, batch=30, device="cpu"))
    assert steps[-1].view.train_loss < steps[0].view.train_loss - 0.1
    assert np.max(steps[0].view.weights) < 0.22 < 0.25 < np.max(steps[-1].view.weights)


def test_divergence_ends_the_search_and_is_told():
    steps = list(nasbook.steps("gdas", Pictures(), lr=1e30, clip=1e30, lr_min=0.0, **{**SHORT, "epochs": 6}))
    assert len(steps) < 6 and steps[-1].trial.status == "failed" and "diverged" in steps[-1].trial.reason


def test_what_it_cannot_search():
    with pytest.raises(ValueError, match="gdas searches the cells of NAS-Bench-201.* for another space use 'random'"):
        Gdas(Space(x=Float(0, 1)))
    with pytest.raises(ValueError, match="batch is 200, but pictures has 100 images"):
        nasbook.search("gdas", Pictures(), batch=200)
