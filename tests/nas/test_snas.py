"""SNAS: one pass for weights and α, and stopping and going on."""

import numpy as np
import torch
import torch.nn.functional as F
from nas.pictures import Pictures, stopped_and_gone_on
from torch.func import functional_call

import nasbook
from nasbook.nas.snas import Snas
from nasbook.nas.spaces.gates import mixed
from nasbook.nas.spaces.nb201.cell import cell_space
from nasbook.testing import check_method

SHORT = {"epochs": 3, "channels": 2, "batch": 50, "device": "cpu"}


def test_one_loss_moves_weights_and_alpha_from_where_both_stood():
    method = Snas(cell_space(), seed=5, momentum=0.0, weight_decay=0.0, clip=1e9, **SHORT)
    train, _ = method.start(Pictures())
    method.net.double().train()
    (x, y), *_ = method.batches(train)
    x, state = x.double(), method.rng.bit_generator.state
    w = {name: p.detach().clone().requires_grad_() for name, p in method.net.named_parameters()}
    buffers = {name: b.clone() for name, b in method.net.named_buffers()}
    alpha = method.alpha.detach().clone().requires_grad_()
    loss = method.step((x, y))

    method.rng.bit_generator.state = state
    z = torch.softmax((alpha + torch.from_numpy(method.rng.gumbel(size=(6, 5))).float()) / 1.0, 1)
    L = F.cross_entropy(functional_call(method.net, {**w, **buffers}, (x, mixed(z))), y)
    alpha.grad, *gradients = torch.autograd.grad(L, [alpha, *w.values()], allow_unused=True)
    torch.optim.Adam([alpha], 0.02, betas=(0.5, 0.999), weight_decay=1e-3).step()
    assert loss == float(L)
    torch.testing.assert_close(method.alpha.detach(), alpha.detach(), atol=1e-6, rtol=0)
    for p, old, g in zip(method.w, w.values(), gradients, strict=True):
        torch.testing.assert_close(p.detach(), old.detach() - 0.1 * g, atol=1e-10, rtol=0)


def test_no_step_sees_the_gradient_of_the_one_before():
    method = Snas(cell_space(), seed=5, **SHORT)
    train, _ = method.start(Pictures())
    batch = method.batches(train)[0]
    method.step(batch)
    stale = method.alpha.grad.clone()
    method.step(batch)
    fresh = Snas(cell_space(), seed=5, **SHORT)
    fresh.start(Pictures())
    fresh.batches(train)
    fresh.step(batch)
    fresh.alpha.grad = torch.full_like(stale, 1e6)
    fresh.step(batch)
    assert torch.equal(method.alpha, fresh.alpha)


def test_views(tmp_path):
    steps = list(nasbook.steps("snas", Pictures(), seed=1, out=tmp_path / "t.jsonl", **SHORT))
    assert [round(s.view.temperature, 3) for s in steps] == [1.0, 0.515, 0.03]
    assert all(s.view.counts is None for s in steps)  # every operation learns in every step
    assert 0.5 < steps[0].view.train_loss < 2  # the mean of two batches; ln 3 is chance
    assert np.allclose(np.sum(steps[-1].view.weights, 1), 1)
    assert [s.view for s in nasbook.replay(nasbook.Trace.load(tmp_path / "t.jsonl"))] == [s.view for s in steps]


def test_no_validation_image_is_learned_from():
    class Other(Pictures):
        def data(self):
            given = super().data()
            return {**given, "val": (given["val"][0][::-1].copy(), given["val"][1])}

    a, b = (list(nasbook.steps("snas", task, seed=1, **SHORT)) for task in (Pictures(), Other()))
    assert [s.view.weights for s in a] == [s.view.weights for s in b]
    assert [s.view.val_loss for s in a] != [s.view.val_loss for s in b]


def test_a_stopped_search_goes_on_bit_for_bit(tmp_path):
    gone_on, whole = stopped_and_gone_on("snas", Pictures(), tmp_path, (0, 1), seed=3, **SHORT)
    assert gone_on == whole


def test_it_keeps_what_a_search_relies_on():
    check_method("snas", task=Pictures(), settings=SHORT)


def test_divergence_ends_the_search_and_is_told():
    steps = list(nasbook.steps("snas", Pictures(), lr=1e30, clip=1e30, lr_min=0.0, **{**SHORT, "epochs": 6}))
    assert len(steps) < 6 and steps[-1].trial.status == "failed" and "diverged" in steps[-1].trial.reason
