"""The derivatives that hypergradients are made of: against torch.func, and at no more cost than they need."""

import subprocess
import sys
from functools import partial

import pytest
import torch
from torch.func import grad, jacrev, jvp, vjp

from nasbook.hpo.parts.unrolling import back, gradient, implicit, pull, push, step, variables
from nasbook.tasks.differentiable import LogisticCancer, MLPDecays


@pytest.fixture(params=[LogisticCancer, MLPDecays], ids=lambda c: c.name)
def at(request):
    task = request.param(train=40)
    h = task.logs({name: 0.03 for name in task.space.parameters} | {"lr": 1.5})
    return task, step(task, task.start(1), h) + 0.01, h


def test_gradients_are_torchs_bit_for_bit(at):
    task, w, h = at
    assert torch.equal(gradient(task.train_loss, w, h), grad(task.train_loss)(w, h))
    assert not gradient(task.train_loss, w, h).requires_grad and not w.requires_grad

    def plain(w, h):
        return w - h[0].exp() * grad(task.train_loss)(w, h)

    alpha = torch.linspace(-1, 1, len(w), dtype=w.dtype)
    for mine, torchs in zip(back(task, w, h, alpha), vjp(plain, w, h)[1](alpha), strict=True):
        assert torch.equal(mine, torchs)


def test_a_push_is_forward_mode(at):
    task, w, h = at
    Z = torch.sin(torch.arange(len(h) * len(w), dtype=w.dtype)).reshape(len(h), -1)

    def plain(w, h):
        return w - h[0].exp() * grad(task.train_loss)(w, h)

    torchs = [jvp(plain, (w, h), (z, e))[1] for z, e in zip(Z, torch.eye(len(h), dtype=h.dtype), strict=True)]
    assert torch.allclose(push(task, w, h, Z), torch.stack(torchs), rtol=1e-12, atol=1e-14)


def test_what_does_not_depend_on_a_variable_has_the_derivative_zero():
    """A loss that is linear in the weights has no second derivative; one without decays none by h."""
    slope = torch.tensor([1.0, -2.0]).double()

    class Linear:
        def train_loss(self, w, h):
            return slope @ w

        def val_loss(self, w):
            return torch.zeros((), dtype=w.dtype)

    w, h = torch.ones(2).double(), torch.zeros(1).double()
    Z = torch.tensor([[3.0, 4.0]]).double()
    assert torch.equal(push(Linear(), w, h, Z), Z - slope)  # A = I, B = -η ∇L
    assert gradient(Linear().val_loss, w).tolist() == [0, 0] and implicit(Linear(), w, h, 3).tolist() == [0]
    assert [x.tolist() for x in pull(slope.sum(), variables(w, h))] == [[0, 0], [0]]


def test_the_series_uses_the_hessian(at):
    task, w, h = at
    H = jacrev(partial(gradient_of, task, h))(w)
    v = p = grad(task.val_loss)(w)
    for _ in range(2):
        v = v - h[0].exp() * H @ v
        p = p + v
    mixed = jacrev(lambda h: grad(task.train_loss)(w, h))(h)
    assert torch.allclose(implicit(task, w, h, 3), -h[0].exp() * p @ mixed, rtol=1e-10, atol=1e-14)


def gradient_of(task, h, w):
    return grad(task.train_loss)(w, h)


def test_no_derivative_loads_torchs_compiler():
    """It takes more than a second, in a lab's first picture."""
    code = """
import sys, torch, nasbook
from nasbook.hpo.parts.unroll_length import by_length, optimum
from nasbook.hpo.parts.unrolling import forward, online, reverse
from nasbook.kit.memory import peak_bytes
from nasbook.tasks.differentiable import LogisticCancer
task = LogisticCancer(train=40)
config = dict.fromkeys(task.space.parameters, 0.1)
w, h = task.start(0), task.logs(config)
by_length(task, w, h, 2), optimum(task, w, h), online(task, w, h, 2, 0.1, w), task.test(config)
nasbook.method("reinforce", nasbook.task("nb201-cifar10").space).ask()  # as the controller lab's first picture
print(peak_bytes(lambda: (reverse(task, w, h, 2), forward(task, w, h, 2))) > 0, "torch._dynamo" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False"]
