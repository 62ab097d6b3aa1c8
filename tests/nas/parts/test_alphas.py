"""α and its optimiser: what a step, a look and an epoch's order of batches are."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from nas.pictures import Pictures

from nasbook.kit.start import init_weights
from nasbook.nas.parts.alphas import Alphas
from nasbook.nas.spaces.gates import mixed
from nasbook.nas.spaces.nb201.cell import cell_space


class Plain(Alphas):
    name = "plain"


@pytest.fixture
def method():
    method = Plain(cell_space(), seed=1, channels=2, batch=50, device="cpu", alpha_weight_decay=0.0)
    method.start(Pictures())
    return method


def test_alpha_begins_near_nothing_decided(method):
    assert method.alpha.shape == (6, 5) and method.alpha.requires_grad
    assert 3e-4 < method.alpha.std() < 3e-3
    assert method.believe() == pytest.approx(np.full((6, 5), 0.2), abs=2e-3)


def test_a_step_goes_down_the_gradient_as_adam_does(method):
    alpha = method.alpha.detach().clone().requires_grad_()
    target, peer = torch.randn(6, 5), torch.optim.Adam([alpha], 0.02, betas=(0.5, 0.999))
    for _ in range(3):
        peer.zero_grad()
        (alpha - target).square().sum().backward()
        peer.step()
        method.step_alpha((method.alpha - target).square().sum())
    assert torch.equal(alpha, method.alpha)


def test_a_loss_that_alpha_is_not_in_leaves_it_where_it_is(method):
    before = method.alpha.detach().clone()
    method.step_alpha(torch.ones(1, requires_grad=True).sum())
    assert torch.equal(method.alpha, before)


def test_a_look_is_the_loss_with_these_weights_and_moves_nothing(method):
    x, y = method.images[1]
    gates = mixed(method.places.softmax(method.alpha))
    other = method.network(3, 1)
    init_weights(other, np.random.default_rng(9))
    kept = {name: value.clone() for name, value in method.net.state_dict().items()}
    method.net.train(), other.train()
    loss = method.look(list(other.parameters()), gates, (x, y))
    assert loss.item() == pytest.approx(F.cross_entropy(other(x, gates), y).item(), rel=1e-6)
    assert all(torch.equal(value, kept[name]) for name, value in method.net.state_dict().items())
    slope = torch.autograd.grad(loss, method.alpha)[0]
    assert slope.abs().sum() > 0


def test_every_training_batch_comes_with_a_validation_batch(method):
    def images(batches):
        return sorted(x.sum().item() for batch in batches for x in batch[0])

    train, val = Pictures(250).data()["train"], Pictures(100).data()["val"]
    train, val = ((torch.from_numpy(x)[:, None], torch.from_numpy(y)) for x, y in (train, val))
    pairs = list(method.alternate(train, val))
    assert len(pairs) == 5
    assert images(batch for batch, _ in pairs) == images([train])  # each once
    looks = [look for _, look in pairs]
    assert [look[0] is looks[k % 2][0] for k, look in enumerate(looks)] == [True] * 5  # two, again and again
    assert images(looks[:2]) == images([val])
    again = list(method.alternate(train, val))
    assert not torch.equal(again[0][0][0], pairs[0][0][0])  # in a new order


def test_the_cell_is_the_largest_but_never_none(method):
    alpha = torch.zeros(6, 5)
    alpha[range(6), [0, 1, 2, 3, 4, 0]] = 9.0
    alpha[0, 2] = alpha[5, 4] = 1.0
    assert method.derive(alpha) == (2, 1, 2, 3, 4, 4)
