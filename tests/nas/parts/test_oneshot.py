"""A training of a supernet: its steps, its batches, its rates and what an epoch tells, by other means."""

import copy
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from nas.pictures import Pictures

from nasbook.nas.parts.oneshot import SupernetTraining
from nasbook.nas.spaces.gates import mixed, single
from nasbook.nas.spaces.nb201.cell import cell_space

A, B = (3, 3, 3, 3, 3, 3), (3, 2, 1, 4, 3, 3)


class Plain(SupernetTraining):
    name = "plain"

    def believe(self):
        return np.full((6, 5), 0.2)


def begun(**settings):
    method = Plain(cell_space(), **{"seed": 1, "channels": 2, "batch": 40, "epochs": 4, "device": "cpu", **settings})
    method.start(Pictures())
    return method


def test_a_step_is_a_step_of_sgd_along_the_sum_of_the_losses():
    """Against torch's SGD on a copy, and the mean loss is told."""
    method = begun(lr=0.1, momentum=0.5, weight_decay=0.01, clip=1e9)
    peer, (x, y) = copy.deepcopy(method.net), method.images[0]
    sgd = torch.optim.SGD(peer.parameters(), 0.1, momentum=0.5, weight_decay=0.01)
    method.net.train(), peer.train()
    for _ in range(3):
        both = [F.cross_entropy(peer(x, gates), y) for gates in (single(A), mixed(torch.full((6, 5), 0.2)))]
        sgd.zero_grad()
        sum(both).backward()
        sgd.step()
        told = method.step_w((x, y), single(A), mixed(torch.full((6, 5), 0.2)))
        assert told == pytest.approx(sum(both).item() / 2, rel=1e-6)
    for p, q in zip(method.w, peer.parameters(), strict=True):
        torch.testing.assert_close(p, q, atol=1e-6, rtol=1e-5)


def test_the_gradient_is_cut():
    method = begun(lr=1.0, momentum=0.0, weight_decay=0.0, clip=0.01)
    before = [p.detach().clone() for p in method.w]
    method.step_w(method.images[0], single(A))
    moved = math.sqrt(sum((p - b).square().sum().item() for p, b in zip(method.w, before, strict=True)))
    assert moved == pytest.approx(0.01, rel=1e-3)


def test_batches_are_full_and_no_image_comes_twice():
    method = begun()
    x = torch.arange(100.0).view(100, 1, 1, 1)
    first, second = ([b[0].flatten() for b in method.batches((x, torch.arange(100)))] for _ in range(2))
    assert [len(b) for b in first] == [40, 40] and len(torch.cat(first).unique()) == 80
    assert not torch.equal(first[0], second[0])
    x, y = method.batches((x, torch.arange(100)))[1]
    assert torch.equal(x.flatten(), y.float())  # an image keeps its label


def test_the_rate_falls_as_half_a_cosine_and_the_optimiser_has_it():
    method, rates = begun(lr=0.1, lr_min=0.02), []
    for xi in method.epochs():
        assert method.w_optimiser.param_groups[0]["lr"] == xi and method.net.training
        rates.append(xi)
        method.done_epochs += 1
        method.net.eval()
    assert rates == pytest.approx([0.1, 0.06 + 0.04 / math.sqrt(2), 0.06, 0.06 - 0.04 / math.sqrt(2)])


def test_paths_are_counted_where_their_weights_are_trained():
    method = begun()
    method.step_paths(method.images[0], [A, B])
    expected = torch.zeros(6, 5, dtype=torch.int64)
    for path in (A, B):
        for place, op in enumerate(path):
            expected[place, op] += 1
    assert torch.equal(method.counts, expected)


def test_an_epoch_is_a_trial_and_one_that_diverges_fails_and_is_the_last():
    method, trials = begun(), []
    for _ in method.epochs():
        train_loss = math.nan if len(trials) == 2 else 1.5
        trial, view = method.ended(train_loss, B, 1.25, 0.3)
        trials.append((trial, view))
    (first, view), *_, (last, broken) = trials
    assert len(trials) == 3  # of four
    assert (first.id, first.status, first.value) == (0, "done", pytest.approx(0.3))
    assert method.places.path(first.config) == B and view.cell == tuple(method.places.ops[op] for op in B)
    assert (view.epoch, view.epochs, view.train_loss, view.val_loss, view.val_accuracy) == (1, 4, 1.5, 1.25, 0.7)
    assert first.metrics == {"accuracy": 0.7, "train_loss": 1.5, "val_loss": 1.25, "skips": 1} and view.skips == 1
    assert (last.status, last.value, broken.train_loss) == ("failed", None, None) and "not finite" in last.reason
